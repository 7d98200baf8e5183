// lifecycle.md section 7: flows.
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

// A flow that notes itself in both phases.
std::string noting(const std::string& name, FlowText text = {}) {
  text.request.insert(text.request.begin(), note(name));
  text.response.insert(text.response.begin(), note(name));
  return flow(text);
}
std::string disabled(std::string made) {
  const std::string enabled = R"("enabled":true)";
  return made.replace(made.find(enabled), enabled.size(), R"("enabled":false)");
}
// "-" for none.
Turn runs(const std::string& ask, const std::string& request, const std::string& response,
          const NameValues& with = {}) {
  return {.ask = ask,
          .with = with,
          .has = {{"X-Note", response}},
          .backend_has = {{"X-Note", request}}};
}
Turn runs(const std::string& ask, const std::string& both, const NameValues& with = {}) {
  return runs(ask, both, both, with);
}
const std::string kHasA = "{#request.headers['X-A'] != null}";
std::string drop(const std::string& header) {
  return step("transform-headers", R"({"removeHeaders":[")" + header + "\"]}");
}
std::string set_header(const std::string& header) { return tell(header, "1"); }
std::string fail(int status, const std::string& more = "") {
  return step("fail", R"({"message":"failed","status":)" + std::to_string(status) + more + "}");
}
std::string end(int status) {
  return step("end", R"({"body":"ended","status":)" + std::to_string(status) + "}");
}
// A condition that cannot be evaluated.
const std::string kBroken = "{#a.b.c}";

