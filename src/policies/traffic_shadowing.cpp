// traffic-shadowing: sends a copy of the request to another server and forgets its answer.
// Spec: policies/others.md. Docs: docs/policies/traffic-shadowing.md
#include <list>

#include "base/line_rate.hpp"
#include "base/log.hpp"
#include "http/url.hpp"
#include "policies/catalog.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Verdict;

constexpr log::Logger kLog{"io.gravitee.policy.trafficshadowing"};

constexpr Duration kTimeout = 10s;

struct ExtraHeader {
  http::OwnedHeaderName name;
  el::Template value;
};

struct Config {
  std::optional<el::Template> target;
  std::vector<ExtraHeader> headers;
};

Config parse(ConfigObject& from) {
  Config config;
  std::string target = from.required_text("target");
  if (!target.empty()) config.target = from.compile("target", target);
  if (config.target && config.target->is_constant()) {
    if (Result<http::Url> url = http::parse_url(target); !url)
      from.warning("target", "copies cannot be sent: " + url.error().message);
  }
  for (ConfigObject& item : from.objects("headers")) {
    std::string name = item.text("name");
    std::optional<el::Template> value = item.expression("value");
    item.finish();
    if (is_blank(name) || !value) continue;
    if (!http::is_valid_header_name(name)) item.wrong_type("name", "a header name");
    if (value->is_constant() && !http::is_valid_header_value(value->constant_text()))
      item.wrong_type("value", "a text without control characters");
    config.headers.push_back({http::OwnedHeaderName(std::move(name)), *std::move(value)});
  }
  from.finish();
  return config;
}

// The copies of one step that are under way on one worker. What is beyond the limits is not copied.
class Shadows final : public policy::WorkerState {
 public:
  explicit Shadows(policy::Worker& worker) : worker_(worker) {}

  void send(policy::HttpClient& http, policy::HttpCall call, const Exchange& exchange) {
    std::string_view api_id = exchange.api.id;
    const policy::Limits& limits = exchange.limits();
    std::erase_if(tasks_, [](const Task& task) { return !task.running(); });
    if (tasks_.size() >= limits.shadow_copies_max)
      return tell(api_id, "not sent: too many are under way (perigee.limits.shadowCopies)");
    if (bytes_ + call.body.size() > limits.shadow_bytes_max)
      return tell(api_id, "not sent: those under way are too large (perigee.limits.shadowBytes)");
    tasks_.emplace_back().start(run(http, std::move(call), std::string(api_id)));
  }
  void tell(std::string_view api_id, std::string_view why) {
    if (std::uint64_t times = lines_.due(worker_.reactor.now()))
      kLog.line(log::Level::warn, api_id, "copy of a request: {}{}", why, log::times_since(times));
  }

 private:
  Async<void> run(policy::HttpClient& http, policy::HttpCall call, std::string api_id) {
    const std::size_t bytes = call.body.size();
    bytes_ += bytes;
    Result<policy::HttpAnswer> answer = co_await http.call(worker_, std::move(call));
    bytes_ -= bytes;
    // An answer that is too long for us is as good as any.
    if (!answer && answer.error().code != ErrorCode::limit) tell(api_id, answer.error().message);
  }
  policy::Worker& worker_;
  log::LineRate lines_;
  std::size_t bytes_ = 0;
  std::list<Task> tasks_;
};

// Takes a copy of what the backend reads.
class CopiedBody final : public http::Body {
 public:
  class Listener {
   public:
    virtual void on_copied(std::optional<std::string> whole) = 0;  // nothing: it was too long

   protected:
    ~Listener() = default;
  };
  CopiedBody(http::Body& body, std::size_t bytes_max, Listener& listener)
      : body_(body), bytes_max_(bytes_max), listener_(&listener) {}

  Async<Result<http::Chunk>> read() override {
    Async<Result<http::Chunk>> reading = body_.read();
    if (reading.here()) return copied(reading.take());
    return read_later(std::move(reading));
  }
  std::optional<std::uint64_t> length() const override { return body_.length(); }
  bool ready() const override { return body_.ready(); }
  bool finished() const override { return body_.finished(); }
  http::Headers* trailers() override { return body_.trailers(); }

 private:
  Async<Result<http::Chunk>> read_later(Async<Result<http::Chunk>> reading) {
    co_return copied(co_await reading);
  }
  Result<http::Chunk> copied(Result<http::Chunk> piece) {
    if (!listener_ || !piece) return piece;
    if (piece->size() > bytes_max_ - copy_.size()) {
      copy_ = {};
      std::exchange(listener_, nullptr)->on_copied(std::nullopt);
      return piece;
    }
    copy_.append(*piece);
    if (piece->empty() || body_.finished())
      std::exchange(listener_, nullptr)->on_copied(std::move(copy_));
    return piece;
  }
  http::Body& body_;
  std::size_t bytes_max_;
  Listener* listener_;  // until it was told
  std::string copy_;
};

