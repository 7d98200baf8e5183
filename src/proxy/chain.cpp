#include "proxy/chain.hpp"

#include <algorithm>
#include <expected>

#include "base/log.hpp"
#include "proxy/best_match.hpp"
#include "proxy/in_order.hpp"

namespace perigee::proxy {

using plan::Flow;
using plan::FlowChain;
using plan::Step;
using policy::Exchange;
using policy::Phase;
using policy::Verdict;

namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.reactive.handlers"};

Async<Result<void>> buffer_bodies(bool of_request, bool of_response, Exchange& exchange) {
  if (of_request) {
    CO_TRY(co_await exchange.request_body.buffer());
  }
  if (of_response) {
    CO_TRY(co_await policy::gather_answer(exchange));
  }
  co_return Result<void>{};
}

bool is_for_api(const std::vector<std::string>& consumers, const std::vector<std::string>& tags) {
  return std::ranges::any_of(consumers, [&](const std::string& consumer) {
    return std::ranges::find(tags, consumer) != tags.end();
  });
}

bool selects(const Flow& flow, const Exchange& exchange) {
  bool method = (flow.methods & plan::method_bit(exchange.request.method)) != 0;
  return method && (!flow.path || flow.path->matches(exchange.path_info)) &&
         (!flow.consumer_tags || is_for_api(*flow.consumer_tags, exchange.api.tags));
}

// An error while a flow condition is evaluated means "does not match".
bool holds(const Flow& flow, const Exchange& exchange, LineRates& rates) {
  if (!flow.condition) return true;
  Result<bool> held = flow.condition->condition(exchange, exchange.arena);
  if (held) return *held;
  if (std::uint64_t times = rates[&flow].due(exchange.worker.reactor.now())) {
    kLog.line(log::Level::warn, exchange.api.id,
              "flow '{}' does not match, as its condition failed: {}: {}{}", flow.name,
              flow.condition_pointer, held.error().message, log::times_since(times));
  }
  return false;
}

Verdict failed_condition(const Error& error, const Flow& flow, const Exchange& exchange,
                         LineRates& rates) {
  Verdict verdict = body_failure(error);
  tell_reason(verdict, exchange, rates[&flow],
              fmt::format("flow '{}', condition {}", flow.name, flow.condition_pointer));
  return verdict;
}

Error too_large() {
  return {ErrorCode::limit, "the steps before it have made more than " +
                                std::to_string(Exchange::kBodiesMax) +
                                " times perigee.limits.bufferedBodyBytes"};
}

// Steps and flows never wait, most of them: a chain that works long leaves others their turn.
Async<Result<void>> leave_turn(Exchange& exchange) {
  if (!exchange.worker.turn_is_long()) return Result<void>{};
  return net::next_turn(exchange.worker.reactor);
}

// Where a step stands and what runs it; all of it outlives the exchange's chains.
struct Place {
  const Flow& flow;
  Phase phase;
  Exchange& exchange;
  const FlowRun& run;
};

// Whether its condition holds. When that cannot be told, the step has failed.
std::expected<bool, Verdict> wants(const Step& step, const Exchange& exchange) {
  if (exchange.is_too_large()) [[unlikely]]
    return std::unexpected(Verdict::broken(too_large()));
  if (!step.condition) return true;
  Result<bool> held = step.condition->condition(exchange, exchange.arena);
  if (!held) return std::unexpected(Verdict::broken(held.error()));
  return *held;
}

Async<Verdict> run_policy(const Step& step, Place place) {
  Exchange& exchange = place.exchange;
  if (!step.policy) [[unlikely]]
    return place.run.groups.run(step, place.phase, exchange, place.run.line_rates);
  return place.phase == Phase::request ? step.policy->on_request(exchange)
                                       : step.policy->on_response(exchange);
}

Async<Verdict> run_ready(const Step& step, Place place) {
  std::expected<bool, Verdict> wanted = wants(step, place.exchange);
  if (!wanted) return std::move(wanted).error();
  return *wanted ? run_policy(step, place) : Verdict::next();
}

Async<Verdict> provide_and_run(const Step& step, Place place) {
  Result<void> here = co_await leave_turn(place.exchange);
  if (here) here = co_await provide(step.condition_needs, place.phase, place.exchange);
  if (!here) co_return body_failure(here.error());
  std::expected<bool, Verdict> wanted = wants(step, place.exchange);
  if (!wanted) co_return std::move(wanted).error();
  if (!*wanted) co_return Verdict::next();
  here = co_await provide(step.needs, place.phase, place.exchange);
  if (!here) co_return body_failure(here.error());
  co_return co_await run_policy(step, place);
}

Verdict told(Verdict verdict, const Step& step, Place place) {
  if (verdict.has_reason()) {
    tell_reason(verdict, place.exchange, place.run.line_rates[&step],
                fmt::format("flow '{}', step {} (policy '{}')", place.flow.name, step.pointer,
                            step.policy_id));
  }
  return verdict;
}

Async<Verdict> told_later(Async<Verdict> running, const Step& step, Place place) {
  co_return told(co_await running, step, place);
}

Async<Verdict> run_step(const Step& step, Place place) {
  const bool needs_nothing = (step.needs.bits | step.condition_needs.bits) == 0;
  Async<Verdict> running = needs_nothing && !place.exchange.worker.turn_is_long()
                               ? run_ready(step, place)
                               : provide_and_run(step, place);
  if (running.here()) return told(running.take(), step, place);
  return told_later(std::move(running), step, place);
}

// `steps` are those of the flow in this phase.
Async<Verdict> run_steps(std::span<const Step> steps, Place place) {
  return in_order(steps.size(),
                  [steps, place](std::size_t i) { return run_step(steps[i], place); });
}

std::span<const Step> request_steps(const FlowChain& chain, const Flow& flow) {
  return std::span(chain.request)
      .subspan(flow.request_begin, flow.request_end - flow.request_begin);
}

std::span<const Step> response_steps(const FlowChain& chain, const Flow& flow) {
  return std::span(chain.response)
      .subspan(flow.response_begin, flow.response_end - flow.response_begin);
}

}  // namespace

