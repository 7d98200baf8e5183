#include "el/randomness.hpp"

#include "base/uuid.hpp"

namespace perigee::el {

std::uint64_t random_bits() {
  thread_local std::uint64_t state = perigee::random_bits();
  return next_random(state);
}

double random_fraction() { return static_cast<double>(random_bits() >> 11) * 0x1.0p-53; }

std::string_view random_uuid(Arena& arena) { return arena.copy(perigee::random_uuid()); }

}  // namespace perigee::el
