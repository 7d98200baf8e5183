// v2 documents that strangers might send: every limit holds and has its name.
#include <string>

#include "tests/definition/support/v2_definitions.hpp"

namespace perigee::definition {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string list_of(std::string_view item, std::size_t times) {
  std::string text = "[";
  for (std::size_t i = 0; i < times; ++i) text.append(i ? "," : "").append(item);
  return text + "]";
}

std::string members_of(std::string_view value, std::size_t times) {
  std::string text = "{";
  for (std::size_t i = 0; i < times; ++i) {
    text.append(i ? ",\"" : "\"").append(std::to_string(i)).append("\":").append(value);
  }
  return text + "}";
}

struct Limit {
  const char* name;
  std::string_view member;
  std::string (*many)(std::string_view item, std::size_t times);
  std::string_view item;
  std::string_view V2Slots::* part;
  std::size_t limit;
  std::string_view pointer;
};
void PrintTo(const Limit& limit, std::ostream* to) { *to << limit.name; }
class V2Limited : public testing::TestWithParam<Limit> {};

TEST_P(V2Limited, RefusesOneMoreThanItTakes) {
  const Limit& row = GetParam();
  auto with = [&](std::size_t count) {
    std::string text = "\"" + std::string(row.member) + "\": " + row.many(row.item, count);
    V2Slots slots;
    slots.*row.part = text;
    return errors(read_api(v2_definition(slots)).problems);
  };
  EXPECT_THAT(with(row.limit), IsEmpty());
  EXPECT_THAT(with(row.limit + 1),
              ElementsAre(problem_is(row.pointer, "limit is " + std::to_string(row.limit))));
}

constexpr std::string_view kPlanItem = R"({"id": "p", "name": "p", "security": "JWT"})";
constexpr std::string_view kEndpointItem = R"({"name": "e", "target": "http://a"})";
INSTANTIATE_TEST_SUITE_P(
    V2, V2Limited,
    testing::Values(
        Limit{"Hosts", "virtual_hosts", list_of, R"({"path": "/a"})", &V2Slots::proxy, 1'000,
              "/proxy/virtual_hosts"},
        Limit{"Groups", "groups", list_of, "{}", &V2Slots::proxy, 1'000, "/proxy/groups"},
        Limit{"LegacyEndpoints", "endpoints", list_of, kEndpointItem, &V2Slots::proxy, 10'000,
              "/proxy/endpoints"},
        Limit{"Plans", "plans", list_of, kPlanItem, &V2Slots::top, 1'000, "/plans"},
        Limit{"Flows", "flows", list_of, "{}", &V2Slots::top, 1'000, "/flows"},
        Limit{"PlanFlows", "flows", list_of, "{}", &V2Slots::plan, 1'000, "/plans/0/flows"},
        Limit{"Steps", "post", list_of, R"({"policy": "mock"})", &V2Slots::flow, 1'000,
              "/flows/0/post"},
        Limit{"Consumers", "consumers", list_of, R"({"consumerId": "t"})", &V2Slots::flow, 1'000,
              "/flows/0/consumers"},
        Limit{"PropertyList", "properties", list_of, R"({"key": "k"})", &V2Slots::top, 10'000,
              "/properties"},
        Limit{"PropertyMembers", "properties", members_of, "\"v\"", &V2Slots::top, 10'000,
              "/properties"},
        Limit{"PathMappings", "path_mappings", list_of, "\"/a\"", &V2Slots::top, 1'000,
              "/path_mappings"}),
    [](const testing::TestParamInfo<Limit>& info) { return std::string(info.param.name); });

TEST(V2Limits, CountEndpointsOverAllGroups) {
  auto with = [](std::size_t a, std::size_t b) {
    auto group = [](std::size_t count) {
      return R"({"endpoints": )" + list_of(kEndpointItem, count) + "}";
    };
    std::string groups = R"("groups": [)" + group(a) + "," + group(b) + "]";
    return errors(read_api(v2_definition({.proxy = groups})).problems);
  };
  EXPECT_THAT(with(5'000, 5'000), IsEmpty());
  EXPECT_THAT(with(5'000, 5'001),
              ElementsAre(problem_is("/proxy/groups", "more than 10000 endpoints")));
}

TEST(V2Limits, BoundTheHeadersOfAnObject) {
  std::string headers = R"("headers": )" + members_of("\"v\"", 1'001);
  Parsed parsed = read_api(v2_definition({.endpoint = headers}));
  ASSERT_TRUE(parsed.api);
  EXPECT_THAT(parsed.api->endpoint_groups[0].endpoints, IsEmpty());
  EXPECT_THAT(warnings(parsed.problems),
              testing::Contains(problem_is("/proxy/groups/0/endpoints/0/headers", "1000 headers")));
}

TEST(V2Limits, BoundTheDepthInsideOfASecurityDefinition) {
  std::string deep = R"({\"a\":)" + std::string(200, '[') + std::string(200, ']') + "}";
  std::string plan = R"("securityDefinition": ")" + deep + "\"";
  EXPECT_THAT(errors(read_api(v2_definition({.plan = plan})).problems),
              ElementsAre(problem_is("/plans/0/securityDefinition", "valid JSON")));
}

// Whatever stands in the place of a member: it is read or told, and nothing falls over.
TEST(V2Hostile, TakesAnyTypeInAnyPlace) {
  constexpr std::string_view kValues[] = {"null",
                                          "true",
                                          "-1",
                                          "1e99",
                                          "\"\"",
                                          "[]",
                                          "[[]]",
                                          "[null]",
                                          "{}",
                                          R"({"": {"": []}})",
                                          "\"{\\\"a\\\":[]}\""};
  constexpr std::string_view kTop[] = {"id",
                                       "version",
                                       "execution_mode",
                                       "flow_mode",
                                       "proxy",
                                       "flows",
                                       "plans",
                                       "services",
                                       "resources",
                                       "tags",
                                       "path_mappings",
                                       "properties",
                                       "response_templates",
                                       "paths",
                                       "definition_context",
                                       "gravitee"};
  constexpr std::string_view kProxy[] = {
      "virtual_hosts", "context_path", "groups",  "endpoints",          "failover",       "cors",
      "logging",       "loggingMode",  "servers", "request_validation", "load_balancing", "http"};
  constexpr std::string_view kEndpoint[] = {
      "name",    "target", "type", "weight", "backup",  "tenants",    "tenant",
      "inherit", "http",   "ssl",  "proxy",  "headers", "hostHeader", "healthcheck"};
  constexpr std::string_view kFlow[] = {"path-operator", "methods", "condition",
                                        "consumers",     "pre",     "post"};
  constexpr std::string_view kPlan[] = {"id",     "security", "securityDefinition", "selectionRule",
                                        "status", "flows"};
  auto look = [&](std::span<const std::string_view> names, std::string_view V2Slots::* part) {
    for (std::string_view name : names) {
      for (std::string_view value : kValues) {
        std::string text = "\"" + std::string(name) + "\": " + std::string(value);
        V2Slots slots;
        slots.*part = text;
        Parsed parsed = read_api(v2_definition(slots));
        EXPECT_EQ(parsed.api.has_value(), errors(parsed.problems).empty()) << text;
        if (parsed.api) EXPECT_FALSE(parsed.api->listeners.at(0).paths.empty()) << text;
      }
    }
  };
  look(kTop, &V2Slots::top);
  look(kProxy, &V2Slots::proxy);
  look(kEndpoint, &V2Slots::endpoint);
  look(kFlow, &V2Slots::flow);
  look(kPlan, &V2Slots::plan);
}

}  // namespace
}  // namespace perigee::definition
