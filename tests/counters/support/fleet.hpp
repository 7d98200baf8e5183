// Gateways that share a store, each with one or several workers; one thread, one clock.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "counters/remote.hpp"
#include "tests/counters/support/fake_store.hpp"

namespace perigee::counters::testing {

// One request, and what came of it.
struct Asking {
  std::string key;
  CountRequest request;
  Task task;
  std::optional<Result<Count>> count;
  bool waits() const { return !count; }
  std::uint64_t value() const { return count && *count ? (*count)->value : 0; }
  bool admitted() const {
    return count && *count && (*count)->outcome == Outcome::counted && value() <= request.limit;
  }
};

class Gateway {
 public:
  Gateway(net::Reactor& reactor, MemoryStore& memory, const SharedCounts::Options& options,
          unsigned workers = 1);

  SharedCounts shared;
  struct Worker {
    Worker(net::Reactor& reactor, MemoryStore& memory, SharedCounts& shared)
        : store(reactor, memory), remote(reactor, store, shared) {}
    FakeStore store;
    Remote remote;
  };
  std::deque<Worker> workers;
  FakeStore& store() { return workers.front().store; }
  Remote& remote() { return workers.front().remote; }
};

struct Fleet {
  explicit Fleet(SharedCounts::Options options = {}, unsigned gateways = 1, unsigned workers = 1);
  ~Fleet();

  // Asks without a turn of the reactor.
  Asking& ask(CountRequest request, unsigned gateway = 0, unsigned worker = 0);
  // The same, until it is decided.
  Asking& decide(CountRequest request, unsigned gateway = 0, unsigned worker = 0);
  Taken take(BucketRequest request, unsigned gateway = 0);

  CountRequest request(std::uint64_t limit, std::string_view key = "k") const {
    return {.key = key, .limit = limit, .reset_ms = now_ms() + 60'000, .subscription = "s"};
  }
  CountRequest later(std::uint64_t limit, std::string_view key = "k") const {
    CountRequest asked = request(limit, key);
    asked.strict = false;
    return asked;
  }
  std::int64_t now_ms() const { return epoch_ms(clock.wall()); }
  void turn(int turns = 3) {
    for (int i = 0; i < turns; ++i) reactor.turn(0ms);
  }
  void advance(Duration by) {
    clock.advance(by);
    turn();
  }
  // The store answers: of one gateway, or of all.
  void connect(Gateway& gateway);
  void connect();
  void lose(unsigned gateway = 0) { gateways[gateway].shared.circuit().lost(clock.now(), "test"); }
  std::uint64_t counter(std::string_view key = "k") const;

  FakeClock clock;
  net::Reactor reactor{clock};
  MemoryStore memory{clock};
  std::deque<Gateway> gateways;
  std::deque<Asking> askings;
  Gateway& first() { return gateways.front(); }
  FakeStore& store() { return first().store(); }
  Circuit& circuit() { return first().shared.circuit(); }
};

}  // namespace perigee::counters::testing
