// policy-request-validation: every constraint, its message, and what is answered.
#include "policies/catalog.hpp"
#include "policies/date_pattern.hpp"
#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::Verdict;
using policy::testing::Exchanges;
using ::testing::HasSubstr;
using testing::Made;

constexpr std::string_view kId = "policy-request-validation";

struct Row {
  std::string_view constraint;  // members of it
  std::string_view value;       // of attribute v; "<null>": none
  std::string_view violation;   // empty: valid
};
const Row kRows[] = {
    {R"("type": "NOT_NULL")", "x", ""},
    {R"("type": "NOT_NULL")", "", "'' can not be null."},
    {R"("type": "NOT_NULL")", " \t", "' \t' can not be null."},
    {R"("type": "NOT_NULL")", "<null>", "'null' can not be null."},
    {R"("type": null)", "<null>", "'null' can not be null."},
    {R"("type": "MIN", "parameters": ["5"])", "5", ""},
    {R"("type": "MIN", "parameters": ["5"])", "4.99", "'4.99' must be higher or equals to '5'"},
    {R"("type": "MIN", "parameters": ["5"])", " 7e1 ", ""},
    {R"("type": "MIN", "parameters": ["-5"])", "-6", "'-6' must be higher or equals to '-5'"},
    {R"("type": "MIN", "parameters": ["5"])", "x", "'x' must be higher or equals to '5'"},
    {R"("type": "MIN", "parameters": ["5"])", "1e300", ""},
    {R"("type": "MIN", "parameters": ["5"])", "<null>", "'null' must be higher or equals to '5'"},
    {R"("type": "MIN", "parameters": [5])", "6", ""},
    {R"("type": "MAX", "parameters": ["5"])", "5.9", ""},
    {R"("type": "MAX", "parameters": ["5"])", "6", "'6' must be lower or equals to '5'"},
    {R"("type": "MAX", "parameters": ["5"])", "", "'' must be lower or equals to '5'"},
    {R"("type": "MAX", "parameters": ["{#context.attributes['five']}"])", "6",
     "'6' must be lower or equals to '5'"},
    {R"("type": "MAX", "parameters": ["{#context.attributes['v']}"])", "x",
     "'x' must be lower or equals to 'x'"},
    {R"("type": "MAIL")", "a.b+c@d-e.org", ""},
    {R"("type": "MAIL")", "A@B.ORG", ""},
    {R"("type": "MAIL")", "a@b", "a@b is not a valid email."},
    {R"("type": "MAIL")", "a b@c.org", "a b@c.org is not a valid email."},
    {R"("type": "MAIL")", "a@b.organisation", "a@b.organisation is not a valid email."},
    {R"("type": "DATE", "parameters": ["yyyy-MM-dd"])", "2024-02-29", ""},
    {R"("type": "DATE", "parameters": ["yyyy-MM-dd"])", "2023-02-29",
     "'2023-02-29' is not valid (format: 'yyyy-MM-dd')"},
    {R"("type": "DATE", "parameters": ["{#context.attributes['date']}"])", "31/12/99", ""},
    {R"("type": "PATTERN", "parameters": ["^[a-z]+$"])", "abc", ""},
    {R"("type": "PATTERN", "parameters": ["[a-z]"])", "1a2", ""},
    {R"("type": "PATTERN", "parameters": ["^[a-z]+$"])", "ab1",
     "'ab1' is not valid (pattern: '^[a-z]+$')"},
    {R"("type": "SIZE", "parameters": ["2", "3"])", "ab", ""},
    {R"("type": "SIZE", "parameters": ["2", "3"])", "\xc3\xa4\xc3\xb6\xc3\xbc", ""},
    {R"("type": "SIZE", "parameters": ["2", "3"])", "abcd",
     "'abcd' length must be higher or equals to '2' and lower or equals to '3'"},
    {R"("type": "ENUM", "parameters": ["A", "B"])", "B", ""},
    {R"("type": "ENUM", "parameters": ["A", "B"])", "b", "'b' not included in ENUM"},
    {R"("type": "ENUM", "parameters": ["A", "{#context.attributes['five']}"])", "5", ""},
    {R"("type": "MIN", "parameters": ["5"], "message": "%2$s > %s (100%%)%n")", "4",
     "5 > 4 (100%)\n"},
    {R"("type": "NOT_NULL", "message": "give it")", "", "give it"},
    {R"("type": "NOT_NULL", "message": "")", "", "'' can not be null."},
};

std::string configuration(std::string_view constraint, std::string_view more = "") {
  return R"({"status": "422", "rules": [{"input": "{#context.attributes['v']}", "constraint": {)" +
         std::string(constraint) + "}" + std::string(more) + "}]}";
}

Verdict look(std::string_view configuration, std::string_view value, Exchanges& x) {
  Made made = testing::make(kId, configuration, x);
  EXPECT_TRUE(made.policy) << configuration << made.errors.front();
  if (value != "<null>") x.exchange().attributes.set("v", value);
  x.exchange().attributes.set("five", "5");
  x.exchange().attributes.set("date", "dd/MM/yy");
  return x.finished(made.policy->on_request(x.exchange()));
}

TEST(RequestValidation, Constraints) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(std::string(row.constraint) + " of " + std::string(row.value));
    Exchanges x;
    Verdict verdict = look(configuration(row.constraint), row.value, x);
    ASSERT_EQ(verdict.failed(), !row.violation.empty());
    if (row.violation.empty()) continue;
    const policy::Failure& failure = verdict.failure();
    EXPECT_EQ(failure.status, 422);
    EXPECT_EQ(failure.key, "REQUEST_VALIDATION_INVALID");
    EXPECT_EQ(failure.message,
              R"({"message":"Request is not valid according to constraint rules","constraints":[)" +
                  json_quoted(row.violation) + "]}");
    EXPECT_THAT(failure.parameters,
                ::testing::ElementsAre(::testing::Pair("violations", row.violation)));
    EXPECT_EQ(failure.reason, "");
  }
}

TEST(RequestValidation, WhatIsNotRequiredMayBeMissing) {
  Exchanges x, y, z;
  constexpr std::string_view kConstraint = R"("type": "MIN", "parameters": ["5"])";
  EXPECT_TRUE(
      look(configuration(kConstraint, R"(, "isRequired": false)"), "<null>", x).continues());
  EXPECT_TRUE(look(configuration(kConstraint, R"(, "isRequired": false)"), "4", y).failed());
  EXPECT_TRUE(look(configuration(kConstraint, R"(, "isRequired": true)"), "<null>", z).failed());
}

TEST(RequestValidation, ListsAllViolationsInOrder) {
  Exchanges x;
  Made made = testing::make(kId, R"({"rules": [
      {"input": "{#request.headers['X-A'][0]}", "constraint": {"type": "NOT_NULL", "message": "one"}},
      {"input": "fixed", "constraint": {"type": "ENUM", "parameters": ["other"]}},
      {"input": "{#jsonPath(#request.content, '$.age')}", "constraint": {"type": "MIN", "parameters": ["18"]}},
      {"input": "fine", "constraint": {"type": "NOT_NULL"}}]})",
                            x);
  ASSERT_TRUE(made.policy) << made.errors.front();
  EXPECT_EQ(made.policy->needs(policy::Phase::request).bits, el::Needs::request_body);
  EXPECT_EQ(made.policy->needs(policy::Phase::response).bits, 0);
  x.exchange().request_body.replace(R"({"age": 17})");
  Verdict verdict = x.finished(made.policy->on_request(x.exchange()));
  ASSERT_TRUE(verdict.failed());
  EXPECT_EQ(verdict.failure().status, 400);
  EXPECT_THAT(verdict.failure().message,
              HasSubstr(R"("constraints":["Unable to evaluate expression: )"));
  EXPECT_THAT(
      verdict.failure().message,
      HasSubstr(
          R"(It might be related to an invalid request body","'fixed' not included in ENUM","'17' must be higher or equals to '18'"])"));
}

TEST(RequestValidation, NoRulesAskForNothing) {
  for (std::string_view text :
       {R"({"rules": []})", "{}", "null", R"({"status": 500, "rules": null})"}) {
    Exchanges x;
    Made made = testing::make(kId, text, x);
    ASSERT_TRUE(made.policy) << text;
    EXPECT_TRUE(x.finished(made.policy->on_request(x.exchange())).continues());
    EXPECT_TRUE(x.finished(made.policy->on_response(x.exchange())).continues());
  }
}

TEST(RequestValidation, AParameterThatCannotBeEvaluatedIsA500) {
  Exchanges x;
  Verdict verdict = look(configuration(R"("type": "MIN", "parameters": ["{#nothing.x}"])"), "1", x);
  ASSERT_TRUE(verdict.failed());
  EXPECT_EQ(verdict.failure().status, 500);
  EXPECT_NE(verdict.failure().reason, "");
}

TEST(RequestValidation, AnswersNoInterimStatus) {
  Exchanges x;
  Made made = testing::make(
      kId, R"({"status": "100", "rules": [{"input": " ", "constraint": {"type": "NOT_NULL"}}]})",
      x);
  ASSERT_TRUE(made.policy);
  EXPECT_THAT(made.warnings, ::testing::ElementsAre(HasSubstr("/status: no answer ends with 100")));
  EXPECT_EQ(x.finished(made.policy->on_request(x.exchange())).failure().status, 400);
}

struct Mutation {
  std::string_view configuration;
  std::string_view error;
};
const Mutation kMutations[] = {
    {R"({"status": "abc"})", "/status"},
    {R"({"status": 99})", "/status"},
    {R"({"status": 600})", "/status"},
    {R"({"rules": {}})", "/rules: found an object"},
    {R"({"scope": "SOMEWHERE"})", "/scope: unknown value"},
    {R"({"rules": [{"constraint": {"type": "NOT_NULL"}}]})", "/rules/0/input: required"},
    {R"({"rules": [{"input": "x", "constraint": []}]})", "/rules/0/constraint: found an array"},
    {R"({"rules": [{"input": "x", "constraint": {"type": "NOTNULL"}}]})",
     "/rules/0/constraint/type: unknown value 'NOTNULL'; did you mean 'NOT_NULL'?"},
    {R"({"rules": [{"input": "x", "constraint": {"type": "min"}}]})", "/rules/0/constraint/type"},
    {R"({"rules": [{"input": "x", "constraint": {"type": "MIN"}}]})",
     "/rules/0/constraint/parameters: MIN needs 1 of them, found 0"},
    {R"({"rules": [{"input": "x", "constraint": {"type": "SIZE", "parameters": ["1"]}}]})",
     "/rules/0/constraint/parameters: SIZE needs 2 of them, found 1"},
    {R"({"rules": [{"input": "x", "constraint": {"type": "MIN", "parameters": ["1.5"]}}]})",
     "/rules/0/constraint/parameters: '1.5' is not a whole number"},
    {R"({"rules": [{"input": "x", "constraint": {"type": "SIZE", "parameters": ["1", "x"]}}]})",
     "/rules/0/constraint/parameters: 'x' is not a whole number"},
    {R"({"rules": [{"input": "x", "constraint": {"type": "PATTERN", "parameters": ["("]}}]})",
     "/rules/0/constraint/parameters: the regular expression '('"},
    {R"({"rules": [{"input": "x", "constraint": {"type": "DATE", "parameters": ["yyyy-Q"]}}]})",
     "/rules/0/constraint/parameters: the date pattern 'yyyy-Q': the letter 'Q'"},
    {R"({"rules": [{"input": "x", "constraint": {"type": "NOT_NULL", "message": "%d"}}]})",
     "/rules/0/constraint/message: only %s"},
    {R"({"rules": [{"input": "x", "constraint": {"type": "NOT_NULL", "message": "%s %s"}}]})",
     "/rules/0/constraint/message: it names value 2, but there are only 1"},
    {R"({"rules": [{"input": "x", "constraint": {"type": "NOT_NULL", "message": "%3$s"}}]})",
     "/rules/0/constraint/message: it names value 3"},
    {R"({"rules": [{"input": "x", "constraint": {"type": "NOT_NULL", "message": "100%"}}]})",
     "/rules/0/constraint/message: only %s"},
};
TEST(RequestValidation, RefusesWhatBreaksItsSchema) {
  for (const Mutation& mutation : kMutations) {
    Exchanges x;
    Made made = testing::make(kId, mutation.configuration, x);
    ASSERT_FALSE(made.policy) << mutation.configuration;
    EXPECT_TRUE(made.errors.front().starts_with(mutation.error)) << made.errors.front();
  }
}

struct Date {
  std::string_view pattern, text;
  bool matches;
};
const Date kDates[] = {
    {"yyyy-MM-dd", "2024-12-31", true},
    {"yyyy-MM-dd", "2024-1-5", true},
    {"yyyy-MM-dd", "2024-12-31T10:00", true},  // what follows does not matter
    {"yyyy-MM-dd", "2024-13-01", false},
    {"yyyy-MM-dd", "2024-00-01", false},
    {"yyyy-MM-dd", "2024-04-31", false},
    {"yyyy-MM-dd", "2100-02-29", false},
    {"yyyy-MM-dd", "2000-02-29", true},
    {"yyyy-MM-dd", "2024/12/31", false},
    {"yyyy-MM-dd", "2024-12", false},
    {"yyyy-MM-dd", "", false},
    {"yyyy-MM-dd", " 2024- 12-31", true},
    {"yyyy-MM-dd", "99999999999999999999-01-01", false},
    {"yyyyMMdd", "20241231", true},
    {"yyyyMMdd", "20241331", false},
    {"yyyyMMdd", "202412", false},
    {"dd.MM.yy HH:mm:ss", "31.12.99 23:59:59", true},
    {"dd.MM.yy HH:mm:ss", "31.12.99 24:00:00", false},
    {"HH:mm:ss.SSS", "10:20:30.999", true},
    {"HH:mm:ss.SSS", "10:20:30.1000", false},
    {"kk:mm", "24:00", true},
    {"kk:mm", "00:00", false},
    {"hh:mm a", "12:30 PM", true},
    {"hh:mm a", "13:30 pm", false},
    {"K:mm a", "0:30 am", true},
    {"d MMM yyyy", "5 mar 2024", true},
    {"d MMMM yyyy", "5 March 2024", true},
    {"d MMM yyyy", "5 foo 2024", false},
    {"EEE, d MMM yyyy HH:mm:ss Z", "Thu, 29 Feb 2024 10:00:00 +0100", true},
    {"EEE, d MMM yyyy", "Fri, 29 Feb 2024", false},
    {"EEEE d", "Thursday 1", true},
    {"yyyy-MM-dd'T'HH:mm:ss'Z'", "2024-12-31T10:20:30Z", true},
    {"yyyy-MM-dd'T'HH:mm:ss'Z'", "2024-12-31 10:20:30Z", false},
    {"yyyy-MM-dd'T'HH:mm:ssXXX", "2024-12-31T10:20:30+01:00", true},
    {"yyyy-MM-dd'T'HH:mm:ssX", "2024-12-31T10:20:30Z", true},
    {"yyyy-MM-dd'T'HH:mm:ssX", "2024-12-31T10:20:30", false},
    {"HH:mm z", "10:20 CET", true},
    {"HH:mm z", "10:20 GMT+01:00", true},
    {"HH:mm z", "10:20 +9900", false},
    {"HH 'o''clock'", "10 o'clock", true},
};
TEST(DatePattern, ReadsAsTheReferenceDoes) {
  for (const Date& date : kDates) {
    auto pattern = DatePattern::compile(date.pattern);
    ASSERT_TRUE(pattern) << date.pattern;
    EXPECT_EQ(pattern->matches(date.text), date.matches) << date.pattern << ": " << date.text;
  }
}
TEST(DatePattern, RefusesWhatItDoesNotKnow) {
  for (std::string_view pattern : {"yyyy-ww", "YYYY", "u", "'open", "G"})
    EXPECT_FALSE(DatePattern::compile(pattern)) << pattern;
  EXPECT_FALSE(DatePattern::compile(std::string(500, 'y')));
}

}  // namespace
}  // namespace perigee::policies
