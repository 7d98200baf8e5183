// APIs that are replaced and removed during traffic (runtime.md 4.4, lifecycle.md section 15).
#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

class Revisions : public Gateway {
 protected:
  ApiText noting(const std::string& name, const std::string& id = "api",
                 const std::string& path = "/a/") {
    ApiText text = api();
    text.id = id;
    text.path = path;
    text.flows = list({flow({.response = {step("note", R"({"name":")" + name + "\"}")}})});
    return text;
  }
  // Hands the former revisions over, as the build thread does.
  void collect() {
    settle();
    given_back.clear();
  }
};

TEST_F(Revisions, ARequestKeepsTheVersionItStartedWith) {
  deploy({noting("old")});
  Peer& before = get();
  asked(0);
  deploy({noting("new")});
  Peer& after = get();
  asked(1).send(kOk);
  EXPECT_EQ(answer(after).header("X-Note"), "new");
  backend->connections[0]->send(kOk);
  EXPECT_EQ(answer(before).header("X-Note"), "old");
}

TEST_F(Revisions, AVersionLivesAsLongAsItsRequests) {
  deploy({noting("old")});
  std::weak_ptr<const plan::ApiRevision> old = deployed[0];
  Peer& before = get();
  asked(0);
  deploy({noting("new")});
  collect();
  EXPECT_FALSE(old.expired());
  EXPECT_EQ(proxy->plan().held(), 1u);
  backend->connections[0]->send(kOk);
  EXPECT_EQ(answer(before).status, 200);
  settle();
  // Destroyed where it was made, and only there.
  EXPECT_FALSE(old.expired());
  EXPECT_EQ(proxy->plan().held(), 0u);
  collect();
  EXPECT_TRUE(old.expired());
}

TEST_F(Revisions, AVersionWithoutRequestsGoesAtOnce) {
  deploy({noting("old")});
  exchange();
  std::weak_ptr<const plan::ApiRevision> old = deployed[0];
  deploy({noting("new")});
  collect();
  EXPECT_TRUE(old.expired());
}

TEST_F(Revisions, OtherApisAreLeftAlone) {
  deploy({noting("a"), noting("b", "other", "/b/")});
  exchange("/b/x");
  std::weak_ptr<const plan::ApiRevision> other = deployed[1];
  std::shared_ptr<const plan::ApiRevision> kept = deployed[1];
  Peer& waiting = get("/b/x");
  asked();
  deploy({noting("a2")});
  std::vector<std::shared_ptr<const plan::ApiRevision>> both = {deployed[0], kept};
  proxy->swap(std::make_shared<const plan::Plan>(both, std::vector<plan::Refusal>{}, false));
  backend->connections[0]->received.clear();
  backend->connections[0]->send(kOk);
  EXPECT_EQ(answer(waiting).header("X-Note"), "b");
  EXPECT_EQ(exchange("/b/x").header("X-Note"), "b");
  EXPECT_EQ(exchange("/a/x").header("X-Note"), "a2");
}

TEST_F(Revisions, ARemovedApiAnswersNothingNew) {
  deploy({noting("old")});
  Peer& before = get();
  asked(0);
  deploy({});
  EXPECT_EQ(answer(get()).status, 404);
  backend->connections[0]->send(kOk);
  EXPECT_EQ(answer(before).header("X-Note"), "old");
}

TEST_F(Revisions, WhatIsPendingIsCutAfterItsTime) {
  Options options;
  options.request_timeout = 0s;
  options.pending_requests_timeout = 4s;
  start(options);
  deploy({noting("old")});
  Peer& client = get();
  asked();
  deploy({noting("new")});
  pass(3999ms);
  EXPECT_EQ(client.received, "");
  pass(1ms);
  Answer got = answer(client);
  EXPECT_EQ(got.status, 503);
  EXPECT_TRUE(until([&] { return backend->connections[0]->over(); }));
  settle();
  EXPECT_EQ(proxy->plan().held(), 0u);
}

