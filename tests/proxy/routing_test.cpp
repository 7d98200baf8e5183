// Where a request goes (lifecycle.md 8.1 and 8.2): attributes request.endpoint, .override, .method.
#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Routing : public Gateway {
 protected:
  void SetUp() override {
    Gateway::SetUp();
    other = std::make_unique<RawBackend>(*reactor);
  }
  void TearDown() override {
    other.reset();
    Gateway::TearDown();
  }
  static std::string set(const std::string& name, const std::string& json) {
    return step("set", R"({"name":")" + name + R"(","value":)" + json + "}");
  }
  static std::string endpoint(const std::string& name, const std::string& target) {
    return R"({"name":")" + name + R"(","type":"http-proxy","inheritConfiguration":true,)" +
           R"("configuration":{"target":")" + target + "\"}}";
  }
  std::string other_url(const std::string& rest = "") const {
    return "http://127.0.0.1:" + std::to_string(other->port()) + rest;
  }
  // Two groups: "main" with "first" at the backend's /base?t=1, "spare" with "second" at the other.
  void deploy_with(std::vector<std::string> steps) {
    ApiText text = api();
    text.groups = R"({"name":"main","type":"http-proxy","endpoints":[)" +
                  endpoint("first", backend_url("/base?t=1")) +
                  R"(]},{"name":"spare","type":"http-proxy","endpoints":[)" +
                  endpoint("second", other_url("/other")) + "]}";
    text.flows = list({flow({.request = std::move(steps)})});
    deploy({text});
  }
  void deploy_to(const std::string& where) {
    deploy_with({set("request.endpoint", json_quoted(where))});
  }
  // The request line and Host that arrive at `at` for GET /a/x?q=2.
  std::string arrives(RawBackend& at) {
    Peer& client = get("/a/x?q=2");
    if (!until([&] { return !at.connections.empty() && !at.connections.back()->head().empty(); }))
      return "nothing";
    std::string head = at.connections.back()->head();
    at.connections.back()->send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(answer(client).status, 204);
    return head.substr(0, head.find(" HTTP/1.1")) + " " +
           parse_answer("HTTP/1.1 200 " + head.substr(head.find("\r\n"))).header("Host");
  }
  std::unique_ptr<RawBackend> other;
};

TEST_F(Routing, TheDefaultGroupTakesOrdinaryTraffic) {
  deploy_with({});
  EXPECT_THAT(arrives(*backend), StartsWith("GET /base/x?q=2&t=1 127.0.0.1:"));
  EXPECT_TRUE(other->connections.empty());
}

TEST_F(Routing, ANameAndAPath) {
  deploy_to("second:/y?z=3");
  EXPECT_THAT(arrives(*other), StartsWith("GET /other/y?q=2&z=3 127.0.0.1:"));
}

TEST_F(Routing, AGroupsName) {
  deploy_to("spare:/y");
  EXPECT_THAT(arrives(*other), StartsWith("GET /other/y?q=2 "));
}

TEST_F(Routing, ANameWithoutAPathLeavesTheTargets) {
  deploy_to("second:");
  EXPECT_THAT(arrives(*other), StartsWith("GET /other?q=2 "));
}

TEST_F(Routing, RelativeTextReplacesThePathInfo) {
  deploy_to("/y/z?q=9#fragment");
  EXPECT_THAT(arrives(*backend), StartsWith("GET /base/y/z?q=2&q=9&t=1 "));
}

TEST_F(Routing, RelativeTextWithoutASlash) {
  deploy_to("y");
  EXPECT_THAT(arrives(*backend), StartsWith("GET /basey?q=2&t=1 "));
}

TEST_F(Routing, TheOverrideLeavesTheTargetsPathOut) {
  deploy_with({set("request.endpoint", "\"y\""), set("request.endpoint.override", "true")});
  EXPECT_THAT(arrives(*backend), StartsWith("GET /y?q=2&t=1 "));
}

TEST_F(Routing, AUrlReplacesTheTarget) {
  deploy_to(other_url("/z?k=v"));
  EXPECT_THAT(arrives(*other), StartsWith("GET /z?q=2&k=v 127.0.0.1:"));
  EXPECT_TRUE(backend->connections.empty());
}

TEST_F(Routing, TheSameUrlIsCalledOverTheSameConnection) {
  deploy_to(other_url("/z"));
  for (int i = 0; i < 3; ++i) {
    Peer& client = get("/a/x");
    ASSERT_TRUE(until([&] {
      return !other->connections.empty() && other->connections[0]->received.ends_with("\r\n\r\n");
    }));
    other->connections[0]->received.clear();
    other->connections[0]->send(kOk);
    EXPECT_EQ(answer(client).status, 200);
  }
  EXPECT_EQ(other->connections.size(), 1u);
}

TEST_F(Routing, WhatNamesNothingIs503) {
  for (const char* where : {"third:/y", "ftp://127.0.0.1/x", "main2:"}) {
    deploy_to(where);
    Answer got = answer(get("/a/x", "Accept: */*\r\n"));
    EXPECT_EQ(got.status, 503) << where;
    EXPECT_EQ(got.body, "");
  }
  EXPECT_TRUE(backend->connections.empty());
}

TEST_F(Routing, AnEndpointThatIsDownIs503AndItsGroupsOthersAreNot) {
  deploy_to("second:/y");
  deployed.back()->groups[1].backends[0].endpoint->set_usable(false);
  EXPECT_EQ(answer(get()).status, 503);
}

TEST_F(Routing, AUrlThatCannotBeReadIs400) {
  for (const char* where : {"http://", "http://h:99999/", "https://user@h/"}) {
    deploy_to(where);
    Answer got = answer(get());
    EXPECT_EQ(got.status, 400) << where;
    EXPECT_EQ(got.body, "");
  }
}

// A policy may take the text from the client: nothing of it becomes a second request.
TEST_F(Routing, BytesThatHttpDoesNotAllowNeverReachTheBackend) {
  for (const char* where : {"/y HTTP/1.1\r\nHost: evil\r\n\r\nGET /z", "/y\tz", "second:/\x01"}) {
    deploy_to(where);
    Answer got = answer(get());
    EXPECT_GE(got.status, 400) << where;
    for (RawBackend* one : {backend.get(), other.get()}) {
      for (const auto& connection : one->connections) EXPECT_EQ(connection->received, "");
    }
  }
}

TEST_F(Routing, TheMethodIsOverridden) {
  deploy_with({set("request.method", "\"PUT\"")});
  EXPECT_THAT(arrives(*backend), StartsWith("PUT /base/x"));
}

TEST_F(Routing, AnInvalidMethodIs400) {
  deploy_with({set("request.method", "\"FETCH\"")});
  Answer got = answer(get("/a/x", "Accept: */*\r\n"));
  EXPECT_EQ(got.status, 400);
  EXPECT_THAT(got.body, HasSubstr("Http method is not valid"));
}

}  // namespace
}  // namespace perigee::proxy::testing
