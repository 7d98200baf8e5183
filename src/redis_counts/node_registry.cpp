#include "redis_counts/node_registry.hpp"

#include <array>
#include <limits>

#include "base/log.hpp"

namespace perigee::redis_counts {
namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.redis"};
constexpr Duration kLookAgain = 250ms;  // for a connection
constexpr Duration kDeniedEvery = 1min;
constexpr std::int64_t kKeptMs = 60'000;
constexpr std::int64_t kNodesMax = 100'000;

}  // namespace

NodeRegistry::NodeRegistry(net::Reactor& reactor, RedisStore& store, counters::SharedCounts& shared,
                           std::string node_id)
    : reactor_(reactor), store_(store), shared_(shared), node_id_(std::move(node_id)) {
  running_.start(run());
}

Async<void> NodeRegistry::run() {
  for (;;) {
    const bool connected = store_.link().connected();
    if (connected) co_await tell();
    const Duration pause = !connected ? kLookAgain : denied_ ? kDeniedEvery : kEvery;
    static_cast<void>(co_await net::sleep_for(reactor_, pause));
  }
}

Async<void> NodeRegistry::tell() {
  const std::int64_t now_ms = epoch_ms(reactor_.wall()) + store_.clock_offset_ms();
  const std::int64_t gone_ms =
      now_ms - std::chrono::duration_cast<std::chrono::milliseconds>(kLives).count();
  const std::array<redis::Command, 4> commands{
      redis::Command{"ZADD", kKey, now_ms, node_id_},
      redis::Command{"ZREMRANGEBYSCORE", kKey, 0, gone_ms},
      redis::Command{"ZCARD", kKey},
      redis::Command{"PEXPIRE", kKey, kKeptMs},
  };
  std::array<redis::Outcome, 4> outcomes;
  co_await store_.link().call(commands, outcomes, kEvery);
  const redis::Outcome& count = outcomes[2];
  if (count && count->kind() == redis::ReplyKind::integer) {
    shared_.set_nodes(
        static_cast<std::uint32_t>(std::clamp<std::int64_t>(count->integer(), 1, kNodesMax)));
  }
  for (const redis::Outcome& outcome : outcomes) {
    if (!outcome && outcome.error().kind == redis::FailureKind::denied)
      note_denied(outcome.error());
  }
}

void NodeRegistry::note_denied(const redis::Failure& failure) {
  if (std::exchange(denied_, true) || shared_.options().nodes > 0) return;
  kLog.warn(
      "gateways that share Redis are not counted ({}): while it is away, each admits what one "
      "alone "
      "may; allow the user {} and +zadd +zremrangebyscore +zcard +pexpire, or set "
      "perigee.ratelimit.local.nodes",
      failure.text(), kKey);
}

}  // namespace perigee::redis_counts
