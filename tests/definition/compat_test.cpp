// Every definition of the compatibility data, v4 and v2, is read without an error.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "definition/envelope.hpp"
#include "tests/definition/support/definitions.hpp"

namespace perigee::definition {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

fs::path compat_dir() {
  const char* told = std::getenv("PERIGEE_COMPAT_DIR");
  if (told && *told) return told;
  return fs::path(__FILE__).parent_path() / "../../../shared/compat";
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void note_policies(const std::vector<Flow>& flows, std::set<std::string>& policies) {
  for (const Flow& flow : flows) {
    for (const auto* steps : {&flow.request, &flow.response}) {
      for (const Step& step : *steps) policies.insert(step.policy);
    }
  }
}

std::set<std::string> policies_of(const Api& api) {
  std::set<std::string> policies;
  note_policies(api.flows, policies);
  for (const ApiPlan& plan : api.plans) note_policies(plan.flows, policies);
  return policies;
}

void expect_as_indexed(const Envelope& envelope, Json entry) {
  ASSERT_TRUE(envelope.api) << printed(envelope.problems);
  auto listed = entry.texts("policies");
  ASSERT_TRUE(listed);
  EXPECT_EQ(policies_of(*envelope.api), std::set<std::string>(listed->begin(), listed->end()));
  EXPECT_EQ(!envelope.api->plans.empty(), entry["hasPlans"].boolean());
  EXPECT_FALSE(envelope.api->listeners.empty());
  EXPECT_FALSE(envelope.api->endpoint_groups.empty());
}

// Definitions that this version refuses, and why.
const std::map<std::string, std::string, std::less<>> kRefused{
    {"v2/apim-definition-jackson-api-endpointgroup-discovery.json",
     "/proxy/groups/0/services/discovery"}};

// Members that warn, by file: they are in no specification, or their effect has to be told.
const std::map<std::string, std::vector<std::string>, std::less<>> kWarnings{
    {"v2/42b92-apim-http-bestmatch-api.json", {"/plans/0/id", "/plans/0/status"}},
    {"v2/84b23-apim-http-pathparams-api-path-param.json", {"/plans/0/id", "/plans/0/status"}},
    {"v2/policy-assign-attributes-apis-v2-assign-multiple-attributes-with-el.json",
     {"/flows/0/pre/1/scope", "/flows/0/post/1/scope"}}};

std::vector<std::string> pointers(const std::vector<Problem>& problems) {
  std::vector<std::string> all;
  for (const Problem& each : problems) all.push_back(each.pointer);
  return all;
}

void expect_warnings_as_listed(const Envelope& envelope, const std::string& file) {
  auto listed = kWarnings.find(file);
  std::vector<std::string> expected;
  if (listed != kWarnings.end()) expected = listed->second;
  EXPECT_THAT(pointers(warnings(envelope.problems)), testing::UnorderedElementsAreArray(expected))
      << printed(envelope.problems);
}

// Endpoints whose target is filled in by the harness that the file was written for.
const std::set<std::string, std::less<>> kEndpointLeftOut{"v4/apim-http-sse-api-sse-proxy.json"};

std::size_t endpoints_left_out(const Envelope& envelope) {
  std::size_t count = 0;
  for (const Problem& each : warnings(envelope.problems)) {
    count += each.message.find("is left out") != std::string::npos;
  }
  return count;
}

TEST(Compat, EveryDefinitionIsReadOrRefusedForAListedReason) {
  fs::path apis = compat_dir() / "apis";
  if (!fs::exists(apis / "index.json")) {
    std::cout << "not run: no compatibility data at " << apis << "\n";
    ASSERT_EQ(std::getenv("CI"), nullptr) << "set PERIGEE_COMPAT_DIR";
    return;
  }
  auto index = JsonDocument::parse(content_of(apis / "index.json"));
  ASSERT_TRUE(index) << index.error().message;
  std::size_t read = 0;
  for (const JsonNode& node : index->root()["apis"].items()) {
    Json entry(node);
    std::string file(entry["file"].text());
    SCOPED_TRACE(file);
    Envelope envelope = read_envelope(content_of(apis / file), {});
    EXPECT_EQ(envelope.shape, Shape::definition);
    bool is_v4 = entry["definition"].text() == "v4";
    if (auto refused = kRefused.find(file); refused != kRefused.end()) {
      EXPECT_THAT(pointers(errors(envelope.problems)), ElementsAre(refused->second));
    } else {
      expect_as_indexed(envelope, entry);
      EXPECT_EQ(envelope.api->definition_version,
                is_v4 ? DefinitionVersion::v4 : DefinitionVersion::v2);
    }
    EXPECT_EQ(endpoints_left_out(envelope), kEndpointLeftOut.contains(file) ? 1u : 0u)
        << printed(envelope.problems);
    if (!is_v4) expect_warnings_as_listed(envelope, file);
    ++read;
  }
  EXPECT_GT(read, 60u);
}

}  // namespace
}  // namespace perigee::definition