const bool kSelection = add_cases({
    {.name = "S7_DisabledFlowsDoNotRun",
     .rule = "For each chain (platform, plan, API): keep enabled flows.",
     .apis = {v4({.flows = list({disabled(noting("off")), noting("on")}),
                  .plan_flows = list({disabled(noting("off"))})})},
     .platform = {organization(
         {R"({"enabled":false,"pre":)" + list({note("off")}) + R"(,"post":[]})"})},
     .turns = {runs("GET /a/x", "on")}},
    {.name = "S7_FlowsAreSelectedByPathAndMethod",
     .rule = "HTTP selector on (path info, method).",
     .apis = {v4({.flows = list({noting("x", {.path = "/x"}), noting("id", {.path = "/x/:id"}),
                                 noting("post", {.methods = R"(["POST","PUT"])"}),
                                 noting("y", {.path = "/y"})})})},
     .turns = {runs("GET /a/x", "x"), runs("GET /a/x/1", "x, id"), runs("PUT /a/x", "x, post"),
               runs("GET /a/z", "-"), runs("GET /a/y/x", "y")}},
    {.name = "S7_ConditionsAreEvaluatedJustBeforeTheirFlow",
     .rule = "In default mode evaluate the condition just before that flow runs and run its "
             "request steps.",
     .apis = {v4({.flows = list({noting("first", {.request = {set_header("X-A")}}),
                                 noting("second", {.condition = kHasA})}),
                  .plan_flows = list({noting("plan", {.condition = kHasA})})})},
     .turns = {runs("GET /a/x", "first, second")}},
    {.name = "S7_InBestMatchModeConditionsTakePartInTheSelection",
     .rule = "In best-match mode conditions take part in the selection.",
     .apis = {v4({.flows = list({noting("x", {.request = {set_header("X-A")}, .path = "/x"}),
                                 noting("x/1 for A", {.path = "/x/1", .condition = kHasA}),
                                 noting("id", {.path = "/x/:id"})}),
                  .plan_flows = list({noting("plan"), noting("plan x", {.path = "/x"})}),
                  .execution = R"({"mode":"best-match"})"})},
     .turns = {runs("GET /a/x/1", "plan x, id"),
               runs("GET /a/x/1", "plan x, x/1 for A", {{"X-A", "1"}}), runs("GET /a/y", "plan")}},
    {.name = "S7_ExactlyTheFlowsThatRanRunInTheResponsePhase",
     .rule = "The flows that ran in the request phase are remembered and exactly these run in the "
             "response phase, in the same order, without evaluating conditions again.",
     .apis = {v4(
         {.flows = list({noting("had", {.request = {drop("X-A")}, .condition = kHasA}),
                         noting("has", {.condition = kHasA}),
                         noting("will have", {.condition = "{#response.headers['X-B'] != null}"}),
                         noting("always")})})},
     .turns = {{.with = {{"X-A", "1"}},
                .backend_says = {"HTTP/1.1 200 OK\r\nX-B: 1\r\nContent-Length: 0\r\n\r\n"},
                .has = {{"X-Note", "had, always"}},
                .backend_has = {{"X-Note", "had, always"}}}}},
    {.name = "S7_AChainThatWasNotStartedHasNoResponseFlows",
     .rule = "If the request phase was interrupted before a chain started, its response flows are "
             "not run.",
     .apis = {v4(
         {.flows = list({noting("api")}), .plan_flows = list({flow({.request = {end(299)}})})})},
     .platform = {organization({v2_flow({}, {note("platform")})})},
     .turns = {{.status = 299, .says = "ended", .has = {{"X-Note", "platform"}}}}},
    {.name = "S7_AConditionThatFailsDoesNotMatch",
     .rule = "An error while evaluating a flow condition means 'does not match'.",
     .apis = {v4({.flows = list({noting("broken", {.condition = kBroken}), noting("api")})}),
              v4({.id = "best",
                  .path = "/best",
                  .flows = list(
                      {noting("broken", {.path = "/x", .condition = kBroken}), noting("api")}),
                  .execution = R"({"mode":"best-match"})"})},
     .turns = {runs("GET /a/x", "api"), runs("GET /best/x", "api")}},
    {.name = "S7_MatchRequiredWantsAFlowOfThePlanOrOfTheApi",
     .rule = "matchRequired: if neither a plan flow nor an API flow matched, 404 without message "
             "(empty body).",
     .apis = {v4({.flows = list({noting("x", {.path = "/x"})}),
                  .plan_flows = list({noting("plan", {.path = "/plan"})}),
                  .execution = R"({"matchRequired":true})"})},
     .platform = {organization({v2_flow({note("platform")}, {})})},
     .turns = {runs("GET /a/x", "platform, x", "x"),
               runs("GET /a/plan", "platform, plan", "plan"),
               {.ask = "GET /a/y",
                .with = {{"Accept", "*/*"}},
                .status = 404,
                .says = "",
                .has = {{"Content-Type", "-"}},
                .backend = "-"}}},
    {.name = "S7_MatchRequiredHasItsKey",
     .rule = "404 FLOW_EXECUTION_FLOW_MATCHED_FAILURE.",
     .apis = {v4({.flows = list({noting("x", {.path = "/x"})}),
                  .execution = R"({"mode":"best-match","matchRequired":true})",
                  .top = R"(,"responseTemplates":{"FLOW_EXECUTION_FLOW_MATCHED_FAILURE":{"*/*":)"
                         R"({"status":418,"body":"{#error.statusCode}"}}})"})},
     .turns = {{.ask = "GET /a/y", .status = 418, .says = "404", .backend = "-"},
               runs("GET /a/x", "x")}},
    {.name = "S7_WithoutMatchRequiredNoFlowIsNeeded",
     .rule = "matchRequired: default false.",
     .apis = {v4({.flows = list({noting("x", {.path = "/x"})})})},
     .turns = {runs("GET /a/y", "-")}},
    {.name = "S7_AStepWhoseConditionDoesNotHoldIsSkipped",
     .rule = "A step condition false: skipped.",
     .apis = {v4(
         {.flows = list({flow(
              {.request = {note("a", kHasA), note("b"), note("c", "{#request.method == 'POST'}")},
               .response = {note("d", "{#response.status == 201}"), note("e")}})})})},
     .turns = {runs("GET /a/x", "b", "e"), runs("GET /a/x", "a, b", "e", {{"X-A", "1"}})}},
    {.name = "S7_DisabledStepsDoNotRun",
     .rule = "Disabled steps are dropped when the chain is built (api-definition.md 1.7).",
     .apis = {v4({.flows = list({flow({.request = {disabled(note("off")), note("on")}})})})},
     .turns = {runs("GET /a/x", "on", "-")}},
});

std::string tagged(const std::string& name, const std::string& consumers) {
  return v2_flow({note(name)}, {note(name)}, "/", R"(,"consumers":)" + consumers);
}
std::string tag(const std::string& id) {
  return R"({"consumerType":"TAG","consumerId":")" + id + "\"}";
}

const bool kPlatform = add_cases({
    {.name = "S7_PlatformFlowsAreInV2Format",
     .rule = "Platform flows run in steps 3 and 12; they use v2 flow format.",
     .platform = {organization(
         {R"({"name":"f","path-operator":{"path":"/x","operator":"EQUALS"},"methods":["GET"],)"
          R"("condition":"{#request.headers['X-A'] != null}","pre":)" +
          list({note("pre")}) + R"(,"post":)" + list({note("post")}) + "}"})},
     .turns = {runs("GET /a/x", "pre", "post", {{"X-A", "1"}}), runs("GET /a/x", "-"),
               runs("POST /a/x", "-", {{"X-A", "1"}}), runs("GET /a/x/y", "-", {{"X-A", "1"}})}},
    {.name = "S7_PlatformFlowsAreForTheirConsumers",
     .rule = "consumers of type TAG restrict a flow to APIs carrying that sharding tag; empty = "
             "all.",
     .apis = {v4({.top = R"(,"tags":["eu","blue"])"}), v4({.id = "none", .path = "/none"})},
     .platform = {organization({tagged("eu", list({tag("us"), tag("eu")})),
                                tagged("us", list({tag("us")})), tagged("all", "[]")})},
     .turns = {runs("GET /a/x", "eu, all"), runs("GET /none/x", "all")}},
    {.name = "S7_PlatformFlowsSeeThePathInfo",
     .rule = "There, path matching uses the path info of the request at that time.",
     .apis = {v4({.path = "/orders"}), v4({.id = "b", .path = "/x"}),
              v2({.id = "v2", .path = "/v2"}), v2({.id = "old", .path = "/old", .engine = "v3"})},
     .platform = {organization({v2_flow({note("x")}, {note("x")}, "/x"),
                                v2_flow({note("orders")}, {note("orders")}, "/orders"),
                                v2_flow({note("root")}, {note("root")})})},
     .turns = {runs("GET /orders/x", "x, root"), runs("GET /x/y", "root"),
               runs("GET /x/x", "x, root"), runs("GET /orders/orders", "orders, root"),
               runs("GET /orders", "root"), runs("GET /v2/x", "x, root"),
               runs("GET /old/x", "x, root")}},
    {.name = "S7_PlatformFlowsHaveTheModeOfTheOrganization",
     .rule = "... and the organization's flowMode.",
     .platform = {organization(
         {v2_flow({note("/")}, {note("/")}), v2_flow({note("/x")}, {note("/x")}, "/x"),
          v2_flow({note("/x/:id")}, {note("/x/:id")}, "/x/:id")},
         "BEST_MATCH")},
     .turns = {runs("GET /a/x/1", "/x/:id"), runs("GET /a/x", "/x"), runs("GET /a/y", "/")}},
    {.name = "S7_PlatformFlowsWrapApisOfTheirOrganization",
     .rule = "They wrap every API of that organization, v2 and v4 (api-definition.md 4).",
     .apis = {v4({.flows = list({noting("api")})}),
              v2({.id = "b", .path = "/b", .flows = list({v2_flow({note("api")}, {note("api")})})}),
              R"({"definitionVersion":"V4","environmentId":"E","organizationId":"OTHER",)"
              R"("definition":)" +
                  v4({.id = "c", .path = "/c", .flows = list({noting("api")})}) + "}"},
     .platform = {organization({v2_flow({note("platform")}, {note("platform")})})},
     .turns = {runs("GET /a/x", "platform, api", "api, platform"),
               runs("GET /b/x", "platform, api", "api, platform"), runs("GET /c/x", "api")}},
    {.name = "S7_AnInterruptedPlatformFlowStillHasItsResponseSteps",
     .rule = "The flows that ran in the request phase ... exactly these run in the response "
             "phase; step 12 always runs.",
     .platform = {organization(
         {v2_flow({end(299)}, {note("first")}), v2_flow({note("never")}, {note("second")})})},
     .turns = {{.status = 299,
                .says = "ended",
                .has = {{"X-Note", "first"}, {"X-Gravitee-Request-Id", "*"}},
                .backend = "-"}}},
});

// ---- The interruption table: each call, from each place that may make it.

enum class Place : std::uint8_t { platform, security, plan, api, plan_answer, api_answer };

// An API and a platform with this step in one place, and notes around it in all others.
Case with_step(const std::string& name, const std::string& rule, Place place,
               const std::string& made, Turn turn) {
  auto at = [&](Place here, const std::string& id) {
    return here == place ? std::vector<std::string>{made, note("never")}
                         : std::vector<std::string>{note(id)};
  };
  ApiText text;
  text.flows =
      list({flow({.request = at(Place::api, "api"), .response = at(Place::api_answer, "api")})});
  text.plan_flows = list(
      {flow({.request = at(Place::plan, "plan"), .response = at(Place::plan_answer, "plan")})});
  return {
      .name = name,
      .rule = rule,
      .apis = {v4(text)},
      .platform = {organization({v2_flow(at(Place::platform, "platform"), {note("platform")})})},
      .turns = {std::move(turn)}};
}

const std::string kInterrupt =
    "interrupt: stop the chain normally: skip everything up to step 11, run step 11 processors, "
    "then 12..16. The response is what the policy built (status, headers, body).";
Turn ended(const std::string& notes, const std::string& backend) {
  return {.status = 299,
          .says = "ended",
          .has = {{"X-Note", notes},
                  {"X-Gravitee-Request-Id", "*"},
                  {"X-Gravitee-Transaction-Id", "*"},
                  {"Connection", "-"}},
          .backend = backend};
}
const bool kInterrupts = add_cases({
    with_step("S7_Interrupt_InAPlatformFlow", kInterrupt, Place::platform, end(299),
              ended("platform", "-")),
    with_step("S7_Interrupt_InAPlanFlow", kInterrupt, Place::plan, end(299),
              ended("platform", "-")),
    with_step("S7_Interrupt_InAnApiFlow", kInterrupt, Place::api, end(299), ended("platform", "-")),
    with_step("S7_Interrupt_InAResponseFlowOfThePlan",
              "In the response phase interruption works the same way.", Place::plan_answer,
              end(299), ended("platform", "GET /x")),
    with_step("S7_Interrupt_InAResponseFlowOfTheApi",
              "In the response phase ... response flows already run are not undone.",
              Place::api_answer, end(299), ended("plan, platform", "GET /x")),
});

const std::string kFailure =
    "interrupt with failure (status, key, message, parameters, content type): error path.";
Turn failed(const std::string& notes, const std::string& backend, int status = 418) {
  return {.with = {{"Accept", "application/json"}},
          .status = status,
          .says = R"({"message":"failed","http_status_code":)" + std::to_string(status) + "}",
          .has = {{"X-Note", notes}, {"Content-Type", "application/json"}},
          .backend = backend};
}
const bool kFailures = add_cases({
    with_step("S7_Failure_InAPlatformFlow", kFailure, Place::platform, fail(418),
              failed("platform", "-")),
    with_step("S7_Failure_InAPlanFlow", kFailure, Place::plan, fail(418), failed("platform", "-")),
    with_step("S7_Failure_InAnApiFlow", kFailure, Place::api, fail(418), failed("platform", "-")),
    with_step("S7_Failure_InAResponseFlowOfThePlan", kFailure, Place::plan_answer, fail(418),
              failed("platform", "GET /x")),
    with_step("S7_Failure_InAResponseFlowOfTheApi", kFailure, Place::api_answer, fail(418),
              failed("plan, platform", "GET /x")),
    {.name = "S7_Failure_InSecurity",
     .rule = kFailure,
     .apis = {v4({.plans = "[" + guarded("p", R"({"deny":418})") + "]"})},
     .turns = {{.status = 418, .says = "Denied", .backend = "-"}}},
    {.name = "S7_Failure_HasAllItsMembers",
     .rule = "interrupt with failure (status, key, message, parameters, content type).",
     .apis = {v4({.flows = list({flow(
                      {.request = {fail(409, R"(,"key":"K","contentType":"application/json")")}})}),
                  .top = R"(,"responseTemplates":{"K":{"text/x":{"status":418,"body":)"
                         R"("{#error.key} {#error.statusCode} {#error.message} {#parameters['a']}")"
                         R"(}}})"})},
     .turns = {{.with = {{"Accept", "text/x"}}, .status = 418, .says = "K 409 failed 1"},
               {.with = {{"Accept", "application/json"}},
                .status = 409,
                .says = "failed",
                .has = {{"Content-Type", "application/json"}}}}},
    {.name = "S7_Failure_OfAPolicyOfV2",
     .rule = "v2-style policies call it 'fail with a result': same members.",
     .apis = {v2({.engine = "v3", .flows = list({v2_flow({fail(418)}, {})})}),
              v2({.id = "b", .path = "/b", .flows = list({v2_flow({fail(418)}, {})})})},
     .turns = {failed("-", "-"),
               {.ask = "GET /b/x", .status = 418, .says = "failed", .backend = "-"}}},
});

const std::string kException =
    "exception: error path with status 500, no key, message Internal Server Error.";
const std::string kThrows = note("never", kBroken);
Turn thrown(const std::string& notes, const std::string& backend) {
  return {.status = 500,
          .says = "Internal Server Error",
          .has = {{"X-Note", notes}, {"Connection", "close"}},
          .backend = backend};
}
const bool kExceptions = add_cases({
    with_step("S7_Exception_InAPlatformFlow", kException, Place::platform, kThrows,
              thrown("platform", "-")),
    with_step("S7_Exception_InAPlanFlow", kException, Place::plan, kThrows,
              thrown("platform", "-")),
    with_step("S7_Exception_InAnApiFlow", kException, Place::api, kThrows, thrown("platform", "-")),
    with_step("S7_Exception_InAResponseFlow", kException, Place::api_answer, kThrows,
              thrown("plan, platform", "GET /x")),
    {.name = "S7_Exception_HasNoKey",
     .rule = kException,
     .apis = {v4({.flows = list({flow({.request = {kThrows}})}),
                  .top = R"(,"responseTemplates":{"DEFAULT":{"*/*":{"status":418}}})"})},
     .turns = {{.status = 500, .says = "Internal Server Error"}}},
});

