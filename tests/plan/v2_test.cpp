// What of v2 definitions is compiled in another way than of v4.
#include "policies/catalog.hpp"
#include "tests/definition/support/v2_definitions.hpp"
#include "tests/plan/support/workshop.hpp"

namespace perigee::plan {
namespace {

using namespace testing;
using definition::v2_definition;
using definition::V2Slots;
using ::testing::Contains;

TEST(V2, KeepsItsEngineInMind) {
  Workshop shop;
  Compiled old = shop.compile(v2_definition({}));
  ASSERT_TRUE(old.revision) << printed(old.problems);
  EXPECT_TRUE(old.revision->is_v2);
  EXPECT_TRUE(old.revision->info.old_engine);
  Compiled emulated = shop.compile(v2_definition({.top = R"("execution_mode": "jupiter")"}));
  ASSERT_TRUE(emulated.revision) << printed(emulated.problems);
  EXPECT_TRUE(emulated.revision->is_v2);
  EXPECT_FALSE(emulated.revision->info.old_engine);
}

TEST(V2, RetriesWithoutABreaker) {
  Workshop shop;
  Compiled compiled = shop.compile(
      v2_definition({.proxy = R"("failover": {"maxAttempts": 3, "retryTimeout": 500})"}));
  ASSERT_TRUE(compiled.revision) << printed(compiled.problems);
  ASSERT_TRUE(compiled.revision->failover);
  EXPECT_EQ(compiled.revision->failover->retries_max, 3);
  EXPECT_EQ(compiled.revision->failover->attempt_limit, 500ms);
  EXPECT_EQ(compiled.revision->failover->failures_max, 0u);
}

TEST(V2, RefusesGrpcByTypeToo) {
  Workshop shop;
  Compiled compiled = shop.compile(v2_definition({.endpoint = R"("type": "GRPC")"}));
  EXPECT_THAT(errors(compiled.problems),
              ElementsAre(problem_is("/proxy/groups/0/endpoints/0", "gRPC")))
      << printed(compiled.problems);
}

TEST(V2, TellsWhereItsMembersStand) {
  struct {
    V2Slots slots;
    std::string_view pointer;
  } rows[] = {{{.plan = R"("security": "JWT")"}, "/plans/0/security"},
              {{.step = R"("policy": "nowhere")"}, "/flows/0/pre/0/policy"},
              {{.endpoint = R"("http": {"version": "HTTP_2"})"},
               "/proxy/groups/0/endpoints/0/http/version"}};
  for (auto& [slots, pointer] : rows) {
    Workshop shop;
    Compiled compiled = shop.compile(v2_definition(slots));
    EXPECT_THAT(errors(compiled.problems), ElementsAre(problem_is(pointer, "")))
        << printed(compiled.problems);
  }
}

struct MisplacedStep {
  std::string flow;
  std::string_view pointer, message;
};

void expect_warning(const MisplacedStep& row) {
  Workshop shop;
  shop.catalog = policies::catalog();
  Compiled compiled = shop.compile(v2_definition({.flow = row.flow}));
  EXPECT_TRUE(compiled.revision);
  EXPECT_THAT(warnings(compiled.problems), Contains(problem_is(row.pointer, row.message)))
      << printed(compiled.problems);
}

// Policies that act in one phase only (their manifests say which).
TEST(V2, WarnsOfAStepThatDoesNothingInItsPhase) {
  const MisplacedStep rows[] = {
      {R"("post": [{"policy": "latency", "configuration": {}}])", "/flows/0/post/0/policy",
       "policy 'latency' does nothing here: it acts in the request phase"},
      {R"("pre": [{"policy": "url-rewriting", "configuration": {"fromRegex": "a",
          "toReplacement": "b"}}])",
       "/flows/0/pre/0/policy", "it acts in the response phase"}};
  for (const MisplacedStep& row : rows) expect_warning(row);
}

TEST(V2, WarnsOfAStepThatStandsInTheOtherPhaseThanItsScope) {
  constexpr const char* kStep = R"({"policy": "transform-headers", "configuration": {)";
  const MisplacedStep rows[] = {
      {R"("post": [)" + std::string(kStep) + "}}]", "/flows/0/post/0/configuration/scope",
       "its scope is the request, which is the default, and it stands in the response phase"},
      {R"("pre": [)" + std::string(kStep) + R"("scope": "RESPONSE"}}])",
       "/flows/0/pre/0/configuration/scope", "write REQUEST"}};
  for (const MisplacedStep& row : rows) expect_warning(row);
}

TEST(V2, TellsWhereItsSelectionRuleStands) {
  Workshop shop;
  Compiled compiled = shop.compile(v2_definition({.plan = R"("selection_rule": "{#a(")"}));
  EXPECT_THAT(warnings(compiled.problems),
              Contains(problem_is("/plans/0/selection_rule", "will fail")))
      << printed(compiled.problems);
}

}  // namespace
}  // namespace perigee::plan
