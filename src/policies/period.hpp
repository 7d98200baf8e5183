// Periods of configurations: a number and a unit, or a number that an expression gives.
// Shared by the policies that count. Spec: policies/ratelimit-common.md, "Window arithmetic".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "policy/config_object.hpp"
#include "policy/exchange.hpp"

namespace perigee::policies {

// An instant, or a sum of times, that nobody needs to look beyond: the end of the year 9999.
inline constexpr std::int64_t kLastInstantMs = 253'402'300'799'000;

enum class CalendarUnit : std::uint8_t { none, days, weeks, months, years };

struct PeriodUnit {
  std::string_view name;  // "SECONDS"
  std::string_view word;  // "seconds"
  std::int64_t ms;        // 0: as long as the calendar says
  CalendarUnit calendar = CalendarUnit::none;
};

struct PeriodUnits {
  std::span<const PeriodUnit> known;
  const PeriodUnit* fallback;
  const PeriodUnit* of_dynamic;  // of what an expression gives
};
// Those of exact length, as rate-limit and spike-arrest have them.
extern const PeriodUnits kExactUnits;

struct Period {
  std::int64_t time = 1;
  const PeriodUnit* unit = nullptr;
  std::int64_t ms() const;  // of exact units
  friend bool operator==(const Period&, const Period&) = default;
};

// A time of 0 or less counts as 1.
Period parse_period(policy::ConfigObject& from, std::string_view time_member,
                    std::string_view unit_member, const PeriodUnits& units);

// `periodTime`, `periodTimeUnit` and `dynamicPeriodTime`, which wins and brings its own unit.
class PeriodRule {
 public:
  static PeriodRule parse(policy::ConfigObject& from, const PeriodUnits& units);
  Result<Period> of(const policy::Exchange& exchange) const;
  el::Needs needs() const { return dynamic_ ? dynamic_->needs() : el::Needs{}; }

 private:
  Period fixed_;
  std::optional<el::Template> dynamic_;
  const PeriodUnit* dynamic_unit_ = nullptr;
};

}  // namespace perigee::policies
