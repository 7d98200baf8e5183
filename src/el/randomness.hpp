// Random numbers of Math.random, java.util.Random and UUID. Internal to el.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.hpp"

namespace perigee::el {

// A fast generator per thread, seeded by the system; not for secrets.
std::uint64_t random_bits();
double random_fraction();  // [0, 1)
// A version 4 UUID from the system's own randomness.
std::string_view random_uuid(Arena& arena);

}  // namespace perigee::el
