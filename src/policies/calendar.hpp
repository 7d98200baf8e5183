// Ends of periods by the calendar of the gateway's time zone (TZ): days of 23 or 25 hours, months
// as long as they are. For quota.
#pragma once

#include "policies/period.hpp"

namespace perigee::policies {

// Hours and shorter are exact, days and longer follow the calendar.
extern const PeriodUnits kCalendarUnits;

// At the same time of the day so many units later; the last day of a month that has no such day.
// A time that the clock skips is moved behind the gap. At most kLastInstantMs.
std::int64_t end_of_period(std::int64_t start_ms, const Period& period);

// The same for one request after another, without asking for the zone each time: where offsets
// from UTC are whole quarters of an hour, all periods that begin in one quarter are equally long.
class PeriodMemo {
 public:
  std::int64_t end_of_period(std::int64_t start_ms, const Period& period);

 private:
  std::int64_t quarter_ = -1;  // the last one, when its periods are equally long
  Period period_;
  std::int64_t length_ms_ = 0;
};

}  // namespace perigee::policies
