// The file shapes of api-definition.md 7 and hybrid.md 2.3 and 6.
#include "definition/envelope.hpp"

#include "tests/definition/support/definitions.hpp"

namespace perigee::definition {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Envelope read(std::string_view bytes, EnvelopeOptions options = {.now = 77ms}) {
  return read_envelope(bytes, options);
}

std::string repository_api(std::string_view definition_text, std::string_view more = "") {
  return R"({"id": "a1", "environmentId": "env", "definitionVersion": "V4", "type": "PROXY",
             "lifecycleState": "STARTED", "definition": )" +
         json_quoted(definition_text) + std::string(more) + "}";
}

std::string event(std::string_view payload, std::string_view more = "") {
  return R"({"id": "e1", "type": "PUBLISH_API", "createdAt": 1700000000000,
             "properties": {"api_id": "a1", "deployment_number": "4"}, "payload": )" +
         json_quoted(payload) + std::string(more) + "}";
}

std::string local_file(std::string_view event_text) {
  return R"({"apiEvent": )" + std::string(event_text) +
         R"(, "subscriptions": [{"id": "s"}], "apiKeys": []})";
}

TEST(Envelope, OfABareDefinition) {
  std::string text = definition({});
  Envelope envelope = read(text);
  ASSERT_TRUE(envelope.api) << printed(envelope.problems);
  EXPECT_EQ(envelope.shape, Shape::definition);
  EXPECT_EQ(envelope.action, Action::deploy);
  EXPECT_EQ(envelope.api_id, "a1");
  EXPECT_EQ(envelope.environment_id, "DEFAULT");
  EXPECT_EQ(envelope.organization_id, "DEFAULT");
  EXPECT_TRUE(envelope.enabled);
  EXPECT_EQ(envelope.deployed_at, 77ms);
  EXPECT_TRUE(envelope.subscriptions.absent());
  EXPECT_EQ(envelope.revision.size(), 16u);
  EXPECT_EQ(envelope.revision, read(text).revision);
  EXPECT_NE(envelope.revision, read(text + " ").revision);
}

TEST(Envelope, OfAnExportTakesThePlansBesideTheApi) {
  std::string api =
      definition({.top = R"("plans": [], "definitionVersion": "V4", "type": "PROXY")"});
  std::string text = R"({"export": {"apimVersion": "4.9.0"}, "api": )" + api + R"(, "plans": [
      {"id": "x", "name": "X", "status": "PUBLISHED", "security": {"type": "KEY_LESS"}}],
      "members": [], "pages": []})";
  Envelope envelope = read(text);
  ASSERT_TRUE(envelope.api) << printed(envelope.problems);
  EXPECT_EQ(envelope.shape, Shape::api_export);
  EXPECT_EQ(envelope.api->pointer, "/api");
  ASSERT_EQ(envelope.api->plans.size(), 1u);
  EXPECT_EQ(envelope.api->plans[0].security, "key-less");
  EXPECT_EQ(envelope.api->plans[0].pointer, "/plans/0");
  EXPECT_EQ(envelope.api->flows[0].pointer, "/api/flows/0");
}

TEST(Envelope, OfAnExportWithoutPlansBesideItKeepsThoseInside) {
  Envelope envelope = read(R"({"api": )" + definition({}) + "}");
  ASSERT_TRUE(envelope.api) << printed(envelope.problems);
  EXPECT_EQ(envelope.api->plans.at(0).pointer, "/api/plans/0");
}

TEST(Envelope, OfARepositoryApi) {
  Envelope envelope = read(repository_api(definition({})));
  ASSERT_TRUE(envelope.api) << printed(envelope.problems);
  EXPECT_EQ(envelope.shape, Shape::repository_api);
  EXPECT_EQ(envelope.environment_id, "env");
  EXPECT_EQ(envelope.api->flows[0].pointer, "/definition/flows/0");
  EXPECT_TRUE(envelope.enabled);
}

TEST(Envelope, OfAnEvent) {
  Envelope envelope = read(event(repository_api(definition({})), R"(, "organizations": ["org"])"));
  ASSERT_TRUE(envelope.api) << printed(envelope.problems);
  EXPECT_EQ(envelope.shape, Shape::event);
  EXPECT_EQ(envelope.organization_id, "org");
  EXPECT_EQ(envelope.deployed_at, 1700000000000ms);
  EXPECT_EQ(envelope.revision, "4");
  EXPECT_EQ(envelope.api->pointer, "/payload/definition");
}

TEST(Envelope, OfALocalFile) {
  Envelope envelope = read(local_file(event(repository_api(definition({})))));
  ASSERT_TRUE(envelope.api) << printed(envelope.problems);
  EXPECT_THAT(envelope.problems, IsEmpty());
  EXPECT_EQ(envelope.shape, Shape::local_file);
  EXPECT_EQ(envelope.environment_id, "env");
  EXPECT_EQ(envelope.revision, "4");
  EXPECT_EQ(envelope.api->flows[0].request[0].pointer,
            "/apiEvent/payload/definition/flows/0/request/0");
  EXPECT_EQ(envelope.subscriptions.at(0)["id"].text(), "s");
  EXPECT_EQ(envelope.api_keys.size(), 0u);
}

TEST(Envelope, TakesPayloadAndDefinitionAsObjects) {
  std::string api = R"({"id": "a1", "definition": )" + definition({}) + "}";
  Envelope envelope = read(R"({"type": "START_API", "payload": )" + api + "}");
  ASSERT_TRUE(envelope.api) << printed(envelope.problems);
  EXPECT_EQ(envelope.api->pointer, "/payload/definition");
  EXPECT_EQ(envelope.deployed_at, 77ms);
  EXPECT_EQ(envelope.revision.size(), 16u);
}

