// Token buckets that gateways share: strict, told later, alone.
#include "tests/counters/support/fleet.hpp"

namespace perigee::counters {
namespace {

using testing::Fleet;

BucketRequest bucket(std::int64_t capacity, bool strict = true) {
  return {.key = "k",
          .rate = 1,
          .period_ms = 1000,
          .capacity = capacity,
          .subscription = "s",
          .strict = strict};
}

TEST(SharedBucket, TheStoreDecides) {
  Fleet fleet({}, 2);
  EXPECT_EQ(fleet.take(bucket(2), 0).tokens, 1);
  Taken second = fleet.take(bucket(2), 1);
  EXPECT_TRUE(second.allowed);
  EXPECT_EQ(second.tokens, 0);
  EXPECT_EQ(second.next_ms, fleet.now_ms() + 1000);
  EXPECT_FALSE(fleet.take(bucket(2), 0).allowed);
  fleet.advance(1s);
  EXPECT_TRUE(fleet.take(bucket(2), 1).allowed);
}

TEST(SharedBucket, AnUnansweredRequestHasAPartOfTheBucket) {
  Fleet fleet({.nodes = 3});
  fleet.store().holds = true;
  for (std::int64_t left : {2, 1, 0}) {
    Taken taken = fleet.take(bucket(9));
    EXPECT_TRUE(taken.allowed);
    EXPECT_EQ(taken.tokens, left);
  }
  EXPECT_FALSE(fleet.take(bucket(9)).allowed);
  EXPECT_EQ(fleet.store().held(), 0u) << "who asked has left";
}

TEST(SharedBucket, AloneItFillsAsMuchSlower) {
  Fleet fleet({.nodes = 2});
  fleet.lose();
  EXPECT_TRUE(fleet.take(bucket(2)).allowed);
  EXPECT_FALSE(fleet.take(bucket(2)).allowed);
  fleet.advance(1999ms);
  EXPECT_FALSE(fleet.take(bucket(2)).allowed);
  fleet.advance(1ms);
  EXPECT_TRUE(fleet.take(bucket(2)).allowed);
  EXPECT_TRUE(fleet.take({.key = "small", .capacity = 1}).allowed) << "one token at least";
  EXPECT_EQ(fleet.store().operations, 0u);
  fleet.advance(1min);
  EXPECT_EQ(fleet.take(bucket(2)).outcome, Outcome::failed);
}

TEST(SharedBucket, ATrialMayBeABucket) {
  Fleet fleet;
  fleet.lose();
  fleet.circuit().available(fleet.clock.now());
  EXPECT_TRUE(fleet.take(bucket(2)).allowed);
  EXPECT_EQ(fleet.circuit().state(), Circuit::State::closed);
  EXPECT_EQ(fleet.memory.buckets.at("k").tokens, 1);
}

TEST(SharedBucket, LaterItIsTakenHereAndDebitedThere) {
  Fleet fleet;
  for (std::int64_t left : {9, 8, 7}) EXPECT_EQ(fleet.take(bucket(10, false)).tokens, left);
  EXPECT_EQ(fleet.store().operations, 0u);
  fleet.first().remote().flush();
  fleet.turn();
  EXPECT_EQ(fleet.store().operations, 1u);
  EXPECT_EQ(fleet.memory.buckets.at("k").tokens, 7);
  fleet.first().remote().flush();
  fleet.turn();
  EXPECT_EQ(fleet.store().operations, 1u) << "nothing more was taken";
}

TEST(SharedBucket, ADebitThatIsRefusedEmptiesTheBucketHere) {
  Fleet fleet;
  fleet.memory.buckets["k"] = {.tokens = 2, .refilled_ms = fleet.now_ms()};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(fleet.take(bucket(10, false)).allowed);
  fleet.first().remote().flush();
  fleet.turn();
  EXPECT_EQ(fleet.memory.buckets.at("k").tokens, 2) << "all or nothing";
  EXPECT_FALSE(fleet.take(bucket(10, false)).allowed);
  fleet.advance(1s);
  EXPECT_TRUE(fleet.take(bucket(10, false)).allowed);
}

TEST(SharedBucket, ADebitThatFailsIsTriedAgain) {
  Fleet fleet;
  for (int i = 0; i < 3; ++i) fleet.take(bucket(10, false));
  fleet.store().away = Error(ErrorCode::other, "ERR");
  fleet.first().remote().flush();
  fleet.turn();
  fleet.store().away.reset();
  fleet.take(bucket(10, false));
  fleet.advance(5s);
  EXPECT_EQ(fleet.memory.buckets.at("k").tokens, 6);
}

TEST(SharedBucket, ABucketAndAWindowOfOneKeyAreApart) {
  Fleet fleet;
  fleet.decide(fleet.later(100));
  fleet.take(bucket(10, false));
  fleet.first().remote().flush();
  fleet.turn();
  EXPECT_EQ(fleet.counter(), 1u);
  EXPECT_EQ(fleet.memory.buckets.at("k").tokens, 9);
}

}  // namespace
}  // namespace perigee::counters
