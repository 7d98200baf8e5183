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

Verdict nobody(const plan::ApiRevision& revision, Exchange& exchange, bool technical_error) {
  for (const SecuredPlan& plan : revision.plans) plan.policy->security()->challenge(exchange);
  return technical_error
             ? Verdict::fail(503, "GATEWAY_PLAN_RESOLUTION_FAILURE", "Temporarily Unavailable")
             : Verdict::fail(401, "GATEWAY_PLAN_UNRESOLVABLE", "Unauthorized");
}

}  // namespace

Async<Verdict> run_security(const plan::ApiRevision& revision, Exchange& exchange,
                            const SecuredPlan*& chosen) {
  bool technical_error = false;
  for (const SecuredPlan& plan : revision.plans) {
    Result<Token> token = co_await plan.policy->security()->token(exchange);
    if (!token) {
      kLog.line(log::Level::warn, exchange.api.id, "plan {}: {}", plan.id, token.error().message);
      technical_error = true;
      continue;
    }
    if (token->state != Token::State::found) continue;
    chosen = &plan;
    choose(plan, exchange);
    // Whatever the policy of the chosen plan decides is final.
    co_return co_await plan.policy->on_request(exchange);
  }
  co_return nobody(revision, exchange, technical_error);
}

}  // namespace perigee::proxy
