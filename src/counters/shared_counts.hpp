// SharedCounts: what the workers of a gateway know together about the counts in the store, and how
// they decide while it cannot be asked. One for the process.
#pragma once

#include <algorithm>
#include <atomic>
#include <optional>

#include "base/clock.hpp"
#include "counters/circuit.hpp"
#include "counters/counters.hpp"
#include "counters/key_hash.hpp"
#include "counters/local.hpp"
#include "counters/view.hpp"

namespace perigee::counters {

class SharedCounts {
 public:
  struct Options {
    std::size_t keys_max = Local::kKeysMax;
    Duration timeout = 10ms;    // of one operation, from when it leaves
    bool decides_alone = true;  // false: without the store nothing is decided, as in the reference
    Duration outage_max = 60s;  // for which it decides alone
    std::uint32_t nodes = 0;    // that share the store; 0: as many as it tells
    double overcommit = 1.0;
    bool async_enabled = true;  // false: what need not be strict is so
    Duration flush_interval = 5s;
  };
  SharedCounts(const Options& options, Instant now)
      : options_(options), circuit_(now), views_(options.keys_max), buckets_(options.keys_max) {}

  const Options& options() const { return options_; }
  Circuit& circuit() { return circuit_; }
  const KeyHasher& hasher() const { return hasher_; }
  Views& views() { return views_; }
  // Of asynchronous policies, and of all of them while nobody can be asked.
  Local& buckets() { return buckets_; }

  // Gateways that shared the store lately, as it tells.
  void set_nodes(std::uint32_t nodes) { nodes_.store(std::max(nodes, 1u)); }
  std::uint32_t nodes() const { return options_.nodes ? options_.nodes : nodes_.load(); }
  Share share() const { return {.nodes = nodes(), .overcommit = options_.overcommit}; }

  // How a request that must be counted strictly is decided without the store: by what we remember
  // of a key when only this operation failed, by our share while the store is away, or not at all
  // when it has been so for too long. `under_way`: an operation that may yet succeed has it.
  Count decide_alone(const CountRequest& request, const KeyHash& hash, const Moment& now,
                     bool under_way = false);
  Taken decide_alone(const BucketRequest& request, const Moment& now);

  // For so long after an outage, others may not have come back and told what they admitted in it: a
  // request beyond our share is refused, and not counted. Longer than gateways take to find the
  // primary one after the other: they ask sentinels every second.
  static constexpr Duration kSettles = 1500ms;
  std::optional<Count> hold_to_share(const CountRequest& request, const KeyHash& hash,
                                     const Moment& now);

  // What became of requests, for metrics.
  struct Tally {
    std::atomic<std::uint64_t> admitted_alone{0}, refused_alone{0};
    std::atomic<std::uint64_t> undecided{0};            // left to the policies' error strategy
    std::atomic<std::uint64_t> refused_from_memory{0};  // of keys known to be over the limit
    std::atomic<std::uint64_t> late{0};                 // operations without an answer in time
    std::atomic<std::uint64_t> repaired{0};             // counts that went along after an outage
    std::atomic<std::uint64_t> operations{0};
  };
  Tally& tally() { return tally_; }

 private:
  bool may_decide_alone(Instant now) const {
    return options_.decides_alone && circuit_.outage(now) <= options_.outage_max;
  }
  std::optional<std::uint64_t> left_alone(View& view, const CountRequest& request) const;
  Options options_;
  Circuit circuit_;
  KeyHasher hasher_;
  Views views_;
  Local buckets_;
  std::atomic<std::uint32_t> nodes_{1};
  Tally tally_;
};

// The view of a key, in a window that runs: a new one ends at `reset_if_new_ms`.
View& view_of(Views::Locked& shard, std::int64_t now_ms, std::int64_t reset_if_new_ms);

}  // namespace perigee::counters
