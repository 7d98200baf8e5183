#include "base/log.hpp"
#include "proxy/chain.hpp"

namespace perigee::proxy {

using plan::SecuredPlan;
using policy::Exchange;
using policy::Token;
using policy::Verdict;

namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.reactive.handlers.api.v4.security"};

Async<Verdict> provide_and_run(const SecuredPlan& plan, Exchange& exchange) {
  Result<void> provided = co_await provide(plan.needs, policy::Phase::request, exchange);
  if (!provided) co_return body_failure(provided.error());
  co_return co_await plan.policy->on_request(exchange);
}

// Whatever the policy of the chosen plan decides is final.
Async<Verdict> take(const SecuredPlan& plan, Exchange& exchange, const SecuredPlan*& chosen) {
  chosen = &plan;
  exchange.plan_id = plan.id;
  return plan.needs.bits ? provide_and_run(plan, exchange) : plan.policy->on_request(exchange);
}

// False when the plan could not be tried.
template <class T>
bool note(const SecuredPlan& plan, const Exchange& exchange, LineRates& rates,
          const Result<T>& tried) {
  if (tried) return true;
  if (std::uint64_t times = rates[&plan].due(exchange.worker.reactor.now())) {
    kLog.line(log::Level::warn, exchange.api.id, "plan {}: {}{}", plan.id, tried.error().message,
              log::times_since(times));
  }
  return false;
}

Verdict nobody(const plan::ApiRevision& revision, Exchange& exchange, bool technical_error) {
  if (technical_error)
    return Verdict::fail(503, "GATEWAY_PLAN_RESOLUTION_FAILURE", "Temporarily Unavailable");
  for (const SecuredPlan& plan : revision.plans) plan.policy->security()->challenge(exchange);
  return Verdict::fail(401, "GATEWAY_PLAN_UNRESOLVABLE", "Unauthorized");
}

// Step 2: a plan without a rule applies. An error is the plan's that cannot be tried.
Async<Result<bool>> applies(const SecuredPlan& plan, Exchange& exchange) {
  if (!plan.selection_rule) co_return true;
  CO_TRY(co_await provide(plan.rule_needs, policy::Phase::request, exchange));
  co_return plan.selection_rule->condition(exchange, exchange.arena);
}

// `extracting` is what the first plan looks for.
Async<Verdict> try_plans(const plan::ApiRevision& revision, Exchange& exchange, LineRates& rates,
                         const SecuredPlan*& chosen, Async<Result<Token>> extracting) {
  bool technical_error = false;
  for (const SecuredPlan& plan : revision.plans) {
    bool first = &plan == &revision.plans.front();
    Result<Token> token =
        first ? co_await std::move(extracting) : co_await plan.policy->security()->token(exchange);
    technical_error = !note(plan, exchange, rates, token) || technical_error;
    if (!token || token->state != Token::State::found) continue;
    Result<bool> applied = co_await applies(plan, exchange);
    if (applied && *applied) co_return co_await take(plan, exchange, chosen);
    technical_error = !note(plan, exchange, rates, applied) || technical_error;
  }
  co_return nobody(revision, exchange, technical_error);
}

}  // namespace

Async<Verdict> run_security(const plan::ApiRevision& revision, Exchange& exchange,
                            LineRates& line_rates, const SecuredPlan*& chosen) {
  if (revision.plans.empty()) return nobody(revision, exchange, false);
  // Most APIs have one plan and a token that is found without waiting: no frame for them.
  const SecuredPlan& first = revision.plans.front();
  Async<Result<Token>> extracting = first.policy->security()->token(exchange);
  if (!extracting.here())
    return try_plans(revision, exchange, line_rates, chosen, std::move(extracting));
  Result<Token> token = extracting.take();
  bool found = token && token->state == Token::State::found;
  if (found && !first.selection_rule) return take(first, exchange, chosen);
  return try_plans(revision, exchange, line_rates, chosen, std::move(token));
}

}  // namespace perigee::proxy
