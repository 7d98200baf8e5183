#include "tests/compat/run.hpp"

#include <gtest/gtest.h>

#include "base/log.hpp"
#include "tests/net/support/dns_server.hpp"

namespace perigee::compat {
namespace {

using Kind = Verdict::Kind;

Verdict run(const std::string& members, const std::string& policy = "transform-headers",
            Engine engine = Engine::v4) {
  log::reconfigure({{"ROOT", log::Level::off}});
  static net::testing::DnsServer no_names;
  auto document = JsonDocument::parse(R"({"id":"p/1","engine":"both","level":"policy","policy":")" +
                                      policy + "\"," + members + "}");
  EXPECT_TRUE(document) << members;
  return run_case(document->root(), engine, {.dns = no_names.address()});
}

const std::string kGet = R"("request":{"method":"GET","path":"/api","headers":{}})";
const std::string kAdds =
    R"("configuration":{"addHeaders":[{"name":"X-T","value":"{#context.attributes['a']}"}]},)"
    R"("context":{"attributes":{"a":"one"}},)";

TEST(Run, PassesWhatIsAsExpected) {
  Verdict verdict = run(kAdds + kGet +
                        R"(,"expect":{"outcome":"continue","status":200,"attributes":{"a":"one"},)"
                        R"("upstream":{"called":true,"path":"/api","headers":{"X-T":"one"}}})");
  EXPECT_EQ(verdict.kind, Kind::passed) << verdict.why;
}

TEST(Run, FailsWithWhatWasExpectedAndFound) {
  Verdict verdict = run(kAdds + kGet + R"(,"expect":{"upstream":{"headers":{"X-T":"two"}}})");
  EXPECT_EQ(verdict.kind, Kind::failed);
  EXPECT_EQ(verdict.why, "upstream header X-T: expected 'two', found 'one'");
}

TEST(Run, StepsShareThePolicyAndTheClockAndTellWhichOneFailed) {
  std::string steps = R"("steps":[{)" + kGet +
                      R"(,"expect":{"upstream":{"headers":{"X-T":"one"}}}},)"
                      R"({"attributes":{"a":"two"},"advanceMs":5,)" +
                      kGet + R"(,"expect":{"upstream":{"headers":{"X-T":"two"}},"status":)";
  EXPECT_EQ(run(kAdds + steps + "200}}]").kind, Kind::passed);
  EXPECT_EQ(run(kAdds + steps + "201}}]").why, "step 2: status: expected 201, found 200");
}

TEST(Run, TheExpectationOfTheCaseIsCheckedAfterTheLastStep) {
  std::string members = kAdds + R"("steps":[{)" + kGet + R"(}],"expect":{"attributes":{"a":)";
  EXPECT_EQ(run(members + R"("one"}})").kind, Kind::passed);
  EXPECT_EQ(run(members + R"("two"}})").why, R"(attribute a: expected "two", found "one")");
}

TEST(Run, ABackendAnswersInItsOrderAndDelaysOnTheClockOfTheCase) {
  Verdict verdict = run(kAdds +
                        R"("backend":{"sequence":[{"status":201,"delayMs":5000},{"status":202}]},)"
                        R"("steps":[{)" +
                        kGet + R"(,"expect":{"status":201}},{"repeat":2,)" + kGet +
                        R"(,"expect":{"status":202}}])");
  EXPECT_EQ(verdict.kind, Kind::passed) << verdict.why;
}

TEST(Run, ARefusalLooksLikeAServerThatIsGone) {
  Verdict verdict =
      run(kAdds + R"("steps":[{)" + kGet + R"(,"expect":{"status":200}},{)" + kGet +
          R"(,"backend":{"refuse":true},"expect":{"outcome":"interrupt","status":502,)"
          R"("error":{"key":"GATEWAY_CLIENT_CONNECTION_ERROR"},)"
          R"("upstream":{"called":false}}},{)" +
          kGet + R"(,"backend":{"status":204},"expect":{"status":204}}])");
  EXPECT_EQ(verdict.kind, Kind::passed) << verdict.why;
}

TEST(Run, KnowsOnWhichEnginesACaseRuns) {
  using Engines = std::vector<Engine>;
  const std::pair<const char*, Engines> kRows[] = {
      {R"({"engine":"v4","level":"policy"})", {Engine::v4}},
      {R"({"engine":"legacy","level":"policy"})", {Engine::legacy}},
      {R"({"engine":"both","level":"policy"})", {Engine::v4, Engine::legacy}},
      {R"({"engine":"both","level":"unit"})", {Engine::v4}}};
  for (const auto& [text, engines] : kRows)
    EXPECT_EQ(engines_of(JsonDocument::parse(text)->root()), engines) << text;
}

// The v3 engine honours `scope`; which engine runs shows in that.
TEST(Run, ACaseForBothEnginesRunsOnTheOneThatIsAsked) {
  std::string members =
      R"("configuration":{"scope":"RESPONSE","addHeaders":[{"name":"X-T","value":"1"}]},)" + kGet +
      R"(,"expect":{"upstream":{"headers":{"X-T":"1"}}})";
  EXPECT_EQ(run(members, "transform-headers", Engine::v4).why, "");
  EXPECT_EQ(run(members, "transform-headers", Engine::legacy).why,
            "upstream header X-T: expected '1', found none");
}

TEST(Run, SkipsWithTheReason) {
  std::string context = kGet + R"(,"context":)";
  const std::pair<Verdict, const char*> kRows[] = {
      {run(kGet, "no-such-policy"), "policy 'no-such-policy' is not in this build"},
      {run(context + R"({"apiKeys":[{}]})"), "subscriptions are not in this build"},
      {run(context + R"({"resources":[{"name":"c","type":"cache"}]})"),
       "resource type 'cache' is not in this build"},
      {run(context + R"({"awsLambda":{}})"), "the AWS client is not in this build"},
      {run(kGet + R"(,"gateway":{"policy.jwt.issuer.i.MAIN":"x"})"),
       "the configuration key 'policy.jwt.issuer.i.MAIN' has no effect in this build"}};
  for (const auto& [verdict, reason] : kRows) {
    EXPECT_EQ(verdict.kind, Kind::skipped) << reason;
    EXPECT_EQ(verdict.why, reason);
  }
}

// A limit of two in a minute.
Verdict limited(const std::string& rest, const std::string& more = "") {
  return run(R"("configuration":{"addHeaders":true)" + more +
                 R"(,"rate":{"limit":2,"periodTimeUnit":"MINUTES"}},)" + rest,
             "rate-limit");
}
std::string step(int node, int status) {
  return R"({"node":)" + std::to_string(node) + "," + kGet + R"(,"expect":{"status":)" +
         std::to_string(status) + "}}";
}
const std::string kMemory = R"("context":{"store":{"type":"memory"}},)";

TEST(Run, GatewaysOfACaseShareTheStore) {
  std::string steps = kMemory + R"("steps":[)" + step(0, 200) + "," + step(1, 200) + "," +
                      step(0, 429) + R"(],"expect":{"storeCounter":)";
  EXPECT_EQ(limited(steps + "3}").kind, Kind::passed) << limited(steps + "3}").why;
  EXPECT_EQ(limited(steps + "2}").why, "storeCounter: expected 2, found 3");
}

TEST(Run, AStoreMayFailOrNotBeThere) {
  for (auto [type, expect] :
       {std::pair("failing", R"("status":200,"warnings":["RATE_LIMIT_NOT_APPLIED"],)"
                             R"("responseHeaders":{"X-Rate-Limit-Reset":"-1"})"),
        std::pair("absent", R"("status":500,"error":{"key":"RATE_LIMIT_SERVER_ERROR"})")}) {
    Verdict verdict = limited(R"("context":{"store":{"type":")" + std::string(type) + R"("}},)" +
                              kGet + R"(,"expect":{)" + expect + "}");
    EXPECT_EQ(verdict.kind, Kind::passed) << type << ": " << verdict.why;
  }
}

TEST(Run, AWindowMayHaveBegunBefore) {
  std::string context = R"("context":{"nowMs":1000,"attributes":{"plan":"p","user-id":"s"},)"
                        R"("store":{"type":"memory","counters":{"ps:rl":)";
  std::string asks = "}}}," + kGet + R"(,"expect":{"responseHeaders":{"X-Rate-Limit-Remaining":)";
  std::string window = R"({"counter":1,"limit":2,"reset":)";
  Verdict running = limited(context + window + "2000}" + asks + R"("0"}})");
  EXPECT_EQ(running.kind, Kind::passed) << running.why;
  Verdict over = limited(context + window + "1000}" + asks + R"("1"}})");
  EXPECT_EQ(over.kind, Kind::passed) << over.why;
}

TEST(Run, AMemberThatIsNotKnownFailsTheCase) {
  Verdict verdict = run(kGet + R"(,"context":{"moon":"full"})");
  EXPECT_EQ(verdict.kind, Kind::failed);
  EXPECT_NE(verdict.why.find("/context/moon"), std::string::npos) << verdict.why;
}

TEST(Run, ARefusedDefinitionFailsTheCase) {
  Verdict verdict = run(R"("configuration":{"addHeaders":"x"},)" + kGet);
  EXPECT_EQ(verdict.kind, Kind::failed);
  EXPECT_EQ(verdict.why.find("the definition is refused: "), 0u) << verdict.why;
}

}  // namespace
}  // namespace perigee::compat
