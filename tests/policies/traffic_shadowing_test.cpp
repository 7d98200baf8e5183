// traffic-shadowing: what the copy is, and that nothing of it reaches the request.
#include <list>

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

// Notes the calls; answers when the test says.
class FakeHttp final : public policy::HttpClient {
 public:
  Async<Result<policy::HttpAnswer>> call(policy::Worker&, policy::HttpCall call) override {
    calls.push_back(std::move(call));
    waiting.emplace_back();
    Completion<Result<void>>& turn = waiting.back();
    CO_TRY(co_await turn);
    co_return policy::HttpAnswer{.status = 500};
  }
  std::vector<policy::HttpCall> calls;
  std::list<Completion<Result<void>>> waiting;
};

// The backend: reads the request body.
class Reading final : public policy::Invoker {
 public:
  Async<Verdict> invoke(Exchange& exchange) override {
    ++calls;
    for (http::Body* body = exchange.request_body.stream(); body;) {
      Result<http::Chunk> piece = co_await body->read();
      if (!piece || piece->empty()) break;
      got += *piece;
    }
    co_return Verdict::next();
  }
  int calls = 0;
  std::string got;
};

std::string shown(const policy::HttpCall& call) {
  std::string text = call.method + " " + call.url;
  for (const auto& [name, value] : call.headers) text += "|" + name + ":" + value;
  return text + "|" + call.body;
}

struct Trial {
  explicit Trial(const std::string& configuration) {
    policy::Services services = testing::services_of(x);
    services.http = &http;
    made = testing::make("traffic-shadowing", configuration, services);
    x.request.method_text = "POST";
    x.request.path = "/p";
    x.request.headers.add(http::HeaderName("Host"), "here");
    x.request.headers.add(http::HeaderName("A"), "1");
    x.request.headers.add(http::HeaderName("Gone"), "1");
    x.request.headers.remove(http::HeaderName("Gone"));
  }
  void ask(http::Body* body = nullptr) {
    Exchange& exchange = x.exchange();
    exchange.set_invoker(backend);
    ASSERT_TRUE(made.policy) << made.errors.at(0);
    ASSERT_TRUE(x.finished(made.policy->on_request(exchange)).continues());
    if (body) exchange.request_body.set(body);
    EXPECT_TRUE(x.finished(exchange.invoker()->invoke(exchange)).continues());
  }
  FakeHttp http;
  Reading backend;
  Exchanges x;
  Made made;
};

struct Row {
  const char* rule;
  std::string configuration;
  std::string query;
  std::string copy;
};

const Row kRows[] = {
    {"the request with the target's URL", R"({"target":"http://shadow/s"})", "",
     "POST http://shadow/s|A:1|"},
    {"the query is added", R"({"target":"http://shadow/s"})", "a=1&b=%20",
     "POST http://shadow/s?a=1&b=%20|A:1|"},
    {"to that of the target", R"({"target":"http://shadow/s?x=y"})", "a=1",
     "POST http://shadow/s?x=y&a=1|A:1|"},
    {"the target is a template", R"({"target":"http://shadow{#request.path}"})", "",
     "POST http://shadow/p|A:1|"},
    {"headers are added",
     R"({"target":"http://s","headers":[{"name":"B","value":"2"},{"name":"C","value":"{#request.method}"}]})",
     "", "POST http://s|A:1|B:2|C:POST|"},
    {"and replaced", R"({"target":"http://s","headers":[{"name":"a","value":"2"}]})", "",
     "POST http://s|a:2|"},
    {"Host is that of the target unless told",
     R"({"target":"http://s","headers":[{"name":"Host","value":"h"}]})", "",
     "POST http://s|A:1|Host:h|"},
    {"a header without a name or value is none",
     R"({"target":"http://s","headers":[{"value":"2"},{"name":"B"},{"name":" ","value":"x"}]})", "",
     "POST http://s|A:1|"},
};

TEST(TrafficShadowing, SendsACopy) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.rule);
    Trial run(row.configuration);
    run.x.request.query = row.query;
    run.ask();
    EXPECT_EQ(run.backend.calls, 1);
    ASSERT_EQ(run.http.calls.size(), 1u);
    EXPECT_EQ(shown(run.http.calls[0]), row.copy);
  }
}

constexpr const char* kTarget = R"({"target":"http://s"})";

TEST(TrafficShadowing, ABufferedBodyIsCopied) {
  Trial run(kTarget);
  run.x.exchange().request_body.replace("whole");
  run.ask();
  EXPECT_EQ(run.backend.got, "whole");
  ASSERT_EQ(run.http.calls.size(), 1u);
  EXPECT_EQ(run.http.calls[0].body, "whole");
}

TEST(TrafficShadowing, AStreamIsCopiedAsTheBackendReadsIt) {
  Trial run(kTarget);
  SlowBody body(run.x.reactor, {"pie", "ces"});
  run.ask(&body);
  EXPECT_EQ(run.backend.got, "pieces");
  ASSERT_EQ(run.http.calls.size(), 1u);
  EXPECT_EQ(run.http.calls[0].body, "pieces");
}

