#include "upstream/health.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace perigee::upstream {
namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.services.healthcheck"};
constexpr Duration kSleepMax = 60s;  // then the wall clock is looked at again

// `#response` of a check.
class FetchedVariables final : public el::Variables {
 public:
  FetchedVariables(const Fetched& fetched, const Clock& clock)
      : fetched_(fetched), headers_(fetched), clock_(clock) {}
  const Clock& clock() const override { return clock_; }
  bool keeps(std::string_view text) const override { return text.data() == fetched_.body.data(); }
  el::Value read(const el::Reference& reference, Arena& arena) const override {
    switch (reference.access) {
      case el::Access::response:
        return el::Value::bean(el::Bean::response);
      case el::Access::response_status:
        return el::Value::integer(fetched_.status);
      case el::Access::response_content:
        return el::Value::text(fetched_.body);
      case el::Access::response_json: {
        Result<Json> json = parse_json(fetched_.body);
        return json && json->node() ? el::Value::json(*json->node()) : el::Value::null();
      }
      case el::Access::response_headers:
        return el::Value::object(headers_);
      case el::Access::response_header:
        return headers_.get(reference.name, arena);
      case el::Access::response_header_first: {
        el::Value all = headers_.get(reference.name, arena);
        return all.is_absent() ? all : all.item(0);
      }
      default:
        return el::Value::absent();
    }
  }

 private:
  class HeadersObject final : public el::Object {
   public:
    explicit HeadersObject(const Fetched& fetched) : fetched_(fetched) {}
    Shape shape() const override { return Shape::headers; }
    el::Value get(std::string_view key, Arena& arena) const override {
      std::span<el::Value> values = el::take_values(arena, fetched_.headers.size());
      std::size_t count = 0;
      for (const auto& [name, value] : fetched_.headers) {
        if (http::equals_ignoring_case(name, key)) values[count++] = el::Value::text(value);
      }
      return count == 0 ? el::Value::absent() : el::Value::list(values.first(count));
    }
    std::span<const std::string_view> keys(Arena& arena) const override {
      std::span<std::string_view> names = arena.array<std::string_view>(fetched_.headers.size());
      std::size_t count = 0;
      for (const auto& [name, value] : fetched_.headers) {
        auto same = [&](std::string_view known) { return http::equals_ignoring_case(known, name); };
        if (std::ranges::none_of(names.first(count), same)) names[count++] = name;
      }
      return names.first(count);
    }

   private:
    const Fetched& fetched_;
  };
  const Fetched& fetched_;
  HeadersObject headers_;
  const Clock& clock_;
};

}  // namespace

std::string_view to_string(HealthState state) {
  switch (state) {
    case HealthState::up:
      return "UP";
    case HealthState::transitionally_down:
      return "TRANSITIONALLY_DOWN";
    case HealthState::down:
      return "DOWN";
    case HealthState::transitionally_up:
      return "TRANSITIONALLY_UP";
  }
  return "?";
}

void Health::note(bool good, const HealthCheck& check) {
  if (good && state_ != HealthState::up) {
    if (state_ == HealthState::down) state_ = HealthState::transitionally_up;
    if (++successes_ < check.success_threshold) return;
    successes_ = 0;
    state_ = HealthState::up;
  } else if (!good && state_ != HealthState::down) {
    if (state_ == HealthState::up) state_ = HealthState::transitionally_down;
    // Not well enough to be called, and now not even that.
    if (state_ == HealthState::transitionally_up) state_ = HealthState::down;
    if (++failures_ < check.failure_threshold) return;
    failures_ = 0;
    state_ = HealthState::down;
  }
}

struct HealthChecks::Runner {
  CheckedEndpoint what;
  Health health;
  Task task;
};

HealthChecks::HealthChecks(net::Reactor& reactor, Fetcher& fetcher, HealthObserver* observer,
                           Options options)
    : reactor_(reactor), fetcher_(fetcher), observer_(observer), options_(options) {}

