// lifecycle.md section 1: matching a request to an API.
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

// An API of its own: its backend sees the id as the path before what was asked.
std::string api_on(const std::string& id, const std::string& paths,
                   const std::string& listener = "") {
  return v4({.id = id, .paths = paths, .target = "$BACKEND/" + id, .listener = listener});
}
std::string path(const std::string& path, const std::string& host = "") {
  return R"({"path":")" + path + "\"" + (host.empty() ? "" : R"(,"host":")" + host + "\"") + "}";
}
NameValues host(const std::string& name) { return {{"Host", name}}; }
// Who answers: "/id/rest" of the backend.
Turn reaches(const std::string& asked, const std::string& backend, const NameValues& with = {}) {
  return {.ask = "GET " + asked, .with = with, .backend = "GET " + backend};
}
Turn matches_nothing(const std::string& asked, const NameValues& with = {}) {
  return {.ask = "GET " + asked, .with = with, .status = 404, .backend = "-"};
}

const NameValues kOverlapping = {{"api.allowOverlappingContext", "true"}};

const bool kAcceptors = add_cases({
    {.name = "S1_1_AnEmptyContextPathIsTheRoot",
     .rule = "Path normalisation at deployment: empty becomes /.",
     .apis = {api_on("1", path(""))},
     .turns = {reaches("/", "/1/"), reaches("/any/where", "/1/any/where")}},
    {.name = "S1_1_ATrailingSlashIsAddedToAContextPath",
     .rule = "Path normalisation at deployment: a trailing / is added.",
     .apis = {v4(
         {.path = "/orders",
          .flows = list({flow({.response = {tell("X-Path", "{#request.contextPath}")}})})})},
     .turns = {{.ask = "GET /orders/12", .has = {{"X-Path", "/orders/"}}}}},
    {.name = "S1_1_RunsOfSlashesInAContextPathAreCollapsed",
     .rule = "Path normalisation at deployment: runs of / are collapsed.",
     .apis = {api_on("1", path("//orders///open//"))},
     .turns = {reaches("/orders/open/12", "/1/12"), matches_nothing("/orders/closed")}},
    {.name = "S1_1_APathMatchesBelowItsContextPathAndWithoutItsLastSlash",
     .rule = "/orders and /orders/... match /orders/, /ordersX does not.",
     .apis = {api_on("1", path("/orders"))},
     .turns = {reaches("/orders", "/1"), reaches("/orders/", "/1/"),
               reaches("/orders/12/x", "/1/12/x"), reaches("/orders?a=1", "/1?a=1"),
               matches_nothing("/ordersX"), matches_nothing("/orders;v=1"),
               matches_nothing("/order"), matches_nothing("/"), matches_nothing("/x/orders/")}},
    {.name = "S1_1_PathsAreComparedByteForByteAndWithCase",
     .rule = "The comparison is byte-wise and case-sensitive.",
     .apis = {api_on("1", path("/Orders"))},
     .turns = {reaches("/Orders/1", "/1/1"), matches_nothing("/orders/1"),
               matches_nothing("/ORDERS/1")}},
    {.name = "S1_1_PathsAreComparedRaw",
     .rule = "The comparison is on the raw path: neither percent-decoded nor dot-normalised.",
     .apis = {api_on("1", path("/orders")), api_on("2", path("/a%20b"))},
     .turns = {matches_nothing("/%6Frders/1"), matches_nothing("/x/../orders/1"),
               matches_nothing("//orders/1"), reaches("/orders/../x", "/1/../x"),
               reaches("/a%20b/%41", "/2/%41")}},
    {.name = "S1_1_AListenerWithoutHostIsForAnyHost",
     .rule = "Host match, default mode: any.",
     .apis = {api_on("1", path("/a"))},
     .turns = {reaches("/a/x", "/1/x", host("one.example")),
               reaches("/a/x", "/1/x", host("two.example:8082"))}},
    {.name = "S1_1_HostsAreComparedIgnoringCaseAndWithTheirPort",
     .rule = "Host match, default mode: equal ignoring case to the request's authority including "
             "its port when one was sent; api.example.com does not match api.example.com:8082.",
     .apis = {api_on("1", path("/a", "Api.Example.com")),
              api_on("2", path("/b", "api.example.com:8082"))},
     .turns = {reaches("/a/x", "/1/x", host("api.EXAMPLE.com")),
               matches_nothing("/a/x", host("api.example.com:8082")),
               matches_nothing("/a/x", host("other.example.com")),
               reaches("/b/x", "/2/x", host("API.example.com:8082")),
               matches_nothing("/b/x", host("api.example.com"))}},
    {.name = "S1_1_WildcardsAreNoneInDefaultMode",
     .rule = "Host match, default mode: any, or equal (suffix wildcards are of overlapping mode).",
     .apis = {api_on("1", path("/a", "*.acme.com"))},
     .turns = {matches_nothing("/a/x", host("foo.acme.com"))}},
    {.name = "S1_1_OneAcceptorPerListenerPath",
     .rule = "One acceptor per listener path; all HTTP listeners supply acceptors.",
     .apis = {v4({.paths = path("/one") + "," + path("/two", "h.example"),
                  .listener = R"(},{"type":"http","paths":[{"path":"/three"}],"entrypoints":)"
                              R"([{"type":"http-proxy"}])"})},
     .turns = {reaches("/one/x", "/x"), matches_nothing("/two/x"),
               reaches("/two/x", "/x", host("h.example")), reaches("/three/x", "/x")}},
});

