// What the policies that count have in common: keys, limits, periods, failures, more headers.
#include "tests/policies/support/counting.hpp"

namespace perigee::policies {
namespace {

using policy::Counted;
using policy::Verdict;
using testing::Counting;
using testing::kNowMs;
using testing::told;

using Attributes = std::map<std::string, std::string>;

struct KeyRow {
  const char* what;
  std::string_view block;  // members of "rate"
  Attributes attributes;
  std::string_view key;
};

const KeyRow kKeyRows[] = {
    {"plan and subscription", "", {}, "plan-1sub-1:rl"},
    {"no subscription", "", {{"subscription", ""}}, "plan-1null:rl"},
    {"no plan: the client of oauth", "", {{"plan", ""}, {"oauth.client_id", "c"}}, "c:rl"},
    {"a plan counts before the client", "", {{"oauth.client_id", "c"}}, "plan-1sub-1:rl"},
    {"neither: the API", "", {{"plan", ""}}, "api-1:rl"},
    {"attributes before the core's own",
     "",
     {{"gravitee.attribute.plan", "p"}, {"gravitee.attribute.user-id", "s"}},
     "ps:rl"},
    {"an attribute without the prefix is another", "", {{"plan-x", "p"}}, "plan-1sub-1:rl"},
    {"key", R"("key": "k")", {}, "plan-1sub-1:k:rl"},
    {"empty key", R"("key": "")", {}, "plan-1sub-1:rl"},
    {"blank key", R"("key": " \t ")", {}, "plan-1sub-1:rl"},
    {"null key", R"("key": null)", {}, "plan-1sub-1:rl"},
    {"expression", R"("key": "{#context.attributes['my']}")", {{"my", "k1"}}, "plan-1sub-1:k1:rl"},
    {"text and expression", R"("key": "a-{(1 + 1)}")", {}, "plan-1sub-1:a-2:rl"},
    {"expression that gives nothing",
     R"("key": "{#context.attributes['my']}")",
     {},
     "plan-1sub-1:rl"},
    {"expression that gives blanks",
     R"("key": "{#context.attributes['my']}")",
     {{"my", "  "}},
     "plan-1sub-1:rl"},
    {"key only", R"("key": "k", "useKeyOnly": true)", {}, "k:rl"},
    {"key only, by an expression",
     R"("key": "{#context.attributes['my']}", "useKeyOnly": true)",
     {{"my", "k1"}},
     "k1:rl"},
    {"key only, an expression that gives nothing",
     R"("key": "{#context.attributes['my']}", "useKeyOnly": true)",
     {},
     ":rl"},
    {"key only without a key", R"("useKeyOnly": true)", {}, "plan-1sub-1:rl"},
    {"key only with an empty key", R"("key": "", "useKeyOnly": true)", {}, "plan-1sub-1:rl"},
    {"resolved path",
     "",
     {{"gravitee.attribute.resolved-path", "resolved-path"}},
     "plan-1sub-1:rl:148210906"},
    {"resolved path and key",
     R"("key": "k")",
     {{"gravitee.attribute.resolved-path", "resolved-path"}},
     "plan-1sub-1:k:rl:148210906"},
    {"key only has no path",
     R"("key": "k", "useKeyOnly": true)",
     {{"gravitee.attribute.resolved-path", "resolved-path"}},
     "k:rl"},
    {"an empty resolved path", "", {{"gravitee.attribute.resolved-path", ""}}, "plan-1sub-1:rl:0"},
    {"the hash counts units of UTF-16 and wraps",
     "",
     {{"gravitee.attribute.resolved-path", "/caf\xc3\xa9/\xf0\x9f\x98\x80/and/on/and/on"}},
     "plan-1sub-1:rl:-1879891262"},
};

TEST(Counting, KeysAreThoseOfTheReference) {
  for (const KeyRow& row : kKeyRows) {
    SCOPED_TRACE(row.what);
    Counting counting;
    counting.attributes = row.attributes;
    Verdict verdict = counting.ask(
        "rate-limit", R"({"rate": {"limit": 1)" +
                          (row.block.empty() ? "" : ", " + std::string(row.block)) + "}}");
    EXPECT_EQ(told(verdict), "next");
    ASSERT_EQ(counting.counters.keys.size(), 1u);
    EXPECT_EQ(counting.counters.keys.front(), row.key);
  }
}

TEST(Counting, EachPolicyHasItsType) {
  for (auto [id, configuration, key] :
       {std::tuple("rate-limit", R"({"rate": {"limit": 1}})", "plan-1sub-1:rl"),
        std::tuple("quota", R"({"quota": {"limit": 1}})", "plan-1sub-1:q"),
        std::tuple("spike-arrest", R"({"spike": {"limit": 1}})", "plan-1sub-1:sa"),
        std::tuple("token-bucket-rate-limit", R"({"refillRate": 1, "burstCapacity": 1})",
                   "plan-1sub-1:tb"),
        std::tuple("token-bucket-rate-limit",
                   R"({"refillRate": 1, "burstCapacity": 1, "key": "k", "useKeyOnly": true})",
                   "k:tb")}) {
    Counting counting;
    counting.count(id, configuration);
    ASSERT_EQ(counting.counters.keys.size(), 1u) << id;
    EXPECT_EQ(counting.counters.keys.front(), key);
  }
}

TEST(Counting, StepsAreCountedApartWhenToldSo) {
  Counting counting({.separate = true});
  counting.count("rate-limit", R"({"rate": {"limit": 1}})");
  EXPECT_EQ(counting.counters.keys.front(), "plan-1sub-1:rl:/rate");
}

struct LimitRow {
  std::string_view block;
  std::uint64_t limit;
};

TEST(Counting, LimitsAreWrittenDownOrEvaluated) {
  for (const LimitRow& row : std::initializer_list<LimitRow>{
           {R"("limit": 7)", 7},
           {R"("limit": "7")", 7},
           {R"("limit": 7, "dynamicLimit": "{(9)}")", 7},
           {R"("limit": 0, "dynamicLimit": "{(9)}")", 9},
           {R"("dynamicLimit": "{#context.attributes['limit']}")", 11},
           {R"("dynamicLimit": "12")", 12},
           {R"("dynamicLimit": "{#context.attributes['no']}")", 0},
           {R"("dynamicLimit": "{(-3)}")", 0},
           {R"("limit": -1)", 0},
           {R"("limit": null, "dynamicLimit": null)", 0},
           {"\"key\": \"\"", 0},
       }) {
    SCOPED_TRACE(row.block);
    Counting counting;
    counting.attributes["limit"] = "11";
    Verdict verdict = counting.ask("rate-limit", R"({"rate": {)" + std::string(row.block) + "}}");
    ASSERT_EQ(counting.counters.counted.size(), 1u);
    EXPECT_EQ(counting.counters.counted.front().limit, row.limit);
    EXPECT_EQ(verdict.continues(), row.limit > 0) << "a limit of 0 refuses every request";
  }
}

struct PeriodRow {
  std::string_view block;
  std::int64_t ms;
};

TEST(Counting, PeriodsAreWrittenDownOrEvaluated) {
  for (const PeriodRow& row : std::initializer_list<PeriodRow>{
           {"", 1'000},
           {R"("periodTime": 5)", 5'000},
           {R"("periodTime": "5", "periodTimeUnit": "MINUTES")", 300'000},
           {R"("periodTime": null, "periodTimeUnit": null)", 1'000},
           {R"("periodTime": 0)", 1'000},
           {R"("periodTime": -4, "periodTimeUnit": "MINUTES")", 60'000},
           {R"("periodTime": 2, "periodTimeUnit": "HOURS")", 7'200'000},
           {R"("periodTime": 2, "periodTimeUnit": "DAYS")", 172'800'000},
           {R"("periodTime": 250, "periodTimeUnit": "MILLISECONDS")", 250},
           {R"("periodTime": 5, "periodTimeUnit": "MINUTES", "dynamicPeriodTime": "{(20)}")",
            20'000},
           {R"("periodTime": 5, "periodTimeUnit": "MINUTES", "dynamicPeriodTime": "30")", 30'000},
           {R"("periodTime": 5, "periodTimeUnit": "MINUTES", "dynamicPeriodTime": " ")", 300'000},
           {R"("dynamicPeriodTime": "{(0)}")", 1'000},
           {R"("dynamicPeriodTime": "{#context.attributes['long']}")", 253'402'300'799'000},
       }) {
    SCOPED_TRACE(row.block);
    Counting counting;
    counting.attributes["long"] = "9223372036854775807";
    std::string more = row.block.empty() ? "" : ", " + std::string(row.block);
    counting.count("rate-limit", R"({"rate": {"limit": 1)" + more + "}}");
    ASSERT_EQ(counting.counters.counted.size(), 1u);
    EXPECT_EQ(counting.counters.counted.front().reset_ms, kNowMs + row.ms);
  }
}

TEST(Counting, StrictnessAndSubscriptionAreToldToWhoCounts) {
  Counting counting;
  counting.count("quota", R"({"async": true, "quota": {"limit": 1}})");
  counting.count("quota", R"({"async": false, "quota": {"limit": 1}})");
  EXPECT_FALSE(counting.counters.counted[0].strict);
  EXPECT_TRUE(counting.counters.counted[1].strict);
  EXPECT_EQ(counting.counters.counted[1].subscription, "sub-1");
  EXPECT_EQ(counting.counters.counted[1].weight, 1u);
  counting.count("token-bucket-rate-limit", R"({"refillRate":1,"burstCapacity":1,"async":true})");
  EXPECT_FALSE(counting.counters.taken[0].strict);
  EXPECT_EQ(counting.counters.taken[0].subscription, "sub-1");
}

struct FailureRow {
  std::string_view id, configuration;
  std::string_view no_service, unknown, blocked, warning;
};

constexpr FailureRow kFailureRows[] = {
    {"rate-limit", R"({"rate": {"limit": 1, "key": "{#nothing.there}"}})",
     "500 RATE_LIMIT_SERVER_ERROR: No rate-limit service has been installed {}",
     "500 RATE_LIMIT_SERVER_ERROR: Unknown error {}",
     "429 RATE_LIMIT_BLOCK_ON_INTERNAL_ERROR: Rate limit blocked the query due to internal error "
     "{}",
     "RATE_LIMIT_NOT_APPLIED"},
    {"quota", R"({"quota": {"limit": 1, "key": "{#nothing.there}"}})",
     "500 QUOTA_SERVER_ERROR: No rate-limit service has been installed. {}",
     "500 QUOTA_SERVER_ERROR: Unknown error {}",
     "429 QUOTA_BLOCK_ON_INTERNAL_ERROR: Quota blocked the query due to internal error {}",
     "QUOTA_NOT_APPLIED"},
    {"spike-arrest", R"({"spike": {"limit": 1, "key": "{#nothing.there}"}})",
     "500 SPIKE_ARREST_SERVER_ERROR: No rate-limit service has been installed. {}",
     "500 SPIKE_ARREST_SERVER_ERROR: Unknown error {}",
     "429 SPIKE_ARREST_BLOCK_ON_INTERNAL_ERROR: Spike arrest blocked the query due to internal "
     "error {}",
     "SPIKE_ARREST_NOT_APPLIED"},
    {"token-bucket-rate-limit",
     R"({"refillRate": 1, "burstCapacity": 1, "key": "{#nothing.there}"})",
     "500 TOKEN_BUCKET_RATE_LIMIT_SERVER_ERROR: No rate-limit service has been installed {}",
     "500 TOKEN_BUCKET_RATE_LIMIT_SERVER_ERROR: Unknown error {}",
     "429 TOKEN_BUCKET_RATE_LIMIT_BLOCK_ON_INTERNAL_ERROR: Token-bucket rate limit blocked the "
     "query due to internal error {}",
     "TOKEN_BUCKET_RATE_LIMIT_NOT_APPLIED"},
};

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string result(text);
  result.replace(result.find(what), what.size(), with);
  return result;
}

TEST(Counting, FailuresAreThoseOfTheReference) {
  for (const FailureRow& row : kFailureRows) {
    SCOPED_TRACE(row.id);
    const std::string good = replaced(row.configuration, "{#nothing.there}", "k");
    Counting counting;
    counting.has_counters = false;
    EXPECT_EQ(told(counting.ask(row.id, good)), row.no_service);
    counting.has_counters = true;

    Verdict verdict = counting.ask(row.id, row.configuration);
    EXPECT_EQ(told(verdict), row.unknown);
    EXPECT_TRUE(verdict.has_reason());

    counting.counters.outcome = Counted::failed;
    EXPECT_EQ(told(counting.ask(row.id, good)), "next");
    EXPECT_EQ(counting.warnings(), row.warning);
    EXPECT_EQ(told(counting.ask(
                  row.id, replaced(good, "{", R"({"errorStrategy":"FALLBACK_PASS_TROUGH",)"))),
              "next");
    EXPECT_EQ(told(counting.ask(
                  row.id, replaced(good, "{", R"({"errorStrategy":"BLOCK_ON_INTERNAL_ERROR",)"))),
              row.blocked);

    counting.counters.outcome = Counted::uncounted;
    const std::string shown = replaced(good, "{", R"({"addHeaders": true, )");
    EXPECT_EQ(told(counting.ask(row.id, shown)), "next");
    EXPECT_EQ(counting.warnings(), "");
    EXPECT_EQ(counting.x.response.headers.live(), 0u) << "nothing is known";
  }
}

TEST(Counting, WhatIsCountedHasToBeSaid) {
  for (auto [id, block, error] :
       {std::tuple("rate-limit", "rate",
                   "500 RATE_LIMIT_SERVER_ERROR: No rate-limit service has been installed {}"),
        std::tuple("quota", "quota",
                   "500 QUOTA_SERVER_ERROR: No rate-limit service has been installed. {}"),
        std::tuple(
            "spike-arrest", "spike",
            "500 SPIKE_ARREST_SERVER_ERROR: No rate-limit service has been installed. {}")}) {
    for (std::string configuration : {std::string("{}"), "{\"" + std::string(block) + "\":null}"}) {
      Counting counting;
      EXPECT_EQ(told(counting.ask(id, configuration)), error);
      EXPECT_THAT(counting.made.warnings,
                  ::testing::ElementsAre("/" + std::string(block) +
                                         ": missing: every request will be answered with 500"));
      EXPECT_TRUE(counting.counters.keys.empty());
    }
  }
}

TEST(Counting, ExpressionsThatFailAreServerErrors) {
  for (std::string_view block :
       {R"("dynamicLimit": "{#nothing.there}")", R"("dynamicLimit": "no number")",
        R"("limit": 1, "dynamicPeriodTime": "{#context.attributes['no']}")",
        R"("limit": 1, "dynamicPeriodTime": "{#nothing.there}")"}) {
    Counting counting;
    EXPECT_EQ(told(counting.ask("rate-limit", R"({"rate": {)" + std::string(block) + "}}")),
              "500 RATE_LIMIT_SERVER_ERROR: Unknown error {}")
        << block;
    EXPECT_TRUE(counting.counters.keys.empty());
  }
}

TEST(Counting, TheStoreMayTakeItsTime) {
  Counting counting;
  counting.counters.slow = true;
  counting.make("rate-limit", R"({"addHeaders": true, "rate": {"limit": 1}})");
  EXPECT_EQ(told(counting.ask()), "next");
  EXPECT_EQ(counting.header("X-Rate-Limit-Remaining"), "0");
  EXPECT_THAT(told(counting.ask()), ::testing::StartsWith("429 RATE_LIMIT_TOO_MANY_REQUESTS"));
}

Async<void> run(Async<Verdict> work, std::optional<Verdict>& into) {
  into.emplace(co_await std::move(work));
}

TEST(Counting, AClientThatLeavesEndsTheWait) {
  Counting counting;
  counting.counters.slow = true;
  counting.make("rate-limit", R"({"rate": {"limit": 1}})");
  std::optional<Verdict> verdict;
  Task task;
  task.start(run(counting.made.policy->on_request(counting.x.exchange()), verdict));
  ASSERT_FALSE(verdict);
  task.scope().cancel(Error(ErrorCode::client_gone, "gone", Fault::client));
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->failed());
  EXPECT_EQ(verdict->failure().cause, ErrorCode::client_gone);
  EXPECT_FALSE(verdict->has_reason());
  counting.x.reactor.turn(0ms);
}

TEST(Counting, IetfFieldsAndRetryAfterWhenSwitchedOn) {
  Counting counting({.retry_after = true, .ietf_fields = true});
  counting.make("rate-limit",
                R"({"rate": {"limit": 1, "periodTime": 2, "periodTimeUnit": "MINUTES"}})");
  EXPECT_EQ(told(counting.ask()), "next");
  EXPECT_EQ(counting.header("RateLimit-Policy"), R"("rate-limit";q=1;w=120)");
  EXPECT_EQ(counting.header("RateLimit"), R"("rate-limit";r=0;t=120)");
  EXPECT_EQ(counting.header("Retry-After"), "-");
  EXPECT_EQ(counting.header("X-Rate-Limit-Limit"), "-");
  counting.advance(500ms);
  EXPECT_THAT(told(counting.ask()), ::testing::StartsWith("429"));
  EXPECT_EQ(counting.header("RateLimit"), R"("rate-limit";r=0;t=120)");
  EXPECT_EQ(counting.header("Retry-After"), "120");

  // The fields of several policies stand beside each other; a slice is shorter than a second.
  counting.make("spike-arrest", R"({"spike": {"limit": 10}})");
  ASSERT_TRUE(counting.x.finished(counting.made.policy->on_request(*counting.x.made)).continues());
  EXPECT_EQ(counting.header("RateLimit-Policy"), R"("rate-limit";q=1;w=120 | "spike-arrest";q=1)");

  counting.counters.tokens = {.allowed = false, .left = 0, .next_ms = kNowMs + 1501};
  counting.make("token-bucket-rate-limit", R"({"refillRate": 1, "burstCapacity": 5})");
  EXPECT_THAT(told(counting.ask()), ::testing::StartsWith("429"));
  EXPECT_EQ(counting.header("RateLimit-Policy"), R"("token-bucket-rate-limit";q=5)");
  EXPECT_EQ(counting.header("RateLimit"), R"("token-bucket-rate-limit";r=0;t=2)");
  EXPECT_EQ(counting.header("Retry-After"), "2");
}

TEST(Counting, NothingIsToldOfAStoreThatFailed) {
  Counting counting({.retry_after = true, .ietf_fields = true});
  counting.counters.outcome = Counted::failed;
  EXPECT_EQ(told(counting.ask("rate-limit", R"({"rate": {"limit": 1}})")), "next");
  EXPECT_EQ(counting.x.response.headers.live(), 0u);
}

TEST(Counting, ExpressionsThatReadTheBodyHaveItProvided) {
  Counting counting;
  for (auto [id, configuration] :
       {std::pair("rate-limit", R"({"rate": {"key": "{#request.content}"}})"),
        std::pair("quota", R"({"quota": {"dynamicLimit": "{#request.content}"}})"),
        std::pair("spike-arrest", R"({"spike": {"dynamicPeriodTime": "{#request.content}"}})"),
        std::pair("token-bucket-rate-limit", R"({"dynamicBurstCapacity": "{#request.content}"})"),
        std::pair("token-bucket-rate-limit", R"({"dynamicRefillRate": "{#request.content}"})")}) {
    counting.make(id, configuration);
    EXPECT_TRUE(counting.made.policy->needs(policy::Phase::request).has(el::Needs::request_body))
        << configuration;
    EXPECT_EQ(counting.made.policy->needs(policy::Phase::response).bits, 0) << configuration;
  }
  counting.make("rate-limit", R"({"rate": {"limit": 1, "dynamicLimit": "{#request.content}"}})");
  EXPECT_EQ(counting.made.policy->needs(policy::Phase::request).bits, 0) << "it is never evaluated";
}

TEST(Counting, WrongConfigurationsAreRefused) {
  policy::testing::Exchanges x;
  for (auto [id, configuration, error] :
       {std::tuple("rate-limit", R"({"errorStrategy": "FALLBACK_PASS_THROUGH", "rate": {}})",
                   "/errorStrategy: unknown value 'FALLBACK_PASS_THROUGH'; did you mean "
                   "'FALLBACK_PASS_TROUGH'?; valid: 'BLOCK_ON_INTERNAL_ERROR', "
                   "'FALLBACK_PASS_TROUGH'"),
        std::tuple("rate-limit", R"({"rate": {"periodTimeUnit": "seconds"}})",
                   "/rate/periodTimeUnit: unknown value 'seconds'; did you mean 'SECONDS'?; valid: "
                   "'MILLISECONDS', 'SECONDS', 'MINUTES', 'HOURS', 'DAYS'"),
        std::tuple("rate-limit", R"({"rate": {"periodTimeUnit": "MONTHS"}})",
                   "/rate/periodTimeUnit: unknown value 'MONTHS'; valid: "
                   "'MILLISECONDS', 'SECONDS', 'MINUTES', 'HOURS', 'DAYS'")}) {
    testing::Made made = testing::make(id, configuration, x);
    EXPECT_FALSE(made.policy);
    ASSERT_FALSE(made.errors.empty()) << configuration;
    EXPECT_EQ(made.errors.front(), error);
  }
  for (std::string_view configuration :
       {R"({"rate": []})", R"({"rate": {"limit": "many"}})", R"({"rate": {"limit": 1.5}})",
        R"({"rate": {"limit": 2147483648}})", R"({"rate": {"key": {}}})",
        R"({"async": "perhaps", "rate": {}})"})
    EXPECT_FALSE(testing::make("rate-limit", configuration, x).policy) << configuration;
}

TEST(Counting, UnknownMembersAreWarnings) {
  policy::testing::Exchanges x;
  testing::Made made =
      testing::make("rate-limit", R"({"rate": {"limit": 1, "limits": 2}, "addHeader": true})", x);
  EXPECT_TRUE(made.policy);
  EXPECT_THAT(made.warnings,
              ::testing::UnorderedElementsAre(::testing::StartsWith("/rate/limits: "),
                                              ::testing::StartsWith("/addHeader: ")));
}

}  // namespace
}  // namespace perigee::policies