TEST(Envelope, KnowsTheDefinitionAfterItsDocumentIsGone) {
  std::optional<Api> api;
  {
    Envelope envelope = read(local_file(
        event(repository_api(definition({.step = R"("configuration": {"a": "kept"})"})))));
    api = std::move(envelope.api);
  }
  EXPECT_EQ(api->flows[0].request[0].configuration.value["a"].text(), "kept");
}

TEST(Envelope, TakesTheVersionFromThePayloadWhenTheDefinitionHasNone) {
  std::string text = definition({});
  std::string_view written = R"("definitionVersion": "4.0.0",)";
  text.erase(text.find(written), written.size());
  EXPECT_TRUE(read(repository_api(text)).api);
  EXPECT_FALSE(read(text).api);
}

TEST(Envelope, OfAnUndeploymentNeedsNoPayload) {
  for (std::string_view type : {"UNPUBLISH_API", "stop_api"}) {
    Envelope envelope = read(R"({"type": ")" + std::string(type) +
                             R"(", "payload": null, "properties": {"api_id": "a9"}})");
    EXPECT_EQ(envelope.action, Action::undeploy);
    EXPECT_EQ(envelope.api_id, "a9");
    EXPECT_FALSE(envelope.api);
    EXPECT_THAT(envelope.problems, IsEmpty()) << printed(envelope.problems);
  }
}

TEST(Envelope, IsEnabledOnlyWhenStarted) {
  auto with_state = [](std::string_view state) {
    return read(repository_api(definition({}), R"(, "lifecycleState": )" + std::string(state)));
  };
  EXPECT_TRUE(with_state("\"started\"").enabled);
  EXPECT_FALSE(with_state("\"STOPPED\"").enabled);
  EXPECT_FALSE(with_state("\"ARCHIVED\"").enabled);
  EXPECT_TRUE(with_state("null").enabled);
}

TEST(Envelope, PassesTheOpenPlanOptionOn) {
  std::string none = definition({.top = R"("plans": [])"});
  EXPECT_THAT(read(none).api->plans, IsEmpty());
  EXPECT_EQ(read(none, {.read = {.open_plan = true}}).api->plans.size(), 1u);
}

TEST(Envelope, TellsWhereATextIsNoJson) {
  Envelope envelope = read("{\n  \"id\": }");
  EXPECT_FALSE(envelope.api);
  ASSERT_EQ(envelope.problems.size(), 1u);
  EXPECT_EQ(to_string(envelope.problems[0], "apis/a.json"),
            "apis/a.json:2:9: not valid JSON: found '}', expected a value");
}

TEST(Envelope, TellsTheLimitOfATextThatIsTooLong) {
  Envelope envelope = read("[1,2,3]", {.read = {.limits = {.file_bytes_max = 3}}});
  ASSERT_EQ(envelope.problems.size(), 1u);
  EXPECT_EQ(to_string(envelope.problems[0], "apis/a.json"),
            "error at the top level: the JSON text has 7 bytes, expected at most 3");
}

struct Row {
  const char* name;
  std::string text;
  std::string_view pointer;
  std::string_view message;
};
void PrintTo(const Row& row, std::ostream* to) { *to << row.name; }
class EnvelopeRefused : public testing::TestWithParam<Row> {};

TEST_P(EnvelopeRefused, WithPointerAndReason) {
  Envelope envelope = read(GetParam().text);
  EXPECT_FALSE(envelope.api);
  EXPECT_THAT(errors(envelope.problems),
              ElementsAre(problem_is(GetParam().pointer, GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Envelope, EnvelopeRefused,
    testing::Values(
        Row{"Empty", "", "", "not valid JSON: found the end of the text"},
        Row{"Array", "[]", "", "found an array that is none of"},
        Row{"Nothing", R"({"hello": 1})", "", "none of: an API definition"},
        Row{"EventNull", R"({"apiEvent": null})", "/apiEvent", "expected an event"},
        Row{"EventArray", R"({"apiEvent": []})", "/apiEvent", "expected an object"},
        Row{"KeysNoArray", R"({"apiEvent": {"type": "STOP_API"}, "apiKeys": {}})", "/apiKeys",
            "expected an array"},
        Row{"NoType", R"({"payload": "{}"})", "/type", "required"},
        Row{"OtherType", R"({"type": "PUBLISH_APIS", "payload": "{}"})", "/type",
            "did you mean 'PUBLISH_API'"},
        Row{"BrokenPayload", event("{"), "/payload",
            "the string does not contain valid JSON: at 1:2: found the end of"},
        Row{"PayloadNoObject", event("[]"), "/payload", "contains an array"},
        Row{"CreatedAt", R"({"type": "STOP_API", "createdAt": "soon", "payload": null})",
            "/createdAt", "milliseconds since 1970"},
        Row{"NoDefinition", event("{}"), "/payload/definition", "found nothing"},
        Row{"BrokenDefinition", repository_api("{"), "/definition", "valid JSON"},
        Row{"Federated", repository_api("{}", R"(, "definitionVersion": "FEDERATED")"),
            "/definitionVersion",
            "not deployed by a gateway; write \"definitionVersion\": \"V4\" when"},
        Row{"V2Payload",
            repository_api(R"({"id": "a", "name": "n"})", R"(, "definitionVersion": "2.0.0")"),
            "/definition/proxy", "required"},
        Row{"InnerError",
            local_file(event(repository_api(definition({.step = R"("policy": "")"})))),
            "/apiEvent/payload/definition/flows/0/request/0/policy", "blank"}),
    [](const testing::TestParamInfo<Row>& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace perigee::definition
