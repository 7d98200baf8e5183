// Group: the endpoints of a group and whose turn it is (api-definition.md 1.3). Kept across
// redeploys that do not change it.
//
// Each worker takes turns of its own, over the usable primaries, or over the usable secondaries
// when no primary is left. It looks at the endpoints anew only after the health of some endpoint
// changed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "upstream/endpoint.hpp"

namespace perigee::upstream {

enum class Balance : std::uint8_t { round_robin, random, weighted_round_robin, weighted_random };

constexpr bool is_weighted(Balance balance) {
  return balance == Balance::weighted_round_robin || balance == Balance::weighted_random;
}

struct Member {
  std::shared_ptr<const Endpoint> endpoint;
  std::uint32_t weight = 1;
  bool secondary = false;
};

class Group {
 public:
  Group(std::vector<Member> members, Balance balance, unsigned workers,
        const std::atomic<std::uint64_t>& health_changes);
  // Index of the member to call; nothing when none is usable. `random` is spent by the random ones.
  std::optional<std::size_t> next(unsigned worker, std::uint64_t random) const;
  const std::vector<Member>& members() const { return members_; }
  Balance balance() const { return balance_; }

 private:
  // Whose turn it is on one worker.
  struct alignas(64) Turns {
    std::uint64_t health_seen = 0;
    std::uint64_t cursor = 0;
    std::vector<std::uint32_t> usable;     // indexes into members_
    std::vector<std::uint32_t> remaining;  // turns of this cycle; as usable, weighted ones only
    std::uint64_t remaining_sum = 0;
  };
  void look(Turns& turns, std::uint64_t health) const;
  void refill(Turns& turns) const;
  std::size_t next_weighted(Turns& turns, std::uint64_t random) const;

  std::vector<Member> members_;
  Balance balance_;
  const std::atomic<std::uint64_t>& health_changes_;
  mutable std::unique_ptr<Turns[]> turns_;
};

}  // namespace perigee::upstream
