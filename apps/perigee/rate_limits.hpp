// RateLimits: who counts, by ratelimit.type. One for the process; outlives every policy.
#pragma once

#include <memory>

#include "config/settings.hpp"
#include "counters/shared_counts.hpp"
#include "policy/services.hpp"

namespace perigee::apps {

counters::SharedCounts::Options shared_counts_options(const config::RateLimits& settings);
policy::CounterOptions counter_options(const config::RateLimits& settings);

class RateLimits {
 public:
  explicit RateLimits(const config::RateLimits& settings);
  policy::Counters& counters() { return *counters_; }

 private:
  counters::Local local_;
  std::unique_ptr<policy::Counters> counters_;
};

}  // namespace perigee::apps
