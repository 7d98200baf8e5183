// What the log tells of backends that fail: enough to find the fault, and no line for each request.
#include "tests/base/support/captured_log.hpp"
#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// The log is there before the gateway and ends after it.
struct WithLog {
  log::testing::CapturedLog log;
};

class FailureLines : public WithLog, public Gateway {
 protected:
  void refuse() {
    ApiText text = api();
    port_ = std::to_string(upstream::testing::closed_port(*reactor));
    text.target = "http://127.0.0.1:" + port_;
    deploy({text});
  }
  void fail(int status = 502) { EXPECT_EQ(answer(get("/a/x?secret=1")).status, status); }
  // The first failure is told, the next ones are counted for ten seconds.
  void expect_bounded_lines(int status, const std::string& line) {
    for (int i = 0; i < 3; ++i) fail(status);
    std::string told = log.take();
    EXPECT_EQ(std::ranges::count(told, '\n'), 1) << told;
    EXPECT_THAT(told, HasSubstr("[api] WARN  io.gravitee.gateway.reactive.handlers" + line));
    pass(10s);
    fail(status);
    EXPECT_THAT(log.take(), EndsWith("; 3 times since the last such line\n"));
  }
  std::string port_;
};

TEST_F(FailureLines, TheFirstFailureIsToldAtOnce) {
  refuse();
  fail();
  EXPECT_THAT(log.take(), EndsWith("[api] WARN  io.gravitee.gateway.reactive.core.v4.endpoint - "
                                   "endpoint 'e' failed: connecting to 127.0.0.1:" +
                                   port_ + ": Connection refused\n"));
}

TEST_F(FailureLines, LaterOnesAreCountedForTenSeconds) {
  refuse();
  fail();
  log.take();
  for (int i = 0; i < 3; ++i) fail();
  pass(9999ms);
  fail();
  EXPECT_EQ(log.take(), "");
  pass(1ms);
  fail();
  EXPECT_THAT(log.take(), EndsWith("refused; 5 times since the last such line\n"));
}

TEST_F(FailureLines, AnOpenBreakerIsTold) {
  ApiText text = api();
  port_ = std::to_string(upstream::testing::closed_port(*reactor));
  text.target = "http://127.0.0.1:" + port_;
  text.top =
      R"(,"failover":{"enabled":true,"maxRetries":0,"maxFailures":1,"openStateDuration":60000})";
  deploy({text});
  fail();
  EXPECT_THAT(log.take(), HasSubstr("endpoint 'e' failed"));
  expect_bounded_lines(502, " - the call of the backend: the breaker of the failover is open\n");
}

TEST_F(FailureLines, ARedeployDoesNotBeginAnew) {
  refuse();
  fail();
  log.take();
  ApiText text = api();
  text.target = "http://127.0.0.1:" + port_;
  text.flows = list({flow({.request = {step("note", R"({"name":"n"})")}})});
  deploy({text});
  fail();
  EXPECT_EQ(log.take(), "");
}

TEST_F(FailureLines, AnAnswerAfterAFailureIsToldOnce) {
  deploy({api()});
  Peer& client = get();
  asked().reset();
  EXPECT_EQ(answer(client).status, 502);
  EXPECT_THAT(log.take(), HasSubstr("WARN"));
  EXPECT_EQ(exchange().status, 200);
  EXPECT_THAT(log.take(), EndsWith("[api] INFO  io.gravitee.gateway.reactive.core.v4.endpoint - "
                                   "endpoint 'e' (127.0.0.1:" +
                                   std::to_string(backend->port()) + ") answers again\n"));
  EXPECT_EQ(exchange().status, 200);
  EXPECT_EQ(log.take(), "");
}

// Two lines in ten seconds, however often it comes and goes.
TEST_F(FailureLines, AnEndpointThatFlapsIsToldAtTheSameRate) {
  deploy({api()});
  for (std::size_t i = 0; i < 3; ++i) {
    Peer& first = get();
    asked(2 * i).reset();
    EXPECT_EQ(answer(first).status, 502);
    Peer& second = get();
    asked(2 * i + 1).send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    EXPECT_EQ(answer(second).status, 200);
    EXPECT_EQ(std::ranges::count(log.take(), '\n'), i == 0 ? 2 : 0);
  }
}

TEST_F(FailureLines, ABodyThatBreaksIsTold) {
  deploy({api()});
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  EXPECT_EQ(answer(client).status, 502);
  std::string told = log.take();
  EXPECT_THAT(told, HasSubstr("WARN"));
  EXPECT_THAT(
      told, HasSubstr("endpoint 'e' (127.0.0.1:" + std::to_string(backend->port()) + ") failed: "));
}

TEST_F(FailureLines, AClientThatLeavesIsNoFailure) {
  deploy({api()});
  Peer& client = get();
  asked();
  client.reset();
  EXPECT_TRUE(until([&] { return proxy->client().connections() == 0; }));
  EXPECT_EQ(log.take(), "");
}

TEST_F(FailureLines, ARequestTimeoutNamesWhoWasAsked) {
  Options options;
  options.request_timeout = 3s;
  start(options);
  deploy({api()});
  for (int i = 0; i < 2; ++i) {
    Peer& client = get();
    settle();
    pass(3s);
    EXPECT_EQ(answer(client).status, 504);
  }
  std::string told = log.take();
  EXPECT_THAT(told, EndsWith("http.requestTimeout (3000 ms) passed; endpoint 'e' (127.0.0.1:" +
                             std::to_string(backend->port()) + ") had been asked\n"));
  EXPECT_EQ(std::ranges::count(told, '\n'), 1);
}

