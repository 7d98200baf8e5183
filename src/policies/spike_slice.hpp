// The slice of a period in which spike-arrest counts, and how many requests it lets through there.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace perigee::policies {

struct SpikeSlice {
  std::int64_t period_ms = 0;
  std::int64_t limit = 0;

  // Both above 0. compat: in single precision, as the reference computes
  // (SpikeArrest.SlicesAreThoseOfTheReference).
  static SpikeSlice of(std::int64_t limit, std::int64_t period_ms) {
    constexpr float kLeastMs = 100;
    const float each = static_cast<float>(period_ms) / static_cast<float>(limit);
    if (each >= kLeastMs) return {static_cast<std::int64_t>(each), 1};
    // Math.round of a float: half up, and no further than an int goes.
    constexpr double kMost = std::numeric_limits<std::int32_t>::max();
    const double requests = std::min(std::floor(double{kLeastMs / each} + 0.5), kMost);
    const float slice = each * static_cast<float>(requests);
    return {std::max<std::int64_t>(static_cast<std::int64_t>(slice), 1),
            static_cast<std::int64_t>(requests)};
  }
};

}  // namespace perigee::policies
