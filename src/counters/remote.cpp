#include "counters/remote.hpp"

#include <algorithm>

namespace perigee::counters {
namespace {

constexpr Duration kRefusedWithin = 100ms;  // the store is told of what was refused from memory
constexpr Duration kFlushGrid = 100ms;      // keys that are flushed together
constexpr std::int64_t kFlushGapMs = 20;    // between early flushes of a key
constexpr Duration kResumeEvery = 50ms;     // looks whether the store is back
constexpr std::size_t kResumedAtOnce = 1000;

BucketRules rules_of(const BucketRequest& request) {
  return {.rate = request.rate, .period_ms = request.period_ms, .capacity = request.capacity};
}

}  // namespace

Remote::Remote(net::Reactor& reactor, Store& store, SharedCounts& shared)
    : reactor_(reactor),
      store_(store),
      shared_(shared),
      operations_(reactor, store, shared, *this),
      reminders_(reactor, *this),
      resume_timer_([](void* self) { static_cast<Remote*>(self)->resume(); }, this) {}

Async<Result<Count>> Remote::add(CountRequest request) {
  const Moment now = operations_.now();
  // Over before it began: a policy before this one waited longer than the period.
  if (request.reset_ms <= now.wall_ms)
    return Result<Count>(Count{.value = request.weight, .reset_ms = request.reset_ms});
  const KeyHash hash = shared_.hasher().window(request.key);
  if (!request.strict && shared_.options().async_enabled)
    return Result<Count>(count_later(request, hash, now));
  if (!operations_.may_ask()) {
    const Count count = shared_.decide_alone(request, hash, now);
    if (count.outcome == Outcome::counted) on_undelivered(request, hash);
    return Result<Count>(count);
  }
  if (shared_.circuit().state() == Circuit::State::closed) {
    if (std::optional<Count> known = from_memory(request, hash, now)) return Result<Count>(*known);
    if (std::optional<Count> held = shared_.hold_to_share(request, hash, now))
      return Result<Count>(*held);
  }
  return operations_.ask(request, hash);
}

// A count only grows within its window, so that one which is at the limit needs no answer. The
// store is told all the same: others may have another limit.
std::optional<Count> Remote::from_memory(const CountRequest& request, const KeyHash& hash,
                                         const Moment& now) {
  if (!shared_.options().decides_alone) return std::nullopt;
  Views::Locked shard = shared_.views().lock(hash);
  View* view = shard.find();
  if (!view || !view->known || view->reset_ms <= now.wall_ms || view->seen < request.limit)
    return std::nullopt;
  view->unsent += request.weight;
  remind(*view, hash, request, kRefusedWithin);
  shared_.tally().refused_from_memory.fetch_add(1, std::memory_order_relaxed);
  return Count{.value = view->value(), .reset_ms = view->reset_ms};
}

Count Remote::count_later(const CountRequest& request, const KeyHash& hash, const Moment& now) {
  bool early = false;
  Count count;
  {
    Views::Locked shard = shared_.views().lock(hash);
    View& view = view_of(shard, now.wall_ms, request.reset_ms);
    early = count_here(view, request, now, count);
    if (early) view.flushed_ms = now.wall_ms;
    remind(view, hash, request, Duration::max());
  }
  if (early) operations_.flush(request, hash);
  return count;
}

// True: the store should be told soon.
bool Remote::count_here(View& view, const CountRequest& request, const Moment& now, Count& count) {
  const bool away = shared_.circuit().state() != Circuit::State::closed;
  count.reset_ms = view.reset_ms;
  if (away && shared_.options().decides_alone) {
    std::optional<std::uint64_t> left = view.left_of_share(
        request.limit, request.weight, shared_.share(), shared_.circuit().outages());
    count.value = left ? request.limit - *left : request.limit + 1;
    if (left) view.unsent += request.weight;
    return false;
  }
  const std::uint64_t before = view.value();
  view.unsent += request.weight;
  count.value = view.value();
  return !away && is_early(view, before, request.limit, now);
}

// What all gateways together have not told when the limit is reached is how far they may go beyond
// it: the nearer it is, the smaller the steps, down to a hundredth of it for all of them.
bool Remote::is_early(View& view, std::uint64_t before, std::uint64_t limit,
                      const Moment& now) const {
  if (view.sending > 0 || now.wall_ms - view.flushed_ms < kFlushGapMs) return false;
  const std::uint64_t value = view.value(), nearly = limit - limit / 5;
  if (value > limit) return view.seen <= limit;
  if (before < nearly && value >= nearly) return true;
  const std::uint64_t nodes = shared_.nodes();
  return view.unsent >=
         std::max({std::uint64_t{1}, limit / (100 * nodes), (limit - value) / (4 * nodes)});
}

Async<Result<Taken>> Remote::take(BucketRequest request) {
  const Moment now = operations_.now();
  if (!request.strict && shared_.options().async_enabled)
    return Result<Taken>(take_later(request, now));
  if (!operations_.may_ask()) return Result<Taken>(shared_.decide_alone(request, now));
  return ask_bucket(request);
}

Async<Result<Taken>> Remote::ask_bucket(BucketRequest request) {
  const Moment now = operations_.now();
  const std::uint32_t epoch = operations_.note_asked();
  Scope* scope = co_await this_scope();
  net::Deadline deadline(reactor_, scope, shared_.options().timeout, ErrorCode::timed_out,
                         "no answer in time", Fault::ours);
  Result<Store::Bucket> answer = co_await store_.take({.key = request.key,
                                                       .tokens = request.tokens,
                                                       .rules = rules_of(request),
                                                       .now_ms = now.wall_ms,
                                                       .subscription = request.subscription});
  deadline.disarm();
  if (answer) {
    operations_.note_success(epoch);
    co_return Taken{.allowed = answer->allowed,
                    .tokens = answer->tokens,
                    .next_ms = next_token_ms(answer->tokens, rules_of(request), now.wall_ms)};
  }
  if (scope && scope->cancelled()) co_return std::unexpected(answer.error());
  operations_.note_failure(epoch, answer.error(), deadline.passed());
  co_return shared_.decide_alone(request, operations_.now());
}

Taken Remote::take_later(const BucketRequest& request, const Moment& now) {
  Taken taken = shared_.buckets().take(request, now.wall_ms);
  if (!taken.allowed) return taken;
  const KeyHash hash = shared_.hasher().bucket(request.key);
  const std::int64_t forgotten_ms = now.wall_ms + forgotten_after_ms(rules_of(request));
  Views::Locked shard = shared_.views().lock(hash);
  View& view = view_of(shard, now.wall_ms, forgotten_ms);
  view.reset_ms = forgotten_ms;
  view.unsent += request.tokens;
  if (view.reminded) return taken;
  remind(view,
         {.hash = hash,
          .key = std::string(request.key),
          .subscription = std::string(request.subscription),
          .bucket = rules_of(request)},
         flush_time(hash, now.steady));
  return taken;
}

// Takes from the shared bucket what was taken here. It had less: then there is nothing left here
// either.
Async<void> Remote::debit(Reminded reminded, View::Delivery delivery) {
  ++debits_;
  const std::uint32_t epoch = operations_.note_asked();
  Result<Store::Bucket> answer =
      co_await store_.take({.key = reminded.key,
                            .tokens = static_cast<std::int64_t>(delivery.own),
                            .rules = *reminded.bucket,
                            .now_ms = operations_.now().wall_ms,
                            .subscription = reminded.subscription});
  --debits_;
  if (answer && !answer->allowed) shared_.buckets().drain(reminded.key);
  if (answer) {
    operations_.note_success(epoch);
  } else {
    operations_.note_failure(epoch, answer.error(), false);
  }
  Views::Locked shard = shared_.views().lock(reminded.hash);
  View* view = shard.find();
  if (!view) co_return;
  if (answer) {
    view->delivered(delivery, {.ended = true});
    co_return;
  }
  view->undelivered(delivery);
  const Instant due = flush_time(reminded.hash, reactor_.now());
  remind(*view, std::move(reminded), due);
}

void Remote::remind(View& view, const KeyHash& hash, const CountRequest& request, Duration within) {
  if (view.reminded) return;
  const Instant now = reactor_.now();
  const Instant due = within == Duration::max() ? flush_time(hash, now) : now + within;
  remind(view,
         {.hash = hash,
          .key = std::string(request.key),
          .subscription = std::string(request.subscription),
          .limit = request.limit},
         due);
}

// Without a reminder, when there are too many, the next operation for the key takes along what is
// unsent.
void Remote::remind(View& view, Reminded reminded, Instant due) {
  if (view.reminded) return;
  view.reminded = reminders_.add(std::move(reminded), due);
  const bool away = shared_.circuit().state() != Circuit::State::closed;
  if (away && !resume_timer_.armed())
    reactor_.timers().arm(resume_timer_, reactor_.now() + kResumeEvery);
}

// Looks whether the store is back; then sends what there is to be told, in several turns when it is
// much.
void Remote::resume() {
  if (operations_.may_ask()) {
    if (to_resume_ == 0) to_resume_ = reminders_.size();
    const std::size_t now = std::min(to_resume_, kResumedAtOnce);
    to_resume_ -= now;
    reminders_.fire(now);
    if (to_resume_ == 0) return;
  }
  reactor_.timers().arm(resume_timer_, reactor_.now() + kResumeEvery);
}

// Each key at its own time of the interval, so that they do not all come at once.
Instant Remote::flush_time(const KeyHash& hash, Instant now) const {
  const Duration interval = std::max<Duration>(shared_.options().flush_interval, kFlushGrid);
  const auto places = static_cast<std::uint64_t>(interval / kFlushGrid);
  const Duration phase = static_cast<std::int64_t>(hash.low % places) * kFlushGrid;
  return now + interval - (now.time_since_epoch() - phase) % interval;
}

void Remote::on_undelivered(const CountRequest& request, const KeyHash& hash) {
  Views::Locked shard = shared_.views().lock(hash);
  View* view = shard.find();
  if (view && view->unsent > 0) remind(*view, hash, request, Duration::max());
}

void Remote::on_due(Reminded reminded) {
  const Moment now = operations_.now();
  View::Cargo cargo;
  {
    Views::Locked shard = shared_.views().lock(reminded.hash);
    View* view = shard.find();
    if (!view) return;
    view->reminded = false;
    if (view->reset_ms <= now.wall_ms || view->unsent == 0) return;
    if (!operations_.may_ask()) {
      const Instant due = flush_time(reminded.hash, now.steady);
      return remind(*view, std::move(reminded), due);
    }
    view->flushed_ms = now.wall_ms;
    if (reminded.bucket) cargo = view->load(shared_.circuit().epoch());
  }
  if (!reminded.bucket) return operations_.flush(reminded.window(), reminded.hash);
  std::erase_if(debit_tasks_, [](const Task& task) { return !task.running(); });
  const View::Delivery delivery{.window = cargo.window, .own = cargo.weight, .strict = false};
  debit_tasks_.emplace_back().start(debit(std::move(reminded), delivery));
}

void Remote::flush() { reminders_.fire(reminders_.size()); }

}  // namespace perigee::counters
