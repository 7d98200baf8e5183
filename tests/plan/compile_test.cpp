// What a definition becomes: flows, plans, listeners, facts.
#include <algorithm>

#include "tests/plan/support/workshop.hpp"

namespace perigee::plan {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> names_of(const std::vector<SecuredPlan>& plans) {
  std::vector<std::string> names;
  for (const SecuredPlan& plan : plans) names.push_back(plan.name);
  return names;
}

TEST(Compile, TheFactsOfAnApi) {
  Workshop shop;
  auto revision = shop.revision({.top = R"("properties": [{"key": "z", "value": "26"},
                                                          {"key": "a", "value": "1"}])"});
  const policy::ApiInfo& info = revision->info;
  EXPECT_EQ(info.id, "a1");
  EXPECT_EQ(info.name, "orders");
  EXPECT_EQ(info.version, "1");
  EXPECT_EQ(info.environment_id, "DEFAULT");
  EXPECT_EQ(info.organization_id, "DEFAULT");
  ASSERT_TRUE(info.has_properties);
  EXPECT_EQ(policy::find_by_name(info.properties, "a")->value, "1");
  EXPECT_EQ(policy::find_by_name(info.properties, "z")->value, "26");
  EXPECT_EQ(policy::find_by_name(info.properties, "b"), nullptr);
  EXPECT_EQ(policy::find_by_name(info.endpoint_references, "main")->value, "main:");
  EXPECT_EQ(policy::find_by_name(info.endpoint_references, "one")->value, "one:");
  EXPECT_EQ(revision->source, "file.json");
  EXPECT_FALSE(revision->revision.empty());
  EXPECT_NE(revision->definition.find(R"("id":"a1")"), std::string::npos);
  EXPECT_FALSE(shop.revision()->info.has_properties);
}

TEST(Compile, Listeners) {
  Workshop shop;
  auto revision = shop.revision(
      {.listener = R"("servers": ["intern"])", .path = R"("host": "A.Example", "path": "//x")"});
  ASSERT_EQ(revision->listeners->size(), 1u);
  EXPECT_EQ(revision->listeners->at(0).host, "a.example");
  EXPECT_EQ(revision->listeners->at(0).path, "/x/");
  EXPECT_THAT(revision->listeners->at(0).servers, ElementsAre("intern"));
}

TEST(Compile, APropertyThatStandsTwiceKeepsAllFromBeingRead) {
  Workshop shop;
  auto twice = shop.revision({.top = R"("properties": [{"key": "a", "value": "1"}, {"key": "b"},
                                                       {"key": "a", "value": "1"}])"});
  EXPECT_EQ(twice->info.properties_fault, "no property can be read: the key 'a' stands twice");
  auto once = shop.revision({.top = R"("properties": [{"key": "a"}, {"key": "A"}])"});
  EXPECT_EQ(once->info.properties_fault, "");
}

TEST(Compile, AnEntrypointOfAnyListenerIsOne) {
  constexpr std::string_view kTwo = R"("listeners": [
      {"type": "http", "paths": [{"path": "/x"}]},
      {"type": "http", "paths": [{"path": "/y"}], "entrypoints": [{"type": "http-proxy"}]}])";
  Workshop shop;
  EXPECT_TRUE(shop.revision()->has_entrypoint);
  EXPECT_TRUE(shop.revision({.top = kTwo})->has_entrypoint);
  EXPECT_FALSE(shop.revision({.listener = R"("entrypoints": [])"})->has_entrypoint);
}

TEST(Compile, APatternOfHostsIsWarnedOfWhereItIsNone) {
  Workshop shop;
  const Slots pattern{.path = R"("host": "*.Example.com")"};
  EXPECT_THAT(warnings(shop.compile(pattern).problems),
              ElementsAre(problem_is("/listeners/0/paths/0/host",
                                     "'*.example.com' fits no host: it is a pattern only with "
                                     "api.allowOverlappingContext: true")));
  EXPECT_THAT(warnings(shop.compile(Slots{.path = R"("host": "a.example.com")"}).problems),
              IsEmpty());
  shop.context.overlapping = true;
  EXPECT_THAT(warnings(shop.compile(pattern).problems), IsEmpty());
}

TEST(Compile, Methods) {
  struct Row {
    std::string_view selector;
    std::vector<http::Method> selected;
    std::vector<http::Method> others;
  };
  using enum http::Method;
  const Row rows[] = {
      {"", {get, post, del, other}, {}},
      {R"("methods": [])", {get, post, other}, {}},
      {R"("methods": ["GET"])", {get}, {head, post, other}},
      {R"("methods": ["delete", "OPTIONS", "TRACE"])", {del, options, trace}, {get, connect}},
      {R"("methods": ["CONNECT", "HEAD", "PATCH", "PUT"])", {connect, head, patch, put}, {post}},
      {R"("methods": ["OTHER"])", {other}, {get, del}},
  };
  Workshop shop;
  for (const Row& row : rows) {
    auto revision = shop.revision({.selector = row.selector});
    const Flow& flow = revision->flows.flows.at(0);
    for (http::Method method : row.selected)
      EXPECT_TRUE(flow.methods & method_bit(method)) << row.selector << http::to_string(method);
    for (http::Method method : row.others)
      EXPECT_FALSE(flow.methods & method_bit(method)) << row.selector << http::to_string(method);
  }
}

TEST(Compile, PathsOfFlows) {
  Workshop shop;
  EXPECT_FALSE(shop.revision()->flows.flows[0].path) << "every path needs no pattern";
  auto revision = shop.revision({.selector = R"("path": "/x", "pathOperator": "EQUALS")"});
  ASSERT_TRUE(revision->flows.flows[0].path);
  EXPECT_TRUE(revision->flows.flows[0].path->matches("/x"));
  EXPECT_FALSE(revision->flows.flows[0].path->matches("/xy"));
}

TEST(Compile, StepsOfAllFlowsStandInOneRow) {
  Workshop shop;
  auto compiled = shop.compile({.top = R"("flows": [
      {"name": "first", "request": [{"policy": "mark", "name": "a"},
                                    {"policy": "mark", "name": "off", "enabled": false},
                                    {"policy": "mark", "name": "b"}]},
      {"name": "off", "enabled": false, "request": [{"policy": "nowhere"}]},
      {"name": "last", "request": [{"policy": "mark", "name": "c"}],
       "response": [{"policy": "mark", "name": "d"}]}])"});
  ASSERT_TRUE(compiled.revision) << printed(compiled.problems);
  const FlowChain& chain = compiled.revision->flows;
  ASSERT_EQ(chain.flows.size(), 2u);
  std::vector<std::string> names;
  for (const Step& step : chain.request) names.push_back(step.name);
  EXPECT_THAT(names, ElementsAre("a", "b", "c"));
  EXPECT_EQ(chain.request[1].pointer, "/flows/0/request/2");
  EXPECT_EQ(chain.request[1].policy_id, "mark");
  const Flow &first = chain.flows[0], &last = chain.flows[1];
  EXPECT_EQ(first.request_begin, 0u);
  EXPECT_EQ(first.request_end, 2u);
  EXPECT_EQ(first.response_begin, first.response_end);
  EXPECT_EQ(last.request_begin, 2u);
  EXPECT_EQ(last.request_end, 3u);
  EXPECT_EQ(last.response_begin, 0u);
  EXPECT_EQ(last.response_end, 1u);
}

TEST(Compile, Conditions) {
  Workshop shop;
  auto revision = shop.revision({.flow = R"("selectors": [{"type": "condition",
                                    "condition": "{#request.content != ''}"}])",
                                 .step = R"("condition": "{#api.id == 'a1'}",
                                            "configuration": {"body": true})"});
  const Flow& flow = revision->flows.flows[0];
  ASSERT_TRUE(flow.condition);
  EXPECT_TRUE(flow.condition_needs.has(el::Needs::request_body));
  const Step& step = revision->flows.request[0];
  ASSERT_TRUE(step.condition);
  EXPECT_EQ(step.condition_needs.bits, 0);
  EXPECT_TRUE(step.needs.has(el::Needs::request_body));
}

