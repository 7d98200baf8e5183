// lifecycle.md section 10: the error path.
#include "base/json.hpp"
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

std::string failing(const std::string& failure) {
  return list({flow({.request = {step("fail", failure)}})});
}
std::string fails(const std::string& failure, const std::string& templates = "") {
  return v4({.flows = failing(failure),
             .top = templates.empty() ? "" : R"(,"responseTemplates":)" + templates});
}
NameValues accept(const std::string& types) { return {{"Accept", types}}; }

constexpr const char* kForbidden = R"({"status":403,"key":"K","message":"no"})";
constexpr const char* kJson = R"({"message":"no","http_status_code":403})";

const bool kPath = add_cases({
    {.name = "S10_1_WithoutAFailureObjectItIs500",
     .rule = "If no failure object exists: status 500, message Internal Server Error, no key. "
             "(Here: a step's condition that cannot be evaluated, with a template for any key.)",
     .apis = {v4({.flows = list({flow({.request = {note("n", "{#request.x.y.z}")}})}),
                  .top = R"(,"responseTemplates":{"DEFAULT":{"*/*":{"status":418}}})"})},
     .turns = {{.status = 500,
                .says = "Internal Server Error",
                .has = {{"Connection", "close"}, {"Content-Type", "text/plain"}},
                .backend = "-"}}},
    {.name = "S10_2_AfterApiProcessorsRun",
     .rule = "Run section 9 processors.",
     .apis = {fails(kForbidden)},
     .turns = {{.status = 403,
                .has = {{"X-Gravitee-Transaction-Id", "*"}, {"X-Gravitee-Request-Id", "*"}}}}},
    // Key, message and application are told by reporters, which this version has not.
    {.name = "S10_3_AnErrorIsReportedAsTheClientGotIt",
     .rule = "Metrics: error key, error message; application 1 if none is known.",
     .apis = {fails(kForbidden), v4({.id = "dead", .path = "/dead/", .target = "$CLOSED"}),
              v4({.id = "templated",
                  .path = "/templated/",
                  .flows = failing(R"({"status":500,"key":"K","message":"no"})"),
                  .top = R"(,"responseTemplates":{"K":{"*/*":{"status":418}}})"})},
     .turns = {{.status = 403},
               {.ask = "GET /dead/x", .status = 502},
               {.ask = "GET /templated/x", .status = 418}},
     .reported = std::vector<std::string>{"api 4xx", "dead 5xx", "templated 4xx"}},
    {.name = "S10_6_PlatformResponseFlowsSeeTheError",
     .rule = "Steps 12..16 follow. Platform response flows therefore see the error response.",
     .apis = {fails(kForbidden)},
     .platform = {organization(
         {v2_flow({}, {tell("X-Seen", "{#response.status} {#response.content}")})})},
     .turns = {{.status = 403, .says = "no", .has = {{"X-Seen", "403 no"}}}}},
    {.name = "S10_6_TheApisResponseFlowsDoNot",
     .rule = "(Section 7.) A failure skips everything up to step 11.",
     .apis = {v4({.flows = list({flow(
                      {.request = {step("fail", kForbidden)}, .response = {note("response")}})})})},
     .turns = {{.status = 403, .has = {{"X-Note", "-"}}}}},
    {.name = "S10_AFailureInThePlatformsResponseFlowsGetsTheStandardAnswer",
     .rule = "A failure inside step 12: error path again (5 only): no template.",
     .apis = {v4({.top = R"(,"responseTemplates":{"DEFAULT":{"*/*":{"status":418,"body":"t"}}})"})},
     .platform = {organization({v2_flow({}, {step("fail", kForbidden)})})},
     .turns = {{.with = accept("application/json"),
                .status = 403,
                .says = kJson,
                .has = {{"Content-Type", "application/json"}, {"Connection", "-"}}}}},
    {.name = "S10_AFailureBehindAFailureReplacesIt",
     .rule = "A failure inside step 12: error path again, after an error too.",
     .apis = {fails(R"({"status":500,"message":"first"})")},
     .platform = {organization({v2_flow({}, {step("fail", kForbidden)})})},
     .turns = {{.status = 403, .says = "no"}}},
});

// Which template answers: its body says.
std::string said(const std::string& what) { return R"({"status":418,"body":")" + what + "\"}"; }
std::string three_types() {
  return R"({"K":{"application/json":)" + said("json") + R"(,"text/xml":)" + said("xml") +
         R"(,"*/*":)" + said("any") + R"(},"DEFAULT":{"*/*":)" + said("default") + "}}";
}
Turn templated(const std::string& types, const std::string& says) {
  return {.with = types.empty() ? NameValues{} : accept(types), .status = 418, .says = says};
}

const bool kTemplates = add_cases({
    {.name = "S10_4_TheTemplatesOfTheKeyAnswer",
     .rule = "Choose: templates of that key.",
     .apis = {fails(kForbidden, three_types())},
     .turns = {templated("text/xml", "xml")}},
    {.name = "S10_4_ElseThoseOfTheParentKey",
     .rule = "Else those of its parent key.",
     .apis = {v4({.target = "$CLOSED",
                  .top = R"(,"responseTemplates":{"GATEWAY_CLIENT_CONNECTION_ERROR":{"*/*":)" +
                         said("parent") + R"(},"DEFAULT":{"*/*":)" + said("default") + "}}"})},
     .turns = {templated("", "parent")}},
    {.name = "S10_4_ElseThoseOfDefault",
     .rule = "Else those of DEFAULT.",
     .apis = {fails(R"({"status":403,"key":"OTHER","message":"no"})", three_types())},
     .turns = {templated("text/xml", "default")}},
    {.name = "S10_4_ElseTheStandardResponse",
     .rule = "Else the standard response.",
     .apis = {fails(kForbidden, R"({"OTHER":{"*/*":)" + said("other") + "}}")},
     .turns = {{.status = 403, .says = "no"}}},
    {.name = "S10_4_AFailureWithoutAKeyGetsTheStandardResponse",
     .rule = "API has response templates and the failure has a key: choose. Otherwise standard.",
     .apis = {fails(R"({"status":403,"message":"no"})", three_types())},
     .turns = {{.status = 403, .says = "no"}}},
    {.name = "S10_4_TheFirstMediaTypeByQualityThatHasATemplateWins",
     .rule = "Parse Accept, sort by quality; first media type for which there is a template.",
     .apis = {fails(kForbidden, three_types())},
     .turns = {templated("application/json;q=0.5, text/xml", "xml"),
               templated("text/xml;q=0.1, application/json;q=0.2", "json"),
               templated("image/png, text/xml;q=0.3", "xml"),
               templated("text/xml, application/json", "xml")}},
    {.name = "S10_4_MediaTypesFitByExactlyTheirText",
     .rule = "Exactly that text (type/subtype; no wildcard expansion).",
     .apis = {fails(kForbidden, three_types())},
     .turns = {templated("text/*", "any"), templated("Text/XML", "any"),
               templated("text/xml2", "any"), templated("text/xml; charset=utf-8", "xml")}},
    {.name = "S10_4_OtherwiseAnyType",
     .rule = "Otherwise */*. No Accept: */*.",
     .apis = {fails(kForbidden, three_types())},
     .turns = {templated("image/png", "any"), templated("", "any")}},
    {.name = "S10_4_WithoutATemplateForAnyTypeTheStandardResponse",
     .rule = "Otherwise the standard response (not the templates of DEFAULT).",
     .apis = {fails(kForbidden, R"({"K":{"text/xml":)" + said("xml") + R"(},"DEFAULT":{"*/*":)" +
                                    said("default") + "}}")},
     .turns = {{.with = accept("image/png"), .status = 403, .says = "no"},
               {.status = 403, .says = "no"}}},
    {.name = "S10_4_ATemplateGivesStatusTypeHeadersAndBody",
     .rule = "Template status; Connection: close always; with a body Content-Type = the request's "
             "Accept verbatim, then template headers, then the evaluated body with its length.",
     .apis = {fails(kForbidden,
                    R"({"K":{"*/*":{"status":418,"body":"{#request.method} é","headers":)"
                    R"({"X-Key":"{#error.key}"}}}})")},
     .turns = {{.with = accept("text/x ;q=0.1,  a/b"),
                .status = 418,
                .says = "GET é",
                .has = {{"Connection", "close"},
                        {"Content-Type", "text/x ;q=0.1,  a/b"},
                        {"X-Key", "K"},
                        {"Content-Length", "6"}}},
               {.status = 418, .has = {{"Content-Type", "-"}, {"Connection", "close"}}}}},
    {.name = "S10_4_TemplateHeadersMayOverrideTheType",
     .rule = "Template headers (which may override it).",
     .apis = {fails(kForbidden, R"({"K":{"*/*":{"status":418,"body":"b","headers":)"
                                R"({"content-type":"a/b"}}}})")},
     .turns = {{.with = accept("c/d"), .status = 418, .has = {{"Content-Type", "a/b"}}}}},
    {.name = "S10_4_WithoutABodyThereIsNoType",
     .rule = "If the template has a body: ... (without one: status and Connection: close).",
     .apis = {fails(kForbidden, R"({"K":{"*/*":{"status":418}}})")},
     .turns = {{.with = accept("c/d"),
                .status = 418,
                .says = "",
                .has = {{"Content-Type", "-"}, {"Connection", "close"}}}}},
    {.name = "S10_4_TemplatesSeeTheError",
     .rule = "Extra expression variables: error (statusCode, key, message, parameters, cause "
             "4.12+) and parameters (map, if any).",
     .apis = {fails(R"({"status":403,"key":"K","message":"no","reason":"why"})",
                    R"({"K":{"*/*":{"status":418,"body":"{#error.statusCode} {#error.key} )"
                    R"({#error.message} {#error.parameters['a']} {#parameters['a']} )"
                    R"({#error.cause}"}}})")},
     .turns = {{.status = 418, .says = "403 K no 1 1 other"}}},
    {.name = "S10_4_ABodyThatEvaluatesToNothingIsEmpty",
     .rule = "A body that evaluates to nothing is empty.",
     .apis = {fails(kForbidden,
                    R"({"K":{"*/*":{"status":418,"body":"{#request.headers['None']}"}}})")},
     .turns = {{.status = 418, .says = "", .has = {{"Content-Length", "0"}}}}},
});

const bool kStandard = add_cases({
    {.name = "S10_5_ConnectionIsClosedUnless4xx",
     .rule = "Status; Connection: close unless 4xx.",
     .apis = {fails(kForbidden),
              v4({.id = "5", .path = "/5/", .flows = failing(R"({"status":500,"message":"m"})")}),
              v4({.id = "3", .path = "/3/", .flows = failing(R"({"status":302,"message":"m"})")})},
     .turns = {{.status = 403, .has = {{"Connection", "-"}}},
               {.ask = "GET /5/x", .status = 500, .has = {{"Connection", "close"}}},
               {.ask = "GET /3/x", .status = 302, .has = {{"Connection", "close"}}}}},
    {.name = "S10_5_WithoutAMessageThereIsNoBody",
     .rule = "Message null: no body.",
     .apis = {fails(R"({"status":403,"silent":true})")},
     .turns = {{.with = accept("*/*"),
                .status = 403,
                .says = "",
                .has = {{"Content-Type", "-"}, {"Content-Length", "0"}}}}},
    {.name = "S10_5_WithoutAMessageHeadersOfTheBackendAreKept",
     .rule = "Message null: no body, and headers left by the backend are kept.",
     .apis = {v4(
         {.flows = list({flow({.response = {step("fail", R"({"status":409,"silent":true})")}})})})},
     .turns = {{.backend_says = {"HTTP/1.1 200 OK\r\nX-Of: backend\r\nContent-Type: a/b\r\n"
                                 "Content-Length: 2\r\n\r\nok"},
                .status = 409,
                .says = "",
                .has = {{"X-Of", "backend"}, {"Content-Type", "a/b"}, {"Content-Length", "0"}}}}},
    {.name = "S10_5_JsonIfAnAcceptLineContainsItAsText",
     .rule = "JSON if any Accept header line contains application/json or */* as text.",
     .apis = {fails(kForbidden)},
     .turns = {{.with = accept("application/json"), .status = 403, .says = kJson},
               {.with = accept("*/*"), .status = 403, .says = kJson},
               {.with = accept("application/json;q=0"), .status = 403, .says = kJson},
               {.with = accept("application/json-patch"), .status = 403, .says = kJson},
               {.with = {{"Accept", "text/html"}, {"Accept", "x, */*;q=0.1"}},
                .status = 403,
                .says = kJson,
                .has = {{"Content-Type", "application/json"}}}}},
    {.name = "S10_5_OtherwiseTextWithTheBareMessage",
     .rule = "Otherwise (including no Accept at all) text/plain with the bare message.",
     .apis = {fails(kForbidden)},
     .turns = {{.status = 403, .says = "no", .has = {{"Content-Type", "text/plain"}}},
               {.with = accept("text/html"), .status = 403, .says = "no"},
               {.with = accept("application/*"), .status = 403, .says = "no"},
               {.with = accept("APPLICATION/JSON"), .status = 403, .says = "no"}}},
    {.name = "S10_5_JsonIsInItsMemberOrderWithoutSpaces",
     .rule = R"(JSON is {"message":"...","http_status_code":...} in that order, no spaces.)",
     .apis = {fails(R"({"status":400,"message":"a \"b\" \\ é\n"})")},
     .turns = {{.with = accept("*/*"),
                .status = 400,
                .says = R"({"message":"a \"b\" \\ é\n","http_status_code":400})"}}},
    {.name = "S10_5_AFailureOfTypeJsonIsSentAsItIs",
     .rule = "A failure whose content type is application/json is sent as is in the JSON branch.",
     .apis = {fails(R"({"status":400,"message":"{\"a\":1}","contentType":"application/json"})")},
     .turns = {{.with = accept("*/*"),
                .status = 400,
                .says = R"({"a":1})",
                .has = {{"Content-Type", "application/json"}}},
               {.status = 400, .says = R"({"a":1})", .has = {{"Content-Type", "text/plain"}}}}},
    {.name = "S10_5_TypeAndLengthAreExact",
     .rule = "Content-Type exactly (no charset), Content-Length set.",
     .apis = {v4({.flows = list({flow({.response = {step("fail", kForbidden)}})})})},
     .turns = {{.backend_says = {"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
                                 "Content-Length: 5\r\n\r\nhello"},
                .status = 403,
                .says = "no",
                .has = {{"Content-Type", "text/plain"}, {"Content-Length", "2"}}}}},
});

}  // namespace
}  // namespace perigee::lifecycle
