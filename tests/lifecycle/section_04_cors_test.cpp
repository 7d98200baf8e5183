// lifecycle.md section 4: CORS.
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

// Members of `cors` besides "enabled".
std::string with_cors(const std::string& members, const ApiText& text = {}) {
  ApiText made = text;
  made.listener += R"(,"cors":{"enabled":true,)" + members + "}";
  return v4(made);
}
NameValues preflight(const std::string& origin, const std::string& method = "GET",
                     const NameValues& more = {}) {
  NameValues fields = {{"Origin", origin}, {"Access-Control-Request-Method", method}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}
NameValues asks_for_headers(const std::string& names) {
  return {{"Access-Control-Request-Headers", names}};
}
Turn succeeds(const NameValues& with, const NameValues& has = {}) {
  return {.ask = "OPTIONS /a/x", .with = with, .says = "", .has = has, .backend = "-"};
}
// A failure has a key and no message, so no body, and none of the headers of a success.
Turn fails(const NameValues& with) {
  return {.ask = "OPTIONS /a/x",
          .with = with,
          .status = 400,
          .says = "",
          .has = {{"Content-Type", "-"},
                  {"Access-Control-Allow-Methods", "-"},
                  {"Access-Control-Max-Age", "-"}},
          .backend = "-"};
}

const std::string kOne = R"("allowOrigin":["http://a.example"],"allowMethods":["get","POST"])";
const std::string kAny = R"("allowOrigin":["*"],"allowMethods":["*"])";
const std::string kA = "http://a.example", kB = "http://b.example";

const bool kPreflights = add_cases({
    {.name = "S4_OnlyWhenEnabled",
     .rule = "Only when the API has cors.enabled.",
     .apis = {v4({.listener = R"(,"cors":{"enabled":false,)" + kAny + "}"})},
     .turns = {{.ask = "OPTIONS /a/x",
                .with = preflight(kA),
                .says = "ok",
                .has = {{"Access-Control-Allow-Origin", "-"}},
                .backend = "OPTIONS /x"}}},
    {.name = "S4_APreflightHasAMethodAndTwoHeaders",
     .rule = "A preflight is: method OPTIONS, Origin present, Access-Control-Request-Method "
             "present.",
     .apis = {with_cors(kOne)},
     .turns = {succeeds(preflight(kA)),
               {.ask = "GET /a/x", .with = preflight(kA), .backend = "GET /x"},
               {.ask = "OPTIONS /a/x", .with = {{"Origin", kA}}, .backend = "OPTIONS /x"},
               {.ask = "OPTIONS /a/x",
                .with = {{"Access-Control-Request-Method", "GET"}},
                .backend = "OPTIONS /x"}}},
    {.name = "S4_TheOriginIsChecked",
     .rule = "Origin allowed: *, literal (ignoring case), or a regular expression that matches "
             "the whole origin; an invalid one is ignored.",
     .apis = {with_cors(R"("allowOrigin":["http://a.example","https?://[a-z]+[.]org","*.x("],)"
                        R"("allowMethods":["GET"])")},
     .turns = {succeeds(preflight("http://A.example")), succeeds(preflight("https://abc.org")),
               fails(preflight(kB)), fails(preflight("https://abc.org.evil")),
               fails(preflight("https://1.org"))}},
    {.name = "S4_TheMethodIsChecked",
     .rule = "Requested method in allowMethods (or *).",
     .apis = {with_cors(kOne), with_cors(kAny, {.id = "any", .path = "/any"})},
     .turns = {succeeds(preflight(kA, "POST")),
               fails(preflight(kA, "PUT")),
               {.ask = "OPTIONS /any/x", .with = preflight(kA, "PATCH"), .backend = "-"}}},
    {.name = "S4_TheHeadersAreChecked",
     .rule = "Each requested header in allowHeaders (or *, or nothing configured).",
     .apis = {with_cors(kOne + R"(,"allowHeaders":["X-One","x-two"])"),
              with_cors(kOne + R"(,"allowHeaders":["*"])", {.id = "star", .path = "/star"}),
              with_cors(kOne, {.id = "none", .path = "/none"})},
     .turns = {succeeds(preflight(kA, "GET", asks_for_headers("x-ONE , X-Two"))),
               succeeds(preflight(kA)),
               fails(preflight(kA, "GET", asks_for_headers("X-One, X-Three"))),
               {.ask = "OPTIONS /star/x",
                .with = preflight(kA, "GET", asks_for_headers("X-Any")),
                .backend = "-"},
               {.ask = "OPTIONS /none/x",
                .with = preflight(kA, "GET", asks_for_headers("X-Any")),
                .backend = "-"}}},
    {.name = "S4_AFailureIs400WithItsKey",
     .rule = "Failure: 400, key CORS_PREFLIGHT_FAILED, no message, so no body.",
     .apis = {with_cors(kOne, {.top = R"(,"responseTemplates":{"CORS_PREFLIGHT_FAILED":{"*/*":)"
                                      R"({"status":418,"body":"{#error.key}"}}})"}),
              with_cors(kOne, {.id = "plain", .path = "/plain"})},
     .turns = {{.ask = "OPTIONS /a/x",
                .with = preflight(kB),
                .status = 418,
                .says = "CORS_PREFLIGHT_FAILED"},
               {.ask = "OPTIONS /plain/x",
                .with = preflight(kB, "GET", {{"Accept", "application/json"}}),
                .status = 400,
                .says = ""}}},
    {.name = "S4_AnEmptyListOfMethodsIsAFailure",
     .rule = "An empty allowMethods with an allowed origin is itself a failure (400).",
     .apis = {with_cors(R"("allowOrigin":["*"])")},
     .turns = {fails(preflight(kA))}},
    {.name = "S4_TheHeadersOfASuccess",
     .rule = "Allow-Credentials: true (if configured), Allow-Origin: <request origin>, "
             "Allow-Methods upper-cased, joined with ', ', Allow-Headers joined, Max-Age if >= 0.",
     .apis = {with_cors(kOne + R"(,"allowHeaders":["X-One","x-two"],"maxAge":0,)"
                               R"("allowCredentials":true)"),
              with_cors(kOne, {.id = "less", .path = "/less"})},
     .turns = {succeeds(preflight(kA), {{"Access-Control-Allow-Credentials", "true"},
                                        {"Access-Control-Allow-Origin", kA},
                                        {"Access-Control-Allow-Methods", "GET, POST"},
                                        {"Access-Control-Allow-Headers", "X-One, x-two"},
                                        {"Access-Control-Max-Age", "0"}}),
               {.ask = "OPTIONS /less/x",
                .with = preflight(kA),
                .has = {{"Access-Control-Allow-Credentials", "-"},
                        {"Access-Control-Allow-Headers", "-"},
                        {"Access-Control-Max-Age", "-"}}}}},
    {.name = "S4_TheOriginIsNeverTheStar",
     .rule = "Access-Control-Allow-Origin: <request origin> (never *).",
     .apis = {with_cors(kAny)},
     .turns = {succeeds(preflight(kB), {{"Access-Control-Allow-Origin", kB}}),
               {.with = {{"Origin", kB}}, .has = {{"Access-Control-Allow-Origin", kB}}}}},
    {.name = "S4_PrivateNetworksWhenAskedFor",
     .rule = "Success headers: ... private-network header (4.9.x patch).",
     .apis = {with_cors(kOne + R"(,"allowPrivateNetwork":true)"),
              with_cors(kOne, {.id = "no", .path = "/no"})},
     .turns = {succeeds(preflight(kA, "GET", {{"Access-Control-Request-Private-Network", "true"}}),
                        {{"Access-Control-Allow-Private-Network", "true"}}),
               succeeds(preflight(kA), {{"Access-Control-Allow-Private-Network", "-"}}),
               {.ask = "OPTIONS /no/x",
                .with = preflight(kA, "GET", {{"Access-Control-Request-Private-Network", "true"}}),
                .has = {{"Access-Control-Allow-Private-Network", "-"}}}}},
});

const std::string kNotes = list({flow({.request = {note("ran")}, .response = {note("ran")}})});
const std::string kNobody = "[" + guarded("p", R"({"token":"none"})") + "]";

const bool kRunPolicies = add_cases({
    {.name = "S4_WithoutPoliciesAPreflightIsInterrupted",
     .rule = "runPolicies false: interrupt, answer 200 with empty body.",
     .apis = {with_cors(kOne, {.flows = kNotes, .plan_flows = kNotes})},
     .turns = {succeeds(preflight(kA), {{"X-Note", "-"}, {"X-Gravitee-Client-Identifier", "-"}})}},
    {.name = "S4_WithPoliciesAPreflightRunsTheFlows",
     .rule = "runPolicies true: skip security, replace the backend invoker by one that answers "
             "200, run the flows.",
     .apis = {with_cors(kOne + R"(,"runPolicies":true)", {.flows = kNotes, .plans = kNobody})},
     .turns = {succeeds(preflight(kA), {{"X-Note", "ran"}, {"Access-Control-Allow-Origin", kA}}),
               fails(preflight(kB)),
               {.status = 401, .backend = "-"}}},
    {.name = "S4_AFlowMayFailAPreflightThatRunsPolicies",
     .rule = "runPolicies true: run the flows.",
     .apis = {with_cors(kOne + R"(,"runPolicies":true)",
                        {.flows = list({flow({.request = {step("fail", R"({"status":403})")}})})})},
     .turns = {{.ask = "OPTIONS /a/x", .with = preflight(kA), .status = 403, .backend = "-"}}},
});

constexpr const char* kOpenBackend =
    "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: X\r\n"
    "Access-Control-Allow-Credentials: true\r\nContent-Length: 2\r\n\r\nok";
const NameValues kNone = {{"Access-Control-Allow-Origin", "-"},
                          {"Access-Control-Expose-Headers", "-"},
                          {"Access-Control-Allow-Credentials", "-"}};

const bool kSimple = add_cases({
    {.name = "S4_AnAllowedOriginIsToldByTheAnswer",
     .rule = "If the origin is allowed add Allow-Credentials (if configured), Allow-Origin: "
             "<origin>, Expose-Headers.",
     .apis = {with_cors(kOne + R"(,"exposeHeaders":["X-A","X-B"],"allowCredentials":true)")},
     .turns = {{.with = {{"Origin", kA}},
                .says = "ok",
                .has = {{"Access-Control-Allow-Origin", kA},
                        {"Access-Control-Expose-Headers", "X-A, X-B"},
                        {"Access-Control-Allow-Credentials", "true"}},
                .backend = "GET /x"}}},
    {.name = "S4_OursReplaceThoseOfTheBackend",
     .rule = "If the origin is allowed ... Allow-Origin: <origin>.",
     .apis = {with_cors(kOne)},
     .turns = {{.with = {{"Origin", kA}},
                .backend_says = {kOpenBackend},
                .has = {{"Access-Control-Allow-Origin", kA}}}}},
    {.name = "S4_ForOthersTheHeadersOfTheBackendAreRemoved",
     .rule = "Otherwise remove these three headers from the backend's response.",
     .apis = {with_cors(kOne)},
     .turns = {{.with = {{"Origin", kB}}, .backend_says = {kOpenBackend}, .has = kNone},
               {.backend_says = {kOpenBackend}, .has = kNone}}},
    {.name = "S4_ErrorsTellItToo",
     .rule = "Runs on errors as well.",
     .apis = {with_cors(kOne, {.plans = kNobody})},
     .turns =
         {{.with = {{"Origin", kA}}, .status = 401, .has = {{"Access-Control-Allow-Origin", kA}}},
          {.with = {{"Origin", kB}}, .status = 401, .has = kNone}}},
    {.name = "S4_InV2",
     .rule = "Same object in v2 (proxy.cors).",
     .apis = {v2({.proxy = R"(,"cors":{"enabled":true,)" + kOne + "}"})},
     .turns = {succeeds(preflight(kA), {{"Access-Control-Allow-Origin", kA}}),
               fails(preflight(kB))}},
});

}  // namespace
}  // namespace perigee::lifecycle
