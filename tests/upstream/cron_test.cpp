// Schedules of six fields: when they are due, and what is none.
#include "upstream/cron.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

namespace perigee::upstream {
namespace {

using ::testing::HasSubstr;

std::string shown(WallTime time) {
  auto day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02d", int(date.year()),
                unsigned(date.month()), unsigned(date.day()), int(clock.hours().count()),
                int(clock.minutes().count()), int(clock.seconds().count()));
  return text;
}

WallTime at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
  return std::chrono::sys_days(std::chrono::year(year) / month / day) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

struct Row {
  const char* schedule;
  WallTime after;
  const char* next;
};

// 2024-02-28 is a Wednesday of a leap year.
const Row kRows[] = {
    {"* * * * * *", at(2024, 2, 28, 23, 59, 58), "2024-02-28 23:59:59"},
    {"* * * * * *", at(2024, 2, 28, 23, 59, 59), "2024-02-29 00:00:00"},
    {"* * * * * *", at(2024, 2, 28) + 999ms, "2024-02-28 00:00:01"},
    {"*/5 * * * * *", at(2024, 2, 28, 0, 0, 5), "2024-02-28 00:00:10"},
    {"*/5 * * * * *", at(2024, 2, 28, 0, 0, 57), "2024-02-28 00:01:00"},
    {"7/20 * * * * *", at(2024, 2, 28, 0, 0, 27), "2024-02-28 00:00:47"},
    {"7/20 * * * * *", at(2024, 2, 28, 0, 0, 47), "2024-02-28 00:01:07"},
    {"10-20/5 * * * * *", at(2024, 2, 28, 0, 0, 15), "2024-02-28 00:00:20"},
    {"10-20/5 * * * * *", at(2024, 2, 28, 0, 0, 20), "2024-02-28 00:01:10"},
    {"0,30,45 * * * * *", at(2024, 2, 28, 0, 0, 30), "2024-02-28 00:00:45"},
    {"5 10 * * * *", at(2024, 2, 28, 7, 10, 5), "2024-02-28 08:10:05"},
    {"5 10 * * * *", at(2024, 2, 28, 7, 10, 4), "2024-02-28 07:10:05"},
    {"5 10 * * * *", at(2024, 2, 28, 7, 9, 59), "2024-02-28 07:10:05"},
    {"0 59 23 * * *", at(2024, 2, 28, 23, 59, 0), "2024-02-29 23:59:00"},
    {"30 */20 6 * * *", at(2024, 2, 28, 6, 40, 31), "2024-02-29 06:00:30"},
    {"30 */20 6 * * *", at(2024, 2, 28, 6, 20, 31), "2024-02-28 06:40:30"},
    {"0 0 0 29 2 ?", at(2024, 2, 29), "2028-02-29 00:00:00"},
    {"0 0 0 29 2 TUE", at(2024, 2, 29), "2028-02-29 00:00:00"},
    {"0 0 0 29 2 MON", at(2088, 2, 29), "2112-02-29 00:00:00"},  // 2100 has none
    {"0 0 0 29 FEB *", at(2096, 2, 29), "2104-02-29 00:00:00"},
    {"0 0 0 31 * *", at(2024, 1, 31), "2024-03-31 00:00:00"},
    {"0 0 0 1 jan ?", at(2024, 1, 1), "2025-01-01 00:00:00"},
    {"0 0 12 ? * MON-FRI", at(2024, 3, 1, 12), "2024-03-04 12:00:00"},
    {"0 0 12 ? * SAT,SUN", at(2024, 3, 1, 12), "2024-03-02 12:00:00"},
    {"0 0 12 ? * FRI-SUN", at(2024, 3, 2, 12), "2024-03-03 12:00:00"},
    {"0 0 12 ? * 0", at(2024, 3, 1), "2024-03-03 12:00:00"},
    {"0 0 12 ? * 7", at(2024, 3, 1), "2024-03-03 12:00:00"},
    {"0 0 0 13 * FRI", at(2024, 1, 1), "2024-09-13 00:00:00"},
    {"\t0  0 0 * *  * ", at(2024, 2, 28), "2024-02-29 00:00:00"},
};

TEST(Cron, IsDue) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.schedule);
    Result<Cron> cron = Cron::parse(row.schedule);
    ASSERT_TRUE(cron) << cron.error().message;
    EXPECT_EQ(shown(cron->next(row.after)), row.next);
  }
}

// Against the rule itself, second by second.
TEST(Cron, IsDueAtTheFirstSecondThatFits) {
  const Cron cron = *Cron::parse("3/7 1-59/9 0,22 * * *");
  WallTime time = at(2024, 2, 28, 21, 50);
  for (WallTime next = cron.next(time); time < at(2024, 2, 29, 1); next = cron.next(time)) {
    for (time += 1s; time < next; time += 1s) {
      auto day = std::chrono::floor<std::chrono::days>(time);
      std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
      bool fits = clock.seconds().count() % 7 == 3 && clock.minutes().count() % 9 == 1 &&
                  (clock.hours().count() == 0 || clock.hours().count() == 22);
      ASSERT_FALSE(fits) << shown(time);
    }
  }
}

struct Wrong {
  const char* schedule;
  const char* says;
};

const Wrong kWrong[] = {
    {"", "has 0"},
    {"* * * * *", "has 5"},
    {"* * * * * * *", "has 7"},
    {"60 * * * * *", "seconds: '60'"},
    {"* 60 * * * *", "minutes"},
    {"* * 24 * * *", "hours"},
    {"* * * 0 * *", "days of the month"},
    {"* * * 32 * *", "days of the month"},
    {"* * * * 0 *", "months"},
    {"* * * * 13 *", "months"},
    {"* * * * * 8", "days of the week"},
    {"? * * * * *", "seconds"},
    {"-1 * * * * *", "seconds"},
    {"1- * * * * *", "seconds"},
    {"5-1 * * * * *", "seconds"},
    {"1-2-3 * * * * *", "seconds"},
    {"*/0 * * * * *", "seconds"},
    {"*/ * * * * *", "seconds"},
    {"*/x * * * * *", "seconds"},
    {"1/2/3 * * * * *", "seconds"},
    {"1, * * * * *", "seconds"},
    {",1 * * * * *", "seconds"},
    {"1,,2 * * * * *", "seconds"},
    {"+1 * * * * *", "seconds"},
    {"0x1 * * * * *", "seconds"},
    {"99999999999 * * * * *", "seconds"},
    {"* * * L * *", "days of the month"},
    {"* * * 1W * *", "days of the month"},
    {"* * * * * MON#1", "days of the week"},
    {"* * * * MON *", "months"},
    {"* * * 30 FEB *", "never"},
    {"* * * 31 4,6,9,11 *", "never"},
};

TEST(Cron, RefusesTheRest) {
  for (const Wrong& row : kWrong) {
    SCOPED_TRACE(row.schedule);
    Result<Cron> cron = Cron::parse(row.schedule);
    ASSERT_FALSE(cron);
    EXPECT_THAT(cron.error().message, HasSubstr(row.says));
  }
  EXPECT_FALSE(Cron::parse(std::string(300, '*')));
  EXPECT_TRUE(Cron::parse("*/4000000000 * * * * *"));
}

}  // namespace
}  // namespace perigee::upstream
