// What v2 definitions are refused and warned for; legacy shapes, inheritance.
#include "definition/envelope.hpp"
#include "tests/definition/support/v2_definitions.hpp"

namespace perigee::definition {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

const Endpoint& endpoint_of(const Api& api) { return api.endpoint_groups[0].endpoints[0]; }

struct Row {
  const char* name;
  V2Slots slots;
  std::string_view pointer;
  std::string_view message;
};
void PrintTo(const Row& row, std::ostream* to) { *to << row.name; }
std::string name_of(const testing::TestParamInfo<Row>& info) { return info.param.name; }

class V2Refused : public testing::TestWithParam<Row> {};

TEST_P(V2Refused, WithPointerAndReason) {
  Parsed parsed = read_api(v2_definition(GetParam().slots));
  EXPECT_FALSE(parsed.api);
  EXPECT_THAT(errors(parsed.problems),
              ElementsAre(problem_is(GetParam().pointer, GetParam().message)))
      << printed(parsed.problems);
}

INSTANTIATE_TEST_SUITE_P(
    V2, V2Refused,
    testing::Values(
        Row{"NoId", {.top = R"("id": null)"}, "/id", "required"},
        Row{"NoName", {.top = R"("name": "")"}, "/name", "blank"},
        Row{"NoProxy", {.top = R"("proxy": null)"}, "/proxy", "required"},
        Row{"ProxyNoObject", {.top = R"("proxy": [])"}, "/proxy", "expected an object"},
        Row{"NoPath",
            {.proxy = R"("context_path": null)"},
            "/proxy/virtual_hosts",
            "at least one is required, or a 'context_path'"},
        Row{"NoHosts", {.proxy = R"("virtual_hosts": [])"}, "/proxy/virtual_hosts", "at least one"},
        Row{"HostNoObject",
            {.proxy = R"("virtual_hosts": ["/x"])"},
            "/proxy/virtual_hosts/0",
            "expected an object"},
        Row{"NoGroups", {.proxy = R"("groups": [])"}, "/proxy/groups", "at least one"},
        Row{"GroupsNoArray", {.proxy = R"("groups": {})"}, "/proxy/groups", "expected an array"},
        Row{"EndpointsNoArray",
            {.proxy = R"("endpoints": {})"},
            "/proxy/endpoints",
            "expected an array"},
        Row{"EndpointWithoutName",
            {.endpoint = R"("name": null)"},
            "/proxy/groups/0/endpoints/0/name",
            "required"},
        Row{"EndpointOfOtherType",
            {.endpoint = R"("type": "kafka")"},
            "/proxy/groups/0/endpoints/0/type",
            "'kafka' is not supported by this version; supported: 'http', 'grpc'"},
        Row{"DiscoveryOfGroup",
            {.group = R"("services": {"discovery": {"provider": "consul"}})"},
            "/proxy/groups/0/services/discovery",
            "not supported"},
        Row{"DiscoveryOfApi",
            {.top = R"("services": {"discovery": {"provider": "consul"}})"},
            "/services/discovery",
            "not supported"},
        Row{"AttemptsNegative",
            {.proxy = R"("failover": {"maxAttempts": -1})"},
            "/proxy/failover/maxAttempts",
            "from 0"},
        Row{"PlanWithoutName", {.plan = R"("name": null)"}, "/plans/0/name", "required"},
        Row{"PlanWithoutSecurity",
            {.plan = R"("security": null)"},
            "/plans/0/security",
            "required"},
        Row{"SecurityObject",
            {.plan = R"("security": {"type": "JWT"})"},
            "/plans/0/security",
            "found an object"},
        Row{"SecurityDefinitionBroken",
            {.plan = R"("securityDefinition": "{")"},
            "/plans/0/securityDefinition",
            "does not contain valid JSON"},
        Row{"SecurityDefinitionNoObject",
            {.plan = R"("securityDefinition": "[]")"},
            "/plans/0/securityDefinition",
            "contains an array"},
        Row{"StepWithoutPolicy", {.step = R"("policy": "")"}, "/flows/0/pre/0/policy", "blank"},
        Row{"PathOperatorNoObject",
            {.flow = R"("path-operator": "/x")"},
            "/flows/0/path-operator",
            "expected an object"},
        Row{"ConsumerWithoutId",
            {.flow = R"("consumers": [{"consumerType": "TAG"}])"},
            "/flows/0/consumers/0/consumerId",
            "required"},
        Row{"PoliciesOfV1",
            {.top = R"("paths": {"/*": [], "/a": [{"methods": ["GET"], "mock": {}}]})"},
            "/paths",
            "the policies of v1 definitions are not supported since 4.0"},
        Row{"PropertyNoScalar",
            {.top = R"("properties": {"a": []})"},
            "/properties/a",
            "found an array"},
        Row{"PropertiesText",
            {.top = R"("properties": "a=b")"},
            "/properties",
            "expected an array"},
        Row{"TemplateWithoutStatus",
            {.top = R"("response_templates": {"K": {"*/*": {}}})"},
            "/response_templates/K/*~1*/status",
            "required"}),
    name_of);

class V2Warned : public testing::TestWithParam<Row> {};

TEST_P(V2Warned, AndStillDeployed) {
  Parsed parsed = read_api(v2_definition(GetParam().slots));
  EXPECT_TRUE(parsed.api) << printed(parsed.problems);
  EXPECT_THAT(warnings(parsed.problems),
              Contains(problem_is(GetParam().pointer, GetParam().message)))
      << printed(parsed.problems);
}

INSTANTIATE_TEST_SUITE_P(
    V2, V2Warned,
    testing::Values(
        Row{"UnknownMember", {.top = R"("flowz": [])"}, "/flowz", "did you mean 'flows'"},
        Row{"SelectorsOfV4",
            {.flow = R"("selectors": [])"},
            "/flows/0/selectors",
            "in v2 'path-operator', 'methods' and 'condition' stand in the flow itself"},
        Row{"StepsOfV4",
            {.flow = R"("response": [])"},
            "/flows/0/response",
            "in v2 the steps of 'post'"},
        Row{"ConfigurationOfV4",
            {.endpoint = R"("configuration": {"target": "http://h"})"},
            "/proxy/groups/0/endpoints/0/configuration",
            "in v2 'target' stands in the endpoint itself"},
        Row{"MemberOfV4", {.top = R"("responseTemplates": {})"}, "/responseTemplates", "unknown"},
        Row{"UnknownMemberOfProxy",
            {.proxy = R"("contextPath": "/x")"},
            "/proxy/contextPath",
            "did you mean 'context_path'"},
        Row{"UnknownMemberOfHttp",
            {.endpoint = R"("http": {"http2MaxFrameSize": 16384})"},
            "/proxy/groups/0/endpoints/0/http/http2MaxFrameSize",
            "unknown member"},
        Row{"ClientHost",
            {.endpoint = R"("http": {"propagateClientHost": true})"},
            "/proxy/groups/0/endpoints/0/http/propagateClientHost",
            "unknown member"},
        Row{"UnknownEngine",
            {.top = R"("execution_mode": "v5")"},
            "/execution_mode",
            "'v3' is used; valid: 'v3', 'v4-emulation-engine', 'jupiter'"},
        Row{"UnknownFlowMode",
            {.top = R"("flow_mode": "BESTMATCH")"},
            "/flow_mode",
            "'default' is used"},
        Row{"UnknownLoggingMode",
            {.proxy = R"("logging": {"mode": "SERVER"})"},
            "/proxy/logging/mode",
            "'NONE' is used"},
        Row{"UnknownOperator",
            {.flow = R"("path-operator": {"operator": "START"})"},
            "/flows/0/path-operator/operator",
            "'STARTS_WITH' is used"},
        Row{"PathWithoutSlash",
            {.proxy = R"("context_path": "x")"},
            "/proxy/context_path",
            "'/x' is used"},
        Row{"PlanWithoutId", {.plan = R"("id": null)"}, "/plans/0/id", "the plan's name is used"},
        Row{"PlanWithoutStatus", {.plan = R"("status": null)"}, "/plans/0/status", "not deployed"},
        Row{"EmptyKeyStore",
            {.endpoint = R"("ssl": {"keyStore": {"type": "PKCS12"}})"},
            "/proxy/groups/0/endpoints/0/ssl/keyStore",
            "the key store is empty"},
        Row{"ConsumerThatIsNoTag",
            {.flow = R"("consumers": [{"consumerType": "USER", "consumerId": "u"}])"},
            "/flows/0/consumers/0/consumerType",
            "unknown type 'USER' fits no API"},
        Row{"EndpointNamedLikeItsGroup",
            {.endpoint = R"("name": "main")"},
            "/proxy/groups/0/endpoints/0/name",
            "already the name of /proxy/groups/0"}),
    name_of);

class V2LeftOut : public testing::TestWithParam<Row> {};

TEST_P(V2LeftOut, WithWarningsWhileTheApiIsDeployed) {
  Parsed parsed = read_api(v2_definition(GetParam().slots));
  ASSERT_TRUE(parsed.api) << printed(parsed.problems);
  EXPECT_THAT(parsed.api->endpoint_groups[0].endpoints, IsEmpty());
  std::vector<Problem> found = warnings(parsed.problems);
  EXPECT_THAT(found, Contains(problem_is(GetParam().pointer, GetParam().message)))
      << printed(found);
  EXPECT_THAT(found, Contains(problem_is(kV2Endpoint, "'one' is left out")));
}

#define ENDPOINT "/proxy/groups/0/endpoints/0"
INSTANTIATE_TEST_SUITE_P(
    V2, V2LeftOut,
    testing::Values(
        Row{"NoTarget", {.endpoint = R"("target": null)"}, ENDPOINT "/target", "required"},
        Row{"NoUrl", {.endpoint = R"("target": "backend")"}, ENDPOINT "/target", "not a URL"},
        Row{"NegativeTimeout",
            {.endpoint = R"("http": {"readTimeout": -1})"},
            ENDPOINT "/http/readTimeout",
            "from 0"},
        Row{"HeaderSize",
            {.endpoint = R"("http": {"maxHeaderSize": 0})"},
            ENDPOINT "/http/maxHeaderSize",
            "from 1"},
        Row{"EmptyTrustStore",
            {.endpoint = R"("ssl": {"trustStore": {"type": "JKS"}})"},
            ENDPOINT "/ssl/trustStore/path",
            "needs 'path' or 'content'"},
        Row{"HalfAKeyStore",
            {.endpoint = R"("ssl": {"keyStore": {"type": "PEM", "keyPath": "k"}})"},
            ENDPOINT "/ssl/keyStore/certPath",
            "certContent"},
        Row{"HeaderNoScalar",
            {.endpoint = R"("headers": {"A": {}})"},
            ENDPOINT "/headers/A",
            "found an object"},
        Row{"ProxyWithoutHost",
            {.endpoint = R"("proxy": {"enabled": true, "port": 1})"},
            ENDPOINT "/proxy/host",
            "needs a host"},
        Row{"BrokenGroupOptions",
            {.endpoint = R"("inherit": true)", .group = R"("http": 5)"},
            ENDPOINT "/inherit",
            "the group's options are invalid"}),
    name_of);

TEST(V2Endpoint, TakesTheGroupsOptionsOnlyWhenItInherits) {
  constexpr std::string_view kShared =
      R"("http": {"connectTimeout": 1}, "ssl": {}, "headers": {"A": "g"}, "hostHeader": "h")";
  Api inherits = v2_api_of(
      {.endpoint = R"("inherit": true, "http": {"connectTimeout": 7})", .group = kShared});
  EXPECT_EQ(endpoint_of(inherits).options.http.connect_timeout, 1ms);
  EXPECT_FALSE(endpoint_of(inherits).options.ssl.hostname_verifier);
  EXPECT_EQ(endpoint_of(inherits).options.headers.size(), 2u);
  EXPECT_EQ(endpoint_of(inherits).options.pointer, kV2Group);

  for (std::string_view endpoint :
       {R"("inherit": false)", R"("inherit": null)", R"("weight": 2)"}) {
    Api own = v2_api_of({.endpoint = endpoint, .group = kShared});
    EXPECT_EQ(endpoint_of(own).options.http.connect_timeout, 5s) << endpoint;
    EXPECT_TRUE(endpoint_of(own).options.ssl.hostname_verifier);
    EXPECT_THAT(endpoint_of(own).options.headers, IsEmpty());
  }
}

TEST(V2Endpoint, OfTheProxyItselfFormsOneGroupInPlaceOfTheGroups) {
  Api api = v2_api_of({.proxy = R"("endpoints": [{"name": "old", "target": "http://old",
                                                  "inherit": true}],
      "load_balancing": {"type": "RANDOM"}, "http": {"connectTimeout": 3}, "ssl": {},
      "headers": [{"name": "A", "value": "1"}], "proxy": {"enabled": false})"});
  ASSERT_EQ(api.endpoint_groups.size(), 1u);
  const EndpointGroup& group = api.endpoint_groups[0];
  EXPECT_EQ(group.name, "default-group");
  EXPECT_EQ(group.load_balancer, LoadBalancer::random);
  EXPECT_EQ(group.pointer, "/proxy");
  EXPECT_EQ(endpoint_of(api).name, "old");
  EXPECT_EQ(endpoint_of(api).pointer, "/proxy/endpoints/0");
  EXPECT_EQ(endpoint_of(api).options.http.connect_timeout, 3ms);
  EXPECT_EQ(endpoint_of(api).options.headers.size(), 1u);
}

TEST(V2, TakesVirtualHostsBeforeTheContextPath) {
  Api api = v2_api_of({.proxy = R"("context_path": "/a", "virtual_hosts": [{"path": "/b"}])"});
  ASSERT_EQ(api.listeners[0].paths.size(), 1u);
  EXPECT_EQ(api.listeners[0].paths[0].path, "/b/");
}

TEST(V2, LosesAnEmptyListOfPaths) {
  Parsed parsed = read_api(v2_definition({.top = R"("paths": {"/*": []})"}));
  EXPECT_TRUE(parsed.api);
  EXPECT_THAT(warnings(parsed.problems), IsEmpty()) << printed(parsed.problems);
}

TEST(V2, IgnoresWhatTheManagementApiAdds) {
  Parsed parsed = read_api(v2_definition(
      {.top = R"("description": "d", "visibility": "public", "primaryOwner": {}, "pages": [],
                 "metadata": [], "picture": "", "created_at": 1, "updated_at": 2, "members": [],
                 "lifecycle_state": "published", "disable_membership_notifications": false)",
       .plan = R"("validation": "AUTO", "type": "API", "comment_required": false, "paths": {},
                  "created_at": 1, "published_at": 2, "characteristics": [])"}));
  EXPECT_THAT(parsed.problems, IsEmpty()) << printed(parsed.problems);
}

TEST(V2, TakesNullCollectionsAsAbsent) {
  Parsed parsed = read_api(v2_definition(
      {.top = R"("tags": null, "properties": null, "response_templates": null, "services": null,
                 "resources": null, "path_mappings": null, "paths": null)",
       .proxy = R"("servers": null, "cors": null, "failover": null, "logging": null,
                   "endpoints": null, "virtual_hosts": null, "request_validation": null)",
       .endpoint = R"("tenants": null, "headers": null, "http": null, "healthcheck": null)",
       .flow = R"("consumers": null, "methods": null, "path-operator": null, "post": null)"}));
  EXPECT_TRUE(parsed.api) << printed(parsed.problems);
  EXPECT_THAT(warnings(parsed.problems), IsEmpty()) << printed(parsed.problems);
}

TEST(V2, KeepsTheTagsOfConsumers) {
  auto tags = [](std::string_view consumers) {
    std::string flow = R"("consumers": )" + std::string(consumers);
    return v2_api_of({.flow = flow}).flows[0].consumer_tags;
  };
  EXPECT_FALSE(tags("[]"));
  EXPECT_THAT(*tags(R"([{"consumerType": "tag", "consumerId": "a"}, {"consumerId": "b"}])"),
              ElementsAre("a", "b"));
  EXPECT_THAT(*tags(R"([{"consumerType": "USER", "consumerId": "a"}])"), IsEmpty());
}

TEST(V2, ReadsAnExportWithItsPlansBeside) {
  std::string text = R"({"api": )" + v2_definition({.top = R"("plans": [])"}) + R"(, "plans": [
      {"id": "x", "name": "X", "status": "PUBLISHED", "security": "JWT"}]})";
  Envelope envelope = read_envelope(text, {});
  ASSERT_TRUE(envelope.api) << printed(envelope.problems);
  EXPECT_EQ(envelope.api->plans.at(0).security, "jwt");
  EXPECT_EQ(envelope.api->plans[0].pointer, "/plans/0");
}

TEST(V2, IsReadFromAnEventWithoutVersion) {
  std::string api = R"({"id": "a2", "lifecycleState": "STARTED", "definition": )" +
                    json_quoted(v2_definition({.top = R"("gravitee": null)"})) + "}";
  Envelope envelope =
      read_envelope(R"({"type": "PUBLISH_API", "payload": )" + json_quoted(api) + "}", {});
  ASSERT_TRUE(envelope.api) << printed(envelope.problems);
  EXPECT_EQ(envelope.api->definition_version, DefinitionVersion::v2);
  EXPECT_EQ(envelope.api->flows[0].pointer, "/payload/definition/flows/0");
}

TEST(V2, CountsTheWordOfTheDefinitionBeforeThatOfItsCarrier) {
  std::string api = R"({"id": "a2", "definitionVersion": "V4", "definition": )" +
                    json_quoted(v2_definition({})) + "}";
  Envelope envelope = read_envelope(api, {});
  ASSERT_TRUE(envelope.api) << printed(envelope.problems);
  EXPECT_EQ(envelope.api->definition_version, DefinitionVersion::v2);
}

}  // namespace
}  // namespace perigee::definition
