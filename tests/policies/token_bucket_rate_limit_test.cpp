// token-bucket-rate-limit: what is asked for, headers, what is said.
#include "tests/policies/support/counting.hpp"

namespace perigee::policies {
namespace {

using testing::Counting;
using testing::kNowMs;
using testing::told;

struct Row {
  std::string_view configuration;
  std::int64_t rate, period_ms, capacity;
};

TEST(TokenBucketRateLimit, AsksForATokenByItsRules) {
  for (
      const Row& row : std::initializer_list<Row>{
          {R"({"refillRate": 3, "burstCapacity": 300})", 3, 1'000, 300},
          {R"({"refillRate": 3, "burstCapacity": 300, "refillPeriodTime": 2,
                "refillPeriodTimeUnit": "MINUTES"})",
           3, 120'000, 300},
          {R"({"refillRate": 3, "burstCapacity": 300, "refillPeriodTime": 0,
                "refillPeriodTimeUnit": null})",
           3, 1'000, 300},
          {R"({"dynamicRefillRate": "{(4)}", "dynamicBurstCapacity": "{(40)}"})", 4, 1'000, 40},
          {R"({"refillRate": 1, "dynamicRefillRate": "{(4)}", "burstCapacity": 2,
                "dynamicBurstCapacity": "{(40)}", "refillPeriodTimeUnit": "DAYS"})",
           1, 86'400'000, 2},
          {R"({"dynamicRefillRate": "{(9000000000L)}", "dynamicBurstCapacity": "{(9000000000L)}"})",
           2'147'483'647, 1'000, 2'147'483'647},
      }) {
    SCOPED_TRACE(row.configuration);
    Counting counting;
    counting.counters.tokens.allowed = true;
    EXPECT_EQ(told(counting.ask("token-bucket-rate-limit", row.configuration)), "next");
    ASSERT_EQ(counting.counters.taken.size(), 1u);
    EXPECT_EQ(counting.counters.taken[0].rate, row.rate);
    EXPECT_EQ(counting.counters.taken[0].period_ms, row.period_ms);
    EXPECT_EQ(counting.counters.taken[0].capacity, row.capacity);
    EXPECT_EQ(counting.x.response.headers.live(), 0u);
  }
}

TEST(TokenBucketRateLimit, WithoutARateOrACapacityItIsAServerError) {
  for (std::string_view configuration :
       {"{}", R"({"refillRate": 1})", R"({"burstCapacity": 1})",
        R"({"refillRate": 0, "burstCapacity": 0})", R"({"refillRate": -1, "burstCapacity": 1})",
        R"({"refillRate": 1, "dynamicBurstCapacity": "{(0)}"})"}) {
    Counting counting;
    EXPECT_EQ(told(counting.ask("token-bucket-rate-limit", configuration)),
              "500 TOKEN_BUCKET_RATE_LIMIT_SERVER_ERROR: Unknown error {}")
        << configuration;
    EXPECT_TRUE(counting.counters.taken.empty());
  }
}

TEST(TokenBucketRateLimit, TellsWhatIsLeftAndWhenToComeBack) {
  Counting counting;
  counting.make("token-bucket-rate-limit",
                R"({"addHeaders": true, "refillRate": 1, "burstCapacity": 5})");
  counting.counters.tokens = {.allowed = true, .left = 4, .next_ms = kNowMs};
  EXPECT_EQ(told(counting.ask()), "next");
  EXPECT_EQ(counting.header("X-Rate-Limit-Limit"), "5");
  EXPECT_EQ(counting.header("X-Rate-Limit-Remaining"), "4");
  EXPECT_EQ(counting.header("X-Rate-Limit-Reset"), std::to_string(kNowMs));
  EXPECT_EQ(counting.header("Retry-After"), "-");
  counting.counters.tokens = {.allowed = false, .left = 0, .next_ms = kNowMs + 1001};
  EXPECT_EQ(told(counting.ask()),
            "429 TOKEN_BUCKET_RATE_LIMIT_TOO_MANY_REQUESTS: Rate limit exceeded! No tokens "
            "available in the bucket. {burst_capacity=5}");
  EXPECT_EQ(counting.header("X-Rate-Limit-Remaining"), "0");
  EXPECT_EQ(counting.header("X-Rate-Limit-Reset"), std::to_string(kNowMs + 1001));
  EXPECT_EQ(counting.header("Retry-After"), "2");
}

TEST(TokenBucketRateLimit, SaysThatNothingWasCounted) {
  Counting counting;
  counting.counters.outcome = policy::Counted::failed;
  EXPECT_EQ(told(counting.ask("token-bucket-rate-limit",
                              R"({"addHeaders": true, "refillRate": 1, "burstCapacity": 5})")),
            "next");
  EXPECT_EQ(counting.header("X-Rate-Limit-Limit"), "5");
  EXPECT_EQ(counting.header("X-Rate-Limit-Remaining"), "5");
  EXPECT_EQ(counting.header("X-Rate-Limit-Reset"), "-1");
  EXPECT_EQ(counting.header("Retry-After"), "-");
}

}  // namespace
}  // namespace perigee::policies
