// Failure: why a command or a connection came to nothing, and whether the command can have been
// executed all the same (redis-client.md section 2).
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "redis/reply.hpp"

namespace perigee::redis {

// In the order of how far it came.
enum class FailureKind : std::uint8_t {
  // Of our own
  not_connected,  // to a primary, at this moment
  too_many,       // the limit of outstanding commands or bytes is reached
  timed_out,      // the reply, if one comes, is read and dropped
  cancelled,      // the caller's flow was told to stop
  // Of the network
  unresolved,   // the name has no address
  unreachable,  // no connection
  tls,
  lost,     // the connection ended before the reply
  garbled,  // what came is no RESP, or beyond a limit
  // What the server said
  not_primary,     // READONLY, MASTERDOWN, or a ROLE other than master
  loading,         // LOADING: it reads its data
  no_replicas,     // NOREPLICAS: perhaps an isolated primary
  busy,            // BUSY: somebody's script runs
  out_of_memory,   // OOM
  misconfigured,   // MISCONF: it cannot save
  cluster,         // MOVED, ASK, CLUSTERDOWN, CROSSSLOT
  denied,          // WRONGPASS, NOAUTH, NOPERM
  no_script,       // NOSCRIPT; handled by Link
  unknown_master,  // a sentinel does not know the name
  refused,         // any other error
};
std::string_view to_string(FailureKind kind);  // "not_primary"

enum class Executed : std::uint8_t { no, unknown };

struct Failure {
  FailureKind kind = FailureKind::not_connected;
  Executed executed = Executed::no;
  std::string message;  // the server's, or what happened; may be empty. Holds no secret

  Failure() = default;
  Failure(FailureKind k, Executed e, std::string m = {})
      : kind(k), executed(e), message(std::move(m)) {}
  // Of a wait that ended otherwise than by a reply.
  Failure(const Error& error);

  // "denied: WRONGPASS invalid username-password pair or user is disabled."
  std::string text() const;
  // Only an operator can mend it: asking again soon is of no use.
  bool is_of_configuration() const {
    return kind == FailureKind::denied || kind == FailureKind::cluster ||
           kind == FailureKind::unknown_master;
  }
};

template <class T>
using Expected = std::expected<T, Failure>;
using Outcome = Expected<Reply>;

// What an error reply means.
Failure failure_of(std::string_view error);
// The reply, or the failure that it tells of.
Outcome outcome_of(Reply reply);

}  // namespace perigee::redis
