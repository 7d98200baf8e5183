// lifecycle.md section 16: attributes set by the core.
#include "net/pipe.hpp"
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

std::string attribute(const std::string& name) { return "{#context.attributes['" + name + "']}"; }
std::string tells(const std::string& name) {
  return list({flow({.request = {tell("X-Short", attribute(name)),
                                 tell("X-Long", attribute("gravitee.attribute." + name))}})});
}
// An API with the flows, in an event of the control plane.
std::string published(const std::string& flows) {
  return R"({"id":"e","type":"PUBLISH_API","createdAt":1700000000123,"organizations":["ORG"],)"
         R"("payload":{"id":"api","environmentId":"ENV","definitionVersion":"V4",)"
         R"("lifecycleState":"STARTED","definition":)" +
         v4({.path = "/a", .flows = flows}) + "}}";
}
Turn both(const std::string& value, const std::string& ask = "GET /a/x") {
  return {.ask = ask, .backend_has = {{"X-Short", value}, {"X-Long", value}}};
}
Case told(const std::string& test, const std::string& name, const std::string& value) {
  return {.name = "S16_" + test,
          .rule = name + ", short and with the full prefix gravitee.attribute.",
          .apis = {published(tells(name))},
          .turns = {both(value)}};
}
// On the v3 engine a step says in which phase it runs.
const std::string kTellsBack =
    step("transform-headers", R"({"scope":"RESPONSE","addHeaders":[{"name":"X-Back","value":")" +
                                  attribute("resolved-path") + "\"}]}");
std::string assigns(const std::string& name, const std::string& value) {
  return step("set", R"({"name":")" + name + R"(","value":")" + value + "\"}");
}

const bool kAttributes = add_cases({
    told("Api", "api", "api"),
    told("ApiName", "api.name", "api"),
    told("ApiDeployedAt", "api.deployed-at", "1700000000123"),
    told("Organization", "organization", "ORG"),
    told("Environment", "environment", "ENV"),
    told("ContextPath", "context-path", "/a/"),
    told("Plan", "plan", "plan"),
    told("Application", "application", "1"),
    told("UserIdIsTheSubscriptionId", "user-id", "127.0.0.1"),
    told("ClientIdentifier", "clientIdentifier",
         "12ca17b49af2289436f303e0166030a21e525d266e209267433801a8fd4071a0"),
    told("RequestOriginalUrl", "request.original-url", "http://client.example/a/x"),
    {.name = "S16_MappedPath",
     .rule = "mapped-path.",
     .apis = {v4({.flows = tells("mapped-path"), .listener = R"(,"pathMappings":["/:id"])"})},
     .turns = {both("/:id")}},
    {.name = "S16_UserOfNobody",
     .rule = "user, user.roles: set by security policies; unknown before.",
     .apis = {v4({.flows = tells("user")})},
     .turns = {both("-")}},
    {.name = "S16_ALookUpTriesTheGivenNameThenThePrefixedOne",
     .rule = "A lookup tries the given name, then the prefixed one.",
     .apis = {v4(
         {.flows = list(
              {flow({.request = {assigns("gravitee.attribute.a", "prefixed"), assigns("b", "given"),
                                 assigns("c", "given"), assigns("gravitee.attribute.c", "prefixed"),
                                 tell("X-A", attribute("a")), tell("X-B", attribute("b")),
                                 tell("X-B-Long", attribute("gravitee.attribute.b")),
                                 tell("X-C", attribute("c")),
                                 tell("X-C-Long", attribute("gravitee.attribute.c"))}})})})},
     .turns = {{.backend_has = {{"X-A", "prefixed"},
                                {"X-B", "given"},
                                {"X-B-Long", "-"},
                                {"X-C", "given"},
                                {"X-C-Long", "prefixed"}}}}},
    {.name = "S16_RequestEndpointRoutes",
     .rule = "request.endpoint, request.endpoint.override (read by step 9, section 8.1).",
     .apis = {v4({.target = "$BACKEND/base",
                  .flows = list({flow(
                      {.request = {assigns("gravitee.attribute.request.endpoint", "/other")}})})})},
     .turns = {{.backend = "GET /base/other"}}},
    {.name = "S16_RequestMethodIsSent",
     .rule = "request.method (read by step 9, section 8.1).",
     .apis = {v4({.flows = list({flow(
                      {.request = {assigns("gravitee.attribute.request.method", "PUT")}})})})},
     .turns = {{.backend = "PUT /x"}}},
    {.name = "S16_SniOfAPlainConnection",
     .rule = "sni: TLS SNI; none without TLS.",
     .apis = {v4({.flows = tells("sni")})},
     .turns = {both("-")}},
});

}  // namespace

// sni: the name that the client's TLS asked for.
TEST_F(Lifecycle, S16_Sni) {
  serve({v4({.flows = tells("sni")})});
  net::PipeOptions options;
  options.tls = {.secured = true, .server_name = "public.example", .version = "TLSv1.3"};
  net::Pipe pipe = net::make_pipe(*reactor, options);
  server->serve(std::move(pipe.first));
  clients.push_back(std::make_unique<Peer>(*reactor, std::move(pipe.second)));
  clients.back()->send("GET /a/x HTTP/1.1\r\nHost: h\r\n\r\n");
  std::vector<Received> received;
  ASSERT_TRUE(until([&] {
    answer_calls({kOk}, received);
    return !received.empty();
  }));
  EXPECT_EQ(received[0].message.header("X-Short"), "public.example");
  EXPECT_EQ(received[0].message.header("X-Long"), "public.example");
  answer(*clients.back());
}

}  // namespace perigee::lifecycle
