// lifecycle.md section 14: the core's error keys, their status and message. (Section 13 where there
// is something to see: metrics are reported once.) Those of backends: S8_5, of WebSockets: S8_7.
#include "base/json.hpp"
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

// Below /a the failure is answered as it is; below /k by a template of the failure's key, and below
// /d by one of any key, which shows it.
std::vector<std::string> with_templates(const std::string& key, ApiText text) {
  auto templates = [](const std::string& of, const std::string& body) {
    return R"(,"responseTemplates":{")" + of + R"(":{"*/*":{"status":418,"body":")" + body +
           "\"}}}";
  };
  const std::string top = text.top;
  std::vector<std::string> all{v4(text)};
  text.id = "by-key";
  text.path = "/k/";
  text.top = top + templates(key, "by its key");
  all.push_back(v4(text));
  text.id = "by-default";
  text.path = "/d/";
  text.top = top + templates("DEFAULT", "{#error.statusCode} {#error.key}");
  all.push_back(v4(text));
  return all;
}

// `ask` is a method. An empty message: none, and no body.
struct Key {
  std::string name, key;
  int status;
  std::string message;
  ApiText text;
  std::string ask = "GET";
  NameValues with = {};
};

Case case_of(const Key& key) {
  auto asked = [&](const std::string& path) {
    return Turn{.ask = key.ask + " " + path, .with = key.with};
  };
  Turn plain = asked("/a/x"), by_key = asked("/k/x"), by_default = asked("/d/x");
  plain.status = key.status;
  plain.says = key.message;
  plain.has = {{"Content-Type", key.message.empty() ? "-" : "text/plain"}};
  by_key.status = by_default.status = 418;
  by_key.says = "by its key";
  by_default.says = std::to_string(key.status) + " " + key.key;
  return {.name = "S14_" + key.name,
          .rule = key.key + ": " + std::to_string(key.status) + ", " +
                  (key.message.empty() ? "no message" : key.message),
          .apis = with_templates(key.key, key.text),
          .turns = {plain, by_key, by_default}};
}

std::vector<Case> cases_of(const std::vector<Key>& keys) {
  std::vector<Case> cases;
  for (const Key& key : keys) cases.push_back(case_of(key));
  return cases;
}

std::string plans(const std::string& configuration) {
  return "[" + guarded("p", configuration) + "]";
}
std::string request_step(const std::string& step) { return list({flow({.request = {step}})}); }

const bool kKeys = add_cases(cases_of({
    {"GATEWAY_PLAN_UNRESOLVABLE",
     "GATEWAY_PLAN_UNRESOLVABLE",
     401,
     "Unauthorized",
     {.plans = plans(R"({"token":"none"})")}},
    {"GATEWAY_PLAN_RESOLUTION_FAILURE",
     "GATEWAY_PLAN_RESOLUTION_FAILURE",
     503,
     "Temporarily Unavailable",
     {.plans = plans(R"({"token":"error"})")}},
    {"CORS_PREFLIGHT_FAILED",
     "CORS_PREFLIGHT_FAILED",
     400,
     "",
     {.listener = R"(,"cors":{"enabled":true,"allowOrigin":["https://good.example"]})"},
     "OPTIONS",
     {{"Origin", "https://evil.example"}, {"Access-Control-Request-Method", "GET"}}},
    {"REQUEST_NULL_BYTE_REJECTED",
     "REQUEST_NULL_BYTE_REJECTED",
     400,
     "The request contains invalid characters.",
     {.listener = R"(,"requestValidation":{"rejectNullByte":true})"},
     "GET",
     {{"X-Odd", "%00"}}},
    {"FLOW_EXECUTION_FLOW_MATCHED_FAILURE",
     "FLOW_EXECUTION_FLOW_MATCHED_FAILURE",
     404,
     "",
     {.flows = list({flow({.path = "/never"})}), .execution = R"({"matchRequired":true})"}},
    {"NO_ENDPOINT_FOUND", "NO_ENDPOINT_FOUND", 503, "", {.target = "no url"}},
    {"INVALID_HTTP_METHOD",
     "INVALID_HTTP_METHOD",
     400,
     "Http method is not valid",
     {.flows = request_step(step("set", R"({"name":"request.method","value":"FETCH"})"))}},
    {"GATEWAY_CLIENT_CONNECTION_ERROR",
     "GATEWAY_CLIENT_CONNECTION_ERROR",
     502,
     "",
     {.target = "$CLOSED"}},
    {"AnyKeyTextIsAccepted",
     "WE:ird key/ü {}",
     409,
     "m",
     {.flows =
          request_step(step("fail", R"({"status":409,"key":"WE:ird key/ü {}","message":"m"})"))}},
}));

const std::string kDefaultTemplate =
    R"(,"responseTemplates":{"DEFAULT":{"*/*":{"status":418,"body":"{#error.key}"}}})";

const bool kWithoutAKey = add_cases({
    {.name = "S14_NoEntrypointIs404WithoutAKey",
     .rule = "(none): 404, No entrypoint matches the incoming request: no template fires.",
     .apis = {v4({.entrypoints = "[]", .top = kDefaultTemplate})},
     .turns =
         {{.status = 404, .says = "No entrypoint matches the incoming request", .backend = "-"}}},
    {.name = "S14_FailoverExhaustedIs502WithoutAKey",
     .rule = "(none): 502, no message: failover exhausted or breaker open.",
     .apis = {v4({.top = kDefaultTemplate +
                         R"(,"failover":{"enabled":true,"maxRetries":0,"maxFailures":1})"})},
     .turns = {{.backend_says = {kHangUp}, .status = 502, .says = ""},
               {.status = 502, .says = "", .calls = 0}}},
});

}  // namespace

// REQUEST_TIMEOUT: 504, Request timeout (global), none (backend).
TEST_F(Lifecycle, S14_REQUEST_TIMEOUT) {
  for (const auto& [keys, message] :
       {std::pair(NameValues{{"http.requestTimeout", "1000"}}, "Request timeout"),
        std::pair(NameValues{}, "")}) {
    configure(keys);
    serve(with_templates("REQUEST_TIMEOUT", {}));
    for (const auto& [path, status, says] :
         {std::tuple("/a/x", 504, message), std::tuple("/k/x", 418, "by its key"),
          std::tuple("/d/x", 418, "504 REQUEST_TIMEOUT")}) {
      std::size_t n = backend->connections.size();
      Peer& client = get(path);
      asked(n);
      pass(10s);
      Answer got = answer(client);
      EXPECT_EQ(got.status, status) << path;
      EXPECT_EQ(got.body, says) << path;
    }
  }
}

}  // namespace perigee::lifecycle
