#include "tests/compat/real_redis.hpp"

#include "base/async.hpp"
#include "redis_counts/scripts.hpp"

namespace perigee::compat {
namespace {

// The clock of a case stands still, and jumps: it must not end what Redis is about to answer.
constexpr Duration kNever = 24h * 365;

redis::Options options_of(const redis::Endpoint& at) {
  redis::Options options;
  options.standalone = at;
  options.operation_timeout = options.reply_age_max = kNever;
  options.validate_every = options.idle_max = options.clock_every = kNever;
  return options;
}

// False after ten seconds of real time.
template <class Done>
bool turn_until(net::Reactor& reactor, Done done) {
  const Instant limit = SystemClock().now() + 10s;
  while (!done() && SystemClock().now() < limit) reactor.turn(20ms);
  return done();
}

Async<void> keep(Async<redis::Outcome> call, std::optional<redis::Outcome>& outcome) {
  outcome = co_await call;
}

}  // namespace

RealRedis::RealRedis(net::Reactor& reactor, const redis::Endpoint& at)
    : reactor_(reactor),
      directory_(reactor, options_of(at)),
      link_({.reactor = reactor, .directory = directory_}) {
  turn_until(reactor_, [this] { return link_.connected(); });
  call({"FLUSHDB"});
}

Result<redis::Reply> RealRedis::call(const redis::Command& command) {
  std::optional<redis::Outcome> outcome;
  Task asking;
  asking.start(keep(link_.call(command, kNever), outcome));
  if (!turn_until(reactor_, [&] { return outcome.has_value(); }))
    return fail(ErrorCode::timed_out, "Redis did not answer within ten seconds");
  if (!*outcome) return fail(ErrorCode::other, "redis: " + outcome->error().text());
  return *std::move(*outcome);
}

void RealRedis::put(const std::string& key, const Window& window) {
  const std::string name = std::string(redis_counts::kWindowPrefix) + key;
  const std::int64_t reset_ms = window.reset_ms + offset_ms();
  call({"HSET", name, "counter", window.counter, "limit", window.limit, "reset", reset_ms,
        "subscription", redis_counts::kNoSubscription});
  call({"PEXPIREAT", name, reset_ms});
}

std::vector<std::string> RealRedis::windows() {
  std::vector<std::string> keys;
  Result<redis::Reply> reply = call({"KEYS", std::string(redis_counts::kWindowPrefix) + "*"});
  if (!reply) return keys;
  for (std::size_t i = 0; i < reply->size(); ++i) keys.emplace_back(reply->at(i).text());
  return keys;
}

std::optional<std::int64_t> RealRedis::counter() {
  const std::vector<std::string> keys = windows();
  if (keys.size() != 1) return std::nullopt;
  Result<redis::Reply> reply = call({"HMGET", keys.front(), "counter"});
  return reply ? reply->at(0).number() : std::nullopt;
}

void RealRedis::forget_ended() {
  const std::int64_t now_ms = epoch_ms(reactor_.wall()) + offset_ms();
  for (const std::string& key : windows()) {
    Result<redis::Reply> reply = call({"HMGET", key, "reset"});
    if (reply && reply->at(0).number().value_or(0) <= now_ms) call({"DEL", key});
  }
}

}  // namespace perigee::compat
