#include "tests/compat/vector.hpp"

#include <gtest/gtest.h>

namespace perigee::compat {
namespace {

struct Read {
  std::shared_ptr<const JsonDocument> document;
  Vector vector;
  std::vector<std::string> problems;  // "/context/x: unknown member, ignored"
};

Read read(std::string_view text) {
  Read read;
  auto parsed = JsonDocument::parse(text);
  EXPECT_TRUE(parsed) << text;
  read.document = std::make_shared<const JsonDocument>(*std::move(parsed));
  Problems problems;
  read.vector = read_vector(read.document->root(), problems);
  for (const Problem& problem : problems.listed())
    read.problems.push_back(problem.pointer + ": " + problem.message);
  return read;
}

// A case with these members besides those that every case has.
Read read_case(const std::string& members) {
  return read(R"({"id":"p/1","title":"t","policy":"p","engine":"both","level":"policy",)" +
              members + "}");
}
const std::string kRequest = R"("request":{"method":"GET","path":"/api","headers":{}})";

TEST(Vectors, ReadACaseOfOneRequest) {
  Read got = read_case(
      R"("phase":"response","since":"4.0","timezone":"Asia/Tokyo","gateway":{"a.b":"c"},)"
      R"("configuration":{"x":1},"context":{"nowMs":1767225600000,"nodes":2,"warmUp":["w"],)"
      R"("tls":{"clientCertificatePem":"pem"}},)"
      R"("request":{"method":"PUT","path":"/api?a","headers":{"A":["1","2"],"B":"3"},"body":"b"},)"
      R"("backend":{"status":201,"headers":{"C":"4"},"bodyBase64":"aGk=","delayMs":7},)"
      R"("expect":{"status":200})");
  EXPECT_EQ(got.problems, std::vector<std::string>());
  const Vector& vector = got.vector;
  EXPECT_EQ(vector.id, "p/1");
  EXPECT_EQ(vector.phase, policy::Phase::response);
  EXPECT_EQ(vector.timezone, "Asia/Tokyo");
  EXPECT_EQ(vector.gateway, (NameValues{{"a.b", "c"}}));
  EXPECT_EQ(vector.context.now_ms, 1767225600000);
  EXPECT_EQ(vector.context.nodes, 2u);
  EXPECT_EQ(vector.context.client_certificate_pem, "pem");
  ASSERT_EQ(vector.steps.size(), 1u);
  const Step& step = vector.steps[0];
  EXPECT_EQ(step.request.method, "PUT");
  EXPECT_EQ(step.request.headers, (NameValues{{"A", "1"}, {"A", "2"}, {"B", "3"}}));
  EXPECT_EQ(step.request.body, "b");
  ASSERT_TRUE(step.backend);
  EXPECT_EQ(step.backend->front().status, 201);
  EXPECT_EQ(step.backend->front().body, "hi");
  EXPECT_EQ(step.backend->front().delay.count(), 7);
  EXPECT_TRUE(vector.expect.is_object());
}

TEST(Vectors, ReadStepsAndSequences) {
  Read got = read_case(
      R"("steps":[{"advanceMs":5,"node":1,"repeat":3,"attributes":{"a":1},)" + kRequest +
      R"(,"backend":{"sequence":[{"status":500},{"bodyGzipOf":"z"}]},"expect":{}},{"flush":true},{)" +
      kRequest +
      R"(,"backend":{"refuse":true}}],)"
      R"("context":{"http":[{"path":"/x","status":404},{"path":"/y","sequence":[{},{}]}]})");
  EXPECT_EQ(got.problems, std::vector<std::string>());
  const std::vector<Step>& steps = got.vector.steps;
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0].advance.count(), 5);
  EXPECT_EQ(steps[0].node, 1u);
  EXPECT_EQ(steps[0].repeat, 3u);
  ASSERT_EQ(steps[0].backend->size(), 2u);
  EXPECT_TRUE(steps[0].backend->at(1).gzip);
  EXPECT_TRUE(steps[1].flush);
  EXPECT_TRUE(steps[2].backend->front().refuse);
  ASSERT_EQ(got.vector.context.http.size(), 2u);
  EXPECT_EQ(got.vector.context.http[0].answers[0].status, 404);
  EXPECT_EQ(got.vector.context.http[1].answers.size(), 2u);
}

