// Functions that cases of level "unit" call, by their name in the vectors.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "tests/compat/vector.hpp"
#include "tests/compat/world.hpp"

namespace perigee::compat {

using Unit = Result<SeenUnit> (*)(const Vector& vector, World& world);

// Asks the Redis of the world.
constexpr std::string_view kRedisUnit = "ratelimit.redis.increment";

// Null when this build has no such function.
Unit find_unit(std::string_view name);

}  // namespace perigee::compat
