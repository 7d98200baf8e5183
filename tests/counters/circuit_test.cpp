// When the store is asked, and what says that it is gone.
#include "counters/circuit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "tests/base/support/captured_log.hpp"

namespace perigee::counters {
namespace {

using State = Circuit::State;
const Instant kNow{1000s};

TEST(Circuit, BeginsOpenAndClosesAfterATrial) {
  Circuit circuit(kNow);
  EXPECT_EQ(circuit.state(), State::open);
  EXPECT_EQ(circuit.outage(kNow + 3s), 3s);
  EXPECT_FALSE(circuit.begin_trial());
  circuit.available(kNow + 4s);
  EXPECT_EQ(circuit.state(), State::half_open);
  EXPECT_EQ(circuit.epoch(), 1u);
  EXPECT_TRUE(circuit.begin_trial());
  EXPECT_FALSE(circuit.begin_trial()) << "one tries it";
  EXPECT_EQ(circuit.outage(kNow + 5s), 5s) << "not over yet";
  circuit.succeeded(kNow + 5s);
  EXPECT_EQ(circuit.state(), State::closed);
  EXPECT_EQ(circuit.outage(kNow + 60s), 0s);
  EXPECT_EQ(circuit.outages(), 1u);
}

Circuit& closed(Circuit& circuit) {
  circuit.available(kNow);
  circuit.begin_trial();
  circuit.succeeded(kNow);
  return circuit;
}

TEST(Circuit, AnOutageLastsThroughFailedTrials) {
  Circuit circuit(kNow);
  closed(circuit);
  circuit.lost(kNow + 10s, "test");
  circuit.lost(kNow + 11s, "test");
  EXPECT_EQ(circuit.outages(), 2u);
  EXPECT_EQ(circuit.outage(kNow + 12s), 2s);
  for (int i = 0; i < 3; ++i) {
    circuit.available(kNow + 13s);
    EXPECT_TRUE(circuit.begin_trial());
    circuit.lost(kNow + 14s, "test");
    EXPECT_EQ(circuit.state(), State::open);
  }
  EXPECT_EQ(circuit.epoch(), 4u);
  EXPECT_EQ(circuit.outages(), 2u);
  EXPECT_EQ(circuit.outage(kNow + 15s), 5s);
}

TEST(Circuit, AnotherPrimaryIsAnEpochAndAnOutageOfItsOwn) {
  Circuit circuit(kNow);
  closed(circuit);
  circuit.available(kNow + 10s);
  EXPECT_EQ(circuit.state(), State::half_open);
  EXPECT_EQ(circuit.epoch(), 2u);
  EXPECT_EQ(circuit.outages(), 2u);
  EXPECT_EQ(circuit.outage(kNow + 11s), 1s);
}

TEST(Circuit, CountsHowLongItWasAway) {
  Circuit circuit(kNow - 5s);
  EXPECT_EQ(circuit.away(kNow - 2s), 3s) << "the present outage too";
  closed(circuit);
  EXPECT_EQ(circuit.away(kNow + 60s), 5s);
  circuit.lost(kNow + 60s, "test");
  EXPECT_EQ(circuit.away(kNow + 61s), 6s);
  circuit.available(kNow + 62s);
  EXPECT_TRUE(circuit.begin_trial());
  circuit.succeeded(kNow + 64s);
  EXPECT_EQ(circuit.away(kNow + 90s), 9s);
}

TEST(Circuit, TellsEachOutageInTwoLines) {
  log::testing::CapturedLog log;
  Circuit circuit(kNow);
  const auto lines = [&] { return std::ranges::count(log.take(), '\n'); };
  closed(circuit);
  EXPECT_EQ(lines(), 1) << "the first is the start";
  circuit.lost(kNow, "test");
  circuit.lost(kNow, "test");
  circuit.available(kNow);
  circuit.begin_trial();
  circuit.lost(kNow, "test");
  closed(circuit);
  EXPECT_EQ(lines(), 2);
  circuit.available(kNow);  // and nobody has noticed a loss
  circuit.available(kNow);
  circuit.begin_trial();
  circuit.succeeded(kNow);
  circuit.succeeded(kNow);
  EXPECT_EQ(lines(), 2);
}

TEST(Circuit, ATrialWithNothingToTryIsGivenBack) {
  Circuit circuit(kNow);
  circuit.available(kNow);
  EXPECT_TRUE(circuit.begin_trial());
  circuit.end_trial();
  EXPECT_EQ(circuit.state(), State::half_open);
  EXPECT_TRUE(circuit.begin_trial());
  circuit.succeeded(kNow);
  circuit.end_trial();
  EXPECT_EQ(circuit.state(), State::closed);
}

TEST(Circuit, SuccessOutsideATrialChangesNothing) {
  Circuit circuit(kNow);
  circuit.succeeded(kNow);
  EXPECT_EQ(circuit.state(), State::open);
  circuit.available(kNow);
  circuit.succeeded(kNow);
  EXPECT_EQ(circuit.state(), State::half_open);
}

TEST(Circuit, ThreadsSeeOneTrial) {
  for (int round = 0; round < 50; ++round) {
    Circuit circuit(kNow);
    circuit.available(kNow);
    std::atomic<int> tried{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { tried += circuit.begin_trial(); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(tried.load(), 1);
  }
}

TEST(FailureRate, FiveTimeoutsInARowSayThatItIsGone) {
  FailureRate rate;
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(rate.note_failure(kNow, true));
  rate.note_success(kNow);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(rate.note_failure(kNow + i * 10s, true));
  EXPECT_TRUE(rate.note_failure(kNow + 60s, true));
  rate.clear();
  EXPECT_FALSE(rate.note_failure(kNow + 60s, true));
}

TEST(FailureRate, MoreThanHalfOfTwentyInASecondSayThatItIsGone) {
  FailureRate rate;
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(rate.note_failure(kNow, false)) << i;
    rate.note_success(kNow);
  }
  EXPECT_TRUE(rate.note_failure(kNow + 999ms, false)) << "11 of 21";
}

TEST(FailureRate, FailuresOfAnotherSecondAreForgotten) {
  FailureRate rate;
  for (int i = 0; i < 19; ++i) EXPECT_FALSE(rate.note_failure(kNow, false));
  for (int i = 0; i < 19; ++i) EXPECT_FALSE(rate.note_failure(kNow + 1s, false));
  EXPECT_TRUE(rate.note_failure(kNow + 1s, false));
}

}  // namespace
}  // namespace perigee::counters
