// The policy contract by fake policies, part by part, as far as it can be seen without a chain.
#include "policy/catalog.hpp"
#include "tests/policy/support/exchanges.hpp"

namespace perigee::policy {
namespace {

using namespace std::string_view_literals;
using ::testing::ElementsAre;
using testing::Exchanges;
using testing::SlowBody;

// Services, as a gateway would give them.
struct FakeCounters final : Counters {
  Async<Result<Count>> add(Worker&, CountRequest request) override {
    value += request.weight;
    return Result<Count>(Count{.value = value, .limit = request.limit});
  }
  Async<Result<Tokens>> take(Worker&, TokenRequest) override {
    return Result<Tokens>(Tokens{.allowed = true});
  }
  std::uint64_t value = 0;
};

struct FakeHttp final : HttpClient {
  explicit FakeHttp(net::Reactor& reactor) : reactor(reactor) {}
  Async<Result<HttpAnswer>> call(Worker&, HttpCall call) override {
    SlowBody body(reactor, {"answer of ", call.url});
    Arena arena;
    CO_TRY(std::string_view bytes, co_await http::read_all(body, arena, call.answer_bytes_max));
    co_return Result<HttpAnswer>(HttpAnswer{.status = 200, .body = std::string(bytes)});
  }
  net::Reactor& reactor;
};

struct FakeResource final : Resource {
  std::string_view type() const override { return "fake"; }
};
struct FakeResources final : Resources {
  Resource* find(std::string_view name) const override {
    return name == "known" ? &resource : nullptr;
  }
  mutable FakeResource resource;
};
struct FakeSecrets final : Secrets {
  Result<std::string> resolve(std::string_view uri) const override {
    if (uri != "/vault/key") return fail(ErrorCode::not_found, "no such secret");
    return std::string("opened");
  }
};

class Contract : public ::testing::Test {
 protected:
  std::unique_ptr<const Policy> make(Make factory, std::string_view configuration) {
    documents.push_back(*JsonDocument::parse(configuration));
    problems = {};
    return factory(ConfigObject(documents.back().root(), problems), services);
  }
  std::string first_problem() const {
    const Problem& first = problems.listed().front();
    return first.pointer + ": " + first.message;
  }
  Verdict request(const Policy& policy) { return x.finished(policy.on_request(x.exchange())); }

  Exchanges x;
  FakeCounters counters;
  FakeHttp http{x.reactor};
  FakeResources resources;
  FakeSecrets secrets;
  Problems problems;
  Services services{.clock = x.clock,
                    .api = x.api,
                    .slots = x.slots,
                    .counters = &counters,
                    .http = &http,
                    .resources = &resources,
                    .secrets = &secrets};
  std::vector<JsonDocument> documents;
};

// A factory that looks at everything it is given, and refuses what it does not like.
class UsesServices final : public Policy {
 public:
  UsesServices(const Services& services, std::string secret)
      : counters_(*services.counters), http_(*services.http), secret_(std::move(secret)) {}
  Async<Verdict> on_request(Exchange& exchange) const override {
    Result<Count> count =
        co_await counters_.add(exchange.worker, {.key = "k", .weight = 2, .limit = 3});
    if (!count) co_return Verdict::broken(count.error());
    if (count->value > count->limit) {
      co_return Verdict::fail({.status = 429,
                               .key = "TOO_MANY",
                               .message = "no more",
                               .parameters = {{"limit", std::to_string(count->limit)}}});
    }
    Result<HttpAnswer> answer = co_await http_.call(exchange.worker, {.url = "http://h/"});
    if (!answer) co_return Verdict::broken(answer.error());
    exchange.attributes.set("answer", answer->body);
    exchange.attributes.set("secret", secret_);
    co_return Verdict::next();
  }

