// Which definition of which source is served, and what is kept when a new one is refused.
#include "tests/plan/support/deployments.hpp"

#include "base/log.hpp"
#include "tests/base/support/captured_log.hpp"

namespace perigee::plan {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kBroken = R"("policy": "nowhere")";

TEST_F(DeploymentsTest, TheFirstPublishGivesAPlanEvenOfNothing) {
  EXPECT_THAT(served(), IsEmpty());
  EXPECT_EQ(published, 1);
  deployments.publish();
  EXPECT_EQ(published, 1) << "nothing has changed";
}

TEST_F(DeploymentsTest, AddChangeRemove) {
  apply("x", {});
  EXPECT_THAT(served(), ElementsAre("a1@x"));
  const ApiRevision* first = find("a1");
  apply("x", {.top = R"("name": "changed")"});
  EXPECT_THAT(served(), ElementsAre("a1@x"));
  EXPECT_NE(find("a1"), first);
  EXPECT_EQ(find("a1")->info.name, "changed");
  EXPECT_EQ(deployments.deployed(), 1u);
  deployments.remove("x");
  EXPECT_THAT(served(), IsEmpty());
  EXPECT_EQ(deployments.deployed(), 0u);
  EXPECT_EQ(published, 3);
}

TEST_F(DeploymentsTest, WhatIsSeenAgainIsNotCompiledAgain) {
  apply("x", {});
  served();
  const ApiRevision* first = find("a1");
  apply("x", {});
  served();
  EXPECT_EQ(find("a1"), first);
  EXPECT_EQ(published, 1);
}

TEST_F(DeploymentsTest, AnotherContentOfTheSameDeploymentNumberIsAChange) {
  apply_text("x", event("PUBLISH_API", definition::definition({})));
  served();
  EXPECT_EQ(find("a1")->revision, "7");
  apply_text("x", event("PUBLISH_API", definition::definition({.top = R"("name": "new")"})));
  served();
  EXPECT_EQ(find("a1")->info.name, "new");
}

TEST_F(DeploymentsTest, ARefusedDefinitionKeepsThePreviousOne) {
  apply("x", {});
  served();
  const ApiRevision* first = find("a1");
  apply("x", {.step = kBroken});
  served();
  EXPECT_EQ(find("a1"), first);
  ASSERT_EQ(plan->refusals().size(), 1u);
  const Refusal& refusal = plan->refusals()[0];
  EXPECT_EQ(refusal.source, "x");
  EXPECT_EQ(refusal.api_id, "a1");
  EXPECT_EQ(refusal.api_name, "orders");
  EXPECT_TRUE(refusal.previous_serves);
  EXPECT_THAT(refusal.reasons, ElementsAre(HasSubstr("error at /flows/0/request/0/policy: ")));
}

TEST_F(DeploymentsTest, WhatCannotBeReadKeepsThePreviousOne) {
  apply("x", {});
  apply_text("x", "{ half of a fi");
  EXPECT_THAT(served(), ElementsAre("a1@x"));
  ASSERT_EQ(plan->refusals().size(), 1u);
  EXPECT_TRUE(plan->refusals()[0].previous_serves);
  deployments.refuse("x", "cannot be opened");
  served();
  EXPECT_THAT(plan->refusals()[0].reasons, ElementsAre("cannot be opened"));
  EXPECT_EQ(plan->refusals()[0].api_id, "a1");
  EXPECT_EQ(find("a1")->source, "x");
}

TEST_F(DeploymentsTest, WhatIsNoJsonIsToldWithFileLineAndColumn) {
  log::testing::CapturedLog log;
  apply_text("apis/x.json", "{\n  \"id\": }");
  served();
  const std::string told = "apis/x.json:2:9: not valid JSON: found '}', expected a value";
  ASSERT_EQ(plan->refusals().size(), 1u);
  EXPECT_THAT(plan->refusals()[0].reasons, ElementsAre(told));
  std::string lines = log.take();
  EXPECT_THAT(lines, HasSubstr(" - " + told + "\n"));
  EXPECT_EQ(lines.find("JSON"), lines.rfind("JSON")) << "once: " << lines;
}

TEST_F(DeploymentsTest, WarningsOfReadingAreInThePlan) {
  std::string text = definition::definition({});
  text.insert(text.find('{') + 1, R"("flowz": 1,)");
  apply_text("x", text);
  served();
  EXPECT_THAT(find("a1")->warnings,
              ElementsAre("warning at /flowz: unknown member, ignored; did you mean 'flows'?"));
}

TEST_F(DeploymentsTest, ARefusalEndsWithTheNextGoodDefinition) {
  apply("x", {.step = kBroken});
  EXPECT_THAT(served(), IsEmpty());
  ASSERT_EQ(plan->refusals().size(), 1u);
  EXPECT_FALSE(plan->refusals()[0].previous_serves);
  apply("x", {});
  EXPECT_THAT(served(), ElementsAre("a1@x"));
  EXPECT_THAT(plan->refusals(), IsEmpty());
}

TEST_F(DeploymentsTest, TheFormerContentAfterARefusalEndsTheRefusal) {
  apply("x", {});
  apply("x", {.step = kBroken});
  apply("x", {});
  served();
  EXPECT_THAT(plan->refusals(), IsEmpty());
}

TEST_F(DeploymentsTest, ARemovedSourceTakesItsRefusalAlong) {
  apply("x", {.step = kBroken});
  deployments.remove("x");
  served();
  EXPECT_THAT(plan->refusals(), IsEmpty());
  deployments.remove("never heard of");
}

TEST_F(DeploymentsTest, OthersServeOnWhenOneIsRefused) {
  apply("x", {});
  apply("y", {.top = R"("id": "a2")", .step = kBroken});
  apply("z", {.top = R"("id": "a3")", .path = R"("path": "/z")"});
  EXPECT_THAT(served(), ElementsAre("a1@x", "a3@z"));
}

TEST_F(DeploymentsTest, OfTwoSourcesWithOneIdTheFirstIsServed) {
  apply("x", {});
  apply("y", {.top = R"("name": "second")"});
  EXPECT_THAT(served(), ElementsAre("a1@x"));
  ASSERT_EQ(plan->refusals().size(), 1u);
  EXPECT_EQ(plan->refusals()[0].source, "y");
  EXPECT_THAT(plan->refusals()[0].reasons, ElementsAre("API id 'a1' is already deployed from x"));
}

TEST_F(DeploymentsTest, TheSecondIsServedWhenTheFirstGoes) {
  apply("x", {});
  apply("y", {.top = R"("name": "second")"});
  apply("z", {.top = R"("name": "third")"});
  deployments.remove("x");
  EXPECT_THAT(served(), ElementsAre("a1@y"));
  EXPECT_EQ(find("a1")->info.name, "second");
  ASSERT_EQ(plan->refusals().size(), 1u);
  EXPECT_THAT(plan->refusals()[0].reasons, ElementsAre("API id 'a1' is already deployed from y"));
}

TEST_F(DeploymentsTest, TheNextInLineIsServedWhenTheSecondIsRefused) {
  apply("x", {});
  apply("y", {.step = kBroken});
  apply("z", {.top = R"("name": "third")"});
  deployments.remove("x");
  EXPECT_THAT(served(), ElementsAre("a1@z"));
}

TEST_F(DeploymentsTest, TheSecondIsServedWhenTheFirstBecomesAnotherApi) {
  apply("x", {});
  apply("y", {.path = R"("path": "/y")"});
  apply("x", {.top = R"("id": "a2")"});
  EXPECT_THAT(served(), ElementsAre("a2@x", "a1@y"));
  EXPECT_THAT(plan->refusals(), IsEmpty());
}

TEST_F(DeploymentsTest, ASourceKeepsItsApiWhenItsNewIdIsTaken) {
  apply("x", {});
  apply("y", {.top = R"("id": "a2")"});
  apply("y", {});
  EXPECT_THAT(served(), ElementsAre("a1@x", "a2@y"));
  EXPECT_TRUE(plan->refusals().at(0).previous_serves);
  deployments.remove("x");
  EXPECT_THAT(served(), ElementsAre("a1@y"));
}

TEST_F(DeploymentsTest, ARenamedSourceKeepsEndpoints) {
  apply("x", {});
  served();
  auto endpoint = find("a1")->groups[0].backends[0].endpoint.get();
  deployments.remove("x");
  apply("y", {});
  EXPECT_THAT(served(), ElementsAre("a1@y"));
  EXPECT_EQ(find("a1")->groups[0].backends[0].endpoint.get(), endpoint);
}

TEST_F(DeploymentsTest, EventsAndLifecyclesUndeploy) {
  std::string definition = definition::definition({});
  for (const std::string& text :
       {event("UNPUBLISH_API", definition), event("STOP_API", definition),
        event("PUBLISH_API", definition, R"("lifecycleState": "STOPPED", )"),
        std::string(
            R"({"apiEvent": {"type": "UNPUBLISH_API", "properties": {"api_id": "a1"}}})")}) {
    apply_text("x", event("PUBLISH_API", definition, R"("lifecycleState": "STARTED", )"));
    EXPECT_THAT(served(), ElementsAre("a1@x"));
    apply_text("x", text);
    EXPECT_THAT(served(), IsEmpty()) << text;
    EXPECT_THAT(plan->refusals(), IsEmpty());
  }
}

TEST_F(DeploymentsTest, AnApiThatLosesItsLastPlanIsUndeployedAndToldOf) {
  apply("x", {});
  apply("x", {.plan = R"("status": "closed")"});
  EXPECT_THAT(served(), IsEmpty());
  ASSERT_EQ(plan->refusals().size(), 1u);
  EXPECT_FALSE(plan->refusals()[0].previous_serves);
  EXPECT_THAT(plan->refusals()[0].reasons, ElementsAre(HasSubstr("no deployable plan")));
}

TEST_F(DeploymentsTest, AnApiThatIsNoLongerForThisGatewayIsUndeployed) {
  shop.context.tags = definition::ShardingTags::parse("eu");
  Deployments tagged(shop.context, false,
                     [this](std::shared_ptr<const Plan> next) { plan = std::move(next); });
  tagged.apply("x", envelope_of(definition::definition({.top = R"("tags": ["eu"])"})));
  tagged.publish();
  EXPECT_EQ(plan->revisions().size(), 1u);
  tagged.apply("x", envelope_of(definition::definition({.top = R"("tags": ["us"])"})));
  tagged.publish();
  EXPECT_THAT(plan->revisions(), IsEmpty());
  EXPECT_THAT(plan->refusals(), IsEmpty());
}

TEST_F(DeploymentsTest, AccessPointsHaveALimit) {
  apply("x", {});
  auto add = [&](std::size_t number) {
    std::string name = "p" + std::to_string(number);
    std::string text = R"({"type": "DEPLOY_ACCESS_POINT", "payload": {"id": ")" + name +
                       R"(", "referenceId": "DEFAULT", "target": "GATEWAY", "host": ")" + name +
                       "\"}}";
    deployments.apply(name, definition::read_envelope(text, {.apis_only = false}));
  };
  constexpr std::size_t kLimit = 1000;
  for (std::size_t i = 0; i < kLimit; ++i) add(i);
  served();
  EXPECT_THAT(plan->refusals(), IsEmpty());
  add(kLimit);
  add(0);  // one of those that are there
  served();
  ASSERT_EQ(plan->refusals().size(), 1u);
  EXPECT_EQ(plan->refusals()[0].source, "p1000");
  EXPECT_THAT(plan->refusals()[0].reasons, ElementsAre(HasSubstr("1000 access points")));
  deployments.remove("p5");
  add(kLimit);
  served();
  EXPECT_THAT(plan->refusals(), IsEmpty());
}

