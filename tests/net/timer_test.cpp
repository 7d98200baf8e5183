#include "net/timer.hpp"

#include <deque>
#include <map>
#include <memory>
#include <random>

namespace perigee::net {
namespace {

// A wheel, a clock, and the names of the timers that fired, in order.
class Timers : public ::testing::Test {
 protected:
  struct Named {
    Named(Timers& owner, std::string n)
        : test(owner), name(std::move(n)), timer(&Named::fire, this) {}
    static void fire(void* self) {
      auto& named = *static_cast<Named*>(self);
      EXPECT_LE(named.timer.deadline(), named.test.clock.now()) << "fired early";
      EXPECT_FALSE(named.timer.armed());
      named.test.fired.push_back(named.name);
      if (named.then) std::exchange(named.then, nullptr)();
    }
    Timers& test;
    std::string name;
    Timer timer;
    std::function<void()> then;
  };
  Named& make(std::string name) { return named.emplace_back(*this, std::move(name)); }
  Named& arm(std::string name, Duration after) {
    Named& timer = make(std::move(name));
    wheel.arm(timer.timer, clock.now() + after);
    return timer;
  }
  void advance(Duration by) {
    clock.advance(by);
    wheel.run_until(clock.now());
  }

  FakeClock clock;
  TimerWheel wheel{clock.now()};
  std::vector<std::string> fired;
  std::deque<Named> named;
};

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(Timers, FireAtTheirInstantAndNotEarlier) {
  arm("a", 10ms);
  advance(10ms - 1ns);
  EXPECT_THAT(fired, IsEmpty());
  advance(1ns);
  EXPECT_THAT(fired, ElementsAre("a"));
  EXPECT_EQ(wheel.armed(), 0u);
  EXPECT_EQ(wheel.next(), kNever);
}

TEST_F(Timers, FireInDeadlineOrderWithinOneTick) {
  arm("c", 5ms + 900us);
  arm("a", 5ms + 100us);
  arm("b", 5ms + 500us);
  advance(5ms + 600us);
  EXPECT_THAT(fired, ElementsAre("a", "b"));
  advance(1ms);
  EXPECT_THAT(fired, ElementsAre("a", "b", "c"));
}

TEST_F(Timers, OfEqualDeadlinesFireTheFirstArmedFirst) {
  arm("a", 5ms);
  arm("b", 5ms);
  arm("c", 5ms);
  advance(5ms);
  EXPECT_THAT(fired, ElementsAre("a", "b", "c"));
}

TEST_F(Timers, FireInDeadlineOrderAcrossRotationsInOneRun) {
  // The same slot, one rotation apart, with another one between.
  arm("third", 2048ms);
  arm("first", 1024ms);
  arm("second", 1500ms);
  advance(1h);
  EXPECT_THAT(fired, ElementsAre("first", "second", "third"));
}

TEST_F(Timers, FarDeadlinesStayForLaterRotations) {
  arm("near", 3ms);
  arm("far", 10h + 3ms);
  advance(3ms);
  EXPECT_THAT(fired, ElementsAre("near"));
  for (int i = 0; i < 5000; ++i) advance(1ms);
  EXPECT_THAT(fired, ElementsAre("near"));
  advance(10h);
  EXPECT_THAT(fired, ElementsAre("near", "far"));
}

TEST_F(Timers, AnInstantThatHasPassedFiresInTheNextRun) {
  advance(5s);
  arm("past", -2s);
  wheel.run_until(clock.now());
  EXPECT_THAT(fired, ElementsAre("past"));
}

TEST_F(Timers, ArmingAgainMovesTheDeadline) {
  Named& timer = arm("a", 5ms);
  wheel.arm(timer.timer, clock.now() + 9ms);
  EXPECT_EQ(wheel.armed(), 1u);
  advance(8ms);
  EXPECT_THAT(fired, IsEmpty());
  wheel.arm(timer.timer, clock.now() + 0ms);
  wheel.run_until(clock.now());
  EXPECT_THAT(fired, ElementsAre("a"));
}

TEST_F(Timers, DisarmedOnesDoNotFire) {
  Named& timer = arm("a", 5ms);
  arm("b", 5ms);
  timer.timer.disarm();
  timer.timer.disarm();
  advance(1s);
  EXPECT_THAT(fired, ElementsAre("b"));
}

TEST_F(Timers, ArmedByAFiringTimerForThePastFireInTheSameRunInOrder) {
  Named& late = make("late");
  Named& first = arm("first", 5ms + 100us);
  arm("second", 5ms + 800us);
  arm("third", 6ms);
  first.then = [&] { wheel.arm(late.timer, first.timer.deadline() + 200us); };
  advance(10ms);
  EXPECT_THAT(fired, ElementsAre("first", "late", "second", "third"));
}

TEST_F(Timers, ArmedByAFiringTimerForALaterTickOfThisRunFireInOrder) {
  Named& added = make("added");
  Named& first = arm("first", 5ms);
  arm("last", 9ms);
  first.then = [&] { wheel.arm(added.timer, first.timer.deadline() + 2ms); };
  advance(10ms);
  EXPECT_THAT(fired, ElementsAre("first", "added", "last"));
}

TEST_F(Timers, AFiringTimerMayArmItselfAgain) {
  Named& timer = arm("a", 1ms);
  timer.then = [&] { wheel.arm(timer.timer, clock.now() + 1ms); };
  advance(1ms);
  EXPECT_THAT(fired, ElementsAre("a"));
  EXPECT_TRUE(timer.timer.armed());
  advance(1ms);
  EXPECT_THAT(fired, ElementsAre("a", "a"));
}

TEST_F(Timers, AFiringTimerMayDestroyItself) {
  struct Owned {
    explicit Owned(bool& d) : destroyed(d), timer(&Owned::fire, this) {}
    ~Owned() { destroyed = true; }
    static void fire(void* self) { delete static_cast<Owned*>(self); }
    bool& destroyed;
    Timer timer;
  };
  bool destroyed = false;
  auto* owned = new Owned(destroyed);
  wheel.arm(owned->timer, clock.now() + 1ms);
  advance(1ms);
  EXPECT_TRUE(destroyed);
  EXPECT_EQ(wheel.armed(), 0u);
}

TEST_F(Timers, AFiringTimerMayDisarmOthersThatAreDueToo) {
  Named& killer = arm("killer", 5ms);
  Named& same_tick = arm("same tick", 5ms + 1us);
  Named& later_tick = arm("later tick", 6ms);
  arm("survivor", 7ms);
  killer.then = [&] {
    same_tick.timer.disarm();
    later_tick.timer.disarm();
  };
  advance(10ms);
  EXPECT_THAT(fired, ElementsAre("killer", "survivor"));
}

TEST_F(Timers, NextIsTheEarliestDeadline) {
  EXPECT_EQ(wheel.next(), kNever);
  arm("far", 60s);
  EXPECT_EQ(wheel.next(), clock.now() + 60s);
  arm("near", 7ms);
  EXPECT_EQ(wheel.next(), clock.now() + 7ms);
  advance(7ms);
  EXPECT_EQ(wheel.next(), clock.now() + 60s - 7ms);
}

TEST_F(Timers, ManyFarTimersDoNotWakeTheLoop) {
  for (int i = 0; i < 3000; ++i) arm("far", 60s + i * 1ms);
  EXPECT_EQ(wheel.next(), clock.now() + 60s);
}

TEST_F(Timers, NextIsCorrectedAfterADisarmedDeadlineHasPassed) {
  arm("near", 7ms).timer.disarm();
  arm("far", 60s);
  EXPECT_LE(wheel.next(), clock.now() + 60s);
  advance(7ms);
  EXPECT_EQ(wheel.next(), clock.now() + 60s - 7ms);
}

TEST_F(Timers, AWheelThatDiesDisarmsItsTimers) {
  auto other = std::make_unique<TimerWheel>(clock.now());
  Named& timer = make("a");
  other->arm(timer.timer, clock.now() + 1ms);
  other.reset();
  EXPECT_FALSE(timer.timer.armed());
}

// Random arming, disarming and jumps of time, against a sorted map.
TEST_F(Timers, AgreeWithASortedMap) {
  std::mt19937 random(4711);
  constexpr int kTimers = 200;
  struct Entry {
    Entry(std::vector<std::pair<Instant, int>>& f, int i)
        : log(f), id(i), timer(&Entry::fire, this) {}
    static void fire(void* self) {
      auto& entry = *static_cast<Entry*>(self);
      entry.log.emplace_back(entry.timer.deadline(), entry.id);
    }
    std::vector<std::pair<Instant, int>>& log;
    int id;
    Timer timer;
  };
  std::vector<std::pair<Instant, int>> log;
  std::deque<Entry> entries;
  for (int i = 0; i < kTimers; ++i) entries.emplace_back(log, i);
  std::map<int, Instant> expected;
  const std::vector<Duration> spans = {1us, 1ms, 50ms, 3s, 90s};
  for (int step = 0; step < 20000; ++step) {
    Entry& entry = entries[random() % kTimers];
    const Duration span = spans[random() % spans.size()];
    const Duration part =
        Duration(static_cast<std::int64_t>(random() % 1000000) * span.count() / 1000000);
    switch (random() % 4) {
      case 0:
      case 1:
        wheel.arm(entry.timer, clock.now() + part);
        expected[entry.id] = clock.now() + part;
        break;
      case 2:
        entry.timer.disarm();
        expected.erase(entry.id);
        break;
      default: {
        log.clear();
        advance(part);
        std::multimap<Instant, int> due;
        for (auto [id, deadline] : expected) {
          if (deadline <= clock.now()) due.emplace(deadline, id);
        }
        ASSERT_EQ(log.size(), due.size()) << "step " << step;
        for (std::size_t i = 0; i < log.size(); ++i) {
          ASSERT_EQ(expected[log[i].second], log[i].first);
          if (i > 0) {
            ASSERT_LE(log[i - 1].first, log[i].first) << "step " << step;
          }
        }
        for (auto [deadline, id] : due) expected.erase(id);
        Instant earliest = kNever;
        for (auto [id, deadline] : expected) earliest = std::min(earliest, deadline);
        ASSERT_LE(wheel.next(), earliest) << "step " << step;
        ASSERT_GT(wheel.next(), clock.now());
      }
    }
    ASSERT_EQ(wheel.armed(), expected.size());
  }
}

}  // namespace
}  // namespace perigee::net
