#include "net/reactor.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "tests/net/support/loop.hpp"

namespace perigee::net {
namespace {

using testing::Running;

class ReactorTest : public testing::DescriptorsComeBack {
 protected:
  FakeClock clock;
};

// A descriptor that is readable from the start, and what to do when told so.
class Readable final : public Source {
 public:
  explicit Readable(Reactor& reactor, Reactor::Brings brings = Reactor::Brings::requests)
      : reactor_(reactor), fd_(::eventfd(1, EFD_NONBLOCK)) {
    EXPECT_TRUE(reactor_.add(fd_, *this, brings));
  }
  ~Readable() {
    reactor_.remove(fd_, *this);
    ::close(fd_);
  }
  void on_events(std::uint32_t events) override {
    ++calls;
    last_events = events;
    if (then) then();
  }
  int calls = 0;
  std::uint32_t last_events = 0;
  std::function<void()> then;

 private:
  Reactor& reactor_;
  int fd_;
};

TEST_F(ReactorTest, TellsAnEdgeOnce) {
  Reactor reactor(clock);
  Readable source(reactor);
  reactor.turn(1s);
  EXPECT_EQ(source.calls, 1);
  EXPECT_TRUE(source.last_events & EPOLLIN);
  testing::settle(reactor);
  EXPECT_EQ(source.calls, 1);
}

TEST_F(ReactorTest, AnswersComeBeforeRequestsInEachTurn) {
  using enum Reactor::Brings;
  Reactor reactor(clock);
  std::vector<Reactor::Brings> told;
  std::vector<std::unique_ptr<Readable>> sources;
  for (Reactor::Brings brings : {requests, answers, requests, answers, answers, requests}) {
    sources.push_back(std::make_unique<Readable>(reactor, brings));
    sources.back()->then = [&told, brings] { told.push_back(brings); };
  }
  reactor.turn(1s);
  EXPECT_EQ(told, (std::vector{answers, answers, answers, requests, requests, requests}));
}

TEST_F(ReactorTest, AnAnswerMayRemoveARequestOfTheSameTurn) {
  Reactor reactor(clock);
  auto request = std::make_unique<Readable>(reactor);
  Readable answer(reactor, Reactor::Brings::answers);
  request->then = [] { ADD_FAILURE() << "it was removed"; };
  answer.then = [&] { request.reset(); };
  reactor.turn(1s);
  EXPECT_EQ(answer.calls, 1);
  EXPECT_EQ(reactor.sources(), 1u);
}

TEST_F(ReactorTest, DropsTheEventsOfASourceRemovedInTheSameTurn) {
  Reactor reactor(clock);
  auto first = std::make_unique<Readable>(reactor), second = std::make_unique<Readable>(reactor);
  int calls = 0;
  // Whichever is told first destroys the other.
  first->then = [&] { ++calls, second.reset(); };
  second->then = [&] { ++calls, first.reset(); };
  reactor.turn(1s);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(reactor.sources(), 1u);
}

TEST_F(ReactorTest, ASourceMayDestroyItself) {
  Reactor reactor(clock);
  auto source = std::make_unique<Readable>(reactor);
  source->then = [&] { source.reset(); };
  reactor.turn(1s);
  EXPECT_FALSE(source);
  EXPECT_EQ(reactor.sources(), 0u);
}

TEST_F(ReactorTest, AgainCallsInTheNextTurn) {
  Reactor reactor(clock);
  Readable source(reactor);
  source.then = [&] {
    if (source.calls < 3) reactor.again(source);
  };
  reactor.turn(1s);
  EXPECT_EQ(source.calls, 1);
  reactor.turn(1h);  // does not wait
  EXPECT_EQ(source.calls, 2);
  reactor.turn(1h);
  EXPECT_EQ(source.calls, 3);
  EXPECT_EQ(source.last_events, 0u);
}

TEST_F(ReactorTest, RemovingForgetsAgain) {
  Reactor reactor(clock);
  auto first = std::make_unique<Readable>(reactor), second = std::make_unique<Readable>(reactor);
  reactor.turn(1s);
  reactor.again(*first);
  reactor.again(*second);
  first->then = [&] { second.reset(); };
  reactor.turn(1s);
  EXPECT_EQ(first->calls, 2);
  EXPECT_FALSE(second);
}

TEST_F(ReactorTest, RunsDeferredWorkAtTheEndOfTheTurn) {
  Reactor reactor(clock);
  std::vector<std::string> order;
  Readable source(reactor);
  Timer timer([](void* o) { static_cast<std::vector<std::string>*>(o)->push_back("timer"); },
              &order);
  reactor.timers().arm(timer, clock.now());
  source.then = [&] {
    reactor.defer([&] { order.push_back("deferred"); });
    order.push_back("event");
  };
  EXPECT_TRUE(reactor.post([&] { order.push_back("mail"); }));
  reactor.turn(1s);
  EXPECT_THAT(order, ::testing::ElementsAre("event", "timer", "mail", "deferred"));
}

TEST_F(ReactorTest, RunsWhatWasDeferredByDeferredWorkInTheNextTurn) {
  Reactor reactor(clock);
  int ran = 0;
  reactor.defer([&] { reactor.defer([&] { ++ran; }); });
  reactor.turn(1h);
  EXPECT_EQ(ran, 0);
  reactor.turn(1h);
  EXPECT_EQ(ran, 1);
}

TEST_F(ReactorTest, RunsDeferredWorkBeforeItDies) {
  bool ran = false;
  {
    Reactor reactor(clock);
    reactor.defer([&] { ran = true; });
  }
  EXPECT_TRUE(ran);
}

TEST_F(ReactorTest, ReadsTheClockOncePerTurn) {
  Reactor reactor(clock);
  const Instant before = reactor.now();
  clock.advance(3s);
  EXPECT_EQ(reactor.now(), before);
  reactor.turn(0ms);
  EXPECT_EQ(reactor.now(), before + 3s);
  EXPECT_EQ(reactor.wall(), clock.wall());
}

TEST_F(ReactorTest, RefusesMailBeyondItsLimit) {
  Reactor reactor(clock, {.mailbox_max = 2});
  int ran = 0;
  EXPECT_TRUE(reactor.post([&] { ++ran; }));
  EXPECT_TRUE(reactor.post([&] { ++ran; }));
  EXPECT_FALSE(reactor.post([&] { ++ran; }));
  reactor.turn(1h);  // does not wait: there is mail
  EXPECT_EQ(ran, 2);
  EXPECT_TRUE(reactor.post([&] { ++ran; }));
}

TEST_F(ReactorTest, RunsMailPostedByMailInALaterTurn) {
  Reactor reactor(clock);
  int ran = 0;
  reactor.post([&] { reactor.post([&] { ++ran; }); });
  reactor.turn(1h);
  EXPECT_EQ(ran, 0);
  reactor.turn(1h);
  EXPECT_EQ(ran, 1);
}

TEST_F(ReactorTest, TakesMailFromManyThreadsInTheOrderOfEach) {
  SystemClock system;
  Reactor reactor(system);
  constexpr int kThreads = 4, kEach = 2000;
  std::vector<int> seen(kThreads, 0);  // touched by the loop's thread only
  int ran = 0;
  std::thread loop([&] { reactor.run(); });
  std::vector<std::thread> posters;
  for (int t = 0; t < kThreads; ++t) {
    posters.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        EXPECT_TRUE(reactor.post([&, t, i] {
          EXPECT_EQ(seen[t]++, i);
          if (++ran == kThreads * kEach) reactor.stop();
        }));
      }
    });
  }
  for (auto& poster : posters) poster.join();
  loop.join();
  EXPECT_EQ(ran, kThreads * kEach);
}