TEST(Compile, ExpressionsOverTlsSayThatTheyNeedIt) {
  Workshop shop;
  auto revision = shop.revision({.flow = R"("selectors": [{"type": "condition",
                                    "condition": "{#request.ssl.clientHost != null}"}])",
                                 .step = R"("condition": "{#request.ssl.client.cn == 'a'}",
                                            "configuration": {"tls": true})"});
  const Step& step = revision->flows.request[0];
  EXPECT_TRUE(revision->flows.flows[0].condition_needs.has(el::Needs::tls));
  EXPECT_TRUE(step.condition_needs.has(el::Needs::tls));
  EXPECT_TRUE(step.needs.has(el::Needs::tls));
}

TEST(Compile, ABlankConditionIsNone) {
  Workshop shop;
  EXPECT_FALSE(shop.revision({.step = R"("condition": " \n ")"})->flows.request[0].condition);
}

TEST(Compile, AConditionThatCannotBeParsedIsDeployedAndToldOf) {
  Workshop shop;
  auto compiled = shop.compile({.step = R"("condition": "{#api.id ==}")"});
  ASSERT_TRUE(compiled.revision);
  EXPECT_THAT(warnings(compiled.problems),
              ElementsAre(problem_is("/flows/0/request/0/condition", "will fail whenever")));
  EXPECT_THAT(compiled.revision->warnings,
              ElementsAre(::testing::HasSubstr("/flows/0/request/0/condition")));
  EXPECT_TRUE(compiled.revision->flows.request[0].condition);
}

TEST(Compile, TheWarningsOfReadingAreThoseOfTheRevisionTooEachOnce) {
  Workshop shop;
  std::string text = definition::definition({});
  text.insert(text.find('{') + 1, R"("flowz": 1, "twin": 1, "twin": 2, "twin": 3,)");
  auto compiled = shop.compile(text);
  ASSERT_TRUE(compiled.revision);
  EXPECT_THAT(compiled.revision->warnings,
              ElementsAre("warning at /flowz: unknown member, ignored; did you mean 'flows'?",
                          "warning at /twin: unknown member, ignored",
                          "warning at /twin: the member stands twice; the last one counts"));
}

TEST(Compile, ServersThatTheConfigurationHasNotAreToldOf) {
  Workshop shop;
  Slots slots{.listener = R"("servers": ["internal", "nope", "extrenal"])"};
  EXPECT_THAT(warnings(shop.compile(slots).problems), IsEmpty()) << "nobody knows the servers";
  shop.context.servers = {"internal", "external"};
  auto compiled = shop.compile(slots);
  ASSERT_TRUE(compiled.revision);
  EXPECT_EQ(compiled.revision->listeners->at(0).servers.size(), 3u);
  EXPECT_THAT(
      warnings(compiled.problems),
      ElementsAre(problem_is("/listeners/0/servers/1",
                             "no server of the configuration has the id 'nope': no request "
                             "reaches the listener through it; known: 'internal', 'external'"),
                  problem_is("/listeners/0/servers/2", "; did you mean 'external'?; known: ")));
}

TEST(Compile, TheWarningsOfAPolicyAreToldAtTheirPointers) {
  Workshop shop;
  auto compiled = shop.compile({.step = R"("configuration": {"bdy": true})"});
  ASSERT_TRUE(compiled.revision);
  EXPECT_THAT(warnings(compiled.problems),
              ElementsAre(problem_is("/flows/0/request/0/configuration/bdy",
                                     "policy 'transform-headers': unknown member, ignored; did "
                                     "you mean 'body'?")));
  EXPECT_THAT(compiled.revision->warnings, ElementsAre(::testing::HasSubstr("configuration/bdy")));
  compiled = shop.compile({.step = R"("configuration": "{\"bdy\": true}")"});
  EXPECT_THAT(warnings(compiled.problems),
              ElementsAre(problem_is("/flows/0/request/0/configuration/bdy", "unknown member")));
}

TEST(Compile, AConditionIsWarnedOfNamesThatDoNotExist) {
  Workshop shop;
  auto compiled = shop.compile({.flow = R"("selectors": [{"type": "condition",
                                              "condition": "{#reqest.method == 'GET'}"}])",
                                .step = R"("condition": "{#request.metod == 'GET'}")"});
  ASSERT_TRUE(compiled.revision);
  EXPECT_THAT(warnings(compiled.problems),
              ElementsAre(problem_is("/flows/0/selectors/0/condition", "did you mean 'request'?"),
                          problem_is("/flows/0/request/0/condition", "did you mean 'method'?")));
  EXPECT_THAT(compiled.revision->warnings,
              Contains(::testing::HasSubstr("did you mean 'request'?")));
}

TEST(Compile, AConditionWithoutAnExpressionIsToldOf) {
  Workshop shop;
  auto compiled = shop.compile({.step = R"("condition": "#request.method == 'GET'")"});
  ASSERT_TRUE(compiled.revision);
  EXPECT_THAT(warnings(compiled.problems),
              ElementsAre(problem_is("/flows/0/request/0/condition", "always the same text")));
}

std::string plan_text(std::string_view name, std::string_view more) {
  return R"({"id": ")" + std::string(name) + R"(", "name": ")" + std::string(name) + "\", " +
         std::string(more) + "}";
}

TEST(Compile, PlansStandInTheOrderOfTheirSecurity) {
  Workshop shop;
  std::string open = R"("status": "published", "security": {"type": "KEY_LESS"})";
  std::string early = R"("status": "deprecated", "security": {"type": "early"})";
  std::string closed = R"("status": "closed", "security": {"type": "unheard-of"})";
  std::string staging = R"("status": "staging", "security": {"type": "key-less"})";
  std::string push = R"("status": "published", "mode": "PUSH")";
  std::string plans = R"("plans": [)" + plan_text("open 1", open) + "," +
                      plan_text("closed", closed) + "," + plan_text("early 1", early) + "," +
                      plan_text("push", push) + "," + plan_text("open 2", open) + "," +
                      plan_text("staging", staging) + "," + plan_text("early 2", early) + "]";
  auto revision = shop.revision({.top = plans});
  EXPECT_THAT(names_of(revision->plans), ElementsAre("early 1", "early 2", "open 1", "open 2"));
}

TEST(Compile, PlansForOtherTagsAreLeftOut) {
  Workshop shop;
  shop.context.tags = definition::ShardingTags::parse("eu,!beta");
  std::string open = R"("status": "published", "security": {"type": "key-less"})";
  std::string plans =
      R"("tags": ["EU"], "plans": [)" + plan_text("us", open + R"(, "tags": ["us"])") + "," +
      plan_text("eu", open + R"(, "tags": ["eu"])") + "," +
      plan_text("beta", open + R"(, "tags": ["eu", "beta"])") + "," + plan_text("any", open) + "]";
  EXPECT_THAT(names_of(shop.revision({.top = plans})->plans), ElementsAre("eu", "any"));
}

TEST(Compile, AnApiForOtherTagsIsLeftOutWithoutAProblem) {
  Workshop shop;
  shop.context.tags = definition::ShardingTags::parse("eu");
  auto compiled = shop.compile(Slots{.top = R"("tags": ["us"])"});
  EXPECT_TRUE(compiled.left_out);
  EXPECT_FALSE(compiled.revision);
  EXPECT_TRUE(compiled.problems.empty());
}

TEST(Compile, AnApiWithoutADeployablePlanIsNotServed) {
  Workshop shop;
  auto compiled = shop.compile(Slots{.plan = R"("status": "closed")"});
  EXPECT_FALSE(compiled.revision);
  EXPECT_TRUE(compiled.no_plan);
  EXPECT_THAT(errors(compiled.problems), ElementsAre(problem_is("/plans", "is closed")));
}

TEST(Compile, FlowsOfPlans) {
  Workshop shop;
  auto revision = shop.revision({.plan = R"("flows": [{"name": "p",
                                    "response": [{"policy": "mark", "name": "r"}]}])"});
  ASSERT_EQ(revision->plans.size(), 1u);
  ASSERT_EQ(revision->plans[0].flows.flows.size(), 1u);
  EXPECT_EQ(revision->plans[0].flows.response.at(0).pointer, "/plans/0/flows/0/response/0");
}

TEST(Compile, MatchRequired) {
  Workshop shop;
  EXPECT_FALSE(shop.revision()->match_required);
  EXPECT_TRUE(
      shop.revision({.top = R"("flowExecution": {"matchRequired": true})"})->match_required);
}

// Policies get what they ask for when they are made.

std::unique_ptr<const policy::Policy> make_probe(policy::ConfigObject,
                                                 const policy::Services& services) {
  EXPECT_EQ(services.api.id, "a1");
  EXPECT_EQ(services.clock.wall(), FakeClock().wall());
  EXPECT_NE(services.counters, nullptr);
  EXPECT_NE(services.http, nullptr);
  EXPECT_NE(services.secrets, nullptr);
  struct State final : policy::WorkerState {
    explicit State(policy::Worker&) {}
  };
  services.slots.add<State>();
  return std::make_unique<const policy::Policy>();
}

struct NoCounters final : policy::Counters {
  Async<Result<policy::Count>> add(policy::Worker&, policy::CountRequest) override {
    return Result<policy::Count>(policy::Count{});
  }
  Async<Result<policy::Tokens>> take(policy::Worker&, policy::TokenRequest) override {
    return Result<policy::Tokens>(policy::Tokens{});
  }
};
struct NoHttp final : policy::HttpClient {
  Async<Result<policy::HttpAnswer>> call(policy::Worker&, policy::HttpCall) override {
    return Result<policy::HttpAnswer>(policy::HttpAnswer{});
  }
};
struct NoSecrets final : policy::Secrets {
  Result<std::string> resolve(std::string_view) const override { return std::string(); }
};

TEST(Compile, FactoriesGetTheServicesAndTheSlotsOfTheRevision) {
  NoCounters counters;
  NoHttp http;
  NoSecrets secrets;
  Workshop shop;
  shop.catalog.add({"probe", &make_probe});
  shop.context.counters = &counters;
  shop.context.http = &http;
  shop.context.secrets = &secrets;
  auto revision = shop.revision({.step = R"("policy": "probe")"});
  EXPECT_EQ(revision->slots.size(), 1u);
}

}  // namespace
}  // namespace perigee::plan