TEST_F(FailureLines, AGroupWithoutAnEndpointIsTold) {
  ApiText text = api();
  text.target = "not a url";
  deploy({text});
  log.take();
  fail(503);
  fail(503);
  std::string told = log.take();
  EXPECT_THAT(told, HasSubstr("[api] WARN"));
  EXPECT_THAT(told, EndsWith("has no usable endpoint\n"));
  EXPECT_EQ(std::ranges::count(told, '\n'), 1);
}

TEST_F(FailureLines, AConditionThatFailsNamesItsFlowAndPlace) {
  ApiText text = api();
  text.flows = list({flow({.condition = "{#request.headers['X'][0].length() > 0}"}),
                     flow({.condition = "{#request.headers['Y'][0].length() > 0}"})});
  deploy({text});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(exchange().status, 200);
  std::string told = log.take();
  EXPECT_EQ(std::ranges::count(told, '\n'), 2) << told;
  EXPECT_THAT(told, HasSubstr("flow 'flow' does not match, as its condition failed: "
                              "/flows/0/selectors/1/condition: "));
  EXPECT_THAT(told, HasSubstr("/flows/1/selectors/1/condition: "));
  pass(10s);
  EXPECT_EQ(exchange().status, 200);
  EXPECT_THAT(log.take(), EndsWith("; 3 times since the last such line\n"));
}

TEST_F(FailureLines, AStepThatFailsNamesItsFlowAndPlace) {
  ApiText text = api();
  text.flows = list({flow(
      {.request = {step("note", R"({"name":"n"})", "{#request.headers['X'][0].length() > 0}")}})});
  deploy({text});
  expect_bounded_lines(500, " - flow 'flow', step /flows/0/request/0 (policy 'note'): ");
}

TEST_F(FailureLines, APolicyThatFailsIsToldWhenItHasAReason) {
  ApiText text = api();
  text.flows = list({flow({.request = {step("fail", R"({"reason":"because"})")}})});
  deploy({text});
  expect_bounded_lines(500, " - flow 'flow', step /flows/0/request/0 (policy 'fail'): because\n");
  text.flows = list({flow({.request = {step("fail")}})});
  deploy({text});
  log.take();
  fail(500);
  EXPECT_EQ(log.take(), "");
}

class BodyLines : public FailureLines {
 protected:
  void limit_bodies(const FlowText& text, const std::string& plans = "") {
    Options options;
    options.limits.buffered_body_bytes_max = 10;
    start(options);
    ApiText one = api();
    one.flows = list({flow(text)});
    one.plans = plans;
    deploy({one});
  }
  int post(const std::string& body) {
    return answer(ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body))
        .status;
  }
  static constexpr const char* kLong = "12345678901";
  static constexpr const char* kReason = "cannot have the body that it needs: ";
};

TEST_F(BodyLines, AStepWithoutItsBodyIsToldAtABoundedRate) {
  limit_bodies({.request = {step("gather")}});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post(kLong), 413);
  std::string told = log.take();
  EXPECT_EQ(std::ranges::count(told, '\n'), 1) << told;
  EXPECT_THAT(told, HasSubstr("[api] WARN  io.gravitee.gateway.reactive.handlers - flow 'flow', "
                              "step /flows/0/request/0 (policy 'gather'): "));
  EXPECT_THAT(told, HasSubstr(kReason));
  pass(10s);
  EXPECT_EQ(post(kLong), 413);
  EXPECT_THAT(log.take(), EndsWith("; 3 times since the last such line\n"));
}

TEST_F(BodyLines, AConditionWithoutItsBodyIsToldWithItsPlace) {
  limit_bodies({.request = {step("note", R"({"name":"n"})", "{#request.content == 'a'}")}});
  EXPECT_EQ(post(kLong), 413);
  EXPECT_THAT(log.take(), HasSubstr("flow 'flow', step /flows/0/request/0 (policy 'note'): "));
  limit_bodies({.condition = "{#request.content == 'a'}"});
  EXPECT_EQ(post(kLong), 413);
  EXPECT_THAT(log.take(), HasSubstr("flow 'flow', condition /flows/0/selectors/1/condition: "));
}

TEST_F(BodyLines, TheResponsePhaseIsToldToo) {
  limit_bodies({.response = {step("note", R"({"name":"n"})", "{#request.content == 'a'}")}});
  EXPECT_EQ(post(kLong), 413);
  EXPECT_THAT(log.take(), HasSubstr(" - a step of the response phase: cannot have the body"));
  limit_bodies({.response = {step("gather")}});
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n09876543210");
  EXPECT_EQ(answer(client).status, 502);
  EXPECT_THAT(log.take(), HasSubstr("flow 'flow', step /flows/0/response/0 (policy 'gather'): "));
}

TEST_F(BodyLines, AClientThatLeavesInItsUploadIsNoFailure) {
  limit_bodies({.request = {step("gather")}});
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  settle();
  client.reset();
  EXPECT_TRUE(until([&] { return server->connections() == 0; }));
  Peer& ending = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  settle();
  ending.end();
  EXPECT_TRUE(until([&] { return server->connections() == 0; }));
  EXPECT_EQ(log.take(), "");
}

TEST_F(BodyLines, AClientWhoseBodyIsBrokenIsTold) {
  limit_bodies({.request = {step("gather")}});
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  EXPECT_EQ(answer(client).status, 400);
  EXPECT_THAT(log.take(), HasSubstr(kReason));
}

TEST_F(FailureLines, APlanThatCannotBeTriedIsToldAtABoundedRate) {
  ApiText text = api();
  text.plans = list({R"({"id":"down","name":"p","status":"published","mode":"standard",)"
                     R"("security":{"type":"guard","configuration":{"token":"error"}}})"});
  deploy({text});
  expect_bounded_lines(503, ".api.v4.security - plan down: ");
}

}  // namespace
}  // namespace perigee::proxy::testing
