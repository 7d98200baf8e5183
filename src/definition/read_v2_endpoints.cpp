// Endpoint groups, endpoints and health checks of v2: api-definition.md 2.3.
#include <algorithm>
#include <array>

#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

constexpr std::array<std::string_view, 2> kTypes{"http", "grpc"};

// What the endpoints of a group may inherit.
struct Inherited {
  std::optional<EndpointOptions> options;   // nullopt: the group's are broken
  const std::optional<HealthCheck>& check;  // of the API
};

std::string read_type(Object& endpoint) {
  std::string type = normalised(endpoint.text("type"));
  if (type.empty()) return "http";
  check_endpoint_type(endpoint, type, kTypes);
  return type;
}

// compat: `tenant` is of older documents.
std::vector<std::string> read_tenants(Object& endpoint) {
  std::optional<std::string> single = endpoint.optional_text("tenant");
  if (endpoint.value("tenants").present() || !single) return endpoint.texts("tenants");
  return {*std::move(single)};
}

EndpointOptions read_options(Object& endpoint, const Inherited& group) {
  if (!endpoint.boolean("inherit", false)) return read_v2_endpoint_options(endpoint);
  endpoint.ignore({"http", "ssl", "proxy", "headers", "hostHeader"});
  if (group.options) return *group.options;
  endpoint.error("inherit", "the group's options are invalid");
  return {};
}

// compat: unlike v4, an endpoint can switch the check off, and a backup is never checked.
std::optional<HealthCheck> effective_check(Object& endpoint, bool backup, const Inherited& group) {
  Json json = endpoint.value("healthcheck");
  if (backup) return std::nullopt;
  if (!json.is_object()) return group.check;
  Object own = endpoint.open(json);
  if (!own.boolean("inherit", true)) return read_v2_health_check(own);
  bool enabled = own.boolean("enabled", true);
  own.ignore({"type", "schedule", "trigger", "steps"});
  own.finish();
  return enabled ? group.check : std::nullopt;
}

std::optional<Endpoint> read_endpoint(Object from, const Inherited& group) {
  Endpoint endpoint;
  endpoint.pointer = from.pointer();
  endpoint.name = from.required_text("name");
  endpoint.type = read_type(from);
  endpoint.weight = std::max(1, from.integer("weight", 1));
  endpoint.secondary = from.boolean("backup", false);
  endpoint.tenants = read_tenants(from);
  endpoint.health_check = effective_check(from, endpoint.secondary, group);

  Problems& problems = from.reading().problems;
  Problems::Mark mark = problems.mark();
  endpoint.target = read_target(from);
  endpoint.options = read_options(from, group);
  from.finish();
  if (left_out_since(mark, endpoint, problems)) return std::nullopt;
  return endpoint;
}

std::optional<EndpointOptions> read_shared_options(Object& group) {
  Problems& problems = group.reading().problems;
  Problems::Mark mark = problems.mark();
  EndpointOptions options = read_v2_endpoint_options(group);
  if (!problems.has_errors_since(mark)) return options;
  problems.demote_since(mark);
  return std::nullopt;
}

// `from` is a group, or the `proxy` that has the endpoints itself.
EndpointGroup read_group(Object& from, std::string name, const std::optional<HealthCheck>& check) {
  EndpointGroup group;
  group.pointer = from.pointer();
  group.name = std::move(name);
  group.type = "http";
  read_load_balancer(from.object("load_balancing"), group);
  Object services = from.object("services");
  refuse_discovery(services, "provider");
  services.finish();
  Inherited inherited{read_shared_options(from), check};
  for (const JsonNode& node : from.items("endpoints", from.reading().limits.endpoints_max)) {
    auto endpoint = read_endpoint(from.open(Json(node)), inherited);
    if (endpoint) group.endpoints.push_back(*std::move(endpoint));
  }
  return group;
}

// compat: of both, the endpoints of `proxy` itself count.
std::vector<EndpointGroup> read_legacy_group(Object& proxy,
                                             const std::optional<HealthCheck>& check) {
  proxy.ignore({"groups"});
  std::vector<EndpointGroup> groups;
  groups.push_back(read_group(proxy, "default-group", check));
  check_endpoint_names(groups, proxy.reading().problems);
  return groups;
}

// Health checks.

// compat: assertions have no braces, and none at all asks for status 200.
std::string joined(const std::vector<std::string>& assertions) {
  std::string all;
  for (const std::string& each : assertions) {
    if (is_blank(each)) continue;
    all.append(all.empty() ? "(" : " && (").append(each).append(")");
  }
  return all.empty() ? "{#response.status == 200}" : "{" + all + "}";
}

void read_request(Object from, HealthCheck& check) {
  check.target = from.required_text("path");
  check.method = from.required_text("method");
  check.headers = read_v2_headers(from);
  check.body = from.text("body");
  check.override_endpoint_path = from.boolean("fromRoot", false);
  from.finish();
}

// compat: of several steps the first one runs.
HealthCheck read_check(Object& service) {
  HealthCheck check;
  check.pointer = service.pointer();
  check.schedule = service.required_text("schedule");
  auto steps = service.items_at_least_one("steps", service.reading().limits.list_items_max);
  if (steps.empty()) return check;
  if (steps.size() > 1) service.warning("steps", "only the first step runs");
  Object step = service.open(Json(steps.front()));
  step.ignore({"name"});
  if (!step.json()["request"].present()) step.error("request", "required, but it is missing");
  read_request(step.object("request"), check);
  Object response = step.object("response");
  check.assertion = joined(response.texts("assertions"));
  response.finish();
  step.finish();
  return check;
}

}  // namespace

std::optional<HealthCheck> read_v2_health_check(Object service) {
  if (!service.present() || !service.boolean("enabled", true)) return std::nullopt;
  service.ignore({"type", "inherit"});
  return checked_health_check(service.pointer(), service.reading(), [&] {
    HealthCheck check = read_check(service);
    service.finish();
    return check;
  });
}

std::vector<EndpointGroup> read_v2_groups(Object& proxy,
                                          const std::optional<HealthCheck>& check_of_api) {
  if (proxy.json()["endpoints"].present()) return read_legacy_group(proxy, check_of_api);
  proxy.ignore({"endpoints"});
  return read_groups(proxy, "groups", [&](Object from) {
    EndpointGroup group = read_group(from, from.text("name", "default"), check_of_api);
    from.finish();
    return group;
  });
}

}  // namespace perigee::definition
