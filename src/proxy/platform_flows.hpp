// What the platform runs in an exchange: shared policy groups, the flows of the organization
// (api-definition.md sections 3 and 4). Each with its own revision and worker state.
#pragma once

#include <optional>

#include "proxy/chain.hpp"
#include "proxy/worker_plan.hpp"

namespace perigee::proxy {

class PlatformGroups final : public SharedGroups {
 public:
  explicit PlatformGroups(WorkerPlan& plan) : plan_(plan) {}
  Async<policy::Verdict> run(const plan::Step& step, policy::Phase phase,
                             policy::Exchange& exchange, LineRates& line_rates) override;
  el::Needs response_needs(const plan::Step& step, const policy::Exchange& exchange) override;

 private:
  const plan::SharedGroup* find(const plan::Step& step, const policy::Exchange& exchange) const;
  WorkerPlan& plan_;
};

// The flows of an exchange's organization; lives as long as the exchange.
class OrganizationFlows {
 public:
  OrganizationFlows(RevisionHere& revision, SharedGroups& groups, Scope* scope)
      : pin_(revision, scope), run_{pin_.line_rates(), groups} {}
  Async<policy::Verdict> on_request(policy::Exchange& exchange);
  Async<policy::Verdict> on_response(policy::Exchange& exchange);
  el::Needs response_needs(const policy::Exchange& exchange) const {
    return proxy::response_needs(pin_.revision().flows, run_, exchange);
  }

 private:
  Pin pin_;
  FlowRun run_;
};

}  // namespace perigee::proxy
