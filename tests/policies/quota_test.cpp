// quota: headers, attributes, periods.
#include "tests/policies/support/counting.hpp"
#include "tests/policies/support/zone.hpp"

namespace perigee::policies {
namespace {

using testing::Counting;
using testing::InZone;
using testing::kNowMs;
using testing::told;

constexpr std::int64_t kHour = 3'600'000, kDay = 24 * kHour;

TEST(Quota, TellsHeadersAndAttributes) {
  Counting counting;
  counting.make("quota", R"({"quota": {"limit": 1, "periodTime": 10, "periodTimeUnit": "HOURS"}})");
  EXPECT_EQ(told(counting.ask()), "next");
  EXPECT_EQ(counting.header("X-Quota-Limit"), "1");
  EXPECT_EQ(counting.header("X-Quota-Remaining"), "0");
  EXPECT_EQ(counting.header("X-Quota-Reset"), "1767261600000");
  EXPECT_EQ(counting.attribute("gravitee.attribute.quota.count"), "1");
  EXPECT_EQ(counting.attribute("gravitee.attribute.quota.remaining"), "0");
  EXPECT_EQ(counting.attribute("gravitee.attribute.quota.limit"), "1");
  EXPECT_EQ(counting.attribute("gravitee.attribute.quota.reset.time"), "1767261600000");
  EXPECT_EQ(told(counting.ask()),
            "429 QUOTA_TOO_MANY_REQUESTS: Quota exceeded! You reached the limit of 1 requests per "
            "10 hours {limit=1,period_time=10,period_unit=HOURS}");
  EXPECT_EQ(counting.attribute("quota.count"), "2");
  EXPECT_EQ(counting.attribute("quota.remaining"), "0");
}

TEST(Quota, SetsAttributesWithoutHeadersToo) {
  Counting counting;
  EXPECT_EQ(told(counting.ask("quota", R"({"addHeaders": false, "quota": {"limit": 0,
      "dynamicLimit": "{(5)}"}})")),
            "next");
  EXPECT_EQ(counting.x.response.headers.live(), 0u);
  EXPECT_EQ(counting.attribute("quota.limit"), "5") << "the one that counts";
  EXPECT_EQ(counting.attribute("quota.count"), "1");
}

TEST(Quota, SaysThatNothingWasCounted) {
  Counting counting;
  counting.counters.outcome = policy::Counted::failed;
  EXPECT_EQ(told(counting.ask("quota", R"({"quota": {"limit": 10}})")), "next");
  EXPECT_EQ(counting.header("X-Quota-Limit"), "10");
  EXPECT_EQ(counting.header("X-Quota-Remaining"), "10");
  EXPECT_EQ(counting.header("X-Quota-Reset"), "-1");
  EXPECT_EQ(counting.attribute("quota.remaining"), "10");
  EXPECT_EQ(counting.attribute("quota.limit"), "10");
  EXPECT_EQ(counting.attribute("quota.count"), "-");
  EXPECT_EQ(counting.attribute("quota.reset.time"), "-");
}

struct PeriodRow {
  std::string_view block;
  std::int64_t length_ms;
};

TEST(Quota, PeriodsFollowTheCalendar) {
  InZone zone("UTC");
  for (const PeriodRow& row : std::initializer_list<PeriodRow>{
           {"", 31 * kDay},
           {R"("periodTime": null, "periodTimeUnit": null)", 31 * kDay},
           {R"("periodTime": 2)", 59 * kDay},
           {R"("periodTime": 2, "periodTimeUnit": "WEEKS")", 14 * kDay},
           {R"("periodTime": 3, "periodTimeUnit": "DAYS")", 3 * kDay},
           {R"("periodTime": 5, "periodTimeUnit": "HOURS")", 5 * kHour},
           {R"("periodTime": 1, "periodTimeUnit": "YEARS")", 365 * kDay},
           {R"("periodTime": 3, "dynamicPeriodTime": "{(2)}")", 2 * kHour},
           {R"("periodTime": 2147483647, "periodTimeUnit": "YEARS")", 253'402'300'799'000 - kNowMs},
       }) {
    SCOPED_TRACE(row.block);
    Counting counting;
    std::string more = row.block.empty() ? "" : ", " + std::string(row.block);
    counting.count("quota", R"({"quota": {"limit": 1)" + more + "}}");
    EXPECT_EQ(counting.counters.counted.front().reset_ms, kNowMs + row.length_ms);
  }
}

TEST(Quota, ADayIsAsLongAsTheZoneSays) {
  InZone zone("Europe/Paris");
  Counting counting;
  counting.x.clock.set_wall(WallTime(1'774'731'600s));  // 2026-03-28 22:00 in Paris
  counting.make("quota", R"({"quota": {"limit": 9, "periodTime": 1, "periodTimeUnit": "DAYS"}})");
  counting.count();
  counting.count();
  EXPECT_EQ(counting.counters.counted[0].reset_ms, 1'774'731'600'000 + 23 * kHour);
  EXPECT_EQ(counting.counters.counted[1].reset_ms, 1'774'731'600'000 + 23 * kHour);
}

}  // namespace
}  // namespace perigee::policies
