#include "apps/perigee/rate_limits.hpp"

#include "proxy/counting.hpp"

namespace perigee::apps {
namespace {

std::unique_ptr<policy::Counters> make_counters(const config::RateLimits& settings,
                                                counters::Local& local) {
  const policy::CounterOptions options = counter_options(settings);
  using Store = config::RateLimitStore;
  switch (settings.store) {
    case Store::none:
      return std::make_unique<proxy::NoCounters>(policy::Counted::uncounted, options);
    case Store::local:
    case Store::redis:  // start_diagnostics() says that its counts are not shared yet
      return std::make_unique<proxy::LocalCounters>(local, options);
    case Store::mongodb:
    case Store::jdbc:
    case Store::hazelcast:
      break;
  }
  return std::make_unique<proxy::NoCounters>(policy::Counted::failed, options);
}

}  // namespace

counters::SharedCounts::Options shared_counts_options(const config::RateLimits& settings) {
  return {.keys_max = settings.keys_max,
          .decides_alone = settings.decides_alone,
          .outage_max = settings.outage_max,
          .nodes = settings.nodes,
          .overcommit = settings.overcommit,
          .async_enabled = settings.async_enabled,
          .flush_interval = settings.flush_interval};
}

policy::CounterOptions counter_options(const config::RateLimits& settings) {
  return {.separate = settings.separate_counters,
          .retry_after = settings.retry_after,
          .ietf_fields = settings.ietf_headers};
}

RateLimits::RateLimits(const config::RateLimits& settings)
    : local_(settings.keys_max), counters_(make_counters(settings, local_)) {}

}  // namespace perigee::apps
