// The arithmetic of token buckets, case by case.
#include "counters/bucket.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace perigee::counters {
namespace {

struct Row {
  const char* what;
  BucketState before;
  BucketRules rules;
  std::int64_t now_ms;
  BucketState after;
  std::int64_t next_ms;
};

constexpr std::int64_t kMax32 = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kLate = 4'102'444'800'000;

constexpr Row kRows[] = {
    {"part of a period", {0, 0}, {1, 1000, 10}, 999, {0, 0}, 1999},
    {"one period", {0, 0}, {1, 1000, 10}, 1000, {1, 1000}, 1000},
    {"what is left of a period is lost", {0, 0}, {1, 1000, 10}, 1999, {1, 1999}, 1999},
    {"several tokens in a period", {0, 0}, {3, 1000, 10}, 334, {1, 334}, 334},
    {"a third of a period is not enough", {0, 0}, {3, 1000, 10}, 333, {0, 0}, 667},
    {"never more than the capacity", {8, 0}, {10, 1000, 10}, 1000, {10, 1000}, 1000},
    {"a smaller capacity counts when tokens come back", {8, 0}, {1, 1000, 5}, 999, {8, 0}, 999},
    {"and then cuts", {8, 0}, {1, 1000, 5}, 1000, {5, 1000}, 1000},
    {"a clock that goes back", {1, 5000}, {3, 1000, 10}, 1000, {1, 5000}, 1000},
    {"and finds nothing", {0, 5000}, {3, 1000, 10}, 1000, {0, 5000}, 1334},
    {"a long time", {0, 0}, {1000, 1000, 100}, kLate, {100, kLate}, kLate},
    {"the largest numbers", {0, 0}, {kMax32, kMax32, kMax32}, kLate, {kMax32, kLate}, kLate},
    {"the slowest bucket",
     {0, 0},
     {1, kMax32 * 86'400'000, kMax32},
     kLate,
     {0, 0},
     kLate + kMax32 * 86'400'000},
};

TEST(Bucket, FillsAsTimePasses) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.what);
    BucketState after = refilled(row.before, row.rules, row.now_ms);
    EXPECT_EQ(after.tokens, row.after.tokens);
    EXPECT_EQ(after.refilled_ms, row.after.refilled_ms);
    EXPECT_EQ(next_token_ms(after.tokens, row.rules, row.now_ms), row.next_ms);
  }
}

TEST(Bucket, IsForgottenWhenItIsFullAnyway) {
  EXPECT_EQ(forgotten_after_ms({.rate = 1, .period_ms = 1000, .capacity = 60}), 60'000);
  EXPECT_EQ(forgotten_after_ms({.rate = 1000, .period_ms = 1000, .capacity = 60}), 10'000);
  EXPECT_GT(forgotten_after_ms({.rate = 1, .period_ms = kMax32 * 86'400'000, .capacity = kMax32}),
            86'400'000'000);
}

}  // namespace
}  // namespace perigee::counters
