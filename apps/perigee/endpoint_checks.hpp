// EndpointChecks: the health checks of all deployed APIs, on the ops thread, and their metric.
#pragma once

#include "config/settings.hpp"
#include "net/names.hpp"
#include "plan/plan.hpp"
#include "report/metrics.hpp"
#include "upstream/health.hpp"

namespace perigee::apps {

class EndpointChecks final : private upstream::HealthObserver {
 public:
  struct Init {
    net::Reactor& ops;
    net::Resolver& resolver;
    net::TrustStores& trust_stores;
    report::Registry& registry;
    const config::Settings& settings;
  };
  explicit EndpointChecks(const Init& init);

  // What is deployed from now on. Holds its endpoints until the next one.
  void set_plan(const plan::Plan& plan);

 private:
  void on_health(const upstream::CheckedEndpoint& endpoint, bool usable) override;
  net::Names names_;
  report::Shard& shard_;
  upstream::Fetcher fetcher_;
  upstream::HealthChecks checks_;
};

}  // namespace perigee::apps
