// lifecycle.md section 5: the security chain. Plans that need a subscription (mtls, jwt, oauth2,
// api-key) are not built yet: the chain is tested with the fake security policy "guard".
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

std::string with_plans(const std::vector<std::string>& plans, ApiText text = {}) {
  text.plans = list(plans);
  return v4(text);
}
// X-Plan is what "guard" tells when its plan was chosen.
Turn chooses(const std::string& plan, const NameValues& with = {}) {
  return {.with = with, .has = {{"X-Plan", plan}}, .backend = "GET /x"};
}
std::string key_less(const std::string& id, const std::string& more = "") {
  return open_plan(id, more);
}
std::string with_rule(const std::string& rule) { return R"(,"selectionRule":")" + rule + "\""; }
std::string template_of(const std::string& key) {
  return R"(,"responseTemplates":{")" + key +
         R"(":{"*/*":{"status":418,"body":"{#error.key} {#error.message}"}}})";
}

const bool kOrder = add_cases({
    {.name = "S5_PlansAreTriedByTheOrderOfTheirPolicy",
     .rule = "Sorted by the policy's order, lower first: mtls -100, jwt 0, oauth2 100, api-key "
             "500, key-less 1000.",
     .apis = {with_plans({key_less("open"), guarded("late", R"({"order":500})"),
                          guarded("between", R"({"order":0})"),
                          guarded("early", R"({"order":-100,"token":"none"})")})},
     .turns = {chooses("between")}},
    {.name = "S5_OfEqualsTheOrderOfThePlansCounts",
     .rule = "Ties keep plan order.",
     .apis = {with_plans({guarded("first", R"({"order":7})"), guarded("second", R"({"order":7})")}),
              with_plans({key_less("open"), guarded("second", R"({"order":1000})")},
                         {.id = "b", .path = "/b"})},
     .turns = {chooses("first"), {.ask = "GET /b/x", .has = {{"X-Plan", "-"}}}}},
    {.name = "S5_OnlyDeployedPlansOfModeStandardTakePart",
     .rule = "Built from the deployed plans (published or deprecated) that have mode standard.",
     .apis = {with_plans(
         {R"({"id":"closed","name":"p","status":"closed","security":{"type":"guard"}})",
          R"({"id":"staging","name":"p","status":"staging","security":{"type":"guard"}})",
          R"({"id":"push","name":"p","status":"published","mode":"push"})",
          R"({"id":"old","name":"p","status":"deprecated","security":{"type":"guard"}})"})},
     .turns = {chooses("old")}},
    {.name = "S5_KeyLessLooksForNothing",
     .rule = "key-less: order 1000, token looked for: nothing, no subscription.",
     .apis = {with_plans({key_less(
         "open", R"(,"flows":)" +
                     list({flow({.request = {tell("X-P", "{#context.attributes['plan']}")}})}))})},
     .turns = {{.backend_has = {{"X-P", "open"}}}}},
});

