#include "tests/el/support/expressions.hpp"

#include <re2/re2.h>

#include "el/expression.hpp"
#include "el/json_variables.hpp"

namespace perigee::el::test {
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

std::string wanted(Json test) {
  if (!test["error"].absent()) return "an error";
  if (!test["expectedNull"].absent()) return "null";
  Json pattern = test["pattern"];
  return pattern.absent() ? "'" + expected_text(test["expected"]) + "'"
                          : "a match of '" + expected_text(pattern) + "'";
}

// What is wrong with an outcome; "" when it is the reference's.
std::string problem(Json test, const Outcome& outcome) {
  std::string gives = outcome.is_null ? "null" : "'" + outcome.text + "'";
  std::string wrong = "expected " + wanted(test) + ", found " + gives;
  if (!test["error"].absent()) return outcome.failed ? "" : wrong;
  if (outcome.failed) return "expected " + wanted(test) + ", found the error: " + outcome.text;
  if (outcome.is_null != !test["expectedNull"].absent()) return wrong;
  Json pattern = test["pattern"], expected = test["expected"];
  bool fits = pattern.absent() || re2::RE2::PartialMatch(outcome.text, std::string(pattern.text()));
  if (!expected.absent()) fits = outcome.text == expected_text(expected);
  return fits ? "" : wrong;
}

// Without the expression and the column, so that equal reasons are equal.
std::string reason(const std::string& message) {
  std::size_t last = message.rfind(": ");
  return last == std::string::npos ? message : message.substr(last + 2);
}

}  // namespace

CaseResult run_case(Json test, Json contexts) {
  auto compiled = Template::compile(test["expression"].text());
  if (!compiled && compiled.error().code == ErrorCode::unsupported)
    return {CaseResult::Kind::skipped, reason(compiled.error().message)};
  SystemClock clock;
  JsonVariables variables(contexts[test["context"].text()], clock);
  Arena arena;
  Outcome outcome{true, false, compiled ? "" : compiled.error().message};
  if (compiled) outcome = run(*compiled, test["type"].text(), variables, arena);
  std::string wrong = problem(test, outcome);
  if (wrong.empty()) return {};
  return {CaseResult::Kind::failed, wrong};
}

}  // namespace perigee::el::test
