// What servers say in bad moments: real ones wherever they can be made to.
#include "tests/redis/support/scripted.hpp"
#include "tests/redis/support/world.hpp"

namespace perigee::redis {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OddReplies : public World {
 protected:
  void expect(const Outcome& outcome, FailureKind kind, Executed executed) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(to_string(outcome.error().kind), to_string(kind)) << outcome.error().message;
    EXPECT_EQ(outcome.error().executed, executed);
  }
};

TEST_F(OddReplies, ReadOnlyEndsTheConnectionUntilItIsAPrimaryAgain) {
  const RedisServer server;
  start_connected(options_of(server));
  const std::uint64_t epoch = link_->epoch();
  server.cli("REPLICAOF 127.0.0.1 1");
  const Command command(adding(), "n", {1});
  Running<Outcome> first(link_->call(command, kPatience)), second(link_->call(command, kPatience));
  ASSERT_TRUE(until([&] { return first.done() && second.done(); }));
  expect(first.value(), FailureKind::not_primary, Executed::no);
  expect(second.value(), FailureKind::not_primary, Executed::no);
  EXPECT_FALSE(link_->connected());
  expect(call(command), FailureKind::not_connected, Executed::no);
  EXPECT_GT(link_->epoch(), epoch);
  ASSERT_TRUE(until([&] { return directory_->state().problem.contains("its role is \"slave\""); }))
      << directory_->state().problem;
  server.cli("REPLICAOF NO ONE");
  const Instant since = clock_.now();
  ASSERT_TRUE(until([&] { return link_->connected(); }));
  EXPECT_LT(clock_.now() - since, kSoon);
  EXPECT_EQ(add(1)->integer(), 1);
}

TEST_F(OddReplies, NoReplicas) {
  const RedisServer server({"min-replicas-to-write 1"});
  start_connected(options_of(server));
  expect(add(1), FailureKind::no_replicas, Executed::no);
  expect(call({"SET", "k", "v"}), FailureKind::no_replicas, Executed::no);
  EXPECT_TRUE(link_->connected());
  net::testing::settle(reactor_);
  EXPECT_THAT(log_.take(), HasSubstr("answers no_replicas: NOREPLICAS Not enough good replicas"));
  server.cli("CONFIG SET min-replicas-to-write 0");
  EXPECT_EQ(add(1)->integer(), 1);
}

TEST_F(OddReplies, OutOfMemory) {
  const RedisServer server({"maxmemory 1", "maxmemory-policy noeviction"});
  start_connected(options_of(server));
  expect(add(1), FailureKind::out_of_memory, Executed::no);
  expect(add(1), FailureKind::out_of_memory, Executed::no);
  EXPECT_TRUE(link_->connected());
  net::testing::settle(reactor_);
  const std::string log = log_.take();
  EXPECT_THAT(log, HasSubstr("ERROR io.gravitee.gateway.redis - 127.0.0.1:" +
                             std::to_string(server.port()) + " answers out_of_memory: OOM"));
  EXPECT_EQ(std::ranges::count(log, '\n'), 3) << "told once: " << log;
}

TEST_F(OddReplies, Busy) {
  RedisServer server({"lua-time-limit 1"});
  start_connected(options_of(server));
  const TestFolder folder;
  server.cli("EVAL 'while true do end' 0 >" + folder.path("out") + " &");
  Outcome outcome;
  ASSERT_TRUE(until([&] {
    outcome = add(1, 200ms);
    return !outcome && outcome.error().kind == FailureKind::busy;
  }));
  EXPECT_EQ(outcome.error().executed, Executed::no);
  expect(call({"PING"}), FailureKind::busy, Executed::no);
  EXPECT_TRUE(link_->connected());
  server.cli("SCRIPT KILL");
  ASSERT_TRUE(until([&] { return add(1).has_value(); }));
  EXPECT_EQ(server.calls("script|kill"), 1) << "by the test alone";
}

TEST_F(OddReplies, BusyWhileItConnects) {
  RedisServer server({"lua-time-limit 1"});
  const TestFolder folder;
  server.cli("EVAL 'while true do end' 0 >" + folder.path("out") + " &");
  ASSERT_TRUE(until([&] { return server.cli("PING").contains("BUSY"); }));
  start(options_of(server));
  ASSERT_TRUE(until([&] { return directory_->state().problem.contains("busy: "); }));
  EXPECT_FALSE(link_->connected());
  server.cli("SCRIPT KILL");
  ASSERT_TRUE(until([&] { return link_->connected(); }));
}

TEST_F(OddReplies, LoadingIsWaitedFor) {
  RedisServer server({"key-load-delay 2000", "loading-process-events-interval-bytes 1024",
                      "enable-debug-command yes"});
  server.cli("DEBUG POPULATE 500");
  server.cli("SAVE");
  server.kill();
  server.start();  // reads for a second
  start(options_of(server));
  ASSERT_TRUE(until([&] { return directory_->state().problem.contains("loading: "); }))
      << directory_->state().problem;
  EXPECT_FALSE(link_->connected());
  ASSERT_TRUE(until([&] { return link_->connected(); }));
  EXPECT_EQ(said({"DBSIZE"}), "500");
}

TEST_F(OddReplies, ReplicaWithoutItsPrimary) {
  const RedisServer server({"replicaof 127.0.0.1 1", "replica-serve-stale-data no"});
  start(options_of(server));
  ASSERT_TRUE(until([&] { return !directory_->state().problem.empty(); }));
  EXPECT_THAT(directory_->state().problem, HasSubstr("not_primary: "));
}

