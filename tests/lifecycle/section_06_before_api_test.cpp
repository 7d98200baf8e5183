// lifecycle.md section 6: before-api processors.
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

const bool kPrefix = add_cases({
    {.name = "S6_XForwardedPrefixIsOffByDefault",
     .rule = "handlers.request.headers.x-forwarded-prefix (default false).",
     .turns = {{.backend_has = {{"X-Forwarded-Prefix", "-"}}},
               {.with = {{"X-Forwarded-Prefix", "/mine"}},
                .backend_has = {{"X-Forwarded-Prefix", "/mine"}}}}},
    {.name = "S6_XForwardedPrefixIsTheContextPath",
     .rule = "Set request header X-Forwarded-Prefix to the context path.",
     .gateway = {{"handlers.request.headers.x-forwarded-prefix", "true"}},
     .apis = {v4({.path = "/orders"})},
     .turns = {{.ask = "GET /orders/x",
                .with = {{"X-Forwarded-Prefix", "/mine"}},
                .backend_has = {{"X-Forwarded-Prefix", "/orders/"}}}}},
});

// Tells the parameters "a" and "b"; "-" when there is none.
std::string parameter(const std::string& name) {
  std::string found = "#request.pathParams['" + name + "']";
  return "{" + found + " == null ? '-' : " + found + "[0]}";
}
const std::string kTellsParameters =
    flow({.request = {tell("X-A", parameter("a")), tell("X-B", parameter("b"))}});
std::string on_path(const std::string& path, const std::string& methods = "[]") {
  return flow({.path = path, .methods = methods});
}
std::string exactly(const std::string& path) {
  return R"({"name":"f","enabled":true,"selectors":[{"type":"http","pathOperator":"EQUALS",)"
         R"("path":")" +
         path + R"("}],"request":[],"response":[]})";
}
std::string with_flows(const std::vector<std::string>& flows, ApiText text = {}) {
  std::vector<std::string> all = flows;
  all.push_back(kTellsParameters);
  text.flows = list(all);
  return v4(text);
}
Turn finds(const std::string& ask, const std::string& a, const std::string& b = "-") {
  return {.ask = ask, .backend_has = {{"X-A", a}, {"X-B", b}}};
}

const bool kParameters = add_cases({
    {.name = "S6_PathParametersComeFromFlowsOfPlansAndOfTheApi",
     .rule = "Every enabled plan or API flow whose path contains :name contributes a pattern.",
     .apis = {with_flows({on_path("/:a")}, {.plan_flows = list({on_path("/x/:b")})})},
     .turns = {finds("GET /a/x/2", "x", "2"), finds("GET /a/y/2", "y")}},
    {.name = "S6_PathParametersOfFlowsOfOtherPlansCount",
     .rule = "Every enabled plan flow contributes, of whichever plan.",
     .apis = {with_flows({}, {.plans = list({guarded("one", "{}"),
                                             guarded("two", R"({"token":"none"})",
                                                     R"(,"flows":)" + list({on_path("/:a")}))})})},
     .turns = {finds("GET /a/1", "1")}},
    {.name = "S6_DisabledFlowsGiveNoPathParameters",
     .rule = "Every enabled plan or API flow.",
     .apis = {with_flows({R"({"enabled":false,"selectors":[{"type":"http","path":"/:a"}]})"})},
     .turns = {finds("GET /a/1", "-")}},
    {.name = "S6_PathParametersAreThoseOfTheMethod",
     .rule = "A pattern per method (all methods when unspecified): for the request method and for "
             "any method.",
     .apis = {with_flows({on_path("/:a", R"(["POST"])"), on_path("/:b")})},
     .turns = {finds("GET /a/1", "-", "1"), finds("POST /a/1", "1", "1")}},
    {.name = "S6_PathParametersAreDecoded",
     .rule = "Found in the percent-decoded path info.",
     .apis = {with_flows({on_path("/:a/:b")})},
     .turns = {finds("GET /a/x%20y/%41", "x y", "A"), finds("GET /a/100%/%zz", "100%", "%zz")}},
    {.name = "S6_PathOperatorsAreRespectedByParameters",
     .rule = "STARTS_WITH and EQUALS are respected.",
     .apis = {with_flows({exactly("/x/:a"), on_path("/x/:b")})},
     .turns = {finds("GET /a/x/1", "1", "1"), finds("GET /a/x/1/", "1", "1"),
               finds("GET /a/x/1/more", "-", "1"), finds("GET /a/y/1", "-")}},
    {.name = "S6_OfConflictingParametersTheLastWins",
     .rule = "Names are merged; on conflict the last evaluated pattern wins.",
     .apis = {with_flows({on_path("/:a"), on_path("/x/:a"), on_path("/x/y/:b")})},
     .turns = {finds("GET /a/x/y/z", "y", "z"), finds("GET /a/w/y/z", "w")}},
    {.name = "S6_PatternsOfTheMethodAreEvaluatedAfterThoseOfAnyMethod",
     .rule = "For the request method and for any method; on conflict the last evaluated wins (the "
             "reference looks at any method first).",
     .apis = {with_flows({on_path("/x/:a", R"(["GET"])"), on_path("/:a")})},
     .turns = {finds("GET /a/x/1", "1"), finds("POST /a/x/1", "x")}},
});

