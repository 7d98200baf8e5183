// Names of several workers: one query for all, waits that end, limits.
#include <thread>

#include "tests/net/support/names_world.hpp"

namespace perigee::net {
namespace {

using namespace testing;
using ::testing::ElementsAre;

TEST_F(NamesTest, ConcurrentQuestionsAreOneQuery) {
  server_.set("api.example", {.silent = true});
  start();
  Reactor second_worker(clock_);
  Names second(second_worker, *resolver_);
  std::vector<std::unique_ptr<Asking>> asking;
  for (int i = 0; i < 10; ++i) {
    asking.push_back(std::make_unique<Asking>(names_->resolve("api.example", 80)));
    asking.push_back(std::make_unique<Asking>(second.resolve("API.example", 81)));
  }
  EXPECT_TRUE(turn_both([&] { return server_.asked("api.example") == 1; }));
  second_worker.turn(0ms);
  settle_both();
  EXPECT_EQ(resolver_->stats().queries, 1u);
  advance(10s);
  second_worker.turn(0ms);
  for (auto& one : asking) {
    ASSERT_TRUE(one->done());
    EXPECT_EQ(one->value().error().code, ErrorCode::timed_out);
  }
}

TEST_F(NamesTest, ACancelledWaitDisturbsNobody) {
  server_.set("api.example", {.a = {{"10.0.0.1"}}});
  start();
  Asking first(names_->resolve("api.example", 80)), second(names_->resolve("api.example", 80));
  auto third = std::make_unique<Asking>(names_->resolve("api.example", 80));
  first.scope().cancel(Error(ErrorCode::client_gone, "left"));
  ASSERT_TRUE(first.done());
  EXPECT_EQ(first.value().error().code, ErrorCode::client_gone);
  third.reset();
  EXPECT_TRUE(turn_both([&] { return second.done(); }));
  EXPECT_THAT(texts(second.value()), ElementsAre("10.0.0.1:80"));
}

TEST_F(NamesTest, AWaiterMayDestroyTheOthersAndAskAgain) {
  server_.set("api.example", {.a = {{"10.0.0.1"}}});
  start();
  std::vector<std::unique_ptr<Asking>> others;
  bool done = false;
  auto flow = [&]() -> Async<Result<Addresses>> {
    auto answer = co_await names_->resolve("api.example", 80);
    others.clear();
    names_.reset();
    done = true;
    co_return answer;
  };
  for (int i = 0; i < 3; ++i) {
    others.push_back(std::make_unique<Asking>(names_->resolve("api.example", 80)));
  }
  Asking killer(flow());  // asked last, resumed first
  EXPECT_TRUE(turn_both([&] { return done; }));
  EXPECT_THAT(texts(killer.value()), ElementsAre("10.0.0.1:80"));
}

TEST_F(NamesTest, EndsWaitsWhenItIsDestroyed) {
  server_.set("api.example", {.silent = true});
  start();
  Asking asking(names_->resolve("api.example", 80));
  EXPECT_TRUE(turn_both([&] { return server_.asked("api.example") == 1; }));
  names_.reset();
  ASSERT_TRUE(asking.done());
  EXPECT_EQ(asking.value().error().code, ErrorCode::cancelled);
  advance(10s);  // the answer finds nobody
}

TEST_F(NamesTest, OutlivesTheResolver) {
  server_.set("api.example", {.silent = true});
  start();
  Asking asking(names_->resolve("api.example", 80));
  EXPECT_TRUE(turn_both([&] { return server_.asked("api.example") == 1; }));
  resolver_.reset();
  EXPECT_EQ(ops_.sources(), 0u);
  EXPECT_EQ(ask("other.example").error().code, ErrorCode::limit);
  advance(15s);
  ASSERT_TRUE(asking.done());
  EXPECT_EQ(asking.value().error().code, ErrorCode::timed_out);
}

TEST_F(NamesTest, ForgetsTheLeastRecentlyAskedName) {
  for (const char* name : {"a.example", "b.example", "c.example"}) {
    server_.set(name, {.a = {{"10.0.0.1", 3600}}});
  }
  auto with = options();
  with.entries_max = 2;
  start(with);
  // Each question comes from a new worker, so that it reaches the resolver.
  auto ask_anew = [&](const char* name) {
    names_ = std::make_unique<Names>(worker_, *resolver_);
    EXPECT_TRUE(ask(name));
  };
  for (const char* name : {"a.example", "b.example", "a.example", "c.example", "a.example"}) {
    ask_anew(name);
  }
  EXPECT_EQ(resolver_->stats().entries, 2u);
  EXPECT_EQ(server_.asked("a.example"), 1);
  ask_anew("b.example");
  EXPECT_EQ(server_.asked("b.example"), 2);
}

TEST_F(NamesTest, RefusesMoreNamesThanItsLimit) {
  auto with = options();
  with.entries_max = 2;
  start(with);
  std::vector<std::unique_ptr<Asking>> asking;
  for (const std::string name : {"a.example", "b.example"}) {
    server_.set(name, {.silent = true});
    asking.push_back(std::make_unique<Asking>(names_->resolve(name, 80)));
  }
  const Result<Addresses> third = ask("c.example");
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::limit);
  advance(10s);
}

TEST_F(NamesTest, AWorkersCacheIsBounded) {
  start();
  for (int i = 0; i < 3000; ++i) {
    const std::string ip = "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    EXPECT_EQ(texts(names_->resolve(ip, 80).take()).front(), ip + ":80");
  }
}

TEST_F(NamesTest, WorkersOnTheirOwnThreads) {
  constexpr int kNames = 40, kRounds = 5;
  for (int i = 0; i < kNames; ++i) {
    server_.set("n" + std::to_string(i) + ".example", {.a = {{"10.0.0." + std::to_string(i), 0}}});
  }
  SystemClock real;
  Reactor ops(real);
  auto with = options();
  with.ttl_min = 1ms;
  auto resolver = std::make_unique<Resolver>(ops, with);
  std::thread ops_thread([&] { ops.run(); });
  std::atomic<int> good{0};
  std::vector<std::thread> workers;
  for (int w = 0; w < 3; ++w) {
    workers.emplace_back([&] {
      Reactor worker(real);
      Names names(worker, *resolver);
      auto flow = [&](int first) -> Async<void> {
        for (int i = 0; i < kNames * kRounds; ++i) {
          const int n = (first + i) % kNames;
          auto answer = co_await names.resolve("n" + std::to_string(n) + ".example", 80);
          if (answer && (**answer)[0].text() == "10.0.0." + std::to_string(n) + ":80") ++good;
        }
      };
      Task tasks[3];
      for (int i = 0; i < 3; ++i) tasks[i].start(flow(i * 7));
      EXPECT_TRUE(turn_until(worker, [&] {
        return !tasks[0].running() && !tasks[1].running() && !tasks[2].running();
      }));
      // One more is asked and not waited for.
      Task left;
      left.start(flow(0));
    });
  }
  for (std::thread& worker : workers) worker.join();
  ops.stop();
  ops_thread.join();
  resolver.reset();
  EXPECT_GE(good, 3 * 3 * kNames * kRounds);
}

}  // namespace
}  // namespace perigee::net
