// mock: what it answers, and what it refuses to be.
#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::Verdict;
using policy::testing::Exchanges;
using policy::testing::SlowBody;
using testing::Made;
using testing::make;

// The answer of the invoker that a mock leaves.
Verdict answer(const Made& made, Exchanges& x) {
  Verdict verdict = x.finished(made.policy->on_request(x.exchange()));
  EXPECT_TRUE(verdict.continues());
  EXPECT_NE(x.exchange().invoker(), nullptr);
  return x.finished(x.exchange().invoker()->invoke(x.exchange()));
}

std::string shown(Exchanges& x) {
  std::string text = std::to_string(x.response.status);
  for (const http::Header& header : x.response.headers.entries()) {
    if (!header.removed) text.append("|").append(header.name()).append(":").append(header.value());
  }
  return text.append("|").append(x.exchange().response_body.bytes());
}

struct Row {
  std::string_view rule, configuration, expected;
};

// Every request has X-A: a and the body "in".
const Row kRows[] = {
    {"nothing configured", "{}", "200|"},
    {"the status is a text", R"({"status": "404"})", "404|"},
    {"or a number", R"({"status": 404})", "404|"},
    {"also one that the form does not offer", R"({"status": "418"})", "418|"},
    {"a text", R"({"content": "hello"})", "200|Content-Type:text/plain|hello"},
    {"a blank text is no content", R"({"content": " \n"})", "200|"},
    {"a JSON object", R"({"content": " {\"a\": 1} "})",
     R"(200|Content-Type:application/json| {"a": 1} )"},
    {"a JSON array", R"({"content": "[1, 2]"})", "200|Content-Type:application/json|[1, 2]"},
    {"not JSON: a scalar", R"({"content": "12"})", "200|Content-Type:text/plain|12"},
    {"not JSON: almost", R"({"content": "{a: 1}"})", "200|Content-Type:text/plain|{a: 1}"},
    {"XML", R"({"content": "<a>1</a>"})", "200|Content-Type:text/xml|<a>1</a>"},
    {"XML with a declaration", R"({"content": "<?xml version='1.0'?><a/>\n"})",
     "200|Content-Type:text/xml|<?xml version='1.0'?><a/>\n"},
    {"not XML", R"({"content": "<3 you>"})", "200|Content-Type:text/plain|<3 you>"},
    {"expressions", R"({"content": "{#request.method} {#request.content}"})",
     "200|Content-Type:text/plain|GET in"},
    {"the type of what came out", R"({"content": "{('[' + '1]')}"})",
     "200|Content-Type:application/json|[1]"},
    {"headers", R"({"headers": [{"name": "X-B", "value": "{#request.headers['X-A'][0]}"},
                                {"name": "X-C", "value": "c"}]})",
     "200|X-B:a|X-C:c|"},
    {"the last of a name",
     R"({"headers": [{"name": "X-B", "value": "1"}, {"name": "x-b", "value": "2"}]})",
     "200|x-b:2|"},
    {"a type of one's own",
     R"({"content": "{}", "headers": [{"name": "content-type", "value": "text/x"}]})",
     "200|content-type:text/x|{}"},
    {"headers without a name or a value",
     R"({"headers": [{"name": " ", "value": "x"}, {"name": "X-B"}, {"value": "x"}]})", "200|"},
    {"a header that comes to nothing or fails is left out",
     R"({"headers": [{"name": "X-B", "value": "{#context.attributes['nothing']}"},
                     {"name": "X-C", "value": "{#request.headers['nothing'][0]}"},
                     {"name": "X-D", "value": "{#context.attributes['lines']}"},
                     {"name": "X-F", "value": "{#request.}"},
                     {"name": "X-E", "value": "e"}]})",
     "200|X-E:e|"},
};

TEST(Mock, Answers) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.rule);
    Exchanges x;
    Made made = make("mock", row.configuration, x);
    ASSERT_TRUE(made.policy);
    x.request.headers.add(http::HeaderName("X-A"), "a");
    x.exchange().request_body.replace("in");
    x.exchange().attributes.set("lines", "a\r\nInjected: b");
    Verdict verdict = answer(made, x);
    EXPECT_TRUE(verdict.continues());
    EXPECT_TRUE(x.exchange().has_response);
    EXPECT_TRUE(x.exchange().response_body.stream());
    EXPECT_EQ(shown(x), row.expected);
  }
}

