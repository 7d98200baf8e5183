#include "tests/proxy/support/fake_policies.hpp"

#include <algorithm>
#include <cctype>

#include "policy/policy.hpp"

namespace perigee::proxy::testing {

using policy::Exchange;
using policy::Phase;
using policy::Policy;
using policy::Services;
using policy::Token;
using policy::Verdict;

Gates& gates() {
  static Gates all;
  return all;
}

namespace {

Async<Verdict> pass_gate(std::string name) {
  Result<void> open = co_await gates()[name];
  if (!open) co_return Verdict::broken(open.error());
  co_return Verdict::next();
}

class KeyLess final : public Policy, private policy::Security {
 public:
  const policy::Security* security() const override { return this; }
  Async<Verdict> on_request(Exchange& exchange) const override {
    exchange.application_id = "1";
    exchange.subscription_id = exchange.remote_address;
    return Verdict::next();
  }

 private:
  int order() const override { return 1000; }
  bool needs_subscription() const override { return false; }
  Async<Result<Token>> token(Exchange&) const override {
    return Result<Token>(Token{.state = Token::State::found});
  }
};

class Guard final : public Policy, private policy::Security {
 public:
  explicit Guard(const Json& json)
      : order_(static_cast<int>(json.integer_or("order", 0).value())),
        token_(json.text_or("token", "found").value()),
        gate_(json.text_or("gate", "").value()),
        challenge_(json.text_or("challenge", "").value()),
        deny_(static_cast<int>(json.integer_or("deny", 0).value())),
        reads_(json.boolean_or("reads", false).value()),
        anonymous_(json.boolean_or("anonymous", true).value()) {}
  const policy::Security* security() const override { return this; }
  el::Needs needs(Phase) const override {
    el::Needs needs;
    if (reads_) needs.add(el::Needs::request_body);
    return needs;
  }
  Async<Verdict> on_request(Exchange& exchange) const override {
    if (anonymous_) exchange.subscription_id = exchange.remote_address;
    exchange.response.headers.add(http::HeaderName("X-Plan"), exchange.plan_id);
    exchange.response.headers.add(http::HeaderName("X-Subscription"), exchange.subscription_id);
    if (reads_) exchange.response.headers.add(http::HeaderName("X-Read"), body_of(exchange));
    if (deny_ > 0) return Verdict::fail(deny_, "DENIED", "Denied");
    return Verdict::next();
  }

 private:
  static std::string body_of(Exchange& exchange) {
    return std::string(exchange.request_body.buffered() ? exchange.request_body.bytes() : "-");
  }
  int order() const override { return order_; }
  bool needs_subscription() const override { return false; }
  Result<Token> look() const {
    if (token_ == "error") return fail(ErrorCode::other, "the introspection server is down");
    Token token;
    token.state = token_ == "found"     ? Token::State::found
                  : token_ == "invalid" ? Token::State::invalid
                                        : Token::State::none;
    return token;
  }
  Async<Result<Token>> token(Exchange&) const override {
    if (gate_.empty()) return look();
    return look_later();
  }
  Async<Result<Token>> look_later() const {
    CO_TRY(co_await gates()[gate_]);
    co_return look();
  }
  void challenge(Exchange& exchange) const override {
    if (!challenge_.empty())
      exchange.response.headers.add(http::HeaderName("WWW-Authenticate"), challenge_);
  }
  int order_;
  std::string token_, gate_, challenge_;
  int deny_;
  bool reads_, anonymous_;
};

class Work final : public Policy {
 public:
  explicit Work(const Json& json)
      : time_(std::chrono::milliseconds(json.integer_or("ms", 0).value())),
        bytes_(static_cast<std::size_t>(json.integer_or("bytes", 0).value())) {}
  Async<Verdict> on_request(Exchange& exchange) const override {
    exchange.arena.take(bytes_);
    const_cast<FakeClock&>(static_cast<const FakeClock&>(exchange.clock())).advance(time_);
    return Verdict::next();
  }

 private:
  Duration time_;
  std::size_t bytes_;
};

class Note final : public Policy {
 public:
  explicit Note(const Json& json) : name_(json.text_or("name", "?").value()) {}
  Async<Verdict> on_request(Exchange& exchange) const override {
    exchange.request.headers.add(http::HeaderName("X-Note"), name_);
    return Verdict::next();
  }
  Async<Verdict> on_response(Exchange& exchange) const override {
    exchange.response.headers.add(http::HeaderName("X-Note"), name_);
    return Verdict::next();
  }

