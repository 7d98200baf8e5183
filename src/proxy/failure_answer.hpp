// The answer to a failure (lifecycle.md section 10, the standard response).
#pragma once

#include <string_view>

#include "http/message.hpp"
#include "policy/exchange.hpp"

namespace perigee::proxy {

struct FailureAnswer {
  std::string_view body;  // in the arena; empty: none
  bool close = false;     // Connection: close
};

// Sets status, Content-Type and Content-Length of exchange.response. Headers that policies or the
// backend left stay.
FailureAnswer answer_failure(policy::Exchange& exchange, const policy::Failure& failure);

// Whether the client takes JSON: any Accept line contains "application/json" or "*/*" as text.
bool accepts_json(const http::Headers& request);

}  // namespace perigee::proxy
