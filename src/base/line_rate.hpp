// LineRate: how often a line is logged about one thing that may happen with every request.
//
// The first time is told at once, then at most one line in ten seconds; each line says how often it
// happened since the last.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/clock.hpp"

namespace perigee::log {

class LineRate {
 public:
  // Counts one time. The number of times since the last line, this one included, when a line is
  // due; 0: say nothing.
  std::uint64_t due(Instant now) {
    ++untold_;
    if (now < next_) return 0;
    next_ = now + kEvery;
    return std::exchange(untold_, 0);
  }

 private:
  static constexpr Duration kEvery = 10s;
  Instant next_{};
  std::uint64_t untold_ = 0;
};

// The end of such a line; empty for the first time.
inline std::string times_since(std::uint64_t times) {
  if (times < 2) return {};
  return "; " + std::to_string(times) + " times since the last such line";
}

}  // namespace perigee::log