TEST(Mock, KeepsWhatEarlierStepsSetOnTheAnswer) {
  Exchanges x;
  Made made = make("mock", R"({"content": "{}"})", x);
  x.response.headers.add(http::HeaderName("X-Rate"), "1");
  x.response.headers.add(http::HeaderName("Content-Type"), "text/x");
  EXPECT_TRUE(answer(made, x).continues());
  EXPECT_EQ(shown(x), "200|X-Rate:1|Content-Type:text/x|{}");
}

TEST(Mock, AContentWithoutAValueIsAnEmptyBody) {
  Exchanges x;
  Made made = make("mock", R"({"content": "{#context.attributes['nothing']}"})", x);
  EXPECT_TRUE(answer(made, x).continues());
  EXPECT_EQ(shown(x), "200|Content-Type:text/plain|");
}

TEST(Mock, AContentThatCannotBeEvaluatedIsA500) {
  for (std::string_view content :
       {"{#request.headers['nothing'][0]}", "{#nothing.at.all}", "{#request.}"}) {
    Exchanges x;
    Made made = make("mock", R"({"content": ")" + std::string(content) + "\"}", x);
    ASSERT_TRUE(made.policy);
    Verdict verdict = answer(made, x);
    ASSERT_TRUE(verdict.failed()) << content;
    EXPECT_EQ(verdict.failure().status, 500);
    EXPECT_EQ(verdict.failure().message, "Unable to evaluate body");
    EXPECT_TRUE(verdict.has_reason());
  }
}

TEST(Mock, ReadsTheRequestAsABackendWould) {
  Exchanges x;
  Made made = make("mock", R"({"content": "x"})", x);
  SlowBody body(x.reactor, {"one", "two"});
  x.exchange().request_body.set(&body);
  EXPECT_TRUE(answer(made, x).continues());
  EXPECT_EQ(x.exchange().request_body.stream(), nullptr);
  Result<http::Chunk> rest = x.finished(body.read());
  EXPECT_TRUE(rest && rest->empty());
}

TEST(Mock, AnswersForTheFaultOfTheRequestBody) {
  Exchanges x;
  Made made = make("mock", R"({"content": "x"})", x);
  Error error(ErrorCode::limit, "too much", Fault::client);
  error.key = "KEY";
  SlowBody body(x.reactor, {"one"}, error);
  x.exchange().request_body.set(&body);
  Verdict verdict = answer(made, x);
  ASSERT_TRUE(verdict.failed());
  EXPECT_EQ(verdict.failure().status, 413);
  EXPECT_EQ(verdict.failure().key, "KEY");
  EXPECT_EQ(verdict.failure().message, "too much");
  EXPECT_FALSE(verdict.has_reason());
}

TEST(Mock, NeedsWhatItsExpressionsNeed) {
  Exchanges x;
  auto needs = [&](std::string_view configuration, policy::Phase phase) {
    return make("mock", configuration, x).policy->needs(phase).bits;
  };
  using enum policy::Phase;
  EXPECT_EQ(needs("{}", request), 0);
  EXPECT_EQ(needs(R"({"content": "{#request.content}"})", request), el::Needs::request_body);
  EXPECT_EQ(needs(R"({"content": "{#request.content}"})", response), 0);
  EXPECT_EQ(needs(R"({"headers": [{"name": "A", "value": "{#request.ssl.client.dn}"}]})", request),
            el::Needs::tls);
}

TEST(Mock, RefusesWhatIsNoAnswer) {
  Exchanges x;
  for (std::string_view configuration : {R"({"status": "99"})", R"({"status": 199})",
                                         R"({"status": "600"})", R"({"status": "OK"})"}) {
    Made made = make("mock", configuration, x);
    ASSERT_FALSE(made.policy) << configuration;
    EXPECT_TRUE(made.errors.front().starts_with("/status: ")) << made.errors.front();
  }
  EXPECT_EQ(make("mock", R"({"headers": [{"name": "A b", "value": "x"}]})", x).errors.front(),
            "/headers/0/name: found the text 'A b', expected a header name");
}

}  // namespace
}  // namespace perigee::policies