TEST(Vectors, ReadAUnit) {
  Read got = read(R"({"id":"p/1","policy":"p","engine":"v4","level":"unit","function":"f",)"
                  R"("input":{"a":1},"expect":{"output":2}})");
  EXPECT_EQ(got.problems, std::vector<std::string>());
  EXPECT_EQ(got.vector.function, "f");
  EXPECT_TRUE(got.vector.steps.empty());
}

// Where something stands that no reader knows: never passed over.
TEST(Vectors, AMemberThatIsNotKnownIsAFault) {
  const std::pair<std::string, std::string> kRows[] = {
      {kRequest + R"(,"extra":1)", "/extra"},
      {kRequest + R"(,"context":{"extra":1})", "/context/extra"},
      {kRequest + R"(,"context":{"store":{"extra":1}})", "/context/store/extra"},
      {kRequest + R"(,"context":{"tls":{"extra":1}})", "/context/tls/extra"},
      {kRequest + R"(,"context":{"awsLambda":{"extra":1}})", "/context/awsLambda/extra"},
      {kRequest + R"(,"context":{"apiKeys":[{"extra":1}]})", "/context/apiKeys/0/extra"},
      {kRequest + R"(,"context":{"subscriptions":[{"extra":1}]})",
       "/context/subscriptions/0/extra"},
      {kRequest + R"(,"context":{"plans":[{"security":{"extra":1}}]})",
       "/context/plans/0/security/extra"},
      {kRequest + R"(,"context":{"resources":[{"stub":{"introspect":{"extra":1}}}]})",
       "/context/resources/0/stub/introspect/extra"},
      {kRequest + R"(,"context":{"http":[{"path":"/","extra":1}]})", "/context/http/0/extra"},
      {kRequest + R"(,"backend":{"extra":1})", "/backend/extra"},
      {kRequest + R"(,"backend":{"sequence":[{"extra":1}]})", "/backend/sequence/0/extra"},
      {kRequest + R"(,"expect":{"extra":1})", "/expect/extra"},
      {kRequest + R"(,"expect":{"error":{"extra":1}})", "/expect/error/extra"},
      {kRequest + R"(,"expect":{"upstream":{"extra":1}})", "/expect/upstream/extra"},
      {kRequest + R"(,"expect":{"responseHeaders":{"A":{"extra":1}}})",
       "/expect/responseHeaders/A/extra"},
      {R"("request":{"extra":1})", "/request/extra"},
      {R"("steps":[{)" + kRequest + R"(,"extra":1}])", "/steps/0/extra"}};
  for (const auto& [members, pointer] : kRows) {
    Read got = read_case(members);
    ASSERT_EQ(got.problems.size(), 1u) << members;
    EXPECT_EQ(got.problems[0].substr(0, got.problems[0].find(':')), pointer);
    EXPECT_NE(got.problems[0].find("unknown member"), std::string::npos) << got.problems[0];
  }
}

TEST(Vectors, WhatDoesNotFitIsAFault) {
  const std::pair<std::string, std::string> kRows[] = {
      {R"("phase":"publish",)" + kRequest, "/phase"},
      {R"("context":{})", "/request"},
      {R"("steps":[{}])", "/steps/0/request"},
      {kRequest + R"(,"context":{"nowMs":"soon"})", "/context/nowMs"},
      {kRequest + R"(,"backend":{"bodyBase64":"***"})", "/backend/bodyBase64"},
      {kRequest + R"(,"backend":{"sequence":[{},{"refuse":true}]})", "/backend/sequence/1/refuse"},
      {kRequest + R"(,"expect":{"outcome":"perhaps"})", "/expect/outcome"},
      {kRequest + R"(,"expect":{"warnings":"W"})", "/expect/warnings"},
      {kRequest + R"(,"expect":{"attributes":["a"]})", "/expect/attributes"},
      {kRequest + R"(,"expect":{"httpCalls":1})", "/expect/httpCalls"},
      {kRequest + R"(,"expect":{"responseHeaders":{"A":{}}})", "/expect/responseHeaders/A"}};
  for (const auto& [members, pointer] : kRows) {
    Read got = read_case(members);
    ASSERT_FALSE(got.problems.empty()) << members;
    EXPECT_EQ(got.problems[0].substr(0, got.problems[0].find(':')), pointer);
  }
}

}  // namespace
}  // namespace perigee::compat
