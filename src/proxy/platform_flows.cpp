#include "proxy/platform_flows.hpp"

#include "base/log.hpp"

namespace perigee::proxy {

using policy::Exchange;
using policy::Phase;
using policy::Verdict;

namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.reactive.policy.sharedpolicygroup"};

// While it lives, steps find the worker state of another revision.
class StatesOf {
 public:
  StatesOf(const Pin& pin, Exchange& exchange)
      : exchange_(exchange), before_(exchange.use_states(pin.states())) {}
  ~StatesOf() { exchange_.use_states(before_); }
  StatesOf(const StatesOf&) = delete;
  StatesOf& operator=(const StatesOf&) = delete;

 private:
  Exchange& exchange_;
  const policy::WorkerStates& before_;
};

}  // namespace

const plan::SharedGroup* PlatformGroups::find(const plan::Step& step,
                                              const Exchange& exchange) const {
  return plan_.plan().platform().group(exchange.api.environment_id, step.shared_group);
}

// A group that is not deployed is skipped, and so is one of the other phase.
Async<Verdict> PlatformGroups::run(const plan::Step& step, Phase phase, Exchange& exchange,
                                   LineRates& line_rates) {
  const plan::SharedGroup* group = find(step, exchange);
  if (!group || group->phase != phase) {
    if (std::uint64_t times = line_rates[&step].due(exchange.worker.reactor.now())) {
      kLog.line(log::Level::warn, exchange.api.id,
                "step {} is skipped: shared policy group '{}' {}{}", step.pointer,
                step.shared_group, group ? "is of the other phase" : "is not deployed",
                log::times_since(times));
    }
    co_return Verdict::next();
  }
  Pin pin(plan_.here(group->revision), co_await this_scope());
  StatesOf states(pin, exchange);
  FlowRun run{pin.line_rates(), *this};
  const plan::FlowChain& chain = pin.revision().flows;
  if (phase == Phase::request) co_return co_await run_request_flows(chain, exchange, run);
  co_return co_await run_all_response_flows(chain, exchange, run);
}

el::Needs PlatformGroups::response_needs(const plan::Step& step, const Exchange& exchange) {
  el::Needs needs;
  const plan::SharedGroup* group = find(step, exchange);
  if (!group || group->phase != Phase::response) return needs;
  for (const plan::Step& each : group->revision->flows.response)
    needs.bits |= each.needs.bits | each.condition_needs.bits;
  return needs;
}

Async<Verdict> OrganizationFlows::on_request(Exchange& exchange) {
  StatesOf states(pin_, exchange);
  co_return co_await run_request_flows(pin_.revision().flows, exchange, run_);
}

Async<Verdict> OrganizationFlows::on_response(Exchange& exchange) {
  StatesOf states(pin_, exchange);
  co_return co_await run_response_flows(pin_.revision().flows, exchange, run_);
}

}  // namespace perigee::proxy
