// Cross-origin requests (lifecycle.md section 4).
#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

class Cors : public Gateway {
 protected:
  void deploy_with(const std::string& cors, const std::string& flows = "[]") {
    ApiText text = api();
    text.listener = R"(,"cors":{"enabled":true,)" + cors + "}";
    text.flows = flows;
    deploy({text});
  }
  Answer preflight(const std::string& origin, const std::string& method = "GET",
                   const std::string& more = "") {
    return answer(ask("OPTIONS /a/x HTTP/1.1\r\nHost: h\r\nAccept: */*\r\nOrigin: " + origin +
                      "\r\nAccess-Control-Request-Method: " + method + "\r\n" + more + "\r\n"));
  }
};

const std::string kUsual = R"("allowOrigin":["http://a.example"],"allowMethods":["get","POST"])";

TEST_F(Cors, APreflightIsAnsweredWithoutTheBackend) {
  deploy_with(kUsual + R"(,"allowHeaders":["X-One","x-two"],"maxAge":60,"allowCredentials":true)");
  Answer got =
      preflight("http://A.example", "POST", "Access-Control-Request-Headers: x-ONE , X-Two\r\n");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "");
  EXPECT_EQ(got.header("Access-Control-Allow-Origin"), "http://A.example");
  EXPECT_EQ(got.header("Access-Control-Allow-Methods"), "GET, POST");
  EXPECT_EQ(got.header("Access-Control-Allow-Headers"), "X-One, x-two");
  EXPECT_EQ(got.header("Access-Control-Max-Age"), "60");
  EXPECT_EQ(got.header("Access-Control-Allow-Credentials"), "true");
  EXPECT_TRUE(backend->connections.empty());
}

TEST_F(Cors, WhatIsNotAllowedIs400WithoutABody) {
  deploy_with(kUsual + R"(,"allowHeaders":["X-One"])");
  const std::string other_header = "Access-Control-Request-Headers: X-One, X-Other\r\n";
  for (const Answer& got : {preflight("http://b.example"), preflight("http://a.example", "PUT"),
                            preflight("http://a.example", "GET", other_header)}) {
    EXPECT_EQ(got.status, 400);
    EXPECT_EQ(got.body, "");
    EXPECT_EQ(got.header("Access-Control-Allow-Methods"), "-");
  }
}

TEST_F(Cors, OriginsMayBePatterns) {
  deploy_with(R"("allowOrigin":["https?://[a-z]+[.]example","*.x("],"allowMethods":["*"])");
  EXPECT_EQ(preflight("https://abc.example", "DELETE").status, 200);
  EXPECT_EQ(preflight("https://abc.example.org").status, 400);
  EXPECT_EQ(preflight("https://1.example").status, 400);
}

TEST_F(Cors, AnyOriginIsToldByItsName) {
  deploy_with(R"("allowOrigin":["*"],"allowMethods":["GET"])");
  Answer got =
      preflight("http://anyone.example", "GET", "Access-Control-Request-Headers: X-Whatever\r\n");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("Access-Control-Allow-Origin"), "http://anyone.example");
  EXPECT_EQ(got.header("Access-Control-Max-Age"), "-");
}

TEST_F(Cors, WithoutMethodsNoPreflightSucceeds) {
  deploy_with(R"("allowOrigin":["*"])");
  EXPECT_EQ(preflight("http://a.example").status, 400);
}

TEST_F(Cors, PrivateNetworksWhenAskedFor) {
  deploy_with(kUsual + R"(,"allowPrivateNetwork":true)");
  const std::string asks = "Access-Control-Request-Private-Network: true\r\n";
  EXPECT_EQ(
      preflight("http://a.example", "GET", asks).header("Access-Control-Allow-Private-Network"),
      "true");
  EXPECT_EQ(preflight("http://a.example").header("Access-Control-Allow-Private-Network"), "-");
}

TEST_F(Cors, PoliciesRunWhenToldTo) {
  deploy_with(kUsual + R"(,"runPolicies":true)",
              list({flow({.request = {}, .response = {step("note", R"({"name":"ran"})")}})}));
  Answer got = preflight("http://a.example");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("X-Note"), "ran");
  EXPECT_TRUE(backend->connections.empty());
}

TEST_F(Cors, OptionsWithoutItsHeadersIsAnOrdinaryRequest) {
  deploy_with(kUsual);
  Peer& client = ask("OPTIONS /a/x HTTP/1.1\r\nHost: h\r\nOrigin: http://a.example\r\n\r\n");
  asked().send(kOk);
  EXPECT_EQ(answer(client).body, "ok");
}

TEST_F(Cors, AnswersTellWhetherTheOriginIsAllowed) {
  deploy_with(kUsual + R"(,"exposeHeaders":["X-A","X-B"],"allowCredentials":true)");
  Answer got = exchange("/a/x", "Origin: http://a.example\r\n");
  EXPECT_EQ(got.header("Access-Control-Allow-Origin"), "http://a.example");
  EXPECT_EQ(got.header("Access-Control-Expose-Headers"), "X-A, X-B");
  EXPECT_EQ(got.header("Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(exchange("/a/x", "Origin: http://b.example\r\n").header("Access-Control-Allow-Origin"),
            "-");
}

TEST_F(Cors, TheBackendsOwnAreRemovedForOthers) {
  deploy_with(kUsual);
  Peer& client = get("/a/x", "Origin: http://b.example\r\n");
  asked().send(
      "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: X\r\n"
      "Access-Control-Allow-Credentials: true\r\nContent-Length: 0\r\n\r\n");
  Answer got = answer(client);
  EXPECT_EQ(got.header("Access-Control-Allow-Origin"), "-");
  EXPECT_EQ(got.header("Access-Control-Expose-Headers"), "-");
  EXPECT_EQ(got.header("Access-Control-Allow-Credentials"), "-");
}

TEST_F(Cors, ErrorsTellItToo) {
  deploy_with(kUsual, list({flow({.request = {step("fail", R"({"status":403})")}})}));
  Answer got = answer(get("/a/x", "Origin: http://a.example\r\n"));
  EXPECT_EQ(got.status, 403);
  EXPECT_EQ(got.header("Access-Control-Allow-Origin"), "http://a.example");
}

}  // namespace
}  // namespace perigee::proxy::testing
