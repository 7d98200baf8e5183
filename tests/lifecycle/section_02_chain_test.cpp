// lifecycle.md section 2: the whole chain, in order.
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

// A flow with these steps, on every path.
std::string on_request(const std::vector<std::string>& steps) {
  return list({flow({.request = steps})});
}
std::string on_response(const std::vector<std::string>& steps) {
  return list({flow({.response = steps})});
}
std::string end(int status) { return step("end", R"({"status":)" + std::to_string(status) + "}"); }
std::string fail(int status) {
  return step("fail", R"({"message":"failed","status":)" + std::to_string(status) + "}");
}

const std::string kRejectsNull = R"(,"requestValidation":{"rejectNullByte":true})";
const std::string kCors = R"(,"cors":{"enabled":true,"allowOrigin":["*"],"allowMethods":["GET"]})";
const NameValues kPreflight = {{"Origin", "http://o.example"},
                               {"Access-Control-Request-Method", "GET"}};
const std::string kNobody = "[" + guarded("p", R"({"token":"none"})") + "]";
const std::string kPlatformNote = organization({v2_flow({note("platform")}, {note("platform")})});

const bool kOrder = add_cases({
    {.name = "S2_Step03_PlatformRequestFlowsComeBeforeTheNullByteCheck",
     .rule = "3 platform flows REQUEST, 4 before-security: null-byte check.",
     .apis = {v4({.listener = kRejectsNull})},
     .platform = {organization({v2_flow({end(299)}, {})})},
     .turns = {{.ask = "GET /a/%00", .status = 299, .backend = "-"}}},
    {.name = "S2_Step03_PlatformRequestFlowsComeBeforeCors",
     .rule = "3 platform flows REQUEST, 4 before-security: CORS preflight.",
     .apis = {v4({.listener = kCors})},
     .platform = {organization({v2_flow({end(299)}, {})})},
     .turns = {{.ask = "OPTIONS /a/x", .with = kPreflight, .status = 299, .backend = "-"}}},
    {.name = "S2_Step04_TheNullByteCheckComesBeforeCors",
     .rule = "4 before-security: null-byte check (4.9.x patch), CORS preflight.",
     .apis = {v4({.listener = kRejectsNull + kCors})},
     .turns = {{.ask = "OPTIONS /a/%00",
                .with = kPreflight,
                .status = 400,
                .says = "The request contains invalid characters.",
                .backend = "-"}}},
    {.name = "S2_Step04_TheNullByteCheckComesBeforeSecurity",
     .rule = "4 before-security: null-byte check (4.9.x patch), 5 security chain. URI or headers "
             "with a NUL or %00: 400 REQUEST_NULL_BYTE_REJECTED.",
     .apis = {v4({.plans = kNobody, .listener = kRejectsNull})},
     .turns = {{.ask = "GET /a/%00",
                .status = 400,
                .says = "The request contains invalid characters.",
                .backend = "-"},
               {.ask = "GET /a/x", .with = {{"X-A", "a%00b"}}, .status = 400, .backend = "-"},
               {.ask = "GET /a/x?q=%00", .status = 400, .backend = "-"},
               {.ask = "GET /a/x", .status = 401, .backend = "-"}}},
    {.name = "S2_Step04_TheNullByteCheckIsOffByDefault",
     .rule = "requestValidation.rejectNullByte: default false.",
     .turns = {{.ask = "GET /a/%00", .backend = "GET /%00"}}},
    {.name = "S2_Step04_CorsComesBeforeSecurity",
     .rule = "4 before-security: CORS preflight, 5 security chain.",
     .apis = {v4({.plans = kNobody, .listener = kCors})},
     .turns = {{.ask = "OPTIONS /a/x", .with = kPreflight, .status = 200, .backend = "-"},
               {.ask = "GET /a/x", .status = 401, .backend = "-"}}},
    {.name = "S2_Step05_SecurityComesBeforeTheBeforeApiProcessors",
     .rule = "5 security chain, 6 before-api: path parameters, subscription processor.",
     .apis = {v4(
         {.flows = list({flow({.path = "/:id"})}),
          .plans = "[" +
                   guarded("p", "{}", R"(,"selectionRule":"{#request.pathParams['id'] != null}")") +
                   "]"})},
     .turns = {{.status = 401, .has = {{"X-Gravitee-Client-Identifier", "-"}}, .backend = "-"}}},
    {.name = "S2_Step06_BeforeApiProcessorsComeBeforePlanFlows",
     .rule = "6 before-api: X-Forwarded-Prefix, path parameters, path mapping; 8 plan flows.",
     .gateway = {{"handlers.request.headers.x-forwarded-prefix", "true"}},
     .apis = {v4({.plan_flows = list(
                      {flow({.request = {tell("X-Id", "{#request.pathParams['id'][0]}"),
                                         tell("X-Mapped", "{#context.attributes['mapped-path']}"),
                                         tell("X-Prefix",
                                              "{#request.headers['X-Forwarded-"
                                              "Prefix'][0]}")},
                             .path = "/:id"})}),
                  .listener = R"(,"pathMappings":["/:mapped"])"})},
     .turns = {{.ask = "GET /a/12",
                .backend_has = {{"X-Id", "12"}, {"X-Mapped", "/:mapped"}, {"X-Prefix", "/a/"}}}}},
    {.name = "S2_Step07_WithoutAnEntrypointItIs404AfterTheBeforeApiProcessors",
     .rule = "6 before-api, 7 entrypoint request handling, 8 flows. None matches: 404 (14).",
     .apis = {v4({.flows = on_request({end(299)}), .entrypoints = "[]"})},
     .turns = {{.status = 404,
                .says = "No entrypoint matches the incoming request",
                .has = {{"X-Gravitee-Client-Identifier", "*"}},
                .backend = "-"}}},
    {.name = "S2_Step08_PlatformThenPlanThenApiFlowsOnRequest",
     .rule = "3 platform flows REQUEST; 8 plan flows REQUEST, then API flows REQUEST; 9 invoker.",
     .apis = {v4({.flows = on_request({note("api")}), .plan_flows = on_request({note("plan")})})},
     .platform = {kPlatformNote},
     .turns = {{.backend_has = {{"X-Note", "platform, plan, api"}}}}},
    {.name = "S2_Step10_PlanThenApiThenPlatformFlowsOnResponse",
     .rule = "10 plan flows RESPONSE, then API flows RESPONSE; 12 platform flows, RESPONSE.",
     .apis = {v4({.flows = on_response({note("api")}), .plan_flows = on_response({note("plan")})})},
     .platform = {kPlatformNote},
     .turns = {{.says = "ok", .has = {{"X-Note", "plan, api, platform"}}}}},
    {.name = "S2_Step11_AfterApiProcessorsComeBetweenApiAndPlatformFlows",
     .rule = "10 API flows RESPONSE, 11 after-api: transaction headers, CORS simple, 12 platform "
             "flows RESPONSE.",
     .apis = {v4(
         {.flows = on_response(
              {tell("X-Api", "{#response.headers['X-Gravitee-Request-Id'] == null}"),
               tell("X-Api-Cors", "{#response.headers['Access-Control-Allow-Origin'] == null}")}),
          .listener = kCors})},
     .platform = {organization(
         {v2_flow({}, {tell("X-Platform", "{#response.headers['X-Gravitee-Request-Id'] == null}"),
                       tell("X-Platform-Cors",
                            "{#response.headers['Access-Control-Allow-Origin'] == null}")})})},
     .turns = {{.with = {{"Origin", "http://o.example"}},
                .has = {{"X-Api", "true"},
                        {"X-Api-Cors", "true"},
                        {"X-Platform", "false"},
                        {"X-Platform-Cors", "false"}}}}},
});

const bool kErrors = add_cases({
    {.name = "S2_AnErrorOfARequestFlowJumpsToTheErrorPath",
     .rule = "An error in 1..11 jumps to the error path: no later flow, no backend, no response "
             "flows of plan or API; after-api processors and platform response flows run.",
     .apis = {v4(
         {.flows = list({flow({.request = {note("x")}, .response = {note("api")}})}),
          .plan_flows = list({flow({.request = {fail(418)}, .response = {note("plan")}})})})},
     .platform = {kPlatformNote},
     .turns = {{.status = 418,
                .says = "failed",
                .has = {{"X-Note", "platform"}, {"X-Gravitee-Request-Id", "*"}},
                .backend = "-"}}},
    {.name = "S2_AnErrorOfSecurityJumpsToTheErrorPath",
     .rule = "12 platform flows, RESPONSE: always run, also after errors.",
     .apis = {v4({.plans = kNobody})},
     .platform = {kPlatformNote},
     .turns = {{.status = 401, .has = {{"X-Note", "platform"}}, .backend = "-"}}},
    {.name = "S2_AnErrorOfTheBackendJumpsToTheErrorPath",
     .rule = "An error in step 9 jumps to the error path; platform response flows always run.",
     .apis = {v4({.target = "$CLOSED",
                  .flows = on_response({note("api")}),
                  .plan_flows = on_response({note("plan")})})},
     .platform = {kPlatformNote},
     .turns = {{.status = 502, .has = {{"X-Note", "platform"}}}}},
    {.name = "S2_AnErrorOfAResponseFlowJumpsToTheErrorPath",
     .rule = "The response is written only in step 15, so everything before can still replace it.",
     .apis = {v4({.flows = on_response({note("api"), fail(501), note("never")}),
                  .plan_flows = on_response({note("plan")})})},
     .platform = {kPlatformNote},
     .turns = {{.status = 501,
                .says = "failed",
                .has = {{"X-Note", "plan, api, platform"}, {"Content-Length", "6"}},
                .backend = "GET /x"}}},
    {.name = "S2_Step12_MayReplaceTheAnswer",
     .rule = "The response is written only in step 15, so everything before can still replace it.",
     .platform = {organization({v2_flow({}, {fail(503)})})},
     .turns = {{.status = 503, .says = "failed", .backend = "GET /x"}}},
});

const bool kAggregation = add_cases({
    {.name = "S2_ARequestBodyIsAggregatedForACondition",
     .rule = "A body is aggregated only when a policy or a condition (request.content, "
             "jsonContent, xmlContent) asks for it.",
     .apis = {v4({.flows = on_request({note("content", "{#request.content == '{\"a\":\"1\"}'}"),
                                       note("json", "{#request.jsonContent.a == '1'}"),
                                       note("xml",
                                            "{#request.xmlContent != null && "
                                            "#request.xmlContent.a == '1'}")})})},
     .turns = {{.ask = "POST /a/x",
                .body = R"({"a":"1"})",
                .backend_has = {{"X-Note", "content, json"}},
                .backend_body = R"({"a":"1"})"},
               {.ask = "POST /a/x",
                .body = "<a>1</a>",
                .backend_has = {{"X-Note", "xml"}},
                .backend_body = "<a>1</a>"}}},
    {.name = "S2_ARequestBodyIsAggregatedForThePoliciesOfBothPhases",
     .rule = "A body is aggregated when a policy asks for it, also in the response phase.",
     .apis = {v4({.flows = list({flow({.request = {step("gather")},
                                       .response = {note("big", "{#request.content.length() > 3}"),
                                                    step("gather")}})})})},
     .turns = {{.ask = "POST /a/x",
                .body = "body",
                .says = "ok",
                .has = {{"X-Note", "big"}, {"X-Size", "2"}},
                .backend_has = {{"X-Size", "4"}},
                .backend_body = "body"}}},
});

constexpr const char* kHalfAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab";

}  // namespace

// Steps 10 and 12 transform the body stream lazily: what does not touch it must not buffer it.
TEST_F(Lifecycle, S2_AResponseIsStreamedThroughFlowsThatDoNotTouchIt) {
  serve({v4({.flows = on_response({note("api")}), .plan_flows = on_response({note("plan")})})},
        {kPlatformNote});
  Peer& client = get();
  asked().send(kHalfAnswer);
  ASSERT_TRUE(until([&] { return client.received.ends_with("\r\n\r\nab"); })) << client.received;
  asked().send("cd");
  EXPECT_EQ(answer(client).body, "abcd");
}

// The same with a policy that transforms the stream as it passes.
TEST_F(Lifecycle, S2_AResponseIsTransformedWhileItIsStreamed) {
  serve({v4({.flows = on_response({step("shout")})})});
  Peer& client = get();
  asked().send(kHalfAnswer);
  ASSERT_TRUE(until([&] { return client.received.ends_with("\r\n\r\nAB"); })) << client.received;
  asked().send("cd");
  EXPECT_EQ(answer(client).body, "ABCD");
}

// A body is aggregated only when somebody asks for it: then nothing is sent before it is whole.
TEST_F(Lifecycle, S2_AResponseIsHeldBackWhileItIsAggregated) {
  serve({v4({.flows = on_response({step("gather")})})});
  Peer& client = get();
  asked().send(kHalfAnswer);
  settle();
  EXPECT_EQ(client.received, "");
  asked().send("cd");
  EXPECT_EQ(answer(client).header("X-Size"), "4");
}

// Request bodies are streamed, too.
TEST_F(Lifecycle, S2_ARequestIsStreamedThroughFlowsThatDoNotTouchIt) {
  serve({v4({.flows = on_request({note("api")})})}, {kPlatformNote});
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
  ASSERT_TRUE(until([&] {
    return !backend->connections.empty() &&
           backend->connections[0]->received.ends_with("\r\n\r\nab");
  }));
  client.send("cd");
  ASSERT_TRUE(until([&] { return asked().received.ends_with("abcd"); }));
  asked().send(kOk);
  EXPECT_EQ(answer(client).status, 200);
}

TEST_F(Lifecycle, S2_ARequestIsHeldBackWhileItIsAggregated) {
  serve({v4({.flows = on_request({step("gather")})})});
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
  settle();
  EXPECT_TRUE(backend->connections.empty());
  client.send("cd");
  asked().send(kOk);
  EXPECT_EQ(answer(client).status, 200);
}

// Back-pressure end to end: a client that does not read keeps the backend from sending.
TEST_F(Lifecycle, S2_ABackendWaitsForAClientThatDoesNotRead) {
  serve({v4()});
  Peer& client = get();
  client.stop_reading();
  constexpr std::size_t kBytes = 64 << 20;  // more than all buffers of the way
  asked().send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kBytes) + "\r\n\r\n" +
               std::string(kBytes, 'x'));
  for (int i = 0; i < 200; ++i) settle();  // time for a hundred times the buffers
  EXPECT_FALSE(asked().sent());
  EXPECT_LT(reactor->buffers().bytes_leased(), std::size_t{1} << 20);
  client.close();
}

