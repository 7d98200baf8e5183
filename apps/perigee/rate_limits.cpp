#include "apps/perigee/rate_limits.hpp"

namespace perigee::apps {
namespace {

std::string to_string(config::RateLimitStore store) {
  using Store = config::RateLimitStore;
  switch (store) {
    case Store::none:
      return "none";
    case Store::local:
      return "local";
    case Store::redis:
      return "redis";
    case Store::mongodb:
      return "mongodb";
    case Store::jdbc:
      return "jdbc";
    case Store::hazelcast:
      break;
  }
  return "hazelcast";
}

bool has_driver(config::RateLimitStore store) {
  using Store = config::RateLimitStore;
  return store == Store::none || store == Store::local || store == Store::redis;
}

std::string to_string(counters::Circuit::State state) {
  using State = counters::Circuit::State;
  switch (state) {
    case State::closed:
      return "closed";
    case State::open:
      return "open";
    case State::half_open:
      return "half_open";
    case State::trial:
      break;
  }
  return "trial";
}

}  // namespace

counters::SharedCounts::Options shared_counts_options(const config::Settings& settings) {
  const config::RateLimits& limits = settings.rate_limits;
  return {.keys_max = limits.keys_max,
          .timeout = settings.redis.operation_timeout,
          .decides_alone = limits.decides_alone,
          .outage_max = limits.outage_max,
          .nodes = limits.nodes,
          .overcommit = limits.overcommit,
          .async_enabled = limits.async_enabled,
          .flush_interval = limits.flush_interval};
}

policy::CounterOptions counter_options(const config::RateLimits& settings) {
  return {.separate = settings.separate_counters,
          .retry_after = settings.retry_after,
          .ietf_fields = settings.ietf_headers};
}

RateLimits::RateLimits(const config::Settings& settings, unsigned workers, Instant now)
    : store_(settings.rate_limits.store), probe_every_(settings.health.delay) {
  if (settings.rate_limits.store == config::RateLimitStore::redis) shared_.emplace(settings, now);
  counters_ = make_counters(settings.rate_limits, workers);
}

std::unique_ptr<policy::Counters> RateLimits::make_counters(const config::RateLimits& settings,
                                                            unsigned workers) {
  const policy::CounterOptions options = counter_options(settings);
  using Store = config::RateLimitStore;
  switch (settings.store) {
    case Store::none:
      return std::make_unique<proxy::NoCounters>(policy::Counted::uncounted, options);
    case Store::local:
      return std::make_unique<proxy::LocalCounters>(local_.emplace(settings.keys_max), options);
    case Store::redis: {
      auto counters = std::make_unique<proxy::RemoteCounters>(workers, options);
      remote_ = counters.get();
      return counters;
    }
    case Store::mongodb:
    case Store::jdbc:
    case Store::hazelcast:
      break;
  }
  return std::make_unique<proxy::NoCounters>(policy::Counted::failed, options);
}

void RateLimits::connect(net::Reactor& ops, redis::Options options) {
  directory_ = std::make_unique<redis::Directory>(ops, std::move(options));
}

std::unique_ptr<WorkerCounts> RateLimits::join(const policy::Worker& worker, report::Shard& shard,
                                               const std::string& node_id) {
  if (!directory_) return nullptr;
  auto counts = std::make_unique<WorkerCounts>(
      WorkerCounts::Init{.reactor = worker.reactor,
                         .directory = *directory_,
                         .primary = shared_->primary,
                         .shared = shared_->counts,
                         .shard = shard,
                         .probed = worker.index == 0 ? &shared_->probed : nullptr,
                         .node_id = node_id,
                         .probe_every = probe_every_});
  remote_->set_worker(worker.index, counts->remote());
  return counts;
}

node::RateLimits RateLimits::report(Instant now) {
  node::RateLimits report{.type = to_string(store_)};
  if (!has_driver(store_)) report.problem = "there is no driver for ratelimit.type " + report.type;
  if (!shared_ || !directory_) return report;
  counters::Circuit& circuit = shared_->counts.circuit();
  const counters::SharedCounts::Tally& tally = shared_->counts.tally();
  report.problem = shared_->probed.problem();
  report.are_shared = true;
  report.circuit = to_string(circuit.state());
  report.epoch = circuit.epoch();
  report.outages = circuit.outages();
  report.outage = circuit.outage(now);
  report.away = circuit.away(now);
  report.nodes = shared_->counts.nodes();
  report.operations = tally.operations;
  report.late = tally.late;
  report.admitted_alone = tally.admitted_alone;
  report.refused_alone = tally.refused_alone;
  report.undecided = tally.undecided;
  report.refused_from_memory = tally.refused_from_memory;
  report.repaired = tally.repaired;
  report.store = directory_->state();
  return report;
}

}  // namespace perigee::apps
