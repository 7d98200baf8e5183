// retry: when it tries again, what an attempt begins with, and how it ends.
#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::Exchange;
using policy::Verdict;
using policy::testing::Exchanges;
using policy::testing::SlowBody;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Made;

constexpr const char* kAgainOn500 = R"("condition":"{#response.status >= 500}")";

struct Answer {
  int status = 200;  // 0: the call fails
  Duration after = 0ms;
  std::string body;
};

// Answers in turn, the last one for ever; notes what it was called with.
class Scripted final : public policy::Invoker {
 public:
  explicit Scripted(std::vector<Answer> answers) : answers_(std::move(answers)) {}
  Async<Verdict> invoke(Exchange& exchange) override {
    const Answer answer = answers_[std::min(calls.size(), answers_.size() - 1)];
    calls.push_back(std::string(exchange.request.method_text) + " " +
                    std::string(exchange.request.path) + " " +
                    std::to_string(exchange.request.headers.live()) + " " +
                    std::to_string(exchange.response.headers.live()) + " " +
                    std::string(exchange.request_body.bytes()));
    // What an invoker might leave behind.
    exchange.request.path = "/changed";
    exchange.request.headers.add(http::HeaderName("X-Left"), "1");
    exchange.response.headers.add(http::HeaderName("X-Answer"), std::to_string(calls.size()));
    if (answer.after > 0ms) {
      Result<void> waited = co_await net::sleep_for(exchange.worker.reactor, answer.after);
      if (!waited) co_return Verdict::fail({.status = 504, .cause = waited.error().code});
    }
    if (answer.status == 0) co_return Verdict::fail({.status = 503, .cause = ErrorCode::refused});
    exchange.response.status = answer.status;
    exchange.response_body.replace(exchange.arena.copy(answer.body));
    exchange.has_response = true;
    co_return Verdict::next();
  }
  std::vector<std::string> calls;

 private:
  std::vector<Answer> answers_;
};

// One exchange with a retry step.
struct Trial {
  Trial(const std::string& configuration, std::vector<Answer> answers)
      : invoker(std::move(answers)), made(testing::make("retry", "{" + configuration + "}", x)) {
    x.request.method_text = "PUT";
    x.request.path = "/p";
    x.request.headers.add(http::HeaderName("A"), "1");
    x.response.headers.add(http::HeaderName("Kept"), "1");
  }
  void begin() { begin_over(invoker); }
  void begin_over(policy::Invoker& inner) {
    Exchange& exchange = x.exchange();
    exchange.request_body.replace("body");
    exchange.set_invoker(inner);
    ASSERT_TRUE(made.policy) << made.errors.at(0);
    ASSERT_TRUE(x.finished(made.policy->on_request(exchange)).continues());
    task.start(go());
    turns(100);
  }
  void turns(int most) {
    for (int i = 0; i < most && task.running(); ++i) x.reactor.turn(0ms);
  }
  Async<void> go() { verdict.emplace(co_await x.exchange().invoker()->invoke(x.exchange())); }
  void pass(Duration time) {
    x.clock.advance(time);
    for (int i = 0; i < 4; ++i) x.reactor.turn(0ms);
  }
  // "200 1", the last answer's number; "fails 502".
  std::string outcome() {
    if (!verdict) return "waits";
    if (verdict->failed()) return "fails " + std::to_string(verdict->failure().status);
    return std::to_string(x.exchange().response.status) + " " +
           std::string(x.response.headers.get(http::HeaderName("X-Answer")).value_or("-"));
  }
  Exchanges x;
  Scripted invoker;
  Made made;
  std::optional<Verdict> verdict;
  Task task;
};

struct Row {
  const char* rule;
  std::string configuration;
  std::vector<Answer> answers;
  std::string outcome;
  std::size_t calls;
};

const Row kRows[] = {
    {"a good answer is taken", kAgainOn500, {{200}}, "200 1", 1},
    {"a bad answer is tried again", kAgainOn500, {{500}, {200}}, "200 2", 2},
    {"one retry unless told", kAgainOn500, {{500}, {500}, {200}}, "fails 502", 2},
    {"as many as told",
     std::string(kAgainOn500) + R"(,"maxRetries":3)",
     {{500}, {503}, {500}, {201}},
     "201 4",
     4},
    {"a number as text",
     std::string(kAgainOn500) + R"(,"maxRetries":"2")",
     {{500}},
     "fails 502",
     3},
    {"a failed call is tried again", kAgainOn500, {{0}, {200}}, "200 2", 2},
    {"failed calls exhaust it", kAgainOn500, {{0}}, "fails 502", 2},
    {"the last answer when wanted",
     std::string(kAgainOn500) + R"(,"lastResponse":true)",
     {{500}, {503}},
     "503 2",
     2},
    {"no last answer",
     std::string(kAgainOn500) + R"(,"lastResponse":true)",
     {{500}, {0}},
     "fails 502",
     2},
    {"a condition on the body",
     R"("condition":"{#response.content == 'again'}")",
     {{200, 0ms, "again"}, {200, 0ms, "fine"}},
     "200 2",
     2},
    {"a condition on a header",
     R"("condition":"{#response.headers['X-Answer'][0] == '1'}")",
     {{200}, {200}},
     "200 2",
     2},
    {"so does one that cannot be parsed",
     R"("condition":"{#response.status ==}")",
     {{200}},
     "fails 500",
     1},
    {"a condition that fails ends it",
     R"("condition":"{#response.status > 'x'}")",
     {{200}},
     "fails 500",
     1},
};

TEST(Retry, TriesAgainByItsCondition) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.rule);
    Trial run(row.configuration, row.answers);
    run.begin();
    EXPECT_EQ(run.outcome(), row.outcome);
    EXPECT_EQ(run.invoker.calls.size(), row.calls);
  }
}

// Retries that never wait would keep the worker from everything else, http.requestTimeout too.
TEST(Retry, LeavesOthersTheirTurnBetweenAttempts) {
  Trial run(std::string(kAgainOn500) + R"(,"maxRetries":1000)", {{500}});
  run.begin();
  EXPECT_EQ(run.outcome(), "waits");
  EXPECT_LE(run.invoker.calls.size(), 101u);
  run.turns(1000);
  EXPECT_EQ(run.outcome(), "fails 502");
}

// A thousand of a thousand, else.
TEST(Retry, OneInsideOfAnotherMakesNoMoreOfThem) {
  Trial run(std::string(kAgainOn500) + R"(,"maxRetries":1000)", {{500}});
  run.x.exchange().set_invoker(run.invoker);
  ASSERT_TRUE(run.x.finished(run.made.policy->on_request(run.x.exchange())).continues());
  run.begin_over(*run.x.exchange().invoker());
  run.turns(3000);
  EXPECT_EQ(run.outcome(), "fails 502");
  EXPECT_LE(run.invoker.calls.size(), Exchange::kRetriesMax + 1);
}

TEST(Retry, EachAttemptBeginsAsTheFirst) {
  Trial run(std::string(kAgainOn500) + R"(,"maxRetries":2)", {{500}, {500}, {200}});
  run.begin();
  EXPECT_THAT(run.invoker.calls,
              ElementsAre("PUT /p 1 1 body", "PUT /p 1 1 body", "PUT /p 1 1 body"));
  EXPECT_EQ(run.x.response.headers.count(http::HeaderName("X-Answer")), 1u);
  EXPECT_EQ(run.x.response.headers.get(http::HeaderName("Kept")), "1");
}

TEST(Retry, AFailureShowsNothingOfTheAttempts) {
  Trial run(kAgainOn500, {{500, 0ms, "secret"}});
  run.begin();
  ASSERT_EQ(run.outcome(), "fails 502");
  EXPECT_EQ(run.verdict->failure().key, "");
  EXPECT_FALSE(run.verdict->failure().has_message);
  EXPECT_FALSE(run.x.response.headers.has(http::HeaderName("X-Answer")));
  EXPECT_EQ(run.x.exchange().response_body.stream(), nullptr);
  EXPECT_FALSE(run.x.exchange().has_response);
}

TEST(Retry, AnAttemptHasItsTime) {
  Trial run(kAgainOn500, {{200, 5s}, {204}});
  run.begin();
  run.pass(999ms);
  EXPECT_EQ(run.outcome(), "waits");
  run.pass(1ms);
  EXPECT_EQ(run.outcome(), "204 2");
}

TEST(Retry, ATimeoutOfNothingIsNone) {
  Trial run(std::string(kAgainOn500) + R"(,"timeout":0)", {{200, 1h}});
  run.begin();
  run.pass(3599s);
  EXPECT_EQ(run.outcome(), "waits");
  run.pass(1s);
  EXPECT_EQ(run.outcome(), "200 1");
}

TEST(Retry, WaitsBetweenAttempts) {
  Trial run(std::string(kAgainOn500) + R"(,"delay":300)", {{500}, {200}});
  run.begin();
  run.pass(299ms);
  EXPECT_EQ(run.invoker.calls.size(), 1u);
  run.pass(1ms);
  EXPECT_EQ(run.outcome(), "200 2");
}

TEST(Retry, AClientThatLeavesEndsIt) {
  Trial run(std::string(kAgainOn500) + R"(,"maxRetries":9)", {{200, 900ms}});
  run.begin();
  run.task.scope().cancel({ErrorCode::client_gone, "left"});
  EXPECT_FALSE(run.task.running());
  EXPECT_EQ(run.invoker.calls.size(), 1u);
}

TEST(Retry, AClientThatLeavesEndsTheDelay) {
  Trial run(std::string(kAgainOn500) + R"(,"delay":1000)", {{500}});
  run.begin();
  run.task.scope().cancel({ErrorCode::client_gone, "left"});
  EXPECT_FALSE(run.task.running());
  EXPECT_EQ(run.invoker.calls.size(), 1u);
}

TEST(Retry, ASkippedBackendIsNotRetried) {
  Exchanges x;
  Made made = testing::make("retry", std::string("{") + kAgainOn500 + "}", x);
  EXPECT_TRUE(x.finished(made.policy->on_request(x.exchange())).continues());
  EXPECT_EQ(x.exchange().invoker(), nullptr);
}

TEST(Retry, NeedsTheRequestBodyAndGathersTheResponse) {
  Exchanges x;
  Made made = testing::make("retry", R"({"condition":"{#response.content == 'a'}"})", x);
  ASSERT_TRUE(made.policy);
  EXPECT_TRUE(made.policy->needs(policy::Phase::request).has(el::Needs::request_body));
  EXPECT_FALSE(made.policy->needs(policy::Phase::request).has(el::Needs::response_body));
}

TEST(Retry, ABodyThatALaterStepMadeAStreamIsGathered) {
  Trial run(kAgainOn500, {{500}, {200}});
  SlowBody body(run.x.reactor, {"sl", "ow"});
  Exchange& exchange = run.x.exchange();
  exchange.set_invoker(run.invoker);
  ASSERT_TRUE(run.x.finished(run.made.policy->on_request(exchange)).continues());
  exchange.request_body.set(&body);
  EXPECT_TRUE(run.x.finished(exchange.invoker()->invoke(exchange)).continues());
  EXPECT_THAT(run.invoker.calls, ElementsAre("PUT /p 1 1 slow", "PUT /p 1 1 slow"));
}

TEST(Retry, ABodyBeyondTheLimitIsRefused) {
  Trial run(kAgainOn500, {{200}});
  run.x.limits.buffered_body_bytes_max = 3;
  SlowBody body(run.x.reactor, {"long", "er"});
  Exchange& exchange = run.x.exchange();
  exchange.set_invoker(run.invoker);
  ASSERT_TRUE(run.x.finished(run.made.policy->on_request(exchange)).continues());
  exchange.request_body.set(&body);
  Verdict verdict = run.x.finished(exchange.invoker()->invoke(exchange));
  ASSERT_TRUE(verdict.failed());
  EXPECT_EQ(verdict.failure().status, 413);
  EXPECT_THAT(run.invoker.calls, IsEmpty());
}

struct Wrong {
  const char* configuration;
  const char* error;
};

TEST(Retry, RefusesWhatItCannotDo) {
  const Wrong kWrong[] = {
      {R"({})", "/condition"},
      {R"({"condition":null})", "/condition"},
      {R"({"condition":" "})", "/condition"},
      {R"({"condition":{}})", "/condition"},
      {R"({"condition":"true","maxRetries":0})", "/maxRetries"},
      {R"({"condition":"true","maxRetries":1001})", "/maxRetries"},
      {R"({"condition":"true","maxRetries":[]})", "/maxRetries"},
      {R"({"condition":"true","maxRetries":"many"})", "/maxRetries"},
      {R"({"condition":"true","delay":-1})", "/delay"},
      {R"({"condition":"true","delay":99999999999})", "/delay"},
      {R"({"condition":"true","timeout":-1})", "/timeout"},
      {R"({"condition":"true","lastResponse":"perhaps"})", "/lastResponse"},
      {R"([])", ""},
  };
  for (const Wrong& wrong : kWrong) {
    SCOPED_TRACE(wrong.configuration);
    Exchanges x;
    Made made = testing::make("retry", wrong.configuration, x);
    EXPECT_EQ(made.policy, nullptr);
    ASSERT_FALSE(made.errors.empty());
    EXPECT_THAT(made.errors[0], HasSubstr(wrong.error));
  }
}

TEST(Retry, WarnsOfUnknownMembers) {
  Exchanges x;
  Made made = testing::make("retry", R"({"condition":"{true}","maxRetrys":1})", x);
  EXPECT_NE(made.policy, nullptr);
  EXPECT_THAT(made.warnings, ElementsAre(HasSubstr("did you mean 'maxRetries'")));
}

TEST(Retry, WarnsOfAConditionWithoutAnExpression) {
  Exchanges x;
  Made made = testing::make("retry", R"({"condition":"#response.status >= 500"})", x);
  EXPECT_NE(made.policy, nullptr);
  EXPECT_THAT(made.warnings, ElementsAre(HasSubstr("an expression stands in braces")));
}

}  // namespace
}  // namespace perigee::policies
