// Names to addresses: c-ares on the ops reactor, cached by TTL, shared with workers by mailbox.
//
// All addresses of a name, IPv4 and IPv6, in the order to try. When a refresh fails, the old
// addresses go on serving (serve-stale) and the failure is logged once. IP literals never leave the
// worker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "net/address.hpp"
#include "net/reactor.hpp"

namespace perigee::net {

using Addresses = std::shared_ptr<const std::vector<Address>>;  // immutable, never empty

// Lives on the ops reactor. One per process.
class Resolver {
 public:
  struct Options {
    Duration ttl_min = 1s, ttl_max = 1h, negative_ttl = 1s;
    Duration stale_max = 24h;  // how long an expired answer may go on serving
    Duration query_timeout = 2s;
    int tries = 2;
    std::size_t entries_max = 10000;
    bool prefer_ipv4 = true;           // order of families; both are always asked
    std::vector<std::string> servers;  // "127.0.0.1:5353"; empty = resolv.conf
    std::string resolv_conf;           // path; empty = the system's
    std::string hosts_file;            // path; empty = the system's
  };
  Resolver(Reactor& ops, Options options);
  ~Resolver();
  struct Impl;

 private:
  friend class Names;
  std::unique_ptr<Impl> impl_;
};

// A worker's view, with a small cache of its own. Lives on that worker.
class Names {
 public:
  Names(Reactor& worker, Resolver& resolver);
  ~Names();
  // The port is set in every address. Errors: unresolved, timed_out.
  Async<Result<Addresses>> resolve(std::string_view name, std::uint16_t port);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace perigee::net