// A redeploy among thousands of APIs must not cost more than alone.
TEST_F(DeploymentsTest, TheIndexOutlivesARedeployOnTheSamePaths) {
  apply("x", {});
  apply("y", {.top = R"("id": "a2")", .path = R"("path": "/y")"});
  served();
  std::shared_ptr<const Plan> first = plan;
  apply("x", {.top = R"("name": "changed")"});
  served();
  EXPECT_EQ(&plan->routes(), &first->routes());
  first.reset();
  const Route* route = plan->routes().match("h", "/orders", "");
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(plan->revisions()[route->revision]->info.name, "changed");
  EXPECT_EQ(route->listener, &find("a1")->listeners->front());
  EXPECT_EQ(find("a2")->info.id, "a2");
}

TEST_F(DeploymentsTest, TheIndexIsMadeAnewWhenItMust) {
  auto access_point = [&](const std::string& type) {
    deployments.apply("point", definition::read_envelope(R"({"type": ")" + type + R"(", "payload":
        {"id": "p", "referenceId": "DEFAULT", "target": "GATEWAY", "host": "other"}})",
                                                         {.apis_only = false}));
  };
  apply("x", {});
  served();
  apply("x", {.path = R"("path": "/moved")"});
  served();
  EXPECT_EQ(answering("/orders"), "");
  EXPECT_EQ(answering("/moved"), "a1");
  access_point("DEPLOY_ACCESS_POINT");
  served();
  EXPECT_EQ(answering("/moved"), "") << "only by the name of the access point";
  access_point("UNDEPLOY_ACCESS_POINT");
  served();
  EXPECT_EQ(answering("/moved"), "a1");
  apply("x", {.top = R"("id": "a3")", .path = R"("path": "/moved")"});
  served();
  EXPECT_EQ(find("a1"), nullptr);
  EXPECT_EQ(answering("/moved"), "a3");
  apply("a-before", {.top = R"("id": "a0")", .path = R"("path": "/zero")"});
  served();
  EXPECT_EQ(answering("/moved"), "a3");
  EXPECT_EQ(answering("/zero"), "a0");
  deployments.remove("a-before");
  served();
  EXPECT_EQ(answering("/moved"), "a3");
  EXPECT_EQ(answering("/zero"), "");
}