// Each round finds the loop asleep or falling asleep; a lost wake-up would hang the test.
TEST_F(ReactorTest, MailWakesASleepingLoop) {
  SystemClock system;
  Reactor reactor(system);
  std::thread loop([&] { reactor.run(); });
  for (int i = 0; i < 2000; ++i) {
    std::promise<void> ran;
    ASSERT_TRUE(reactor.post([&] { ran.set_value(); }));
    ran.get_future().wait();
  }
  reactor.stop();
  loop.join();
}

TEST_F(ReactorTest, StopBeforeRunEndsItAtOnceAndItRunsAgain) {
  SystemClock system;
  Reactor reactor(system);
  reactor.stop();
  reactor.run();
  EXPECT_EQ(reactor.turns(), 0u);
  Timer timer([](void* r) { static_cast<Reactor*>(r)->stop(); }, &reactor);
  const Instant deadline = system.now() + 5ms;
  reactor.timers().arm(timer, deadline);
  reactor.run();
  EXPECT_GE(system.now(), deadline);
  EXPECT_LE(reactor.turns(), 4u);  // it slept until the timer
}

TEST_F(ReactorTest, SleepEndsAtItsInstant) {
  Reactor reactor(clock);
  Running<Result<void>> sleeping(sleep_for(reactor, 10ms));
  clock.advance(9ms);
  reactor.turn(0ms);
  EXPECT_FALSE(sleeping.done());
  clock.advance(1ms);
  reactor.turn(0ms);
  ASSERT_TRUE(sleeping.done());
  EXPECT_TRUE(sleeping.value());
}

