#include "policies/calendar.hpp"

#include <algorithm>

#include "el/temporal.hpp"

namespace perigee::policies {
namespace {

constexpr std::int64_t kQuarterSeconds = 900;
constexpr std::int64_t kTimeMax = 10'000 * 366;  // days: no year that can be told is beyond

constexpr PeriodUnit kUnits[] = {
    {"SECONDS", "seconds", 1'000},
    {"MINUTES", "minutes", 60'000},
    {"HOURS", "hours", 3'600'000},
    {"HALF_DAYS", "half_days", 12 * 3'600'000},
    {"DAYS", "days", 0, CalendarUnit::days},
    {"WEEKS", "weeks", 0, CalendarUnit::weeks},
    {"MONTHS", "months", 0, CalendarUnit::months},
    {"YEARS", "years", 0, CalendarUnit::years},
};
constexpr const PeriodUnit* kHours = &kUnits[2];
constexpr const PeriodUnit* kMonths = &kUnits[6];

el::Field field_of(CalendarUnit unit) {
  switch (unit) {
    case CalendarUnit::days:
      return el::Field::day;
    case CalendarUnit::weeks:
      return el::Field::week;
    case CalendarUnit::months:
      return el::Field::month;
    case CalendarUnit::years:
      return el::Field::year;
    case CalendarUnit::none:
      break;
  }
  return el::Field::none;
}

bool has_quarters(std::int64_t at_ms) {
  return el::offset_of(el::Zone{}, at_ms / 1000) % kQuarterSeconds == 0;
}

}  // namespace

constexpr PeriodUnits kCalendarUnits{kUnits, kMonths, kHours};

std::int64_t end_of_period(std::int64_t start_ms, const Period& period) {
  if (period.unit->ms > 0) return std::min(start_ms + period.ms(), kLastInstantMs);
  el::Temporal start = el::at_milliseconds(el::TemporalType::zoned_date_time, start_ms, el::Zone{});
  std::optional<el::Temporal> end =
      el::plus(start, std::min(period.time, kTimeMax), field_of(period.unit->calendar));
  return end ? std::min(el::epoch_milliseconds(*end), kLastInstantMs) : kLastInstantMs;
}

std::int64_t PeriodMemo::end_of_period(std::int64_t start_ms, const Period& period) {
  if (period.unit->ms > 0) return policies::end_of_period(start_ms, period);
  std::int64_t quarter = start_ms / (kQuarterSeconds * 1000);
  if (quarter == quarter_ && period == period_) return start_ms + length_ms_;
  std::int64_t end_ms = policies::end_of_period(start_ms, period);
  length_ms_ = end_ms - start_ms;
  period_ = period;
  bool repeats = has_quarters(start_ms) && has_quarters(end_ms) && end_ms < kLastInstantMs;
  quarter_ = repeats ? quarter : -1;
  return end_ms;
}

}  // namespace perigee::policies
