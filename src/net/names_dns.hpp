// The two sources of addresses, for one thread: the DNS (c-ares on a reactor) and the hosts file.
// Internal to names.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/address.hpp"
#include "net/reactor.hpp"

namespace perigee::net {

struct DnsAnswer {
  std::vector<Address> addresses;  // without a port, in the server's order, never empty
  Duration ttl{};                  // the smallest of all records on the way
};

// Queries in flight share the channel. Not to be destroyed by a Done; its destruction drops the
// Dones of open queries without a call.
class DnsChannel {
 public:
  struct Options {
    Duration query_timeout = 2s;
    int tries = 2;
    std::vector<std::string> servers;
    std::string resolv_conf;
  };
  // Errors: not_found when the DNS says so, timed_out, unresolved for everything else.
  using Done = std::move_only_function<void(Result<DnsAnswer>)>;

  static Result<std::unique_ptr<DnsChannel>> open(Reactor& reactor, const Options& options);
  ~DnsChannel();
  // A and AAAA of `name`, by the search list of resolv.conf. May call `done` before it returns.
  void query(const std::string& name, Done done);

  struct Impl;

 private:
  explicit DnsChannel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Read again when it has changed. c-ares 1.18 cannot be given a path, so this is ours.
class HostsFile {
 public:
  explicit HostsFile(std::string path) : path_(std::move(path)) {}
  // Empty when the name is not there. `name` is in lower case.
  std::vector<Address> find(const std::string& name);

 private:
  bool changed();
  void read();
  void read_line(std::string_view line);

  std::string path_;
  timespec modified_{};
  off_t bytes_ = -1;
  ino_t inode_ = 0;
  std::unordered_map<std::string, std::vector<Address>> names_;
};

}  // namespace perigee::net