const bool kOrder = add_cases({
    {.name = "S1_2_PathsWithAHostComeFirst",
     .rule = "Acceptors with a host come first, then those without.",
     .apis = {api_on("any", path("/a")), api_on("host", path("/a/b", "h.example"))},
     .turns = {reaches("/a/b/x", "/host/x", host("h.example")),
               reaches("/a/c", "/any/c", host("h.example")),
               reaches("/a/b/x", "/any/b/x", host("other.example"))}},
    {.name = "S1_2_ShorterPathWinsWhenApisOverlap",
     .rule = "When two APIs overlap (/a/ and /a/b/), the shorter path wins: it sorts first.",
     .apis = {api_on("long", path("/a/b")), api_on("short", path("/a"))},
     .turns = {reaches("/a/b/x", "/short/b/x"), reaches("/a/b", "/short/b"),
               reaches("/a/x", "/short/x")}},
    {.name = "S1_2_ShorterPathWinsAmongPathsOfOneHost",
     .rule = "For equal hosts, sorted by path text ascending. The first match wins.",
     .apis = {api_on("long", path("/a/b", "h.example")), api_on("short", path("/a", "H.example")),
              api_on("root", path("/"))},
     .turns = {reaches("/a/b/x", "/short/b/x", host("h.example")),
               reaches("/c", "/root/c", host("h.example"))}},
    {.name = "S1_3_AStarIsASuffixOfHosts",
     .rule = "*.acme.com matches any host that ends with .acme.com.",
     .gateway = kOverlapping,
     .apis = {api_on("1", path("/a", "*.acme.com"))},
     .turns = {reaches("/a/x", "/1/x", host("foo.acme.com")),
               reaches("/a/x", "/1/x", host("foo.bar.ACME.com")),
               matches_nothing("/a/x", host("acme.com")),
               matches_nothing("/a/x", host("fooacme.com")),
               matches_nothing("/a/x", host("foo.acme.com.org"))}},
    {.name = "S1_3_ThePortIsIgnored",
     .rule = "Overlapping mode: the port of the request authority is ignored.",
     .gateway = kOverlapping,
     .apis = {api_on("1", path("/a", "h.example")), api_on("2", path("/b", "*.acme.com"))},
     .turns = {reaches("/a/x", "/1/x", host("h.example:8082")),
               reaches("/a/x", "/1/x", host("h.example")),
               reaches("/b/x", "/2/x", host("foo.acme.com:1"))}},
    {.name = "S1_3_TheMostSpecificHostWins",
     .rule = "Order: foo.bar.acme.com, *.bar.acme.com, bar.acme.com, *.acme.com, acme.com; no "
             "host last.",
     .gateway = kOverlapping,
     .apis = {api_on("none", path("/")), api_on("acme", path("/", "acme.com")),
              api_on("of-acme", path("/", "*.acme.com")), api_on("bar", path("/", "bar.acme.com")),
              api_on("of-bar", path("/", "*.bar.acme.com")),
              api_on("foo", path("/", "foo.bar.acme.com"))},
     .turns = {reaches("/x", "/foo/x", host("foo.bar.acme.com")),
               reaches("/x", "/of-bar/x", host("other.bar.acme.com")),
               reaches("/x", "/bar/x", host("bar.acme.com")),
               reaches("/x", "/of-acme/x", host("other.acme.com")),
               reaches("/x", "/acme/x", host("acme.com")),
               reaches("/x", "/none/x", host("acme.org"))}},
    {.name = "S1_3_AMoreSpecificHostComesBeforeALongerPath",
     .rule = "Order by host first, then by path: the first match of that order wins.",
     .gateway = kOverlapping,
     .apis = {api_on("host", path("/a", "foo.acme.com")),
              api_on("star", path("/a/b/c", "*.acme.com"))},
     .turns = {reaches("/a/b/c", "/host/b/c", host("foo.acme.com")),
               reaches("/a/b/c", "/star", host("bar.acme.com"))}},
    {.name = "S1_3_TheLongestPathWins",
     .rule = "For equal hosts, path text descending, so /a/b/ before /a/: longest prefix wins.",
     .gateway = kOverlapping,
     .apis = {api_on("short", path("/a")), api_on("long", path("/a/b")), api_on("root", path("/"))},
     .turns = {reaches("/a/b/x", "/long/x"), reaches("/a/b", "/long"),
               reaches("/a/bc", "/short/bc"), reaches("/b", "/root/b")}},
});