const bool kSteps = add_cases({
    {.name = "S5_1_APlanWithoutItsTokenIsLeftOut",
     .rule = "Extract the token. None: go on to the next plan. Present but unusable: next plan.",
     .apis = {with_plans({guarded("none", R"({"order":1,"token":"none"})"),
                          guarded("invalid", R"({"order":2,"token":"invalid"})"),
                          guarded("found", R"({"order":3})")})},
     .turns = {chooses("found")}},
    {.name = "S5_2_ASelectionRuleThatDoesNotHoldLeavesThePlanOut",
     .rule = "Selection rule, if any: evaluate to boolean; not true: next plan.",
     .apis = {with_plans(
         {guarded("a", R"({"order":1})", with_rule("{#request.headers['X-A'] != null}")),
          guarded("b", R"({"order":2})", with_rule("{#request.headers['X-B'] != null}"))})},
     .turns = {chooses("a", {{"X-A", "1"}}),
               chooses("b", {{"X-B", "1"}}),
               chooses("a", {{"X-A", "1"}, {"X-B", "1"}}),
               {.status = 401, .backend = "-"}}},
    {.name = "S5_2_ARuleThatBeginsWithAHashIsWrappedInBraces",
     .rule = "A rule that begins with # is wrapped in braces.",
     .apis = {with_plans({guarded("a", "{}", with_rule("#request.headers['X-A'] != null"))})},
     .turns = {chooses("a", {{"X-A", "1"}}), {.status = 401, .backend = "-"}}},
    {.name = "S5_2_ARuleThatGivesNoTruthIsNotTrue",
     .rule = "Evaluate to boolean; not true: next plan.",
     .apis = {with_plans({guarded("a", "{}", with_rule("false"))})},
     .turns = {{.status = 401, .backend = "-"}}},
    // A lookup needs a store of subscriptions, which comes with the plans that need one.
    {.name = "S5_3_AKeyLessPlanNeedsNoSubscription",
     .rule = "Subscription, if the policy needs one: key-less does not, its subscription id is the "
             "remote address.",
     .apis = {with_plans(
         {key_less("open")},
         {.flows = list({flow({.request = {tell("X-S", "{#subscription.id}"),
                                           tell("X-U", "{#context.attributes['user-id']}")}})})})},
     .turns = {{.backend_has = {{"X-S", "127.0.0.1"}, {"X-U", "127.0.0.1"}}},
               {.with = {{"X-Forwarded-For", "9.9.9.9"}},
                .backend_has = {{"X-S", "9.9.9.9"}, {"X-U", "9.9.9.9"}}}}},
    {.name = "S5_4_TheChosenPlanIsAnAttribute",
     .rule = "The plan is chosen: set attribute plan, run the policy's request method.",
     .apis = {with_plans(
         {guarded("p", "{}")},
         {.flows = list({flow({.request = {tell("X-P", "{#context.attributes['plan']}")}})})})},
     .turns = {{.has = {{"X-Plan", "p"}}, .backend_has = {{"X-P", "p"}}}}},
    {.name = "S5_4_TheFailureOfTheChosenPlanIsFinal",
     .rule = "If that fails, the failure is final: no other plan is tried.",
     .apis = {with_plans({guarded("denies", R"({"order":1,"deny":403,"challenge":"Bearer"})"),
                          guarded("other", R"({"order":2})"), key_less("open")},
                         {.top = template_of("NEVER")})},
     .turns = {{.status = 403,
                .says = "Denied",
                .has = {{"X-Plan", "denies"}, {"WWW-Authenticate", "-"}},
                .backend = "-"}}},
    {.name = "S5_OnlyFlowsOfTheChosenPlanRun",
     .rule = "The plan is chosen (and step 8 runs its flows).",
     .apis = {with_plans(
         {guarded("a", R"({"token":"none"})",
                  R"(,"flows":)" + list({flow({.request = {note("a")}})})),
          guarded("b", "{}", R"(,"flows":)" + list({flow({.request = {note("b")}})}))})},
     .turns = {{.backend_has = {{"X-Note", "b"}}}}},
    {.name = "S5_APlanThatDoesNotApplyFallsThroughToKeyLess",
     .rule = "The request falls through to OAuth2, API key and finally keyless if the API has "
             "them.",
     .apis = {with_plans({key_less("open"), guarded("a", R"({"order":0,"token":"none"})"),
                          guarded("b", R"({"order":500,"token":"invalid"})")})},
     .turns = {{.has = {{"X-Plan", "-"}}, .backend = "GET /x"}}},
});

const bool kNobody = add_cases({
    {.name = "S5_WithoutAnyPlanItIs401",
     .rule = "No plan chosen: 401 GATEWAY_PLAN_UNRESOLVABLE, message Unauthorized (verbose401 "
             "default false).",
     .apis = {with_plans({guarded("a", R"({"token":"none"})")},
                         {.top = template_of("GATEWAY_PLAN_UNRESOLVABLE")}),
              with_plans({guarded("a", R"({"token":"invalid"})")}, {.id = "b", .path = "/b"})},
     .turns = {{.status = 418, .says = "GATEWAY_PLAN_UNRESOLVABLE Unauthorized"},
               {.ask = "GET /b/x",
                .with = {{"Accept", "application/json"}},
                .status = 401,
                .says = R"({"message":"Unauthorized","http_status_code":401})",
                .backend = "-"}}},
    {.name = "S5_EveryPlansPolicyMayAddAChallenge",
     .rule = "Every plan's policy may add a challenge header first, then 401.",
     .apis = {with_plans({guarded("a", R"({"order":1,"token":"none","challenge":"Bearer"})"),
                          guarded("b", R"({"order":2,"token":"invalid","challenge":"Basic"})")})},
     .turns = {{.status = 401, .has = {{"WWW-Authenticate", "Bearer, Basic"}}}}},
    {.name = "S5_AfterATechnicalErrorItIs503",
     .rule = "Errors while testing a plan are logged, the chain goes on; if no plan is finally "
             "chosen the result is 503 GATEWAY_PLAN_RESOLUTION_FAILURE, Temporarily Unavailable.",
     .apis = {with_plans({guarded("down", R"({"order":1,"token":"error","challenge":"Bearer"})"),
                          guarded("none", R"({"order":2,"token":"none"})")}),
              with_plans({guarded("down", R"({"token":"error"})")},
                         {.id = "b",
                          .path = "/b",
                          .top = template_of("GATEWAY_PLAN_RESOLUTION_FAILURE")})},
     .turns = {{.status = 503,
                .says = "Temporarily Unavailable",
                .has = {{"WWW-Authenticate", "-"}},
                .backend = "-"},
               {.ask = "GET /b/x",
                .status = 418,
                .says = "GATEWAY_PLAN_RESOLUTION_FAILURE Temporarily Unavailable"}}},
    {.name = "S5_ATechnicalErrorDoesNotKeepOtherPlansFromServing",
     .rule = "Errors while testing a plan are logged, the chain goes on.",
     .apis = {with_plans(
         {guarded("down", R"({"order":1,"token":"error"})"), guarded("up", R"({"order":2})")})},
     .turns = {chooses("up")}},
    {.name = "S5_ARuleThatFailsIsATechnicalError",
     .rule = "Errors while testing a plan: the chain goes on; 503 if no plan is chosen.",
     .apis = {with_plans({guarded("a", "{}", with_rule("{#a.b.c}"))}),
              with_plans({guarded("a", "{}", with_rule("{#a.b.c}")), key_less("open")},
                         {.id = "b", .path = "/b"})},
     .turns = {{.status = 503, .backend = "-"}, {.ask = "GET /b/x", .backend = "GET /x"}}},
});

