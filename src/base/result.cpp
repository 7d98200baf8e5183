#include "base/result.hpp"

namespace perigee {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::other:
      return "other";
    case ErrorCode::invalid:
      return "invalid";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::not_found:
      return "not found";
    case ErrorCode::limit:
      return "limit reached";
    case ErrorCode::timed_out:
      return "timed out";
    case ErrorCode::cancelled:
      return "cancelled";
    case ErrorCode::client_gone:
      return "client gone";
    case ErrorCode::closed:
      return "closed by the peer";
    case ErrorCode::reset:
      return "reset by the peer";
    case ErrorCode::refused:
      return "connection refused";
    case ErrorCode::unreachable:
      return "unreachable";
    case ErrorCode::unresolved:
      return "name not resolved";
    case ErrorCode::tls:
      return "TLS failure";
    case ErrorCode::pool_exhausted:
      return "pool exhausted";
    case ErrorCode::connect_timed_out:
      return "connect timed out";
    case ErrorCode::read_timed_out:
      return "read timed out";
    case ErrorCode::evaluation:
      return "evaluation error";
  }
  return "other";
}

Error&& Error::in(std::string_view where) && {
  message.insert(0, ": ").insert(0, where);
  return std::move(*this);
}

}  // namespace perigee
