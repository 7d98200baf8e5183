// retry: calls the backend again while a condition on its answer holds, or no answer comes.
// Spec: policies/others.md. Docs: docs/policies/retry.md
#include "net/reactor.hpp"
#include "policies/catalog.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Verdict;

constexpr std::int64_t kRetriesMax = 1'000;

struct Config {
  std::optional<el::Template> condition;  // holds: the attempt has failed
  std::int64_t retries = 1;
  Duration delay = 0ms;
  Duration timeout = 1000ms;  // of one attempt; 0 = none
  bool last_response = false;
};

Config parse(ConfigObject& from) {
  Config config;
  std::string condition = from.required_text("condition");
  if (!condition.empty()) config.condition = from.compile("condition", condition);
  if (config.condition && config.condition->is_constant() && condition.contains('#'))
    from.warning("condition",
                 "it holds no expression, so it is always the same text; an expression stands in "
                 "braces: {#response.status >= 500}");
  config.retries = from.number("maxRetries", config.retries, {.low = 1, .high = kRetriesMax});
  config.delay = std::chrono::milliseconds(from.number("delay", 0, {.low = 0}));
  config.timeout = std::chrono::milliseconds(from.number("timeout", 1000, {.low = 0}));
  config.last_response = from.boolean("lastResponse", false);
  from.finish();
  return config;
}

// What every attempt begins with (lifecycle.md 8.6): nothing that an attempt did is left. The
// bodies stay where they are; the request's is at hand in whole.
class Beginning {
 public:
  explicit Beginning(const Exchange& exchange)
      : request_(exchange.request),
        request_headers_(exchange.arena),
        response_headers_(exchange.arena),
        path_info_(exchange.path_info),
        status_(exchange.response.status),
        reason_(exchange.response.reason) {
    request_headers_.append_all(exchange.request.headers);
    response_headers_.append_all(exchange.response.headers);
  }
  void restore(Exchange& exchange) const {
    exchange.request = request_;
    put_back(exchange.request.headers, request_headers_);
    exchange.path_info = path_info_;
    put_back(exchange.response.headers, response_headers_);
    exchange.response.status = status_;
    exchange.response.reason = reason_;
    exchange.response_body.set(nullptr);
    exchange.has_response = false;
  }

 private:
  static void put_back(http::Headers& headers, const http::Headers& saved) {
    headers.clear();
    headers.append_all(saved);
  }
  http::RequestHead request_;
  http::Headers request_headers_;
  http::Headers response_headers_;
  std::string_view path_info_;
  int status_;
  std::string_view reason_;
};

class Retrying final : public policy::Invoker {
 public:
  Retrying(const Config& config, policy::Invoker& wrapped) : config_(config), wrapped_(wrapped) {}
  Async<Verdict> invoke(Exchange& exchange) override;

 private:
  enum class Outcome : std::uint8_t { good, answered, failed };
  struct Attempt {
    Outcome outcome;
    Verdict verdict;
  };
  Async<Attempt> attempt(Exchange& exchange);
  Async<Attempt> judge(Exchange& exchange);
  const Config& config_;
  policy::Invoker& wrapped_;
};

Verdict exhausted() {
  policy::Failure failure;
  failure.status = 502;
  failure.has_message = false;
  return Verdict::fail(std::move(failure));
}

Async<Verdict> Retrying::invoke(Exchange& exchange) {
  // A step after this one may have made a stream of it again.
  Result<std::string_view> body = co_await exchange.request_body.buffer();
  if (!body) co_return policy::body_failure(body.error());
  const Beginning beginning(exchange);
  for (std::int64_t retries = 0;; ++retries) {
    Attempt made = co_await attempt(exchange);
    if (made.outcome == Outcome::good) co_return std::move(made.verdict);
    Scope* scope = co_await this_scope();
    if (scope && scope->cancelled()) co_return std::move(made.verdict);
    if (retries == config_.retries || !exchange.may_try_again()) {
      if (made.outcome == Outcome::answered && config_.last_response) co_return Verdict::next();
      beginning.restore(exchange);
      co_return exhausted();
    }
    // An attempt may fail without having to wait for anything.
    net::Reactor& reactor = exchange.worker.reactor;
    Result<void> waited = co_await (config_.delay > 0ms ? net::sleep_for(reactor, config_.delay)
                                                        : net::next_turn(reactor));
    if (!waited) co_return Verdict::broken(waited.error());
    beginning.restore(exchange);
  }
}

Async<Retrying::Attempt> Retrying::attempt(Exchange& exchange) {
  std::optional<net::Deadline> deadline;
  if (config_.timeout > 0ms) {
    deadline.emplace(exchange.worker.reactor, co_await this_scope(), config_.timeout,
                     ErrorCode::timed_out, "no answer within the time for one attempt of retry",
                     Fault::upstream);
  }
  Verdict verdict = co_await wrapped_.invoke(exchange);
  if (!verdict.continues()) {
    bool ends = verdict.ends() || verdict.failure().cause == ErrorCode::client_gone;
    co_return Attempt{ends ? Outcome::good : Outcome::failed, std::move(verdict)};
  }
  co_return co_await judge(exchange);
}

// Whether the answer is one to try again for.
Async<Retrying::Attempt> Retrying::judge(Exchange& exchange) {
  if (config_.condition->needs().has(el::Needs::response_body)) {
    Result<void> gathered = co_await policy::gather_answer(exchange);
    if (!gathered) co_return Attempt{Outcome::failed, policy::body_failure(gathered.error())};
  }
  Result<bool> again = config_.condition->condition(exchange, exchange.arena);
  if (!again) co_return Attempt{Outcome::good, Verdict::broken(again.error())};
  co_return Attempt{*again ? Outcome::answered : Outcome::good, Verdict::next()};
}

class Retry final : public policy::Policy {
 public:
  explicit Retry(Config config) : config_(std::move(config)) {}
  Async<Verdict> on_request(Exchange& exchange) const override {
    if (policy::Invoker* backend = exchange.invoker())
      exchange.set_invoker(exchange.own(std::make_unique<Retrying>(config_, *backend)));
    return Verdict::next();
  }
  // The request body, to send it again. That of the response is gathered for each attempt.
  el::Needs needs(policy::Phase) const override {
    el::Needs needs = config_.condition->needs();
    needs.bits &= static_cast<std::uint8_t>(~el::Needs::response_body);
    needs.add(el::Needs::request_body);
    return needs;
  }

 private:
  Config config_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services&) {
  Config config = parse(from);
  if (!config.condition) return nullptr;
  return std::make_unique<const Retry>(std::move(config));
}

}  // namespace

policy::Registration retry() {
  return {.id = "retry", .make = &make, .only = policy::Phase::request};
}

}  // namespace perigee::policies
