// All cases of tests/compat/el/expressions.json.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/el/support/evaluate.hpp"
#include "tests/el/support/expressions.hpp"

namespace perigee::el {
namespace {

TEST(ElCompat, GivesTheReferencesAnswers) {
  auto document = JsonDocument::parse(test::read_file(test::compat_file("el/expressions.json")));
  ASSERT_TRUE(document) << document.error().message;
  Json root = document->root();
  std::size_t passed = 0;
  for (const JsonNode& node : root["cases"].items()) {
    Json each(node);
    SCOPED_TRACE(std::string(each["id"].text()) + " " + std::string(each["expression"].text()));
    test::CaseResult result = test::run_case(each, root["contexts"]);
    EXPECT_EQ(result.kind, test::CaseResult::Kind::passed) << result.why;
    passed += result.kind == test::CaseResult::Kind::passed;
  }
  std::printf("el/expressions.json: %zu of %zu cases as the reference\n", passed,
              root["cases"].size());
  EXPECT_EQ(passed, root["cases"].size());
}

}  // namespace
}  // namespace perigee::el
