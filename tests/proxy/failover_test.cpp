// Failover and its breaker (lifecycle.md 8.6).
#include "proxy/breaker.hpp"
#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kError = "HTTP/1.1 500 Bad\r\nX-Of: backend\r\nContent-Length: 3\r\n\r\nbad";

class WithFailover : public Gateway {
 protected:
  void deploy_with(const std::string& options, const std::string& more_endpoints = "") {
    ApiText text = api();
    text.groups = R"({"name":"g","type":"http-proxy","endpoints":[{"name":"e","type":"http-proxy",)"
                  R"("configuration":{"target":)" +
                  json_quoted(backend_url()) + "}}" + more_endpoints + "]}";
    text.flows = flows;
    text.top = R"(,"failover":{"enabled":true)" + options + "}";
    deploy({text});
  }
  static std::string refusing() {
    return R"(,{"name":"r","type":"http-proxy","configuration":{"target":"http://127.0.0.1:1"}})";
  }
  // The nth connection of the backend resets instead of answering.
  void reset_at(std::size_t n) {
    asked(n);
    backend->connections[n]->close();
  }
  std::string flows = "[]";
};

TEST_F(WithFailover, AFailedAttemptIsMadeAgain) {
  deploy_with("");
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
  reset_at(0);
  Peer& second = asked(1);
  EXPECT_TRUE(until([&] { return second.received.ends_with("\r\n\r\nbody"); }));
  second.send(kOk);
  EXPECT_EQ(answer(client).status, 200);
}

TEST_F(WithFailover, TheLoadBalancerMovesOn) {
  deploy_with(R"(,"maxRetries":1)", refusing());
  for (int i = 0; i < 4; ++i) EXPECT_EQ(exchange().status, 200);
}

TEST_F(WithFailover, AtMostSoManyRetriesAndThen502WithoutKeyOrBody) {
  deploy_with(R"(,"maxRetries":2)");
  Peer& client = get("/a/x", "Accept: */*\r\n");
  for (std::size_t n = 0; n < 3; ++n) reset_at(n);
  Answer got = answer(client);
  EXPECT_EQ(got.status, 502);
  EXPECT_EQ(got.body, "");
  EXPECT_EQ(backend->connections.size(), 3u);
}

// Attempts that fail without waiting, more of them than anybody would wait for.
TEST_F(WithFailover, RetriesWithoutNumberLeaveOthersTheirTurnAndEnd) {
  ApiText none = api();
  none.groups = R"({"name":"g","type":"http-proxy","endpoints":[]})";
  none.top = R"(,"failover":{"enabled":true,"maxRetries":2147483647})";
  ApiText other = api();
  other.id = "other";
  other.path = "/other/";
  deploy({none, other});
  Peer& first = get();
  EXPECT_EQ(exchange("/other/x").status, 200);
  EXPECT_EQ(answer(first).status, 502);
}

TEST_F(WithFailover, AnAttemptIsLimitedAndItsTimeoutIs502) {
  deploy_with(R"(,"maxRetries":1,"slowCallDuration":500)");
  Peer& client = get();
  asked(0);
  pass(600ms);
  asked(1);
  pass(600ms);
  EXPECT_EQ(answer(client).status, 502);
}

TEST_F(WithFailover, AnyAnswerIsASuccess) {
  deploy_with("");
  Peer& client = get();
  asked().send(kError);
  Answer got = answer(client);
  EXPECT_EQ(got.status, 500);
  EXPECT_EQ(got.body, "bad");
}