TEST_F(ReactorTest, SleepWithoutDurationIsHere) {
  Reactor reactor(clock);
  EXPECT_TRUE(sleep_for(reactor, 0ms).here());
}

TEST_F(ReactorTest, SleepEndsWithItsScope) {
  Reactor reactor(clock);
  Running<Result<void>> sleeping(sleep_for(reactor, Duration::max()));
  sleeping.scope().cancel(Error(ErrorCode::client_gone, "gone"));
  ASSERT_TRUE(sleeping.done());
  EXPECT_EQ(sleeping.value().error().code, ErrorCode::client_gone);
  EXPECT_EQ(reactor.timers().armed(), 0u);
}

TEST_F(ReactorTest, DestroyingASleepingFlowDisarmsItsTimer) {
  Reactor reactor(clock);
  const std::size_t frames = FrameRecycler::alive();
  {
    Running<Result<void>> sleeping(sleep_for(reactor, 1h));
    EXPECT_EQ(reactor.timers().armed(), 1u);
  }
  EXPECT_EQ(reactor.timers().armed(), 0u);
  EXPECT_EQ(FrameRecycler::alive(), frames);
}

struct Steps {
  Result<void> slow, next;
  bool passed = false;
};

Async<Steps> two_steps(Reactor& reactor, Duration limit) {
  Steps steps;
  {
    this_scope scope;
    Deadline deadline(reactor, co_await scope, limit, ErrorCode::read_timed_out, "too slow",
                      Fault::upstream);
    steps.slow = co_await sleep_for(reactor, 10s);
    steps.passed = deadline.passed();
  }
  steps.next = co_await sleep_for(reactor, 10s);
  co_return steps;
}

TEST_F(ReactorTest, ADeadlineEndsTheWaitOfItsStepOnly) {
  Reactor reactor(clock);
  Running<Steps> flow(two_steps(reactor, 2s));
  for (int i = 0; i < 20; ++i) {
    clock.advance(1s);
    reactor.turn(0ms);
  }
  ASSERT_TRUE(flow.done());
  ASSERT_FALSE(flow.value().slow);
  EXPECT_EQ(flow.value().slow.error().code, ErrorCode::read_timed_out);
  EXPECT_EQ(flow.value().slow.error().message, "too slow");
  EXPECT_EQ(flow.value().slow.error().fault, Fault::upstream);
  EXPECT_TRUE(flow.value().passed);
  EXPECT_TRUE(flow.value().next);
}

TEST_F(ReactorTest, ADeadlineThatIsNotReachedLeavesNothingBehind) {
  Reactor reactor(clock);
  Running<Steps> flow(two_steps(reactor, Duration::max()));
  for (int i = 0; i < 20; ++i) {
    clock.advance(1s);
    reactor.turn(0ms);
  }
  ASSERT_TRUE(flow.done());
  EXPECT_TRUE(flow.value().slow);
  EXPECT_FALSE(flow.value().passed);
  EXPECT_EQ(reactor.timers().armed(), 0u);
}

TEST_F(ReactorTest, ADisarmedDeadlineDoesNotPass) {
  Reactor reactor(clock);
  Deadline deadline(reactor, nullptr, 1s, ErrorCode::timed_out, "", Fault::ours);
  deadline.disarm();
  clock.advance(2s);
  reactor.turn(0ms);
  EXPECT_FALSE(deadline.passed());
}

}  // namespace
}  // namespace perigee::net
