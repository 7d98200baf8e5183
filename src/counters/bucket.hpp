// A token bucket, in whole numbers (policies/token-bucket-rate-limit.md).
#pragma once

#include <cstdint>
#include <optional>

namespace perigee::counters {

struct BucketRules {
  std::int64_t rate = 1;  // tokens that come back in a period; 1 or more, as the rest
  std::int64_t period_ms = 1000;
  std::int64_t capacity = 1;
};

struct BucketState {
  std::int64_t tokens = 0;
  std::int64_t refilled_ms = 0;  // when tokens last came back
};

// Tokens that came back by `now_ms`, not cut to the capacity.
std::int64_t tokens_since(const BucketState& state, const BucketRules& rules, std::int64_t now_ms);
// With what came back. The anchor moves only when something did.
BucketState refilled(BucketState state, const BucketRules& rules, std::int64_t now_ms);
struct BucketTake {
  bool allowed = false;
  BucketState after;
};
// Takes so many tokens or none. A bucket that nobody knows is full.
BucketTake take(const std::optional<BucketState>& bucket, const BucketRules& rules,
                std::int64_t tokens, std::int64_t now_ms);
// When the next token is there.
std::int64_t next_token_ms(std::int64_t tokens, const BucketRules& rules, std::int64_t now_ms);
// After so long without a request it is full, as one that nobody knows.
std::int64_t forgotten_after_ms(const BucketRules& rules);

}  // namespace perigee::counters