 private:
  std::string name_;
};

class WaitForGate final : public Policy {
 public:
  explicit WaitForGate(const Json& json) : gate_(json.text_or("gate", "gate").value()) {}
  Async<Verdict> on_request(Exchange&) const override { return pass_gate(gate_); }
  Async<Verdict> on_response(Exchange&) const override { return pass_gate(gate_); }

 private:
  std::string gate_;
};

class Fail final : public Policy {
 public:
  explicit Fail(const Json& json) {
    failure_.status = static_cast<int>(json.integer_or("status", 500).value());
    failure_.key = json.text_or("key", "").value();
    failure_.message = json.text_or("message", "").value();
    failure_.reason = json.text_or("reason", "").value();
    failure_.content_type = json.text_or("contentType", "").value();
    failure_.has_message = !json.boolean_or("silent", false).value();
    failure_.parameters.emplace_back("a", "1");
  }
  Async<Verdict> on_request(Exchange&) const override { return Verdict::fail(failure_); }
  Async<Verdict> on_response(Exchange&) const override { return Verdict::fail(failure_); }

 private:
  policy::Failure failure_;
};

class End final : public Policy {
 public:
  explicit End(const Json& json)
      : status_(static_cast<int>(json.integer_or("status", 200).value())),
        body_(json.text_or("body", "").value()) {}
  Async<Verdict> on_request(Exchange& exchange) const override { return end(exchange); }
  Async<Verdict> on_response(Exchange& exchange) const override { return end(exchange); }

 private:
  Verdict end(Exchange& exchange) const {
    exchange.response.status = status_;
    exchange.response_body.replace(exchange.arena.copy(body_));
    return Verdict::end();
  }
  int status_;
  std::string body_;
};

class Replacement final : public policy::Invoker {
 public:
  Async<Verdict> invoke(Exchange& exchange) override {
    exchange.response.status = 203;
    exchange.response_body.replace("replaced");
    exchange.has_response = true;
    return Verdict::next();
  }
};

// Calls the invoker that stood there, once or twice.
class Wrapper final : public policy::Invoker {
 public:
  Wrapper(policy::Invoker& inner, int times) : inner_(inner), times_(times) {}
  Async<Verdict> invoke(Exchange& exchange) override {
    for (int i = 1; i < times_; ++i) {
      Verdict verdict = co_await inner_.invoke(exchange);
      static_cast<void>(verdict);
      exchange.response.headers.clear();
      exchange.has_response = false;
    }
    Verdict verdict = co_await inner_.invoke(exchange);
    exchange.response.headers.add(http::HeaderName("X-Wrapped"), "yes");
    co_return verdict;
  }

 private:
  policy::Invoker& inner_;
  int times_;
};

class SetInvoker final : public Policy {
 public:
  explicit SetInvoker(const Json& json) : kind_(json.text_or("kind", "").value()) {}
  el::Needs needs(Phase phase) const override {
    el::Needs needs;
    if (kind_ == "twice" && phase == Phase::request) needs.add(el::Needs::request_body);
    return needs;
  }
  Async<Verdict> on_request(Exchange& exchange) const override {
    if (kind_ == "skip") {
      exchange.skip_invoker();
    } else if (kind_ == "replace") {
      exchange.set_invoker(exchange.own(std::make_unique<Replacement>()));
    } else {
      int times = kind_ == "twice" ? 2 : 1;
      exchange.set_invoker(exchange.own(std::make_unique<Wrapper>(*exchange.invoker(), times)));
    }
    return Verdict::next();
  }

 private:
  std::string kind_;
};

class Capitals final : public http::Body {
 public:
  explicit Capitals(http::Body& inner) : inner_(inner) {}
  Async<Result<http::Chunk>> read() override {
    CO_TRY(http::Chunk piece, co_await inner_.read());
    text_.assign(piece);
    std::transform(text_.begin(), text_.end(), text_.begin(),
                   [](unsigned char byte) { return std::toupper(byte); });
    co_return http::Chunk(text_);
  }
  std::optional<std::uint64_t> length() const override { return inner_.length(); }
  bool ready() const override { return inner_.ready(); }
  bool finished() const override { return inner_.finished(); }
  http::Headers* trailers() override { return inner_.trailers(); }

 private:
  http::Body& inner_;
  std::string text_;
};

class Shout final : public Policy {
 public:
  explicit Shout(const Json&) {}
  Async<Verdict> on_request(Exchange& exchange) const override {
    return wrap(exchange, exchange.request_body);
  }
  Async<Verdict> on_response(Exchange& exchange) const override {
    return wrap(exchange, exchange.response_body);
  }