TEST_F(DeploymentsTest, AnApiKeepsItsPathWhateverTheNameOfANewcomer) {
  apply("x", {});
  served();
  apply("aaa-new", {.top = R"("id": "a0")"});
  EXPECT_THAT(served(), ElementsAre("a0@aaa-new", "a1@x"));
  EXPECT_EQ(answering("/orders"), "a1");
  ASSERT_EQ(plan->routes().warnings().size(), 1u);
  EXPECT_THAT(plan->routes().warnings_of(0)[0].text,
              HasSubstr("API a0 (aaa-new): path '/orders/' on any host is already served by API a1 "
                        "(x), which goes on answering"));
}

TEST_F(DeploymentsTest, AnApiKeepsItsPathWithItsNextVersionsAndItsFilesNextName) {
  apply("x", {});
  apply("aaa-new", {.top = R"("id": "a0")"});
  served();
  apply("x", {.top = R"("name": "changed")"});
  served();
  EXPECT_EQ(answering("/orders"), "a1");
  deployments.remove("x");
  apply("z", {});
  served();
  EXPECT_EQ(answering("/orders"), "a1");
}

TEST_F(DeploymentsTest, ANewPathOfAnOldApiIsANewcomer) {
  apply("x", {.path = R"("path": "/x")"});
  apply("y", {.top = R"("id": "a2")"});
  apply("x", {});
  served();
  EXPECT_EQ(answering("/orders"), "a2");
}