const std::string kNotFound = "No context-path matches the request URI.";

const bool kNoMatch = add_cases({
    {.name = "S1_4_NoMatchIs404WithItsText",
     .rule = "Status 404, the default text, text/plain, Content-Length set.",
     .turns = {{.ask = "GET /nothing",
                .status = 404,
                .says = kNotFound,
                .has = {{"Content-Type", "text/plain"}, {"Content-Length", "40"}},
                .backend = "-"}}},
    {.name = "S1_4_NoMatchIsNotNegotiated",
     .rule = "No content negotiation: an Accept: application/json client still gets the text.",
     .turns = {{.ask = "GET /nothing",
                .with = {{"Accept", "application/json"}},
                .status = 404,
                .says = kNotFound,
                .has = {{"Content-Type", "text/plain"}}}}},
    {.name = "S1_4_TheAnswerIsConfigured",
     .rule = "Body http.errors[404].message, Content-Type http.errors[404].contentType.",
     .gateway = {{"http.errors[404].message", "<p>nothing</p>"},
                 {"http.errors[404].contentType", "text/html"}},
     .turns = {{.ask = "GET /nothing",
                .status = 404,
                .says = "<p>nothing</p>",
                .has = {{"Content-Type", "text/html"}, {"Content-Length", "14"}}}}},
    {.name = "S1_4_AGrpcClientGetsItsStatus",
     .rule = "Request content type application/grpc: also grpc-status 5 and grpc-message.",
     .turns = {{.ask = "POST /nothing",
                .with = {{"Content-Type", "application/grpc"}},
                .status = 404,
                .has = {{"grpc-status", "5"}, {"grpc-message", kNotFound}}},
               {.ask = "POST /nothing",
                .with = {{"Content-Type", "application/json"}},
                .status = 404,
                .has = {{"grpc-status", "-"}, {"grpc-message", "-"}}}}},
    {.name = "S1_4_NoMatchIsNotReported",
     .rule = "Metrics are reported only when handlers.notfound.analytics.enabled (default false).",
     .turns = {{.ask = "GET /nothing", .status = 404}},
     .reported = std::vector<std::string>{}},
    {.name = "S1_4_NoMatchIsReportedAsOfApi1WhenConfigured",
     .rule = "Metrics are reported with API id 1 when handlers.notfound.analytics.enabled is true.",
     .gateway = {{"handlers.notfound.analytics.enabled", "true"}},
     .turns = {{.ask = "GET /nothing", .status = 404}, {}},
     .reported = std::vector<std::string>{"1 4xx", "api 2xx"}},
    {.name = "S1_4_TheOldKeyReportsToo",
     .rule = "Legacy alias handlers.notfound.log.enabled.",
     .gateway = {{"handlers.notfound.log.enabled", "true"}},
     .turns = {{.ask = "GET /nothing", .status = 404}},
     .reported = std::vector<std::string>{"1 4xx"}},
    {.name = "S1_4_NothingElseIsDone",
     .rule = "No response flows, no CORS, no X-Gravitee-* response headers are added.",
     .apis = {v4({.listener = R"(,"cors":{"enabled":true,"allowOrigin":["*"],)"
                              R"("allowMethods":["GET"]})"})},
     .platform = {organization({v2_flow({note("p")}, {note("p")})})},
     .turns = {{.ask = "OPTIONS /nothing",
                .with = {{"Origin", "http://o.example"}, {"Access-Control-Request-Method", "GET"}},
                .status = 404,
                .has = {{"X-Note", "-"},
                        {"Access-Control-Allow-Origin", "-"},
                        {"X-Gravitee-Transaction-Id", "-"},
                        {"X-Gravitee-Request-Id", "-"},
                        {"X-Gravitee-Client-Identifier", "-"},
                        {"Connection", "-"}}}}},
    {.name = "S1_4_PreProcessorsRun",
     .rule = "No match: the platform pre-processors run first (here: the trace context's).",
     .gateway = {{"handlers.request.trace-context.enabled", "true"}},
     .turns = {{.ask = "GET /nothing", .status = 404, .has = {{"traceparent", "*"}}}}},
});

