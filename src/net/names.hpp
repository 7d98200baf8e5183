// Names to addresses: c-ares on the ops reactor, cached by TTL, shared with workers by mailbox.
//
// All addresses of a name, IPv4 and IPv6, in the order to try. When a refresh fails, the old
// addresses go on serving (serve-stale) and the failure is logged once; a name that the DNS says
// does not exist loses its addresses. IP literals and "localhost" never leave the worker. Nothing
// of c-ares is made before the first real query.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "net/address.hpp"
#include "net/reactor.hpp"

namespace perigee::net {

using Addresses = std::shared_ptr<const std::vector<Address>>;  // immutable, never empty

// Lives on the ops reactor. One per process. Made and destroyed on the thread of that reactor (or
// while it does not run); Names of other threads may outlive it.
class Resolver {
 public:
  struct Options {
    Duration ttl_min = 1s, ttl_max = 1h, negative_ttl = 1s;
    Duration stale_max = 24h;  // how long an expired answer may go on serving
    Duration stale_wait =
        500ms;                // how long a refresh may delay those who could have the old answer
    Duration hosts_ttl = 5s;  // how long an answer of the hosts file serves
    Duration query_timeout = 2s;  // of the first try; it doubles with every further one
    int tries = 2;
    Duration wait_max = 10s;  // nobody waits longer than this for an answer
    std::size_t entries_max = 10000;
    bool prefer_ipv4 = true;           // order of families; both are always asked
    std::vector<std::string> servers;  // "127.0.0.1:5353"; empty = resolv.conf
    std::string resolv_conf;           // path; empty = the system's
    std::string hosts_file;            // path; empty = the system's
  };
  struct Stats {
    std::atomic<std::uint64_t> queries{0};        // sent to the DNS (A and AAAA together are one)
    std::atomic<std::uint64_t> failures{0};       // queries without an address
    std::atomic<std::uint64_t> stale_answers{0};  // expired addresses given to a worker
    std::atomic<std::uint64_t> entries{0};
  };
  Resolver(Reactor& ops, Options options);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  const Stats& stats() const;  // from any thread

  struct Impl;

 private:
  friend class Names;
  std::unique_ptr<Impl> impl_;
};

// A worker's view, with a small cache of its own. Lives on that worker. Destroying it ends the
// waits with `cancelled`.
class Names {
 public:
  static constexpr std::size_t kEntriesMax = 2048;

  Names(Reactor& worker, Resolver& resolver);
  ~Names();
  Names(const Names&) = delete;
  Names& operator=(const Names&) = delete;
  // The port is set in every address. Errors: unresolved, timed_out, limit.
  Async<Result<Addresses>> resolve(std::string_view name, std::uint16_t port);

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace perigee::net
