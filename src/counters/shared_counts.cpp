#include "counters/shared_counts.hpp"

namespace perigee::counters {

View& view_of(Views::Locked& shard, std::int64_t now_ms, std::int64_t reset_if_new_ms) {
  View* found = shard.find();
  View& view = found ? *found : shard.claim(now_ms);
  view.roll(now_ms, reset_if_new_ms);
  return view;
}

// What is left after this request, of what we may give away; nothing: it is refused.
std::optional<std::uint64_t> SharedCounts::left_alone(View& view,
                                                      const CountRequest& request) const {
  if (circuit_.state() != Circuit::State::closed)
    return view.left_of_share(request.limit, request.weight, share(), circuit_.outages());
  std::uint64_t most = view.known ? request.limit : share().of(request.limit);
  std::uint64_t used = view.value() + request.weight;
  return used > most ? std::nullopt : std::optional(most - used);
}

Count SharedCounts::decide_alone(const CountRequest& request, const KeyHash& hash,
                                 const Moment& now, bool under_way) {
  if (!may_decide_alone(now.steady)) {
    tally_.undecided.fetch_add(1, std::memory_order_relaxed);
    return {.outcome = Outcome::failed};
  }
  Views::Locked shard = views_.lock(hash);
  View& view = view_of(shard, now.wall_ms, request.reset_ms);
  std::optional<std::uint64_t> left = left_alone(view, request);
  if (!left) {
    tally_.refused_alone.fetch_add(1, std::memory_order_relaxed);
    return {.value = request.limit + 1, .reset_ms = view.reset_ms};
  }
  (under_way ? view.sending : view.unsent) += request.weight;
  tally_.admitted_alone.fetch_add(1, std::memory_order_relaxed);
  return {.value = request.limit - *left, .reset_ms = view.reset_ms};
}

std::optional<Count> SharedCounts::hold_to_share(const CountRequest& request, const KeyHash& hash,
                                                 const Moment& now) {
  const bool settles = circuit_.is_back_since(kSettles, now.steady);
  if (!settles || !options_.decides_alone || nodes() == 1) return std::nullopt;
  Views::Locked shard = views_.lock(hash);
  View& view = view_of(shard, now.wall_ms, request.reset_ms);
  if (view.spend_share(request.limit, request.weight, share(), circuit_.outages()))
    return std::nullopt;
  tally_.refused_alone.fetch_add(1, std::memory_order_relaxed);
  return Count{.value = request.limit + 1, .reset_ms = view.reset_ms};
}

// A new bucket of our own, with our part of the tokens and of what comes back.
Taken SharedCounts::decide_alone(const BucketRequest& request, const Moment& now) {
  if (!may_decide_alone(now.steady)) {
    tally_.undecided.fetch_add(1, std::memory_order_relaxed);
    return {.outcome = Outcome::failed};
  }
  BucketRequest part = request;
  part.capacity = std::max<std::int64_t>(request.capacity / nodes(), 1);
  part.period_ms = request.period_ms * nodes();
  Taken taken = buckets_.take(part, now.wall_ms);
  (taken.allowed ? tally_.admitted_alone : tally_.refused_alone)
      .fetch_add(1, std::memory_order_relaxed);
  return taken;
}

}  // namespace perigee::counters
