// The steps of flows, run strictly one after another (lifecycle.md section 7).
#pragma once

#include <span>
#include <unordered_map>

#include "base/async.hpp"
#include "base/line_rate.hpp"
#include "plan/revision.hpp"
#include "policy/exchange.hpp"
#include "policy/policy.hpp"

namespace perigee::proxy {

// When a line about the condition of a flow was logged; of one revision on one worker.
using FailedConditions = std::unordered_map<const plan::Flow*, log::LineRate>;

// Which flows of a chain ran in the request phase: exactly these run in the response phase.
struct FlowRun {
  FailedConditions& failed_conditions;
  std::span<bool> matched;  // one per flow; empty when the request phase did not reach the chain
  bool any = false;
};

// Makes available what an expression or a policy needs before it runs in this phase: gathers the
// request body in the request phase, the response body once there is one. Errors are answered by
// body_failure().
Async<Result<void>> provide(el::Needs needs, policy::Phase phase, policy::Exchange& exchange);

// A body that could not be had: too long (413, or 502 for a response body), or its side failed.
policy::Verdict body_failure(const Error& error);

Async<policy::Verdict> run_request_flows(const plan::FlowChain& chain, policy::Exchange& exchange,
                                         FlowRun& run);
// What the response steps of the flows that ran need: the request body has to be gathered before it
// goes to the backend.
el::Needs response_needs(const plan::FlowChain& chain, const FlowRun& run);
Async<policy::Verdict> run_response_flows(const plan::FlowChain& chain, policy::Exchange& exchange,
                                          const FlowRun& run);

// Chooses the plan (lifecycle.md section 5) and runs its security policy. `chosen` stays null when
// none applies.
Async<policy::Verdict> run_security(const plan::ApiRevision& revision, policy::Exchange& exchange,
                                    const plan::SecuredPlan*& chosen);

}  // namespace perigee::proxy
