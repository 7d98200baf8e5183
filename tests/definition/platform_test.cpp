// Dictionaries, organizations, shared policy groups and access points in their events:
// api-definition.md 3 to 5, hybrid.md 2.3.
#include "definition/platform.hpp"

#include "definition/envelope.hpp"
#include "tests/definition/support/v2_definitions.hpp"

namespace perigee::definition {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

Envelope read(std::string_view bytes) {
  return read_envelope(bytes, {.now = 77ms, .apis_only = false});
}

std::string event(std::string_view type, std::string_view payload,
                  std::string_view properties = "") {
  return R"({"id": "e1", "type": ")" + std::string(type) +
         R"(", "createdAt": 1700000000000, "organizations": ["org"], "properties": {)" +
         std::string(properties) + R"(}, "payload": )" + json_quoted(payload) + "}";
}

TEST(Platform, ReadsADictionary) {
  Envelope envelope = read(event("PUBLISH_DICTIONARY", R"({"id": "d1", "key": "rates",
      "environmentId": "env", "name": "Rates", "type": "DYNAMIC", "deployedAt": 1690000000000,
      "properties": {"eur": "1.0", "usd": 2, "none": null}})"));
  ASSERT_TRUE(envelope.dictionary) << printed(envelope.problems);
  EXPECT_THAT(envelope.problems, IsEmpty()) << printed(envelope.problems);
  EXPECT_EQ(envelope.shape, Shape::event);
  EXPECT_EQ(envelope.subject, Subject::dictionary);
  EXPECT_EQ(envelope.action, Action::deploy);
  EXPECT_EQ(envelope.subject_id, "d1");
  EXPECT_EQ(envelope.api_id, "");
  EXPECT_EQ(envelope.environment_id, "env");
  EXPECT_EQ(envelope.organization_id, "org");
  EXPECT_EQ(envelope.deployed_at, 1700000000000ms);
  EXPECT_EQ(envelope.revision.size(), 16u);
  EXPECT_FALSE(envelope.api || envelope.organization || envelope.shared_policy_group);
  const Dictionary& dictionary = *envelope.dictionary;
  EXPECT_EQ(dictionary.id, "d1");
  EXPECT_EQ(dictionary.key, "rates");
  EXPECT_EQ(dictionary.environment_id, "env");
  EXPECT_EQ(dictionary.name, "Rates");
  EXPECT_EQ(dictionary.deployed_at, 1690000000000ms);
  ASSERT_EQ(dictionary.properties.size(), 3u);
  EXPECT_EQ(dictionary.properties[0].key, "eur");
  EXPECT_EQ(dictionary.properties[0].value, "1.0");
  EXPECT_EQ(dictionary.properties[1].value, "2");
  EXPECT_EQ(dictionary.properties[2].value, "");
}

TEST(Platform, NamesADictionaryWithoutKeyByItsId) {
  Envelope envelope = read(event("PUBLISH_DICTIONARY", R"({"id": "d1"})"));
  ASSERT_TRUE(envelope.dictionary) << printed(envelope.problems);
  EXPECT_EQ(envelope.dictionary->key, "d1");
  EXPECT_EQ(envelope.dictionary->environment_id, "DEFAULT");
  EXPECT_THAT(envelope.dictionary->properties, IsEmpty());
  EXPECT_EQ(envelope.dictionary->deployed_at, 0ms);
}

