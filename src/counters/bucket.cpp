#include "counters/bucket.hpp"

#include <algorithm>

namespace perigee::counters {
namespace {

// Dynamic rules come from requests: no product of three of them fits in 64 bits.
using Wide = __int128;

std::int64_t narrow(Wide value) {
  constexpr Wide kMax = 1'000'000'000'000'000;  // milliseconds: more than 30,000 years
  return static_cast<std::int64_t>(std::min(value, kMax));
}

}  // namespace

std::int64_t tokens_since(const BucketState& state, const BucketRules& rules, std::int64_t now_ms) {
  Wide whole = Wide(rules.capacity) * rules.period_ms / rules.rate + rules.period_ms;
  Wide elapsed = std::clamp<Wide>(Wide(now_ms) - state.refilled_ms, 0, whole);
  return narrow(elapsed * rules.rate / rules.period_ms);
}

BucketState refilled(BucketState state, const BucketRules& rules, std::int64_t now_ms) {
  std::int64_t back = tokens_since(state, rules, now_ms);
  if (back == 0) return state;
  return {std::min(rules.capacity, state.tokens + back), now_ms};
}

BucketTake take(const std::optional<BucketState>& bucket, const BucketRules& rules,
                std::int64_t tokens, std::int64_t now_ms) {
  BucketTake taken;
  taken.after = bucket ? refilled(*bucket, rules, now_ms) : BucketState{rules.capacity, now_ms};
  taken.allowed = taken.after.tokens >= tokens;
  if (taken.allowed) taken.after.tokens -= tokens;
  return taken;
}

std::int64_t next_token_ms(std::int64_t tokens, const BucketRules& rules, std::int64_t now_ms) {
  if (tokens >= 1) return now_ms;
  return now_ms + (rules.period_ms + rules.rate - 1) / rules.rate;
}

std::int64_t forgotten_after_ms(const BucketRules& rules) {
  constexpr std::int64_t kLeast = 10'000;
  return std::max(kLeast, narrow(Wide(rules.capacity) * rules.period_ms / rules.rate));
}

}  // namespace perigee::counters