 private:
  static Verdict wrap(Exchange& exchange, policy::MessageBody& body) {
    if (http::Body* inner = body.stream())
      body.set(&exchange.own(std::make_unique<Capitals>(*inner)));
    return Verdict::next();
  }
};

class Gather final : public Policy {
 public:
  explicit Gather(const Json&) {}
  el::Needs needs(Phase phase) const override {
    el::Needs needs;
    needs.add(phase == Phase::request ? el::Needs::request_body : el::Needs::response_body);
    return needs;
  }
  Async<Verdict> on_request(Exchange& exchange) const override {
    return tell(exchange.request.headers, exchange.request_body);
  }
  Async<Verdict> on_response(Exchange& exchange) const override {
    return tell(exchange.response.headers, exchange.response_body);
  }

 private:
  static Verdict tell(http::Headers& headers, const policy::MessageBody& body) {
    std::string size = body.buffered() ? std::to_string(body.bytes().size()) : "none";
    headers.add(http::HeaderName("X-Size"), size);
    return Verdict::next();
  }
};

int alive = 0;

class CountState final : public policy::WorkerState {
 public:
  explicit CountState(policy::Worker&) { ++alive; }
  ~CountState() override { --alive; }
  int count = 0;
};

class Count final : public Policy {
 public:
  Count(const Json&, const Services& services) : slot_(services.slots.add<CountState>()) {}
  Async<Verdict> on_request(Exchange& exchange) const override {
    int count = ++exchange.state(slot_).count;
    exchange.response.headers.add(http::HeaderName("X-Count"), std::to_string(count));
    return Verdict::next();
  }

 private:
  policy::WorkerSlot<CountState> slot_;
};

class Attribute final : public Policy {
 public:
  explicit Attribute(const Json& json) : value_(json.text_or("value", "").value()) {}
  Async<Verdict> on_request(Exchange& exchange) const override {
    exchange.attributes.set("left", value_);
    return Verdict::next();
  }
  Async<Verdict> on_response(Exchange& exchange) const override {
    exchange.response.headers.add(http::HeaderName("X-Attribute"),
                                  exchange.attributes.text("left").value_or("none"));
    return Verdict::next();
  }

 private:
  std::string value_;
};

class SetAttribute final : public Policy {
 public:
  explicit SetAttribute(const Json& json)
      : name_(json["name"].text()),
        text_(json["value"].is_text() ? json["value"].text() : ""),
        flag_(json["value"].is_boolean() && json["value"].boolean()) {}
  Async<Verdict> on_request(Exchange& exchange) const override {
    exchange.attributes.set(name_,
                            text_.empty() ? el::Value::boolean(flag_) : el::Value::text(text_));
    return Verdict::next();
  }
  bool reroutes() const override { return true; }

 private:
  std::string name_, text_;
  bool flag_;
};

class ReadsTooLate final : public Policy {
 public:
  explicit ReadsTooLate(const Json&) {}
  Async<Verdict> on_response(Exchange& exchange) const override {
    Result<std::string_view> body = co_await exchange.request_body.buffer();
    exchange.response.headers.add(http::HeaderName("X-Late"),
                                  body ? std::to_string(body->size()) : "error");
    co_return Verdict::next();
  }
};

template <class P>
std::unique_ptr<const Policy> make(policy::ConfigObject from, const Services& services) {
  if constexpr (std::is_default_constructible_v<P>)
    return std::make_unique<const P>();
  else if constexpr (std::is_constructible_v<P, const Json&, const Services&>)
    return std::make_unique<const P>(from.json(), services);
  else
    return std::make_unique<const P>(from.json());
}

}  // namespace

int states_alive() { return alive; }

const policy::Catalog& fake_policies() {
  static const policy::Catalog catalog{
      {"key-less", &make<KeyLess>},    {"guard", &make<Guard>},
      {"note", &make<Note>},           {"wait", &make<WaitForGate>},
      {"fail", &make<Fail>},           {"end", &make<End>},
      {"invoker", &make<SetInvoker>},  {"shout", &make<Shout>},
      {"gather", &make<Gather>},       {"count", &make<Count>},
      {"attribute", &make<Attribute>}, {"broken", &make<ReadsTooLate>},
      {"set", &make<SetAttribute>},    {"work", &make<Work>}};
  return catalog;
}

}  // namespace perigee::proxy::testing
