// Services: api-definition.md 1.12.
#include "definition/read_parts.hpp"

namespace perigee::definition {

std::optional<Service> read_service(Object from, std::string_view type_member) {
  if (!from.present()) return std::nullopt;
  Service service;
  service.pointer = from.pointer();
  service.type = normalised(from.text(type_member));
  service.enabled = from.boolean("enabled", true);
  service.override_configuration = from.boolean("overrideConfiguration", false);
  service.configuration = from.configuration("configuration");
  from.finish();
  return service;
}

void refuse_discovery(Object& services, std::string_view type_member) {
  std::optional<Service> discovery = read_service(services.object("discovery"), type_member);
  if (!discovery || !discovery->enabled) return;
  services.error("discovery", "service discovery is not supported by this version; disable it");
}

namespace {

constexpr std::string_view kUnchecked = "; the endpoints are not checked";

HealthCheck read_http_health_check(Object from) {
  HealthCheck check;
  check.pointer = from.pointer();
  check.schedule = from.required_text("schedule");
  check.target = from.required_text("target");
  check.method = from.required_text("method");
  check.headers = read_headers(from, "headers");
  check.body = from.text("body");
  check.override_endpoint_path = from.boolean("overrideEndpointPath", false);
  check.assertion = from.text("assertion");
  check.success_threshold = from.integer("successThreshold", check.success_threshold, {.low = 1});
  check.failure_threshold = from.integer("failureThreshold", check.failure_threshold, {.low = 1});
  from.finish();
  return check;
}

}  // namespace

// A broken health check leaves its endpoints unchecked and in use, as upstream does.
std::optional<HealthCheck> checked_health_check(const std::string& pointer, Reading& reading,
                                                const std::function<HealthCheck()>& read) {
  std::optional<HealthCheck> check = reading.problems.unless_broken(read);
  if (!check)
    reading.problems.warning(pointer, "the configuration is invalid" + std::string(kUnchecked));
  return check;
}

std::optional<HealthCheck> read_health_check(const Configuration& configuration,
                                             const Service& service, Reading& reading) {
  Problems& problems = reading.problems;
  std::string consequence(kUnchecked);
  if (service.type != "http-health-check") {
    problems.warning(service.pointer + "/type",
                     "health check '" + service.type +
                         "' is not supported by this version; supported: 'http-health-check'" +
                         consequence);
    return std::nullopt;
  }
  if (configuration.value.absent()) {
    problems.warning(service.pointer, "the health check has no configuration" + consequence);
    return std::nullopt;
  }
  return checked_health_check(service.pointer, reading, [&] {
    return read_http_health_check(Object(configuration.value, reading, configuration.inside));
  });
}

}  // namespace perigee::definition
