// Sharding tags and which plans are deployed: api-definition.md 1.8 and 6.
#include "definition/sharding.hpp"

#include "tests/definition/support/definitions.hpp"

namespace perigee::definition {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ShardingTags, FollowTheFourRules) {
  struct {
    std::string_view setting;
    std::vector<std::string> tags;
    bool api, plan;
  } rows[] = {{"", {}, true, true},
              {"", {"x"}, true, true},
              {" , ", {"x"}, true, true},
              {"a", {}, false, true},
              {"a", {"b"}, false, false},
              {"a,b", {"c", "b"}, true, true},
              {"!c", {}, true, true},
              {"!c", {"c"}, false, false},
              {"!c", {"a"}, true, true},
              {"a,!c", {"a", "c"}, false, false},
              {"a, ! c", {"a"}, true, true},
              {"Été", {"ETE"}, true, true},
              {"produktion", {"Prod\xC3\xBCktion"}, true, true},
              {"straße", {"STRASSE"}, false, false},
              {"Łódź", {"lodz"}, true, true},
              {"e\xCC\x81t", {"ET"}, true, true}};
  for (auto& [setting, tags, api, plan] : rows) {
    ShardingTags sharding = ShardingTags::parse(setting);
    EXPECT_EQ(sharding.accepts(tags), api) << setting;
    EXPECT_EQ(sharding.accepts_plan(tags), plan) << setting;
  }
}

TEST(ShardingTags, TakeBytesThatAreNoUtf8AsTheyAre) {
  EXPECT_EQ(folded_tag("\xC3"), "\xC3");
  EXPECT_EQ(folded_tag("A\xFF\xC3Z"), "a\xFF\xC3z");
  EXPECT_EQ(folded_tag("\xE4\xB8\xAD"), "\xE4\xB8\xAD");
}

constexpr std::string_view kPlans = R"("plans": [
  {"id": "1", "name": "staging", "status": "staging", "security": {"type": "jwt"}},
  {"id": "2", "name": "published", "status": "published", "security": {"type": "jwt"}},
  {"id": "3", "name": "tagged", "status": "published", "tags": ["eu"], "security": {"type": "jwt"}},
  {"id": "4", "name": "deprecated", "status": "DEPRECATED", "security": {"type": "jwt"}},
  {"id": "5", "name": "closed", "status": "CLOSED", "security": {"type": "jwt"}},
  {"id": "6", "name": "push", "mode": "push", "status": "published"},
  {"id": "7", "name": "unknown", "security": {"type": "jwt"}}])";

std::vector<std::string> deployed(const Api& api, std::string_view tags) {
  std::vector<std::string> names;
  for (const ApiPlan* plan : deployable_plans(api, ShardingTags::parse(tags))) {
    names.push_back(plan->name);
  }
  return names;
}

TEST(Plans, AreDeployedByStatusModeAndTags) {
  Api api = api_of({.top = kPlans});
  EXPECT_THAT(deployed(api, ""), ElementsAre("published", "tagged", "deprecated"));
  EXPECT_THAT(deployed(api, "us"), ElementsAre("published", "deprecated"));
  EXPECT_THAT(deployed(api, "EU"), ElementsAre("published", "tagged", "deprecated"));
  EXPECT_THAT(deployed(api, "!eu"), ElementsAre("published", "deprecated"));
}

TEST(Plans, TellWhyNoneIsDeployable) {
  Api none = api_of({.top = R"("plans": [])"});
  EXPECT_EQ(
      no_deployable_plan(none, {}),
      "no deployable plan: the definition has no plan; add one, published and key-less, or set "
      "perigee.sync.local.openPlan, which gives one to such definitions");
  Api closed = api_of({.plan = R"("status": "closed")"});
  EXPECT_THAT(deployed(closed, ""), IsEmpty());
  EXPECT_EQ(no_deployable_plan(closed, {}), "no deployable plan: plan 'open' (/plans/0) is closed");
  Api tagged = api_of({.plan = R"("tags": ["eu"])"});
  EXPECT_EQ(no_deployable_plan(tagged, ShardingTags::parse("us")),
            "no deployable plan: plan 'open' (/plans/0) has none of this gateway's sharding tags");
}

}  // namespace
}  // namespace perigee::definition
