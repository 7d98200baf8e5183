// How a connection begins: socket, TLS, HELLO or AUTH, and what the first pipeline asks besides.
// Internal.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/names.hpp"
#include "redis/connection.hpp"

namespace perigee::redis {

struct Greeted {
  bool password_unused = false;  // the server asks for none, and was given one
};

// `host` is what the server's certificate must name.
Async<Expected<Connection::Owned>> connect(net::Reactor& reactor, net::Address address,
                                           std::string host, const Options& options);

// Says who we are and sends `more` in the same write. In RESP3 where the server has it, and in
// RESP2 where not or where `resp` is 2.
struct Greeting {
  Credentials credentials;
  std::string client_name;
  int resp = 3;
  Duration timeout{};
};
Async<Expected<Greeted>> greet(Connection& connection, Greeting greeting,
                               std::span<const Command> more, std::span<Outcome> outcomes);

// What an operator should hear of, although it works.
struct OpenNotes {
  bool password_unused = false;
  bool role_denied = false;  // to the user, as ...
  bool clock_denied = false;
};

// A connection to a server that says of itself that it is a primary and can be used.
struct Opened {
  Connection::Owned connection;
  std::size_t replicas = 0;  // attached, by its ROLE
  Duration clock_offset{};   // its clock minus ours; 0 when it does not tell
  OpenNotes notes;
};
// Every address of the name gets an even share of options.connect_timeout.
Async<Expected<Opened>> open_primary(net::Reactor& reactor, net::Names& names, Endpoint primary,
                                     const Options& options,
                                     std::span<const Script* const> scripts);

// TIME's answer minus our clock, `round_trip` after it was sent.
std::optional<Duration> clock_offset(const Outcome& time, WallTime now, Duration round_trip);

}  // namespace perigee::redis
