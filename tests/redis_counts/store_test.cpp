// The counts as they lie in a real Redis, beside gateways of the reference.
#include <random>

#include "redis_counts/node_registry.hpp"
#include "redis_counts/scripts.hpp"
#include "redis_counts/store_probe.hpp"
#include "tests/redis_counts/support/counting.hpp"

namespace perigee::redis_counts {
namespace {

using namespace testing;
using counters::Store;

class Counts : public Counting {
 protected:
  std::string hash(const std::string& key) const { return server_.cli("HGETALL " + key); }
  Store::Increment one(std::string_view key, std::int64_t reset_ms) const {
    return {.key = key, .weight = 1, .limit = 5, .reset_ms = reset_ms, .subscription = "sub"};
  }
  RedisServer server_;
  Gateway& gateway_ = open_connected(options_of(server_));
  const std::int64_t reset_ms_ = now_ms() + 60'000;
};

TEST_F(Counts, LieAsTheReferenceHasThem) {
  const auto first = increment(gateway_, one("plansub:rl", reset_ms_));
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->counter, 1U);
  EXPECT_EQ(first->reset_ms, reset_ms_);
  Store::Increment other = one("plansub:rl", reset_ms_ + 5000);
  other.weight = 3;
  other.limit = 9;
  other.subscription = "";
  const auto second = increment(gateway_, other);
  EXPECT_EQ(second->counter, 4U);
  EXPECT_EQ(second->reset_ms, reset_ms_) << "who creates the window says when it ends";
  EXPECT_EQ(hash("ratelimit:plansub:rl"),
            "counter\n4\nlimit\n5\nreset\n" + std::to_string(reset_ms_) + "\nsubscription\nsub");
  EXPECT_EQ(server_.cli("PEXPIRETIME ratelimit:plansub:rl"), std::to_string(reset_ms_));
  static_cast<void>(increment(gateway_, {.key = "k", .limit = 1, .reset_ms = reset_ms_}));
  EXPECT_EQ(hash("ratelimit:k"),
            "counter\n0\nlimit\n1\nreset\n" + std::to_string(reset_ms_) + "\nsubscription\nnull");
}

// What gateways of the reference send: up to 4.11 the weight is a second key, from 4.12 the first
// argument. Reply and effects are those of runtime.md 6.3.
std::string reference_call(bool is_old, const std::string& key, int weight, int limit,
                           std::int64_t reset_ms) {
  const std::string amount = is_old ? "KEYS[2]" : "ARGV[1]";
  const auto argument = [&](int n) { return "ARGV[" + std::to_string(n + (is_old ? 0 : 1)) + "]"; };
  const std::string script =
      "local old = redis.call('HEXISTS', KEYS[1], 'limit') "
      "redis.call('HINCRBY', KEYS[1], 'counter', " +
      amount +
      ") "
      "if old == 0 then redis.call('HMSET', KEYS[1], 'limit', " +
      argument(2) + ", 'reset', " + argument(3) + ", 'subscription', " + argument(4) +
      ") redis.call('PEXPIREAT', KEYS[1], " + argument(3) +
      ") end "
      "return redis.call('HMGET', KEYS[1], 'counter', 'limit', 'reset', 'subscription')";
  const std::string rest =
      "0 " + std::to_string(limit) + " " + std::to_string(reset_ms) + " theirs";
  return "EVAL \"" + script + "\" " + (is_old ? "2 " : "1 ") + key + " " + std::to_string(weight) +
         " " + rest;
}

TEST_F(Counts, AreSharedWithBothShapesOfTheReference) {
  for (const bool is_old : {true, false}) {
    const std::string key = is_old ? "old" : "new", whole = "ratelimit:" + key;
    const std::int64_t theirs_ms = reset_ms_ - 10'000;
    EXPECT_EQ(server_.cli(reference_call(is_old, whole, 2, 100, theirs_ms)),
              "2\n100\n" + std::to_string(theirs_ms) + "\ntheirs");
    const auto ours = increment(gateway_, one(key, reset_ms_));
    ASSERT_TRUE(ours) << ours.error().message;
    EXPECT_EQ(ours->counter, 3U);
    EXPECT_EQ(ours->reset_ms, theirs_ms);
    EXPECT_EQ(server_.cli(reference_call(!is_old, whole, 4, 7, reset_ms_)),
              "7\n100\n" + std::to_string(theirs_ms) + "\ntheirs");
    // The other way round: we create it.
    const std::string mine = key + "2";
    static_cast<void>(increment(gateway_, one(mine, reset_ms_)));
    EXPECT_EQ(server_.cli(reference_call(is_old, "ratelimit:" + mine, 1, 7, theirs_ms)),
              "2\n5\n" + std::to_string(reset_ms_) + "\nsub");
  }
}

TEST_F(Counts, OfAWindowThatIsOverAreNotKept) {
  const auto window = increment(gateway_, one("k", now_ms() - 1000));
  ASSERT_TRUE(window) << window.error().message;
  EXPECT_TRUE(window->ended);
  EXPECT_EQ(server_.cli("EXISTS ratelimit:k"), "0");
}

// redis-client.md 4.3
TEST_F(Counts, OfOneWindowAreNotKeptInTheNext) {
  Store::Increment late = one("k", reset_ms_);
  late.same_window = true;
  EXPECT_TRUE(increment(gateway_, late)->ended) << "there is none";
  EXPECT_EQ(hash("ratelimit:k"), "");
  ASSERT_TRUE(increment(gateway_, one("k", reset_ms_)));
  EXPECT_EQ(increment(gateway_, late)->counter, 2U);
  late.reset_ms -= 5000;
  EXPECT_TRUE(increment(gateway_, late)->ended);
  EXPECT_EQ(server_.cli("HGET ratelimit:k counter"), "2");
}

TEST_F(Counts, AreRaisedToAFloorOfTheSameWindow) {
  const auto touch = [&](std::string_view key, std::uint64_t weight, std::uint64_t floor,
                         std::int64_t reset_ms) {
    Store::Increment asked = one(key, reset_ms);
    asked.weight = weight;
    asked.floor = floor;
    const auto window = increment(gateway_, asked);
    return window ? window->counter : 0;
  };
  EXPECT_EQ(touch("k", 50, 0, reset_ms_), 50U);
  EXPECT_EQ(touch("k", 1, 80, reset_ms_), 81U);
  EXPECT_EQ(touch("k", 1, 60, reset_ms_), 82U) << "another saw less";
  EXPECT_EQ(touch("k", 0, 80, reset_ms_), 82U) << "once more changes nothing";
  EXPECT_EQ(touch("k", 1, 500, reset_ms_ + 1), 83U) << "of another window";
  EXPECT_EQ(touch("lost", 2, 40, reset_ms_), 42U);
  EXPECT_EQ(server_.cli("HGET ratelimit:lost reset"), std::to_string(reset_ms_));
  EXPECT_EQ(server_.cli("PEXPIRETIME ratelimit:lost"), std::to_string(reset_ms_));
}

TEST_F(Counts, OfBucketsFollowTheSameArithmeticAsHere) {
  std::mt19937 random(7);
  const auto upto = [&](int n) { return static_cast<std::int64_t>(random() % n) + 1; };
  for (int bucket = 0; bucket < 20; ++bucket) {
    const std::string key = "b" + std::to_string(bucket);
    const counters::BucketRules rules{
        .rate = upto(20), .period_ms = upto(3000), .capacity = upto(50)};
    std::optional<counters::BucketState> state;
    std::int64_t at_ms = now_ms();
    for (int i = 0; i < 20; ++i) {
      at_ms += static_cast<std::int64_t>(random() % 1000) - 50;  // clocks of gateways differ
      const std::int64_t wanted = upto(4);
      const counters::BucketTake expected = counters::take(state, rules, wanted, at_ms);
      reactor_.turn(0ms);
      const auto got = ended(gateway_.store.take(
          {.key = key, .tokens = wanted, .rules = rules, .now_ms = at_ms, .subscription = "sub"}));
      ASSERT_TRUE(got) << got.error().message;
      EXPECT_EQ(got->allowed, expected.allowed);
      EXPECT_EQ(got->tokens, expected.after.tokens);
      state = expected.after;
    }
    EXPECT_EQ(hash("tokenbucket:" + key),
              "tokens\n" + std::to_string(state->tokens) + "\nlast_refill\n" +
                  std::to_string(state->refilled_ms) + "\nsubscription\nsub");
    EXPECT_EQ(server_.cli("PEXPIRETIME tokenbucket:" + key),
              std::to_string(at_ms + counters::forgotten_after_ms(rules)));
  }
}

TEST_F(Counts, GoOnWhenTheServerHasForgottenTheScript) {
  static_cast<void>(increment(gateway_, one("k", reset_ms_)));
  server_.cli("SCRIPT FLUSH");
  const auto window = increment(gateway_, one("k", reset_ms_));
  ASSERT_TRUE(window) << window.error().message;
  EXPECT_EQ(window->counter, 2U);
  EXPECT_EQ(server_.calls("eval"), 1);
}

TEST_F(Counts, ThatAreNoneFailAlone) {
  server_.cli("SET ratelimit:text x");
  server_.cli("HSET ratelimit:odd counter x limit 1 reset 1");
  for (const auto* key : {"text", "odd"}) {
    const auto window = increment(gateway_, one(key, reset_ms_));
    ASSERT_FALSE(window);
    EXPECT_EQ(window.error().code, ErrorCode::other) << window.error().message;
  }
  EXPECT_TRUE(increment(gateway_, one("k", reset_ms_)));
}

// The user of redis-client.md section 2, and the smaller one of the reference.
TEST_F(Counts, NeedNoMoreThanTheirUserMayDo) {
  const std::string reference =
      "~ratelimit:* ~tokenbucket:* +@connection +ping +role +eval +evalsha +script\\|load +hexists "
      "+hincrby +hmset +hmget +pexpireat";
  server_.cli("ACL SETUSER small on '>pw' " + reference);
  server_.cli("ACL SETUSER whole on '>pw' " + reference +
              " ~perigee:* +time +zadd +zremrangebyscore +zcard +pexpire");
  for (const auto* user : {"small", "whole"}) {
    redis::Options options = options_of(server_);
    options.data = {user, "pw"};
    Gateway& gateway = open_connected(options);
    EXPECT_TRUE(increment(gateway, one("k", reset_ms_))) << user;
    EXPECT_TRUE(ended(gateway.store.take({.key = "k", .now_ms = now_ms()}))) << user;
  }
}

TEST_F(Counts, AreSharedByAsManyGatewaysAsRegister) {
  Gateway& second = open_connected(options_of(server_));
  const NodeRegistry first_registry(reactor_, gateway_.store, gateway_.shared, "node-1");
  ASSERT_TRUE(until([&] { return server_.cli("ZCARD perigee:nodes") == "1"; }));
  const std::string gone = std::to_string(now_ms() - 16'000);
  server_.cli("ZADD perigee:nodes " + gone + " node-0");
  const NodeRegistry second_registry(reactor_, second.store, second.shared, "node-2");
  EXPECT_TRUE(until([&] { return second.shared.nodes() == 2; }));
  EXPECT_EQ(server_.cli("ZRANGE perigee:nodes 0 -1"), "node-1\nnode-2");
  EXPECT_EQ(gateway_.shared.nodes(), 1U) << "until it asks again";
}

TEST_F(Counts, AreTriedWithoutATrace) {
  StoreProbe::Result result;
  EXPECT_EQ(result.problem(), "not probed yet");
  const StoreProbe probe({.reactor = reactor_,
                          .store = gateway_.store,
                          .result = result,
                          .node_id = "n",
                          .every = 1ms});
  ASSERT_TRUE(until([&] { return result.problem().empty(); })) << result.problem();
  EXPECT_EQ(server_.cli("EXISTS ratelimit:hc-n"), "0");
  server_.cli("CONFIG SET maxmemory 1");
  EXPECT_TRUE(until([&] { return result.problem().contains("out_of_memory"); }));
  server_.cli("CONFIG SET maxmemory 0");
  EXPECT_TRUE(until([&] { return result.problem().empty(); })) << result.problem();
}

TEST_F(Counts, AreAtWorkWithoutARequest) {
  StoreProbe::Result result;
  const StoreProbe probe({.reactor = reactor_,
                          .store = gateway_.store,
                          .result = result,
                          .node_id = "n",
                          .every = 10min});
  const counters::Circuit& circuit = gateway_.shared.circuit();
  const auto at_work = [&] { return circuit.state() == counters::Circuit::State::closed; };
  ASSERT_TRUE(until(at_work)) << result.problem();
  server_.cli("CLIENT KILL TYPE normal");
  ASSERT_TRUE(until([&] { return circuit.outages() == 2U; }));
  ASSERT_TRUE(until(at_work)) << result.problem();
  server_.cli("CONFIG SET min-replicas-to-write 1");
  server_.cli("CLIENT KILL TYPE normal");
  ASSERT_TRUE(until([&] { return circuit.outages() == 3U; }));
  EXPECT_TRUE(until([&] { return result.problem().contains("no_replicas"); })) << result.problem();
  EXPECT_FALSE(at_work());
  server_.cli("CONFIG SET min-replicas-to-write 0");
  EXPECT_TRUE(until(at_work)) << "it is tried again and again";
}

TEST_F(Counts, AreNotSharedByGatewaysThatMayNotRegister) {
  server_.cli("ACL SETUSER small on '>pw' '~ratelimit:*' '+@all' -zadd");
  redis::Options options = options_of(server_);
  options.data = {"small", "pw"};
  Gateway& gateway = open_connected(options);
  const NodeRegistry registry(reactor_, gateway.store, gateway.shared, "node-1");
  std::string log;
  EXPECT_TRUE(until([&] {
    log += log_.take();
    return log.contains("set perigee.ratelimit.local.nodes");
  })) << log;
  EXPECT_EQ(gateway.shared.nodes(), 1U);
}

}  // namespace
}  // namespace perigee::redis_counts