std::string invoker(const std::string& kind) {
  return step("invoker", R"({"kind":")" + kind + "\"}");
}
const bool kInvokers = add_cases({
    {.name = "S7_SkippingTheInvoker",
     .rule = "skip the invoker: flows go on, backend is not called.",
     .apis = {v4({.flows = list({flow({.request = {invoker("skip"), tell("X-B", "1")},
                                       .response = {note("api")}})}),
                  .plan_flows = list({flow({.response = {note("plan")}})})})},
     .turns = {{.status = 200, .says = "", .has = {{"X-Note", "plan, api"}}, .backend = "-"}}},
    {.name = "S7_ReplacingTheInvoker",
     .rule = "replace the invoker: backend call replaced (mock, cache, lambda, CORS).",
     .apis = {v4({.flows = list({flow({.request = {invoker("replace")},
                                       .response = {note("api"), step("shout")}})})}),
              v4({.id = "mock",
                  .path = "/mock",
                  .flows = list(
                      {flow({.request = {step("mock", R"({"status":"203","content":"mocked"})")},
                             .response = {note("api")}})})})},
     .turns = {{.status = 203, .says = "REPLACED", .has = {{"X-Note", "api"}}, .backend = "-"},
               {.ask = "GET /mock/x",
                .status = 203,
                .says = "mocked",
                .has = {{"X-Note", "api"}},
                .backend = "-"}}},
});

}  // namespace

// Steps run strictly one after another: the next begins when the one before has ended.
TEST_F(Lifecycle, S7_StepsRunStrictlyOneAfterAnother) {
  const std::string wait = step("wait", R"({"gate":"first"})");
  serve({v4({.flows = list({flow({.request = {wait, step("wait", R"({"gate":"second"})")},
                                  .response = {step("wait", R"({"gate":"third"})")}})})})});
  Peer& client = get();
  ASSERT_TRUE(until([&] { return gates().awaited("first"); }));
  EXPECT_FALSE(gates().awaited("second"));
  gates().open("first");
  ASSERT_TRUE(until([&] { return gates().awaited("second"); }));
  EXPECT_TRUE(backend->connections.empty());
  gates().open("second");
  asked().send(kOk);
  ASSERT_TRUE(until([&] { return gates().awaited("third"); }));
  EXPECT_EQ(client.received, "");
  gates().open("third");
  EXPECT_EQ(answer(client).status, 200);
}

}  // namespace perigee::lifecycle
