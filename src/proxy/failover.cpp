#include "proxy/failover.hpp"

#include <utility>

#include "proxy/chain.hpp"

namespace perigee::proxy {

using policy::Exchange;
using policy::Verdict;

namespace {

// Every failure out of failover: no key, no message. `reason`: what no line of an endpoint tells.
Verdict exhausted(ErrorCode cause, std::string reason = {}) {
  policy::Failure failure;
  failure.status = 502;
  failure.has_message = false;
  failure.cause = cause;
  failure.reason = std::move(reason);
  return Verdict::fail(std::move(failure));
}

// What the client asked cannot be done by any endpoint, and says nothing about them.
bool is_of_client(const Verdict& verdict) {
  return verdict.failed() && verdict.failure().status < 500;
}

}  // namespace

Async<Verdict> FailoverInvoker::invoke(Exchange& exchange) {
  if (rules_.failures_max == 0) co_return co_await attempts(exchange);
  Instant began = reactor_.now();
  std::string_view subscription = rules_.per_subscription ? exchange.subscription_id : "";
  if (!breakers_.get(subscription).admits(rules_, began))
    co_return exhausted(ErrorCode::refused, "the breaker of the failover is open");
  Verdict verdict = co_await attempts(exchange);
  Instant ended = reactor_.now();
  Breaker& breaker = breakers_.get(subscription);
  if ((co_await this_scope())->cancelled() || is_of_client(verdict)) {
    breaker.on_abandoned();
  } else {
    breaker.on_end(rules_, ended, !verdict.continues(), ended - began > rules_.attempt_limit);
  }
  co_return verdict;
}

// The body is kept, so that it can be sent again.
Async<Verdict> FailoverInvoker::attempts(Exchange& exchange) {
  Result<std::string_view> body = co_await exchange.request_body.buffer();
  if (!body) co_return body_failure(body.error());
  Scope* scope = co_await this_scope();
  for (std::int32_t retries = 0;; ++retries) {
    Verdict verdict = co_await attempt(exchange);
    bool failed = verdict.failed() || (verdict.continues() && counts_as_failure(exchange));
    if (!failed || is_of_client(verdict)) co_return verdict;
    ErrorCode cause = verdict.failed() ? verdict.failure().cause : ErrorCode::other;
    bool again = !scope->cancelled() && retries < rules_.retries_max && exchange.may_try_again();
    // An attempt may fail without having to wait for anything.
    if (!again || !co_await net::next_turn(reactor_)) {
      backend_.give_up();
      if (verdict.failed()) co_return exhausted(cause);
      co_return exhausted(cause, "the failureCondition of the failover holds for every answer");
    }
    if (rules_.next_on_failure) backend_.move_on();
  }
}

Async<Verdict> FailoverInvoker::attempt(Exchange& exchange) {
  net::Deadline limit(reactor_, co_await this_scope(), rules_.attempt_limit,
                      ErrorCode::read_timed_out, "the attempt took longer than the failover allows",
                      Fault::upstream);
  Verdict verdict = co_await backend_.invoke(exchange);
  const bool reads_answer =
      rules_.failure_condition && rules_.failure_condition->needs().has(el::Needs::response_body);
  if (!verdict.continues() || !reads_answer) co_return verdict;
  Result<void> gathered = co_await policy::gather_answer(exchange);
  if (!gathered) co_return body_failure(gathered.error());
  co_return verdict;
}

// A condition that fails is no failure (expression-language.md 1.3).
bool FailoverInvoker::counts_as_failure(Exchange& exchange) const {
  if (!rules_.failure_condition) return false;
  return rules_.failure_condition->condition(exchange, exchange.arena).value_or(false);
}

}  // namespace perigee::proxy
