// A real primary with replicas and sentinels, and everything that happens to them
// (redis-client.md section 8, as far as it concerns the client).
#include <atomic>
#include <thread>

#include "tests/net/support/secured.hpp"
#include "tests/redis/support/world.hpp"

namespace perigee::redis {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A switch is noticed so soon after the new primary can be used. The goal is 0.5 s (bench/), and
// whoever misses the sentinels' messages needs 8 s or more: the rest is for a busy machine.
constexpr Duration kBack = 6s;

class Failover : public World {
 protected:
  // Runs `command` in the background, and turns until the link is connected to another primary.
  // Gives how long after the new primary accepted writes that was.
  Duration time_to_follow(const RedisHa& ha, const std::string& command) {
    const std::string old = primary();
    std::atomic<Instant> writable{kNever};
    std::thread watch([&] {
      ha(command);
      ha("wait-primary 30 " + old);
      writable = clock_.now();
    });
    EXPECT_TRUE(until_moved_from(old));
    const Instant connected = clock_.now();
    EXPECT_TRUE(until([&] { return writable.load() != kNever; }));
    watch.join();
    EXPECT_NE(primary(), old);
    return connected - writable.load();
  }
  Async<void> call_until(const bool& over, Duration& longest) {
    const Command command(adding(), "n", {1});
    while (!over) {
      const Instant since = clock_.now();
      static_cast<void>(co_await link_->call(command, 10ms));
      longest = std::max(longest, clock_.now() - since);
      static_cast<void>(co_await net::sleep_for(reactor_, 1ms));
    }
  }
};

// Items 1 and 6, and one name for three sentinels.
TEST_F(Failover, FollowsThePrimaryThatIsKilled) {
  const RedisHa ha;
  const TestFolder folder;
  folder.write("hosts",
               "127.0.0.21 sentinels.test\n127.0.0.22 sentinels.test\n127.0.0.23 sentinels.test\n");
  Options options = options_of(ha);
  options.sentinels = {{"sentinels.test", ha.sentinel_port()}};
  options.sentinel.password = "none is wanted";
  options.resolver.hosts_file = folder.path("hosts");
  start_connected(std::move(options));
  EXPECT_EQ(add(5)->integer(), 5);
  const DirectoryState before = directory_->state();
  EXPECT_EQ(before.primary->text(), ha.primary());
  EXPECT_EQ(before.sentinels.size(), 3U);
  EXPECT_EQ(before.problem, "");
  const std::uint64_t epoch = link_->epoch();

  EXPECT_LT(time_to_follow(ha, "kill-primary"), kBack);
  EXPECT_GT(link_->epoch(), epoch);
  EXPECT_TRUE(until_it_counts()) << "a replica does not know the script";
  const DirectoryState after = directory_->state();
  ASSERT_TRUE(after.last_switch);
  EXPECT_EQ(after.last_switch->from, before.primary->text());
  EXPECT_EQ(after.last_switch->to, after.primary->text());
  EXPECT_GT(after.config_epoch, before.config_epoch);
  for (const SentinelState& sentinel : after.sentinels) {
    EXPECT_FALSE(sentinel.learned);
    EXPECT_EQ(sentinel.host, "sentinels.test");
  }
  const std::string log = log_.take();
  EXPECT_THAT(log, AllOf(HasSubstr("the primary \"mymaster\" has moved from " +
                                   before.primary->text() + " to " + after.primary->text()),
                         HasSubstr("wants no password, although one is configured")));
  EXPECT_THAT(log, Not(HasSubstr("none is wanted")));
}

// Items 2 and 3.
TEST_F(Failover, FollowsAPrimaryThatHangsAndDoesNotGoBackToIt) {
  const RedisHa ha;
  start_connected(options_of(ha));
  ASSERT_TRUE(until([&] { return directory_->state().sentinels.size() == 3; })) << "learned";
  const std::string old = primary();
  // Nobody waits longer than his time-out, whatever happens to the connection.
  bool over = false;
  Duration longest{};
  Task calls;
  calls.start(call_until(over, longest));
  EXPECT_LT(time_to_follow(ha, "stop-primary"), kBack);
  std::thread heal([&] { ha.begin("heal"); });  // it wakes and calls itself a primary for 8 s
  pass(3s);
  EXPECT_NE(primary(), old);
  EXPECT_TRUE(link_->connected());
  EXPECT_EQ(observed_.connected, 2);
  over = true;
  EXPECT_TRUE(until([&] { return !calls.running(); }));
  EXPECT_LT(longest, kBack) << "10 ms on a machine that is idle";
  heal.join();
}

// Item 4: ROLE there goes on saying master. Only a message of the sentinels can tell so soon.
TEST_F(Failover, LeavesAPrimaryThatIsIsolated) {
  const RedisHa ha;
  Options options = options_of(ha);
  options.validate_every = 10min;
  start_connected(std::move(options));
  ASSERT_TRUE(until([&] { return directory_->state().sentinels.size() == 3; }));
  EXPECT_LT(time_to_follow(ha, "partition"), kBack);
  EXPECT_EQ(observed_.lost.size(), 1U);
  EXPECT_THAT(observed_.lost[0], HasSubstr("the primary is another one now"));
}

// Item 5: the sentinels go on naming the node that has become a replica.
TEST_F(Failover, WaitsForAPrimaryThatWasDemoted) {
  const RedisHa ha;
  start_connected(options_of(ha));
  ha("readonly");
  ASSERT_TRUE(until([&] { return !add(1); }));
  ASSERT_TRUE(until([&] { return directory_->state().problem.contains("its role is"); }));
  pass(500ms);
  EXPECT_FALSE(link_->connected());
  ha("cli REPLICAOF NO ONE");
  EXPECT_TRUE(until([&] { return link_->connected(); }));
  EXPECT_TRUE(until_it_counts());
}

// Item 9, first half.
TEST_F(Failover, NeedsTwoOfThreeSentinels) {
  const RedisHa ha;
  start_connected(options_of(ha));
  ASSERT_TRUE(until([&] { return directory_->state().sentinels.size() == 3; }));
  ha("kill-sentinel 1");
  std::string log;
  ASSERT_TRUE(until([&] {
    log += log_.take();
    return log.contains("WARN  io.gravitee.gateway.redis - sentinel " + ha.sentinel(1));
  })) << log;
  EXPECT_LT(time_to_follow(ha, "kill-primary"), kBack);
  EXPECT_TRUE(until_it_counts());
}

// Item 10: everything that can be set, at once.
TEST_F(Failover, FindsThePrimaryByNameOverTlsWithUsersAndPasswords) {
  const RedisHa ha({"REDIS_HA_TLS=1", "REDIS_HA_HOSTNAMES=1", "REDIS_HA_ACL_USER=gateway",
                    "REDIS_HA_SENTINEL_PASSWORD=sentinelpw"});
  Options options = options_of(ha);
  options.sentinels[0].host = "localhost";
  options.data.username = "gateway";
  options.sentinel.password = "sentinelpw";
  auto trust = net::testing::trust_stores().pem(run("cat " + ha.ca_file()));
  ASSERT_TRUE(trust);
  options.tls = *net::TlsClientContext::make({.trust = *trust});
  start_connected(std::move(options));
  EXPECT_EQ(primary(), ha.primary());
  EXPECT_THAT(primary(), ::testing::StartsWith("localhost:"));
  EXPECT_LT(time_to_follow(ha, "failover"), kBack);
  EXPECT_TRUE(until_it_counts());
  EXPECT_THAT(log_.take(), Not(HasSubstr("pw")));
}

// Item 11.
TEST_F(Failover, SaysWhatIsWronglyConfigured) {
  const RedisHa ha({"REDIS_HA_SENTINEL_PASSWORD=myredispassword", "REDIS_HA_REPLICAS=1"});
  const auto problem_with = [&](Options options) {
    start(std::move(options));
    // Learned ones come a moment later than the first word of the first.
    EXPECT_TRUE(until([&] { return !directory_->state().problem.empty(); }));
    pass(200ms);
    std::string problem = directory_->state().problem;
    TearDown();
    return problem;
  };
  Options wrong_name = options_of(ha);
  wrong_name.master = "theirmaster";
  EXPECT_THAT(problem_with(wrong_name), AllOf(HasSubstr("knows a primary \"theirmaster\""),
                                              HasSubstr("ratelimit.redis.sentinel.master")));
  log_.take();

  Options borrowed = options_of(ha);  // as setups of the reference have it
  start_connected(borrowed);
  TearDown();
  std::string log = log_.take();
  EXPECT_THAT(log, HasSubstr("ratelimit.redis.password is right and is used for all sentinels"));

  Options wrong_password = options_of(ha);
  wrong_password.sentinel.password = "myredispassword";
  wrong_password.data.password = "guessed1";
  EXPECT_THAT(problem_with(wrong_password), AllOf(HasSubstr("denied: "), HasSubstr("WRONGPASS")));

  Options wrong_sentinel = options_of(ha);
  wrong_sentinel.sentinel.password = "guessed2";
  EXPECT_THAT(problem_with(wrong_sentinel),
              AllOf(HasSubstr("no sentinel says who the primary \"mymaster\" is"),
                    HasSubstr(ha.sentinel(1) + ": denied: WRONGPASS")));

  Options none_fits = options_of(ha);
  none_fits.data.password = "guessed3";
  EXPECT_THAT(problem_with(none_fits),
              HasSubstr("none is configured for sentinels, and Redis's is wrong"));

  Options nobody = options_of(ha);
  nobody.sentinels = {{"127.0.0.29", ha.sentinel_port()}};
  EXPECT_THAT(problem_with(nobody), HasSubstr("127.0.0.29:" + std::to_string(ha.sentinel_port()) +
                                              ": unreachable: connecting to"));
  log += log_.take();
  EXPECT_THAT(log, AllOf(Not(HasSubstr("guessed")), Not(HasSubstr("myredispassword"))));
}

// The directory on its thread, two workers on theirs.
TEST_F(Failover, IsFollowedByEveryWorker) {
  const RedisHa ha({"REDIS_HA_REPLICAS=1"});
  net::Reactor ops(clock_);
  Directory directory(ops, options_of(ha));
  std::thread ops_thread([&] { ops.run(); });
  struct Worker {
    std::thread thread;
    std::atomic<std::int64_t> counted{0};
    std::atomic<std::uint64_t> epoch{0};
  };
  std::array<Worker, 2> workers;
  std::atomic<bool> stop{false};
  for (Worker& worker : workers) {
    worker.thread = std::thread([&] {
      net::Reactor reactor(clock_);
      {
        Link link({.reactor = reactor, .directory = directory, .scripts = {&adding()}});
        const Command command(adding(), "n", {1});
        while (!stop) {
          Running<Outcome> calling(link.call(command, kPatience));
          net::testing::turn_until(reactor, [&] { return calling.done(); });
          if (calling.value()) ++worker.counted;
          worker.epoch = link.epoch();
          reactor.turn(1ms);
        }
      }
      net::testing::settle(reactor);
    });
  }
  const auto wait_for = [&](auto done) {
    const Instant end = clock_.now() + 60s;
    while (!done() && clock_.now() < end) std::this_thread::sleep_for(5ms);
    return done();
  };
  const auto all = [&](auto holds) {
    return wait_for([&] { return std::ranges::all_of(workers, holds); });
  };
  EXPECT_TRUE(all([](Worker& worker) { return worker.counted > 10; }));
  const std::uint64_t epoch = std::max(workers[0].epoch.load(), workers[1].epoch.load());
  const std::string old = ha.primary();
  ha("failover");
  EXPECT_TRUE(all([&](Worker& worker) { return worker.epoch > epoch; }));
  for (Worker& worker : workers) worker.counted = 0;
  EXPECT_TRUE(all([](Worker& worker) { return worker.counted > 10; }));
  EXPECT_EQ(workers[0].epoch, workers[1].epoch) << "one for all workers";
  stop = true;
  for (Worker& worker : workers) worker.thread.join();
  ops.stop();
  ops_thread.join();
  EXPECT_NE(directory.state().primary->text(), old);
  EXPECT_EQ(directory.state().links, 0U);
}

}  // namespace
}  // namespace perigee::redis
