// lifecycle.md section 12: v2 APIs on the v3 engine.
#include "base/json.hpp"
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

std::string old(V2Text text = {}) {
  text.engine = "v3";
  return v2(text);
}
std::string condition(const std::string& text) { return R"(,"condition":)" + json_quoted(text); }
constexpr const char* kSeesFirst = "{#request.headers['X-Note'] != null}";
// The second flow looks for what the first leaves.
const std::string kTwoFlows =
    list({v2_flow({note("first")}, {note("first")}),
          v2_flow({note("second")}, {note("second")}, "/", condition(kSeesFirst)),
          v2_flow({note("third")}, {note("third")})});
std::string failing(const std::string& failure) {
  return list({v2_flow({step("fail", failure)}, {})});
}
std::string v2_endpoint(const std::string& target, const std::string& more = "") {
  return R"(,"endpoints":[{"name":"e","target":")" + target + "\"" + more + "}]";
}
std::string sets_endpoint(const std::string& to) {
  return list({v2_flow({step("set", R"({"name":"request.endpoint","value":")" + to + "\"}")}, {})});
}
const Turn kNoEndpoint = {.with = {{"Accept", "*/*"}},
                          .status = 503,
                          .says = "",
                          .has = {{"Content-Type", "-"}, {"Connection", "close"}},
                          .backend = "-"};
