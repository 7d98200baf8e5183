// lifecycle.md 8.6: failover and its circuit breaker.
#include "base/json.hpp"
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

std::string endpoint(const std::string& name, const std::string& target) {
  return R"({"name":")" + name + R"(","type":"http-proxy","configuration":{"target":")" + target +
         "\"}}";
}
// With one endpoint, or these.
std::string failing_over(const std::string& options, ApiText text = {}) {
  text.top += R"(,"failover":{"enabled":true)" + options + "}";
  return v4(std::move(text));
}
const std::string kTwo = endpoint("dead", "$CLOSED") + "," + endpoint("alive", "$BACKEND/alive");
// Not kept: a pooled connection that turns out to be closed is replaced in silence (8.5), which is
// no attempt.
constexpr const char* kOnce = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
constexpr const char* kUnavailable = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy";
// A template that shows that there is no key.
const std::string kShowsKey =
    R"(,"responseTemplates":{"DEFAULT":{"*/*":{"status":500,"body":"{#error.key}"}}})";

// Every failure out of this block is 502 with no key and no message.
Turn exhausted(std::size_t calls) {
  return {.with = {{"Accept", "*/*"}},
          .backend_says = {kHangUp},
          .status = 502,
          .says = "",
          .has = {{"Content-Type", "-"}, {"Connection", "close"}},
          .calls = calls};
}
Turn answered() { return {.backend_says = {kOnce}, .says = "ok", .calls = 1}; }
Turn exhausted_unasked() {
  Turn turn = exhausted(0);
  turn.backend_says = {kOk};
  return turn;
}

