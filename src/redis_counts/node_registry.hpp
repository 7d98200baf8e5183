// NodeRegistry: how many gateways share the store (redis-client.md 4.2). Each tells that it lives,
// and counts those that did lately. One for the process, on the worker whose store it uses.
#pragma once

#include <string>

#include "counters/shared_counts.hpp"
#include "redis_counts/store.hpp"

namespace perigee::redis_counts {

class NodeRegistry {
 public:
  static constexpr Duration kEvery = 5s;
  static constexpr Duration kLives = 15s;  // without a word from it
  static constexpr std::string_view kKey = "perigee:nodes";

  NodeRegistry(net::Reactor& reactor, RedisStore& store, counters::SharedCounts& shared,
               std::string node_id);

 private:
  Async<void> run();
  Async<void> tell();
  void note_denied(const redis::Failure& failure);

  net::Reactor& reactor_;
  RedisStore& store_;
  counters::SharedCounts& shared_;
  std::string node_id_;
  bool denied_ = false;
  Task running_;
};

}  // namespace perigee::redis_counts