TEST(Platform, ReadsAnOrganization) {
  Envelope envelope = read(event("PUBLISH_ORGANIZATION", R"({"id": "o1", "hrids": ["acme"],
      "name": "Acme", "domainRestrictions": [], "flowMode": "BEST_MATCH", "updatedAt": 5, "flows": [
        {"name": "all", "path-operator": {"path": "/", "operator": "STARTS_WITH"},
         "consumers": [{"consumerType": "TAG", "consumerId": "eu"}],
         "pre": [{"policy": "transform-headers", "configuration": "{\"a\": \"kept\"}"}],
         "post": [{"policy": "mock"}]}]})"));
  ASSERT_TRUE(envelope.organization) << printed(envelope.problems);
  EXPECT_THAT(envelope.problems, IsEmpty()) << printed(envelope.problems);
  EXPECT_EQ(envelope.subject, Subject::organization);
  EXPECT_EQ(envelope.subject_id, "o1");
  EXPECT_EQ(envelope.organization_id, "o1");
  EXPECT_EQ(envelope.organization_hrid, "acme");
  Organization organization = *envelope.organization;
  envelope = {};  // its views outlive the envelope
  EXPECT_EQ(organization.id, "o1");
  EXPECT_THAT(organization.hrids, ElementsAre("acme"));
  EXPECT_EQ(organization.name, "Acme");
  EXPECT_EQ(organization.flow_mode, FlowMode::best_match);
  EXPECT_EQ(organization.updated_at, 5ms);
  ASSERT_EQ(organization.flows.size(), 1u);
  const Flow& flow = organization.flows[0];
  EXPECT_THAT(*flow.consumer_tags, ElementsAre("eu"));
  EXPECT_EQ(flow.request.at(0).configuration.value["a"].text(), "kept");
  EXPECT_EQ(flow.request[0].pointer, "/payload/flows/0/pre/0");
  EXPECT_EQ(flow.response.at(0).policy, "mock");
}

TEST(Platform, ReadsASharedPolicyGroup) {
  Envelope envelope = read(event("DEPLOY_SHARED_POLICY_GROUP", R"({"id": "cross", "environmentId":
      "env", "name": "G", "version": "2", "phase": "RESPONSE", "deployedAt": 9, "policies": [
        {"policy": "mock", "configuration": {"status": "200"}},
        {"policy": "mock", "enabled": false}]})",
                                 R"("shared_policy_group_id": "row")"));
  ASSERT_TRUE(envelope.shared_policy_group) << printed(envelope.problems);
  EXPECT_THAT(envelope.problems, IsEmpty()) << printed(envelope.problems);
  EXPECT_EQ(envelope.subject, Subject::shared_policy_group);
  EXPECT_EQ(envelope.subject_id, "cross");
  EXPECT_EQ(envelope.environment_id, "env");
  SharedPolicyGroup group = *envelope.shared_policy_group;
  envelope = {};
  EXPECT_EQ(group.id, "cross");
  EXPECT_EQ(group.environment_id, "env");
  EXPECT_EQ(group.name, "G");
  EXPECT_EQ(group.version, "2");
  EXPECT_EQ(group.phase, SharedPolicyGroupPhase::response);
  EXPECT_EQ(group.deployed_at, 9ms);
  EXPECT_EQ(group.pointer, "/payload");
  ASSERT_EQ(group.steps.size(), 2u);
  EXPECT_EQ(group.steps[0].configuration.value["status"].text(), "200");
  EXPECT_EQ(group.steps[0].pointer, "/payload/policies/0");
  EXPECT_FALSE(group.steps[1].enabled);
}

TEST(Platform, ReadsEveryPhase) {
  struct {
    std::string_view written;
    SharedPolicyGroupPhase phase;
  } rows[] = {{"REQUEST", SharedPolicyGroupPhase::request},
              {"response", SharedPolicyGroupPhase::response},
              {"PUBLISH", SharedPolicyGroupPhase::publish},
              {"SUBSCRIBE", SharedPolicyGroupPhase::subscribe},
              {"MESSAGE_REQUEST", SharedPolicyGroupPhase::message_request},
              {"message-response", SharedPolicyGroupPhase::message_response}};
  for (auto& [written, phase] : rows) {
    Envelope envelope = read(event("DEPLOY_SHARED_POLICY_GROUP",
                                   R"({"id": "g", "phase": ")" + std::string(written) + "\"}"));
    ASSERT_TRUE(envelope.shared_policy_group) << printed(envelope.problems);
    EXPECT_EQ(envelope.shared_policy_group->phase, phase) << written;
  }
}