const bool kAttempts = add_cases({
    {.name = "S8_6_EachAttemptLetsTheLoadBalancerMoveOn",
     .rule = "Per attempt: invoke the endpoint invoker (so the load balancer moves on by itself).",
     .apis = {failing_over(R"(,"maxRetries":1)", {.endpoints = kTwo})},
     .turns = {{.backend = "GET /alive/x"}, {.backend = "GET /alive/x"}}},
    {.name = "S8_6_UpToMaxRetriesFurtherAttempts",
     .rule = "Up to maxRetries further attempts on any failure (here a connection error).",
     .apis = {failing_over(R"(,"maxRetries":3)")},
     .turns = {{.backend_says = {kHangUp, kHangUp, kHangUp, kOnce}, .says = "ok", .calls = 4},
               exhausted(4)}},
    {.name = "S8_6_AnyStatusOfTheBackendIsASuccess",
     .rule = "A backend response with any status is a success unless failureCondition says "
             "otherwise.",
     .apis = {failing_over("")},
     .turns = {{.backend_says = {kUnavailable, kOk}, .status = 503, .says = "busy", .calls = 1}}},
    {.name = "S8_6_UnlessFailureConditionSaysOtherwise",
     .rule = "A backend response ... unless failureCondition says otherwise.",
     .apis = {failing_over(R"(,"maxRetries":1,"failureCondition":"{#response.status == 503}")")},
     .turns = {{.backend_says = {kUnavailable, kOk}, .says = "ok", .calls = 2},
               {.backend_says = {kUnavailable}, .status = 502, .says = "", .calls = 2}}},
    {.name = "S8_6_FailureConditionMayReadTheAnswersBody",
     .rule = "failureCondition: an expression over the answer, its content too.",
     .apis = {failing_over(
         R"(,"maxRetries":1,"failureCondition":"{#response.content == 'busy'}")")},
     .turns = {{.backend_says = {kUnavailable, kOk}, .says = "ok", .calls = 2}}},
    {.name = "S8_6_TheRequestBodyIsReplayed",
     .rule = "The request body is buffered so that it can be replayed.",
     .apis = {failing_over(R"(,"maxRetries":2)")},
     .turns = {{.ask = "POST /a/x",
                .body = "payload",
                .backend_says = {kHangUp, kHangUp, kOnce},
                .backend_body = "payload",
                .calls = 3}}},
    {.name = "S8_6_NoEndpointIs502Too",
     .rule = "Every failure out of this block is 502 with no key, hiding the original key.",
     .apis = {failing_over("", {.target = "no url", .top = kShowsKey})},
     .turns = {exhausted_unasked()}},
    {.name = "S8_6_ExhaustedItHasNoKey",
     .rule = "Every failure out of this block is 502 with no key: no template fires.",
     .apis = {failing_over(R"(,"maxRetries":0)", {.top = kShowsKey})},
     .turns = {exhausted(1)}},
    {.name = "S8_6_AttemptsStartFromCleanHeadersPathAndAnEmptyResponse",
     .rule = "Retried attempts must start from clean request headers, path and an empty response.",
     .apis = {failing_over(
         R"(,"maxRetries":1,"failureCondition":"{#response.status == 503}")",
         {.flows = list({flow({.request = {note("n"), step("set", R"({"name":)"
                                                                  R"("request.endpoint",)"
                                                                  R"("value":"/y?c=1"})")}})})})},
     .turns = {{.ask = "GET /a/x?q=1",
                .backend_says = {"HTTP/1.1 503 Busy\r\nX-Of: first\r\nContent-Length: 0\r\n\r\n",
                                 kOk},
                .says = "ok",
                .has = {{"X-Of", "-"}},
                .backend = "GET /y?q=1&c=1",
                .backend_has = {{"X-Note", "n"}},
                .calls = 2}}},
    {.name = "S8_6_V2RetriesUpToMaxAttemptsBeyondTheFirst",
     .rule = "v2 failover (both engines): retries up to maxAttempts attempts beyond the first; "
             "final failure 502.",
     .apis = {v2({.engine = "v3", .proxy = R"(,"failover":{"maxAttempts":2})"}),
              v2({.id = "emulated",
                  .path = "/emulated/",
                  .proxy = R"(,"failover":{"maxAttempts":2})"})},
     .turns = {{.backend_says = {kHangUp, kHangUp, kOnce}, .calls = 3},
               exhausted(3),
               {.ask = "GET /emulated/x",
                .backend_says = {kHangUp, kHangUp, kOnce},
                .says = "ok",
                .calls = 3},
               {.ask = "GET /emulated/x",
                .backend_says = {kHangUp},
                .status = 502,
                .says = "",
                .calls = 3}}},
});

constexpr const char* kBreaker =
    R"(,"maxRetries":1,"maxFailures":2,"openStateDuration":5000,"perSubscription":false)";

Turn after(Duration time, Turn turn) {
  turn.after = time;
  return turn;
}
Turn odd() {
  return {.ask = "GET /a/odd", .status = 400, .says = "Http method is not valid", .calls = 0};
}
Turn of_client(const std::string& address, Turn turn) {
  turn.with.push_back({"X-Forwarded-For", address});
  return turn;
}

const bool kBreakers = add_cases({
    {.name = "S8_6_AllAttemptsTogetherAreOneCallForTheBreaker",
     .rule = "All attempts together are one call for the circuit breaker.",
     .apis = {failing_over(kBreaker)},
     .turns =
         {exhausted(2), {.backend_says = {kHangUp, kOnce}, .calls = 2}, exhausted(2), answered()}},
    {.name = "S8_6_TheBreakerOpensWhenAllOfTheWindowFailed",
     .rule = "Count-based window of maxFailures calls, opens when 100 % failed. Open: fail at "
             "once.",
     .apis = {failing_over(kBreaker)},
     .turns = {exhausted(2), exhausted(2), exhausted_unasked(),
               after(4999ms, exhausted_unasked())}},
    {.name = "S8_6_WhatCannotBeAskedOfAnyEndpointDoesNotOpenIt",
     .rule = "Recorded as failures: connection errors, timeouts, interruptions. A request that "
             "cannot be sent is none of these: 400, once.",
     .apis = {failing_over(
         kBreaker, {.flows = list({flow({.request = {step("set", R"({"name":"request.method",)"
                                                                 R"("value":"FETCH"})")},
                                         .path = "/odd"})})})},
     .turns = {odd(), odd(), odd(), answered()}},
    {.name = "S8_6_FewerCallsThanTheWindowDoNotOpenIt",
     .rule = "Minimum maxFailures calls; a success within the window keeps it closed.",
     .apis = {failing_over(kBreaker)},
     .turns = {exhausted(2), answered(), exhausted(2), answered(), exhausted(2), answered()}},
    {.name = "S8_6_HalfOpenOneCallThatSucceedsClosesIt",
     .rule = "Open for openStateDuration, then half-open with one permitted call.",
     .apis = {failing_over(kBreaker)},
     .turns = {exhausted(2), exhausted(2), after(5000ms, answered()), exhausted(2), answered()}},
    {.name = "S8_6_HalfOpenOneCallThatFailsOpensItAgain",
     .rule = "Half-open with one permitted call.",
     .apis = {failing_over(kBreaker)},
     .turns = {exhausted(2), exhausted(2), after(5000ms, exhausted(2)), exhausted_unasked(),
               after(5000ms, answered())}},
    {.name = "S8_6_OneBreakerForEachSubscription",
     .rule = "One breaker per subscription id (of key-less plans the client's address).",
     .apis = {failing_over(R"(,"maxRetries":0,"maxFailures":1,"perSubscription":true)")},
     .turns = {of_client("10.0.0.1", exhausted(1)), of_client("10.0.0.1", exhausted_unasked()),
               of_client("10.0.0.2", answered())}},
    {.name = "S8_6_OneBreakerForTheApi",
     .rule = "Or per API.",
     .apis = {failing_over(R"(,"maxRetries":0,"maxFailures":1,"perSubscription":false)")},
     .turns = {of_client("10.0.0.1", exhausted(1)), of_client("10.0.0.2", exhausted_unasked())}},
});

}  // namespace

// Time limit slowCallDuration per attempt; also timeouts: 502 not 504.
TEST_F(Lifecycle, S8_6_AnAttemptIsLimitedBySlowCallDuration) {
  serve({failing_over(R"(,"maxRetries":1,"slowCallDuration":500)")});
  Peer& client = get();
  for (std::size_t n : {0, 1}) {
    asked(n);
    pass(499ms);
    EXPECT_EQ(client.received, "");
    pass(1ms);
  }
  Answer got = answer(client);
  EXPECT_EQ(got.status, 502);
  EXPECT_EQ(got.body, "");
  EXPECT_EQ(backend->connections.size(), 2u);
}

// Opens when 100 % were slower than slowCallDuration.
TEST_F(Lifecycle, S8_6_TheBreakerOpensWhenAllOfTheWindowWereSlow) {
  serve({failing_over(
      R"(,"maxRetries":1,"slowCallDuration":500,"maxFailures":2,"perSubscription":false)")});
  for (int call = 0; call < 2; ++call) {
    std::size_t n = backend->connections.size();
    Peer& client = get();
    asked(n);
    pass(500ms);
    asked(n + 1);
    pass(100ms);
    backend->connections[n + 1]->send(kOnce);
    EXPECT_EQ(answer(client).status, 200);
  }
  expect_turn(exhausted_unasked());
}

// Half-open with one permitted call: others fail at once.
TEST_F(Lifecycle, S8_6_HalfOpenLetsOneCallThrough) {
  serve({failing_over(R"(,"maxRetries":0,"maxFailures":1,"perSubscription":false)")});
  expect_turn(exhausted(1));
  pass(10s);
  Peer& trying = get();
  asked(1);
  EXPECT_EQ(answer(get()).status, 502);
  asked(1).send(kOk);
  EXPECT_EQ(answer(trying).status, 200);
}

// v2: each attempt limited to retryTimeout.
TEST_F(Lifecycle, S8_6_V2AttemptsAreLimitedByRetryTimeout) {
  serve({v2({.engine = "v3", .proxy = R"(,"failover":{"maxAttempts":1,"retryTimeout":300})"})});
  Peer& client = get();
  asked(0);
  pass(300ms);
  asked(1);
  pass(300ms);
  EXPECT_EQ(answer(client).status, 502);
}

}  // namespace perigee::lifecycle
