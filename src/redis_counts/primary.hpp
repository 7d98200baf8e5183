// Primary: what the workers of a gateway know together of the Redis that has the counts. One for
// the process; any thread.
//
// Each worker has a connection of its own. The circuit hears of the first that reaches a primary,
// and of the last that is gone.
#pragma once

#include <atomic>
#include <cstdint>

#include "counters/circuit.hpp"

namespace perigee::redis_counts {

class Primary {
 public:
  explicit Primary(counters::Circuit& circuit) : circuit_(circuit) {}

  // By a worker. `epoch` as redis::Link::epoch().
  void note_connected(std::uint64_t epoch, Instant now);
  void note_lost(Instant now, std::string_view why);
  // Whether the circuit knows a later epoch than this one of a connection.
  bool is_reached_since(std::uint64_t epoch) const {
    return told_.load(std::memory_order_relaxed) > epoch + 1;
  }
  bool is_reached() const { return connected_.load(std::memory_order_relaxed) > 0; }
  // A primary that stays connected, but was given up, answers again.
  void note_answer(Instant now);
  counters::Circuit& circuit() { return circuit_; }

  // Its clock minus ours, the same for all workers, so that the end of a window has one spelling.
  std::int64_t clock_offset_ms(Duration measured);

 private:
  counters::Circuit& circuit_;
  std::atomic<unsigned> connected_{0};
  std::atomic<std::uint64_t> told_{0};  // 1 more than the last epoch that the circuit was told of
  std::atomic<std::int64_t> offset_ms_{0};
};

}  // namespace perigee::redis_counts
