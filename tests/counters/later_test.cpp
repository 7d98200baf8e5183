// Counting here and telling the store later (runtime.md 6.5).
#include "tests/counters/support/fleet.hpp"

namespace perigee::counters {
namespace {

using testing::Asking;
using testing::Fleet;

TEST(Later, RequestsAreDecidedHereAndToldOnceInAnInterval) {
  Fleet fleet;
  for (std::uint64_t i = 1; i <= 5; ++i) {
    Asking& asking = fleet.ask(fleet.later(1000));
    EXPECT_FALSE(asking.waits());
    EXPECT_EQ(asking.value(), i);
    EXPECT_EQ((*asking.count)->reset_ms, fleet.now_ms() + 60'000);
  }
  EXPECT_EQ(fleet.store().operations, 0u);
  fleet.advance(5s);
  ASSERT_EQ(fleet.store().operations, 1u);
  const auto& asked = fleet.store().asked.front();
  EXPECT_EQ(asked.weight, 5u);
  EXPECT_EQ(asked.limit, 1000u);
  EXPECT_EQ(asked.reset_ms, fleet.now_ms() + 55'000) << "of the window here";
  EXPECT_EQ(asked.subscription, "s");
  EXPECT_EQ(fleet.counter(), 5u);
  fleet.advance(30s);
  EXPECT_EQ(fleet.store().operations, 1u) << "nothing more to tell";
}

TEST(Later, TheAnswerBringsWhatOthersCounted) {
  Fleet fleet({}, 2);
  for (int i = 0; i < 20; ++i) fleet.decide(fleet.later(1000));
  for (int i = 0; i < 7; ++i) fleet.decide(fleet.later(1000), 1);
  fleet.gateways[0].remote().flush();
  fleet.turn();
  fleet.gateways[1].remote().flush();
  fleet.turn();
  EXPECT_EQ(fleet.decide(fleet.later(1000)).value(), 21u);
  EXPECT_EQ(fleet.decide(fleet.later(1000), 1).value(), 28u);
  fleet.gateways[0].remote().flush();
  fleet.turn();
  EXPECT_EQ(fleet.decide(fleet.later(1000)).value(), 29u);
}

TEST(Later, RefusedRequestsCountToo) {
  Fleet fleet;
  for (std::uint64_t i = 1; i <= 5; ++i) EXPECT_EQ(fleet.decide(fleet.later(3)).admitted(), i <= 3);
  fleet.advance(5s);
  EXPECT_EQ(fleet.counter(), 5u);
}

TEST(Later, AFailedFlushIsTriedAgain) {
  Fleet fleet;
  for (int i = 0; i < 5; ++i) fleet.decide(fleet.later(1000));
  fleet.store().away = Error(ErrorCode::other, "ERR");
  fleet.advance(5s);
  EXPECT_EQ(fleet.store().operations, 1u);
  fleet.store().away.reset();
  fleet.decide(fleet.later(1000));
  fleet.advance(5s);
  EXPECT_EQ(fleet.counter(), 6u);
}

TEST(Later, AWindowThatEndedIsNotToldAndTheNextBeginsAnew) {
  Fleet fleet;
  CountRequest brief = fleet.later(10);
  brief.reset_ms = fleet.now_ms() + 100;
  fleet.decide(brief);
  fleet.advance(100ms);
  brief.reset_ms = fleet.now_ms() + 100;
  EXPECT_EQ(fleet.decide(brief).value(), 1u);
  fleet.advance(5s);
  EXPECT_EQ(fleet.store().operations, 0u);
}

TEST(Later, AnEarlierEndIsTakenOver) {
  Fleet fleet;
  fleet.memory.windows["k"] = {.counter = 10, .reset_ms = fleet.now_ms() + 20'000};
  fleet.decide(fleet.later(1000));
  fleet.advance(5s);
  Asking& asking = fleet.decide(fleet.later(1000));
  EXPECT_EQ(asking.value(), 12u);
  EXPECT_EQ((*asking.count)->reset_ms, fleet.now_ms() + 15'000);
}

TEST(Later, TheStoreIsToldEarlyWhenTheLimitComesNear) {
  Fleet fleet({.flush_interval = 1h});
  std::vector<std::size_t> at;  // requests at which something was told
  for (std::size_t i = 1; i <= 1300; ++i) {
    std::size_t before = fleet.store().operations;
    fleet.decide(fleet.later(1000));
    fleet.advance(25ms);
    if (fleet.store().operations > before) at.push_back(i);
  }
  ASSERT_FALSE(at.empty());
  EXPECT_EQ(at.front(), 200u) << "a quarter of what is left";
  EXPECT_THAT(at, ::testing::Contains(800u)) << "four fifths";
  EXPECT_THAT(at, ::testing::Contains(1001u)) << "others must know that it is reached";
  EXPECT_LE(at.size(), 45u);
}

TEST(Later, EarlyFlushesHaveAGapBetweenThem) {
  Fleet fleet;
  for (int i = 0; i < 200; ++i) fleet.decide(fleet.later(10, "k"));
  EXPECT_LE(fleet.store().operations, 2u) << "the clock stands still";
}

// 5,000 requests a second over three gateways, twice the limit (issue: at most one operation for 50
// requests, at most 2 % more than the limit).
TEST(Later, ThreeGatewaysStayNearTheLimitWithFewOperations) {
  constexpr std::uint64_t kLimit = 10'000;
  constexpr int kSeconds = 5, kEachMs = 5;
  Fleet fleet({.nodes = 3}, 3);
  std::size_t asked = 0, admitted = 0;
  for (int ms = 0; ms < kSeconds * 1000; ++ms) {
    for (int i = 0; i < kEachMs; ++i) {
      admitted += fleet.ask(fleet.later(kLimit), static_cast<unsigned>(asked++ % 3)).admitted();
      fleet.askings.clear();
    }
    fleet.clock.advance(1ms);
    fleet.turn(2);
  }
  std::size_t operations = 0;
  for (auto& gateway : fleet.gateways) operations += gateway.store().operations;
  std::cout << admitted << " of " << kLimit << " admitted, " << operations << " operations for "
            << asked << " requests\n";
  EXPECT_EQ(asked, 25'000u);
  EXPECT_GE(admitted, kLimit);
  EXPECT_LE(admitted, kLimit + kLimit / 50);
  EXPECT_LE(operations, asked / 50);
}

TEST(Later, WorkersCountTogether) {
  Fleet fleet({}, 1, 2);
  for (std::uint64_t i = 1; i <= 10; ++i)
    EXPECT_EQ(fleet.decide(fleet.later(1000), 0, i % 2).value(), i);
  fleet.advance(5s);
  EXPECT_EQ(fleet.counter(), 10u);
  EXPECT_EQ(
      fleet.gateways[0].workers[0].store.operations + fleet.gateways[0].workers[1].store.operations,
      1u)
      << "one reminder for the key";
}

TEST(Later, KeysAreToldAtTimesOfTheirOwn) {
  Fleet fleet;
  for (int i = 0; i < 500; ++i) fleet.decide(fleet.later(1'000'000, "k" + std::to_string(i)));
  std::size_t most = 0;
  for (int i = 0; i < 50; ++i) {
    std::size_t before = fleet.store().operations;
    fleet.advance(100ms);
    most = std::max(most, fleet.store().operations - before);
  }
  EXPECT_EQ(fleet.store().operations, 500u) << "each within the interval";
  EXPECT_LE(most, 50u) << "not all at once";
}

TEST(Later, WhileTheStoreIsAwayTheShareHoldsForThemToo) {
  Fleet fleet({.outage_max = 1s, .nodes = 2});
  fleet.lose();
  fleet.advance(1min);
  std::size_t admitted = 0;
  for (int i = 0; i < 30; ++i) admitted += fleet.decide(fleet.later(20)).admitted();
  EXPECT_EQ(admitted, 10u) << "however long it is away";
  fleet.connect();
  fleet.advance(5s);
  EXPECT_EQ(fleet.counter(), 10u);
}

TEST(Later, WithoutDecisionsOfItsOwnAGatewayCountsAsTheReferenceDoes) {
  Fleet fleet({.decides_alone = false, .nodes = 2});
  fleet.lose();
  std::size_t admitted = 0;
  for (int i = 0; i < 30; ++i) admitted += fleet.decide(fleet.later(20)).admitted();
  EXPECT_EQ(admitted, 20u);
}

TEST(Later, SwitchedOffItIsStrict) {
  Fleet fleet({.async_enabled = false});
  EXPECT_TRUE(fleet.ask(fleet.later(10)).waits());
  fleet.turn();
  EXPECT_EQ(fleet.counter(), 1u);
}

TEST(Later, StrictRequestsForTheSameKeyTakeItAlong) {
  Fleet fleet;
  for (int i = 0; i < 5; ++i) fleet.decide(fleet.later(1000));
  EXPECT_EQ(fleet.decide(fleet.request(1000)).value(), 6u);
  EXPECT_EQ(fleet.counter(), 6u);
  fleet.advance(5s);
  EXPECT_EQ(fleet.counter(), 6u) << "nothing twice";
}

TEST(Later, ALastFlushTellsEverything) {
  Fleet fleet;
  for (int i = 0; i < 50; ++i) fleet.decide(fleet.later(1'000'000, "k" + std::to_string(i)));
  fleet.first().remote().flush();
  EXPECT_EQ(fleet.first().remote().under_way(), 50u);
  fleet.turn();
  EXPECT_EQ(fleet.first().remote().under_way(), 0u);
  EXPECT_EQ(fleet.memory.windows.size(), 50u);
}

}  // namespace
}  // namespace perigee::counters
