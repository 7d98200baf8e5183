// All cases of tests/compat/el/expressions.json.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>

#include "tests/el/support/evaluate.hpp"
#include "tests/el/support/expressions.hpp"

namespace perigee::el {
namespace {

// Cases of what this version refuses at compile: each has to fail with "not supported".
const std::map<std::string_view, std::string_view> kNotSupported = {
    {"el-099", "#xpath"}, {"el-100", "#xpath"},     {"el-102", "#xpath"},
    {"el-103", "#xpath"}, {"el-114", "xmlContent"},
};

TEST(ElCompat, GivesTheReferencesAnswers) {
  auto document = JsonDocument::parse(test::read_file(test::compat_file("el/expressions.json")));
  ASSERT_TRUE(document) << document.error().message;
  Json root = document->root();
  std::size_t passed = 0, skipped = 0;
  for (const JsonNode& node : root["cases"].items()) {
    Json each(node);
    SCOPED_TRACE(std::string(each["id"].text()) + " " + std::string(each["expression"].text()));
    test::CaseResult result = test::run_case(each, root["contexts"]);
    EXPECT_NE(result.kind, test::CaseResult::Kind::failed) << result.why;
    bool is_skipped = result.kind == test::CaseResult::Kind::skipped;
    EXPECT_EQ(is_skipped, kNotSupported.contains(each["id"].text())) << result.why;
    ++(is_skipped ? skipped : passed);
  }
  std::printf("el/expressions.json: %zu of %zu cases as the reference, %zu not supported\n", passed,
              root["cases"].size(), skipped);
  EXPECT_EQ(skipped, kNotSupported.size());
}

}  // namespace
}  // namespace perigee::el
