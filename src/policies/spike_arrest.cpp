// spike-arrest: a limit over a period, enforced in slices of it, so that it cannot be used up at
// once. Spec: policies/spike-arrest.md. Docs: docs/policies/spike-arrest.md
#include "policies/catalog.hpp"
#include "policies/spike_slice.hpp"
#include "policies/window_policy.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;

const http::HeaderName kLimit("X-Spike-Arrest-Limit");
const http::HeaderName kSlicePeriod("X-Spike-Arrest-Slice-Period");
const http::HeaderName kReset("X-Spike-Arrest-Reset");

const WindowForm kForm{.id = "spike-arrest",
                       .block = "spike",
                       .type = "sa",
                       .add_headers = false,
                       .units = kExactUnits,
                       .names = {.prefix = "SPIKE_ARREST",
                                 .subject = "Spike arrest",
                                 .no_service = "No rate-limit service has been installed.",
                                 .warning = "SPIKE_ARREST_NOT_APPLIED"}};

class SpikeArrest final : public WindowPolicy {
 public:
  using WindowPolicy::WindowPolicy;

 private:
  Result<Asked> window_of(Exchange&, Period period, std::int64_t limit) const override {
    if (limit <= 0) return fail(ErrorCode::evaluation, "the limit is not above 0");
    SpikeSlice slice = SpikeSlice::of(limit, period.ms());
    return Asked{
        .limit = slice.limit, .window_ms = slice.period_ms, .period = period, .whole_limit = limit};
  }
  void show(Exchange& exchange, const Asked& asked, const Told& told) const override {
    if (!adds_headers()) return;
    Arena& arena = exchange.arena;
    set_number(exchange, kLimit, asked.limit);
    exchange.response.headers.set_made(kSlicePeriod,
                                       arena.join(decimal(arena, asked.window_ms), "ms"));
    set_number(exchange, kReset, told.reset_ms);
  }
  policy::Failure refusal(const Asked& asked) const override {
    std::string limit = std::to_string(asked.limit), slice = std::to_string(asked.window_ms);
    return {.status = 429,
            .key = "SPIKE_ARREST_TOO_MANY_REQUESTS",
            .message = "Spike limit exceeded! You reached the limit of " + limit +
                       " requests per " + slice + " ms.",
            .parameters = {{"slice_limit", limit},
                           {"slice_period_time", slice},
                           {"slice_period_unit", "MILLISECONDS"},
                           {"limit", std::to_string(asked.whole_limit)},
                           {"period_time", std::to_string(asked.period.time)},
                           {"period_unit", std::string(asked.period.unit->name)}}};
  }
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services& services) {
  return std::make_unique<const SpikeArrest>(parse_window_config(from, kForm, services), kForm,
                                             services);
}

}  // namespace

policy::Registration spike_arrest() {
  return {.id = "spike-arrest", .make = &make, .only = policy::Phase::request};
}

}  // namespace perigee::policies
