// What who counts learns while a real Redis fails, moves and comes back.
#include <thread>

#include "tests/redis_counts/support/counting.hpp"

namespace perigee::redis_counts {
namespace {

using namespace testing;
using State = counters::Circuit::State;

class Away : public Counting {
 protected:
  bool until_state(Gateway& gateway, State state) {
    return until([&] { return gateway.shared.circuit().state() == state; });
  }
  // Asks until the store has answered again.
  bool until_it_counts(Gateway& gateway, std::string_view key, std::uint64_t limit) {
    return until([&] {
      static_cast<void>(add(gateway, key, limit));
      return gateway.shared.circuit().state() == State::closed;
    });
  }
};

TEST_F(Away, AtFirstThenThere) {
  const std::uint16_t port = redis::testing::free_port("127.0.0.1");
  Gateway& gateway = open({.standalone = {"127.0.0.1", port}});
  const auto alone = add(gateway, "k", 2);
  ASSERT_TRUE(alone) << "nobody waits for it";
  EXPECT_EQ(alone->outcome, counters::Outcome::counted);
  EXPECT_EQ(alone->value, 1U);
  EXPECT_EQ(gateway.shared.tally().admitted_alone.load(), 1U);
  const RedisServer server({}, "127.0.0.1", port);
  const auto state = [&] { return gateway.shared.circuit().state(); };
  ASSERT_TRUE(until([&] { return state() != State::open; })) << gateway.directory.state().problem;
  const auto shared = add(gateway, "k", 2);
  EXPECT_EQ(shared->value, 2U) << "it takes along what was admitted alone";
  // Whether this one or what was not told yet was the trial.
  EXPECT_TRUE(until(
      [&] { return state() == State::closed && server.cli("HGET ratelimit:k counter") == "2"; }));
}

// A worker without a connection must not spoil the others' trial.
TEST_F(Away, OnlyForTheWorkerThatHasNoConnection) {
  const RedisServer server;
  Gateway& gateway = open_connected(options_of(server));
  redis::Directory nowhere(reactor_,
                           {.standalone = {"127.0.0.1", redis::testing::free_port("127.0.0.1")}});
  RedisStore lonely_store(reactor_, nowhere, gateway.primary);
  counters::Remote lonely(reactor_, lonely_store, gateway.shared);
  ASSERT_EQ(gateway.shared.circuit().state(), State::half_open);
  const auto alone = ended(lonely.add({.key = "k", .limit = 9, .reset_ms = now_ms() + 60'000}));
  EXPECT_EQ(alone->value, 1U);
  EXPECT_EQ(gateway.shared.circuit().state(), State::half_open);
  EXPECT_EQ(add(gateway, "k", 9)->value, 2U);
  EXPECT_EQ(gateway.shared.circuit().state(), State::closed);
  EXPECT_EQ(ended(lonely.add({.key = "k", .limit = 9, .reset_ms = now_ms() + 60'000}))->value, 3U);
  EXPECT_EQ(gateway.shared.circuit().state(), State::closed);
}

TEST_F(Away, BecauseItWasRestartedEmpty) {
  RedisServer server;
  Gateway& gateway = open_connected(options_of(server));
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(add(gateway, "k", 10)->value, std::uint64_t(i));
  server.kill();
  ASSERT_TRUE(until_state(gateway, State::open));
  const auto alone = add(gateway, "k", 10);
  EXPECT_EQ(alone->value, 4U);
  server.start();
  ASSERT_TRUE(until_it_counts(gateway, "other", 10));
  EXPECT_EQ(add(gateway, "k", 10)->value, 5U) << "raised to what was seen";
  EXPECT_EQ(server.cli("HGET ratelimit:k counter"), "5");
}

struct Refusal {
  std::string name, set, unset;
};
void PrintTo(const Refusal& row, std::ostream* out) { *out << row.name; }
class AwayThoughConnected : public Away, public ::testing::WithParamInterface<Refusal> {};
INSTANTIATE_TEST_SUITE_P(
    Table, AwayThoughConnected,
    ::testing::Values(Refusal{"NoReplicas", "CONFIG SET min-replicas-to-write 1",
                              "CONFIG SET min-replicas-to-write 0"},
                      Refusal{"OutOfMemory", "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"},
                      Refusal{"Demoted", "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"}),
    [](const auto& it) { return it.param.name; });

TEST_P(AwayThoughConnected, UntilItTakesWritesAgain) {
  const RedisServer server;
  Gateway& gateway = open_connected(options_of(server));
  EXPECT_EQ(add(gateway, "k", 100)->value, 1U);
  server.cli(GetParam().set);
  ASSERT_TRUE(until([&] {
    const auto count = add(gateway, "k", 100);
    EXPECT_TRUE(count && count->outcome == counters::Outcome::counted) << "never a failure";
    return gateway.shared.circuit().state() != State::closed;
  }));
  server.cli(GetParam().unset);
  ASSERT_TRUE(until_it_counts(gateway, "k", 100));
  const auto count = add(gateway, "k", 100);
  EXPECT_EQ(server.cli("HGET ratelimit:k counter"), std::to_string(count->value));
}

// Five operations in a row without an answer in time, on a connection that stays.
TEST_F(Away, WhileItIsTooSlow) {
  redis::Options options;
  RedisServer server;
  options = options_of(server);
  options.reply_age_max = 10min;  // it is not given up
  Gateway& gateway = open_connected(options, {.timeout = 10ms});
  EXPECT_EQ(add(gateway, "k", 100)->value, 1U);
  server.stop();
  ASSERT_TRUE(until([&] {
    const auto count = add(gateway, "k", 100);
    EXPECT_TRUE(count && count->outcome == counters::Outcome::counted);
    return gateway.shared.circuit().state() == State::open;
  }));
  server.resume();
  EXPECT_TRUE(until_it_counts(gateway, "k", 100)) << "it is asked whether it answers";
  EXPECT_TRUE(gateway.store.link().connected());
}

// Sentinels elect another primary; the old one is killed. Two gateways, each with its own view.
TEST_F(Away, WhileAnotherPrimaryIsElected) {
  const RedisHa ha;
  const counters::SharedCounts::Options alone{.timeout = kOperationMax, .nodes = 2};
  Gateway& first = open_connected(options_of(ha), alone);
  Gateway& second = open_connected(options_of(ha), alone);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(add(first, "k", 1000));
    ASSERT_TRUE(add(second, "k", 1000));
  }
  std::uint64_t admitted = 20;
  std::thread killer([&] { ha("kill-primary"); });
  const auto ask_both = [&] {
    for (Gateway* gateway : {&first, &second}) {
      const auto count = add(*gateway, "k", 1000);
      ASSERT_TRUE(count && count->outcome == counters::Outcome::counted);
      admitted += count->value <= 1000 ? 1 : 0;
    }
  };
  const std::string old = first.directory.state().primary->text();
  EXPECT_TRUE(until([&] {
    ask_both();
    pass(5ms);
    const auto primary = first.directory.state().primary;
    return primary->text() != old && first.shared.circuit().state() == State::closed &&
           second.shared.circuit().state() == State::closed;
  }));
  killer.join();
  ask_both();
  ask_both();
  EXPECT_GT(first.shared.tally().admitted_alone.load(), 0U);
  // Sentinels name the new primary later than gateways count there.
  EXPECT_TRUE(until([&] { return ha.primary() == first.directory.state().primary->text(); }));
  const std::string counter = ha("cli HGET ratelimit:k counter");
  EXPECT_GE(std::stoull("0" + counter), 20U + 4U) << counter;
  EXPECT_LE(admitted, 1000U + 1U) << "the limit, and one for each further gateway";
}

}  // namespace
}  // namespace perigee::redis_counts