const std::string kTellsPaths =
    list({flow({.response = {tell("X-Info", "[{#request.pathInfo}]"),
                             tell("X-Context", "{#request.contextPath}")}})});

const bool kPathInfo = add_cases({
    {.name = "S1_5_PathInfoIsWhatIsBelowTheContextPath",
     .rule = "Path /orders/12, context /orders/ gives /12; request.contextPath keeps the slash.",
     .apis = {v4({.path = "/orders", .flows = kTellsPaths})},
     .turns = {{.ask = "GET /orders/12?q=1",
                .has = {{"X-Info", "[/12]"}, {"X-Context", "/orders/"}},
                .backend = "GET /12?q=1"},
               {.ask = "GET /orders/", .has = {{"X-Info", "[/]"}}, .backend = "GET /"}}},
    {.name = "S1_5_PathInfoIsEmptyForTheContextPathWithoutItsSlash",
     .rule = "A path equal to the context without slash gives an empty path info.",
     .apis = {v4({.path = "/orders", .target = "$BACKEND/base", .flows = kTellsPaths})},
     .turns = {{.ask = "GET /orders",
                .has = {{"X-Info", "[]"}, {"X-Context", "/orders/"}},
                .backend = "GET /base"}}},
    {.name = "S1_5_FlowsAndTheBackendUsePathInfo",
     .rule = "Policies, flows and the backend URI use path info.",
     .apis = {v4({.path = "/orders",
                  .target = "$BACKEND/base",
                  .flows = list({flow({.request = {note("orders")}, .path = "/orders"}),
                                 flow({.request = {note("12")}, .path = "/12"})})})},
     .turns =
         {{.ask = "GET /orders/12", .backend = "GET /base/12", .backend_has = {{"X-Note", "12"}}}}},
});

}  // namespace

namespace {

std::string access_point(const std::string& id, const std::string& environment,
                         const std::string& host, const std::string& more = "") {
  return event("DEPLOY_ACCESS_POINT",
               R"({"referenceType":"ENVIRONMENT","target":"GATEWAY","id":")" + id +
                   R"(","referenceId":")" + environment + R"(","host":")" + host + "\"" + more +
                   "}");
}

