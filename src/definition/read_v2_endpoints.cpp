// Endpoint groups and endpoints of v2: api-definition.md 2.3.
#include <algorithm>
#include <array>

#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

constexpr std::array<std::string_view, 2> kTypes{"http", "grpc"};

constexpr std::string_view kOfOptions = "in v2 'http', 'ssl', 'proxy' and 'headers' stand here";
constexpr std::array<Hint, 4> kEndpointHints{
    {{"configuration", "in v2 'target' stands in the endpoint itself"},
     {"inheritConfiguration", "in v2 it is 'inherit'"},
     {"sharedConfigurationOverride", kOfOptions},
     {"secondary", "in v2 it is 'backup'"}}};

// What the endpoints of a group may inherit.
struct Inherited {
  std::optional<EndpointOptions> options;   // nullopt: the group's are broken
  const std::optional<HealthCheck>& check;  // of the API
};

std::string read_type(Object& endpoint) {
  std::string type = normalised(endpoint.text("type"));
  if (type.empty()) return "http";
  if (std::ranges::find(kTypes, type) == kTypes.end())
    endpoint.error("type", "endpoint type '" + type +
                               "' is not supported by this version; supported: " + listed(kTypes));
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

// A value that is no object is ignored, and a backup is never checked.
std::optional<HealthCheck> effective_check(Object& endpoint, bool backup, const Inherited& group) {
  Json own = endpoint.value("healthcheck");
  if (backup) return std::nullopt;
  return own.is_object() ? read_v2_endpoint_check(endpoint.open(own), group.check) : group.check;
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

  return unless_left_out(from, std::move(endpoint), kEndpointHints, [&](Endpoint& whole) {
    whole.target = read_target(from);
    whole.options = read_options(from, group);
  });
}

std::optional<EndpointOptions> read_shared_options(Object& group) {
  return group.reading().problems.unless_broken([&] { return read_v2_endpoint_options(group); });
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

}  // namespace

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
