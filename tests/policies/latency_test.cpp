// latency: how long it waits, and what ends that.
#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::Verdict;
using policy::testing::Exchanges;
using testing::Made;
using testing::make;

struct Waiting {
  Async<void> run(Async<Verdict> work) { verdict.emplace(co_await std::move(work)); }
  std::optional<Verdict> verdict;
  Task task;
};

struct Row {
  std::string_view configuration;
  Duration expected;
};

constexpr Row kRows[] = {
    {"{}", 100ms},
    {R"({"time": 5})", 5ms},
    {R"({"time": "5"})", 5ms},
    {R"({"time": 3, "timeUnit": "SECONDS"})", 3s},
    {R"({"time": 3, "timeUnit": "MILLISECONDS"})", 3ms},
    {R"({"time": 0})", 0s},
    {R"({"time": null, "timeUnit": null})", 100ms},
};

TEST(Latency, WaitsAsLongAsItIsTold) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.configuration);
    Exchanges x;
    Made made = make("latency", row.configuration, x);
    ASSERT_TRUE(made.policy);
    Waiting waiting;
    waiting.task.start(waiting.run(made.policy->on_request(x.exchange())));
    if (row.expected > 0s) {
      x.clock.advance(row.expected - 1ms);
      x.reactor.turn(0s);
      EXPECT_FALSE(waiting.verdict);
      x.clock.advance(1ms);
      x.reactor.turn(0s);
    }
    ASSERT_TRUE(waiting.verdict);
    EXPECT_TRUE(waiting.verdict->continues());
    EXPECT_TRUE(x.finished(made.policy->on_response(x.exchange())).continues());
  }
}

TEST(Latency, EndsWithItsExchange) {
  Exchanges x;
  // The largest numbers: no sum of times may wrap.
  for (std::string_view unit : {"SECONDS", "MILLISECONDS"}) {
    Made made = make(
        "latency", R"({"time": 9223372036854775807, "timeUnit": ")" + std::string(unit) + "\"}", x);
    ASSERT_TRUE(made.policy) << made.errors.front();
    Waiting waiting;
    waiting.task.start(waiting.run(made.policy->on_request(x.exchange())));
    x.clock.advance(24h);
    x.reactor.turn(0s);
    EXPECT_FALSE(waiting.verdict);
    waiting.task.scope().cancel(Error(ErrorCode::client_gone, "gone", Fault::client));
    ASSERT_TRUE(waiting.verdict);
    EXPECT_TRUE(waiting.verdict->failed());
    EXPECT_EQ(waiting.verdict->failure().cause, ErrorCode::client_gone);
    EXPECT_FALSE(waiting.verdict->has_reason());
  }
}

TEST(Latency, RefusesTimesThatAreNone) {
  Exchanges x;
  for (std::string_view configuration :
       {R"({"time": -1})", R"({"time": 1e19})", R"({"time": "a"})"})
    EXPECT_FALSE(make("latency", configuration, x).policy) << configuration;
  EXPECT_EQ(make("latency", R"({"timeUnit": "seconds"})", x).errors.front(),
            "/timeUnit: unknown value 'seconds'; did you mean 'SECONDS'?; valid: 'MILLISECONDS', "
            "'SECONDS'");
}

}  // namespace
}  // namespace perigee::policies