HealthChecks::~HealthChecks() = default;

void HealthChecks::set(std::vector<CheckedEndpoint> endpoints) {
  std::map<const Endpoint*, std::unique_ptr<Runner>> before = std::move(runners_);
  runners_.clear();
  for (CheckedEndpoint& endpoint : endpoints) {
    const Endpoint* key = endpoint.endpoint.get();
    std::unique_ptr<Runner>& runner = runners_[key];
    if (runner) continue;  // named twice
    if (auto known = before.find(key); known != before.end()) {
      runner = std::move(known->second);
      before.erase(known);
      if (runner->what.check->fingerprint == endpoint.check->fingerprint) continue;
    } else {
      runner = std::make_unique<Runner>();
    }
    begin(*runner, std::move(endpoint));
  }
  for (const auto& [key, runner] : before) end(*runner);
}

void HealthChecks::begin(Runner& runner, CheckedEndpoint endpoint) {
  runner.task.reset();
  runner.what = std::move(endpoint);
  if (observer_) observer_->on_health(runner.what, runner.health.usable());
  runner.task.start(run(runner));
}

void HealthChecks::end(Runner& runner) {
  runner.task.reset();
  runner.what.endpoint->set_usable(true);
  if (observer_) observer_->on_health(runner.what, true);
}

Async<void> HealthChecks::run(Runner& runner) {
  const HealthCheck& check = *runner.what.check;
  const Duration offset = offset_of(runner.what.api_id);
  for (;;) {
    WallTime due = check.schedule.next(reactor_.wall() - offset) + offset;
    Result<void> waited = co_await wait_until(due);
    if (!waited) co_return;
    note(runner, co_await ask(check));
  }
}

Async<Result<void>> HealthChecks::wait_until(WallTime due) {
  while (reactor_.wall() < due) {
    CO_TRY(co_await net::sleep_for(reactor_, std::min(due - reactor_.wall(), kSleepMax)));
  }
  co_return Result<void>{};
}

// An error says why the endpoint is not well.
Async<Result<void>> HealthChecks::ask(const HealthCheck& check) {
  CO_TRY(Fetched fetched, co_await fetcher_.fetch(check.request));
  Arena arena;
  FetchedVariables variables(fetched, reactor_.clock());
  const std::string answered = "answered " + std::to_string(fetched.status) + ": ";
  Result<bool> good = check.assertion.condition(variables, arena);
  if (!good) co_return std::unexpected(std::move(good.error()).in(answered + "the assertion"));
  if (!*good)
    co_return fail(ErrorCode::invalid,
                   answered + "'" + std::string(check.assertion.source()) + "' does not hold",
                   Fault::upstream);
  co_return Result<void>{};
}

void HealthChecks::note(Runner& runner, const Result<void>& answer) {
  const CheckedEndpoint& what = runner.what;
  if (!answer && answer.error().code == ErrorCode::limit && answer.error().fault == Fault::ours) {
    kLog.line(log::Level::warn, what.api_id, "endpoint '{}' was not checked: {}", what.name,
              answer.error().message);
    return;
  }
  const HealthState before = runner.health.state();
  runner.health.note(answer.has_value(), *what.check);
  const HealthState now = runner.health.state();
  if (now == before) return;
  const bool usable = runner.health.usable();
  what.endpoint->set_usable(usable);
  if (observer_) observer_->on_health(what, usable);
  kLog.line(answer ? log::Level::info : log::Level::warn, what.api_id, "endpoint '{}' ({}) is {}{}",
            what.name, what.endpoint->remote(), to_string(now),
            answer ? "" : ": " + answer.error().message);
}

Duration HealthChecks::offset_of(const std::string& api_id) const {
  if (options_.jitter <= 0ns) return 0ns;
  std::uint64_t hash = std::hash<std::string>()(api_id + std::to_string(options_.seed));
  return Duration(hash % static_cast<std::uint64_t>(options_.jitter.count()));
}

}  // namespace perigee::upstream