 private:
  Counters& counters_;
  HttpClient& http_;
  std::string secret_;
};

std::unique_ptr<const Policy> make_uses_services(ConfigObject from, const Services& services) {
  if (!services.counters || !services.http) from.error("", "needs counters and an HTTP client");
  std::string resource = from.required_text("resource");
  if (!resource.empty() && !services.resources->find(resource))
    from.error("resource", "no resource '" + resource + "'");
  Result<std::string> secret = services.secrets->resolve("/vault/key");
  if (!secret) from.error("", secret.error().message);
  if (from.problems().has_errors()) return nullptr;
  return std::make_unique<const UsesServices>(services, *std::move(secret));
}

TEST_F(Contract, FactoriesReachServicesAndNameWhatIsWrong) {
  EXPECT_TRUE(make(&make_uses_services, R"({"resource": "known"})"));
  EXPECT_FALSE(make(&make_uses_services, R"({"resource": "unknown"})"));
  EXPECT_EQ(first_problem(), "/resource: no resource 'unknown'");
  EXPECT_FALSE(make(&make_uses_services, "{}"));
  EXPECT_EQ(first_problem(), "/resource: required, but it is missing");
  services.http = nullptr;
  EXPECT_FALSE(make(&make_uses_services, R"({"resource": "known"})"));
  EXPECT_EQ(first_problem(), ": needs counters and an HTTP client");
}

TEST_F(Contract, AStepMayWaitGoOnAndInterrupt) {
  auto policy = make(&make_uses_services, R"({"resource": "known"})");
  EXPECT_TRUE(request(*policy).continues());
  EXPECT_EQ(x.exchange().attributes.text("answer"), "answer of http://h/");
  EXPECT_EQ(x.exchange().attributes.text("secret"), "opened");
  Verdict second = request(*policy);
  ASSERT_TRUE(second.failed());
  EXPECT_EQ(second.failure().status, 429);
  EXPECT_EQ(second.failure().key, "TOO_MANY");
  EXPECT_THAT(second.failure().parameters,
              ElementsAre(std::pair<std::string, std::string>("limit", "3")));
}

TEST_F(Contract, AStepDoesNothingUnlessItSaysSo) {
  Policy policy;
  EXPECT_TRUE(policy.on_request(x.exchange()).here());
  EXPECT_TRUE(policy.on_response(x.exchange()).take().continues());
  EXPECT_EQ(policy.needs(Phase::request), el::Needs{});
  EXPECT_EQ(policy.security(), nullptr);
}

// The invoker: what is there, nothing, another, one around it.
struct Backend final : Invoker {
  Async<Verdict> invoke(Exchange& exchange) override {
    exchange.response.status = 200;
    exchange.response_body.replace("from the backend");
    return Verdict::next();
  }
};

class Mock final : public Policy {
 public:
  Async<Verdict> on_request(Exchange& exchange) const override {
    struct Answer final : Invoker {
      Async<Verdict> invoke(Exchange& exchange) override {
        exchange.response.status = 418;
        return Verdict::next();
      }
    };
    exchange.set_invoker(exchange.own(std::make_unique<Answer>()));
    return Verdict::next();
  }
};

class Retry final : public Policy {
 public:
  Async<Verdict> on_request(Exchange& exchange) const override {
    struct Around final : Invoker {
      explicit Around(Invoker& inner) : inner(inner) {}
      Async<Verdict> invoke(Exchange& exchange) override {
        for (int i = 0; i < 2; ++i) {
          Verdict verdict = co_await inner.invoke(exchange);
          if (!verdict.continues()) co_return verdict;
          ++calls;
        }
        exchange.attributes.set("calls", el::Value::integer(calls));
        co_return Verdict::next();
      }
      Invoker& inner;
      int calls = 0;
    };
    exchange.set_invoker(exchange.own(std::make_unique<Around>(*exchange.invoker())));
    return Verdict::next();
  }
};

TEST_F(Contract, AStepMaySkipReplaceOrWrapTheInvoker) {
  Backend backend;
  Exchange& exchange = x.exchange();
  exchange.set_invoker(backend);
  EXPECT_EQ(exchange.invoker(), &backend);
  EXPECT_TRUE(request(Retry()).continues());
  EXPECT_TRUE(x.finished(exchange.invoker()->invoke(exchange)).continues());
  EXPECT_EQ(exchange.response_body.bytes(), "from the backend");
  EXPECT_EQ(exchange.attributes.get("calls")->as_integer(), 2);
  EXPECT_TRUE(request(Mock()).continues());
  EXPECT_TRUE(x.finished(exchange.invoker()->invoke(exchange)).continues());
  EXPECT_EQ(exchange.response.status, 418);
  exchange.skip_invoker();
  EXPECT_EQ(exchange.invoker(), nullptr);
}

// A body on its way, seen in upper case.
class Shouting final : public http::Body {
 public:
  explicit Shouting(http::Body& inner) : inner_(inner) {}
  Async<Result<http::Chunk>> read() override {
    CO_TRY(http::Chunk chunk, co_await inner_.read());
    piece_.assign(chunk);
    for (char& c : piece_) c = static_cast<char>(std::toupper(c));
    co_return Result<http::Chunk>(piece_);
  }
  std::optional<std::uint64_t> length() const override { return inner_.length(); }
  bool ready() const override { return inner_.ready(); }

