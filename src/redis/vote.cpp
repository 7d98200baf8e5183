#include "redis/vote.hpp"

#include <algorithm>
#include <tuple>

namespace perigee::redis {

namespace {

std::ptrdiff_t count_of(std::span<const Vote> votes, const Endpoint& primary) {
  return std::ranges::count(votes, primary, &Vote::primary);
}

}  // namespace

const Vote* best_of(std::span<const Vote> votes, const std::optional<Vote>& current) {
  const auto rank = [&](const Vote& vote) {
    const bool is_current = current && vote.primary == current->primary;
    return std::tuple(vote.config_epoch, count_of(votes, vote.primary), is_current);
  };
  const auto best = std::ranges::max_element(votes, {}, rank);
  return best == votes.end() ? nullptr : &*best;
}

bool most_name(std::span<const Vote> votes, const Endpoint& primary) {
  return count_of(votes, primary) * 2 > std::ssize(votes);
}

}  // namespace perigee::redis
