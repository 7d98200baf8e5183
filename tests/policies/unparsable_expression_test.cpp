// An expression that cannot be parsed is a warning, and then decides as any that cannot be
// evaluated (expression-language.md 1.3).
#include "tests/policies/support/counting.hpp"

namespace perigee::policies {
namespace {

using policy::Phase;
using policy::Verdict;
using testing::told;

struct Row {
  std::string_view id, configuration;  // in which @ stands for the expression
  std::string_view pointer;
  std::string_view outcome;
  Phase phase = Phase::request;
};

constexpr std::string_view kNotTransformed =
    "500 TRANSFORM_HEADERS_FAILURE: Unable to apply headers transformation {}";
constexpr std::string_view kBroken = "500 : Internal Server Error {}";
const Row kRows[] = {
    {"transform-headers", R"({"addHeaders": [{"name": "X-B", "value": "a@"}]})",
     "/addHeaders/0/value", kNotTransformed},
    {"transform-headers", R"({"addHeaders": [{"name": "X-B", "value": "@"}]})",
     "/addHeaders/0/value", kNotTransformed, Phase::response},
    {"transform-queryparams", R"({"addQueryParameters": [{"name": "b", "value": "@"}]})",
     "/addQueryParameters/0/value", "next"},
    {"policy-assign-attributes", R"({"attributes": [{"name": "b", "value": "@"}]})",
     "/attributes/0/value", "next"},
    {"policy-interrupt", R"({"errorKey": "K", "message": "@"})", "/message", "500 K:  {}"},
    {"policy-interrupt", R"({"errorKey": "K", "variables": [{"name": "a", "value": "@"}]})",
     "/variables/0/value", "500 K:  {}"},
    {"policy-request-validation",
     R"({"rules": [{"input": "@", "constraint": {"type": "NOT_NULL"}}]})", "/rules/0/input",
     "400 REQUEST_VALIDATION_INVALID: "},
    {"policy-request-validation",
     R"({"rules": [{"input": "5", "constraint": {"type": "MIN", "parameters": ["@"]}}]})",
     "/rules/0/constraint/parameters", kBroken},
    {"http-redirect", R"({"rules": [{"path": "@", "location": "b"}]})", "/rules/0/path", kBroken},
    {"http-redirect", R"({"rules": [{"path": ".*", "location": "@"}]})", "/rules/0/location",
     kBroken},
    {"dynamic-routing", R"({"rules": [{"pattern": "@", "url": "b"}]})", "/rules/0/pattern",
     kBroken},
    {"dynamic-routing", R"({"rules": [{"pattern": ".*", "url": "@"}]})", "/rules/0/url", kBroken},
    {"ip-filtering", R"({"blacklistIps": ["@"]})", "/blacklistIps", kBroken},
    {"ip-filtering", R"({"useCustomIPAddress": true, "customIPAddress": "@"})", "/customIPAddress",
     kBroken},
    {"json-to-json", R"({"specification": "[@]"})", "/specification",
     "500 JSON_INVALID_SPECIFICATION: Unable to apply JOLT transformation to payload {}"},
    {"url-rewriting", R"({"fromRegex": "a", "toReplacement": "@"})", "/toReplacement", kBroken,
     Phase::response},
    {"rate-limit", R"({"rate": {"limit": 1, "key": "@"}})", "/rate/key",
     "500 RATE_LIMIT_SERVER_ERROR: Unknown error {}"},
    {"rate-limit", R"({"rate": {"limit": 1, "key": "@", "useKeyOnly": true}})", "/rate/key",
     "500 RATE_LIMIT_SERVER_ERROR: Unknown error {}"},
    {"rate-limit", R"({"rate": {"dynamicLimit": "@"}})", "/rate/dynamicLimit",
     "500 RATE_LIMIT_SERVER_ERROR: Unknown error {}"},
    {"rate-limit", R"({"rate": {"limit": 1, "dynamicPeriodTime": "@"}})", "/rate/dynamicPeriodTime",
     "500 RATE_LIMIT_SERVER_ERROR: Unknown error {}"},
    {"quota", R"({"quota": {"dynamicLimit": "@"}})", "/quota/dynamicLimit",
     "500 QUOTA_SERVER_ERROR: Unknown error {}"},
    {"spike-arrest", R"({"spike": {"dynamicLimit": "@"}})", "/spike/dynamicLimit",
     "500 SPIKE_ARREST_SERVER_ERROR: Unknown error {}"},
    {"token-bucket-rate-limit", R"({"refillRate": 1, "burstCapacity": 1, "key": "@"})", "/key",
     "500 TOKEN_BUCKET_RATE_LIMIT_SERVER_ERROR: Unknown error {}"},
};

std::string with(std::string_view configuration, std::string_view expression) {
  std::string text(configuration);
  return text.replace(text.find('@'), 1, expression);
}

// What the policy decides; the exchange has a body of "[\"a\"]" either way.
std::string outcome(const Row& row, std::string_view expression, testing::Made& made) {
  policy::testing::Exchanges x;
  testing::FakeCounters counters;
  policy::Services services = testing::services_of(x);
  services.counters = &counters;
  made = testing::make(row.id, with(row.configuration, expression), services);
  if (!made.policy) return "not made";
  for (http::Headers* headers : {&x.request.headers, &x.response.headers})
    headers->add(http::HeaderName("Content-Type"), "application/json");
  x.exchange().request_body.replace(R"(["a"])");
  x.exchange().response_body.replace(R"(["a"])");
  return told(x.finished(row.phase == Phase::request ? made.policy->on_request(x.exchange())
                                                     : made.policy->on_response(x.exchange())));
}

TEST(UnparsableExpression, DecidesAsOneThatCannotBeEvaluated) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.configuration);
    testing::Made unparsable, failing;
    std::string found = outcome(row, "{#request.}", unparsable);
    EXPECT_THAT(unparsable.errors, ::testing::IsEmpty());
    EXPECT_THAT(unparsable.warnings,
                ::testing::ElementsAre(::testing::AllOf(
                    ::testing::StartsWith(std::string(row.pointer) +
                                          ": the expression will fail whenever it is evaluated: "),
                    ::testing::ContainsRegex("column [0-9]+: the expression ends where"))));
    EXPECT_THAT(found, ::testing::StartsWith(std::string(row.outcome)));
    if (row.id == "policy-request-validation") continue;  // its message shows the expression
    EXPECT_EQ(found, outcome(row, "{#nothing.at.all}", failing));
  }
}

// What this version lacks and what is too long are not left for requests to find.
TEST(UnparsableExpression, IsNoneThatAsksForMoreThanThereIs) {
  for (const std::string& expression :
       {std::string("{T(String).format('%a', 1.5)}"), std::string("{('a'.matches('(.)\\\\1'))}"),
        std::string(el::kTextBytesMax + 1, 'a')}) {
    testing::Made made;
    EXPECT_EQ(outcome(kRows[0], expression, made), "not made");
    EXPECT_THAT(made.errors, ::testing::ElementsAre(::testing::StartsWith("/addHeaders/0/value")));
    EXPECT_THAT(made.warnings, ::testing::IsEmpty());
  }
}

}  // namespace
}  // namespace perigee::policies
