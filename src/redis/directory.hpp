// Directory: who the primary is. One per process, on the ops reactor; workers' links learn of it
// without waiting, and tell it what they see.
//
// With sentinels: asks all of them every second and at every hint, follows the highest
// configuration epoch, and never waits for a dead connection to find out. Without: the configured
// host, always.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/reactor.hpp"
#include "redis/options.hpp"

namespace perigee::redis {

struct SentinelState {
  std::string address;  // "10.0.0.7:26379"
  std::string host;     // as configured, or as other sentinels named it
  bool learned = false;
  bool reachable = false;
  std::string names;  // the primary that it names, "host:port"; empty: none
  std::int64_t config_epoch = 0;
  std::string problem;  // empty: none
};

struct SwitchState {
  std::string from, to;
  WallTime at;
};

// For operators: /_node/ratelimit.
struct DirectoryState {
  std::string master;  // empty: without sentinels
  std::optional<Endpoint> primary;
  std::int64_t config_epoch = 0;  // the sentinels'
  std::uint64_t epoch = 0;        // Link::epoch()
  std::optional<SwitchState> last_switch;
  std::vector<SentinelState> sentinels;
  std::size_t links = 0, links_connected = 0;
  std::string problem;  // why there is no primary, or no connection to it; empty: none
};

class Directory {
 public:
  // Begins at once, and returns at once.
  Directory(net::Reactor& ops, Options options);
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  const Options& options() const;  // from any thread
  DirectoryState state() const;

  struct Impl;

 private:
  friend class Link;  // NOLINT(cppcoreguidelines-virtual-class-destructor): it is final
  std::unique_ptr<Impl> impl_;
};

}  // namespace perigee::redis
