// Store: where gateways share their counts, as one worker reaches it.
//
// Each operation is atomic there. It may take its time: who asks has a deadline of his own, and the
// answer that comes later still counts. Operations of one turn of the reactor may leave together.
//
// Errors, and what they mean to who counts:
//   unreachable  the store serves nobody now: no primary, or one that refuses writes
//   closed       this worker has no connection yet; others may have one
//   any other    this operation failed; whether it was done is not known
// Whoever connects tells the Circuit when the store can be tried again.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/async.hpp"
#include "base/result.hpp"
#include "counters/bucket.hpp"

namespace perigee::counters {

class Store {
 public:
  virtual ~Store() = default;

  // redis-client.md 4.3, runtime.md 6.3. A key that is not there is created with `limit`,
  // `reset_ms` and `subscription`. `floor` is the count that somebody has seen: a smaller one of
  // the same window, or none, is raised to it before the weight is added.
  struct Increment {
    std::string_view key;  // without a prefix; the texts live until the answer
    std::uint64_t weight = 0;
    std::uint64_t floor = 0;
    std::uint64_t limit = 0;
    std::int64_t reset_ms = 0;
    std::string_view subscription;  // empty: none
    bool same_window = false;       // counted only in the window that ends at `reset_ms`
  };
  struct Window {
    bool ended = false;  // it was over: nothing was kept
    std::uint64_t counter = 0;
    std::int64_t reset_ms = 0;
  };
  virtual Async<Result<Window>> increment(Increment increment) = 0;

  // All the tokens or none (policies/token-bucket-rate-limit.md).
  struct Take {
    std::string_view key;
    std::int64_t tokens = 1;
    BucketRules rules;
    std::int64_t now_ms = 0;
    std::string_view subscription;
  };
  struct Bucket {
    bool allowed = false;
    std::int64_t tokens = 0;
  };
  virtual Async<Result<Bucket>> take(Take take) = 0;
};

}  // namespace perigee::counters
