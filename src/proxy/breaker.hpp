// Breaker: stops calling what keeps failing (lifecycle.md 8.6).
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "base/lru_map.hpp"
#include "plan/revision.hpp"

namespace perigee::proxy {

// Opens after so many calls in a row that all failed, or all were slow; half open, it lets one call
// through. On one worker.
class Breaker {
 public:
  // Whether a call may begin. Each that may ends with on_end(), or with on_abandoned() when nothing
  // was learnt.
  bool admits(const plan::Failover& rules, Instant now);
  void on_end(const plan::Failover& rules, Instant now, bool failed, bool slow);
  void on_abandoned() { trying_ = false; }

 private:
  std::uint32_t failed_in_row_ = 0;
  std::uint32_t slow_in_row_ = 0;
  bool open_ = false;
  bool trying_ = false;  // half open, and the one call is on its way
  Instant opened_{};
};

// The breakers of an API on one worker, kept through its revisions: by subscription, or one with an
// empty name. At most perigee.limits.breakersPerApi.
using Breakers = LruMap<Breaker>;

}  // namespace perigee::proxy
