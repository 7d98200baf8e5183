// token-bucket-rate-limit: each request takes a token; tokens come back at a steady rate.
// Spec: policies/token-bucket-rate-limit.md. Docs: docs/policies/token-bucket-rate-limit.md
#include "policies/catalog.hpp"
#include "policies/counting.hpp"
#include "policies/period.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Verdict;

const http::HeaderName kLimit("X-Rate-Limit-Limit");
const http::HeaderName kRemaining("X-Rate-Limit-Remaining");
const http::HeaderName kReset("X-Rate-Limit-Reset");

constexpr FailureNames kNames{.prefix = "TOKEN_BUCKET_RATE_LIMIT",
                              .subject = "Token-bucket rate limit",
                              .no_service = "No rate-limit service has been installed",
                              .warning = "TOKEN_BUCKET_RATE_LIMIT_NOT_APPLIED"};

struct Config {
  ErrorStrategy error_strategy = ErrorStrategy::pass;
  bool strict = true;
  bool add_headers = false;
  CounterKey key;
  Amount rate, capacity;
  std::int64_t period_ms = 1000;
};

Config parse(ConfigObject& from, const policy::Services& services) {
  Config config;
  config.error_strategy = error_strategy(from);
  config.strict = !from.boolean("async", false);
  config.add_headers = from.boolean("addHeaders", false);
  config.key = CounterKey::parse(from, "tb", services);
  config.rate = Amount::parse(from, "refillRate", "dynamicRefillRate");
  config.capacity = Amount::parse(from, "burstCapacity", "dynamicBurstCapacity");
  config.period_ms =
      parse_period(from, "refillPeriodTime", "refillPeriodTimeUnit", kExactUnits).ms();
  from.finish();
  return config;
}

class TokenBucketRateLimit final : public policy::Policy {
 public:
  TokenBucketRateLimit(Config config, policy::Counters* counters)
      : config_(std::move(config)), counters_(counters) {}

  Async<Verdict> on_request(Exchange& exchange) const override {
    if (!counters_) return server_error(kNames, std::string(kNames.no_service));
    Result<policy::TokenRequest> asked = ask(exchange);
    if (!asked) return unknown_error(kNames, asked.error());
    Async<Result<policy::Tokens>> taking = counters_->take(exchange.worker, *asked);
    if (taking.here()) return decide(exchange, *asked, taking.take());
    return decide_later(exchange, *asked, std::move(taking));
  }
  el::Needs needs(policy::Phase phase) const override {
    el::Needs needs;
    if (phase == policy::Phase::request)
      needs.bits =
          config_.key.needs().bits | config_.rate.needs().bits | config_.capacity.needs().bits;
    return needs;
  }

 private:
  Result<policy::TokenRequest> ask(Exchange& exchange) const {
    constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
    policy::TokenRequest asked{.period_ms = config_.period_ms,
                               .subscription = exchange.subscription_id,
                               .strict = config_.strict};
    TRY(asked.key, config_.key.of(exchange));
    TRY(asked.rate, config_.rate.of(exchange));
    TRY(asked.capacity, config_.capacity.of(exchange));
    if (asked.rate < 1 || asked.capacity < 1)
      return fail(ErrorCode::evaluation, "the refill rate and the capacity must be above 0");
    asked.rate = std::min(asked.rate, kMax);
    asked.capacity = std::min(asked.capacity, kMax);
    return asked;
  }

  Async<Verdict> decide_later(Exchange& exchange, policy::TokenRequest asked,
                              Async<Result<policy::Tokens>> taking) const {
    co_return decide(exchange, asked, co_await taking);
  }

  Verdict decide(Exchange& exchange, const policy::TokenRequest& asked,
                 const Result<policy::Tokens>& taken) const {
    if (!taken) return ended(taken.error());
    switch (taken->outcome) {
      case policy::Counted::uncounted:
        return Verdict::next();
      case policy::Counted::failed:
        return on_store_failure(exchange, asked);
      case policy::Counted::counted:
        break;
    }
    show(exchange, asked, taken->left, taken->next_ms);
    tell_more(exchange, asked, *taken);
    if (taken->allowed) return Verdict::next();
    return Verdict::fail({.status = 429,
                          .key = "TOKEN_BUCKET_RATE_LIMIT_TOO_MANY_REQUESTS",
                          .message = "Rate limit exceeded! No tokens available in the bucket.",
                          .parameters = {{"burst_capacity", std::to_string(asked.capacity)}}});
  }

  Verdict on_store_failure(Exchange& exchange, const policy::TokenRequest& asked) const {
    if (config_.error_strategy == ErrorStrategy::block) return blocked(kNames);
    show(exchange, asked, asked.capacity, -1);
    warn_not_applied(kNames, exchange);
    return Verdict::next();
  }

  void show(Exchange& exchange, const policy::TokenRequest& asked, std::int64_t left,
            std::int64_t next_ms) const {
    if (!config_.add_headers) return;
    set_number(exchange, kLimit, asked.capacity);
    set_number(exchange, kRemaining, left);
    set_number(exchange, kReset, next_ms);
  }

  void tell_more(Exchange& exchange, const policy::TokenRequest& asked,
                 const policy::Tokens& taken) const {
    const policy::CounterOptions& options = counters_->options();
    std::int64_t seconds = seconds_until(taken.next_ms, epoch_ms(exchange.worker.reactor.wall()));
    if (!taken.allowed && (config_.add_headers || options.retry_after))
      set_retry_after(exchange, seconds);
    if (options.ietf_fields) {
      add_ietf_fields(exchange, {.policy = "token-bucket-rate-limit",
                                 .quota = asked.capacity,
                                 .remaining = taken.left,
                                 .reset_seconds = seconds});
    }
  }

  Config config_;
  policy::Counters* counters_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services& services) {
  return std::make_unique<const TokenBucketRateLimit>(parse(from, services), services.counters);
}

}  // namespace

policy::Registration token_bucket_rate_limit() {
  return {.id = "token-bucket-rate-limit", .make = &make, .only = policy::Phase::request};
}

}  // namespace perigee::policies