const std::string kTellsWho =
    list({flow({.request = {tell("X-A", "{#context.attributes['application']}"),
                            tell("X-P", "{#context.attributes['plan']}"),
                            tell("X-U", "{#context.attributes['user-id']}")}})});
const std::string kTellsWhoBack =
    list({flow({.response = {tell("X-A", "{#context.attributes['application']}"),
                             tell("X-P", "{#context.attributes['plan']}"),
                             tell("X-U", "{#context.attributes['user-id']}")}})});

const bool kWho = add_cases({
    {.name = "S5_WithoutASubscriptionTheClientIsItsAddress",
     .rule = "key-less needs no subscription: application 1, user-id is the remote address.",
     .apis = {with_plans({key_less("open")}, {.flows = kTellsWho})},
     .turns = {{.with = {{"X-Forwarded-For", "9.9.9.9"}},
                .backend_has = {{"X-A", "1"}, {"X-P", "open"}, {"X-U", "9.9.9.9"}}}}},
    {.name = "S5_ASkippedChainLeavesAnAnonymousClient",
     .rule = "The chain is skipped when an earlier step set the internal flag (CORS with "
             "policies). Then application = 1, plan = 1, subscription id = remote address.",
     .apis = {with_plans({guarded("p", R"({"token":"none"})")},
                         {.flows = kTellsWhoBack,
                          .listener = R"(,"cors":{"enabled":true,"allowOrigin":["*"],)"
                                      R"("allowMethods":["*"],"runPolicies":true})"})},
     .turns = {{.ask = "OPTIONS /a/x",
                .with = {{"Origin", "http://a.example"}, {"Access-Control-Request-Method", "GET"}},
                .has = {{"X-A", "1"}, {"X-P", "1"}, {"X-U", "127.0.0.1"}},
                .backend = "-"}}},
    {.name = "S5_ASkippedChainKeepsWhatIsSet",
     .rule = "... application = 1, plan = 1, subscription id = remote address, unless set.",
     .apis = {v4({.flows = kTellsWhoBack,
                  .listener = R"(,"cors":{"enabled":true,"allowOrigin":["*"],)"
                              R"("allowMethods":["*"],"runPolicies":true})"})},
     .platform = {organization({v2_flow(
         {step("set", R"({"name":"gravitee.attribute.application","value":"mine"})")}, {})})},
     .turns = {{.ask = "OPTIONS /a/x",
                .with = {{"Origin", "http://a.example"}, {"Access-Control-Request-Method", "GET"}},
                .has = {{"X-A", "mine"}, {"X-P", "1"}},
                .backend = "-"}}},
});

}  // namespace

// A plan may wait for what it needs to know (an introspection server): the chain waits with it.
TEST_F(Lifecycle, S5_1_ExtractingATokenMayWait) {
  serve({with_plans({guarded("slow", R"({"order":1,"gate":"slow","token":"none"})"),
                     guarded("fast", R"({"order":2})")})});
  Peer& client = get();
  ASSERT_TRUE(until([&] { return gates().awaited("slow"); }));
  EXPECT_TRUE(backend->connections.empty());
  gates().open("slow");
  asked().send(kOk);
  EXPECT_EQ(answer(client).header("X-Plan"), "fast");
}

}  // namespace perigee::lifecycle
