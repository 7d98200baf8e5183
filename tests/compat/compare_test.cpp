#include "tests/compat/compare.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/compat/value_json.hpp"

namespace perigee::compat {
namespace {

Seen seen() {
  Seen seen;
  seen.continues = true;
  seen.status = 200;
  seen.headers = {{"X-A", "1"}, {"x-a", "2"}, {"X-B", "b"}};
  seen.body = "hi";
  seen.failure = Failure{.key = "KEY", .message = "Too many", .parameters = {{"limit", "3"}}};
  seen.warnings = {"W"};
  seen.attributes = {{"a", R"({"x":1,"y":[true,null]})"}, {"gone", "null"}, {"n", "1"}};
  seen.upstream = Received{.method = "GET", .path = "/p?q", .headers = {{"H", "v"}}, .body = "b"};
  seen.http_calls = {{"/jwks", 1}};
  return seen;
}

Faults faults(const std::string& expect) {
  auto document = JsonDocument::parse(expect);
  EXPECT_TRUE(document) << expect;
  return faults_of(document->root(), seen());
}

TEST(Compare, WhatIsAsExpectedHasNoFault) {
  for (
      const char* expect : {
          R"({})",
          R"({"outcome":"continue","status":200,"body":"hi","bodyBase64":"aGk=","warnings":["W"]})",
          R"({"responseHeaders":{"x-A":"1","X-B":{"present":true},"X-C":{"absent":true}}})",
          R"({"responseHeaders":{"X-A":{"values":["1","2"]},"X-B":{"regex":"^b$"}}})",
          R"({"responseHeaders":{"X-B":{"not":"c"},"X-C":{"values":[]}}})",
          R"({"error":{"key":"KEY","message":"Too many","parameters":{"limit":3}}})",
          R"({"error":{"messageContains":"many"}})",
          R"({"attributes":{"a":{"y":[true,null],"x":1.0},"gone":null,"never":null}})",
          R"({"attributes":{"a":{"subset":{"x":1}}}})",
          R"({"upstream":{"called":true,"method":"GET","path":"/p?q","body":"b","headers":{"h":"v"}}})",
          R"({"httpCalls":{"/jwks":1,"/other":0}})",
      }) {
    EXPECT_EQ(faults(expect), Faults()) << expect;
  }
}

TEST(Compare, EachDifferenceTellsWhatWasExpectedAndFound) {
  const std::pair<const char*, const char*> kRows[] = {
      {R"({"outcome":"interrupt"})", "outcome: expected 'interrupt', found 'continue'"},
      {R"({"status":404})", "status: expected 404, found 200"},
      {R"({"status":"200"})", "status: expected \"200\", found 200"},
      {R"({"error":{"key":5}})", "error key: expected '5', found 'KEY'"},
      {R"({"body":"ho"})", "body: expected 'ho', found 'hi'"},
      {R"({"bodyBase64":"aG8="})", "body in Base64: expected 'aG8=', found 'aGk='"},
      {R"({"responseHeaders":{"X-A":"2"}})", "response header X-A: expected '2', found '1', '2'"},
      {R"({"responseHeaders":{"X-B":{"absent":true}}})",
       "response header X-B: expected none, found 'b'"},
      {R"({"responseHeaders":{"X-C":{"present":true}}})",
       "response header X-C: expected any, found none"},
      {R"({"responseHeaders":{"X-A":{"values":["2","1"]}}})",
       "response header X-A: expected '2', '1', found '1', '2'"},
      {R"({"responseHeaders":{"X-B":{"regex":"^c"}}})",
       "response header X-B: expected a match of '^c', found 'b'"},
      {R"({"responseHeaders":{"X-A":{"not":"2"}}})",
       "response header X-A: expected anything but '2', found '1', '2'"},
      {R"({"error":{"key":"OTHER"}})", "error key: expected 'OTHER', found 'KEY'"},
      {R"({"error":{"message":"Too"}})", "error message: expected 'Too', found 'Too many'"},
      {R"({"error":{"messageContains":"few"}})",
       "error message: expected one with 'few', found 'Too many'"},
      {R"({"error":{"parameters":{"limit":"4"}}})", "parameter limit: expected '4', found '3'"},
      {R"({"attributes":{"n":"1"}})", "attribute n: expected \"1\", found 1"},
      {R"({"attributes":{"n":null}})", "attribute n: expected null, found 1"},
      {R"({"attributes":{"never":1}})", "attribute never: expected 1, found null"},
      {R"({"attributes":{"a":{"x":1}}})",
       R"(attribute a: expected {"x":1}, found {"x":1,"y":[true,null]})"},
      {R"({"attributes":{"a":{"subset":{"z":1}}}})",
       R"(attribute a: expected {"subset":{"z":1}}, found {"x":1,"y":[true,null]})"},
      {R"({"warnings":[]})", "warnings: expected [], found [\"W\"]"},
      {R"({"upstream":{"called":false}})", "upstream: expected no call, found a call"},
      {R"({"upstream":{"path":"/p"}})", "upstream path: expected '/p', found '/p?q'"},
      {R"({"upstream":{"method":"PUT"}})", "upstream method: expected 'PUT', found 'GET'"},
      {R"({"upstream":{"headers":{"H":{"absent":true}}}})",
       "upstream header H: expected none, found 'v'"},
      {R"({"awsReceived":{"body":"x"}})", "awsReceived: expected a call, found none"},
      {R"({"httpCalls":{"/jwks":2}})", "calls of /jwks: expected 2, found 1"},
      {R"({"introspections":1})", "introspections: expected 1, found no such service"},
      {R"({"storeCounter":0})", "storeCounter: expected 0, found no such service"},
  };
  for (const auto& [expect, fault] : kRows) EXPECT_EQ(faults(expect), Faults{fault}) << expect;
}

TEST(Compare, AFaultIsALineWhateverBytesCame) {
  Seen seen;
  seen.body = "a\n\x1f\x8b\u00e9" + std::string(300, 'x');
  auto document = JsonDocument::parse(R"({"body":""})");
  std::vector<std::string> faults = faults_of(document->root(), seen);
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].substr(0, 45), "body: expected '', found 'a\\x0a\\x1f\\x8b\u00e9xxxx");
  EXPECT_TRUE(faults[0].ends_with("xxx...'"));
  EXPECT_LT(faults[0].size(), 250u);
}

