#include "tests/compat/probe.hpp"

#include "policies/catalog.hpp"
#include "tests/compat/value_json.hpp"

namespace perigee::compat {
namespace {

using policy::Exchange;
using policy::Token;
using policy::Verdict;

struct Unwatch {
  ~Unwatch() { Probe::here().unwatch(); }
};

class TestAttributes final : public policy::Policy, private policy::Security {
 public:
  const policy::Security* security() const override { return this; }
  Async<Verdict> on_request(Exchange& exchange) const override {
    begin(exchange);
    return Verdict::next();
  }

 private:
  static void begin(Exchange& exchange) {
    Probe::here().watch(exchange);
    Probe::here().set_attributes(exchange);
  }
  int order() const override { return -1000; }  // before every other plan
  bool needs_subscription() const override { return false; }
  Async<Result<Token>> token(Exchange& exchange) const override {
    begin(exchange);
    return Result<Token>(Token{.state = Token::State::none});
  }
};

class TestReached final : public policy::Policy {
 public:
  Async<Verdict> on_request(Exchange&) const override { return note(); }
  Async<Verdict> on_response(Exchange&) const override { return note(); }

 private:
  static Verdict note() {
    Probe::here().reached();
    return Verdict::next();
  }
};

template <class P>
std::unique_ptr<const policy::Policy> make(policy::ConfigObject, const policy::Services&) {
  return std::make_unique<const P>();
}

class WatchedStream final : public net::Stream {
 public:
  explicit WatchedStream(std::unique_ptr<net::Stream> inner) : inner_(std::move(inner)) {}
  Async<Result<std::size_t>> read(Buffer& into) override { return inner_->read(into); }
  bool readable() const override { return inner_->readable(); }
  Async<Result<void>> write(std::span<const std::string_view> slices) override {
    Probe::here().look();
    return inner_->write(slices);
  }
  Async<Result<void>> write_soon(std::span<const std::string_view> slices) override {
    Probe::here().look();
    return inner_->write_soon(slices);
  }
  void end() override { inner_->end(); }
  void close(bool reset) override { inner_->close(reset); }
  bool closed() const override { return inner_->closed(); }
  bool hung_up() const override { return inner_->hung_up(); }
  void listen_for_hangup(net::HangupListener* listener) override {
    inner_->listen_for_hangup(listener);
  }
  net::Address local() const override { return inner_->local(); }
  net::Address remote() const override { return inner_->remote(); }
  const net::TlsInfo& tls() const override { return inner_->tls(); }
  const net::CertificateSubject* peer_subject() const override { return inner_->peer_subject(); }
  const net::CertificateSubject* own_subject() const override { return inner_->own_subject(); }
  const net::StreamCounters& counters() const override { return inner_->counters(); }

 private:
  std::unique_ptr<net::Stream> inner_;
};

}  // namespace

Probe& Probe::here() {
  static Probe probe;
  return probe;
}

void Probe::begin(Plan plan) {
  plan_ = std::move(plan);
  reached_ = false;
  seen_ = {};
}

Seen Probe::take() {
  seen_.continues = reached_ && !seen_.failure;
  return std::move(seen_);
}

void Probe::watch(Exchange& exchange) {
  if (exchange_ == &exchange) return;
  exchange_ = &exchange;
  exchange.own(std::make_unique<Unwatch>());
}

// Those that the core keeps elsewhere go there.
void Probe::set_attributes(Exchange& exchange) const {
  for (Json object : plan_.attributes) {
    for (const JsonMember& member : object.members()) {
      std::string_view name = policy::short_attribute_name(member.name);
      el::Value value = el::Value::json(member.value);
      if (name == "plan" && value.is_text()) {
        exchange.plan_id = value.as_text();
      } else if (name == "application" && value.is_text()) {
        exchange.application_id = value.as_text();
      } else if (name == "user-id" && value.is_text()) {
        exchange.subscription_id = value.as_text();
      } else {
        exchange.attributes.set(member.name, value);
      }
    }
  }
}

void Probe::look() {
  if (!exchange_) return;
  if (const policy::Failure* failure = exchange_->failure) {
    seen_.failure = Failure{.key = failure->key,
                            .message = failure->has_message ? failure->message : "",
                            .parameters = failure->parameters};
  }
  seen_.warnings.clear();
  for (const policy::Warning& warning : exchange_->warnings())
    seen_.warnings.emplace_back(warning.key);
  Arena arena;
  for (const std::string& name : plan_.wanted) {
    el::Value value =
        exchange_->read({.access = el::Access::context_attribute, .name = name}, arena);
    seen_.attributes[name] = json_of(value, arena);
  }
}

const policy::Catalog& catalog() {
  static const policy::Catalog all = [] {
    policy::Catalog made = policies::catalog();
    made.add({"test-attributes", &make<TestAttributes>});
    made.add({"test-reached", &make<TestReached>});
    return made;
  }();
  return all;
}

std::unique_ptr<net::Stream> watched(std::unique_ptr<net::Stream> stream) {
  return std::make_unique<WatchedStream>(std::move(stream));
}

}  // namespace perigee::compat
