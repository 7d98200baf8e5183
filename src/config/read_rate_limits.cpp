// Where counts are kept (runtime.md 2.2), and how answers tell of them (2.13).
#include "config/reader.hpp"
#include "config/settings.hpp"

namespace perigee::config {

void read_rate_limits(const Tree& tree, RateLimits& limits) {
  const Reader reader(tree, "");
  // The spelling under `repositories.` is the stronger one.
  for (const std::string prefix : {"", "repositories."}) {
    reader.read_choice<RateLimitStore>(prefix + "ratelimit.type", limits.store,
                                       {{"none", RateLimitStore::none},
                                        {"local", RateLimitStore::local},
                                        {"redis", RateLimitStore::redis},
                                        {"mongodb", RateLimitStore::mongodb},
                                        {"jdbc", RateLimitStore::jdbc},
                                        {"hazelcast", RateLimitStore::hazelcast}});
  }
  reader.read("services.ratelimit.enabled", limits.async_enabled);
  reader.read_count("services.ratelimit.async.flushInterval", limits.flush_interval);
  const Reader ours(tree, "perigee.ratelimit.");
  ours.read("local.enabled", limits.decides_alone);
  ours.read_duration("local.maxOutage", limits.outage_max);
  ours.read("local.nodes", limits.nodes);
  ours.read("local.overcommit", limits.overcommit);
  ours.read("maxKeys", limits.keys_max);
  ours.read("separateCounters", limits.separate_counters);
  ours.read("retryAfter", limits.retry_after);
  ours.read("ietfHeaders", limits.ietf_headers);
}

}  // namespace perigee::config
