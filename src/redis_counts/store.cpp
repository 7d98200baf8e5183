#include "redis_counts/store.hpp"

#include <limits>

#include "redis_counts/scripts.hpp"

namespace perigee::redis_counts {
namespace {

using redis::FailureKind;

constexpr Duration kProbeEvery = 100ms;     // redis-client.md 4.4
constexpr Duration kProbeDeniedEvery = 1s;  // what only an operator can mend
constexpr int kAgesAwaited = 4;             // the connection ends before: it limits a reply's age

std::int64_t number(std::uint64_t count) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(count, kMax));
}

std::string_view told(std::string_view subscription) {
  return subscription.empty() ? kNoSubscription : subscription;
}

std::string key_of(std::string_view prefix, std::string_view key) {
  std::string whole;
  whole.reserve(prefix.size() + key.size());
  return whole.append(prefix).append(key);
}

Error not_understood() { return {ErrorCode::other, "the store's answer is not understood"}; }

Result<counters::Store::Window> window_of(const redis::Reply& reply, std::int64_t offset_ms) {
  if (reply.size() != 4) return std::unexpected(not_understood());
  if (reply.at(0).is_null()) return counters::Store::Window{.ended = true};
  const auto counter = reply.at(0).number(), reset_ms = reply.at(2).number();
  if (!counter || !reset_ms) return std::unexpected(not_understood());
  return counters::Store::Window{
      .counter = static_cast<std::uint64_t>(std::max<std::int64_t>(*counter, 0)),
      .reset_ms = *reset_ms - offset_ms};
}

Result<counters::Store::Bucket> bucket_of(const redis::Reply& reply) {
  const auto allowed = reply.at(0).number(), tokens = reply.at(1).number();
  if (reply.size() != 2 || !allowed || !tokens) return std::unexpected(not_understood());
  return counters::Store::Bucket{.allowed = *allowed == 1, .tokens = *tokens};
}

bool is_of_operation(FailureKind kind) {
  return kind == FailureKind::too_many || kind == FailureKind::timed_out ||
         kind == FailureKind::cancelled || kind == FailureKind::no_script ||
         kind == FailureKind::refused;
}

bool ends_connection(FailureKind kind) {
  return kind == FailureKind::lost || kind == FailureKind::garbled ||
         kind == FailureKind::not_primary || kind == FailureKind::loading;
}

}  // namespace

RedisStore::RedisStore(net::Reactor& reactor, redis::Directory& directory, Primary& primary,
                       report::Series* reply_times)
    : reactor_(reactor),
      options_(directory.options()),
      primary_(primary),
      reply_times_(reply_times),
      link_({.reactor = reactor,
             .directory = directory,
             .scripts = {&window_script(), &bucket_script()},
             .observer = this}) {}

Async<Result<counters::Store::Window>> RedisStore::increment(Increment increment) {
  const std::string key = key_of(kWindowPrefix, increment.key);
  const std::int64_t offset_ms = clock_offset_ms();
  const Called called =
      co_await call({window_script(),
                     key,
                     {number(increment.weight), number(increment.floor), number(increment.limit),
                      increment.reset_ms + offset_ms, told(increment.subscription),
                      increment.same_window ? 1 : 0}});
  if (!called.outcome) co_return std::unexpected(error_of(called));
  co_return window_of(*called.outcome, offset_ms);
}

Async<Result<counters::Store::Bucket>> RedisStore::take(Take take) {
  const std::string key = key_of(kBucketPrefix, take.key);
  const Called called =
      co_await call({bucket_script(),
                     key,
                     {take.tokens, take.rules.capacity, take.rules.rate, take.rules.period_ms,
                      take.now_ms + clock_offset_ms(), told(take.subscription),
                      counters::forgotten_after_ms(take.rules)}});
  if (!called.outcome) co_return std::unexpected(error_of(called));
  co_return bucket_of(*called.outcome);
}

// Waits for the reply, however late: it says what was counted.
Async<RedisStore::Called> RedisStore::call(redis::Command command) {
  const Instant since = reactor_.now();
  const std::uint64_t epoch = link_.connection_epoch();
  redis::Outcome outcome = co_await link_.call(command, kAgesAwaited * options_.reply_age_max);
  if (!outcome || reactor_.now() - since >= options_.operation_timeout) watch();
  if (!outcome) last_failure_ = outcome.error().kind;
  co_return Called{.outcome = std::move(outcome), .epoch = epoch};
}

// Closed: it is this connection's trouble alone, others may have the store.
Error RedisStore::error_of(const Called& called) const {
  const redis::Failure& failure = called.outcome.error();
  const FailureKind kind = failure.kind;
  ErrorCode code = ErrorCode::unreachable;
  if (kind == FailureKind::not_connected && primary_.is_reached()) code = ErrorCode::closed;
  if (ends_connection(kind) && primary_.is_reached_since(called.epoch)) code = ErrorCode::closed;
  if (kind == FailureKind::cancelled) code = ErrorCode::cancelled;
  if (is_of_operation(kind) && kind != FailureKind::cancelled) code = ErrorCode::other;
  return {code, "redis: " + failure.text()};
}

// The circuit
// -------------------------------------------------------------------------------------

void RedisStore::on_connected() { primary_.note_connected(link_.epoch(), reactor_.now()); }

void RedisStore::on_lost(const redis::Failure& why) {
  primary_.note_lost(reactor_.now(), "redis: " + why.text());
}

void RedisStore::on_reply(Duration after) {
  if (!reply_times_) return;
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(after).count();
  reply_times_->record(static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0)), reactor_.now());
}

// After what may have opened the circuit. While there is a connection, nobody else says that the
// primary can be tried again.
void RedisStore::watch() {
  if (!watching_.running()) watching_.start(probe());
}

Async<void> RedisStore::probe() {
  for (;;) {
    const bool denied = redis::Failure(last_failure_, redis::Executed::no).is_of_configuration();
    static_cast<void>(co_await net::sleep_for(reactor_, denied ? kProbeDeniedEvery : kProbeEvery));
    if (primary_.circuit().state() != counters::Circuit::State::open) co_return;
    if (!link_.connected()) continue;
    const redis::Command command{"PING"};
    const redis::Outcome outcome = co_await link_.call(command, options_.reply_age_max);
    if (outcome) primary_.note_answer(reactor_.now());
  }
}

}  // namespace perigee::redis_counts
