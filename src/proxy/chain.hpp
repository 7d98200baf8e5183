// The steps of flows, run strictly one after another (lifecycle.md section 7).
#pragma once

#include <span>
#include <string_view>
#include <unordered_map>

#include "base/async.hpp"
#include "base/line_rate.hpp"
#include "plan/revision.hpp"
#include "policy/exchange.hpp"
#include "policy/policy.hpp"

namespace perigee::proxy {

// When a line about a plan, a flow or a step was logged; of one revision on one worker.
using LineRates = std::unordered_map<const void*, log::LineRate>;

// Where a step that stands for a shared policy group finds it (api-definition.md section 3).
class SharedGroups {
 public:
  // Runs the group's steps in place of `step`; none when it is not deployed, or of another phase.
  virtual Async<policy::Verdict> run(const plan::Step& step, policy::Phase phase,
                                     policy::Exchange& exchange, LineRates& line_rates) = 0;
  // See response_needs() below.
  virtual el::Needs response_needs(const plan::Step& step, const policy::Exchange& exchange) = 0;

 protected:
  ~SharedGroups() = default;
};

// Which flows of a chain ran in the request phase: exactly these run in the response phase.
struct FlowRun {
  LineRates& line_rates;
  SharedGroups& groups;
  std::span<bool> matched;  // one per flow; empty when the request phase did not reach the chain
  bool any = false;
  bool any_response_step = false;  // of the flows that ran
};

// Makes available what an expression or a policy needs before it runs in this phase: gathers the
// request body in the request phase, the response body once there is one. Errors are answered by
// body_failure().
Async<Result<void>> provide(el::Needs needs, policy::Phase phase, policy::Exchange& exchange);

using policy::body_failure;
// The verdict's reason, when it has one, goes to the log: "flow 'f', step /flows/0/...: why".
void tell_reason(const policy::Verdict& verdict, const policy::Exchange& exchange,
                 log::LineRate& rate, std::string_view who);

Async<policy::Verdict> run_request_flows(const plan::FlowChain& chain, policy::Exchange& exchange,
                                         FlowRun& run);
// What the response steps of the flows that ran need: the request body has to be gathered before it
// goes to the backend.
el::Needs response_needs(const plan::FlowChain& chain, const FlowRun& run,
                         const policy::Exchange& exchange);
Async<policy::Verdict> run_response_flows(const plan::FlowChain& chain, policy::Exchange& exchange,
                                          const FlowRun& run);
// The same for a chain without a request phase: all its flows run.
Async<policy::Verdict> run_all_response_flows(const plan::FlowChain& chain,
                                              policy::Exchange& exchange, FlowRun& run);

// Chooses the plan (lifecycle.md section 5) and runs its security policy. `chosen` stays null when
// none applies.
Async<policy::Verdict> run_security(const plan::ApiRevision& revision, policy::Exchange& exchange,
                                    LineRates& line_rates, const plan::SecuredPlan*& chosen);

}  // namespace perigee::proxy
