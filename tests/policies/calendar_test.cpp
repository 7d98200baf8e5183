// Ends of periods in the time zones of the world. Expected are those of another implementation
// (Python's zoneinfo) of the same rules.
#include "policies/calendar.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "policies/period.hpp"
#include "tests/policies/support/zone.hpp"

namespace perigee::policies {
namespace {

using testing::InZone;

struct Row {
  const char* what;
  const char* zone;
  std::int64_t start_ms;
  std::int64_t time;
  const char* unit;
  std::int64_t end_ms;
};

constexpr Row kRows[] = {
    {"a day of 23 hours", "Europe/Paris", 1774731600000, 1, "DAYS", 1774814400000},
    {"into the hour that is skipped", "Europe/Paris", 1774661400000, 1, "DAYS", 1774747800000},
    {"a day of 25 hours", "Europe/Paris", 1792872000000, 1, "DAYS", 1792962000000},
    {"into the hour that comes twice, the first of them", "Europe/Paris", 1792801800000, 1, "DAYS",
     1792888200000},
    {"a week over the change", "Europe/Paris", 1774436400000, 1, "WEEKS", 1775037600000},
    {"a month over the change", "Europe/Paris", 1773572400000, 1, "MONTHS", 1776247200000},
    {"over both changes", "Europe/Paris", 1773572400000, 12, "MONTHS", 1805108400000},
    {"a year", "Europe/Paris", 1774695600000, 1, "YEARS", 1806228000000},
    {"west of Greenwich, forward", "America/New_York", 1772902800000, 1, "DAYS", 1772985600000},
    {"west of Greenwich, back", "America/New_York", 1793462400000, 1, "DAYS", 1793552400000},
    {"the south goes back in April", "Australia/Sydney", 1775264400000, 1, "DAYS", 1775354400000},
    {"a change of half an hour", "Australia/Lord_Howe", 1775264400000, 1, "DAYS", 1775352600000},
    {"half hours", "Asia/Kolkata", 1769841000000, 1, "MONTHS", 1772260200000},
    {"quarters", "Asia/Kathmandu", 1767204900000, 1, "DAYS", 1767291300000},
    {"midnight is skipped", "America/Sao_Paulo", 1541215800000, 1, "DAYS", 1541302200000},
    {"a whole day is skipped", "Pacific/Apia", 1325196000000, 1, "DAYS", 1325282400000},
    {"UTC", "UTC", 1774735200000, 1, "DAYS", 1774821600000},
    {"the end of January", "UTC", 1769853600000, 1, "MONTHS", 1772272800000},
    {"the end of January in a leap year", "UTC", 1832925600000, 1, "MONTHS", 1835431200000},
    {"two months from the end of December", "UTC", 1767175200000, 2, "MONTHS", 1772272800000},
    {"over the end of a year", "UTC", 1797328800000, 1, "MONTHS", 1800007200000},
    {"a leap day, a year later", "UTC", 1835431200000, 1, "YEARS", 1866967200000},
    {"August", "UTC", 1501581600000, 1, "MONTHS", 1504260000000},
    {"August and September", "UTC", 1501581600000, 2, "MONTHS", 1506852000000},
};

Period period(std::int64_t time, std::string_view unit) {
  auto found = std::ranges::find(kCalendarUnits.known, unit, &PeriodUnit::name);
  EXPECT_NE(found, kCalendarUnits.known.end()) << unit;
  return {.time = time, .unit = &*found};
}

TEST(Calendar, PeriodsEndByTheZone) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.what);
    InZone zone(row.zone);
    EXPECT_EQ(end_of_period(row.start_ms, period(row.time, row.unit)), row.end_ms);
    EXPECT_EQ(end_of_period(row.start_ms + 123, period(row.time, row.unit)), row.end_ms + 123);
    PeriodMemo memo;
    EXPECT_EQ(memo.end_of_period(row.start_ms, period(row.time, row.unit)), row.end_ms);
  }
}

TEST(Calendar, NothingIsBeyondTheLastInstant) {
  InZone zone("UTC");
  constexpr std::int64_t kLargest = 9'223'372'036'854'775'807;
  for (const char* unit : {"HOURS", "HALF_DAYS", "DAYS", "WEEKS", "MONTHS", "YEARS"})
    EXPECT_EQ(end_of_period(1'767'225'600'000, period(kLargest, unit)), kLastInstantMs) << unit;
}

// A year through each zone, in steps that meet every hour of the day: what is remembered never
// differs from what is computed.
TEST(Calendar, TheMemoIsNeverWrong) {
  for (const char* name : {"Europe/Paris", "America/New_York", "Australia/Lord_Howe",
                           "Asia/Kathmandu", "UTC", "<+0307>-3:07:13", "<X>-0:44:30"}) {
    SCOPED_TRACE(name);
    InZone zone(name);
    PeriodMemo memo;
    for (std::int64_t at = 1'767'225'600'000; at < 1'798'761'600'000; at += 1'807'013) {
      ASSERT_EQ(memo.end_of_period(at, period(1, "MONTHS")), end_of_period(at, period(1, "MONTHS")))
          << at;
      ASSERT_EQ(memo.end_of_period(at + 3, period(1, "MONTHS")),
                end_of_period(at + 3, period(1, "MONTHS")))
          << at;
    }
    EXPECT_EQ(memo.end_of_period(0, period(2, "DAYS")), end_of_period(0, period(2, "DAYS")));
    EXPECT_EQ(memo.end_of_period(0, period(2, "WEEKS")), end_of_period(0, period(2, "WEEKS")));
  }
}

}  // namespace
}  // namespace perigee::policies
