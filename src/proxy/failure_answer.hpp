// The answer to a failure (lifecycle.md section 10): by a response template of the API, else the
// standard response.
#pragma once

#include <string_view>

#include "http/message.hpp"
#include "plan/response_templates.hpp"
#include "policy/exchange.hpp"

namespace perigee::proxy {

struct FailureAnswer {
  std::string_view body;  // in the arena; empty: none
  bool close = false;     // Connection: close
};

// Sets status and fields of exchange.response, and exchange.failure, which templates read. Headers
// that policies or the backend left stay. A template that fails is told by the log, and the
// standard response goes out.
FailureAnswer answer_failure(policy::Exchange& exchange, const policy::Failure& failure,
                             const plan::ResponseTemplates& templates);

// Whether the client takes JSON: any Accept line contains "application/json" or "*/*" as text; for
// the old engine it is a media type of the list.
bool accepts_json(const http::Headers& request, bool old_engine);

}  // namespace perigee::proxy