// In the response phase the request body is on its way to the backend, or was gathered before
// (response_needs).
Async<Result<void>> provide(el::Needs needs, Phase phase, Exchange& exchange) {
  bool of_request = needs.has(el::Needs::request_body) && phase == Phase::request;
  bool of_response = needs.has(el::Needs::response_body) && exchange.has_response;
  if (!of_request && !of_response) return Result<void>{};
  return buffer_bodies(of_request, of_response, exchange);
}

void tell_reason(const Verdict& verdict, const Exchange& exchange, log::LineRate& rate,
                 std::string_view who) {
  if (!verdict.has_reason()) return;
  if (std::uint64_t times = rate.due(exchange.worker.reactor.now())) {
    kLog.line(log::Level::warn, exchange.api.id, "{}: {}{}", who, verdict.failure().reason,
              log::times_since(times));
  }
}

namespace {

// Whether the flow's selectors and its condition fit, or why that cannot be told.
Async<Result<bool>> fits(const Flow& flow, Exchange& exchange, LineRates& rates) {
  CO_TRY(co_await leave_turn(exchange));
  if (!selects(flow, exchange)) co_return false;
  CO_TRY(co_await provide(flow.condition_needs, Phase::request, exchange));
  co_return holds(flow, exchange, rates);
}

// The flow at this place in the chain, which fits.
Async<Verdict> enter(const FlowChain& chain, std::size_t at, Exchange& exchange, FlowRun& run) {
  const Flow& flow = chain.flows[at];
  run.matched[at] = run.any = true;
  if (flow.response_begin != flow.response_end) run.any_response_step = true;
  return run_steps(request_steps(chain, flow),
                   {.flow = flow, .phase = Phase::request, .exchange = exchange, .run = run});
}

Async<Verdict> provide_and_enter(const FlowChain& chain, std::size_t at, Exchange& exchange,
                                 FlowRun& run) {
  const Flow& flow = chain.flows[at];
  Result<bool> fitting = co_await fits(flow, exchange, run.line_rates);
  if (!fitting) co_return failed_condition(fitting.error(), flow, exchange, run.line_rates);
  co_return *fitting ? co_await enter(chain, at, exchange, run) : Verdict::next();
}

Async<Verdict> run_flow(const FlowChain& chain, std::size_t at, Exchange& exchange, FlowRun& run) {
  const Flow& flow = chain.flows[at];
  if (flow.condition_needs.bits || exchange.worker.turn_is_long())
    return provide_and_enter(chain, at, exchange, run);
  const bool fitting = selects(flow, exchange) && holds(flow, exchange, run.line_rates);
  return fitting ? enter(chain, at, exchange, run) : Verdict::next();
}

void keep_best(const FlowChain& chain, const Exchange& exchange, std::span<bool> fitting) {
  std::optional<std::size_t> best = best_match(chain.flows, fitting, exchange.path_info);
  std::ranges::fill(fitting, false);
  if (best) fitting[*best] = true;
}

// Which flows run is settled before the first of them does.
Async<Verdict> run_resolved_flows(const FlowChain& chain, Exchange& exchange, FlowRun& run) {
  std::span<bool> fitting = exchange.arena.array<bool>(chain.flows.size());
  for (std::size_t i = 0; i < chain.flows.size(); ++i) {
    Result<bool> fitted = co_await fits(chain.flows[i], exchange, run.line_rates);
    if (!fitted)
      co_return failed_condition(fitted.error(), chain.flows[i], exchange, run.line_rates);
    fitting[i] = *fitted;
  }
  if (chain.best_match) keep_best(chain, exchange, fitting);
  co_return co_await in_order(
      chain.flows.size(), [&chain, &exchange, &run, fitting](std::size_t i) {
        return fitting[i] ? enter(chain, i, exchange, run) : Verdict::next();
      });
}

}  // namespace

