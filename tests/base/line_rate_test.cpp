#include "base/line_rate.hpp"

namespace perigee::log {
namespace {

TEST(LineRate, TheFirstTimeIsToldAtOnceAndLaterOnesEveryTenSeconds) {
  FakeClock clock;
  LineRate rate;
  EXPECT_EQ(rate.due(clock.now()), 1u);
  EXPECT_EQ(rate.due(clock.now()), 0u);
  clock.advance(9999ms);
  EXPECT_EQ(rate.due(clock.now()), 0u);
  clock.advance(1ms);
  EXPECT_EQ(rate.due(clock.now()), 3u);
  EXPECT_EQ(rate.due(clock.now()), 0u);
  clock.advance(1h);
  EXPECT_EQ(rate.due(clock.now()), 2u);
}

TEST(LineRate, ALineTellsHowOftenWhenItWasMoreThanOnce) {
  EXPECT_EQ(times_since(1), "");
  EXPECT_EQ(times_since(2), "; 2 times since the last such line");
}

}  // namespace
}  // namespace perigee::log
