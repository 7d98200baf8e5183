// The security chain (lifecycle.md section 5).
#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

class Security : public Gateway {
 protected:
  static std::string plan(const std::string& id, const std::string& configuration,
                          const std::string& type = "guard") {
    return R"({"id":")" + id + R"(","name":"p","status":"published","mode":"standard",)" +
           R"("security":{"type":")" + type + R"(","configuration":)" + configuration + "}}";
  }
  void deploy_plans(const std::vector<std::string>& plans) {
    ApiText text = api();
    text.plans = list(plans);
    deploy({text});
  }
  static std::string key_less() { return plan("open", "{}", "key-less"); }
};

TEST_F(Security, TakesTheFirstPlanWithATokenByOrder) {
  deploy_plans({plan("late", R"({"order":10})"), plan("early", R"({"order":-10})"),
                plan("between", R"({"order":0})")});
  EXPECT_EQ(exchange().header("X-Plan"), "early");
}

TEST_F(Security, KeepsTheOrderOfTheDocumentAmongEquals) {
  deploy_plans({plan("first", R"({"order":5})"), plan("second", R"({"order":5})")});
  EXPECT_EQ(exchange().header("X-Plan"), "first");
}

TEST_F(Security, GoesOnWithoutAToken) {
  deploy_plans({plan("none", R"({"order":1,"token":"none"})"),
                plan("invalid", R"({"order":2,"token":"invalid"})"),
                plan("found", R"({"order":3})")});
  EXPECT_EQ(exchange().header("X-Plan"), "found");
}

TEST_F(Security, FallsThroughToTheKeyLessPlan) {
  deploy_plans({key_less(), plan("none", R"({"order":1,"token":"none"})")});
  EXPECT_EQ(exchange().status, 200);
}

TEST_F(Security, TheFailureOfTheChosenPlanIsFinal) {
  deploy_plans({plan("denies", R"({"order":1,"deny":403,"challenge":"Bearer"})"), key_less()});
  Answer got = answer(get());
  EXPECT_EQ(got.status, 403);
  EXPECT_EQ(got.body, "Denied");
  EXPECT_EQ(got.header("WWW-Authenticate"), "-");
  EXPECT_TRUE(backend->connections.empty());
}

TEST_F(Security, WithoutAnyPlanItIs401WithTheChallenges) {
  deploy_plans({plan("a", R"({"order":1,"token":"none","challenge":"Bearer"})"),
                plan("b", R"({"order":2,"token":"invalid","challenge":"Basic"})")});
  Answer got = answer(get("/a/x", "Accept: */*\r\n"));
  EXPECT_EQ(got.status, 401);
  EXPECT_EQ(got.body, R"({"message":"Unauthorized","http_status_code":401})");
  EXPECT_EQ(got.header("WWW-Authenticate"), "Bearer, Basic");
  EXPECT_EQ(got.header("X-Gravitee-Client-Identifier"), "-");
}

TEST_F(Security, AfterATechnicalErrorItIs503WithoutAChallenge) {
  deploy_plans({plan("down", R"({"order":1,"token":"error","challenge":"Bearer"})"),
                plan("none", R"({"order":2,"token":"none"})")});
  Answer got = answer(get());
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.body, "Temporarily Unavailable");
  EXPECT_EQ(got.header("WWW-Authenticate"), "-");
}

TEST_F(Security, ATechnicalErrorDoesNotKeepOtherPlansFromServing) {
  deploy_plans({plan("down", R"({"order":1,"token":"error"})"), plan("up", R"({"order":2})")});
  EXPECT_EQ(exchange().header("X-Plan"), "up");
}

TEST_F(Security, APlanMayWaitForItsToken) {
  deploy_plans({plan("slow", R"({"order":1,"gate":"slow","token":"none"})"),
                plan("slower", R"({"order":2,"gate":"slower"})")});
  Peer& client = get();
  ASSERT_TRUE(until([&] { return gates().awaited("slow"); }));
  gates().open("slow");
  ASSERT_TRUE(until([&] { return gates().awaited("slower"); }));
  EXPECT_TRUE(backend->connections.empty());
  gates().open("slower");
  asked().send(kOk);
  EXPECT_EQ(answer(client).header("X-Plan"), "slower");
}

TEST_F(Security, APlanThatWaitsEndsWithTheRequestTimeout) {
  deploy_plans({plan("slow", R"({"order":1,"gate":"slow"})"), key_less()});
  Peer& client = get();
  ASSERT_TRUE(until([&] { return gates().awaited("slow"); }));
  pass(30s);
  EXPECT_EQ(answer(client).status, 504);
}

TEST_F(Security, APlanIsGivenTheBodyItNeeds) {
  deploy_plans({plan("reads", R"({"reads":true})")});
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n");
  settle();
  client.send("body");
  asked().send(kOk);
  EXPECT_EQ(answer(client).header("X-Read"), "body");
}

TEST_F(Security, OnlyFlowsOfTheChosenPlanRun) {
  auto with_flow = [](std::string text, const std::string& name) {
    text.pop_back();
    return text + R"(,"flows":)" +
           list({flow({.response = {step("note", R"({"name":")" + name + "\"}")}})}) + "}";
  };
  deploy_plans({with_flow(plan("a", R"({"order":1,"token":"none"})"), "a"),
                with_flow(plan("b", R"({"order":2})"), "b")});
  EXPECT_EQ(exchange().header("X-Note"), "b");
}

// lifecycle.md section 5, step 2.
TEST_F(Security, ASelectionRuleThatDoesNotHoldLeavesThePlanOut) {
  auto with_rule = [](const std::string& rule, const std::string& made) {
    return made.substr(0, made.size() - 1) + R"(,"selectionRule":")" + rule + "\"}";
  };
  deploy_plans({with_rule("#request.headers['A'] != null", plan("a", R"({"token":"found"})")),
                with_rule("{#request.headers['B'] != null}", key_less())});
  EXPECT_EQ(exchange("/a/x", "A: 1\r\n").status, 200);
  EXPECT_EQ(exchange("/a/x", "B: 1\r\n").status, 200);
  EXPECT_EQ(answer(get()).status, 401);
}

TEST_F(Security, ASelectionRuleThatFailsMakesThePlanUnresolvable) {
  std::string made = plan("a", R"({"token":"found"})");
  std::string rule = made.substr(0, made.size() - 1) + R"(,"selectionRule":"{#a.b.c}"})";
  deploy_plans({rule});
  EXPECT_EQ(answer(get()).status, 503);
  deploy_plans({rule, key_less()});
  EXPECT_EQ(exchange().status, 200);
}

}  // namespace
}  // namespace perigee::proxy::testing