Async<Verdict> run_request_flows(const FlowChain& chain, Exchange& exchange, FlowRun& run) {
  run.matched = exchange.arena.array<bool>(chain.flows.size());
  std::ranges::fill(run.matched, false);
  // compat: the v3 engine looks at all conditions first (lifecycle.md section 12).
  if (chain.best_match || exchange.api.old_engine) return run_resolved_flows(chain, exchange, run);
  return in_order(chain.flows.size(), [&chain, &exchange, &run](std::size_t i) {
    return run_flow(chain, i, exchange, run);
  });
}

el::Needs response_needs(const FlowChain& chain, const FlowRun& run, const Exchange& exchange) {
  el::Needs needs;
  for (std::size_t i = 0; i < run.matched.size(); ++i) {
    if (!run.matched[i]) continue;
    for (const Step& step : response_steps(chain, chain.flows[i])) {
      needs.bits |= step.needs.bits | step.condition_needs.bits;
      if (!step.policy) needs.bits |= run.groups.response_needs(step, exchange).bits;
    }
  }
  return needs;
}

Async<Verdict> run_response_flows(const FlowChain& chain, Exchange& exchange, const FlowRun& run) {
  return in_order(run.matched.size(), [&chain, &exchange, &run](std::size_t i) -> Async<Verdict> {
    if (!run.matched[i]) return Verdict::next();
    const Flow& flow = chain.flows[i];
    return run_steps(response_steps(chain, flow),
                     {.flow = flow, .phase = Phase::response, .exchange = exchange, .run = run});
  });
}

Async<Verdict> run_all_response_flows(const FlowChain& chain, Exchange& exchange, FlowRun& run) {
  run.matched = exchange.arena.array<bool>(chain.flows.size());
  std::ranges::fill(run.matched, true);
  return run_response_flows(chain, exchange, run);
}

}  // namespace perigee::proxy
