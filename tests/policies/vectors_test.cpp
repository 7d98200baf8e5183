// The v4 cases of tests/compat/vectors/transform-headers.json, run as one step.
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::testing::Exchanges;

// Not run, with the reason.
const std::map<std::string_view, std::string_view> kNotRun = {
    {"transform-headers/043-response-scope-request-is-inert-in-the-response-phase-legacy",
     "of the legacy engine, which this version does not have"},
};

std::string read_vectors() {
  std::string path = __FILE__;
  path = path.substr(0, path.rfind("/policies/")) + "/compat/vectors/transform-headers.json";
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

void fill(http::Headers& headers, Json from) {
  for (const JsonMember& member : from.members()) {
    Json value(member.value);
    if (!value.is_array()) headers.add(member.name, value.text());
    for (const JsonNode& item : value.items()) headers.add(member.name, Json(item).text());
  }
}

std::vector<std::string> values_of(const http::Headers& headers, std::string_view name) {
  std::vector<std::string> values;
  for (const http::Header& header : headers.entries()) {
    if (header.is(name)) values.emplace_back(header.value());
  }
  return values;
}

void expect_headers(const http::Headers& headers, Json expected) {
  for (const JsonMember& member : expected.members()) {
    Json wanted(member.value);
    std::vector<std::string> values = values_of(headers, member.name);
    SCOPED_TRACE(member.name);
    if (wanted.is_text()) {
      ASSERT_FALSE(values.empty());
      EXPECT_EQ(values.front(), wanted.text());
    } else if (!wanted["absent"].absent()) {
      EXPECT_TRUE(values.empty());
    } else if (!wanted["values"].absent()) {
      EXPECT_EQ(values, *wanted.texts("values"));
    } else {
      ADD_FAILURE() << "an expectation that this runner does not know: " << wanted.dump();
    }
  }
}

void fill_exchange(Exchanges& x, Json vector) {
  Json request = vector["request"], backend = vector["backend"];
  x.request.path = request["path"].text();
  fill(x.request.headers, request["headers"]);
  fill(x.response.headers, backend["headers"]);
  if (backend["status"].is_number())
    x.response.status = static_cast<int>(backend["status"].integer());
  policy::Exchange& exchange = x.exchange();
  if (request["body"].is_text()) exchange.request_body.replace(request["body"].text());
  if (backend["body"].is_text()) exchange.response_body.replace(backend["body"].text());
}

void run(Json vector) {
  SCOPED_TRACE(vector["id"].text());
  Exchanges x;
  testing::Made made = testing::make("transform-headers", vector["configuration"].dump(), x);
  ASSERT_TRUE(made.policy);
  fill_exchange(x, vector);
  bool of_request = vector["phase"].text() == "request";
  policy::Verdict verdict = of_request ? x.finished(made.policy->on_request(x.exchange()))
                                       : x.finished(made.policy->on_response(x.exchange()));
  Json expected = vector["expect"];
  EXPECT_EQ(verdict.continues(), expected["outcome"].text() == "continue");
  EXPECT_EQ(x.response.status, expected["status"].integer());
  expect_headers(x.request.headers, expected["upstream"]["headers"]);
  expect_headers(x.response.headers, expected["responseHeaders"]);
  if (Json body = expected["upstream"]["body"]; body.is_text())
    EXPECT_EQ(x.exchange().request_body.bytes(), body.text());
}

TEST(Vectors, TransformHeaders) {
  auto document = JsonDocument::parse(read_vectors());
  ASSERT_TRUE(document) << document.error().message;
  std::size_t count = 0, left = 0;
  for (const JsonNode& node : document->root()["cases"].items()) {
    Json vector(node);
    if (auto not_run = kNotRun.find(vector["id"].text()); not_run != kNotRun.end()) {
      std::cout << "not run: " << not_run->first << ": " << not_run->second << "\n";
      ++left;
      continue;
    }
    EXPECT_EQ(vector["level"].text(), "policy");
    run(vector);
    ++count;
  }
  std::cout << count << " cases run\n";
  EXPECT_EQ(left, kNotRun.size());
  EXPECT_GE(count, 29u);
}

}  // namespace
}  // namespace perigee::policies