TEST_F(OddReplies, ClusterIsAMistakeOfTheConfiguration) {
  const RedisServer server({"cluster-enabled yes", "cluster-port " + std::to_string(free_port())});
  start_connected(options_of(server));
  expect(add(1), FailureKind::cluster, Executed::no);
  net::testing::settle(reactor_);
  EXPECT_THAT(log_.take(),
              HasSubstr("ERROR io.gravitee.gateway.redis - 127.0.0.1:" +
                        std::to_string(server.port()) + " answers cluster: CLUSTERDOWN"));
}

// With replies that a real server gives when its disk fails, or never.
class ScriptedReplies : public OddReplies {
 protected:
  void serve(std::function<std::string(const ScriptedServer::Words&)> answer) {
    server_ = std::make_unique<ScriptedServer>(
        reactor_, [answer = std::move(answer)](const ScriptedServer::Words& words) {
          std::string own = answer(words);
          return own.empty() ? ScriptedServer::greeting(words) : own;
        });
    start({.standalone = {"127.0.0.1", server_->port()}});
  }
  void TearDown() override {
    World::TearDown();
    server_.reset();
  }
  std::unique_ptr<ScriptedServer> server_;
};

TEST_F(ScriptedReplies, MisconfMovedAndWhatNobodyKnows) {
  serve([](const ScriptedServer::Words& words) {
    if (words[0] == "A") return "-MISCONF Redis is configured to save RDB snapshots\r\n";
    if (words[0] == "B") return "-MOVED 3999 127.0.0.1:6381\r\n";
    if (words[0] == "C") return "-UNBLOCKED client unblocked\r\n";
    return "";
  });
  ASSERT_TRUE(until([&] { return link_->connected(); }));
  expect(call({"A"}), FailureKind::misconfigured, Executed::no);
  expect(call({"B"}), FailureKind::cluster, Executed::no);
  expect(call({"C"}), FailureKind::refused, Executed::unknown);
  EXPECT_THAT(observed_.errors,
              ElementsAre(FailureKind::misconfigured, FailureKind::cluster, FailureKind::refused));
}

TEST_F(ScriptedReplies, GarbageEndsTheConnection) {
  for (const std::string bytes : {"HTTP/1.1 400 Bad Request\r\n", "+one\r\n+too many\r\n"}) {
    serve([&](const ScriptedServer::Words& words) { return words[0] == "X" ? bytes : ""; });
    ASSERT_TRUE(until([&] { return link_->connected(); }));
    static_cast<void>(call({"X"}));
    ASSERT_TRUE(until([&] { return !observed_.lost.empty(); }));
    EXPECT_THAT(observed_.lost, ElementsAre(HasSubstr("garbled: "))) << bytes;
    TearDown();
    observed_.lost.clear();
  }
}

TEST_F(ScriptedReplies, WhatIsNoRedisIsNoReasonToHurry) {
  serve([](const ScriptedServer::Words&) { return "HTTP/1.1 400 Bad Request\r\n\r\n"; });
  ASSERT_TRUE(until([&] { return !directory_->state().problem.empty(); }));
  EXPECT_THAT(directory_->state().problem, HasSubstr("garbled: "));
  pass(1s);
  EXPECT_LE(server_->connections(), 8U);
}

TEST_F(ScriptedReplies, PushesAreNoReplies) {
  serve([](const ScriptedServer::Words& words) {
    return words[0] == "X" ? ">2\r\n+invalidate\r\n*0\r\n+mine\r\n>1\r\n+other\r\n" : "";
  });
  ASSERT_TRUE(until([&] { return link_->connected(); }));
  EXPECT_EQ(said({"X"}), "mine");
  EXPECT_EQ(said({"X"}), "mine");
  EXPECT_THAT(observed_.lost, IsEmpty());
}

TEST_F(ScriptedReplies, AServerThatClosesAtOnceIsAskedLessAndLessOften) {
  serve([](const ScriptedServer::Words& words) { return words[0] == "PING" ? "bye\r\n" : ""; });
  pass(1s);
  EXPECT_LE(server_->connections(), 8U);  // after 50, 100, 200, 250, ... ms
  EXPECT_TRUE(until([&] { return server_->connections() >= 4; }));
}

TEST_F(ScriptedReplies, TheClockIsMeasured) {
  std::int64_t ahead_ms = 5000;
  serve([&](const ScriptedServer::Words& words) {
    if (words[0] != "TIME") return std::string();
    const std::int64_t now = epoch_ms(clock_.wall()) + ahead_ms;
    const std::string seconds = std::to_string(now / 1000),
                      rest = std::to_string(now % 1000 * 1000);
    return "*2\r\n$" + std::to_string(seconds.size()) + "\r\n" + seconds + "\r\n$" +
           std::to_string(rest.size()) + "\r\n" + rest + "\r\n";
  });
  ASSERT_TRUE(until([&] { return link_->connected(); }));
  EXPECT_NEAR(std::chrono::duration<double>(link_->clock_offset()).count(), 5, 0.15);
  net::testing::settle(reactor_);
  EXPECT_THAT(log_.take(), ::testing::ContainsRegex("is (4[89]|50)[0-9][0-9] ms ahead of ours"));
}

TEST_F(ScriptedReplies, ASmallOffsetOfTheClockIsNone) {
  serve([&](const ScriptedServer::Words& words) {
    if (words[0] != "TIME") return std::string();
    return "*2\r\n$10\r\n" + std::to_string(epoch_ms(clock_.wall()) / 1000) + "\r\n$6\r\n" +
           std::to_string(epoch_ms(clock_.wall()) % 1000 * 1000 + 1'000'000).substr(1) + "\r\n";
  });
  ASSERT_TRUE(until([&] { return link_->connected(); }));
  EXPECT_EQ(link_->clock_offset(), 0s);
}

}  // namespace
}  // namespace perigee::redis
