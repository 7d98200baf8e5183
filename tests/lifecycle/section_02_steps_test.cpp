// lifecycle.md section 2: the steps at either end of the chain, and the invoker between the flows.
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

const std::string kEnds = step("end", R"({"status":299})");

std::string routes(const std::string& path) {
  return step("set", R"({"name":"request.endpoint","value":")" + path + "\"}");
}

const bool kBegin = add_cases({
    {.name = "S2_Step00_MatchingComesBeforeAnyFlow",
     .rule = "0 accept, match; 3 platform flows, REQUEST: not for what no API matches.",
     .platform = {organization({v2_flow({kEnds}, {note("platform")})})},
     .turns = {{.ask = "GET /nothing", .status = 404, .has = {{"X-Note", "-"}}, .backend = "-"},
               {.status = 299, .has = {{"X-Note", "platform"}}, .backend = "-"}}},
    {.name = "S2_Step01_PreProcessorsComeBeforePlatformFlows",
     .rule = "1 platform pre-processors: ids, remote address; 3 platform flows, REQUEST.",
     .platform = {organization(
         {v2_flow({tell("X-Seen",
                        "{#request.headers['X-Gravitee-Request-Id'][0] == #request.id} "
                        "{#request.headers['X-Gravitee-Transaction-Id'][0]} "
                        "{#request.remoteAddress}")},
                  {})})},
     .turns = {{.with = {{"X-Gravitee-Transaction-Id", "mine"}, {"X-Forwarded-For", "9.9.9.9"}},
                .backend_has = {{"X-Seen", "true mine 9.9.9.9"}}}}},
    {.name = "S2_Step01_PreProcessorsRunForWhatNoApiMatches",
     .rule = "1 platform pre-processors: every request, matched or not (section 3).",
     .gateway = {{"handlers.notfound.analytics.enabled", "true"}},
     .turns = {{.ask = "GET /nothing", .status = 404}},
     .reported = std::vector<std::string>{"1 4xx"}},
});

const bool kInvoker = add_cases({
    {.name = "S2_Step09_TheEndpointIsSelectedAfterAllRequestFlows",
     .rule = "8 plan flows REQUEST, then API flows REQUEST; 9 invoker: endpoint selection.",
     .apis = {v4({.flows = list({flow({.request = {routes("/api")}})}),
                  .plan_flows = list({flow({.request = {routes("/plan")}})})})},
     .platform = {organization({v2_flow({routes("/platform")}, {})})},
     .turns = {{.backend = "GET /api", .calls = 1}}},
    {.name = "S2_Step09_FailoverCallsAgainWithoutTheFlows",
     .rule = "8 flows REQUEST, 9 invoker: failover, backend call, 10 flows RESPONSE: each once.",
     .apis = {v4(
         {.flows = list({flow({.request = {note("request")}, .response = {note("response")}})}),
          .top = R"(,"failover":{"enabled":true,"maxRetries":1})"})},
     .turns = {{.backend_says = {kHangUp, kOk},
                .says = "ok",
                .has = {{"X-Note", "response"}},
                .backend_has = {{"X-Note", "request"}},
                .calls = 2}}},
    {.name = "S2_Step09_ResponseFlowsSeeTheBackendsAnswer",
     .rule = "9 invoker: backend call, 10 plan flows RESPONSE, then API flows RESPONSE.",
     .apis = {v4({.flows = list({flow({.response = {tell("X-Seen",
                                                         "{#response.status} "
                                                         "{#response.headers['X-Of'][0]}")}})})})},
     .turns = {{.backend_says = {"HTTP/1.1 203 Odd\r\nX-Of: backend\r\nContent-Length: 0\r\n\r\n"},
                .status = 203,
                .has = {{"X-Seen", "203 backend"}}}}},
});

const bool kEnd = add_cases({
    {.name = "S2_Step13_TheEntrypointLeavesTheAnswerOfThePlatformsFlows",
     .rule = "12 platform flows, RESPONSE; 13 entrypoint response handling (http-proxy: nothing).",
     .platform = {organization(
         {v2_flow({}, {step("policy-assign-content", R"({"body":"replaced"})"),
                       step("transform-headers",
                            R"({"addHeaders":[{"name":"Content-Type","value":"a/b"}]})")})})},
     .turns = {{.says = "replaced",
                .has = {{"Content-Type", "a/b"}, {"Content-Length", "8"}, {"Connection", "-"}}}}},
    {.name = "S2_Step13_WithoutAnEntrypointTheAnswerGoesOutAsWell",
     .rule = "13 entrypoint response handling: none has matched, the error is sent as it is.",
     .apis = {v4({.entrypoints = "[]"})},
     .platform = {organization({v2_flow({}, {note("platform")})})},
     .turns = {{.status = 404,
                .says = "No entrypoint matches the incoming request",
                .has = {{"X-Note", "platform"}}}}},
});

// An API that asks for logs of everything.
std::string logged() {
  return v4({.top = R"(,"analytics":{"enabled":true,"logging":{)"
                    R"("mode":{"entrypoint":true,"endpoint":true},)"
                    R"("phase":{"request":true,"response":true},)"
                    R"("content":{"headers":true,"payload":true}}})"});
}

}  // namespace

// Logs are written by reporters, which this version has not: what can be shown is that a
// definition that asks for them is served, and that no body waits for a log that nobody writes.
TEST_F(Lifecycle, S2_Step02_LogsOfRequestsHoldNothingBack) {
  serve({logged()});
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
  ASSERT_TRUE(until([&] {
    return !backend->connections.empty() &&
           backend->connections[0]->received.ends_with("\r\n\r\nab");
  }));
  client.send("cd");
  ASSERT_TRUE(until([&] { return asked().received.ends_with("abcd"); }));
  asked().send(kOk);
  EXPECT_EQ(answer(client).body, "ok");
}

TEST_F(Lifecycle, S2_Step14_LogsOfResponsesHoldNothingBack) {
  serve({logged()});
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
  ASSERT_TRUE(until([&] { return client.received.ends_with("ab"); }));
  asked().send("cd");
  EXPECT_EQ(answer(client).body, "abcd");
}

}  // namespace perigee::lifecycle
