// json-to-json: which bodies it transforms, what becomes of headers, and how it fails.
#include "policies/catalog.hpp"
#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::Verdict;
using policy::testing::Exchanges;
using testing::Made;

constexpr std::string_view kShift = R"([{"operation": "shift", "spec": {"a": "b"}}])";

std::string configuration(std::string_view specification, std::string_view more = "") {
  return R"({"specification": )" + json_quoted(specification) + std::string(more) + "}";
}

struct Row {
  std::string_view rule;
  std::string_view more;
  std::string_view type;  // of the content; empty: none
  std::string_view body;
  std::string_view expected;
  std::string_view expected_type;
  bool old_engine = false;
};
const Row kRows[] = {
    {"transforms", "", "application/json", R"({"a": 1})", R"({"b":1})", "application/json"},
    {"whatever has json in its type", "", "application/vnd.x+JSON; charset=utf-8", R"({"a": 1})",
     R"({"b":1})", "application/json"},
    {"keeps the type when told so", R"(, "overrideContentType": false)", "text/json", R"({"a": 1})",
     R"({"b":1})", "text/json"},
    {"leaves other types alone", "", "text/plain", R"({"a": 1})", R"({"a": 1})", "text/plain"},
    {"leaves what has no type alone", "", "", R"({"a": 1})", R"({"a": 1})", ""},
    {"the old engine looks at no type", "", "text/plain", R"({"a": 1})", R"({"b":1})",
     "application/json", true},
    {"leaves an empty body alone", "", "application/json", "", "", "application/json"},
    {"nothing is null", "", "application/json", R"({"x": 1})", "null", "application/json"},
};
TEST(JsonToJson, BodiesOfBothSides) {
  for (const Row& row : kRows) {
    for (bool of_request : {true, false}) {
      SCOPED_TRACE(row.rule);
      Exchanges x;
      x.api.old_engine = row.old_engine;
      Made made = testing::make("json-to-json", configuration(kShift, row.more), x);
      ASSERT_TRUE(made.policy) << made.errors.front();
      http::Headers& headers = of_request ? x.request.headers : x.response.headers;
      if (!row.type.empty()) headers.add(http::HeaderId::content_type, row.type);
      policy::MessageBody& body =
          of_request ? x.exchange().request_body : x.exchange().response_body;
      body.replace(row.body);
      Verdict verdict = x.finished(of_request ? made.policy->on_request(x.exchange())
                                              : made.policy->on_response(x.exchange()));
      EXPECT_TRUE(verdict.continues());
      EXPECT_EQ(body.bytes(), row.expected);
      EXPECT_EQ(headers.get(http::HeaderId::content_type).value_or(""), row.expected_type);
      if (row.body != row.expected)
        EXPECT_EQ(headers.get(http::HeaderId::content_length), std::to_string(row.expected.size()));
      bool type_is_set = row.body != row.expected && row.expected_type == "application/json";
      for (const http::Header& header : headers.entries()) {
        if (type_is_set && header.is(http::HeaderId::content_type))
          EXPECT_EQ(header.name(), "Content-Type");
      }
    }
  }
}

TEST(JsonToJson, ItsSpecificationMayHaveExpressions) {
  Exchanges x;
  Made made = testing::make(
      "json-to-json",
      configuration(
          R"([{"operation": "default", "spec": {"who": "{#context.attributes['application']}"}}])"),
      x);
  ASSERT_TRUE(made.policy) << made.errors.front();
  x.request.headers.add(http::HeaderId::content_type, "application/json");
  x.exchange().attributes.set("application", "me");
  x.exchange().request_body.replace("{}");
  EXPECT_TRUE(x.finished(made.policy->on_request(x.exchange())).continues());
  EXPECT_EQ(x.exchange().request_body.bytes(), R"({"who":"me"})");
}

TEST(JsonToJson, NeedsTheBodyOfItsPhase) {
  Exchanges x;
  Made made = testing::make("json-to-json", configuration(kShift), x);
  EXPECT_EQ(made.policy->needs(policy::Phase::request).bits, el::Needs::request_body);
  EXPECT_EQ(made.policy->needs(policy::Phase::response).bits, el::Needs::response_body);
}

TEST(JsonToJson, Failures) {
  const std::tuple<std::string_view, std::string_view, std::string_view> rows[] = {
      {kShift, "{", "invalid JSON"},
      {R"([{"operation": "{#context.attributes['none']}", "spec": {}}])", "{}",
       "unknown operation"},
      {R"({#nothing.x})", "{}", "nothing"},
      {R"([{"operation": "shift", "spec": {"*": "x[&]"}}])", R"({"4000000": 1})", "position"},
      {R"([{"operation": "shift", "spec": {"*": {"@1": "x[]"}}}])",
       "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30]",
       "longer than 1000"},
  };
  for (const auto& [specification, body, reason] : rows) {
    Exchanges x;
    Made made = testing::make("json-to-json", configuration(specification), x);
    ASSERT_TRUE(made.policy) << specification << made.errors.front();
    x.response.headers.add(http::HeaderId::content_type, "application/json");
    x.exchange().response_body.replace(body);
    Verdict verdict = x.finished(made.policy->on_response(x.exchange()));
    ASSERT_TRUE(verdict.failed()) << specification;
    EXPECT_EQ(verdict.failure().status, 500);
    EXPECT_EQ(verdict.failure().key, "JSON_INVALID_SPECIFICATION");
    EXPECT_EQ(verdict.failure().message, "Unable to apply JOLT transformation to payload");
    EXPECT_THAT(verdict.failure().reason, ::testing::HasSubstr(reason));
    EXPECT_EQ(x.exchange().response_body.bytes(), body);
  }
}

TEST(JsonToJson, RefusesWhatBreaksItsSchema) {
  const std::pair<std::string, std::string_view> rows[] = {
      {"{}", "/specification: required"},
      {R"({"specification": ""})", "/specification: invalid JSON at 1:1"},
      {R"({"specification": []})", "/specification: found an array"},
      {configuration("{"), "/specification: invalid JSON at 1:2"},
      {configuration("[]"), "/specification: the specification: it has no operation"},
      {configuration(R"([{"operation": "shft", "spec": {}}])"),
       "/specification: /0/operation: unknown operation 'shft'; did you mean 'shift'?"},
      {configuration(kShift, R"(, "overrideContentType": "perhaps")"), "/overrideContentType"},
      {configuration(kShift, R"(, "scope": "BOTH")"), "/scope: unknown value 'BOTH'"},
  };
  for (const auto& [text, error] : rows) {
    Exchanges x;
    Made made = testing::make("json-to-json", text, x);
    ASSERT_FALSE(made.policy) << text;
    EXPECT_TRUE(made.errors.front().starts_with(error)) << made.errors.front();
  }
}

}  // namespace
}  // namespace perigee::policies
