// Errors worded by response templates, and what comes before security (lifecycle.md 4 and 10).
#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

class ErrorAnswers : public Gateway {
 protected:
  void deploy_with(const std::string& templates, const std::string& failure) {
    ApiText text = api();
    text.top = R"(,"responseTemplates":)" + templates;
    if (!failure.empty()) text.flows = list({flow({.request = {step("fail", failure)}})});
    deploy({text});
  }
};

TEST_F(ErrorAnswers, ATemplateGivesStatusBodyAndHeaders) {
  deploy_with(
      R"({"K":{"application/json":{"status":418,"body":"{\"why\":\"{#error.message}, {#error.statusCode}\"}",
          "headers":{"X-Key":"{#error.key}","X-None":"{#request.headers['Nothing']}"}}}})",
      R"({"status":403,"key":"K","message":"no"})");
  Answer got = answer(get("/a/x", "Accept: text/html;q=0.1, application/json\r\n"));
  EXPECT_EQ(got.status, 418);
  EXPECT_EQ(got.body, R"({"why":"no, 403"})");
  EXPECT_EQ(got.header("X-Key"), "K");
  EXPECT_EQ(got.header("X-None"), "-");
  EXPECT_EQ(got.header("Connection"), "close");
  EXPECT_EQ(got.header("Content-Type"), "text/html;q=0.1, application/json");
  EXPECT_EQ(got.header("Content-Length"), "17");
}

TEST_F(ErrorAnswers, ATemplatesOwnContentTypeWins) {
  deploy_with(R"({"DEFAULT":{"*/*":{"status":500,"body":"b","headers":{"Content-Type":"a/b"}}}})",
              R"({"status":403,"key":"K","message":"no"})");
  EXPECT_EQ(answer(get("/a/x", "Accept: c/d\r\n")).header("Content-Type"), "a/b");
}

TEST_F(ErrorAnswers, WithoutABodyNothingIsSaidOfItsType) {
  deploy_with(R"({"K":{"*/*":{"status":400}}})", R"({"status":403,"key":"K","message":"no"})");
  Answer got = answer(get("/a/x", "Accept: c/d\r\n"));
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(got.body, "");
  EXPECT_EQ(got.header("Content-Type"), "-");
}

TEST_F(ErrorAnswers, AFailureWithoutAKeyGetsTheStandardAnswer) {
  deploy_with(R"({"DEFAULT":{"*/*":{"status":500,"body":"template"}}})",
              R"({"status":403,"message":"no"})");
  Answer got = answer(get());
  EXPECT_EQ(got.status, 403);
  EXPECT_EQ(got.body, "no");
}

TEST_F(ErrorAnswers, ATemplateThatFailsGivesTheStandardAnswer) {
  deploy_with(R"({"K":{"*/*":{"status":500,"body":"{#nothing.at.all}"}}})",
              R"({"status":403,"key":"K","message":"no"})");
  Answer got = answer(get());
  EXPECT_EQ(got.status, 403);
  EXPECT_EQ(got.body, "no");
}

// lifecycle.md 8.5: a refined key, else the key of 4.9.
TEST_F(ErrorAnswers, BackendFailuresHaveTemplatesOfBothLines) {
  for (const char* key : {"GATEWAY_CLIENT_CONNECTION_ERROR", "GATEWAY_CLIENT_CONNECTION_CLOSED"}) {
    deploy_with(R"({")" + std::string(key) + R"(":{"*/*":{"status":502,"body":"{#error.key}"}}})",
                "");
    std::size_t n = backend->connections.size();
    Peer& client = get();
    asked(n);
    backend->connections[n]->close();
    EXPECT_EQ(answer(client).body, "GATEWAY_CLIENT_CONNECTION_ERROR") << key;
  }
}

TEST_F(ErrorAnswers, NullBytesAreRejectedWhenToldTo) {
  ApiText text = api();
  text.listener = R"(,"requestValidation":{"rejectNullByte":true})";
  deploy({text});
  EXPECT_EQ(answer(get("/a/x%00y")).status, 400);
  EXPECT_EQ(answer(get("/a/x?q=%00")).status, 400);
  Answer got = answer(get("/a/x", "X-A: %00\r\n"));
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(got.body, "The request contains invalid characters.");
  EXPECT_EQ(exchange("/a/x%01").status, 200);
}

}  // namespace
}  // namespace perigee::proxy::testing
