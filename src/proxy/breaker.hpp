// Breaker: stops calling what keeps failing (lifecycle.md 8.6).
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
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
  void touch(Instant now) { used_ = now; }
  Instant used() const { return used_; }

 private:
  std::uint32_t failed_in_row_ = 0;
  std::uint32_t slow_in_row_ = 0;
  bool open_ = false;
  bool trying_ = false;  // half open, and the one call is on its way
  Instant opened_{};
  Instant used_{};
};

// The breakers of an API on one worker, kept through its revisions: by subscription, or one with an
// empty name. Past kMax the one that was used longest ago is given up.
class Breakers {
 public:
  static constexpr std::size_t kMax = 1000;
  Breaker& of(std::string_view subscription, Instant now);

 private:
  std::unordered_map<std::string, Breaker> breakers_;
};

}  // namespace perigee::proxy
