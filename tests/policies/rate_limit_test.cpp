// rate-limit: headers, and what is said to who has no request left.
#include "tests/policies/support/counting.hpp"

namespace perigee::policies {
namespace {

using testing::Counting;
using testing::told;

TEST(RateLimit, RefusesTheRequestAfterTheLimit) {
  Counting counting;
  counting.make("rate-limit",
                R"({"addHeaders": true, "rate": {"limit": 2, "periodTimeUnit": "MINUTES"}})");
  for (std::string_view remaining : {"1", "0"}) {
    EXPECT_EQ(told(counting.ask()), "next");
    EXPECT_EQ(counting.header("X-Rate-Limit-Limit"), "2");
    EXPECT_EQ(counting.header("X-Rate-Limit-Remaining"), remaining);
    EXPECT_EQ(counting.header("X-Rate-Limit-Reset"), "1767225660000");
    counting.advance(10s);
  }
  EXPECT_EQ(told(counting.ask()),
            "429 RATE_LIMIT_TOO_MANY_REQUESTS: Rate limit exceeded! You reached the limit of 2 "
            "requests per 1 minutes {limit=2,period_time=1,period_unit=minutes}");
  EXPECT_EQ(counting.header("X-Rate-Limit-Limit"), "2");
  EXPECT_EQ(counting.header("X-Rate-Limit-Remaining"), "0");
  EXPECT_EQ(counting.header("X-Rate-Limit-Reset"), "1767225660000");
  EXPECT_EQ(counting.header("Retry-After"), "-");
  counting.advance(40s);
  EXPECT_EQ(told(counting.ask()), "next");
  EXPECT_EQ(counting.header("X-Rate-Limit-Reset"), "1767225720000");
}

TEST(RateLimit, TellsADynamicPeriodInItsUnit) {
  Counting counting;
  EXPECT_EQ(told(counting.ask("rate-limit",
                              R"({"rate": {"limit": 0, "periodTime": 7, "periodTimeUnit": "HOURS",
                                  "dynamicPeriodTime": "{(20)}"}})")),
            "429 RATE_LIMIT_TOO_MANY_REQUESTS: Rate limit exceeded! You reached the limit of 0 "
            "requests per 20 seconds {limit=0,period_time=20,period_unit=seconds}");
}

TEST(RateLimit, HasNoHeadersByDefault) {
  Counting counting;
  EXPECT_EQ(told(counting.ask("rate-limit", R"({"rate": {"limit": 2}})")), "next");
  EXPECT_EQ(counting.x.response.headers.live(), 0u);
}

TEST(RateLimit, SaysThatNothingWasCounted) {
  Counting counting;
  counting.counters.outcome = policy::Counted::failed;
  EXPECT_EQ(told(counting.ask("rate-limit", R"({"addHeaders": true, "rate": {"limit": 2}})")),
            "next");
  EXPECT_EQ(counting.header("X-Rate-Limit-Limit"), "2");
  EXPECT_EQ(counting.header("X-Rate-Limit-Remaining"), "2");
  EXPECT_EQ(counting.header("X-Rate-Limit-Reset"), "-1");
}

}  // namespace
}  // namespace perigee::policies
