// Dictionaries, shared policy groups and platform flows (api-definition.md 3 to 5).
#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

using ::testing::HasSubstr;

class PlatformParts : public Gateway {
 protected:
  static std::string event(const std::string& type, const std::string& payload) {
    return R"({"id":"e","type":")" + type + R"(","payload":)" + json_quoted(payload) + "}";
  }
  static std::string note(const std::string& name) {
    return step("note", R"({"name":")" + name + "\"}");
  }
  static std::string group_step(const std::string& id) {
    return step("shared-policy-group-policy", R"({"sharedPolicyGroupId":")" + id + "\"}");
  }
  void add_group(const std::string& id, const std::string& phase,
                 const std::vector<std::string>& steps) {
    add_to_platform("group-" + id, event("DEPLOY_SHARED_POLICY_GROUP",
                                         R"({"id":")" + id + R"(","environmentId":"DEFAULT",)" +
                                             R"("name":"g","phase":")" + phase +
                                             R"(","policies":)" + list(steps) + "}"));
  }
  void add_organization(const std::string& flows, const std::string& mode = "DEFAULT") {
    add_to_platform("organization",
                    event("PUBLISH_ORGANIZATION", R"({"id":"DEFAULT","name":"o","flowMode":")" +
                                                      mode + R"(","flows":)" + flows + "}"));
  }
  void add_dictionary(const std::string& value) {
    add_to_platform("dictionary",
                    event("PUBLISH_DICTIONARY", R"({"id":"d","key":"dict","environmentId":)"
                                                R"("DEFAULT","properties":{"k":")" +
                                                    value + R"("}})"));
  }
  ApiText api_with(const std::vector<std::string>& request,
                   const std::vector<std::string>& response = {}) {
    ApiText text = api();
    text.flows = list({flow({.request = request, .response = response})});
    return text;
  }
  // X-Note as the backend got it, and as the client got it.
  std::pair<std::string, std::string> notes(const std::string& path = "/a/x") {
    std::size_t n = backend->connections.size();
    Peer& client = get(path);
    std::string head = asked(n).head();
    asked(n).send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    head.replace(0, head.find("\r\n"), "HTTP/1.1 204 x");
    return {parse_answer(head).header("X-Note"), answer(client).header("X-Note")};
  }
};

using Notes = std::pair<std::string, std::string>;

TEST_F(PlatformParts, AGroupsStepsRunInPlaceOfItsStep) {
  add_group("g1", "REQUEST", {note("g1"), note("g2")});
  add_group("g2", "RESPONSE", {note("g3")});
  deploy({api_with({note("before"), group_step("g1"), note("after")}, {group_step("g2")})});
  EXPECT_EQ(notes(), Notes("before, g1, g2, after", "g3"));
}

TEST_F(PlatformParts, ANewGroupServesTheNextRequest) {
  add_group("g1", "REQUEST", {note("old")});
  ApiText text = api_with({group_step("g1")});
  deploy({text});
  EXPECT_EQ(notes().first, "old");
  add_group("g1", "REQUEST", {note("new")});
  deploy({text});
  EXPECT_EQ(notes().first, "new");
}

TEST_F(PlatformParts, AGroupThatIsNotThereOrOfTheOtherPhaseIsSkipped) {
  add_group("other", "RESPONSE", {note("never")});
  deploy({api_with({group_step("nothing"), group_step("other"), note("ran")})});
  EXPECT_EQ(notes().first, "ran");
}

TEST_F(PlatformParts, AGroupMayEndTheChain) {
  add_group("g1", "REQUEST", {step("fail", R"({"status":418,"message":"group"})")});
  deploy({api_with({group_step("g1"), note("never")})});
  Answer got = answer(get());
  EXPECT_EQ(got.status, 418);
  EXPECT_EQ(got.body, "group");
}

TEST_F(PlatformParts, AGroupHasAStateOfItsOwn) {
  add_group("g1", "REQUEST", {step("count")});
  ApiText one = api_with({group_step("g1")}), two = api_with({group_step("g1")});
  two.id = "api2";
  two.path = "/b/";
  deploy({one, two});
  EXPECT_EQ(states_alive(), 0);
  notes("/a/x");
  notes("/b/x");
  EXPECT_EQ(states_alive(), 1);
}

TEST_F(PlatformParts, AGroupsNeedsAreProvided) {
  add_group("g1", "RESPONSE", {step("note", R"({"name":"yes"})", "{#request.content == 'magic'}")});
  deploy({api_with({}, {group_step("g1")})});
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nmagic");
  asked().send(kOk);
  EXPECT_EQ(answer(client).header("X-Note"), "yes");
}