// A template that shows a key when there is one.
const std::string kShowsKey =
    R"(,"response_templates":{"DEFAULT":{"*/*":{"status":500,"body":"{#error.key}"}}})";

const bool kChain = add_cases({
    {.name = "S12_FlowConditionsAreEvaluatedWhenTheFlowsAreResolved",
     .rule = "v3: conditions of a chain's flows are evaluated before the first of them runs.",
     .apis = {old({.flows = kTwoFlows})},
     .turns = {{.has = {{"X-Note", "first, third"}}, .backend_has = {{"X-Note", "first, third"}}},
               {.with = {{"X-Note", "client"}},
                .has = {{"X-Note", "first, second, third"}},
                .backend_has = {{"X-Note", "client, first, second, third"}}}}},
    {.name = "S12_UnderTheEmulationEachIsEvaluatedJustBeforeItsFlow",
     .rule = "v4-emulation: just before each flow runs.",
     .apis = {v2({.flows = kTwoFlows})},
     .turns = {{.has = {{"X-Note", "first, second, third"}}}}},
    {.name = "S12_EachChainIsResolvedWhenItBegins",
     .rule = "Flows are resolved chain by chain: the API's see what the plan's have done.",
     .apis = {old({.flows = list({v2_flow({note("api")}, {}, "/", condition(kSeesFirst))}),
                   .plan_flows = list({v2_flow({note("plan")}, {})})})},
     .turns = {{.backend_has = {{"X-Note", "plan, api"}}}}},
    {.name = "S12_PlatformFlowsAreResolvedFirstToo",
     .rule = "v3: platform flows' conditions are evaluated when they are resolved.",
     .apis = {old()},
     .platform = {organization({v2_flow({note("first")}, {}),
                                v2_flow({note("second")}, {}, "/", condition(kSeesFirst))})},
     .turns = {{.backend_has = {{"X-Note", "first"}}}}},
    {.name = "S12_FlowsBehindTheOneThatEndedTheChainDidNotRun",
     .rule = "Exactly the flows that ran in the request phase run in the response phase.",
     .apis = {old()},
     .platform = {organization({v2_flow({note("a")}, {note("a")}),
                                v2_flow({step("end", R"({"status":202})")}, {note("b")}),
                                v2_flow({note("c")}, {note("c")})})},
     .turns = {{.status = 202, .has = {{"X-Note", "a, b"}}, .backend = "-"}}},
    {.name = "S12_AConditionThatFailsDoesNotMatch",
     .rule = "Expression failure in a condition: flow treated as not matching.",
     .apis = {old({.flows = list({v2_flow({note("a")}, {}, "/",
                                          condition("{#request.headers['None'][0].foo.bar}")),
                                  v2_flow({note("b")}, {})})})},
     .turns = {{.backend_has = {{"X-Note", "b"}}}}},
    {.name = "S12_RequestIsPlatformThenPlanThenApi",
     .rule = "Chain: platform flows REQUEST; ...; plan flows; API flows.",
     .apis = {old({.flows = list({v2_flow({note("api")}, {})}),
                   .plan_flows = list({v2_flow({note("plan")}, {})})})},
     .platform = {organization({v2_flow({note("platform")}, {})})},
     .turns = {{.backend_has = {{"X-Note", "platform, plan, api"}}}}},
    {.name = "S12_ResponseIsApiThenPlanThenPlatform",
     .rule = "Response: API flows then plan flows; platform flows last.",
     .apis = {old({.flows = list({v2_flow({}, {note("api")})}),
                   .plan_flows = list({v2_flow({}, {note("plan")})})})},
     .platform = {organization({v2_flow({}, {note("platform")})})},
     .turns = {{.has = {{"X-Note", "api, plan, platform"}}}}},
    {.name = "S12_UnderTheEmulationPlanFlowsComeFirst",
     .rule = "v4-emulation: plan flows, then API flows, then platform.",
     .apis = {v2({.flows = list({v2_flow({}, {note("api")})}),
                  .plan_flows = list({v2_flow({}, {note("plan")})})})},
     .turns = {{.has = {{"X-Note", "plan, api"}}}}},
    {.name = "S12_NoPlanThatFitsIs401",
     .rule = "Selection rule evaluated; 401 GATEWAY_PLAN_UNRESOLVABLE, message Unauthorized.",
     .apis = {old({.top = R"(,"plans":[{"id":"p","name":"p","status":"PUBLISHED","security":)"
                          R"("KEY_LESS","selectionRule":"#request.headers['X-Pass'] != null"}])"})},
     .turns = {{.status = 401,
                .says = "Unauthorized",
                .has = {{"Content-Type", "text/plain"}, {"Connection", "close"}},
                .backend = "-"},
               {.with = {{"X-Pass", "1"}}}}},
    {.name = "S12_SelectionRulesSeeTheRequestAndAttributes",
     .rule = "Selection rules see #request and #context.attributes.",
     .apis = {old({.top = R"(,"plans":[{"id":"p","name":"p","status":"PUBLISHED","security":)"
                          R"("KEY_LESS","selectionRule":"#context.attributes['who'] == 'me' )"
                          R"(&& #request.method == 'GET'"}])"})},
     .platform = {organization({v2_flow({step("set", R"({"name":"who","value":"me"})")}, {})})},
     .turns = {{}, {.ask = "PUT /a/x", .status = 401}}},
});

const bool kErrors = add_cases({
    {.name = "S12_ErrorsAlwaysCloseTheConnection",
     .rule = "Error response always has Connection: close.",
     .apis = {old({.flows = failing(R"({"status":403,"message":"no"})")})},
     .turns = {{.status = 403, .says = "no", .has = {{"Connection", "close"}}}}},
    {.name = "S12_UnderTheEmulation4xxDoNotCloseIt",
     .rule = "v4-emulation: Connection: close unless 4xx.",
     .apis = {v2({.flows = failing(R"({"status":403,"message":"no"})")})},
     .turns = {{.status = 403, .has = {{"Connection", "-"}}}}},
    {.name = "S12_JsonIsForAcceptThatListsItsMediaType",
     .rule = "v3: JSON only if Accept contains exactly application/json or */* as a media type.",
     .apis = {old({.flows = failing(R"({"status":403,"message":"no"})")})},
     .turns = {{.with = {{"Accept", "text/html, application/json;q=0.1"}},
                .status = 403,
                .says = R"({"message":"no","http_status_code":403})",
                .has = {{"Content-Type", "application/json"}}},
               {.with = {{"Accept", "application/json-patch"}}, .status = 403, .says = "no"},
               {.with = {{"Accept", "*/*"}},
                .status = 403,
                .has = {{"Content-Type", "application/json"}}}}},
    {.name = "S12_TemplatesAnswerErrors",
     .rule = "Error: standard response or template.",
     .apis = {old(
         {.flows = failing(R"({"status":403,"key":"K","message":"no"})"), .top = kShowsKey})},
     .turns = {{.status = 500, .says = "K", .has = {{"Connection", "close"}}}}},
    {.name = "S12_NoEndpointIs503WithoutKeyAndBody",
     .rule = "No endpoint: 503 with no key and an empty body.",
     .apis = {old({.target = "no url"}), old({.id = "keyless",
                                              .path = "/keyless/",
                                              .flows = sets_endpoint("none:/x"),
                                              .top = kShowsKey})},
     .turns = {kNoEndpoint, {.ask = "GET /keyless/x", .status = 503, .says = "", .backend = "-"}}},
    {.name = "S12_UnderTheEmulationNoEndpointHasItsKey",
     .rule = "v4-emulation: 503 NO_ENDPOINT_FOUND.",
     .apis = {v2({.flows = sets_endpoint("none:/x"), .top = kShowsKey})},
     .turns = {{.status = 500, .says = "NO_ENDPOINT_FOUND"}}},
    {.name = "S12_AMalformedTargetIs400WithAnEmptyBody",
     .rule = "Malformed target: 400 empty.",
     .apis = {old({.flows = sets_endpoint("http://h:99999/x"), .top = kShowsKey})},
     .turns = {{.with = {{"Accept", "*/*"}},
                .status = 400,
                .says = "",
                .has = {{"Content-Type", "-"}, {"Connection", "close"}},
                .backend = "-"}}},
    {.name = "S12_AFailedConnectionIs502",
     .rule = "Backend connection failure: 502.",
     .apis = {old({.target = "$CLOSED"})},
     .turns = {{.status = 502, .says = "", .has = {{"Connection", "close"}}}}},
});

