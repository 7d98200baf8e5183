// lifecycle.md section 9: after-api processors, on success, interruption and error alike.
#include "base/json.hpp"
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

const std::string kEnds = list({flow({.request = {step("end", R"({"status":202})")}})});
const std::string kFails =
    list({flow({.request = {step("fail", R"({"status":403,"key":"K","message":"no"})")}})});
constexpr const char* kId = "~[0-9a-f-]{36}";

// The same headers on each kind of answer.
std::vector<std::string> all_kinds(const std::string& listener = "") {
  return {v4({.path = "/ok/", .listener = listener}),
          v4({.id = "ends", .path = "/ends/", .flows = kEnds, .listener = listener}),
          v4({.id = "fails", .path = "/fails/", .flows = kFails, .listener = listener}),
          v4({.id = "templated",
              .path = "/templated/",
              .flows = kFails,
              .listener = listener,
              .top = R"(,"responseTemplates":{"K":{"*/*":{"status":418,"body":"t"}}})"}),
          v4({.id = "dead", .path = "/dead/", .target = "$CLOSED", .listener = listener})};
}
std::vector<Turn> of_all_kinds(const NameValues& with, const NameValues& has) {
  std::vector<Turn> turns;
  for (auto [path, status] :
       {std::pair("/ok/x", 200), std::pair("/ends/x", 202), std::pair("/fails/x", 403),
        std::pair("/templated/x", 418), std::pair("/dead/x", 502)})
    turns.push_back(
        {.ask = std::string("GET ") + path, .with = with, .status = status, .has = has});
  return turns;
}
std::string answering(const std::string& fields) {
  return "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: 2\r\n\r\nok";
}
const std::string kOfBackend =
    answering("X-Gravitee-Transaction-Id: b-t\r\nX-Gravitee-Request-Id: b-r\r\n");

NameValues modes(const std::string& mode) {
  return {{"handlers.request.transaction.overrideMode", mode},
          {"handlers.request.request.overrideMode", mode}};
}

const bool kIds = add_cases({
    {.name = "S9_2_EveryAnswerHasTransactionAndRequestId",
     .rule = "Response headers for transaction id and request id; success, interruption and error "
             "alike.",
     .apis = all_kinds(),
     .turns =
         of_all_kinds({{"X-Gravitee-Transaction-Id", "mine"}},
                      {{"X-Gravitee-Transaction-Id", "mine"}, {"X-Gravitee-Request-Id", kId}})},
    {.name = "S9_2_OverrideIsTheDefault",
     .rule = "OVERRIDE (default) sets the request's value over the backend's.",
     .turns = {{.with = {{"X-Gravitee-Transaction-Id", "mine"}},
                .backend_says = {kOfBackend},
                .has = {{"X-Gravitee-Transaction-Id", "mine"}, {"X-Gravitee-Request-Id", kId}}}}},
    {.name = "S9_2_MergeAddsItBesideTheBackends",
     .rule = "MERGE adds it beside the backend's if different.",
     .gateway = modes("MERGE"),
     .turns = {{.with = {{"X-Gravitee-Transaction-Id", "mine"}},
                .backend_says = {kOfBackend},
                .has = {{"X-Gravitee-Transaction-Id", "b-t, mine"},
                        {"X-Gravitee-Request-Id", "~b-r, [0-9a-f-]{36}"}}},
               {.with = {{"X-Gravitee-Transaction-Id", "b-t"}},
                .backend_says = {kOfBackend},
                .has = {{"X-Gravitee-Transaction-Id", "b-t"}}},
               {.with = {{"X-Gravitee-Transaction-Id", "mine"}},
                .has = {{"X-Gravitee-Transaction-Id", "mine"}, {"X-Gravitee-Request-Id", kId}}}}},
    {.name = "S9_2_KeepKeepsTheBackends",
     .rule = "KEEP keeps the backend's (and adds nothing when the backend sent none).",
     .gateway = modes("KEEP"),
     .turns = {{.backend_says = {kOfBackend},
                .has = {{"X-Gravitee-Transaction-Id", "b-t"}, {"X-Gravitee-Request-Id", "b-r"}}},
               {.has = {{"X-Gravitee-Transaction-Id", "-"}, {"X-Gravitee-Request-Id", "-"}}}}},
    {.name = "S9_2_EachHeaderHasAModeOfItsOwn",
     .rule = "Mode per header.",
     .gateway = {{"handlers.request.transaction.overrideMode", "KEEP"},
                 {"handlers.request.request.overrideMode", "MERGE"}},
     .turns = {{.backend_says = {kOfBackend},
                .has = {{"X-Gravitee-Transaction-Id", "b-t"},
                        {"X-Gravitee-Request-Id", "~b-r, [0-9a-f-]{36}"}}}}},
    {.name = "S9_2_TheNamesAreThoseOfTheConfiguration",
     .rule = "(Section 3: header names are configured.) The response has the same names.",
     .gateway = {{"handlers.request.transaction.header", "X-T"},
                 {"handlers.request.request.header", "X-R"}},
     .turns = {{.has = {{"X-T", kId},
                        {"X-R", kId},
                        {"X-Gravitee-Transaction-Id", "-"},
                        {"X-Gravitee-Request-Id", "-"}}}}},
});

constexpr const char* kCors = R"(,"cors":{"enabled":true,"allowOrigin":["https://good.example"],)"
                              R"("allowCredentials":true,"exposeHeaders":["X-A","X-B"]})";

const bool kCorsCases = add_cases({
    {.name = "S9_3_CorsHeadersAreOnEveryAnswer",
     .rule = "CORS simple headers: on success, interruption and error alike.",
     .apis = all_kinds(kCors),
     .turns = of_all_kinds({{"Origin", "https://good.example"}},
                           {{"Access-Control-Allow-Origin", "https://good.example"},
                            {"Access-Control-Allow-Credentials", "true"},
                            {"Access-Control-Expose-Headers", "X-A, X-B"}})},
    {.name = "S9_3_OfOtherOriginsTheBackendsAreRemoved",
     .rule = "Otherwise remove these three headers from the backend's response (section 4).",
     .apis = {v4({.listener = kCors})},
     .turns = {{.with = {{"Origin", "https://evil.example"}},
                .backend_says = {answering("Access-Control-Allow-Origin: *\r\n"
                                           "Access-Control-Allow-Credentials: true\r\n"
                                           "Access-Control-Expose-Headers: X\r\n"
                                           "Access-Control-Max-Age: 5\r\n")},
                .has = {{"Access-Control-Allow-Origin", "-"},
                        {"Access-Control-Allow-Credentials", "-"},
                        {"Access-Control-Expose-Headers", "-"},
                        {"Access-Control-Max-Age", "5"}}}}},
});

const bool kInventory = add_cases({
    {.name = "S9_TheInventoryOfResponseHeadersIsComplete",
     .rule = "X-Gravitee-* of responses: -Transaction-Id, -Request-Id, -Client-Identifier. There "
             "is no core header that reveals the endpoint or its status.",
     .turns = {{.has = {{"X-Gravitee-Transaction-Id", kId},
                        {"X-Gravitee-Request-Id", kId},
                        {"X-Gravitee-Client-Identifier", "*"},
                        {"X-Gravitee-Endpoint-Status", "-"},
                        {"X-Gravitee-Endpoint", "-"},
                        {"X-Gravitee-Api", "-"},
                        {"Via", "-"},
                        {"Server", "-"}}}}},
});

}  // namespace

// Shutdown: if the node is not in state STARTED add Connection: close, to every kind of answer.
TEST_F(Lifecycle, S9_1_AnswersAskClientsToLeaveWhileTheNodeStops) {
  serve(all_kinds());
  expect_turn({.ask = "GET /ok/x", .has = {{"Connection", "-"}}});
  server->ask_to_leave();
  for (const Turn& turn : of_all_kinds({}, {{"Connection", "close"}})) expect_turn(turn);
}

}  // namespace perigee::lifecycle
