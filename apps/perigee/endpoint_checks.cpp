#include "apps/perigee/endpoint_checks.hpp"

#include "apps/perigee/worker.hpp"
#include "base/uuid.hpp"
#include "report/families.hpp"

namespace perigee::apps {
namespace {

// Every endpoint may be a destination of its own.
constexpr std::size_t kDestinationsMax = 100'000;

}  // namespace

EndpointChecks::EndpointChecks(const Init& init)
    : names_(init.ops, init.resolver),
      shard_(init.registry.make_shard()),
      fetcher_(init.ops, names_, init.trust_stores,
               {.destinations_max = kDestinationsMax, .limits = client_limits(init.settings)}),
      checks_(init.ops, fetcher_, this,
              {.jitter = init.settings.endpoint_checks.jitter, .seed = random_bits()}) {}

void EndpointChecks::set_plan(const plan::Plan& plan) {
  std::vector<upstream::CheckedEndpoint> endpoints;
  for (const auto& revision : plan.revisions()) {
    for (const plan::BackendGroup& group : revision->groups) {
      for (const plan::Backend& backend : group.backends) {
        if (!backend.health_check) continue;
        endpoints.push_back(
            {revision->info.id, backend.name, backend.endpoint, backend.health_check});
      }
    }
  }
  checks_.set(std::move(endpoints));
}

void EndpointChecks::on_health(const upstream::CheckedEndpoint& endpoint, bool usable) {
  shard_.series(report::kEndpointUp, {endpoint.api_id, endpoint.name}).cell().set(usable ? 1 : 0);
}

}  // namespace perigee::apps