TEST_F(Revisions, EverythingThatIsPendingIsCut) {
  ApiText text = noting("old");
  text.http = R"({"readTimeout":60000})";
  deploy({text});
  std::vector<Peer*> pending;
  for (std::size_t i = 0; i < 5; ++i) {
    pending.push_back(&get());
    asked(i);
  }
  deploy({});
  pass(10s);
  for (Peer* client : pending) EXPECT_EQ(answer(*client).status, 503);
  settle();
  EXPECT_EQ(proxy->plan().held(), 0u);
}

TEST_F(Revisions, AnAnswerOnItsWayIsCutToo) {
  deploy({noting("old")});
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  ASSERT_TRUE(until([&] { return client.received.ends_with("half"); }));
  deploy({});
  pass(10s);
  EXPECT_TRUE(until([&] { return client.over(); }));
  EXPECT_FALSE(parse_answer(client.received).whole);
  EXPECT_TRUE(until([&] { return backend->connections[0]->over(); }));
}

TEST_F(Revisions, PatienceEndsWithTheLastRequest) {
  deploy({noting("old")});
  Peer& client = get();
  asked();
  deploy({});
  pass(5s);
  backend->connections[0]->send(kOk);
  EXPECT_EQ(answer(client).status, 200);
  collect();
  pass(10s);  // nothing is left to be cut
  EXPECT_EQ(proxy->plan().held(), 0u);
}

TEST_F(Revisions, PoolsSurviveARedeployThatDoesNotChangeTheEndpoint) {
  deploy({noting("old")});
  exchange();
  deploy({noting("new")});
  collect();
  EXPECT_EQ(exchange().header("X-Note"), "new");
  EXPECT_EQ(backend->connections.size(), 1u);
}

TEST_F(Revisions, PoolsGoWithTheirEndpoint) {
  deploy({noting("old")});
  exchange();
  RawBackend other(*reactor);
  ApiText text = noting("new");
  text.target = "http://127.0.0.1:" + std::to_string(other.port());
  deploy({text});
  collect();
  EXPECT_TRUE(until([&] { return backend->connections[0]->over(); }));
  Peer& client = get();
  ASSERT_TRUE(until([&] { return !other.connections.empty(); }));
  other.connections[0]->send(kOk);
  EXPECT_EQ(answer(client).header("X-Note"), "new");
}

TEST_F(Revisions, TurnsOfAGroupSurviveARedeploy) {
  RawBackend other(*reactor);
  auto two = [&](const std::string& name) {
    ApiText text = noting(name);
    auto one = [](const std::string& endpoint, std::uint16_t port) {
      return R"({"name":")" + endpoint +
             R"(","type":"http-proxy","inheritConfiguration":true,"configuration":{"target":)"
             R"("http://127.0.0.1:)" +
             std::to_string(port) + "\"}}";
    };
    text.endpoints = one("one", backend->port()) + "," + one("two", other.port());
    return text;
  };
  deploy({two("old")});
  EXPECT_EQ(exchange().header("X-Note"), "old");
  deploy({two("new")});
  Peer& client = get();
  ASSERT_TRUE(until([&] { return !other.connections.empty(); }));
  other.connections[0]->send(kOk);
  EXPECT_EQ(answer(client).header("X-Note"), "new");
}

TEST_F(Revisions, SeriesSurviveARedeploy) {
  deploy({noting("old")});
  exchange();
  deploy({noting("new")});
  collect();
  exchange();
  EXPECT_EQ(reported("2xx"), 2u);
}

TEST_F(Revisions, ManyRedeploysUnderTrafficLoseNothingAndLeaveNothing) {
  for (int i = 0; i < 300; ++i) {
    deploy({noting(std::to_string(i))});
    ASSERT_EQ(exchange().header("X-Note"), std::to_string(i));
    if (i % 10 == 0) collect();
  }
  collect();
  EXPECT_EQ(endpoints->alive(), 1u);
  EXPECT_EQ(proxy->plan().held(), 1u);
  EXPECT_EQ(backend->connections.size(), 1u);
}

}  // namespace
}  // namespace perigee::proxy::testing