const bool kAccessPoints = add_cases({
    {.name = "S1_1_AListenerWithoutHostIsForTheAccessPointsOfItsEnvironment",
     .rule = "A listener path without host takes the access-point hosts of the API's environment: "
             "one acceptor per host.",
     .apis = {api_on("1", path("/a") + "," + path("/b", "own.example"))},
     .platform = {access_point("p1", "DEFAULT", "One.example"),
                  access_point("p2", "DEFAULT", "two.example:8082"),
                  access_point("p3", "OTHER", "three.example")},
     .turns = {reaches("/a/x", "/1/x", host("one.example")),
               reaches("/a/x", "/1/x", host("two.example:8082")),
               matches_nothing("/a/x", host("three.example")), matches_nothing("/a/x"),
               reaches("/b/x", "/1/x", host("own.example")),
               matches_nothing("/b/x", host("one.example"))}},
    {.name = "S1_1_AccessPointsAreThoseOfGateways",
     .rule = "Access-point hosts: target GATEWAY.",
     .apis = {api_on("1", path("/a"))},
     .platform = {event("DEPLOY_ACCESS_POINT",
                        R"({"id":"p","referenceType":"ENVIRONMENT","referenceId":"DEFAULT",)"
                        R"("target":"TCP_GATEWAY","host":"tcp.example"})")},
     .turns = {reaches("/a/x", "/1/x")}},
    {.name = "S1_3_AccessPointsMayBePatternsInOverlappingMode",
     .rule = "A host that starts with * is a suffix wildcard; the port is ignored.",
     .gateway = kOverlapping,
     .apis = {api_on("1", path("/a"))},
     .platform = {access_point("p1", "DEFAULT", "*.acme.com"),
                  access_point("p2", "DEFAULT", "h.example:1"),
                  access_point("p3", "DEFAULT", "h.example:2")},
     .turns = {reaches("/a/x", "/1/x", host("foo.acme.com")),
               reaches("/a/x", "/1/x", host("h.example:3")), matches_nothing("/a/x")}},
});

}  // namespace

// Access points are replaced when they change, without redeploying APIs. With none: any host.
TEST_F(Lifecycle, S1_1_AccessPointsAreReplacedWithoutRedeployingApis) {
  serve({api_on("1", path("/a"))});
  const plan::ApiRevision* deployed_once = proxy->plan().plan().find("1");
  Turn by_name = reaches("/a/x", "/1/x"), by_host = reaches("/a/x", "/1/x", host("new.example"));
  expect_turn(by_name);
  apply("point.json", access_point("p", "DEFAULT", "old.example"));
  deployments->publish();
  expect_turn(matches_nothing("/a/x", host("new.example")));
  expect_turn(reaches("/a/x", "/1/x", host("old.example")));
  apply("point.json", access_point("p", "DEFAULT", "new.example"));
  deployments->publish();
  expect_turn(by_host);
  expect_turn(matches_nothing("/a/x", host("old.example")));
  apply("point.json", access_point("p", "DEFAULT", "new.example", R"(,"status":"DELETED")"));
  deployments->publish();
  expect_turn(by_name);
  apply("point.json", access_point("p", "DEFAULT", "new.example"));
  deployments->publish();
  expect_turn(matches_nothing("/a/x"));
  deployments->remove("point.json");
  deployments->publish();
  expect_turn(by_name);
  EXPECT_EQ(proxy->plan().plan().find("1"), deployed_once);
}

// Server match: an acceptor with server ids only matches requests that came in through one of them.
TEST_F(Lifecycle, S1_1_AListenerIsForItsServers) {
  configure({{"servers[0].type", "http"},
             {"servers[0].id", "public"},
             {"servers[1].type", "http"},
             {"servers[1].id", "internal"},
             {"servers[1].port", "8083"}});
  serve({api_on("1", path("/a"), R"(,"servers":["public"])"),
         api_on("2", path("/b"), R"(,"servers":["internal"])"), api_on("3", path("/c")),
         api_on("4", path("/d"), R"(,"servers":["internal","public"])")});
  expect_turn(reaches("/a/x", "/1/x"));
  expect_turn(matches_nothing("/b/x"));
  expect_turn(reaches("/c/x", "/3/x"));
  expect_turn(reaches("/d/x", "/4/x"));
}

}  // namespace perigee::lifecycle
