// Options: where Redis is and how it is spoken to. Filled once, from what runtime.md 2.2 lets an
// operator say; then only read, by all threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "net/names.hpp"
#include "net/tls.hpp"

namespace perigee::redis {

struct Endpoint {
  std::string host;  // a name or an address; IPv6 without brackets
  std::uint16_t port = 0;
  std::string text() const;  // "host:port", "[::1]:6379"
  bool operator==(const Endpoint&) const = default;
};

struct Credentials {
  std::string username;  // empty: the default user
  std::string password;  // empty: none is sent
  bool given() const { return !password.empty(); }
};

struct Options {
  std::vector<Endpoint> sentinels;  // empty: `standalone` is the primary
  std::string master;               // its name at the sentinels
  Endpoint standalone{"localhost", 6379};
  Credentials data;
  Credentials sentinel;
  std::shared_ptr<const net::TlsClientContext> tls;  // null: plain, for servers and sentinels alike
  std::string client_name = "perigee";               // as CLIENT LIST shows it
  // No name is believed for longer than kNameAgeMax, whatever its TTL.
  net::Resolver::Options resolver;
  static constexpr Duration kNameAgeMax = 5s;
  std::size_t links = 1;   // that will be made: as many as there are workers
  std::uint64_t seed = 0;  // of what is done at slightly different times by different gateways

  Duration operation_timeout = 10ms;  // from a command's dispatch to its reply
  Duration connect_timeout = 500ms;   // name, connection, TLS, HELLO, ROLE and scripts together
  Duration sentinel_connect_timeout = 250ms;
  Duration sentinel_reply_timeout = 250ms;
  Duration reply_age_max = 250ms;  // a connection with an older outstanding reply is closed
  Duration idle_max = 1s;          // without a reply: then PING
  Duration validate_every = 1s;    // what the sentinels say is asked again
  Duration clock_every = 30s;      // TIME
  Duration learned_kept = 60s;     // a sentinel that others named and that does not answer
  Duration backwards_after = 3s;   // most sentinels name one with an epoch that is not higher

  std::size_t commands_outstanding_max = 4096;  // of one connection
  std::size_t bytes_outstanding_max = 4 << 20;  // of their requests
  std::size_t sentinels_max = 32;               // addresses, learned ones included

  bool has_sentinels() const { return !sentinels.empty(); }
};

}  // namespace perigee::redis