 private:
  http::Body& inner_;
  std::string piece_;
};

class Shouts final : public Policy {
 public:
  Async<Verdict> on_request(Exchange& exchange) const override {
    MessageBody& body = exchange.request_body;
    if (body.stream()) body.set(&exchange.own(std::make_unique<Shouting>(*body.stream())));
    return Verdict::next();
  }
};

class BuffersTheBody final : public Policy {
 public:
  Async<Verdict> on_request(Exchange& exchange) const override {
    auto bytes = co_await exchange.request_body.buffer();
    if (!bytes) co_return Verdict::fail(413, "TOO_LONG", bytes.error().message);
    exchange.request_body.replace(exchange.arena.join(*bytes, "!"));
    co_return Verdict::next();
  }
};

TEST_F(Contract, AStepMayWrapABodyAndALaterOneBufferIt) {
  SlowBody slow(x.reactor, {"quiet ", "words"});
  x.exchange().request_body.set(&slow);
  EXPECT_TRUE(request(Shouts()).continues());
  EXPECT_FALSE(x.exchange().request_body.buffered()) << "nothing is read ahead";
  EXPECT_TRUE(request(BuffersTheBody()).continues());
  EXPECT_EQ(x.exchange().request_body.bytes(), "QUIET WORDS!");
  EXPECT_TRUE(request(Shouts()).continues());
  EXPECT_EQ(*x.finished(x.exchange().request_body.buffer()), "QUIET WORDS!");
}

TEST_F(Contract, ABufferedBodyHasALimit) {
  x.limits.buffered_body_bytes_max = 4;
  SlowBody slow(x.reactor, {"five!"});
  x.exchange().request_body.set(&slow);
  Verdict verdict = request(BuffersTheBody());
  ASSERT_TRUE(verdict.failed());
  EXPECT_EQ(verdict.failure().status, 413);
}

// State of a policy on its worker.
struct Seen final : WorkerState {
  explicit Seen(Worker&) {}
  int requests = 0;
};

class CountsHere final : public Policy {
 public:
  explicit CountsHere(WorkerSlot<Seen> slot) : slot_(slot) {}
  Async<Verdict> on_request(Exchange& exchange) const override {
    exchange.attributes.set("nth", el::Value::integer(++exchange.state(slot_).requests));
    return Verdict::next();
  }

 private:
  WorkerSlot<Seen> slot_;
};

std::unique_ptr<const Policy> make_counts_here(ConfigObject, const Services& services) {
  return std::make_unique<const CountsHere>(services.slots.add<Seen>());
}

TEST_F(Contract, TwoStepsOfOneKindHaveTheirOwnStates) {
  auto first = make(&make_counts_here, "{}"), second = make(&make_counts_here, "{}");
  EXPECT_TRUE(request(*first).continues());
  EXPECT_TRUE(request(*first).continues());
  EXPECT_EQ(x.exchange().attributes.get("nth")->as_integer(), 2);
  EXPECT_TRUE(request(*second).continues());
  EXPECT_EQ(x.exchange().attributes.get("nth")->as_integer(), 1);
}

TEST_F(Contract, EndingIsNotFailing) {
  class Answers final : public Policy {
    Async<Verdict> on_response(Exchange& exchange) const override {
      exchange.response.status = 304;
      return Verdict::end();
    }
  };
  std::unique_ptr<const Policy> policy = std::make_unique<Answers>();
  Verdict verdict = x.finished(policy->on_response(x.exchange()));
  EXPECT_TRUE(verdict.ends());
  EXPECT_FALSE(verdict.failed());
  EXPECT_EQ(x.exchange().response.status, 304);
}

// Security: order, token, challenge.
class BearerDoor final : public Policy, private Security {
 public:
  const Security* security() const override { return this; }

 private:
  int order() const override { return 0; }
  bool needs_subscription() const override { return false; }
  Async<Result<Token>> token(Exchange& exchange) const override {
    auto header = exchange.request.headers.get("Authorization"sv);
    if (!header) return Result<Token>(Token{});
    if (!header->starts_with("Bearer ")) return Result<Token>(Token{Token::State::invalid});
    return Result<Token>(Token{Token::State::found, Token::Kind::client_id, header->substr(7)});
  }
  void challenge(Exchange& exchange) const override {
    exchange.response.headers.set("WWW-Authenticate"sv, "Bearer");
  }
};

TEST_F(Contract, ASecurityHasAnOrderATokenAndAChallenge) {
  BearerDoor door;
  const Security& security = *door.security();
  EXPECT_EQ(security.order(), 0);
  Exchange& exchange = x.exchange();
  EXPECT_EQ(x.finished(security.token(exchange))->state, Token::State::none);
  exchange.request.headers.set("Authorization"sv, "Basic x");
  EXPECT_EQ(x.finished(security.token(exchange))->state, Token::State::invalid);
  exchange.request.headers.set("Authorization"sv, "Bearer abc");
  auto token = x.finished(security.token(exchange));
  EXPECT_EQ(token->state, Token::State::found);
  EXPECT_EQ(token->kind, Token::Kind::client_id);
  EXPECT_EQ(token->value, "abc");
  security.challenge(exchange);
  EXPECT_EQ(exchange.response.headers.get("www-authenticate"sv), "Bearer");
}

TEST(Catalog, FindsByIdAndKnowsTheIds) {
  Catalog catalog{{"b", &make_counts_here}, {"a", &make_uses_services}};
  EXPECT_EQ(catalog.find("a")->make, &make_uses_services);
  EXPECT_EQ(catalog.find("c"), nullptr);
  EXPECT_THAT(catalog.ids(), ElementsAre("a", "b"));
  catalog.add({"a", &make_counts_here});
  EXPECT_EQ(catalog.find("a")->make, &make_counts_here);
}

}  // namespace
}  // namespace perigee::policy
