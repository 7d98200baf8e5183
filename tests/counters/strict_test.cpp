// Strict counting: one operation for what one turn asks of a key, decided by the store's answer.
#include "tests/counters/support/fleet.hpp"

namespace perigee::counters {
namespace {

using testing::Asking;
using testing::FakeStore;
using testing::Fleet;

TEST(Strict, TheStoreDecides) {
  Fleet fleet;
  Asking& first = fleet.decide(fleet.request(2));
  EXPECT_EQ(first.value(), 1u);
  EXPECT_EQ((*first.count)->reset_ms, fleet.now_ms() + 60'000);
  const FakeStore::Asked& asked = fleet.store().asked.front();
  EXPECT_EQ(asked.key, "k");
  EXPECT_EQ(asked.weight, 1u);
  EXPECT_EQ(asked.floor, 0u);
  EXPECT_EQ(asked.limit, 2u);
  EXPECT_EQ(asked.reset_ms, fleet.now_ms() + 60'000);
  EXPECT_EQ(asked.subscription, "s");
  fleet.advance(10s);
  Asking& second = fleet.decide(fleet.request(2));
  EXPECT_EQ(second.value(), 2u);
  EXPECT_EQ((*second.count)->reset_ms, fleet.now_ms() + 50'000) << "that of the first";
  EXPECT_FALSE(fleet.decide(fleet.request(2)).admitted());
  EXPECT_EQ(fleet.store().operations, 2u) << "the third was known to be over";
}

TEST(Strict, RequestsOfOneTurnAreOneOperation) {
  Fleet fleet;
  fleet.decide(fleet.request(5));
  std::vector<Asking*> asked;
  for (int i = 0; i < 7; ++i) asked.push_back(&fleet.ask(fleet.request(5)));
  fleet.turn();
  ASSERT_EQ(fleet.store().asked.size(), 2u);
  EXPECT_EQ(fleet.store().asked.back().weight, 7u);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    EXPECT_EQ(asked[i]->value(), i + 2) << "in the order of their arrival";
    EXPECT_EQ(asked[i]->admitted(), i < 4);
  }
}

TEST(Strict, OnlyEqualKeysLimitsAndPeriodsAreOneOperation) {
  Fleet fleet;
  CountRequest longer = fleet.request(5);
  longer.reset_ms += 1;
  std::vector<Asking*> asked;
  for (const CountRequest& request :
       {fleet.request(5), fleet.request(6), longer, fleet.request(5, "other"), fleet.request(5)})
    asked.push_back(&fleet.ask(request));
  fleet.turn();
  EXPECT_EQ(fleet.store().operations, 4u);
  std::vector<std::uint64_t> values;
  for (Asking* asking : asked) values.push_back(asking->value());
  EXPECT_THAT(values, ::testing::ElementsAre(1, 3, 4, 1, 2));
}

TEST(Strict, WhoLeavesTakesNobodyWithHim) {
  Fleet fleet;
  fleet.store().holds = true;
  Asking& first = fleet.ask(fleet.request(2));
  Asking& second = fleet.ask(fleet.request(2));
  Asking& third = fleet.ask(fleet.request(2));
  second.task.scope().cancel(Error(ErrorCode::client_gone, "gone"));
  ASSERT_TRUE(second.count);
  EXPECT_EQ(second.count->error().code, ErrorCode::client_gone);
  fleet.turn();
  first.task.reset();  // a client that goes while the operation is under way
  fleet.store().answer_held();
  fleet.turn();
  EXPECT_EQ(third.value(), 3u) << "all were counted";
  EXPECT_FALSE(third.admitted());
}

TEST(Strict, AWindowThatEndedUnderWayCountsNothing) {
  Fleet fleet;
  fleet.store().holds = true;
  CountRequest request = fleet.request(1);
  request.reset_ms = fleet.now_ms() + 5;
  Asking& asking = fleet.ask(request);
  fleet.turn();
  fleet.clock.advance(6ms);  // the store's clock
  fleet.store().answer_held();
  EXPECT_TRUE(asking.admitted());
  EXPECT_EQ(asking.value(), 0u);
  EXPECT_EQ((*asking.count)->reset_ms, request.reset_ms);
  EXPECT_TRUE(fleet.memory.windows.empty());
}

TEST(Strict, AWindowThatIsOverBeforeItBeginsIsNotAsked) {
  Fleet fleet;
  CountRequest request = fleet.request(1);
  request.reset_ms = fleet.now_ms();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(fleet.decide(request).value(), 1u);
  EXPECT_EQ(fleet.store().operations, 0u);
}

TEST(Strict, RefusalsFromMemoryAreToldInOneOperation) {
  Fleet fleet;
  for (int i = 0; i < 2; ++i) fleet.decide(fleet.request(2));
  EXPECT_EQ(fleet.store().operations, 2u);
  for (std::uint64_t i = 3; i < 13; ++i) {
    Asking& refused = fleet.ask(fleet.request(2));
    EXPECT_FALSE(refused.waits()) << "no round trip";
    EXPECT_EQ(refused.value(), i);
  }
  fleet.advance(99ms);
  EXPECT_EQ(fleet.store().operations, 2u);
  fleet.advance(1ms);
  ASSERT_EQ(fleet.store().operations, 3u);
  EXPECT_EQ(fleet.store().asked.back().weight, 10u);
  EXPECT_EQ(fleet.counter(), 12u) << "others may have a higher limit";
  fleet.advance(1s);
  EXPECT_EQ(fleet.store().operations, 3u) << "nothing more to tell";
  EXPECT_EQ(fleet.first().shared.tally().refused_from_memory.load(), 10u);
}

TEST(Strict, RefusalsThatComeAfterTheEndAreNotCountedInTheNextWindow) {
  Fleet fleet({}, 2);
  CountRequest request = fleet.request(2);
  request.reset_ms = fleet.now_ms() + 105;
  for (int i = 0; i < 2; ++i) fleet.decide(request);
  for (int i = 0; i < 10; ++i) fleet.ask(request);
  fleet.store().holds = true;
  fleet.advance(100ms);
  ASSERT_EQ(fleet.store().held(), 1u) << "they are under way";
  EXPECT_EQ(fleet.store().asked.back().weight, 10u);
  fleet.advance(6ms);
  EXPECT_EQ(fleet.decide(fleet.request(2), 1).value(), 1u) << "the next window";
  fleet.store().answer_held();
  fleet.store().holds = false;
  fleet.turn();
  EXPECT_EQ(fleet.counter(), 1u);
  EXPECT_EQ(fleet.decide(fleet.request(2)).value(), 2u);
}

TEST(Strict, MemoryIsOfTheLimitThatIsAskedFor) {
  Fleet fleet;
  for (int i = 0; i < 3; ++i) fleet.decide(fleet.request(2));
  Asking& higher = fleet.decide(fleet.request(10));
  EXPECT_EQ(higher.value(), 4u) << "what was refused counts, and was told";
  EXPECT_TRUE(higher.admitted());
  EXPECT_EQ(fleet.counter(), 4u);
  EXPECT_FALSE(fleet.ask(fleet.request(3)).waits());
}

TEST(Strict, MemoryEndsWithTheWindow) {
  Fleet fleet;
  for (int i = 0; i < 3; ++i) fleet.decide(fleet.request(2));
  fleet.advance(60s);
  Asking& next = fleet.decide(fleet.request(2));
  EXPECT_TRUE(next.admitted());
  EXPECT_EQ(next.value(), 1u);
  EXPECT_EQ(fleet.counter(), 1u) << "what the former window was not told is forgotten";
}

TEST(Strict, AnUnansweredRequestIsDecidedByWhatIsRemembered) {
  Fleet fleet;
  for (int i = 0; i < 3; ++i) fleet.decide(fleet.request(5));
  fleet.store().holds = true;
  std::vector<Asking*> asked;
  for (int i = 0; i < 3; ++i) asked.push_back(&fleet.ask(fleet.request(5)));
  fleet.turn();
  fleet.advance(9ms);
  EXPECT_TRUE(asked[0]->waits());
  fleet.advance(1ms);
  EXPECT_EQ(asked[0]->value(), 4u);
  EXPECT_EQ(asked[1]->value(), 5u);
  EXPECT_FALSE(asked[2]->admitted());
  EXPECT_EQ(fleet.first().shared.tally().late.load(), 1u);
  // The answer still says what was counted: nothing is counted twice.
  fleet.store().answer_held();
  fleet.store().holds = false;
  EXPECT_EQ(fleet.decide(fleet.request(10)).value(), 7u);
  EXPECT_EQ(fleet.counter(), 7u);
}

TEST(Strict, WithoutMemoryItIsDecidedByTheShare) {
  Fleet fleet({.nodes = 2});
  fleet.store().holds = true;
  std::vector<Asking*> asked;
  for (int i = 0; i < 4; ++i) asked.push_back(&fleet.ask(fleet.request(5)));
  fleet.turn();
  fleet.advance(10ms);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(asked[i]->admitted(), i < 3) << i;
  EXPECT_EQ(asked[0]->value(), 3u) << "two of its three are left";
}

TEST(Strict, AnOperationThatFailsAfterAllGoesAlongWithTheNext) {
  for (bool were_done : {false, true}) {
    Fleet fleet;
    fleet.decide(fleet.request(10));
    fleet.store().holds = true;
    fleet.ask(fleet.request(10));
    fleet.ask(fleet.request(10));
    fleet.turn();
    fleet.advance(10ms);
    fleet.store().fail_held(Error(ErrorCode::other, "ERR"), were_done);
    fleet.store().holds = false;
    EXPECT_EQ(fleet.circuit().state(), Circuit::State::closed);
    // Unknown whether it was done: counted twice at worst, on the safe side.
    EXPECT_EQ(fleet.decide(fleet.request(10)).value(), were_done ? 6u : 4u);
    EXPECT_EQ(fleet.store().asked.back().weight, 3u);
  }
}

TEST(Strict, WhatDidNotReachTheStoreIsToldWithoutAnotherRequest) {
  Fleet fleet({.flush_interval = 1s});
  fleet.decide(fleet.request(10));
  fleet.store().holds = true;
  fleet.ask(fleet.request(10));
  fleet.turn();
  fleet.store().fail_held(Error(ErrorCode::other, "ERR"));
  fleet.store().holds = false;
  EXPECT_EQ(fleet.counter(), 1u);
  fleet.advance(1s);
  EXPECT_EQ(fleet.counter(), 2u);
}

TEST(Strict, AWorkerWithoutAConnectionDecidesAloneAndOpensNothing) {
  Fleet fleet;
  fleet.decide(fleet.request(10));
  fleet.store().away = Error(ErrorCode::closed, "connecting");
  for (int i = 0; i < 30; ++i) fleet.decide(fleet.request(10));
  EXPECT_EQ(fleet.circuit().state(), Circuit::State::closed);
  fleet.store().away.reset();
  EXPECT_EQ(fleet.decide(fleet.request(20)).value(), 11u) << "nine were admitted meanwhile";
}

TEST(Strict, FiveOperationsWithoutAnAnswerOpenTheCircuit) {
  Fleet fleet;
  fleet.store().holds = true;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(fleet.circuit().state(), Circuit::State::closed) << i;
    fleet.ask(fleet.request(10, "k" + std::to_string(i)));
    fleet.turn();
    fleet.advance(10ms);
  }
  EXPECT_EQ(fleet.circuit().state(), Circuit::State::open);
  EXPECT_FALSE(fleet.ask(fleet.request(10)).waits());
  EXPECT_EQ(fleet.store().held(), 5u) << "nothing is asked any more";
}

TEST(Strict, AStoreThatIsAlwaysSlowIsGoneEvenIfItAnswers) {
  Fleet fleet;
  fleet.store().holds = true;
  int asked = 0;
  while (fleet.circuit().state() == Circuit::State::closed && asked < 100) {
    fleet.ask(fleet.request(1000, "k" + std::to_string(asked++)));
    fleet.turn();
    fleet.advance(12ms);
    fleet.store().answer_held();
  }
  EXPECT_EQ(asked, 5);
}

TEST(Strict, SoManyOperationsAndNoMoreAreUnderWay) {
  Fleet fleet;
  fleet.store().holds = true;
  for (std::size_t i = 0; i < Operations::kUnderWayMax; ++i)
    EXPECT_TRUE(fleet.ask(fleet.request(10, "k" + std::to_string(i))).waits());
  EXPECT_TRUE(fleet.ask(fleet.request(10, "one more")).admitted()) << "decided alone";
  fleet.turn();
  fleet.store().answer_held();
  fleet.turn();
  EXPECT_EQ(fleet.first().remote().under_way(), 0u);
  EXPECT_TRUE(fleet.ask(fleet.request(10, "and more")).waits());
}

TEST(Strict, WorkersOfAGatewayKnowTheSame) {
  Fleet fleet({}, 1, 2);
  EXPECT_EQ(fleet.decide(fleet.request(2), 0, 0).value(), 1u);
  EXPECT_EQ(fleet.decide(fleet.request(2), 0, 1).value(), 2u);
  EXPECT_FALSE(fleet.ask(fleet.request(2), 0, 0).waits()) << "the other worker was told";
  fleet.gateways[0].workers[1].store.holds = true;
  fleet.advance(100ms);
  EXPECT_EQ(fleet.counter(), 3u);
}

TEST(Strict, WithoutDecisionsOfItsOwnTheStoreIsAskedEveryTime) {
  Fleet fleet({.decides_alone = false});
  for (int i = 0; i < 5; ++i) fleet.decide(fleet.request(2));
  EXPECT_EQ(fleet.store().operations, 5u);
  fleet.store().holds = true;
  Asking& late = fleet.ask(fleet.request(2));
  fleet.turn();
  fleet.advance(10ms);
  ASSERT_TRUE(late.count);
  EXPECT_EQ((*late.count)->outcome, Outcome::failed);
  fleet.lose();
  EXPECT_EQ((*fleet.decide(fleet.request(2)).count)->outcome, Outcome::failed);
}

}  // namespace
}  // namespace perigee::counters
