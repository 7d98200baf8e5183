// Vote: the primary that one sentinel names, and what is made of several. Internal.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "redis/options.hpp"

namespace perigee::redis {

struct Vote {
  Endpoint primary;
  std::int64_t config_epoch = 0;  // one higher with every failover
};

// What to follow: the highest epoch, of those whom most name, and the current one in doubt. Null
// without votes.
const Vote* best_of(std::span<const Vote> votes, const std::optional<Vote>& current);

// Whether more than half of them name it.
bool most_name(std::span<const Vote> votes, const Endpoint& primary);

}  // namespace perigee::redis
