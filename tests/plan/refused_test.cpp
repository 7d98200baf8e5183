// What this version does not do, and what is wrong, refuses the API at its pointer.
#include "tests/plan/support/workshop.hpp"

namespace perigee::plan {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

struct Row {
  Slots slots;
  std::string_view pointer;
  std::string_view message;
};

const Row kUnsupported[] = {
    {{.target = R"("target": "grpc://h:1")"}, "/endpointGroups/0/endpoints/0", "gRPC"},
    {{.target = R"("target": "GRPCS://h:1")"}, "/endpointGroups/0/endpoints/0", "gRPC"},
    {{.target = R"("target": "http://{#secrets.get('/a/b')}")"},
     "/endpointGroups/0/endpoints/0",
     "#secrets"},
    {{.own = R"("http": {"version": "HTTP_2"})"},
     "/endpointGroups/0/endpoints/0/sharedConfigurationOverride/http/version",
     "HTTP/2"},
    {{.security = R"("type": "api-key")"}, "/plans/0/security/type", "subscriptions"},
    {{.security = R"("type": "mark")"}, "/plans/0/security/type", "cannot secure a plan"},
    {{.top = R"("resources": [{"name": "c", "type": "cache", "configuration": {}}])"},
     "/resources/0",
     "resource type 'cache'"},
    {{.step = R"("condition": "{#secrets.get('/a/b') == 'x'}")"},
     "/flows/0/request/0/condition",
     "#secrets"},
    {{.flow = R"("selectors": [{"type": "condition", "condition": "{#secrets.get('/a/b')}"}])"},
     "/flows/0/selectors/0/condition",
     "#secrets"},
    {{.step = R"("configuration": {"secrets": true})"},
     "/flows/0/request/0/configuration",
     "#secrets"},
    {{.step = R"("configuration": "{\"secrets\": true}")"},
     "/flows/0/request/0/configuration",
     "#secrets"},
};

TEST(Refused, EverythingThatThisVersionDoesNotDo) {
  Workshop shop;
  for (const Row& row : kUnsupported) {
    SCOPED_TRACE(row.pointer);
    Compiled compiled = shop.compile(row.slots);
    EXPECT_FALSE(compiled.revision);
    EXPECT_FALSE(compiled.no_plan);
    EXPECT_THAT(errors(compiled.problems), ElementsAre(problem_is(row.pointer, row.message)))
        << printed(compiled.problems);
  }
}

const Row kWrong[] = {
    {{.step = R"("policy": "transform-header")"},
     "/flows/0/request/0/policy",
     "policy 'transform-header' is not supported by this version; did you mean "
     "'transform-headers'?"},
    {{.step = R"("policy": "something-else-altogether")"},
     "/flows/0/request/0/policy",
     "policy 'something-else-altogether' is not supported by this version"},
    {{.security = R"("type": "keyless")"}, "/plans/0/security/type", "did you mean 'key-less'?"},
    {{.step = R"("configuration": {"wrong": true})"},
     "/flows/0/request/0/configuration/wrong",
     "policy 'transform-headers': found true, expected false"},
    {{.step = R"("configuration": "{\"wrong\": true}")"},
     "/flows/0/request/0/configuration/wrong",
     "policy 'transform-headers': found true, expected false"},
    {{.step = R"("configuration": {"body": []})"},
     "/flows/0/request/0/configuration/body",
     "policy 'transform-headers': found"},
    {{.security = R"("configuration": {"wrong": true})"},
     "/plans/0/security/configuration",
     "policy 'key-less': this door cannot be built"},
    {{.selector = R"("path": "/a(")"}, "/flows/0/selectors/0/path", "not a regular expression"},
};

TEST(Refused, WhatIsWrong) {
  Workshop shop;
  for (const Row& row : kWrong) {
    SCOPED_TRACE(row.pointer);
    Compiled compiled = shop.compile(row.slots);
    EXPECT_FALSE(compiled.revision);
    EXPECT_THAT(errors(compiled.problems), ElementsAre(problem_is(row.pointer, row.message)))
        << printed(compiled.problems);
  }
}

TEST(Refused, ADefinitionInsideStringsIsRefusedAtTheWholePointer) {
  Workshop shop;
  std::string definition = definition::definition(
      {.step = R"("configuration": "{\"wrong\": true}", "condition": "{#secrets.get('/a/b')}")"});
  std::string payload = R"({"id": "a1", "definitionVersion": "V4", "lifecycleState": "STARTED",
      "definition": )" + json_quoted(definition) +
                        "}";
  Compiled compiled = shop.compile(R"({"apiEvent": {"type": "PUBLISH_API", "payload": )" +
                                   json_quoted(payload) + "}}");
  std::string step = "/apiEvent/payload/definition/flows/0/request/0";
  EXPECT_THAT(errors(compiled.problems),
              ElementsAre(problem_is(step + "/configuration/wrong", "expected false"),
                          problem_is(step + "/condition", "#secrets")));
}

TEST(Refused, EveryFaultIsTold) {
  Workshop shop;
  Compiled compiled =
      shop.compile(Slots{.top = R"("resources": [{"name": "c", "type": "cache"}])",
                         .security = R"("type": "oauth2")",
                         .step = R"("policy": "nowhere", "condition": "{#secrets.get('/a/b')}")"});
  EXPECT_THAT(errors(compiled.problems), SizeIs(4)) << printed(compiled.problems);
}

TEST(Refused, SharedOptionsAreToldOnce) {
  Workshop shop;
  Compiled compiled = shop.compile(Slots{.group = R"("endpoints": [
      {"name": "x", "type": "http-proxy", "inheritConfiguration": true,
       "configuration": {"target": "http://h"}},
      {"name": "y", "type": "http-proxy", "inheritConfiguration": true,
       "configuration": {"target": "http://h"}}])",
                                         .shared = R"("http": {"version": "HTTP_2"})"});
  EXPECT_THAT(errors(compiled.problems),
              ElementsAre(problem_is("/endpointGroups/0/sharedConfiguration/http/version", "")));
}

TEST(Refused, WhatIsSwitchedOffIsNot) {
  Workshop shop;
  const Slots rows[] = {
      {.listener = R"("cors": {"enabled": false})"},
      {.listener = R"("requestValidation": {"rejectNullByte": false})"},
      {.group = R"("loadBalancer": {"type": "ROUND_ROBIN"})"},
      {.group = R"("services": {"healthCheck": {"type": "http-health-check", "enabled": false}})"},
      {.own = R"("proxy": {"enabled": false})"},
      {.own = R"("ssl": {"trustStore": {"type": ""}})"},
      {.top = R"("failover": {"enabled": false})"},
      {.top = R"("resources": [{"name": "c", "type": "cache", "enabled": false}])"},
      {.step = R"("enabled": false, "policy": "nowhere")"},
      {.flow = R"("enabled": false)", .step = R"("policy": "nowhere")"},
  };
  for (const Slots& slots : rows) {
    Compiled compiled = shop.compile(slots);
    EXPECT_TRUE(compiled.revision) << printed(compiled.problems);
  }
}

TEST(Refused, AnEndpointOfAnotherTenantIsNoReason) {
  Workshop shop;
  shop.context.tenant = "eu";
  Slots slots{.endpoint = R"("tenants": ["us"], "secondary": true)",
              .own = R"("http": {"version": "HTTP_2"})"};
  EXPECT_TRUE(shop.compile(slots).revision);
}

TEST(Refused, LoggingIsAWarning) {
  Workshop shop;
  Compiled compiled =
      shop.compile(Slots{.top = R"("analytics": {"logging": {"mode": {"entrypoint": true}}})"});
  EXPECT_TRUE(compiled.revision);
  EXPECT_THAT(warnings(compiled.problems), Contains(problem_is("/analytics/logging", "logging")));
}

// Each pattern is small enough, all together are not.
TEST(Refused, MorePatternsThanADefinitionMayHave) {
  std::string path = "/";
  for (int i = 0; i < 10; ++i) path += "(a{1000})?";
  auto flows = [&](int count) {
    std::string made = R"("flows": [)";
    for (int i = 0; i < count; ++i)
      made += (i == 0 ? "" : ",") +
              (R"({"selectors": [{"type": "http", "path": ")" + path + std::to_string(i) + "\"}]}");
    return made + "]";
  };
  Workshop shop;
  const std::string few = flows(10), many = flows(300);
  EXPECT_THAT(errors(shop.compile({.top = few}).problems), IsEmpty());
  std::vector<Problem> refused = errors(shop.compile({.top = many}).problems);
  ASSERT_THAT(refused, Not(IsEmpty()));
  EXPECT_THAT(refused[0], problem_is("/flows/208/selectors/0/path",
                                     "regular expressions of the definition take more than"));
}

TEST(Refused, MoreOriginsThanADefinitionMayHave) {
  std::string origin;
  for (int i = 0; i < 10; ++i) origin += "(a{1000})?";
  auto cors = [&](int count) {
    std::string made = R"("cors": {"enabled": true, "allowOrigin": [)";
    for (int i = 0; i < count; ++i)
      made += (i == 0 ? "\"" : ",\"") + origin + std::to_string(i) + "\"";
    return made + "]}";
  };
  Workshop shop;
  const std::string few = cors(10), many = cors(300);
  EXPECT_THAT(errors(shop.compile({.listener = few}).problems), IsEmpty());
  std::vector<Problem> refused = errors(shop.compile({.listener = many}).problems);
  ASSERT_THAT(refused, Not(IsEmpty()));
  EXPECT_THAT(refused[0].pointer, ::testing::StartsWith("/listeners/0/cors/allowOrigin/"));
  EXPECT_THAT(refused[0].message,
              ::testing::HasSubstr("expressions of the definition take more than"));
}

}  // namespace
}  // namespace perigee::plan
