#include "proxy/chain.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "proxy/best_match.hpp"

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

Verdict ended(Verdict verdict, const Flow& flow, const Step& step, const Exchange& exchange,
              LineRates& rates) {
  if (verdict.has_reason()) {
    tell_reason(
        verdict, exchange, rates[&step],
        fmt::format("flow '{}', step {} (policy '{}')", flow.name, step.pointer, step.policy_id));
  }
  return verdict;
}

Error too_large() {
  return {ErrorCode::limit, "the steps before it have made more than " +
                                std::to_string(Exchange::kBodiesMax) +
                                " times perigee.limits.bufferedBodyBytes"};
}

Async<Verdict> run_step(const Step& step, Phase phase, Exchange& exchange, const FlowRun& run) {
  if (!step.policy) [[unlikely]]
    return run.groups.run(step, phase, exchange, run.line_rates);
  return phase == Phase::request ? step.policy->on_request(exchange)
                                 : step.policy->on_response(exchange);
}

// `steps` are those of `flow` in this phase.
Async<Verdict> run_steps(const Flow& flow, std::span<const Step> steps, Phase phase,
                         Exchange& exchange, const FlowRun& run) {
  LineRates& rates = run.line_rates;
  for (const Step& step : steps) {
    // Steps never wait, most of them: a chain that works long leaves others their turn.
    if (exchange.worker.turn_is_long()) [[unlikely]] {
      Result<void> turn = co_await net::next_turn(exchange.worker.reactor);
      if (!turn) co_return ended(body_failure(turn.error()), flow, step, exchange, rates);
    }
    if (exchange.is_too_large()) [[unlikely]]
      co_return ended(Verdict::broken(too_large()), flow, step, exchange, rates);
    if (step.condition) {
      if (step.condition_needs.bits) {
        Result<void> provided = co_await provide(step.condition_needs, phase, exchange);
        if (!provided) co_return ended(body_failure(provided.error()), flow, step, exchange, rates);
      }
      Result<bool> wanted = step.condition->condition(exchange, exchange.arena);
      if (!wanted) co_return ended(Verdict::broken(wanted.error()), flow, step, exchange, rates);
      if (!*wanted) continue;
    }
    if (step.needs.bits) {
      Result<void> provided = co_await provide(step.needs, phase, exchange);
      if (!provided) co_return ended(body_failure(provided.error()), flow, step, exchange, rates);
    }
    Verdict verdict = co_await run_step(step, phase, exchange, run);
    if (!verdict.continues()) co_return ended(std::move(verdict), flow, step, exchange, rates);
  }
  co_return Verdict::next();
}

template <class T>
std::span<const T> part(const std::vector<T>& all, std::uint32_t begin, std::uint32_t end) {
  return std::span(all).subspan(begin, end - begin);
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
  if (exchange.worker.turn_is_long()) [[unlikely]] {
    CO_TRY(co_await net::next_turn(exchange.worker.reactor));
  }
  if (!selects(flow, exchange)) co_return false;
  if (!flow.condition) co_return true;
  CO_TRY(co_await provide(flow.condition_needs, Phase::request, exchange));
  co_return holds(flow, exchange, rates);
}

Async<Verdict> run_request_flow(const FlowChain& chain, const Flow& flow, Exchange& exchange,
                                const FlowRun& run) {
  return run_steps(flow, part(chain.request, flow.request_begin, flow.request_end), Phase::request,
                   exchange, run);
}

void keep_best(const FlowChain& chain, const Exchange& exchange, FlowRun& run) {
  std::optional<std::size_t> best = best_match(chain.flows, run.matched, exchange.path_info);
  std::ranges::fill(run.matched, false);
  if (best) run.matched[*best] = true;
}

// Which flows run is settled before the first of them does.
Async<Verdict> run_resolved_flows(const FlowChain& chain, Exchange& exchange, FlowRun& run) {
  for (std::size_t i = 0; i < chain.flows.size(); ++i) {
    Result<bool> fitting = co_await fits(chain.flows[i], exchange, run.line_rates);
    if (!fitting) {
      std::ranges::fill(run.matched, false);
      co_return failed_condition(fitting.error(), chain.flows[i], exchange, run.line_rates);
    }
    run.matched[i] = *fitting;
  }
  if (chain.best_match) keep_best(chain, exchange, run);
  for (std::size_t i = 0; i < chain.flows.size(); ++i) {
    if (!run.matched[i]) continue;
    run.any = true;
    Verdict verdict = co_await run_request_flow(chain, chain.flows[i], exchange, run);
    if (verdict.continues()) continue;
    std::ranges::fill(run.matched.subspan(i + 1), false);  // they did not run
    co_return verdict;
  }
  co_return Verdict::next();
}

}  // namespace

Async<Verdict> run_request_flows(const FlowChain& chain, Exchange& exchange, FlowRun& run) {
  run.matched = exchange.arena.array<bool>(chain.flows.size());
  std::ranges::fill(run.matched, false);
  // compat: the v3 engine looks at all conditions first (lifecycle.md section 12).
  if (chain.best_match || exchange.api.old_engine)
    co_return co_await run_resolved_flows(chain, exchange, run);
  for (std::size_t i = 0; i < chain.flows.size(); ++i) {
    const Flow& flow = chain.flows[i];
    if (exchange.worker.turn_is_long()) [[unlikely]] {
      Result<void> turn = co_await net::next_turn(exchange.worker.reactor);
      if (!turn) co_return failed_condition(turn.error(), flow, exchange, run.line_rates);
    }
    if (!selects(flow, exchange)) continue;
    if (flow.condition) {
      Result<void> provided = co_await provide(flow.condition_needs, Phase::request, exchange);
      if (!provided) co_return failed_condition(provided.error(), flow, exchange, run.line_rates);
      if (!holds(flow, exchange, run.line_rates)) continue;
    }
    run.matched[i] = run.any = true;
    if (flow.request_begin == flow.request_end) continue;
    Verdict verdict = co_await run_request_flow(chain, flow, exchange, run);
    if (!verdict.continues()) co_return verdict;
  }
  co_return Verdict::next();
}

el::Needs response_needs(const FlowChain& chain, const FlowRun& run, const Exchange& exchange) {
  el::Needs needs;
  for (std::size_t i = 0; i < run.matched.size(); ++i) {
    if (!run.matched[i]) continue;
    const Flow& flow = chain.flows[i];
    for (const Step& step : part(chain.response, flow.response_begin, flow.response_end)) {
      needs.bits |= step.needs.bits | step.condition_needs.bits;
      if (!step.policy) needs.bits |= run.groups.response_needs(step, exchange).bits;
    }
  }
  return needs;
}

Async<Verdict> run_response_flows(const FlowChain& chain, Exchange& exchange, const FlowRun& run) {
  for (std::size_t i = 0; i < run.matched.size(); ++i) {
    const Flow& flow = chain.flows[i];
    if (!run.matched[i] || flow.response_begin == flow.response_end) continue;
    Verdict verdict =
        co_await run_steps(flow, part(chain.response, flow.response_begin, flow.response_end),
                           Phase::response, exchange, run);
    if (!verdict.continues()) co_return verdict;
  }
  co_return Verdict::next();
}

Async<Verdict> run_all_response_flows(const FlowChain& chain, Exchange& exchange, FlowRun& run) {
  run.matched = exchange.arena.array<bool>(chain.flows.size());
  std::ranges::fill(run.matched, true);
  return run_response_flows(chain, exchange, run);
}

}  // namespace perigee::proxy
