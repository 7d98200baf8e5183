#include "counters/local.hpp"

#include "base/log.hpp"

namespace perigee::counters {
namespace {

constexpr log::Logger kLog{"io.gravitee.repository.ratelimit"};
constexpr std::int64_t kLineEveryMs = 10'000;

BucketRules rules_of(const BucketRequest& request) {
  return {.rate = request.rate, .period_ms = request.period_ms, .capacity = request.capacity};
}

Taken taken_of(bool allowed, std::int64_t tokens, const BucketRequest& request,
               std::int64_t now_ms) {
  return {.allowed = allowed,
          .tokens = tokens,
          .next_ms = next_token_ms(tokens, rules_of(request), now_ms)};
}

}  // namespace

std::uint64_t Local::Entry::change() {
  // Under the shard's lock: only counts change meanwhile.
  Word before = word.load(std::memory_order_relaxed);
  Word changing = ((before & ~kCountMax) + kTagUnit) | kInChange;
  return word.exchange(changing, std::memory_order_acq_rel) & kCountMax;
}

void Local::Entry::publish(std::uint64_t count) {
  Word tag = word.load(std::memory_order_relaxed) & ~kCountMax & ~kInChange;
  word.store(tag | std::min(count, kCountMax), std::memory_order_release);
}

Count Local::add(const CountRequest& request, std::int64_t now_ms) {
  // Over before it began: a policy before this one waited longer than the period.
  if (request.reset_ms <= now_ms) return {.value = request.weight, .reset_ms = request.reset_ms};
  KeyHash hash = hasher_.window(request.key);
  Count count;
  if (add_if_there(hash, request, now_ms, count)) [[likely]]
    return count;
  count = add_locked(hash, request, now_ms);
  tell_evicted(now_ms);
  return count;
}

// The compare-and-exchange succeeds only if nobody has begun to change the entry by then, so that
// what was read of it belongs to the count.
bool Local::add_if_there(const KeyHash& hash, const CountRequest& request, std::int64_t now_ms,
                         Count& count) {
  Entry* entry = table_.peek(hash);
  if (!entry) return false;
  Word word = entry->word.load(std::memory_order_acquire);
  if (in_change(word) || !entry->is(hash)) return false;
  std::int64_t ends_ms = entry->ends_ms();
  if (ends_ms <= now_ms) return false;
  const Word first = word;
  Word more = counted(word, request.weight);
  while (!entry->word.compare_exchange_weak(word, more, std::memory_order_acq_rel,
                                            std::memory_order_acquire)) {
    if (!same_tag(word, first)) return false;
    more = counted(word, request.weight);
  }
  count = {.value = more & kCountMax, .reset_ms = ends_ms};
  return true;
}

Local::Entry& Local::entry_of(Table::Locked& shard, std::int64_t now_ms) {
  Entry* entry = shard.find();
  return entry ? *entry : shard.claim(now_ms);
}

Count Local::add_locked(const KeyHash& hash, const CountRequest& request, std::int64_t now_ms) {
  Table::Locked shard = table_.lock(hash);
  Entry& entry = entry_of(shard, now_ms);
  Word word = entry.word.load(std::memory_order_acquire);
  if (!in_change(word) && entry.ends_ms() > now_ms) {  // another worker was faster
    Word more = counted(word, request.weight);
    while (!entry.word.compare_exchange_weak(word, more, std::memory_order_acq_rel))
      more = counted(word, request.weight);
    return {.value = more & kCountMax, .reset_ms = entry.ends_ms()};
  }
  entry.change();
  entry.ends.store(request.reset_ms, std::memory_order_relaxed);
  entry.refilled.store(Entry::kIsWindow, std::memory_order_relaxed);
  entry.publish(request.weight);
  return {.value = request.weight, .reset_ms = request.reset_ms};
}

Taken Local::take(const BucketRequest& request, std::int64_t now_ms) {
  KeyHash hash = hasher_.bucket(request.key);
  Taken taken;
  if (take_if_there(hash, request, now_ms, taken)) return taken;
  taken = take_locked(hash, request, now_ms);
  tell_evicted(now_ms);
  return taken;
}

// While no token comes back, only their number changes.
bool Local::take_if_there(const KeyHash& hash, const BucketRequest& request, std::int64_t now_ms,
                          Taken& taken) {
  Entry* entry = table_.peek(hash);
  if (!entry) return false;
  Word word = entry->word.load(std::memory_order_acquire);
  if (in_change(word) || !entry->is(hash) || entry->ends_ms() <= now_ms) return false;
  BucketState state{.refilled_ms = entry->refilled.load(std::memory_order_relaxed)};
  if (tokens_since(state, rules_of(request), now_ms) > 0) return false;
  const Word first = word;
  bool allowed = false;
  Word left = 0;
  do {
    if (!same_tag(word, first)) return false;
    allowed = (word & kCountMax) >= request.tokens;
    left = allowed ? word - request.tokens : word;
  } while (!entry->word.compare_exchange_weak(word, left, std::memory_order_acq_rel,
                                              std::memory_order_acquire));
  taken = taken_of(allowed, static_cast<std::int64_t>(left & kCountMax), request, now_ms);
  return true;
}

Taken Local::take_locked(const KeyHash& hash, const BucketRequest& request, std::int64_t now_ms) {
  const BucketRules rules = rules_of(request);
  Table::Locked shard = table_.lock(hash);
  Entry& entry = entry_of(shard, now_ms);
  bool is_new = in_change(entry.word.load(std::memory_order_relaxed)) || entry.ends_ms() <= now_ms;
  std::optional<BucketState> before(std::in_place, static_cast<std::int64_t>(entry.change()),
                                    entry.refilled.load(std::memory_order_relaxed));
  if (is_new) before.reset();
  const BucketTake taken = counters::take(before, rules, request.tokens, now_ms);
  const BucketState& after = taken.after;
  entry.refilled.store(after.refilled_ms, std::memory_order_relaxed);
  entry.ends.store(after.refilled_ms + forgotten_after_ms(rules), std::memory_order_relaxed);
  entry.publish(static_cast<std::uint64_t>(after.tokens));
  return taken_of(taken.allowed, after.tokens, request, now_ms);
}

void Local::drain(std::string_view key) {
  KeyHash hash = hasher_.bucket(key);
  Table::Locked shard = table_.lock(hash);
  Entry* entry = shard.find();
  if (!entry || in_change(entry->word.load(std::memory_order_relaxed))) return;
  entry->change();
  entry->publish(0);
}

void Local::tell_evicted(std::int64_t now_ms) {
  std::int64_t next = next_line_ms_.load(std::memory_order_relaxed);
  if (now_ms < next) return;
  std::uint64_t evicted = table_.take_evicted();
  if (evicted == 0) return;
  if (!next_line_ms_.compare_exchange_strong(next, now_ms + kLineEveryMs)) return;
  kLog.warn(
      "more than perigee.ratelimit.maxKeys keys are counted at once: {} of those with the lowest "
      "counts began anew",
      evicted);
}

}  // namespace perigee::counters