const bool kHosts = add_cases({
    {.name = "S12_HostIsAlwaysTheBackends",
     .rule = "Host is always the backend's, whatever client and policies say.",
     .apis = {old({.flows = list({v2_flow(
                       {step("transform-headers",
                             R"({"addHeaders":[{"name":"Host","value":"policy.example"}]})")},
                       {})}),
                   .proxy = R"(,"preserve_host":true)" +
                            v2_endpoint("$BACKEND", R"(,"http":{"propagateClientHost":true})")})},
     .turns = {{.backend_has = {{"Host", "~127\\.0\\.0\\.1:\\d+"}}}}},
    {.name = "S12_EndpointHeadersMayOverrideHost",
     .rule = "Endpoint headers may override it.",
     .apis = {old({.proxy = v2_endpoint("$BACKEND",
                                        R"(,"headers":[{"name":"Host","value":"h.example"}])")})},
     .turns = {{.backend_has = {{"Host", "h.example"}}}}},
});

}  // namespace

// No endpoint, endpoint down: 503 with no key and an empty body.
TEST_F(Lifecycle, S12_AnEndpointThatIsDownIs503WithoutKeyAndBody) {
  serve({old({.top = kShowsKey})});
  proxy->plan().plan().revisions().front()->groups[0].backends[0].endpoint->set_usable(false);
  expect_turn(kNoEndpoint);
}

// Connect or read timeout: 504.
TEST_F(Lifecycle, S12_AReadTimeoutIs504) {
  serve({old()});
  Peer& client = get();
  asked();
  pass(10s);
  Answer got = answer(client);
  EXPECT_EQ(got.status, 504);
  EXPECT_EQ(got.body, "");
}

TEST_F(Lifecycle, S12_AConnectTimeoutIs504) {
  upstream::testing::HangingBackend hanging;
  serve({old({.target = "http://127.0.0.1:" + std::to_string(hanging.port())})});
  Peer& client = get();
  settle();
  pass(5s);
  EXPECT_EQ(answer(client).status, 504);
}

// Timeout (http.requestTimeout): 504, key REQUEST_TIMEOUT, message Request timeout.
TEST_F(Lifecycle, S12_TheRequestTimeoutIs504WithItsMessage) {
  configure({{"http.requestTimeout", "2000"}});
  serve({old()});
  Peer& client = get();
  asked();
  pass(2s);
  Answer got = answer(client);
  EXPECT_EQ(got.status, 504);
  EXPECT_EQ(got.body, "Request timeout");
}

// Host is always the backend's, without the port when it is 80 or 443. (Behind a proxy: nobody
// listens on these ports.)
TEST_F(Lifecycle, S12_HostIsWithoutThePortWhenItIs80Or443) {
  const std::string by_proxy = R"(,"proxy":{"enabled":true,"host":"127.0.0.1","port":)" +
                               std::to_string(backend->port()) + "}";
  for (const char* engine : {"v3", "v4-emulation-engine"}) {
    for (const auto& [origin, host] :
         {std::pair("http://b.example", "b.example"), std::pair("http://b.example:80", "b.example"),
          std::pair("http://b.example:443", "b.example"),
          std::pair("http://b.example:8080", "b.example:8080")}) {
      serve({v2({.engine = engine, .proxy = v2_endpoint(origin, by_proxy)})});
      expect_turn({.backend_has = {{"Host", host}}});
      // Of a URL that a policy sets, too.
      serve({v2({.engine = engine,
                 .flows = sets_endpoint(std::string(origin) + "/z"),
                 .proxy = v2_endpoint("http://other.example", by_proxy)})});
      expect_turn({.backend_has = {{"Host", host}}});
    }
  }
}

}  // namespace perigee::lifecycle
