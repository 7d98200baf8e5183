#include "upstream/group.hpp"

#include <algorithm>

namespace perigee::upstream {

Group::Group(std::vector<Member> members, Balance balance, unsigned workers,
             const std::atomic<std::uint64_t>& health_changes)
    : members_(std::move(members)),
      balance_(balance),
      health_changes_(health_changes),
      turns_(std::make_unique<Turns[]>(workers)) {}

// A new set begins a new cycle, and round robin at 0.
void Group::look(Turns& turns, std::uint64_t health) const {
  std::vector<std::uint32_t> usable;
  for (bool secondary : {false, true}) {
    if (!usable.empty()) break;
    for (std::uint32_t i = 0; i < members_.size(); ++i) {
      if (members_[i].secondary == secondary && members_[i].endpoint->usable()) usable.push_back(i);
    }
  }
  bool same = turns.health_seen != 0 && usable == turns.usable;
  turns.health_seen = health;
  if (same) return;
  turns.usable = std::move(usable);
  turns.cursor = 0;
  if (is_weighted(balance_)) refill(turns);
}

void Group::refill(Turns& turns) const {
  turns.remaining.clear();
  turns.remaining_sum = 0;
  for (std::uint32_t i : turns.usable) {
    turns.remaining.push_back(members_[i].weight);
    turns.remaining_sum += members_[i].weight;
  }
}

// The place in `usable`: of the next one with turns left, or by chance, as many chances as it has
// turns left.
std::size_t Group::next_weighted(Turns& turns, std::uint64_t random) const {
  if (turns.remaining_sum == 0) refill(turns);
  std::size_t place = 0;
  if (balance_ == Balance::weighted_round_robin) {
    while (turns.remaining[turns.cursor % turns.usable.size()] == 0) ++turns.cursor;
    place = turns.cursor++ % turns.usable.size();
  } else {
    std::uint64_t left = random % turns.remaining_sum;
    while (left >= turns.remaining[place]) left -= turns.remaining[place++];
  }
  --turns.remaining[place];
  --turns.remaining_sum;
  return place;
}

std::optional<std::size_t> Group::next(unsigned worker, std::uint64_t random) const {
  Turns& turns = turns_[worker];
  std::uint64_t health = health_changes_.load(std::memory_order_acquire);
  if (health != turns.health_seen) [[unlikely]]
    look(turns, health);
  std::size_t count = turns.usable.size();
  if (count == 0) return std::nullopt;
  if (count == 1) return turns.usable.front();
  switch (balance_) {
    case Balance::round_robin:
      return turns.usable[turns.cursor++ % count];
    case Balance::random:
      return turns.usable[random % count];
    case Balance::weighted_round_robin:
    case Balance::weighted_random:
      return turns.usable[next_weighted(turns, random)];
  }
  return std::nullopt;
}

}  // namespace perigee::upstream
