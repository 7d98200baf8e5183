#include "base/log.hpp"
#include "proxy/chain.hpp"

namespace perigee::proxy {

using plan::SecuredPlan;
using policy::Exchange;
using policy::Token;
using policy::Verdict;

namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.reactive.handlers.api.v4.security"};

void choose(const SecuredPlan& plan, Exchange& exchange) {
  exchange.plan_id = plan.id;
  if (plan.policy->security()->needs_subscription()) return;
  exchange.application_id = "1";
  exchange.subscription_id = exchange.remote_address;
}

// Whatever the policy of the chosen plan decides is final.
Async<Verdict> take(const SecuredPlan& plan, Exchange& exchange, const SecuredPlan*& chosen) {
  chosen = &plan;
  choose(plan, exchange);
  return plan.policy->on_request(exchange);
}

// False when the plan could not be tried.
bool note(const SecuredPlan& plan, const Exchange& exchange, const Result<Token>& token) {
  if (token) return true;
  kLog.line(log::Level::warn, exchange.api.id, "plan {}: {}", plan.id, token.error().message);
  return false;
}

Verdict nobody(const plan::ApiRevision& revision, Exchange& exchange, bool technical_error) {
  for (const SecuredPlan& plan : revision.plans) plan.policy->security()->challenge(exchange);
  return technical_error
             ? Verdict::fail(503, "GATEWAY_PLAN_RESOLUTION_FAILURE", "Temporarily Unavailable")
             : Verdict::fail(401, "GATEWAY_PLAN_UNRESOLVABLE", "Unauthorized");
}

Async<Verdict> try_plans(const plan::ApiRevision& revision, Exchange& exchange,
                         const SecuredPlan*& chosen, std::size_t from, bool technical_error) {
  for (std::size_t i = from; i < revision.plans.size(); ++i) {
    const SecuredPlan& plan = revision.plans[i];
    Result<Token> token = co_await plan.policy->security()->token(exchange);
    if (token && token->state == Token::State::found)
      co_return co_await take(plan, exchange, chosen);
    technical_error = !note(plan, exchange, token) || technical_error;
  }
  co_return nobody(revision, exchange, technical_error);
}

}  // namespace

Async<Verdict> run_security(const plan::ApiRevision& revision, Exchange& exchange,
                            const SecuredPlan*& chosen) {
  // Most APIs have one plan and a token that is found without waiting: no frame for them.
  if (!revision.plans.empty()) {
    const SecuredPlan& first = revision.plans.front();
    Async<Result<Token>> token = first.policy->security()->token(exchange);
    if (token.here()) {
      Result<Token> found = token.take();
      if (found && found->state == Token::State::found) return take(first, exchange, chosen);
      return try_plans(revision, exchange, chosen, 1, !note(first, exchange, found));
    }
  }
  return try_plans(revision, exchange, chosen, 0, false);
}

}  // namespace perigee::proxy
