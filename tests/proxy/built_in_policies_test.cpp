// Built-in policies in a whole gateway: what a policy alone does not show.
#include "policies/catalog.hpp"
#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

using ::testing::HasSubstr;

class BuiltInPolicies : public Gateway {
 protected:
  void SetUp() override {
    Gateway::SetUp();
    catalog = &all_;
  }
  void deploy_flow(const FlowText& text) {
    ApiText made = api();
    made.flows = list({flow(text)});
    deploy({made});
  }
  // A chunked upload that has not ended.
  Peer& upload(const std::string& body, const std::string& path = "/a/x") {
    char size[20];
    std::snprintf(size, sizeof size, "%zx", body.size());
    return ask("POST " + path +
               " HTTP/1.1\r\nHost: h\r\nAccept: application/json\r\n"
               "Transfer-Encoding: chunked\r\n\r\n" +
               size + "\r\n" + body + "\r\n");
  }

 private:
  policy::Catalog all_ = policies::catalog();
};

constexpr const char* kTooLarge =
    R"({"message":"The request is larger than the server is willing or able to process.","http_status_code":413})";

TEST_F(BuiltInPolicies, AMockAnswersThroughTheResponseFlows) {
  std::string add = R"({"addHeaders": [{"name": "X-Seen", "value": "{#response.status}"}]})";
  deploy_flow({.request = {step("mock", R"({"status": "201", "content": "{\"a\": 1}",
                                            "headers": [{"name": "X-M", "value": "m"}]})")},
               .response = {step("transform-headers", add)}});
  Answer got = answer(get());
  EXPECT_EQ(got.status, 201);
  EXPECT_EQ(got.body, R"({"a": 1})");
  EXPECT_EQ(got.header("Content-Type"), "application/json");
  EXPECT_EQ(got.header("Content-Length"), "8");
  EXPECT_EQ(got.header("X-M"), "m");
  EXPECT_EQ(got.header("X-Seen"), "201");
  EXPECT_EQ(got.header("Connection"), "-");
  EXPECT_TRUE(backend->connections.empty());
}

TEST_F(BuiltInPolicies, AMockReadsTheRequestAndKeepsTheConnection) {
  deploy_flow({.request = {step("mock", R"({"content": "x"})")}});
  Peer& client = upload("abc");
  settle();
  EXPECT_EQ(client.received, "");
  client.send("0\r\n\r\nGET /a/y HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(answer(client).body, "x");
  EXPECT_EQ(answer(client).body, "x");
}

TEST_F(BuiltInPolicies, AMockOfAHeadHasNoBody) {
  deploy_flow({.request = {step("mock", R"({"content": "four"})")}});
  Answer got = answer(ask("HEAD /a/x HTTP/1.1\r\nHost: h\r\n\r\n"), true);
  EXPECT_EQ(got.header("Content-Length"), "4");
  EXPECT_EQ(clients.back()->received, "");
}

TEST_F(BuiltInPolicies, AnUploadThatGrowsTooLargeIsA413) {
  deploy_flow({.request = {step("request-content-limit", R"({"limit": 5})")}});
  Peer& client = upload("abcde");
  Peer& peer = asked();
  EXPECT_TRUE(until([&] { return peer.received.ends_with("5\r\nabcde\r\n"); }));
  client.send("1\r\nf\r\n");
  Answer got = answer(client);
  EXPECT_EQ(got.status, 413);
  EXPECT_EQ(got.body, kTooLarge);
  EXPECT_EQ(got.header("Connection"), "close");
  EXPECT_TRUE(until([&] { return peer.over(); }));
  EXPECT_TRUE(peer.received.ends_with("5\r\nabcde\r\n"));
}

TEST_F(BuiltInPolicies, AlsoBeforeItsFirstByteReachedTheBackend) {
  deploy_flow({.request = {step("request-content-limit", R"({"limit": 5})")}});
  EXPECT_EQ(answer(upload("abcdef")).body, kTooLarge);
}

TEST_F(BuiltInPolicies, AlsoWhenAMockReadsIt) {
  deploy_flow({.request = {step("request-content-limit", R"({"limit": 5})"), step("mock")}});
  EXPECT_EQ(answer(upload("abcdef")).body, kTooLarge);
}

TEST_F(BuiltInPolicies, AlsoWhenItIsGathered) {
  deploy_flow(
      {.request = {step("request-content-limit", R"({"limit": 5})"),
                   step("policy-assign-attributes",
                        R"({"attributes": [{"name": "a", "value": "{#request.content}"}]})")}});
  EXPECT_EQ(answer(upload("abcdef")).body, kTooLarge);
}

// What has begun cannot become another answer: it is cut off.
TEST_F(BuiltInPolicies, ButNotAfterTheAnswerHasBegun) {
  deploy_flow({.request = {step("request-content-limit", R"({"limit": 5})")}});
  Peer& client = upload("abcde");
  asked().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_TRUE(until([&] { return client.received.ends_with("half"); }));
  client.send("1\r\nf\r\n");
  EXPECT_TRUE(until([&] { return client.over(); }));
  EXPECT_TRUE(client.received.ends_with("half"));
}

TEST_F(BuiltInPolicies, AnUploadWithinTheLimitIsStreamed) {
  deploy_flow({.request = {step("request-content-limit", R"({"limit": 5})")}});
  Peer& client = upload("abc");
  Peer& peer = asked();
  EXPECT_TRUE(until([&] { return peer.received.ends_with("3\r\nabc\r\n"); }));
  client.send("2\r\nde\r\n0\r\n\r\n");
  EXPECT_TRUE(until([&] { return peer.received.ends_with("2\r\nde\r\n0\r\n\r\n"); }));
  peer.send(kOk);
  EXPECT_EQ(answer(client).body, "ok");
}

TEST_F(BuiltInPolicies, ALongBodyIsRefusedByItsLength) {
  deploy_flow({.request = {step("request-content-limit", R"({"limit": 5})")}});
  Answer got = answer(ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabcdef"));
  EXPECT_EQ(got.status, 413);
  EXPECT_EQ(answer(get()).status, 411);
  EXPECT_TRUE(backend->connections.empty());
}

TEST_F(BuiltInPolicies, TheBackendIsAskedWithAnotherMethodAndTheClientGetsItsOwnAnswer) {
  for (std::string method : {"HEAD", "GET"}) {
    std::string other = method == "HEAD" ? "GET" : "HEAD";
    deploy_flow(
        {.request = {step("policy-override-request-method", R"({"method": ")" + other + "\"}")}});
    Peer& client = ask(method + " /a/x HTTP/1.1\r\nHost: h\r\n\r\n");
    Peer& peer = asked(backend->connections.size());
    EXPECT_TRUE(peer.received.starts_with(other + " /x HTTP/1.1\r\n")) << peer.received;
    peer.send(other == "HEAD"
                  ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
                  : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    Answer got = answer(client, method == "HEAD");
    EXPECT_EQ(got.status, 200);
    EXPECT_TRUE(got.whole);
    settle();
    EXPECT_EQ(client.received, "");
    EXPECT_FALSE(client.over());
  }
}

TEST_F(BuiltInPolicies, ARedirectionKeepsTheConnection) {
  deploy_flow({.request = {step("http-redirect",
                                R"~({"rules": [{"path": "/(.*)", "status": 302,
                                     "location": "http://new/{#group[0]}"}]})~")}});
  Answer got = answer(get("/a/b?c"));
  EXPECT_EQ(got.status, 302);
  EXPECT_EQ(got.header("Location"), "http://new/b");
  EXPECT_EQ(got.header("Connection"), "-");
  EXPECT_EQ(got.header("Content-Length"), "0");
}

TEST_F(BuiltInPolicies, AQueryThatWasTransformedGoesOutGrouped) {
  deploy_flow({.request = {step("transform-queryparams",
                                R"({"addQueryParameters": [{"name": "a", "value": "x y",
                                    "appendToExistingArray": true}]})")}});
  Peer& client = get("/a/x?a=1&b=2");
  EXPECT_TRUE(asked().received.starts_with("GET /x?a=1&a=x%20y&b=2 HTTP/1.1\r\n"));
  asked().send(kOk);
  EXPECT_EQ(answer(client).body, "ok");
}

TEST_F(BuiltInPolicies, LatencyEndsWithTheClient) {
  deploy_flow({.request = {step("latency", R"({"time": 3600, "timeUnit": "SECONDS"})")}});
  Peer& client = get();
  settle();
  client.close();
  settle();
  EXPECT_EQ(reported("none") + reported("4xx"), 1u);
}

TEST_F(BuiltInPolicies, LatencyEndsWithTheRequestTimeout) {
  Options options;
  options.request_timeout = 1s;
  start(options);
  deploy_flow({.request = {step("latency", R"({"time": 3600, "timeUnit": "SECONDS"})")}});
  Peer& client = get();
  settle();
  pass(1s);
  EXPECT_EQ(answer(client).status, 504);
}

TEST_F(BuiltInPolicies, NamesAreResolvedByTheWorkersOwn) {
  deploy_flow({.request = {step("ip-filtering", R"({"whitelistIps": ["localhost"]})")}});
  EXPECT_EQ(exchange().status, 200);
  deploy_flow({.request = {step("ip-filtering", R"({"blacklistIps": ["localhost"]})")}});
  Answer got = answer(get());
  EXPECT_EQ(got.status, 403);
  EXPECT_THAT(got.body, HasSubstr("Your IP (127.0.0.1) or some proxies"));
}

TEST_F(BuiltInPolicies, AnInterruptionIsAnsweredAsAFailure) {
  deploy_flow({.response = {step("policy-interrupt", R"({"scope": "RESPONSE", "errorKey": "KEY",
                                                         "message": "not {#response.status}"})")}});
  Answer got = exchange();
  EXPECT_EQ(got.status, 500);
  EXPECT_EQ(got.body, "not 200");
}

}  // namespace
}  // namespace perigee::proxy::testing