constexpr const char* kIdentifier = "X-Gravitee-Client-Identifier";
// SHA-256 of "127.0.0.1".
const std::string kHash = "12ca17b49af2289436f303e0166030a21e525d266e209267433801a8fd4071a0";
const std::string kTellsIdentifier =
    list({flow({.request = {tell("X-Client", "{#context.attributes['clientIdentifier']}")}})});
const std::string kIdentified = v4({.flows = kTellsIdentifier});

const bool kSubscription = add_cases({
    {.name = "S6_AnAnonymousClientIsIdentifiedByTheHashOfItsAddress",
     .rule = "Missing: the subscription id; when that equals the remote address, its SHA-256 hex.",
     .apis = {kIdentified},
     .turns = {{.has = {{kIdentifier, kHash}}, .backend_has = {{"X-Client", kHash}}},
               {.with = {{kIdentifier, ""}}, .has = {{kIdentifier, kHash}}}}},
    {.name = "S6_AGivenIdentifierIsJoinedWithTheComputedOne",
     .rule = "Present and not ending with the subscription id or the transaction id: the context "
             "identifier is <given>-<computed>; the response header is the given value.",
     .apis = {kIdentified},
     .turns = {{.with = {{kIdentifier, "me"}},
                .has = {{kIdentifier, "me"}},
                .backend_has = {{"X-Client", "me-" + kHash}, {kIdentifier, "me"}}}}},
    {.name = "S6_AnIdentifierThatEndsWithTheSubscriptionStays",
     .rule = "Present and ending with the subscription id or the transaction id: as given.",
     .apis = {kIdentified},
     .turns = {{.with = {{kIdentifier, "me-127.0.0.1"}},
                .has = {{kIdentifier, "me-127.0.0.1"}},
                .backend_has = {{"X-Client", "me-127.0.0.1"}}},
               {.with = {{kIdentifier, "me-t1"}, {"X-Gravitee-Transaction-Id", "t1"}},
                .has = {{kIdentifier, "me-t1"}},
                .backend_has = {{"X-Client", "me-t1"}}}}},
    {.name = "S6_TheIdentifierMayBeAQueryParameter",
     .rule = "Client identifier = request header, or query parameter of that name.",
     .apis = {kIdentified},
     .turns = {{.ask = "GET /a/x?b=1&X-Gravitee-Client-Identifier=me",
                .has = {{kIdentifier, "me"}},
                .backend_has = {{"X-Client", "me-" + kHash}}},
               {.ask = "GET /a/x?X-Gravitee-Client-Identifier=query",
                .with = {{kIdentifier, "header"}},
                .has = {{kIdentifier, "header"}}}}},
    {.name = "S6_WithoutASubscriptionTheIdentifierIsTheTransaction",
     .rule = "Missing: the subscription id ... when null, the transaction id.",
     .apis = {v4(
         {.flows = kTellsIdentifier, .plans = "[" + guarded("p", R"({"anonymous":false})") + "]"})},
     .turns = {{.with = {{"X-Gravitee-Transaction-Id", "t1"}},
                .has = {{kIdentifier, "t1"}},
                .backend_has = {{"X-Client", "t1"}}}}},
    {.name = "S6_TheNameOfTheIdentifierIsConfigured",
     .rule = "handlers.request.client.header.",
     .gateway = {{"handlers.request.client.header", "X-Client-Id"}},
     .apis = {kIdentified},
     .turns = {{.with = {{"X-Client-Id", "me"}},
                .has = {{"X-Client-Id", "me"}, {kIdentifier, "-"}}},
               {.ask = "GET /a/x?X-Client-Id=me", .has = {{"X-Client-Id", "me"}}}}},
    {.name = "S6_TheIdentifierIsToldByEveryAnswerThatReachedThisStep",
     .rule = "The response header of that name is set on every response that reached this step.",
     .apis = {v4({.flows = list({flow({.request = {step("fail", R"({"status":400})")}})})}),
              v4({.id = "dead", .path = "/dead", .target = "$CLOSED"}),
              v4({.id = "shut",
                  .path = "/shut",
                  .plans = "[" + guarded("p", R"({"token":"none"})") + "]"})},
     .turns = {{.status = 400, .has = {{kIdentifier, kHash}}},
               {.ask = "GET /dead/x", .status = 502, .has = {{kIdentifier, kHash}}},
               {.ask = "GET /shut/x", .status = 401, .has = {{kIdentifier, "-"}}}}},
    {.name = "S6_TheBackendsOwnIdentifierStandsBesideOurs",
     .rule = "The response header is set in step 6; the backend's headers are added to what "
             "stands there (8.4).",
     .turns = {{.with = {{kIdentifier, "me"}},
                .backend_says = {"HTTP/1.1 200 OK\r\nX-Gravitee-Client-Identifier: theirs\r\n"
                                 "Content-Length: 0\r\n\r\n"},
                .has = {{kIdentifier, "me, theirs"}}}}},
    {.name = "S6_TheSubscriptionVariableIsSetForAnonymousClients",
     .rule = "Expression variable subscription is set (an anonymous one is made for keyless).",
     .apis = {v4({.flows = list({flow({.request = {tell("X-Id", "{#subscription.id}"),
                                                   tell("X-Type", "{#subscription.type}")}})})})},
     .turns = {{.with = {{"X-Forwarded-For", "9.9.9.9"}},
                .backend_has = {{"X-Id", "9.9.9.9"}, {"X-Type", "STANDARD"}}}}},
});

const std::string kTellsMapping =
    list({flow({.request = {tell("X-Mapped", "{#context.attributes['mapped-path']}")}})});
Turn maps(const std::string& ask, const std::string& to) {
  return {.ask = ask, .backend_has = {{"X-Mapped", to}}};
}

const bool kMappings = add_cases({
    {.name = "S6_PathsAreMapped",
     .rule = "Path mapping: path info with a trailing slash must match entirely; among several "
             "the one with the fewest ':' wins; attribute mapped-path.",
     .apis = {v4({.flows = kTellsMapping,
                  .listener = R"(,"pathMappings":["/users/:id","/:what/:id","/users/me",)"
                              R"("/files/.*"])"})},
     .turns = {maps("GET /a/users/12", "/users/:id"), maps("GET /a/users/me", "/users/me"),
               maps("GET /a/users/me/", "/users/me"), maps("GET /a/x/12", "/:what/:id"),
               maps("GET /a/users/12/more", "-"), maps("GET /a/files/a/b/c", "/files/.*"),
               maps("GET /a/x", "/:what/:id"), maps("GET /a/", "-")}},
});

}  // namespace
}  // namespace perigee::lifecycle