TEST(Platform, TellsAnUnknownPhase) {
  Envelope envelope =
      read(event("DEPLOY_SHARED_POLICY_GROUP", R"({"id": "g", "phase": "REQEUST"})"));
  ASSERT_TRUE(envelope.shared_policy_group);
  EXPECT_EQ(envelope.shared_policy_group->phase, SharedPolicyGroupPhase::unknown);
  EXPECT_THAT(warnings(envelope.problems),
              ElementsAre(problem_is("/payload/phase", "did you mean 'REQUEST'")));
}

std::string access_point(std::string_view members) {
  return R"({"id": "p", "referenceId": "env", "host": "a.example", "target": "GATEWAY", )" +
         std::string(members) + "}";
}

TEST(Platform, ReadsAnAccessPoint) {
  Envelope envelope = read(event("DEPLOY_ACCESS_POINT", R"({"id": "p", "referenceType":
      "ENVIRONMENT", "referenceId": "env", "target": "GATEWAY", "host": "API.example.com:8443",
      "secured": true, "overriding": false, "status": "CREATED", "updatedAt": 5})"));
  ASSERT_TRUE(envelope.access_point) << printed(envelope.problems);
  EXPECT_THAT(envelope.problems, IsEmpty()) << printed(envelope.problems);
  EXPECT_EQ(envelope.subject, Subject::access_point);
  EXPECT_EQ(envelope.action, Action::deploy);
  EXPECT_EQ(envelope.subject_id, "p");
  EXPECT_EQ(envelope.environment_id, "env");
  EXPECT_EQ(envelope.access_point->id, "p");
  EXPECT_EQ(envelope.access_point->environment_id, "env");
  EXPECT_EQ(envelope.access_point->host, "api.example.com:8443");
  EXPECT_TRUE(envelope.access_point->for_http);
}

TEST(Platform, AccessPointsThatAreNotOfGatewaysForHttpAreReadAndNotUsed) {
  for (std::string_view members :
       {R"("target": "TCP_GATEWAY")", R"("target": "KAFKA_GATEWAY")", R"("target": "CONSOLE")",
        R"("target": "SOMETHING_NEW")", R"("referenceType": "ORGANIZATION")"}) {
    std::string payload = access_point(members);
    // Of two members with one name the last counts; the other is told.
    Envelope envelope = read(event("DEPLOY_ACCESS_POINT", payload));
    ASSERT_TRUE(envelope.access_point) << printed(envelope.problems);
    EXPECT_FALSE(envelope.access_point->for_http) << members;
  }
}

TEST(Platform, UndeploysByPayloadOrProperty) {
  struct {
    std::string text;
    Subject subject;
    std::string_view id;
  } rows[] = {
      {R"({"type": "UNPUBLISH_DICTIONARY", "payload": null, "properties": {"dictionary_id": "d"}})",
       Subject::dictionary, "d"},
      {event("UNPUBLISH_DICTIONARY", R"({"id": "d2", "properties": 5})"), Subject::dictionary,
       "d2"},
      {event("UNDEPLOY_SHARED_POLICY_GROUP", R"({"id": "cross", "environmentId": "env"})",
             R"("shared_policy_group_id": "row")"),
       Subject::shared_policy_group, "cross"},
      {R"({"type": "UNDEPLOY_ACCESS_POINT", "properties": {"access_point_id": "p1"}, )"
       R"("payload": null})",
       Subject::access_point, "p1"},
      {event("UNDEPLOY_ACCESS_POINT", R"({"id": "p2"})"), Subject::access_point, "p2"},
      {event("DEPLOY_ACCESS_POINT", R"({"id": "p3", "status": "DELETED"})"), Subject::access_point,
       "p3"}};
  for (auto& [text, subject, id] : rows) {
    Envelope envelope = read(text);
    EXPECT_EQ(envelope.action, Action::undeploy);
    EXPECT_EQ(envelope.subject, subject);
    EXPECT_EQ(envelope.subject_id, id);
    EXPECT_FALSE(envelope.dictionary || envelope.shared_policy_group || envelope.access_point);
    EXPECT_THAT(envelope.problems, IsEmpty()) << printed(envelope.problems);
  }
}

