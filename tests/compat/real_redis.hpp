// RealRedis: a Redis server that the gateways of a World count with. Its clock is the real one: a
// gateway measures how far its own is from it and converts (redis-client.md 4.6).
#pragma once

#include "counters/circuit.hpp"
#include "redis_counts/primary.hpp"
#include "redis_counts/store.hpp"
#include "tests/counters/support/fake_store.hpp"

namespace perigee::compat {

class RealRedis {
 public:
  using Window = counters::testing::MemoryStore::Window;

  // Forgets what is counted at this server.
  RealRedis(net::Reactor& reactor, const redis::Endpoint& at);

  // Error: there is no connection, or Redis refuses the command.
  Result<redis::Reply> call(const redis::Command& command);
  bool connected() const { return link_.connected(); }
  redis::Directory& directory() { return directory_; }
  Duration clock_offset() const { return link_.clock_offset(); }

  void put(const std::string& key, const Window& window);
  // Of the only window; nothing when there are none or several.
  std::optional<std::int64_t> counter();
  // Windows that are over on the gateways' clock: Redis did not see that time pass.
  void forget_ended();

 private:
  std::vector<std::string> windows();
  std::int64_t offset_ms() const { return link_.clock_offset() / 1ms; }

  net::Reactor& reactor_;
  redis::Directory directory_;
  redis::Link link_;
};

// How one gateway counts there.
struct RedisCounting {
  RedisCounting(net::Reactor& reactor, RealRedis& redis, counters::Circuit& circuit)
      : primary(circuit), store(reactor, redis.directory(), primary) {
    primary.clock_offset_ms(redis.clock_offset());  // kept, unless what is measured is far off
  }

  redis_counts::Primary primary;
  redis_counts::RedisStore store;
};

}  // namespace perigee::compat
