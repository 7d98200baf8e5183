// Cadence: when to try again (redis-client.md section 2, rule 9). Internal.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

#include "base/clock.hpp"

namespace perigee::redis {

class Cadence {
 public:
  explicit Cadence(std::uint64_t seed) : random_(static_cast<std::uint32_t>(seed)) {}

  // Soon, and then every 250 ms: a failover is over within seconds.
  Duration next() { return around(kSteps[std::min(step_++, kSteps.size() - 1)]); }
  // For what only an operator can mend.
  Duration next_of_configuration() {
    return around(kPatientSteps[std::min(patient_step_++, kPatientSteps.size() - 1)]);
  }
  void reset() { step_ = patient_step_ = 0; }
  // At most 20 % more or less, so that many gateways do not ask at once.
  Duration around(Duration duration) {
    std::uniform_real_distribution<double> share(0.8, 1.2);
    return std::chrono::duration_cast<Duration>(duration * share(random_));
  }

 private:
  static constexpr std::array<Duration, 4> kSteps{50ms, 100ms, 200ms, 250ms};
  static constexpr std::array<Duration, 4> kPatientSteps{1s, 2s, 4s, 5s};
  std::minstd_rand random_;
  std::size_t step_ = 0, patient_step_ = 0;
};

}  // namespace perigee::redis
