// One worker of a gateway, with a real Redis: its store, circuit and what counts with it.
#pragma once

#include <deque>

#include "counters/remote.hpp"
#include "redis_counts/store.hpp"
#include "tests/redis/support/world.hpp"

namespace perigee::redis_counts::testing {

using redis::testing::RedisHa;
using redis::testing::RedisServer;

struct Gateway {
  Gateway(net::Reactor& reactor, redis::Options redis, counters::SharedCounts::Options options = {})
      : shared(options, reactor.now()),
        primary(shared.circuit()),
        directory(reactor, std::move(redis)),
        store(reactor, directory, primary),
        remote(reactor, store, shared) {}

  counters::SharedCounts shared;
  Primary primary;
  redis::Directory directory;
  RedisStore store;
  counters::Remote remote;
};

class Counting : public redis::testing::World {
 protected:
  using Store = counters::Store;
  static constexpr Duration kWindow = 60s;
  // For an operation. One that is late is decided alone, and this machine may be busy.
  static constexpr Duration kOperationMax = 500ms;

  Gateway& open(redis::Options redis,
                counters::SharedCounts::Options options = {.timeout = kOperationMax}) {
    return gateways_.emplace_back(reactor_, std::move(redis), options);
  }
  Gateway& open_connected(redis::Options redis,
                          counters::SharedCounts::Options options = {.timeout = kOperationMax}) {
    Gateway& gateway = open(std::move(redis), options);
    EXPECT_TRUE(until([&] { return gateway.store.link().connected(); }))
        << gateway.directory.state().problem;
    return gateway;
  }
  void TearDown() override {
    gateways_.clear();
    net::testing::settle(reactor_);
  }

  std::int64_t now_ms() const { return epoch_ms(clock_.wall()); }
  template <class T>
  T ended(Async<T> work) {
    Running<T> running(std::move(work));
    EXPECT_TRUE(until([&] { return running.done(); }));
    return std::move(running.value());
  }
  template <class T>
  using Running = net::testing::Running<T>;

  Result<Store::Window> increment(Gateway& gateway, Store::Increment increment) {
    reactor_.turn(0ms);
    return ended(gateway.store.increment(increment));
  }
  // A request that counts strictly.
  Result<counters::Count> add(Gateway& gateway, std::string_view key, std::uint64_t limit) {
    reactor_.turn(0ms);
    return ended(gateway.remote.add(
        {.key = key, .limit = limit, .reset_ms = now_ms() + kWindow / 1ms, .subscription = "s"}));
  }

  std::deque<Gateway> gateways_;
};

}  // namespace perigee::redis_counts::testing