TEST(TrafficShadowing, ABodyBeyondTheLimitIsNotCopiedButSent) {
  Trial run(kTarget);
  run.x.limits.buffered_body_bytes_max = 5;
  SlowBody body(run.x.reactor, {"pie", "ces"});
  run.ask(&body);
  EXPECT_EQ(run.backend.got, "pieces");
  EXPECT_THAT(run.http.calls, IsEmpty());
}

TEST(TrafficShadowing, ABodyThatBreaksIsNotCopied) {
  Trial run(kTarget);
  SlowBody body(run.x.reactor, {"pie"}, Error(ErrorCode::reset, "gone", Fault::client));
  run.ask(&body);
  EXPECT_EQ(run.backend.got, "pie");
  EXPECT_THAT(run.http.calls, IsEmpty());
}

TEST(TrafficShadowing, ATargetThatCannotBeEvaluatedHarmsNothing) {
  Trial run(R"({"target":"{#request.headers['No'][0].length()}"})");
  run.ask();
  EXPECT_EQ(run.backend.calls, 1);
  EXPECT_THAT(run.http.calls, IsEmpty());
}

TEST(TrafficShadowing, OneCopyHoweverOftenTheBackendIsCalled) {
  Trial run(kTarget);
  run.ask();
  run.x.finished(run.x.exchange().invoker()->invoke(run.x.exchange())).continues();
  EXPECT_EQ(run.backend.calls, 2);
  EXPECT_EQ(run.http.calls.size(), 1u);
}

TEST(TrafficShadowing, CopiesUnderWayAreLimited) {
  for (std::size_t limit : {policy::Limits().shadow_copies_max, std::size_t{2}}) {
    Trial run(kTarget);
    run.x.limits.shadow_copies_max = limit;
    for (std::size_t i = 0; i < limit + 3; ++i) run.ask();
    EXPECT_EQ(run.backend.calls, static_cast<int>(limit + 3));
    EXPECT_EQ(run.http.calls.size(), limit);
    run.http.waiting.front().complete({});
    run.ask();
    EXPECT_EQ(run.http.calls.size(), limit + 1);
  }
}

TEST(TrafficShadowing, BytesUnderWayAreLimited) {
  Trial run(kTarget);
  const std::string large(10 << 20, 'x');
  for (int i = 0; i < 2; ++i) {
    run.x.exchange().request_body.replace(large);
    run.ask();
  }
  EXPECT_EQ(run.backend.calls, 2);
  EXPECT_EQ(run.http.calls.size(), 1u);
  run.http.waiting.front().complete({});
  run.x.exchange().request_body.replace(large);
  run.ask();
  EXPECT_EQ(run.http.calls.size(), 2u);
}

TEST(TrafficShadowing, ASkippedBackendIsNotShadowed) {
  Trial run(kTarget);
  EXPECT_TRUE(run.x.finished(run.made.policy->on_request(run.x.exchange())).continues());
  EXPECT_EQ(run.x.exchange().invoker(), nullptr);
}

TEST(TrafficShadowing, CopiesUnderWayEndWithTheWorkersState) {
  auto run = std::make_unique<Trial>(kTarget);
  run->ask();
  EXPECT_TRUE(run->http.waiting.front().waiting());
  run->x.made.reset();
  run->x.states.reset();
  EXPECT_FALSE(run->http.waiting.front().waiting());
}

struct Wrong {
  const char* configuration;
  const char* error;
};

TEST(TrafficShadowing, RefusesWhatItCannotDo) {
  const Wrong kWrong[] = {
      {R"({})", "/target"},
      {R"({"target":""})", "/target"},
      {R"({"target":[]})", "/target"},
      {R"({"target":"http://s","headers":{}})", "/headers"},
      {R"({"target":"http://s","headers":["x"]})", "/headers/0"},
      {R"({"target":"http://s","headers":[{"name":"a b","value":"x"}]})", "/headers/0/name"},
      {R"({"target":"http://s","headers":[{"name":"a","value":"x\ny"}]})", "/headers/0/value"},
  };
  for (const Wrong& wrong : kWrong) {
    SCOPED_TRACE(wrong.configuration);
    Trial run(wrong.configuration);
    EXPECT_EQ(run.made.policy, nullptr);
    ASSERT_FALSE(run.made.errors.empty());
    EXPECT_THAT(run.made.errors[0], HasSubstr(wrong.error));
  }
}

TEST(TrafficShadowing, NeedsAClient) {
  Exchanges x;
  Made made = testing::make("traffic-shadowing", kTarget, x);
  EXPECT_EQ(made.policy, nullptr);
  EXPECT_THAT(made.errors, ElementsAre(HasSubstr("HTTP client")));
}

}  // namespace
}  // namespace perigee::policies
