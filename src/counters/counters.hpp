// What is asked of whoever counts, and what comes of it (policies/ratelimit-common.md).
//
// A window begins with the first request that counts in it and ends when that one said. A bucket
// holds tokens, which come back as time passes. Both belong to a key, which the policy makes.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.hpp"

namespace perigee::counters {

// Now, on both clocks.
struct Moment {
  Instant steady;
  std::int64_t wall_ms = 0;  // epoch
};

struct CountRequest {
  std::string_view key;  // as runtime.md 6.1, without a prefix
  std::uint32_t weight = 1;
  std::uint64_t limit = 0;
  std::int64_t reset_ms = 0;  // epoch: the end of a window that would begin now
  std::string_view subscription;
  bool strict = true;  // false: counted here, told to the store later
};

enum class Outcome : std::uint8_t {
  counted,
  failed,  // there is no store, and nothing here may decide in its place
};

// Allowed while `value` does not exceed the limit that was asked with.
struct Count {
  Outcome outcome = Outcome::counted;
  std::uint64_t value = 0;
  std::int64_t reset_ms = 0;
};

struct BucketRequest {
  std::string_view key;
  std::uint32_t tokens = 1;  // wanted
  std::int64_t rate = 1;     // tokens that come back in a period
  std::int64_t period_ms = 1000;
  std::int64_t capacity = 1;
  std::string_view subscription;
  bool strict = true;
};

struct Taken {
  Outcome outcome = Outcome::counted;
  bool allowed = false;
  std::int64_t tokens = 0;   // left
  std::int64_t next_ms = 0;  // epoch: when there is a token again
};

}  // namespace perigee::counters
