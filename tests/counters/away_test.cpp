// Counting while the store is away, and what is repaired when it is back (redis-client.md section
// 4).
#include <random>

#include "tests/counters/support/fleet.hpp"

namespace perigee::counters {
namespace {

using testing::Asking;
using testing::Fleet;
using testing::Gateway;

std::size_t admitted_of(std::size_t requests, Fleet& fleet, const CountRequest& request,
                        unsigned gateway = 0) {
  std::size_t admitted = 0;
  for (std::size_t i = 0; i < requests; ++i) admitted += fleet.decide(request, gateway).admitted();
  return admitted;
}

struct LossRow {
  const char* what;
  ErrorCode code;
  bool opens;
};

TEST(Away, WhatOpensTheCircuitAtOnce) {
  for (const LossRow& row :
       std::initializer_list<LossRow>{{"the primary is gone", ErrorCode::unreachable, true},
                                      {"this worker has no connection", ErrorCode::closed, false},
                                      {"an error reply", ErrorCode::other, false}}) {
    SCOPED_TRACE(row.what);
    Fleet fleet;
    fleet.store().away = Error(row.code, row.what);
    Asking& asking = fleet.decide(fleet.request(10));
    EXPECT_TRUE(asking.admitted()) << "no request fails";
    EXPECT_EQ(fleet.circuit().state() == Circuit::State::open, row.opens);
  }
}

// The first that comes back must not give away what others have admitted and not told yet.
TEST(Away, WhoComesBackFirstKeepsToItsShareForAWhile) {
  Fleet fleet({.nodes = 3}, 3);
  std::size_t admitted = 0;
  for (unsigned i = 0; i < 3; ++i) admitted += admitted_of(10, fleet, fleet.request(90), i);
  for (unsigned i = 0; i < 3; ++i) fleet.lose(i);
  for (unsigned i = 0; i < 3; ++i)
    admitted += admitted_of(i == 0 ? 10 : 50, fleet, fleet.request(90), i);
  fleet.connect(fleet.gateways[0]);
  const std::size_t operations = fleet.store().operations;
  admitted += admitted_of(50, fleet, fleet.request(90));
  EXPECT_LE(admitted, 90u + (20u + 10u) / 3u + 2u) << "the limit, views that differ, rounding";
  EXPECT_LE(fleet.store().operations, operations + 20) << "what is refused so is not counted";
  const std::size_t before = admitted;
  for (unsigned i = 1; i < 3; ++i) fleet.connect(fleet.gateways[i]);
  fleet.advance(SharedCounts::kSettles);
  fleet.advance(50ms);
  for (unsigned i = 0; i < 3; ++i) admitted += admitted_of(5, fleet, fleet.request(90), i);
  EXPECT_EQ(admitted, before) << "all have told";
}

TEST(Away, WhatOthersHaveNotUsedIsThereAfterAWhile) {
  Fleet fleet({.nodes = 3});
  for (int i = 0; i < 30; ++i) fleet.decide(fleet.request(90));
  fleet.lose();
  EXPECT_EQ(admitted_of(50, fleet, fleet.request(90)), 20u);
  fleet.connect();
  EXPECT_EQ(admitted_of(50, fleet, fleet.request(90)), 0u) << "beyond its share";
  fleet.advance(SharedCounts::kSettles);
  EXPECT_EQ(admitted_of(50, fleet, fleet.request(90)), 40u);
}

// By then another worker may have a connection to another primary.
TEST(Away, WhatComesOfOperationsOfAFormerEpochSaysNothing) {
  for (const bool fails : {true, false}) {
    SCOPED_TRACE(fails);
    Fleet fleet;
    fleet.store().holds = true;
    Asking& asking = fleet.ask(fleet.request(10));
    fleet.turn();
    ASSERT_EQ(fleet.store().held(), 1u);
    fleet.circuit().available(fleet.clock.now());
    if (fails) {
      fleet.store().fail_held(Error(ErrorCode::unreachable, "the old primary is gone"));
    } else {
      ASSERT_TRUE(fleet.circuit().begin_trial());
      fleet.store().answer_held();
    }
    fleet.turn();
    EXPECT_TRUE(asking.admitted());
    EXPECT_EQ(fleet.circuit().state(), fails ? Circuit::State::half_open : Circuit::State::trial);
    if (!fails) fleet.circuit().end_trial();
  }
}

TEST(Away, EachGatewayGivesAwayItsShareOfWhatIsLeft) {
  Fleet fleet({.nodes = 3});
  for (int i = 0; i < 10; ++i) fleet.decide(fleet.request(100));
  fleet.lose();
  Asking& first = fleet.ask(fleet.request(100));
  EXPECT_FALSE(first.waits()) << "nothing is asked";
  EXPECT_EQ(first.request.limit - first.value(), 29u) << "a third of 90, one of it used";
  EXPECT_EQ((*first.count)->reset_ms, fleet.now_ms() + 60'000);
  EXPECT_EQ(admitted_of(100, fleet, fleet.request(100)), 29u);
  Asking& refused = fleet.ask(fleet.request(100));
  EXPECT_EQ(refused.value(), 101u);
  EXPECT_EQ(fleet.store().operations, 10u);
  EXPECT_EQ(fleet.first().shared.tally().admitted_alone.load(), 30u);
  EXPECT_EQ(fleet.first().shared.tally().refused_alone.load(), 72u);
}

TEST(Away, KeysThatNobodyKnowsAndNewWindowsHaveAShareOfTheirLimit) {
  Fleet fleet({.nodes = 3});
  for (int i = 0; i < 99; ++i) fleet.decide(fleet.request(100));
  fleet.lose();
  EXPECT_EQ(admitted_of(50, fleet, fleet.request(100, "new")), 34u);
  EXPECT_EQ(admitted_of(50, fleet, fleet.request(100)), 1u);
}

TEST(Away, ANewWindowBeginsHere) {
  Fleet fleet({.outage_max = 10min, .nodes = 3});
  for (int i = 0; i < 99; ++i) fleet.decide(fleet.request(100));
  fleet.lose();
  EXPECT_EQ(admitted_of(50, fleet, fleet.request(100)), 1u);
  fleet.advance(60s);
  Asking& asking = fleet.decide(fleet.request(100));
  EXPECT_EQ((*asking.count)->reset_ms, fleet.now_ms() + 60'000);
  EXPECT_EQ(admitted_of(50, fleet, fleet.request(100)), 33u);
}

TEST(Away, NodesAreThoseThatTheStoreToldAndOvercommitRaisesTheShare) {
  Fleet fleet({.overcommit = 1.5});
  fleet.first().shared.set_nodes(3);
  fleet.lose();
  EXPECT_EQ(admitted_of(100, fleet, fleet.request(100)), 50u);
  fleet.first().shared.set_nodes(0);
  EXPECT_EQ(fleet.first().shared.nodes(), 1u);
  Fleet told({.nodes = 5});
  told.first().shared.set_nodes(3);
  EXPECT_EQ(told.first().shared.nodes(), 5u) << "the configuration's";
}

TEST(Away, ADynamicLimitCountsAsItIsNow) {
  Fleet fleet({.nodes = 2});
  fleet.lose();
  EXPECT_EQ(admitted_of(20, fleet, fleet.request(10)), 5u);
  EXPECT_EQ(admitted_of(20, fleet, fleet.request(30)), 10u) << "a half of 30, 5 are used";
  EXPECT_EQ(admitted_of(20, fleet, fleet.request(10)), 0u);
}

TEST(Away, AfterAWhileNothingIsDecidedAnyMore) {
  Fleet fleet({.outage_max = 60s});
  fleet.lose();
  fleet.advance(60s);
  EXPECT_TRUE(fleet.decide(fleet.request(10)).admitted());
  fleet.advance(1ms);
  EXPECT_EQ((*fleet.decide(fleet.request(10)).count)->outcome, Outcome::failed);
  EXPECT_EQ(fleet.first().shared.tally().undecided.load(), 1u);
  // Trials that fail begin nothing anew.
  fleet.circuit().available(fleet.clock.now());
  EXPECT_TRUE(fleet.circuit().begin_trial());
  fleet.lose();
  EXPECT_EQ((*fleet.decide(fleet.request(10)).count)->outcome, Outcome::failed);
  fleet.connect();
  EXPECT_TRUE(fleet.decide(fleet.request(10)).admitted());
}

TEST(Away, OneTurnTriesTheStore) {
  Fleet fleet({}, 1, 2);
  fleet.lose();
  fleet.store().holds = true;
  fleet.circuit().available(fleet.clock.now());
  Asking& trying = fleet.ask(fleet.request(10));
  Asking& also = fleet.ask(fleet.request(10, "other"));
  Asking& elsewhere = fleet.ask(fleet.request(10), 0, 1);
  EXPECT_TRUE(trying.waits() && also.waits()) << "one pipeline";
  EXPECT_FALSE(elsewhere.waits());
  fleet.turn();
  EXPECT_FALSE(fleet.ask(fleet.request(10, "third")).waits()) << "the next turn waits for it";
  EXPECT_EQ(fleet.store().held(), 2u);
  fleet.store().answer_held();
  fleet.turn();
  EXPECT_EQ(fleet.circuit().state(), Circuit::State::closed);
  EXPECT_TRUE(trying.admitted() && also.admitted());
}

TEST(Away, ATrialThatFailsOpensTheCircuitAgain) {
  for (bool late : {false, true}) {
    Fleet fleet;
    fleet.lose();
    fleet.circuit().available(fleet.clock.now());
    fleet.store().holds = true;
    Asking& trying = fleet.ask(fleet.request(10));
    fleet.turn();
    if (late)
      fleet.advance(10ms);
    else
      fleet.store().fail_held(Error(ErrorCode::other, "ERR"));
    EXPECT_EQ(fleet.circuit().state(), Circuit::State::open);
    EXPECT_TRUE(trying.admitted());
  }
}

TEST(Away, ATrialOfARefusalFromMemoryAsksAllTheSame) {
  Fleet fleet;
  for (int i = 0; i < 3; ++i) fleet.decide(fleet.request(2));
  fleet.lose();
  fleet.circuit().available(fleet.clock.now());
  EXPECT_FALSE(fleet.decide(fleet.request(2)).admitted());
  EXPECT_EQ(fleet.circuit().state(), Circuit::State::closed);
}

TEST(Away, WhatIsToldLaterTriesTheStoreToo) {
  Fleet fleet({.flush_interval = 1s});
  fleet.decide(fleet.later(10));
  fleet.lose();
  fleet.decide(fleet.later(10));
  fleet.circuit().available(fleet.clock.now());
  fleet.advance(2s);
  EXPECT_EQ(fleet.circuit().state(), Circuit::State::closed);
  EXPECT_EQ(fleet.counter(), 2u);
}

// The numbers of redis-client.md 4.3: 80 were acknowledged by a primary that nobody followed, the
// new one has 50; one gateway saw 80, another 60.
TEST(Away, TheNewPrimaryIsToldWhatTheOldOneCounted) {
  Fleet fleet({}, 2);
  for (int i = 0; i < 60; ++i) fleet.decide(fleet.request(1000));
  fleet.decide(fleet.request(1000), 1);
  for (int i = 0; i < 19; ++i) fleet.decide(fleet.request(1000));
  ASSERT_EQ(fleet.counter(), 80u);
  fleet.memory.windows.at("k").counter = 50;
  for (unsigned i : {0u, 1u}) fleet.lose(i);
  fleet.connect();
  EXPECT_EQ(fleet.decide(fleet.request(1000), 0).value(), 81u);
  EXPECT_EQ(fleet.decide(fleet.request(1000), 1).value(), 82u) << "an older floor changes nothing";
  EXPECT_EQ(fleet.decide(fleet.request(1000), 0).value(), 83u) << "said once";
  EXPECT_EQ(fleet.store().asked.back().floor, 0u);
}

TEST(Away, WhatWasAdmittedMeanwhileIsAdded) {
  Fleet fleet({.nodes = 2}, 2);
  for (int i = 0; i < 10; ++i) fleet.decide(fleet.request(100));
  fleet.decide(fleet.request(100), 1);
  for (unsigned i : {0u, 1u}) fleet.lose(i);
  for (unsigned i : {0u, 1u}) EXPECT_EQ(admitted_of(7, fleet, fleet.request(100), i), 7u);
  fleet.memory.windows.clear();  // it lost everything
  fleet.connect();
  Asking& first = fleet.decide(fleet.request(100), 0);
  EXPECT_EQ(first.value(), 10u + 7 + 1) << "what this gateway saw, admitted, and asks now";
  EXPECT_EQ((*first.count)->reset_ms, fleet.now_ms() + 60'000);
  EXPECT_EQ(fleet.decide(fleet.request(100), 1).value(), 18u + 7 + 1);
  EXPECT_EQ(fleet.first().shared.tally().repaired.load(), 7u);
}

TEST(Away, WhatWasAdmittedIsToldAsSoonAsTheStoreIsBack) {
  Fleet fleet({.nodes = 2}, 2);
  for (unsigned i : {0u, 1u}) fleet.lose(i);
  for (unsigned i : {0u, 1u}) EXPECT_EQ(admitted_of(7, fleet, fleet.request(100), i), 7u);
  fleet.advance(10s);
  EXPECT_EQ(fleet.store().operations, 0u);
  fleet.circuit().available(fleet.clock.now());
  fleet.advance(50ms);
  EXPECT_EQ(fleet.circuit().state(), Circuit::State::closed) << "it tries the store";
  EXPECT_EQ(fleet.counter(), 7u);
  fleet.connect(fleet.gateways[1]);
  fleet.advance(50ms);
  EXPECT_EQ(fleet.counter(), 14u) << "without any request";
}

TEST(Away, ManyKeysAreNotToldAllAtOnce) {
  Fleet fleet({.flush_interval = 1h});
  fleet.lose();
  for (int i = 0; i < 2500; ++i) fleet.decide(fleet.request(100, "k" + std::to_string(i)));
  fleet.connect();
  for (std::size_t expected : {1000u, 2000u, 2500u, 2500u}) {
    fleet.advance(50ms);
    EXPECT_EQ(fleet.memory.windows.size(), expected);
  }
}

TEST(Away, AFloorIsForItsOwnWindow) {
  Fleet fleet;
  for (int i = 0; i < 10; ++i) fleet.decide(fleet.request(100));
  fleet.lose();
  fleet.memory.windows.at("k") = {.counter = 3, .reset_ms = fleet.now_ms() + 30'000};
  fleet.connect();
  Asking& asking = fleet.decide(fleet.request(100));
  EXPECT_EQ(asking.value(), 4u) << "another began a window of his own";
  EXPECT_EQ((*asking.count)->reset_ms, fleet.now_ms() + 30'000);
}

// redis-client.md 4.2: in total no more than the limit, and one for each other gateway by rounding,
// when all of them knew the true count.
TEST(Away, AllTogetherKeepTheBound) {
  std::mt19937 random(7);
  for (unsigned gateways : {1u, 2u, 3u, 5u}) {
    for (std::uint64_t limit : {1, 7, 100, 333}) {
      SCOPED_TRACE(std::to_string(gateways) + " gateways, limit " + std::to_string(limit));
      Fleet fleet({.nodes = gateways}, gateways);
      std::size_t admitted = 0;
      const std::size_t before = random() % (limit + 1);
      for (std::size_t i = 0; i < before; ++i)
        admitted += fleet.decide(fleet.request(limit), random() % gateways).admitted();
      for (unsigned i = 0; i < gateways; ++i) {  // each learns the count
        CountRequest look = fleet.request(limit + 1000);
        look.weight = 0;
        fleet.decide(look, i);
        fleet.lose(i);
      }
      for (std::size_t i = 0; i < 3 * limit; ++i)
        admitted += fleet.decide(fleet.request(limit), random() % gateways).admitted();
      EXPECT_GE(admitted, std::min<std::size_t>(limit, before + 1));
      EXPECT_LE(admitted, limit + gateways - 1);
      fleet.connect();
      fleet.advance(50ms);
      for (std::size_t i = 0; i < 3 * limit; ++i)
        admitted += fleet.decide(fleet.request(limit), random() % gateways).admitted();
      EXPECT_GE(admitted, limit) << "what no gateway used is not lost";
      EXPECT_LE(admitted, limit + gateways - 1);
    }
  }
}

TEST(Away, WorkersShareTheShare) {
  Fleet fleet({.nodes = 2}, 1, 3);
  fleet.lose();
  std::size_t admitted = 0;
  for (unsigned i = 0; i < 90; ++i)
    admitted += fleet.decide(fleet.request(20), 0, i % 3).admitted();
  EXPECT_EQ(admitted, 10u);
}

TEST(Away, AStoreThatWasNeverThereIsNoDifferent) {
  Fleet fleet;
  Gateway& fresh =
      fleet.gateways.emplace_back(fleet.reactor, fleet.memory, SharedCounts::Options{.nodes = 2});
  EXPECT_EQ(fresh.shared.circuit().state(), Circuit::State::open);
  EXPECT_EQ(admitted_of(20, fleet, fleet.request(10), 1), 5u);
  EXPECT_EQ(fresh.store().operations, 0u);
}

}  // namespace
}  // namespace perigee::counters
