// RateLimits: who counts, by ratelimit.type. One for the process; outlives every policy.
#pragma once

#include <memory>
#include <optional>

#include "apps/perigee/worker_counts.hpp"
#include "config/settings.hpp"
#include "counters/shared_counts.hpp"
#include "node/rate_limits.hpp"
#include "policy/services.hpp"
#include "proxy/counting.hpp"

namespace perigee::apps {

counters::SharedCounts::Options shared_counts_options(const config::Settings& settings);
policy::CounterOptions counter_options(const config::RateLimits& settings);

class RateLimits {
 public:
  RateLimits(const config::Settings& settings, unsigned workers, Instant now);
  policy::Counters& counters() { return *counters_; }

  // Where counts are shared: Redis is found in its own time, neither start nor traffic waits for
  // it.
  bool are_shared() const { return shared_.has_value(); }
  void connect(net::Reactor& ops, redis::Options options);
  // When the workers have ended, on ops.
  void disconnect() { directory_.reset(); }
  // On that worker: what it counts with. Null: the workers share nothing but this process.
  std::unique_ptr<WorkerCounts> join(const policy::Worker& worker, report::Shard& shard,
                                     const std::string& node_id);
  // For operators, on ops.
  node::RateLimits report(Instant now);

 private:
  struct Shared {
    Shared(const config::Settings& settings, Instant now)
        : counts(shared_counts_options(settings), now), primary(counts.circuit()) {}
    counters::SharedCounts counts;
    redis_counts::Primary primary;
    redis_counts::StoreProbe::Result probed;
  };
  std::unique_ptr<policy::Counters> make_counters(const config::RateLimits& settings,
                                                  unsigned workers);

  const config::RateLimitStore store_;
  const Duration probe_every_;
  std::optional<counters::Local> local_;
  std::optional<Shared> shared_;
  std::unique_ptr<redis::Directory> directory_;
  proxy::RemoteCounters* remote_ = nullptr;  // is counters_
  std::unique_ptr<policy::Counters> counters_;
};

}  // namespace perigee::apps
