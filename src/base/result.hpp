// Result<T>: a value, or an Error that knows what the edge needs to answer.
//
// What the network, a client, a file or an operator can cause is an Error and travels up by TRY
// (in functions) or CO_TRY (in coroutines); context is added on the way with Error::in().
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace perigee {

enum class Fault : std::uint8_t { ours, client, upstream };

// What happened, as far as code has to tell cases apart. The HTTP status and error key that a
// client sees for each are lifecycle.md section 8.5 and 14; proxy maps them.
enum class ErrorCode : std::uint8_t {
  other,
  invalid,      // bytes, a file or a value that breaks its rules
  unsupported,  // understood, but not done by this version
  not_found,
  limit,      // a named limit was reached
  timed_out,  // a deadline passed
  cancelled,  // the flow was told to stop
  client_gone,
  closed,          // the peer ended the stream in an orderly way, too early
  reset,           // the peer or the network broke the stream
  refused,         // connection refused
  unreachable,     // no route, network down
  unresolved,      // the name has no address
  tls,             // handshake or certificate
  pool_exhausted,  // the wait queue of an endpoint is full
  connect_timed_out,
  read_timed_out,
  evaluation,  // an expression could not be evaluated
};

std::string_view to_string(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::other;
  std::string message;  // for the operator: what, where, what was expected, what to do
  Fault fault = Fault::ours;
  bool retry_is_safe = false;  // nothing of the request can have had an effect
  int status = 0;              // HTTP status for the client, 0 = decided by whoever answers
  std::string key;             // error key, lifecycle.md section 14; empty = none

  Error() = default;
  Error(ErrorCode c, std::string m, Fault f = Fault::ours)
      : code(c), message(std::move(m)), fault(f) {}

  // "where: message"
  Error&& in(std::string_view where) &&;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message, Fault fault = Fault::ours) {
  return std::unexpected<Error>(std::in_place, code, std::move(message), fault);
}

}  // namespace perigee

#define PERIGEE_JOIN_(a, b) a##b
#define PERIGEE_JOIN(a, b) PERIGEE_JOIN_(a, b)
#define PERIGEE_PICK_(a, b, name, ...) name

// TRY(expr) or TRY(target, expr): gives the Error of `expr` to our caller, or goes on with its
// value. `target` may declare: TRY(Config config, parse(json));
#define TRY(...) PERIGEE_PICK_(__VA_ARGS__, PERIGEE_TRY_2, PERIGEE_TRY_1, )(return, __VA_ARGS__)
#define CO_TRY(...) \
  PERIGEE_PICK_(__VA_ARGS__, PERIGEE_TRY_2, PERIGEE_TRY_1, )(co_return, __VA_ARGS__)

#define PERIGEE_TRY_1(give, expr) PERIGEE_TRY_VOID(give, PERIGEE_JOIN(try_, __COUNTER__), expr)
#define PERIGEE_TRY_VOID(give, result, expr) \
  auto result = (expr);                      \
  if (!result) [[unlikely]]                  \
  give std::unexpected(std::move(result).error())

#define PERIGEE_TRY_2(give, target, expr) \
  PERIGEE_TRY_VALUE(give, PERIGEE_JOIN(try_, __COUNTER__), target, expr)
#define PERIGEE_TRY_VALUE(give, result, target, expr) \
  auto result = (expr);                               \
  if (!result) [[unlikely]]                           \
    give std::unexpected(std::move(result).error());  \
  target = *std::move(result)
