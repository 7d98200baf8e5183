// rate-limit: so many requests in a window of seconds or minutes.
// Spec: policies/rate-limit.md. Docs: docs/policies/rate-limit.md
#include "policies/catalog.hpp"
#include "policies/window_policy.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;

const http::HeaderName kLimit("X-Rate-Limit-Limit");
const http::HeaderName kRemaining("X-Rate-Limit-Remaining");
const http::HeaderName kReset("X-Rate-Limit-Reset");

const WindowForm kForm{.id = "rate-limit",
                       .block = "rate",
                       .type = "rl",
                       .add_headers = false,
                       .units = kExactUnits,
                       .names = {.prefix = "RATE_LIMIT",
                                 .subject = "Rate limit",
                                 .no_service = "No rate-limit service has been installed",
                                 .warning = "RATE_LIMIT_NOT_APPLIED"}};

class RateLimit final : public WindowPolicy {
 public:
  using WindowPolicy::WindowPolicy;

 private:
  Result<Asked> window_of(Exchange&, Period period, std::int64_t limit) const override {
    return Asked{.limit = limit, .window_ms = period.ms(), .period = period, .whole_limit = limit};
  }
  void show(Exchange& exchange, const Asked& asked, const Told& told) const override {
    if (!adds_headers()) return;
    set_number(exchange, kLimit, asked.limit);
    set_number(exchange, kRemaining, told.remaining);
    set_number(exchange, kReset, told.reset_ms);
  }
  policy::Failure refusal(const Asked& asked) const override {
    std::string limit = std::to_string(asked.limit), time = std::to_string(asked.period.time);
    std::string unit(asked.period.unit->word);
    return {.status = 429,
            .key = "RATE_LIMIT_TOO_MANY_REQUESTS",
            .message = "Rate limit exceeded! You reached the limit of " + limit + " requests per " +
                       time + " " + unit,
            .parameters = {{"limit", limit}, {"period_time", time}, {"period_unit", unit}}};
  }
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services& services) {
  return std::make_unique<const RateLimit>(parse_window_config(from, kForm, services), kForm,
                                           services);
}

}  // namespace

policy::Registration rate_limit() {
  return {.id = "rate-limit", .make = &make, .only = policy::Phase::request};
}

}  // namespace perigee::policies