TEST_F(DeploymentsTest, APathIsFreeWhenItsApiIsGone) {
  apply("x", {});
  apply("y", {.top = R"("id": "a2")"});
  served();
  deployments.remove("x");
  served();
  EXPECT_EQ(answering("/orders"), "a2");
  EXPECT_THAT(plan->routes().warnings(), IsEmpty());
  apply("x", {});
  served();
  EXPECT_EQ(answering("/orders"), "a2") << "a1 comes back as a newcomer";
}

TEST_F(DeploymentsTest, APathKeepsItsClaimOnFewerServersButNotOnMore) {
  auto on = [&](const std::string& source, const std::string& id, const std::string& servers) {
    apply(source, {.top = R"("id": ")" + id + '"', .listener = R"("servers": )" + servers});
  };
  on("x", "a1", R"(["one", "two"])");
  on("a", "a0", R"(["two", "three"])");
  on("x", "a1", R"(["two"])");
  served();
  EXPECT_EQ(answering("/orders", "two"), "a1");
  on("x", "a1", "[]");
  served();
  EXPECT_EQ(answering("/orders", "three"), "a0");
  EXPECT_EQ(answering("/orders", "one"), "a1");
}

class DeploymentsLog : public DeploymentsTest {
 protected:
  DeploymentsLog() { log::start({.fd = fileno(file)}); }
  ~DeploymentsLog() override {
    log::stop();
    std::fclose(file);
  }
  std::size_t told(std::string_view text) {
    log::stop();  // writes what is queued
    std::rewind(file);
    std::string lines;
    for (int c = 0; (c = std::fgetc(file)) != EOF;) lines += static_cast<char>(c);
    log::start({.fd = fileno(file)});
    std::size_t count = 0;
    for (std::size_t at = lines.find(text); at != lines.npos; at = lines.find(text, at + 1))
      ++count;
    return count;
  }
  std::FILE* file = std::tmpfile();
};

TEST_F(DeploymentsLog, WarningsOfRoutesAreToldOnceUntilTheyHaveEnded) {
  apply("x", {});
  apply("y", {.top = R"("id": "a2")"});
  served();
  apply("z", {.top = R"("id": "a3")", .path = R"("path": "/z")"});
  served();
  EXPECT_EQ(told("API a2 (y): path '/orders/'"), 1u);
  deployments.remove("y");
  served();
  apply("y", {.top = R"("id": "a2")"});
  served();
  EXPECT_EQ(told("API a2 (y): path '/orders/'"), 2u);
}

TEST_F(DeploymentsLog, ARefusalSaysWhy) {
  apply("x", {});
  apply("y", {});
  EXPECT_EQ(told("y: API a1 is refused: API id 'a1' is already deployed from x"), 1u);
  deployments.refuse("z", "cannot be opened: no right");
  EXPECT_EQ(told("z: API (unknown) is refused: cannot be opened: no right"), 1u);
}

TEST_F(DeploymentsLog, WhatIsNoApiIsToldByItsKind) {
  auto group = [this](std::string_view policy) {
    std::string payload = R"({"id": "g", "phase": "REQUEST", "policies": [{"policy": ")" +
                          std::string(policy) + R"("}]})";
    std::string text = R"({"type": "DEPLOY_SHARED_POLICY_GROUP", "payload": )" + payload + "}";
    deployments.apply("x", definition::read_envelope(text, {.apis_only = false}));
    deployments.publish();
  };
  group("transform-headers");
  EXPECT_EQ(told("x: shared policy group 'g' has been deployed"), 1u);
  group("transform-heders");
  EXPECT_EQ(told("x: shared policy group g is refused; its previous version goes on serving"), 1u);
  ASSERT_EQ(plan->refusals().size(), 1u);
  EXPECT_EQ(plan->refusals()[0].subject, definition::Subject::shared_policy_group);
  EXPECT_TRUE(plan->refusals()[0].previous_serves);
  group("transform-headers");  // as it was: nothing is deployed, and nothing refused any more
  EXPECT_THAT(plan->refusals(), IsEmpty());
  deployments.remove("x");
  EXPECT_EQ(told("x: shared policy group 'g' has been undeployed"), 1u);
}

TEST_F(DeploymentsLog, AnApiWhoseFileHoldsADictionaryNowIsUndeployed) {
  apply("x", {});
  deployments.apply("x",
                    definition::read_envelope(
                        R"({"type": "PUBLISH_DICTIONARY", "payload": {"id": "d", "key": "d"}})",
                        {.apis_only = false}));
  EXPECT_THAT(served(), IsEmpty());
  apply("y", {});
  EXPECT_THAT(served(), ElementsAre("a1@y"));
}

}  // namespace
}  // namespace perigee::plan
