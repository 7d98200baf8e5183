// Refusals, warnings and the reading rules of api-definition.md section 0.
#include "definition/names.hpp"
#include "tests/definition/support/definitions.hpp"

namespace perigee::definition {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Row {
  const char* name;
  Slots slots;
  std::string_view pointer;
  std::string_view message;
};
void PrintTo(const Row& row, std::ostream* to) { *to << row.name; }
std::string name_of(const testing::TestParamInfo<Row>& info) { return info.param.name; }

class Refused : public testing::TestWithParam<Row> {};

TEST_P(Refused, WithPointerAndReason) {
  Parsed parsed = read_api(definition(GetParam().slots));
  EXPECT_FALSE(parsed.api);
  EXPECT_THAT(errors(parsed.problems),
              ElementsAre(problem_is(GetParam().pointer, GetParam().message)))
      << printed(parsed.problems);
}

INSTANTIATE_TEST_SUITE_P(
    Definition, Refused,
    testing::Values(
        Row{"NullId", {.top = R"("id": null)"}, "/id", "required"},
        Row{"BlankName", {.top = R"("name": " ")"}, "/name", "blank"},
        Row{"NameOfWrongType", {.top = R"("name": [])"}, "/name", "found an array"},
        Row{"MessageApi", {.top = R"("type": "MESSAGE")"}, "/type", "'message' is not supported"},
        Row{"NativeApi", {.top = R"("type": "native")"}, "/type", "'native' is not supported"},
        Row{"LlmProxyApi", {.top = R"("type": "LLM_PROXY")"}, "/type", "'llm-proxy' is not"},
        Row{"UnknownApiType", {.top = R"("type": "proxi")"}, "/type", "did you mean 'proxy'"},
        Row{"NoListener", {.top = R"("listeners": [])"}, "/listeners", "at least one"},
        Row{"ListenersNoArray", {.top = R"("listeners": 3)"}, "/listeners", "an array"},
        Row{"TcpListener", {.listener = R"("type": "TCP")"}, "/listeners/0/type", "'tcp' is not"},
        Row{"KafkaListener", {.listener = R"("type": "kafka")"}, "/listeners/0/type", "not supp"},
        Row{"SubscriptionListener",
            {.listener = R"("type": "subscription")"},
            "/listeners/0/type",
            "'subscription' is not supported"},
        Row{"UnknownListener",
            {.listener = R"("type": "htpp")"},
            "/listeners/0/type",
            "did you mean 'http'"},
        Row{"NoPath", {.listener = R"("paths": [])"}, "/listeners/0/paths", "at least one"},
        Row{"OtherEntrypoint",
            {.entrypoint = R"("type": "sse")"},
            "/listeners/0/entrypoints/0/type",
            "'sse' is not supported"},
        Row{"PathItemNoObject",
            {.listener = R"("paths": ["/x"])"},
            "/listeners/0/paths/0",
            "found the text '/x', expected an object"},
        Row{"CorsAgeNoNumber",
            {.listener = R"("cors": {"maxAge": "soon"})"},
            "/listeners/0/cors/maxAge",
            "whole number"},
        Row{"NoGroup", {.top = R"("endpointGroups": [])"}, "/endpointGroups", "at least one"},
        Row{"GroupWithoutName", {.group = R"("name": null)"}, "/endpointGroups/0/name", "required"},
        Row{"GroupWithoutType", {.group = R"("type": null)"}, "/endpointGroups/0/type", "required"},
        Row{"EndpointWithoutType",
            {.endpoint = R"("type": "")"},
            "/endpointGroups/0/endpoints/0/type",
            "blank"},
        Row{"EndpointWithoutName",
            {.endpoint = R"("name": "")"},
            "/endpointGroups/0/endpoints/0/name",
            "blank"},
        Row{"Discovery",
            {.group = R"("services": {"discovery": {"type": "consul"}})"},
            "/endpointGroups/0/services/discovery",
            "not supported"},
        Row{"PlanWithoutId", {.plan = R"("id": null)"}, "/plans/0/id", "required"},
        Row{"PlanWithoutName", {.plan = R"("name": null)"}, "/plans/0/name", "required"},
        Row{"PlanWithoutSecurity",
            {.plan = R"("security": null)"},
            "/plans/0/security",
            "required"},
        Row{"PlanWithoutSecurityType",
            {.security = R"("type": null)"},
            "/plans/0/security/type",
            "required"},
        Row{"PlanFlow",
            {.plan = R"("flows": [{"request": [{}]}])"},
            "/plans/0/flows/0/request/0/policy",
            "required"},
        Row{"StepWithoutPolicy", {.step = R"("policy": "")"}, "/flows/0/request/0/policy", "blank"},
        Row{"StepEnabledOdd",
            {.step = R"("enabled": "yes")"},
            "/flows/0/request/0/enabled",
            "true or false"},
        Row{"StepConfigurationNumber",
            {.step = R"("configuration": 5)"},
            "/flows/0/request/0/configuration",
            "found the number 5, expected an object, or a string that contains JSON"},
        Row{"StepConfigurationBroken",
            {.step = R"("configuration": "{\"a\": }")"},
            "/flows/0/request/0/configuration",
            "1:7"},
        Row{"StepConfigurationNoObject",
            {.step = R"("configuration": "[1]")"},
            "/flows/0/request/0/configuration",
            "contains an array"},
        Row{"ChannelSelector",
            {.selector = R"("type": "channel")"},
            "/flows/0/selectors/0/type",
            "not supported"},
        Row{"McpSelector", {.selector = R"("type": "mcp")"}, "/flows/0/selectors/0/type", "not"},
        Row{"FlowsObject", {.top = R"("flows": {})"}, "/flows", "found an object"},
        Row{"PropertyWithoutKey",
            {.top = R"("properties": [{}])"},
            "/properties/0/key",
            "required"},
        Row{"ResourceWithoutType",
            {.top = R"("resources": [{"name": "r"}])"},
            "/resources/0/type",
            "required"},
        Row{"TemplateWithoutStatus",
            {.top = R"("responseTemplates": {"K": {"*/*": {}}})"},
            "/responseTemplates/K/*~1*/status",
            "required"},
        Row{"TemplateWithoutMediaType",
            {.top = R"("responseTemplates": {"K": {"status": 400}})"},
            "/responseTemplates/K/status",
            "found the number 400, expected an object: below an error key stand media types"},
        Row{"TemplateStatusOdd",
            {.top = R"("responseTemplates": {"K": {"*/*": {"status": 99}}})"},
            "/responseTemplates/K/*~1*/status",
            "from 100 to 999"},
        Row{"TagNoText", {.top = R"("tags": ["a", {}])"}, "/tags/1", "found an object"},
        Row{"RetriesNegative",
            {.top = R"("failover": {"maxRetries": -1})"},
            "/failover/maxRetries",
            "from 0"},
        Row{"AnalyticsNoObject", {.top = R"("analytics": true)"}, "/analytics", "found true"}),
    name_of);

class Warned : public testing::TestWithParam<Row> {};

TEST_P(Warned, AndStillDeployed) {
  Parsed parsed = read_api(definition(GetParam().slots));
  EXPECT_TRUE(parsed.api) << printed(parsed.problems);
  EXPECT_THAT(warnings(parsed.problems),
              Contains(problem_is(GetParam().pointer, GetParam().message)))
      << printed(parsed.problems);
}

constexpr std::string_view kOwn = "/endpointGroups/0/endpoints/0/sharedConfigurationOverride";
INSTANTIATE_TEST_SUITE_P(
    Definition, Warned,
    testing::Values(
        Row{"UnknownMember", {.top = R"("flowz": [])"}, "/flowz", "did you mean 'flows'"},
        Row{"UnknownMemberOfStep",
            {.step = R"("polizy": "x")"},
            "/flows/0/request/0/polizy",
            "did you mean 'policy'"},
        Row{"UnknownMemberOfOptions",
            {.own = R"("http": {"conectTimeout": 1})"},
            "/endpointGroups/0/endpoints/0/sharedConfigurationOverride/http/conectTimeout",
            "did you mean 'connectTimeout'"},
        Row{"UnknownMemberUnlikeAny",
            {.top = R"("zzzzzz": 1)"},
            "/zzzzzz",
            "unknown member, ignored"},
        Row{"NoVersion", {.top = R"("apiVersion": null)"}, "/apiVersion", "missing"},
        Row{"PathWithoutSlash",
            {.path = R"("path": "x")"},
            "/listeners/0/paths/0/path",
            "'/x' is used"},
        Row{"NoPath",
            {.path = R"("path": "")"},
            "/listeners/0/paths/0/path",
            "no path is given; '/' is used"},
        Row{"NoEntrypoint",
            {.listener = R"("entrypoints": [])"},
            "/listeners/0/entrypoints",
            "every request is answered with 404"},
        Row{"UnknownQos",
            {.entrypoint = R"("qos": "at-most-twice", "dlq": {"endpoint": "x"})"},
            "/listeners/0/entrypoints/0/qos",
            "unknown value 'at-most-twice', 'auto' is used; did you mean 'at-most-once'?; valid: "
            "'none', 'auto', 'at-most-once', 'at-least-once'"},
        Row{"SecondHttpSelector",
            {.flow = R"("selectors": [{"type": "http"}, {"type": "HTTP", "path": "/x"}])"},
            "/flows/0/selectors/1/type",
            "this second 'http' is ignored"},
        Row{"SecondConditionSelector",
            {.flow = R"("selectors": [{"type": "condition", "condition": "{#api.id == 'a'}"},
                                      {"type": "condition", "condition": "{#api.id == 'b'}"}])"},
            "/flows/0/selectors/1/type",
            "this second 'condition' is ignored"},
        Row{"UnknownPathOperator",
            {.selector = R"("pathOperator": "START_WITH")"},
            "/flows/0/selectors/0/pathOperator",
            "unknown value 'START_WITH', 'STARTS_WITH' is used; valid: 'STARTS_WITH', 'EQUALS'"},
        Row{"OtherPathOperator",
            {.selector = R"("pathOperator": "EQUAL")"},
            "/flows/0/selectors/0/pathOperator",
            "'STARTS_WITH' is used; did you mean 'EQUALS'?; valid: 'STARTS_WITH', 'EQUALS'"},
        Row{"UnknownHttpVersion",
            {.own = R"("http": {"version": "http2"})"},
            "/endpointGroups/0/endpoints/0/sharedConfigurationOverride/http/version",
            "'HTTP_1_1' is used; did you mean 'HTTP_2'?; valid: 'HTTP_1_1', 'HTTP_2'"},
        Row{"UnknownLoadBalancer",
            {.group = R"("loadBalancer": {"type": "roundrobin"})"},
            "/endpointGroups/0/loadBalancer/type",
            "'round-robin' is used; valid: "},
        Row{"UnknownSelector",
            {.selector = R"("type": "htp")"},
            "/flows/0/selectors/0/type",
            "did you mean 'http'"},
        Row{"UnknownMethod",
            {.selector = R"("methods": ["GTE"])"},
            "/flows/0/selectors/0/methods",
            "'GTE' matches nothing; did you mean 'GET'?"},
        Row{"BlankCondition",
            {.selector = R"("type": "condition", "condition": "")"},
            "/flows/0/selectors/0/condition",
            "every request"},
        Row{"PublishSteps", {.flow = R"("publish": [{}])"}, "/flows/0/publish", "never run"},
        Row{"PlanWithoutStatus", {.plan = R"("status": null)"}, "/plans/0/status", "not deployed"},
        Row{"PlanStatusUnknown",
            {.plan = R"("status": "publish")"},
            "/plans/0/status",
            "unknown value 'publish'; did you mean 'published'?; valid: 'staging', 'published', "
            "'deprecated', 'closed'"},
        Row{"DuplicateProperty",
            {.top = R"("properties": [{"key": "a"}, {"key": "a"}])"},
            "/properties/1/key",
            "every expression that reads a property will fail"},
        Row{"DuplicateResource",
            {.top = R"("resources": [{"name": "a", "type": "t"}, {"name": "a", "type": "t"}])"},
            "/resources/1/name",
            "already"},
        Row{"ConditionOfAFlow",
            {.flow = R"("condition": "{#request.method == 'GET'}")"},
            "/flows/0/condition",
            "unknown member, ignored; in v4 it stands in a selector of type 'condition'"},
        Row{"StepsOfAV2Flow",
            {.flow = R"("pre": [])"},
            "/flows/0/pre",
            "unknown member, ignored; in v4 the steps of 'request'"},
        Row{"MethodsOfAFlow", {.flow = R"("methods": [])"}, "/flows/0/methods", "type 'http'"},
        Row{"TargetOfAV2Endpoint",
            {.endpoint = R"("target": "http://h")"},
            "/endpointGroups/0/endpoints/0/target",
            "in v4 it stands in 'configuration'"},
        Row{"InheritOfAV2Endpoint",
            {.endpoint = R"("inherit": true)"},
            "/endpointGroups/0/endpoints/0/inherit",
            "did you mean 'inheritConfiguration'?"},
        Row{"OptionsBesideTheTarget",
            {.endpoint = R"("configuration": {"target": "http://h", "http": {}})"},
            "/endpointGroups/0/endpoints/0/configuration/http",
            "it stands in 'sharedConfigurationOverride', or in the group's 'sharedConfiguration'"},
        Row{"PatternAsContextPath",
            {.path = R"("path": "/a/*")"},
            "/listeners/0/paths/0/path",
            "'/a/*' is compared letter by letter"},
        Row{"ParameterInAContextPath",
            {.path = R"("path": "/users/:id")"},
            "/listeners/0/paths/0/path",
            "takes everything below it"},
        Row{"EndpointNamedLikeItsGroup",
            {.endpoint = R"("name": "main")"},
            "/endpointGroups/0/endpoints/0/name",
            "already the name of /endpointGroups/0"}),
    name_of);

TEST(Definition, TakesEveryQosInAnyLetterCase) {
  for (std::string_view qos : {"none", "AUTO", "AT_MOST_ONCE", "at-least-once", ""}) {
    std::string member = R"("qos": ")" + std::string(qos) + '"';
    Parsed parsed = read_api(definition({.entrypoint = member}));
    EXPECT_THAT(warnings(parsed.problems), IsEmpty()) << printed(parsed.problems);
  }
}

TEST(Definition, AnEntrypointOfAnotherListenerIsEnough) {
  Parsed parsed = read_api(definition({.top = R"("listeners": [
      {"type": "http", "paths": [{"path": "/x"}]},
      {"type": "http", "paths": [{"path": "/y"}], "entrypoints": [{"type": "http-proxy"}]}])"}));
  EXPECT_TRUE(parsed.api);
  EXPECT_THAT(warnings(parsed.problems), IsEmpty()) << printed(parsed.problems);
}

TEST(Definition, WarnsOfAMemberThatStandsTwice) {
  Parsed parsed = read_api(definition({.step = R"("policy": "mock")"}));
  ASSERT_TRUE(parsed.api);
  EXPECT_EQ(parsed.api->flows[0].request[0].policy, "mock");
  EXPECT_THAT(parsed.problems,
              ElementsAre(problem_is("/flows/0/request/0/policy", "the last one counts")));
}

TEST(Definition, CollectsEveryError) {
  Parsed parsed = read_api(definition({.path = R"("overrideAccess": 1)",
                                       .group = R"("name": "")",
                                       .plan = R"("id": "")",
                                       .step = R"("policy": "")"}));
  EXPECT_THAT(errors(parsed.problems),
              ElementsAre(problem_is("/listeners/0/paths/0/overrideAccess", ""),
                          problem_is("/endpointGroups/0/name", ""), problem_is("/plans/0/id", ""),
                          problem_is("/flows/0/request/0/policy", "")));
  EXPECT_EQ(parsed.api_id, "a1");
}

TEST(Definition, IgnoresWhatTheManagementApiAdds) {
  Parsed parsed = read_api(definition(
      {.top = R"("description": "d", "crossId": "c", "visibility": "PUBLIC", "labels": [],
                 "primaryOwner": {}, "definitionContext": {}, "allowedInApiProducts": null,
                 "allowMultiJwtOauth2Subscriptions": false)",
       .plan = R"("order": 1, "validation": "AUTO", "type": "API", "definitionVersion": "V4")"}));
  EXPECT_THAT(parsed.problems, IsEmpty()) << printed(parsed.problems);
}

TEST(Definition, TakesNullCollectionsAsAbsent) {
  Parsed parsed = read_api(definition(
      {.top = R"("tags": null, "flows": null, "properties": null, "responseTemplates": null,
                 "services": null, "resources": null, "failover": null)",
       .listener = R"("servers": null, "cors": null)",
       .endpoint = R"("tenants": null, "services": null)"}));
  EXPECT_TRUE(parsed.api) << printed(parsed.problems);
  EXPECT_THAT(warnings(parsed.problems), IsEmpty()) << printed(parsed.problems);
}

TEST(Definition, TakesLabelsAndJavaNamesInAnyCase) {
  for (std::string_view name :
       {"weighted-round-robin", "WEIGHTED_ROUND_ROBIN", "Weighted_Round-robin"}) {
    std::string group = R"("loadBalancer": {"type": ")" + std::string(name) + "\"}";
    EXPECT_EQ(api_of({.group = group}).endpoint_groups[0].load_balancer,
              LoadBalancer::weighted_round_robin)
        << name;
  }
}

TEST(Definition, ReadsAConfigurationThatIsAString) {
  Api api = api_of({.endpoint = R"("configuration": "{\"target\": \"https://b\"}")",
                    .security = R"("configuration": "{\"a\": 1}")",
                    .step = R"("configuration": "{\"deep\": {\"b\": true}}")"});
  const Configuration& configuration = api.flows[0].request[0].configuration;
  EXPECT_TRUE(configuration.value["deep"]["b"].boolean());
  EXPECT_EQ(configuration.pointer(), "/flows/0/request/0/configuration");
  EXPECT_EQ(configuration.inside + configuration.value["deep"].pointer(),
            "/flows/0/request/0/configuration/deep");
  EXPECT_EQ(api.plans[0].security_configuration.value["a"].integer(), 1);
  EXPECT_EQ(api.endpoint_groups[0].endpoints[0].target, "https://b");
}

TEST(Definition, TakesABlankConfigurationStringAsNone) {
  Api api = api_of({.step = R"("configuration": " ")"});
  EXPECT_TRUE(api.flows[0].request[0].configuration.value.absent());
}

TEST(Definition, PointsIntoAStringConfiguration) {
  Parsed parsed = read_api(definition(
      {.endpoint = R"("sharedConfigurationOverride": "{\"http\": {\"conectTimeout\": 1}}")"}));
  EXPECT_THAT(warnings(parsed.problems),
              ElementsAre(problem_is(std::string(kOwn) + "/http/conectTimeout", "unknown member")));
}

TEST(Definition, KeepsConfigurationsValidInACopyOfTheModel) {
  std::optional<Api> copy;
  {
    Api api = api_of({.step = R"("configuration": "{\"a\": \"kept\"}")"});
    copy = api;
  }
  EXPECT_EQ(copy->flows[0].request[0].configuration.value["a"].text(), "kept");
}

TEST(Definition, KeepsAnEmptySelectionOfUnknownMethods) {
  Api api = api_of({.selector = R"("methods": ["BREW"])"});
  ASSERT_TRUE(api.flows[0].http->methods);
  EXPECT_TRUE(api.flows[0].http->methods->none());
}

TEST(Definition, NeedsNoSecurityForAPushPlan) {
  Api api = api_of({.plan = R"("mode": "PUSH", "security": null)"});
  EXPECT_EQ(api.plans[0].mode, PlanMode::push);
  EXPECT_EQ(api.plans[0].security, "");
}

// Versions.

struct Version {
  const char* name;
  std::string_view members;
  std::string_view pointer;  // of the refusal; "-" when it is read
  std::string_view message;
};
void PrintTo(const Version& version, std::ostream* to) { *to << version.name; }
class Versions : public testing::TestWithParam<Version> {};

TEST_P(Versions, DecideTheReader) {
  std::string text = definition({});
  std::string_view written = R"("definitionVersion": "4.0.0",)";
  text.replace(text.find(written), written.size(), GetParam().members);
  Parsed parsed = read_api(text);
  if (GetParam().pointer == "-") {
    EXPECT_TRUE(parsed.api) << printed(parsed.problems);
    return;
  }
  EXPECT_FALSE(parsed.api);
  EXPECT_THAT(errors(parsed.problems),
              ElementsAre(problem_is(GetParam().pointer, GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Definition, Versions,
    testing::Values(
        Version{"Label", R"("definitionVersion": "4.0.0",)", "-", ""},
        Version{"JavaName", R"("definitionVersion": "V4",)", "-", ""},
        Version{"V4WithGravitee", R"("definitionVersion": "4.0.0", "gravitee": "2.0.0",)", "-", ""},
        Version{"Gravitee", R"("gravitee": "4.0.0",)", "-", ""},
        Version{"Absent", "", "",
                "without definitionVersion it is a v2 definition, and has no 'proxy'; write "
                "\"definitionVersion\": \"4.0.0\" when it is a v4 definition"},
        Version{"NullIsAbsent", R"("definitionVersion": null, "gravitee": null,)", "",
                "without definitionVersion"},
        Version{"V1", R"("gravitee": "1.0.0",)", "/gravitee", "not supported since 4.0"},
        Version{"V1Label", R"("definitionVersion": "V1",)", "/definitionVersion",
                "not supported since 4.0"},
        Version{"V2AndV1", R"("definitionVersion": "V2", "gravitee": "1.0.0",)", "/gravitee",
                "not supported since 4.0"},
        Version{"Unknown", R"("gravitee": "9.9",)", "/gravitee",
                "unknown definition version, found the text '9.9'; write \"definitionVersion\": "
                "\"4.0.0\" when it is a v4 definition"},
        Version{"GraviteeNumber", R"("gravitee": 2,)", "/gravitee", "found the number 2"},
        Version{"UnknownWithV4Parts", R"("definitionVersion": "5.0.0",)", "/definitionVersion",
                "found the text '5.0.0'"},
        Version{"Number", R"("definitionVersion": 4,)", "/definitionVersion", "the number 4"}),
    [](const testing::TestParamInfo<Version>& info) { return std::string(info.param.name); });

TEST(Definition, AddsAnOpenPlanOnlyWhenAskedAndThereIsNone) {
  ReadOptions open{.open_plan = true};
  std::string none = definition({.top = R"("plans": [])"});
  EXPECT_THAT(read_api(none).api->plans, IsEmpty());
  const Api api = *read_api(none, open).api;
  ASSERT_EQ(api.plans.size(), 1u);
  EXPECT_EQ(api.plans[0].security, "key-less");
  EXPECT_EQ(api.plans[0].status, PlanStatus::published);
  Api closed = *read_api(definition({.plan = R"("status": "closed")"}), open).api;
  ASSERT_EQ(closed.plans.size(), 1u);
  EXPECT_EQ(closed.plans[0].status, PlanStatus::closed);
}

}  // namespace
}  // namespace perigee::definition
