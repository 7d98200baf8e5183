// Cross-origin requests (lifecycle.md section 4).
#pragma once

#include "plan/cors.hpp"
#include "policy/exchange.hpp"

namespace perigee::proxy {

bool is_preflight(const http::RequestHead& request);
// Ends the chain with the answer, or fails it; with `runPolicies` goes on, and an invoker that
// answers 200 stands in for the backend.
policy::Verdict answer_preflight(const plan::Cors& cors, policy::Exchange& exchange);
// Section 9, step 3: what the answer to any request tells the browser.
void add_cors_headers(const plan::Cors& cors, policy::Exchange& exchange);

}  // namespace perigee::proxy
