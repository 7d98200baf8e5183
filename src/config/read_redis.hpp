// The store of shared counts: ratelimit.redis.* (runtime.md 2.2).
#pragma once

#include "config/reader.hpp"
#include "config/settings.hpp"

namespace perigee::config {

void read_redis(const Tree& tree, bool is_used, Redis& redis, Diagnostics& diagnostics);

}  // namespace perigee::config
