// What Redis runs for us. Keys, fields and expiry are the reference's (runtime.md 6.1): its
// gateways and ours go on with each other's windows. Uses no commands but those that its users are
// allowed.
#pragma once

#include <string_view>

#include "redis/command.hpp"

namespace perigee::redis_counts {

constexpr std::string_view kWindowPrefix = "ratelimit:";
constexpr std::string_view kBucketPrefix = "tokenbucket:";
constexpr std::string_view kNoSubscription = "null";

// KEYS: the window. ARGV: weight, floor, limit, reset, subscription. Gives counter, limit, reset
// and subscription; four nulls when the window was over before it began.
const redis::Script& window_script();

// KEYS: the bucket. ARGV: tokens wanted, capacity, rate, period, now, subscription, milliseconds
// until it is forgotten. Gives 1 or 0 (all the tokens or none), and the tokens that are left.
const redis::Script& bucket_script();

}  // namespace perigee::redis_counts