TEST(Compare, AMissingFailureIsAFault) {
  auto document = JsonDocument::parse(R"({"error":{"key":"K"},"upstream":{"called":true}})");
  EXPECT_THAT(faults_of(document->root(), {}),
              ::testing::ElementsAre(R"(error: expected {"key":"K"}, found none)",
                                     "upstream: expected a call, found none"));
}

TEST(Compare, AFunctionGivesWhatItsCaseNames) {
  auto document = JsonDocument::parse(
      R"({"output":{"a":1},"result":{"success":false},"received":{"headers":{"H":"v"}}})");
  ASSERT_TRUE(document);
  Vector vector;
  vector.expect = document->root();
  SeenUnit seen{.json = R"({"output":{"a":1},"result":{"success":false,"cause":true},"more":1})",
                .received = Received{.headers = {{"h", "v"}}}};
  EXPECT_EQ(faults_of_unit(vector, seen), Faults());
  seen.json = R"({"output":{"a":1,"b":2},"result":{"success":true}})";
  seen.received = std::nullopt;
  EXPECT_THAT(
      faults_of_unit(vector, seen),
      ::testing::ElementsAre(R"(output: expected {"a":1}, found {"a":1,"b":2})",
                             R"(result: expected {"success":false}, found {"success":true})",
                             "received: expected a call, found none"));
  vector.function = "cacheredis.options";  // of these the case names some
  EXPECT_EQ(faults_of_unit(vector, seen).size(), 2u);
}

TEST(ValueJson, ShowsEveryKindThatHasAForm) {
  const std::pair<const char*, const char*> kRows[] = {
      {R"({"a":[1,-2.5,"q\"",true,null],"b":{}})", R"({"a":[1,-2.5,"q\"",true,null],"b":{}})"},
      {R"(1767225600000)", "1767225600000"}};
  for (const auto& [from, text] : kRows) {
    auto document = JsonDocument::parse(from);
    ASSERT_TRUE(document);
    Arena arena;
    EXPECT_EQ(json_of(el::Value::json(*document->root().node()), arena), text);
  }
  Arena arena;
  EXPECT_EQ(json_of(el::Value::absent(), arena), "null");
  EXPECT_EQ(json_of(el::Value::bean(el::Bean::request), arena).front(), '"');
}

}  // namespace
}  // namespace perigee::compat