TEST(Platform, IsRefusedWhereOnlyApisAreDeployed) {
  for (std::string_view type :
       {"PUBLISH_DICTIONARY", "PUBLISH_ORGANIZATION", "UNDEPLOY_SHARED_POLICY_GROUP"}) {
    Envelope envelope = read_envelope(event(type, R"({"id": "x"})"), {});
    EXPECT_FALSE(envelope.dictionary || envelope.organization);
    EXPECT_THAT(errors(envelope.problems), ElementsAre(problem_is("/type", "deploys no API")));
  }
}

TEST(Platform, StillReadsApis) {
  std::string api = R"({"id": "a2", "definition": )" + json_quoted(v2_definition({})) + "}";
  Envelope envelope = read(event("PUBLISH_API", api));
  ASSERT_TRUE(envelope.api) << printed(envelope.problems);
  EXPECT_EQ(envelope.subject, Subject::api);
  EXPECT_EQ(envelope.api_id, "a2");
  EXPECT_EQ(envelope.subject_id, "");
}

TEST(Platform, ReadsAnEventOfAListAndKeepsItsDocument) {
  std::optional<Envelope> envelope;
  {
    std::string text = "[" + event("STOP_API", "{}") + "," +
                       R"({"type": "PUBLISH_ORGANIZATION", "payload": {"id": "o", "flows": [
                           {"pre": [{"policy": "mock", "configuration": {"a": "kept"}}]}]}}])";
    auto document = std::make_shared<const JsonDocument>(*JsonDocument::parse(text));
    envelope = read_event(document, document->root().at(1), {.now = 7ms, .apis_only = false});
  }
  ASSERT_TRUE(envelope->organization) << printed(envelope->problems);
  EXPECT_EQ(envelope->deployed_at, 7ms);
  EXPECT_EQ(envelope->content.size(), 16u);
  const Step& step = envelope->organization->flows.at(0).request.at(0);
  EXPECT_EQ(step.pointer, "/1/payload/flows/0/pre/0");
  EXPECT_EQ(step.configuration.value["a"].text(), "kept");
}

struct Row {
  const char* name;
  std::string text;
  std::string_view pointer;
  std::string_view message;
};
void PrintTo(const Row& row, std::ostream* to) { *to << row.name; }
class PlatformRefused : public testing::TestWithParam<Row> {};

TEST_P(PlatformRefused, WithPointerAndReason) {
  Envelope envelope = read(GetParam().text);
  EXPECT_FALSE(envelope.dictionary || envelope.organization || envelope.shared_policy_group ||
               envelope.access_point);
  EXPECT_THAT(errors(envelope.problems),
              ElementsAre(problem_is(GetParam().pointer, GetParam().message)));
}

std::string many(std::string_view begin, std::string_view item, std::size_t times) {
  std::string text(begin);
  for (std::size_t i = 0; i < times; ++i) text.append(i ? "," : "").append(item);
  return text + "]}";
}

std::string many_properties(std::size_t times) {
  std::string text = R"({"id": "d", "properties": {)";
  for (std::size_t i = 0; i < times; ++i) {
    text.append(i ? ",\"" : "\"").append(std::to_string(i)).append("\":\"v\"");
  }
  return text + "}}";
}

