// All cases of tests/compat/el/expressions.json.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <cstdio>

#include "tests/el/support/evaluate.hpp"

namespace perigee::el {
namespace {

struct Outcome {
  bool failed = false;
  bool is_null = false;
  std::string text;
};

Outcome of(const Result<std::optional<std::string_view>>& result) {
  if (!result) return {true, false, result.error().message};
  return *result ? Outcome{false, false, std::string(**result)} : Outcome{false, true, ""};
}

Outcome run(const Template& compiled, std::string_view type, const Variables& variables,
            Arena& arena) {
  if (type == "string") return of(compiled.text(variables, arena));
  if (type == "boolean") {
    auto result = compiled.condition(variables, arena);
    if (!result) return {true, false, result.error().message};
    return {false, false, *result ? "true" : "false"};
  }
  auto result = compiled.integer(variables, arena);
  if (!result) return {true, false, result.error().message};
  return *result ? Outcome{false, false, std::to_string(**result)} : Outcome{false, true, ""};
}

std::string expected_text(Json expected) {
  return expected.is_text() ? std::string(expected.text()) : expected.dump();
}

// What is wrong with an outcome; "" when it is the reference's.
std::string problem(Json test, const Outcome& outcome) {
  std::string gives = outcome.is_null ? "gives null" : "gives '" + outcome.text + "'";
  if (!test["error"].absent()) return outcome.failed ? "" : gives + ", not an error";
  if (outcome.failed) return outcome.text;
  if (outcome.is_null != !test["expectedNull"].absent()) return gives;
  Json pattern = test["pattern"], expected = test["expected"];
  bool fits = pattern.absent() || re2::RE2::PartialMatch(outcome.text, std::string(pattern.text()));
  if (!expected.absent()) fits = outcome.text == expected_text(expected);
  return fits ? "" : gives;
}

TEST(ElCompat, GivesTheReferencesAnswers) {
  auto document = JsonDocument::parse(test::read_file(test::compat_file("el/expressions.json")));
  ASSERT_TRUE(document) << document.error().message;
  Json root = document->root();
  SystemClock clock;
  std::size_t passed = 0;
  for (const JsonNode& node : root["cases"].items()) {
    Json test(node);
    SCOPED_TRACE(std::string(test["id"].text()) + " " + std::string(test["expression"].text()));
    auto compiled = Template::compile(test["expression"].text());
    JsonVariables variables(root["contexts"][test["context"].text()], clock);
    Arena arena;
    Outcome outcome{true, false, compiled ? "" : compiled.error().message};
    if (compiled) outcome = run(*compiled, test["type"].text(), variables, arena);
    std::string wrong = problem(test, outcome);
    EXPECT_EQ(wrong, "");
    if (wrong.empty()) ++passed;
  }
  std::printf("el/expressions.json: %zu of %zu cases as the reference\n", passed,
              root["cases"].size());
  EXPECT_EQ(passed, root["cases"].size());
}

}  // namespace
}  // namespace perigee::el
