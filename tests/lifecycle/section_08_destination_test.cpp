// lifecycle.md 8.1 and 8.2: which endpoint is called, and with what path and query.
#include "base/json.hpp"
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

std::string endpoint(const std::string& name, const std::string& target) {
  return R"({"name":)" + json_quoted(name) + R"(,"type":"http-proxy","configuration":{"target":")" +
         target + R"("},"sharedConfigurationOverride":{"headers":[{"name":"X-Options","value":)" +
         json_quoted(name) + "}]}}";
}
std::string group(const std::string& name, const std::vector<std::string>& endpoints) {
  return R"({"name":)" + json_quoted(name) + R"(,"type":"http-proxy","endpoints":)" +
         list(endpoints) + "}";
}
// Sets an attribute to what the expression gives.
std::string attribute(const std::string& name, const std::string& value) {
  return step("policy-assign-attributes",
              R"({"attributes":[{"name":")" + name + R"(","value":)" + json_quoted(value) + "}]}");
}
// Group "main" with "first" at /base?t=1, group "spare" with "second" at /other.
std::string two_groups(const std::vector<std::string>& steps) {
  return v4({.flows = list({flow({.request = steps})}),
             .groups = group("main", {endpoint("first", "$BACKEND/base?t=1")}) + "," +
                       group("spare", {endpoint("second", "$BACKEND/other")})});
}
std::vector<std::string> to(const std::string& where) {
  return {two_groups({attribute("request.endpoint", where)})};
}
std::vector<std::string> method(const std::string& name) {
  return {two_groups({attribute("request.method", name)})};
}
// No endpoint: no message, and so no body.
Turn no_endpoint() {
  return {.status = 503,
          .says = "",
          .has = {{"Content-Type", "-"}, {"Content-Length", "0"}, {"Connection", "close"}},
          .backend = "-"};
}
// A v2 API with these endpoints, that sets request.endpoint.
std::vector<std::string> v2_to(const std::string& where, const std::string& endpoints) {
  return {v2({.flows = list({v2_flow({attribute("request.endpoint", where)}, {})}),
              .proxy = R"(,"endpoints":[)" + endpoints + "]"})};
}
std::string v2_endpoint(const std::string& name, const std::string& target) {
  return R"({"name":")" + name + R"(","target":")" + target +
         R"(","headers":[{"name":"X-Options","value":")" + name + "\"}]}";
}

const bool kSelection = add_cases({
    {.name = "S8_1_WithoutTheAttributeTheDefaultGroupIsCalled",
     .rule = "request.endpoint absent: the default group's load balancer.",
     .apis = {two_groups({})},
     .turns = {{.backend = "GET /base/x?t=1", .backend_has = {{"X-Options", "first"}}}}},
    {.name = "S8_1_AUrlReplacesTargetAndPathEntirely",
     .rule = "scheme://...: the URL replaces target and path entirely.",
     .apis = to("$BACKEND/z?k=v"),
     .turns = {{.ask = "GET /a/x?q=2", .backend = "GET /z?q=2&k=v"}}},
    {.name = "S8_1_AUrlIsCalledWithTheOptionsOfTheEndpointWhoseTurnItIs",
     .rule = "scheme://...: the default group's load balancer picks the endpoint whose options "
             "are used.",
     .apis = {v4({.flows = list({flow({.request = {attribute("request.endpoint", "$BACKEND/z")}})}),
                  .groups = group("main", {endpoint("one", "http://one.invalid"),
                                           endpoint("two", "http://two.invalid")})})},
     .turns = {{.backend = "GET /z", .backend_has = {{"X-Options", "one"}}},
               {.backend = "GET /z", .backend_has = {{"X-Options", "two"}}}}},
    {.name = "S8_1_V2UrlsUseTheOptionsOfTheFirstEndpointWhoseTargetIsTheirPrefix",
     .rule = "scheme://... in v2: the first endpoint whose target is a prefix of the URL.",
     .apis = v2_to("$BACKEND/z", v2_endpoint("one", "http://one.invalid") + "," +
                                     v2_endpoint("two", "$BACKEND") + "," +
                                     v2_endpoint("three", "$BACKEND/z")),
     .turns = {{.backend = "GET /z", .backend_has = {{"X-Options", "two"}}}}},
    {.name = "S8_1_V2UrlsThatNoTargetBeginsUseTheOptionsOfTheFirstEndpoint",
     .rule = "scheme://... in v2: else the first endpoint.",
     .apis = v2_to("$BACKEND/z", v2_endpoint("one", "http://one.invalid") + "," +
                                     v2_endpoint("two", "http://two.invalid")),
     .turns = {{.backend = "GET /z", .backend_has = {{"X-Options", "one"}}},
               {.backend = "GET /z", .backend_has = {{"X-Options", "one"}}}}},
    {.name = "S8_1_OtherSchemesAreNames",
     .rule = "Only http, https, ws, wss (v2 also grpc, grpcs) are schemes; any other text before "
             "a ':' is the name of an endpoint: there is none.",
     .apis = to("ftp://127.0.0.1/z"),
     .turns = {no_endpoint()}},
    {.name = "S8_1_GrpcIsASchemeOfV2Only",
     .rule = "v2 also grpc, grpcs: in v4 it is a name that nothing has.",
     .apis = to("grpc://127.0.0.1/z"),
     .turns = {no_endpoint()}},
    {.name = "S8_1_ANameIsAnEndpointAndTheRestTheNewPath",
     .rule = "name: + rest: endpoint of that name; rest is the new path.",
     .apis = to("second:/y?z=3"),
     .turns = {{.ask = "GET /a/x?q=2", .backend = "GET /other/y?q=2&z=3"}}},
    {.name = "S8_1_ANameMayBeAGroup",
     .rule = "name: + rest: else group of that name.",
     .apis = to("spare:/y"),
     .turns = {{.backend = "GET /other/y", .backend_has = {{"X-Options", "second"}}}}},
    {.name = "S8_1_TheExpressionOfAnEndpointGivesItsName",
     .rule = "The value is what the expression gives: {#endpoints['second']} is 'second:'.",
     .apis = to("{#endpoints['second']}/y{#request.params['q'][0]}"),
     .turns = {{.ask = "GET /a/x?q=2", .backend = "GET /other/y2?q=2"}}},
    {.name = "S8_1_ANameMayContainAnythingButAColon",
     .rule = "Name may contain anything but ':'.",
     .apis = {v4(
         {.flows = list({flow({.request = {attribute("request.endpoint", "the 2nd/one? #1:/y")}})}),
          .groups = group("main", {endpoint("first", "$BACKEND/base"),
                                   endpoint("the 2nd/one? #1", "$BACKEND/other")})})},
     .turns = {{.backend = "GET /other/y"}}},
    {.name = "S8_1_TextThatBeginsWithASlashHasNoName",
     .rule = "A name must not begin with '/'.",
     .apis = to("/second:/y"),
     .turns = {{.backend = "GET /base/second:/y?t=1"}}},
    {.name = "S8_1_TextThatBeginsWithAColonHasNoName",
     .rule = "A name must not begin with ':'.",
     .apis = to(":second/y"),
     .turns = {{.backend = "GET /base:second/y?t=1"}}},
    {.name = "S8_1_OtherTextIsTheNewPathInTheDefaultGroup",
     .rule = "other (/x, empty): default group; the text is the new path.",
     .apis = to("/y"),
     .turns = {{.backend = "GET /base/y?t=1", .backend_has = {{"X-Options", "first"}}}}},
    {.name = "S8_1_EmptyTextIsAnEmptyPath",
     .rule = "other (/x, empty): default group; the text is the new path.",
     .apis = to("{#request.params['none'] == null ? '' : 'some'}"),
     .turns = {{.backend = "GET /base?t=1"}}},
    {.name = "S8_1_AnUnknownNameIs503WithAnEmptyBody",
     .rule = "An unknown name: 503 NO_ENDPOINT_FOUND, no message (empty body).",
     .apis = to("third:/y"),
     .turns = {no_endpoint()}},
    {.name = "S8_1_AGroupWithoutAUsableEndpointIs503",
     .rule = "A group with no usable endpoint: 503 NO_ENDPOINT_FOUND.",
     .apis = {v4({.target = "no url"})},
     .turns = {no_endpoint()}},
    {.name = "S8_1_TheMethodIsOverridden",
     .rule = "Attribute request.method overrides the method.",
     .apis = method("PUT"),
     .turns = {{.backend = "PUT /base/x?t=1"}}},
    {.name = "S8_1_AnInvalidMethodIs400",
     .rule = "An invalid request.method: 400 INVALID_HTTP_METHOD.",
     .apis = method("FETCH"),
     .turns = {{.status = 400, .says = "Http method is not valid", .backend = "-"}}},
});

// The path info is "/x" (or what stands behind /a), the query the client's.
struct Row {
  std::string name, rule, target, asked, sent;
  std::vector<std::string> steps;
};

std::vector<Case> uris(const std::vector<Row>& rows) {
  std::vector<Case> cases;
  for (const Row& row : rows) {
    cases.push_back({.name = "S8_2_" + row.name,
                     .rule = row.rule,
                     .apis = {v4({.target = "$BACKEND" + row.target,
                                  .flows = list({flow({.request = row.steps})})})},
                     .turns = {{.ask = "GET " + row.asked, .backend = "GET " + row.sent}}});
  }
  return cases;
}

std::vector<std::string> instead(const std::string& text, bool alone = false) {
  std::vector<std::string> steps{
      step("set", R"({"name":"request.endpoint","value":)" + json_quoted(text) + "}")};
  if (alone) steps.push_back(step("set", R"({"name":"request.endpoint.override","value":true})"));
  return steps;
}

constexpr const char* kConcatenated =
    "No custom text: target path + path info, plain concatenation, no slash added or removed.";
constexpr const char* kQuery =
    "Query: request parameters first, then those of the target URL, then those of the custom text.";
constexpr const char* kVerbatim = "Values are not decoded or re-encoded.";

const bool kUris = add_cases(uris({
    {"TheTargetPathComesBeforeThePathInfo", kConcatenated, "/api", "/a/x/y", "/api/x/y", {}},
    {"NoSlashIsRemoved", kConcatenated, "/api/", "/a/x", "/api//x", {}},
    {"NoSlashIsAdded", kConcatenated, "/api", "/a", "/api", {}},
    {"TheTargetPathMayBeEmpty", "The target's path may be empty.", "", "/a/x", "/x", {}},
    {"RelativeTextIsAppendedToTheTargetPath", "Relative custom text: target path + text.", "/api",
     "/a/x", "/api/y", instead("/y")},
    {"RelativeTextNeedsNoSlash", "Relative custom text: target path + text.", "/api", "/a/x",
     "/apiy", instead("y")},
    {"RelativeTextStandsAloneWithTheOverride",
     "Or only the text when attribute request.endpoint.override is true.", "/api", "/a/x", "/y",
     instead("/y", true)},
    {"WhatATargetCannotHoldIsEncoded",
     "Expressions decode paths: what would end the target or is no ASCII is sent as %XX.", "/api",
     "/a/x", "/api/b%20c%C3%BC?d=%20e", instead("/b c\xc3\xbc?d= e")},
    {"RequestParametersComeBeforeThoseOfTheTarget", kQuery, "/?t=1", "/a?q=1", "/?q=1&t=1", {}},
    {"ParametersOfTheCustomTextComeLast", kQuery, "?t=1", "/a/x?q=1", "/y?q=1&t=1&c=1",
     instead("/y?c=1")},
    {"ParametersAreGroupedByNameInFirstSeenOrder",
     "a=1&b=2&a=3 goes out as a=1&a=3&b=2.",
     "",
     "/a/x?a=1&b=2&a=3",
     "/x?a=1&a=3&b=2",
     {}},
    {"ParametersOfAllSourcesAreGrouped",
     "Each list grouped by name.",
     "?a=3&t=1",
     "/a/x?a=1&b=2",
     "/x?a=1&a=3&b=2&t=1",
     {}},
    {"ValuesAreNeitherDecodedNorEncoded",
     kVerbatim,
     "",
     "/a/x?a=%41%26+%C3%BC&b='()*~@:/?!$,",
     "/x?a=%41%26+%C3%BC&b='()*~@:/?!$,",
     {}},
    {"AParameterWithoutAnEqualsSignStaysWithoutIt",
     "A parameter without = stays without =.",
     "",
     "/a/x?flag&a=&b",
     "/x?flag&a=&b",
     {}},
    {"SemicolonsSeparateAndAreWrittenAsAmpersands",
     "; and & both separate parameters on input and & is written on output.",
     "",
     "/a/x?a=1;b=2&c=3",
     "/x?a=1&b=2&c=3",
     {}},
    {"ANumberSignEndsTheQuery", "A # ends the query.", "", "/a/x?q=1", "/y?q=1&c=1",
     instead("/y?c=1#d=2&e=3")},
    {"AnEmptyPathIsSentAsASlash", "An empty path is sent as /.", "", "/a", "/", {}},
    {"AnEmptyPathIsSentAsASlashBeforeAQuery",
     "An empty path is sent as /.",
     "?t=1",
     "/a?q=1",
     "/?q=1&t=1",
     {}},
    {"PathsAreNotNormalised",
     "Plain concatenation: the raw path.",
     "/b",
     "/a/./x/../%7e//y",
     "/b/./x/../%7e//y",
     {}},
}));

const bool kOtherUris = add_cases({
    {.name = "S8_2_AnAbsoluteUrlHasItsOwnPath",
     .rule = "Absolute custom URL: its own path.",
     .apis = to("$BACKEND"),
     .turns = {{.backend = "GET /"}}},
    {.name = "S8_2_V2PutsTheTargetsOwnQueryFirst",
     .rule = "v2 endpoints put the target's own query first.",
     .apis = {v2({.target = "$BACKEND/b?t=1&q=0"})},
     .turns = {{.ask = "GET /a/x?q=1", .backend = "GET /b/x?t=1&q=0&q=1"}}},
});

}  // namespace

// A disabled endpoint (health check): 503 NO_ENDPOINT_FOUND, no message.
TEST_F(Lifecycle, S8_1_AnEndpointThatIsDownIs503) {
  serve(to("second:/y"));
  const plan::ApiRevision& revision = *proxy->plan().plan().revisions().front();
  revision.groups[1].backends[0].endpoint->set_usable(false);
  expect_turn(no_endpoint());
  revision.groups[1].backends[0].endpoint->set_usable(true);
  expect_turn({.backend = "GET /other/y"});
}

// scheme://... with scheme ws: called as http.
TEST_F(Lifecycle, S8_1_WsIsAScheme) {
  serve(to("ws://127.0.0.1:" + std::to_string(backend->port()) + "/z"));
  expect_turn({.backend = "GET /z"});
}

}  // namespace perigee::lifecycle
