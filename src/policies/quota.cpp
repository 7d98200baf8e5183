// quota: so many requests in hours, days, weeks or months.
// Spec: policies/quota.md. Docs: docs/policies/quota.md
#include "policies/calendar.hpp"
#include "policies/catalog.hpp"
#include "policies/window_policy.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;

const http::HeaderName kLimit("X-Quota-Limit");
const http::HeaderName kRemaining("X-Quota-Remaining");
const http::HeaderName kReset("X-Quota-Reset");

const WindowForm kForm{.id = "quota",
                       .block = "quota",
                       .type = "q",
                       .add_headers = true,
                       .units = kCalendarUnits,
                       .names = {.prefix = "QUOTA",
                                 .subject = "Quota",
                                 .no_service = "No rate-limit service has been installed.",
                                 .warning = "QUOTA_NOT_APPLIED"}};

struct LastPeriod final : policy::WorkerState {
  explicit LastPeriod(policy::Worker&) {}
  PeriodMemo memo;
};

class Quota final : public WindowPolicy {
 public:
  Quota(WindowConfig config, const policy::Services& services)
      : WindowPolicy(std::move(config), kForm, services), last_(services.slots.add<LastPeriod>()) {}

 private:
  Result<Asked> window_of(Exchange& exchange, Period period, std::int64_t limit) const override {
    std::int64_t now_ms = epoch_ms(exchange.arrived_wall);
    std::int64_t end_ms = exchange.state(last_).memo.end_of_period(now_ms, period);
    return Asked{
        .limit = limit, .window_ms = end_ms - now_ms, .period = period, .whole_limit = limit};
  }
  void show(Exchange& exchange, const Asked& asked, const Told& told) const override;
  policy::Failure refusal(const Asked& asked) const override;

  policy::WorkerSlot<LastPeriod> last_;
};

void Quota::show(Exchange& exchange, const Asked& asked, const Told& told) const {
  if (adds_headers()) {
    set_number(exchange, kLimit, asked.limit);
    set_number(exchange, kRemaining, told.remaining);
    set_number(exchange, kReset, told.reset_ms);
  }
  auto set = [&](std::string_view name, std::int64_t number) {
    exchange.attributes.set(name, el::Value::long_integer(number));
  };
  set("gravitee.attribute.quota.remaining", told.remaining);
  // compat: with a dynamic limit the reference gives 0 here; nobody can want that.
  set("gravitee.attribute.quota.limit", asked.limit);
  if (!told.count) return;
  set("gravitee.attribute.quota.count", *told.count);
  set("gravitee.attribute.quota.reset.time", told.reset_ms);
}

policy::Failure Quota::refusal(const Asked& asked) const {
  std::string limit = std::to_string(asked.limit), time = std::to_string(asked.period.time);
  const PeriodUnit& unit = *asked.period.unit;
  return {.status = 429,
          .key = "QUOTA_TOO_MANY_REQUESTS",
          .message = "Quota exceeded! You reached the limit of " + limit + " requests per " + time +
                     " " + std::string(unit.word),
          .parameters = {
              {"limit", limit}, {"period_time", time}, {"period_unit", std::string(unit.name)}}};
}

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services& services) {
  return std::make_unique<const Quota>(parse_window_config(from, kForm, services), services);
}

}  // namespace

policy::Registration quota() {
  return {.id = "quota", .make = &make, .only = policy::Phase::request};
}

}  // namespace perigee::policies
