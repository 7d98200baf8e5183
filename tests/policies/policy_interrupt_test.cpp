// policy-interrupt: the failure that it makes.
#include "policies/catalog.hpp"
#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::Failure;
using policy::Verdict;
using policy::testing::Exchanges;
using testing::Made;
using testing::make;

std::string shown(const Failure& failure) {
  std::string text = std::to_string(failure.status) + "|" + failure.key + "|";
  text += failure.has_message ? failure.message : "<none>";
  for (const auto& [name, value] : failure.parameters)
    text.append("|").append(name).append("=").append(value);
  return text;
}

struct Row {
  std::string_view rule, configuration, expected;
};

const Row kRows[] = {
    {"key and message", R"({"errorKey": "KEY", "message": "why"})", "500|KEY|why"},
    {"no message is an empty answer", R"({"errorKey": "KEY"})", "500|KEY|<none>"},
    {"no key", R"({"message": "why"})", "500||why"},
    {"nothing at all", "{}", "500||<none>"},
    {"an empty message is one", R"({"errorKey": "KEY", "message": ""})", "500|KEY|"},
    {"the message is evaluated", R"({"errorKey": "KEY", "message": "no {#request.method}"})",
     "500|KEY|no GET"},
    {"a message that comes to nothing or fails",
     R"({"errorKey": "KEY", "message": "{#request.headers['nothing'][0]}"})", "500|KEY|<none>"},
    {"variables, in order", R"({"errorKey": "KEY", "message": "m",
        "variables": [{"name": "b", "value": "1"}, {"name": "a", "value": "{#request.method}"}]})",
     "500|KEY|m|b=1|a=GET"},
    {"variables without a name or a value, or that fail", R"({"errorKey": "KEY", "message": "m",
        "variables": [{"name": " ", "value": "1"}, {"name": "a"}, {"value": "1"}, null,
                      {"name": "b", "value": "{#request.headers['nothing'][0]}"},
                      {"name": "c", "value": "{#context.attributes['nothing']}"},
                      {"name": "d", "value": ""}]})",
     "500|KEY|m|d="},
};

TEST(PolicyInterrupt, FailsInBothPhases) {
  for (const Row& row : kRows) {
    for (bool of_request : {true, false}) {
      SCOPED_TRACE(row.rule);
      Exchanges x;
      Made made = make("policy-interrupt", row.configuration, x);
      ASSERT_TRUE(made.policy);
      Verdict verdict = of_request ? x.finished(made.policy->on_request(x.exchange()))
                                   : x.finished(made.policy->on_response(x.exchange()));
      ASSERT_TRUE(verdict.failed());
      EXPECT_EQ(shown(verdict.failure()), row.expected);
      EXPECT_FALSE(verdict.has_reason());
    }
  }
}

TEST(PolicyInterrupt, ItsScopeAlwaysCounts) {
  Exchanges x;
  const policy::Catalog all = catalog();
  const policy::Registration& registration = *all.find("policy-interrupt");
  struct {
    std::string_view configuration;
    policy::Phase phase;
  } rows[] = {{"{}", policy::Phase::request},
              {R"({"scope": "REQUEST_CONTENT"})", policy::Phase::request},
              {R"({"scope": "RESPONSE"})", policy::Phase::response},
              {R"({"scope": "RESPONSE_CONTENT"})", policy::Phase::response}};
  for (const auto& row : rows) {
    auto document = JsonDocument::parse(row.configuration);
    Problems problems;
    policy::ConfigObject from(document->root(), problems);
    for (bool old_engine : {true, false})
      EXPECT_EQ(policy::scope_of(from, registration, old_engine), row.phase) << row.configuration;
  }
}

TEST(PolicyInterrupt, NeedsWhatItsExpressionsNeed) {
  Exchanges x;
  Made made = make("policy-interrupt",
                   R"({"errorKey": "K", "message": "{#request.content}",
                       "variables": [{"name": "a", "value": "{#response.content}"}]})",
                   x);
  EXPECT_EQ(made.policy->needs(policy::Phase::response).bits,
            el::Needs::request_body | el::Needs::response_body);
}

}  // namespace
}  // namespace perigee::policies
