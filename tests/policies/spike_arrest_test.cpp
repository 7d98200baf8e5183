// spike-arrest: slices, headers, what is said.
#include "policies/spike_slice.hpp"
#include "tests/policies/support/counting.hpp"

namespace perigee::policies {
namespace {

using testing::Counting;
using testing::told;

struct SliceRow {
  std::int64_t limit, period_ms, slice_ms, requests;
};

// The first nine are the reference's own examples.
constexpr SliceRow kSlices[] = {
    {30, 60'000, 2000, 1},
    {30, 1000, 100, 3},
    {1000, 1000, 100, 100},
    {10, 1000, 100, 1},
    {9, 1000, 111, 1},
    {11, 1000, 90, 1},
    {16, 1000, 125, 2},
    {20, 1000, 100, 2},
    {368'500, 60'000, 99, 614},
    {1, 1000, 1000, 1},
    {1, 300'000, 300'000, 1},
    {3, 1000, 333, 1},
    {7, 1000, 142, 1},
    {15, 1000, 133, 2},
    {17, 1000, 117, 2},
    {101, 1000, 99, 10},
    {333, 1000, 99, 33},
    {999, 1000, 100, 100},
    {12'345, 60'000, 102, 21},
    {2'147'483'647, 1000, 100, 214'748'368},
    {2'147'483'647, 86'400'000, 100, 2486},
    {1, 1, 100, 100},
    // Beyond what the reference can count: no slice is shorter than a millisecond.
    {9'223'372'036'854'775'807, 1, 1, 2'147'483'647},
};

TEST(SpikeArrest, SlicesAreThoseOfTheReference) {
  for (const SliceRow& row : kSlices) {
    SpikeSlice slice = SpikeSlice::of(row.limit, row.period_ms);
    EXPECT_EQ(slice.period_ms, row.slice_ms) << row.limit << " in " << row.period_ms;
    EXPECT_EQ(slice.limit, row.requests) << row.limit << " in " << row.period_ms;
  }
}

TEST(SpikeArrest, RefusesTheRequestAfterThoseOfTheSlice) {
  Counting counting;
  counting.make("spike-arrest", R"({"addHeaders": true, "spike": {"limit": 20}})");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(told(counting.ask()), "next");
  EXPECT_EQ(told(counting.ask()),
            "429 SPIKE_ARREST_TOO_MANY_REQUESTS: Spike limit exceeded! You reached the limit of 2 "
            "requests per 100 ms. {slice_limit=2,slice_period_time=100,slice_period_unit="
            "MILLISECONDS,limit=20,period_time=1,period_unit=SECONDS}");
  EXPECT_EQ(counting.header("X-Spike-Arrest-Limit"), "2");
  EXPECT_EQ(counting.header("X-Spike-Arrest-Slice-Period"), "100ms");
  EXPECT_EQ(counting.header("X-Spike-Arrest-Reset"), "1767225600100");
  EXPECT_EQ(counting.counters.counted.front().limit, 2u);
  counting.advance(100ms);
  EXPECT_EQ(told(counting.ask()), "next");
}

TEST(SpikeArrest, WithoutALimitThereIsNoSlice) {
  for (std::string_view block :
       {R"("limit": 0)", R"("dynamicLimit": "{#context.attributes['no']}")",
        R"("dynamicLimit": "{(-5)}")"}) {
    Counting counting;
    EXPECT_EQ(told(counting.ask("spike-arrest", R"({"spike": {)" + std::string(block) + "}}")),
              "500 SPIKE_ARREST_SERVER_ERROR: Unknown error {}");
    EXPECT_TRUE(counting.counters.keys.empty());
  }
}

TEST(SpikeArrest, SaysThatNothingWasCounted) {
  Counting counting;
  counting.counters.outcome = policy::Counted::failed;
  EXPECT_EQ(told(counting.ask("spike-arrest", R"({"addHeaders": true, "spike": {"limit": 10}})")),
            "next");
  EXPECT_EQ(counting.header("X-Spike-Arrest-Limit"), "1");
  EXPECT_EQ(counting.header("X-Spike-Arrest-Slice-Period"), "100ms");
  EXPECT_EQ(counting.header("X-Spike-Arrest-Reset"), "-1");
}

}  // namespace
}  // namespace perigee::policies