TEST_F(WithFailover, UnlessTheConditionSaysOtherwise) {
  deploy_with(R"(,"failureCondition":"{#response.status >= 500}")");
  Peer& client = get();
  asked(0).send(kError);
  // What the failed attempt brought is gone.
  asked(1).send("HTTP/1.1 200 OK\r\nX-Of: second\r\nContent-Length: 4\r\n\r\ngood");
  Answer got = answer(client);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("X-Of"), "second");
  EXPECT_EQ(got.body, "good");
}

TEST_F(WithFailover, AConditionThatFailsIsNoFailure) {
  deploy_with(R"(,"failureCondition":"{#response.nothing.at.all}")");
  Peer& client = get();
  asked(0).send(kError);
  EXPECT_EQ(answer(client).status, 500);
}

TEST_F(WithFailover, HeadersOfPoliciesStayThroughAttempts) {
  flows = list({flow({.request = {step("attribute", R"({"value":"kept"})")},
                      .response = {step("attribute", R"({"value":"x"})")}})});
  deploy_with(R"(,"failureCondition":"{#response.status >= 500}")");
  Peer& client = get();
  asked(0).send(kError);
  asked(1).send(kOk);
  EXPECT_EQ(answer(client).header("X-Attribute"), "kept");
}

TEST_F(WithFailover, RetriesWalkTheGroupWhenToldTo) {
  deploy_with(R"(,"maxRetries":1,"forceNextEndpointOnFailure":true)", refusing());
  EXPECT_EQ(exchange().status, 200);  // e
  EXPECT_EQ(exchange().status, 200);  // r refuses, then e behind it
  EXPECT_EQ(exchange().status, 200);
}

// The breaker: failures of whole calls, not of attempts.

class WithBreaker : public WithFailover {
 protected:
  void fail_once() {
    std::size_t n = backend->connections.size();
    Peer& client = get();
    reset_at(n);
    EXPECT_EQ(answer(client).status, 502);
  }
  bool calls_backend() {
    std::size_t n = backend->connections.size();
    Peer& client = get();
    settle();
    bool called = backend->connections.size() > n;
    if (called) {
      asked(n).send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
      EXPECT_EQ(answer(client).status, 204);
    } else {
      EXPECT_EQ(answer(client).status, 502);
    }
    return called;
  }
};

constexpr const char* kBreaker =
    R"(,"maxRetries":0,"maxFailures":3,"openStateDuration":5000,"perSubscription":false)";

TEST_F(WithBreaker, OpensAfterSoManyFailuresInARow) {
  deploy_with(kBreaker);
  for (int i = 0; i < 2; ++i) fail_once();
  EXPECT_TRUE(calls_backend());  // a success begins the row anew
  for (int i = 0; i < 3; ++i) fail_once();
  EXPECT_FALSE(calls_backend());
  pass(4900ms);
  EXPECT_FALSE(calls_backend());
}

TEST_F(WithBreaker, HalfOpenItLetsOneCallThrough) {
  deploy_with(kBreaker);
  for (int i = 0; i < 3; ++i) fail_once();
  pass(5001ms);
  std::size_t n = backend->connections.size();
  Peer& trying = get();
  asked(n);
  EXPECT_FALSE(calls_backend());
  asked(n).send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(answer(trying).status, 204);
  EXPECT_TRUE(calls_backend());
}

TEST_F(WithBreaker, AFailedTryOpensItAgain) {
  deploy_with(kBreaker);
  for (int i = 0; i < 3; ++i) fail_once();
  pass(5001ms);
  fail_once();
  EXPECT_FALSE(calls_backend());
  pass(5001ms);
  EXPECT_TRUE(calls_backend());
  EXPECT_TRUE(calls_backend());
}

TEST_F(WithBreaker, AClientThatLeavesLearnsNothing) {
  deploy_with(kBreaker);
  for (int i = 0; i < 3; ++i) fail_once();
  pass(5001ms);
  std::size_t n = backend->connections.size();
  Peer& trying = get();
  asked(n);
  trying.close();
  settle();
  EXPECT_TRUE(calls_backend());
}

TEST_F(WithBreaker, SurvivesARedeploy) {
  deploy_with(kBreaker);
  for (int i = 0; i < 3; ++i) fail_once();
  flows = list({flow({})});
  deploy_with(kBreaker);
  EXPECT_FALSE(calls_backend());
}

TEST(Breakers, AreBoundedAndForgetTheOldest) {
  Breakers breakers(10);
  plan::Failover rules{.failures_max = 1, .open_for = 1h};
  Instant now{};
  breakers.get("first").on_end(rules, now, true, false);
  EXPECT_FALSE(breakers.get("first").admits(rules, now));
  for (int i = 0; i < 10; ++i) breakers.get(std::to_string(i));
  EXPECT_TRUE(breakers.get("first").admits(rules, now));
}

TEST(Breakers, SlowCallsOpenItToo) {
  plan::Failover rules{.failures_max = 2, .open_for = 1s};
  Breaker breaker;
  breaker.on_end(rules, Instant{}, false, true);
  EXPECT_TRUE(breaker.admits(rules, Instant{}));
  breaker.on_end(rules, Instant{}, false, true);
  EXPECT_FALSE(breaker.admits(rules, Instant{}));
}

}  // namespace
}  // namespace perigee::proxy::testing