// Once step 15 has started, a failure can only abort the stream.
TEST_F(Lifecycle, S2_Step15_AFailureAfterTheHeadAbortsTheStream) {
  serve({v4({.flows = on_response({note("api")})})}, {kPlatformNote});
  Peer& client = get();
  asked().send(kHalfAnswer);
  ASSERT_TRUE(until([&] { return client.received.ends_with("ab"); }));
  asked().close();
  ASSERT_TRUE(until([&] { return client.over(); }));
  Answer got = proxy::testing::parse_answer(client.received);
  EXPECT_EQ(got.status, 200);
  EXPECT_FALSE(got.whole);
}

// Request timeout covers 2..11: platform flows, security, flows of both phases, the backend.
TEST_F(Lifecycle, S2_TheRequestTimeoutCoversTheChain) {
  const std::string wait = step("wait", R"({"gate":"never"})");
  const std::string slow_plan = "[" + guarded("p", R"({"gate":"never"})") + "]";
  struct Row {
    const char* where;
    std::string api;
    std::vector<std::string> platform;
  };
  for (const Row& row : std::vector<Row>{
           {"platform", v4(), {organization({v2_flow({wait}, {})})}},
           {"security", v4({.plans = slow_plan}), {}},
           {"plan flows", v4({.plan_flows = on_request({wait})}), {}},
           {"API flows", v4({.flows = on_request({wait})}), {}},
           {"response flows", v4({.flows = on_response({wait})}), {}},
       }) {
    SCOPED_TRACE(row.where);
    configure({{"http.requestTimeout", "1000"}});
    serve({row.api}, row.platform);
    Peer& client = get();
    std::vector<Received> received;
    until([&] {
      answer_calls({kOk}, received);
      return gates().awaited("never");
    });
    pass(1001ms);
    Answer got = answer(client);
    EXPECT_EQ(got.status, 504);
    EXPECT_EQ(got.body, "Request timeout");
  }
}

// 16 post-processors: after the last byte of the body.
TEST_F(Lifecycle, S2_Step16_ReportsComeAfterTheBody) {
  serve({v4()});
  Peer& client = get();
  asked().send(kHalfAnswer);
  ASSERT_TRUE(until([&] { return client.received.ends_with("ab"); }));
  EXPECT_EQ(reported("2xx"), 0u);
  asked().send("cd");
  answer(client);
  settle();
  EXPECT_EQ(reported("2xx"), 1u);
}

}  // namespace perigee::lifecycle