class Shadowing final : public policy::Invoker, public CopiedBody::Listener {
 public:
  struct Init {
    const Config& config;
    policy::HttpClient& http;
    Shadows& shadows;
    policy::Invoker& wrapped;
  };
  Shadowing(const Init& init, Exchange& exchange) : init_(init), exchange_(exchange) {}

  Async<Verdict> invoke(Exchange& exchange) override {
    if (!std::exchange(copied_, true)) copy(exchange);
    return init_.wrapped.invoke(exchange);
  }

 private:
  void copy(Exchange& exchange);
  Result<policy::HttpCall> call_for(const Exchange& exchange) const;
  Result<void> add_headers(const Exchange& exchange, policy::HttpCall& call) const;
  void on_copied(std::optional<std::string> whole) override {
    if (!whole) return init_.shadows.tell(exchange_.api.id, "not sent: its body is too long");
    call_.body = *std::move(whole);
    init_.shadows.send(init_.http, std::move(call_), exchange_);
  }
  Init init_;
  Exchange& exchange_;
  policy::HttpCall call_;  // until the body is copied
  bool copied_ = false;
};

// The copy leaves when the backend has read the body, so that nothing waits for it.
void Shadowing::copy(Exchange& exchange) {
  Result<policy::HttpCall> call = call_for(exchange);
  if (!call) return init_.shadows.tell(exchange.api.id, call.error().message);
  call_ = *std::move(call);
  policy::MessageBody& body = exchange.request_body;
  if (body.buffered() || !body.stream()) return on_copied(std::string(body.bytes()));
  body.set(&exchange.own(std::make_unique<CopiedBody>(
      *body.stream(), exchange.limits().buffered_body_bytes_max, *this)));
}

Result<policy::HttpCall> Shadowing::call_for(const Exchange& exchange) const {
  policy::HttpCall call{.method = std::string(exchange.request.method_text), .timeout = kTimeout};
  TRY(std::optional<std::string_view> target, init_.config.target->text(exchange, exchange.arena));
  call.url = target.value_or("");
  if (!exchange.request.query.empty()) {
    call.url += call.url.find('?') == std::string::npos ? '?' : '&';
    call.url += exchange.request.query;
  }
  TRY(add_headers(exchange, call));
  return call;
}

// Those of the request but its Host, with ours in place of any of the same name.
Result<void> Shadowing::add_headers(const Exchange& exchange, policy::HttpCall& call) const {
  http::Headers headers(exchange.arena);
  headers.append_all(exchange.request.headers);
  headers.remove(http::HeaderId::host);
  for (const ExtraHeader& extra : init_.config.headers) {
    TRY(std::optional<std::string_view> value, extra.value.text(exchange, exchange.arena));
    if (value) headers.set(extra.name, *value);
  }
  for (const http::Header& header : headers.entries()) {
    if (!header.removed) call.headers.emplace_back(header.name(), header.value());
  }
  return {};
}

class TrafficShadowing final : public policy::Policy {
 public:
  TrafficShadowing(Config config, const policy::Services& services)
      : config_(std::move(config)),
        http_(*services.http),
        shadows_(services.slots.add<Shadows>()),
        needs_(config_.target->needs()) {
    for (const ExtraHeader& header : config_.headers) needs_.bits |= header.value.needs().bits;
  }
  Async<Verdict> on_request(Exchange& exchange) const override {
    if (policy::Invoker* backend = exchange.invoker()) {
      Shadowing::Init init{config_, http_, exchange.state(shadows_), *backend};
      exchange.set_invoker(exchange.own(std::make_unique<Shadowing>(init, exchange)));
    }
    return Verdict::next();
  }
  el::Needs needs(policy::Phase) const override { return needs_; }

 private:
  Config config_;
  policy::HttpClient& http_;
  policy::WorkerSlot<Shadows> shadows_;
  el::Needs needs_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services& services) {
  Config config = parse(from);
  if (!services.http) from.error("", "there is no HTTP client for it here");
  if (!config.target || !services.http) return nullptr;
  return std::make_unique<const TrafficShadowing>(std::move(config), services);
}

}  // namespace

policy::Registration traffic_shadowing() {
  return {.id = "traffic-shadowing", .make = &make, .only = policy::Phase::request};
}

}  // namespace perigee::policies