std::string v2_flow(const std::string& pre, const std::string& post, const std::string& more = "") {
  return R"({"path-operator":{"path":"/","operator":"STARTS_WITH"},"pre":)" + pre + R"(,"post":)" +
         post + more + "}";
}

TEST_F(PlatformParts, PlatformFlowsWrapEveryApi) {
  add_organization(list({v2_flow(list({note("platform")}), list({note("platform")}))}));
  deploy({api_with({note("api")}, {note("api")})});
  EXPECT_EQ(notes(), Notes("platform, api", "api, platform"));
}

TEST_F(PlatformParts, PlatformFlowsAreForTheirConsumers) {
  add_organization(list({v2_flow(list({note("eu")}), "[]",
                                 R"(,"consumers":[{"consumerType":"TAG","consumerId":"eu"}])"),
                         v2_flow(list({note("us")}), "[]",
                                 R"(,"consumers":[{"consumerType":"TAG","consumerId":"us"}])")}));
  ApiText text = api();
  text.top = R"(,"tags":["eu"])";
  deploy({text});
  EXPECT_EQ(notes().first, "eu");
}

TEST_F(PlatformParts, PlatformResponseFlowsSeeErrorsToo) {
  add_organization(list({v2_flow("[]", list({note("platform")}))}));
  deploy({api_with({step("fail", R"({"status":403,"message":"no"})")})});
  Answer got = answer(get());
  EXPECT_EQ(got.status, 403);
  EXPECT_EQ(got.body, "no");
  EXPECT_EQ(got.header("X-Note"), "platform");
}

TEST_F(PlatformParts, APlatformRequestFlowMayRefuse) {
  add_organization(list({v2_flow(list({step("fail", R"({"status":429,"message":"p"})")}),
                                 list({note("platform")}))}));
  deploy({api_with({note("api")}, {note("api")})});
  Answer got = answer(get());
  EXPECT_EQ(got.status, 429);
  EXPECT_EQ(got.header("X-Note"), "platform");
}

TEST_F(PlatformParts, AFailureInThePlatformsResponseFlowReplacesTheAnswer) {
  add_organization(list({v2_flow("[]", list({step("fail", R"({"status":500,"message":"p"})")}))}));
  deploy({api()});
  Answer got = exchange();
  EXPECT_EQ(got.status, 500);
  EXPECT_EQ(got.body, "p");
}

TEST_F(PlatformParts, PlatformFlowsHaveTheirGraceAfterATimeout) {
  Options options;
  options.request_timeout = 1s;
  options.request_timeout_grace = 50ms;
  start(options);
  add_organization(list({v2_flow("[]", list({step("wait", R"({"gate":"g"})"), note("late")}))}));
  deploy({api_with({step("wait", R"({"gate":"backend"})")})});
  Peer& client = get();
  settle();
  pass(1001ms);
  EXPECT_TRUE(gates().awaited("g"));
  gates().open("g");
  Answer got = answer(client);
  EXPECT_EQ(got.status, 504);
  EXPECT_EQ(got.header("X-Note"), "late");
}

TEST_F(PlatformParts, AndNoLonger) {
  Options options;
  options.request_timeout = 1s;
  options.request_timeout_grace = 50ms;
  start(options);
  add_organization(list({v2_flow("[]", list({step("wait", R"({"gate":"g"})")}))}));
  deploy({api()});
  Peer& client = get();
  asked().send(kOk);
  settle();
  pass(900ms);
  pass(200ms);
  EXPECT_EQ(answer(client).status, 504);
}

TEST_F(PlatformParts, DictionariesAreRead) {
  ApiText text = api_with(
      {note("a"), step("note", R"({"name":"b"})", "{#dictionaries['dict']['k'] == 'v2'}")});
  add_dictionary("v1");
  deploy({text});
  EXPECT_EQ(notes().first, "a");
  add_dictionary("v2");
  deploy({text});
  EXPECT_EQ(notes().first, "a, b");
}

TEST_F(PlatformParts, WithoutADictionaryIndexingIsAnError) {
  deploy({api_with({step("note", R"({"name":"b"})", "{#dictionaries['dict']['k'] == 'v'}")})});
  EXPECT_EQ(answer(get()).status, 500);
}

}  // namespace
}  // namespace perigee::proxy::testing