INSTANTIATE_TEST_SUITE_P(
    Platform, PlatformRefused,
    testing::Values(
        Row{"OtherType", event("PUBLISH_DICTIONARIES", "{}"), "/type",
            "deploys nothing; did you mean 'PUBLISH_DICTIONARY'?"},
        Row{"BrokenPayload", event("PUBLISH_DICTIONARY", "{"), "/payload", "valid JSON"},
        Row{"PayloadArray", event("PUBLISH_ORGANIZATION", "[]"), "/payload", "an array"},
        Row{"NoPayload", R"({"type": "PUBLISH_ORGANIZATION", "payload": null})", "/payload",
            "found null"},
        Row{"DictionaryWithoutId", event("PUBLISH_DICTIONARY", R"({"key": "k"})"), "/payload/id",
            "required"},
        Row{"DictionaryProperties", event("PUBLISH_DICTIONARY", R"({"id": "d", "properties": []})"),
            "/payload/properties", "expected an object"},
        Row{"DictionaryValue",
            event("PUBLISH_DICTIONARY", R"({"id": "d", "properties": {"a/b": {}}})"),
            "/payload/properties/a~1b", "found an object"},
        Row{"DictionaryLimit", event("PUBLISH_DICTIONARY", many_properties(10'001)),
            "/payload/properties", "the limit is 10000"},
        Row{"DictionaryTime", event("PUBLISH_DICTIONARY", R"({"id": "d", "deployedAt": -1})"),
            "/payload/deployedAt", "from 0"},
        Row{"OrganizationWithoutId", event("PUBLISH_ORGANIZATION", "{}"), "/payload/id",
            "required"},
        Row{"OrganizationFlows",
            event("PUBLISH_ORGANIZATION", many(R"({"id": "o", "flows": [)", "{}", 1'001)),
            "/payload/flows", "the limit is 1000"},
        Row{"OrganizationStep",
            event("PUBLISH_ORGANIZATION", R"({"id": "o", "flows": [{"pre": [{}]}]})"),
            "/payload/flows/0/pre/0/policy", "required"},
        Row{"GroupWithoutId", event("DEPLOY_SHARED_POLICY_GROUP", R"({"phase": "REQUEST"})"),
            "/payload/id", "required"},
        Row{"GroupWithoutPhase", event("DEPLOY_SHARED_POLICY_GROUP", R"({"id": "g"})"),
            "/payload/phase", "required"},
        Row{"AccessPointWithoutHost",
            event("DEPLOY_ACCESS_POINT", R"({"id": "p", "referenceId": "e", "target": "GATEWAY"})"),
            "/payload/host", "required"},
        Row{"AccessPointWithoutEnvironment",
            event("DEPLOY_ACCESS_POINT", R"({"id": "p", "host": "h", "target": "GATEWAY"})"),
            "/payload/referenceId", "required"},
        Row{"AccessPointWithoutTarget",
            event("DEPLOY_ACCESS_POINT", R"({"id": "p", "host": "h", "referenceId": "e"})"),
            "/payload/target", "required"},
        Row{"AccessPointHostObject",
            event("DEPLOY_ACCESS_POINT",
                  R"({"id": "p", "host": {}, "referenceId": "e", "target": "GATEWAY"})"),
            "/payload/host", "found an object"},
        Row{"AccessPointHostTooLong",
            event("DEPLOY_ACCESS_POINT", R"({"id": "p", "referenceId": "e", "target": "GATEWAY", )"
                                         R"("host": ")" +
                                             std::string(321, 'h') + "\"}"),
            "/payload/host", "the limit is 320"},
        Row{"GroupPhaseArray", event("DEPLOY_SHARED_POLICY_GROUP", R"({"id": "g", "phase": []})"),
            "/payload/phase", "found an array"},
        Row{"GroupSteps",
            event("DEPLOY_SHARED_POLICY_GROUP",
                  many(R"({"id": "g", "phase": "REQUEST", "policies": [)", R"({"policy": "p"})",
                       1'001)),
            "/payload/policies", "the limit is 1000"}),
    [](const testing::TestParamInfo<Row>& info) { return std::string(info.param.name); });

TEST(Platform, TellsUnknownMembersAndThoseThatStandTwice) {
  Envelope envelope =
      read(event("PUBLISH_DICTIONARY", R"({"id": "d", "propertys": {}, "key": "a", "key": "b"})"));
  ASSERT_TRUE(envelope.dictionary);
  EXPECT_EQ(envelope.dictionary->key, "b");
  EXPECT_THAT(envelope.problems,
              ElementsAre(problem_is("/payload/propertys", "did you mean 'properties'"),
                          problem_is("/payload/key", "stands twice")));
}

}  // namespace
}  // namespace perigee::definition
