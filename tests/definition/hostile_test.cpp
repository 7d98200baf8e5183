// Documents that strangers might send: every limit holds and has its name.
#include <string>

#include "definition/envelope.hpp"
#include "tests/definition/support/definitions.hpp"

namespace perigee::definition {
namespace {

using testing::Contains;
using testing::SizeIs;

std::string repeated(std::string_view item, std::size_t times) {
  std::string text = "[";
  for (std::size_t i = 0; i < times; ++i) text.append(i ? "," : "").append(item);
  return text + "]";
}

std::string member(std::string_view name, std::string_view value) {
  return "\"" + std::string(name) + "\": " + std::string(value);
}

struct Limit {
  const char* name;
  std::string_view slot;  // the member of the definition's part that is too long
  std::string_view item;
  std::string_view Slots::* part;
  std::size_t limit;
  std::string_view pointer;
};
void PrintTo(const Limit& limit, std::ostream* to) { *to << limit.name; }
class Limited : public testing::TestWithParam<Limit> {};

TEST_P(Limited, RefusesOneMoreThanItTakes) {
  const Limit& row = GetParam();
  auto with = [&](std::size_t count) {
    std::string text = member(row.slot, repeated(row.item, count));
    Slots slots;
    slots.*row.part = text;
    return read_api(definition(slots));
  };
  EXPECT_THAT(errors(with(row.limit).problems), testing::IsEmpty());
  EXPECT_THAT(
      errors(with(row.limit + 1).problems),
      testing::ElementsAre(problem_is(row.pointer, "the limit is " + std::to_string(row.limit))));
}

constexpr std::string_view kListenerItem =
    R"({"type": "http", "paths": [{"path": "/a"}], "entrypoints": [{"type": "http-proxy"}]})";
INSTANTIATE_TEST_SUITE_P(
    Definition, Limited,
    testing::Values(
        Limit{"Flows", "flows", "{}", &Slots::top, 1'000, "/flows"},
        Limit{"PlanFlows", "flows", "{}", &Slots::plan, 1'000, "/plans/0/flows"},
        Limit{"Steps", "response", R"({"policy": "mock"})", &Slots::flow, 1'000,
              "/flows/0/response"},
        Limit{"Selectors", "selectors", R"({"type": "http"})", &Slots::flow, 1'000,
              "/flows/0/selectors"},
        Limit{"Paths", "paths", "{}", &Slots::listener, 1'000, "/listeners/0/paths"},
        Limit{"Listeners", "listeners", kListenerItem, &Slots::top, 1'000, "/listeners"},
        Limit{"Groups", "endpointGroups", R"({"name": "g", "type": "http-proxy"})", &Slots::top,
              1'000, "/endpointGroups"},
        Limit{"Properties", "properties", R"({"key": "k"})", &Slots::top, 10'000, "/properties"},
        Limit{"Tags", "tags", "\"t\"", &Slots::top, 1'000, "/tags"}),
    [](const testing::TestParamInfo<Limit>& info) { return std::string(info.param.name); });

std::string group_with(std::size_t endpoints) {
  return R"({"name": "g", "type": "http-proxy", "endpoints": )" +
         repeated(R"({"name":"e","type":"http-proxy","configuration":{"target":"http://a"}})",
                  endpoints) +
         "}";
}

TEST(Limits, CountEndpointsOverAllGroups) {
  auto with = [](std::size_t a, std::size_t b) {
    std::string groups = member("endpointGroups", "[" + group_with(a) + "," + group_with(b) + "]");
    return read_api(definition({.top = groups}));
  };
  EXPECT_TRUE(with(5'000, 5'000).api);
  EXPECT_THAT(errors(with(5'000, 5'001).problems),
              testing::ElementsAre(problem_is("/endpointGroups", "more than 10000 endpoints")));
}

TEST(Limits, CountFlowsAndStepsOverAllPlans) {
  auto plans = [](std::string_view flow, std::size_t flows, std::size_t count) {
    std::string plan = R"({"id": "p", "name": "p", "status": "published",)"
                       R"("security": {"type": "key-less"}, "flows": )" +
                       repeated(flow, flows) + "}";
    return member("plans", repeated(plan, count));
  };
  EXPECT_THAT(errors(read_api(definition({.top = plans("{}", 999, 10)})).problems),
              testing::IsEmpty());
  EXPECT_THAT(errors(read_api(definition({.top = plans("{}", 1'000, 11)})).problems),
              testing::Contains(problem_is("/plans/10/flows", "the limit is 10000")));
  std::string flow = "{" + member("request", repeated(R"({"policy": "mock"})", 1'000)) + "}";
  EXPECT_THAT(errors(read_api(definition({.top = plans(flow, 10, 6)})).problems),
              testing::Contains(problem_is("/plans/5/flows/0/request", "the limit is 50000")));
}

TEST(Limits, CountPathsOverAllListeners) {
  std::string listener = R"({"type": "http", "paths": )" + repeated("{}", 600) +
                         R"(, "entrypoints": [{"type": "http-proxy"}]})";
  std::string listeners = member("listeners", "[" + listener + "," + listener + "]");
  EXPECT_THAT(errors(read_api(definition({.top = listeners})).problems),
              testing::ElementsAre(problem_is("/listeners", "1200 paths in all")));
}

TEST(Limits, CountResponseTemplatesOverAllKeys) {
  std::string templates = "{";
  for (int i = 0; i < 1'001; ++i) {
    templates += (i ? ",\"" : "\"") + std::to_string(i) + R"(": {"*/*": {"status": 500}})";
  }
  std::string top = member("responseTemplates", templates + "}");
  EXPECT_THAT(errors(read_api(definition({.top = top})).problems),
              testing::ElementsAre(problem_is("/responseTemplates", "more than 1000 templates")));
}

TEST(Limits, BoundTheBytes) {
  ReadOptions options;
  options.limits.definition_bytes_max = 100;
  EXPECT_THAT(read_api(definition({}), options).problems,
              Contains(problem_is("", "the limit is 100")));
}

TEST(Limits, BoundTheBytesOfWhateverCarriesADefinition) {
  EnvelopeOptions options;
  options.read.limits.definition_bytes_max = 100;
  std::string bare = definition({});
  EXPECT_THAT(read_envelope(bare, options).problems, Contains(problem_is("", "the limit is 100")));
  std::string in_string = R"({"id": "a1", "definition": )" + json_quoted(bare) + "}";
  EXPECT_THAT(errors(read_envelope(in_string, options).problems),
              testing::ElementsAre(problem_is("/definition", "100")));
  options.read.limits.file_bytes_max = 50;
  EXPECT_THAT(errors(read_envelope(bare, options).problems),
              testing::ElementsAre(problem_is("", "50")));
}

TEST(Limits, BoundTheDepth) {
  std::string deep = std::string(200, '[') + std::string(200, ']');
  Parsed parsed = read_api(definition({.step = member("configuration", deep)}));
  EXPECT_FALSE(parsed.api);
  EXPECT_THAT(parsed.problems, Contains(problem_is("", "not valid JSON")));
  // The same inside a string, and a string inside a string inside a string.
  std::string in_string = member("configuration", "\"" + deep + "\"");
  EXPECT_THAT(errors(read_api(definition({.step = in_string})).problems),
              Contains(problem_is("/flows/0/request/0/configuration", "valid JSON")));
}

TEST(Limits, BoundTheListOfProblems) {
  std::string members;
  for (int i = 0; i < 100'000; ++i) {
    members += (i ? ",\"" : "\"") + std::string("unknown") + std::to_string(i) + "\": 0";
  }
  Parsed parsed = read_api(definition({.step = members}));
  EXPECT_TRUE(parsed.api);
  EXPECT_THAT(parsed.problems, SizeIs(Problems::kListedMax + 1));
  EXPECT_EQ(parsed.problems.back().message, "99900 more warnings are not listed");

  Parsed wrong = read_api(definition({.top = member("flows", repeated("0", 1'000))}));
  EXPECT_FALSE(wrong.api);
  EXPECT_THAT(errors(wrong.problems), SizeIs(Problems::kListedMax + 1));
  EXPECT_EQ(errors(wrong.problems).back().message, "900 more errors are not listed");
}

TEST(Limits, BoundTheListOfProblemsOfEndpointsThatAreLeftOut) {
  std::string groups = member(
      "endpointGroups", R"([{"name": "g", "type": "http-proxy", "endpoints": )" +
                            repeated(R"({"name": "e", "type": "http-proxy"})", 10'000) + "}]");
  Parsed parsed = read_api(definition({.top = groups}));
  ASSERT_TRUE(parsed.api) << printed(errors(parsed.problems));
  EXPECT_THAT(warnings(parsed.problems), SizeIs(Problems::kListedMax + 1));
  // Of each endpoint what is missing and that it is left out, and one for the member that stands
  // twice.
  EXPECT_EQ(parsed.problems.back().message, "19901 more warnings are not listed");
}

TEST(Limits, StillListAnErrorAfterManyWarnings) {
  std::string members;
  for (int i = 0; i < 500; ++i) members += "\"u" + std::to_string(i) + "\": 0,";
  Parsed parsed =
      read_api(definition({.listener = members + R"("x": 0)", .step = R"("policy": "")"}));
  EXPECT_THAT(errors(parsed.problems),
              testing::ElementsAre(problem_is("/flows/0/request/0/policy", "blank")));
}

// Below a long name every pointer is as long; of a hundred of them there would be hundreds of MB.
TEST(Limits, BoundTheTextsOfProblems) {
  std::string many = member("x", "1");
  for (int i = 0; i < 200; ++i)
    many += "," + member("x", "1") + "," + member("y" + std::to_string(i), "1");
  std::string name(500'000, 'n');
  std::string text = "{" + member(name, "{" + many + "}") + "}";
  std::string policy = R"({"policy": ")" + name + R"("})";
  Slots slots;
  std::string analytics = member("analytics", "{" + member("logging", text) + "}");
  slots.top = analytics;
  for (const Problem& problem : read_api(definition(slots)).problems) {
    EXPECT_LE(problem.pointer.size(), Problems::kTextBytesMax);
    EXPECT_LE(problem.message.size(), Problems::kTextBytesMax);
  }
}

TEST(Limits, CutLongValuesInMessages) {
  std::string value = "\"" + std::string(100'000, 'x') + "\"";
  Parsed parsed = read_api(definition({.top = member("flowExecution", value)}));
  ASSERT_THAT(errors(parsed.problems), SizeIs(1));
  EXPECT_LT(errors(parsed.problems)[0].message.size(), 200u);
}

}  // namespace
}  // namespace perigee::definition
