// WorkerCounts: what one worker needs to count with other gateways. On its thread.
#pragma once

#include <optional>
#include <string>

#include "counters/remote.hpp"
#include "redis_counts/node_registry.hpp"
#include "redis_counts/store.hpp"
#include "redis_counts/store_probe.hpp"
#include "report/metrics.hpp"

namespace perigee::apps {

class WorkerCounts {
 public:
  struct Init {
    net::Reactor& reactor;
    redis::Directory& directory;
    redis_counts::Primary& primary;
    counters::SharedCounts& shared;
    report::Shard& shard;
    // On one worker of the process it is registered and probed.
    redis_counts::StoreProbe::Result* probed = nullptr;
    std::string node_id = {};
    Duration probe_every = 5s;
  };
  explicit WorkerCounts(const Init& init);
  counters::Remote& remote() { return remote_; }
  // When traffic has ended: tells the store what it was not told yet.
  void finish();

 private:
  net::Reactor& reactor_;
  redis_counts::RedisStore store_;
  std::optional<redis_counts::NodeRegistry> registry_;
  std::optional<redis_counts::StoreProbe> probe_;
  counters::Remote remote_;
};

}  // namespace perigee::apps
