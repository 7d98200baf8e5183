// Endpoint groups and endpoints: api-definition.md 1.3.
#include <algorithm>
#include <array>
#include <map>

#include "definition/path.hpp"
#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

// What the endpoints of a group may inherit from it.
struct Inherited {
  std::optional<EndpointOptions> options;  // nullopt: the shared configuration is broken
  std::optional<Service> service;
  std::optional<HealthCheck> check;  // of an enabled service
};

constexpr std::array<std::string_view, 1> kTypes{"http-proxy"};
// Of the reference's plugins; not in this version.
constexpr std::array<std::string_view, 7> kOtherTypes{
    "tcp-proxy", "mock", "kafka", "native-kafka", "mqtt5", "rabbitmq", "solace"};

// What is wrong with the type of a group or an endpoint. A missing one is a fault already.
std::string type_fault(std::string_view type) {
  if (type.empty() || std::ranges::find(kTypes, type) != kTypes.end()) return {};
  bool is_known = std::ranges::find(kOtherTypes, type) != kOtherTypes.end();
  std::string fault = is_known
                          ? "endpoint type " + quoted(type) + " is not supported by this version"
                          : "unknown endpoint type " + quoted(type) + did_you_mean(type, kTypes);
  return fault + "; supported: " + listed(kTypes);
}

constexpr std::string_view kOfOptions =
    "it stands in 'sharedConfigurationOverride', or in the group's 'sharedConfiguration'";
constexpr std::array<Hint, 4> kConfigurationHints{
    {{"http", kOfOptions}, {"ssl", kOfOptions}, {"proxy", kOfOptions}, {"headers", kOfOptions}}};
constexpr std::array<Hint, 7> kEndpointHints{
    {{"http", kOfOptions},
     {"ssl", kOfOptions},
     {"proxy", kOfOptions},
     {"headers", kOfOptions},
     {"target", "in v4 it stands in 'configuration'"},
     {"backup", "in v4 it is 'secondary'"},
     {"healthcheck", "in v4 it is 'healthCheck' in 'services'"}}};

std::string read_configured_target(Object& endpoint) {
  Configuration configuration = endpoint.configuration("configuration");
  if (configuration.value.absent()) {
    endpoint.error("configuration", "required: an object with the member 'target'");
    return {};
  }
  Object from(configuration.value, endpoint.reading(), configuration.inside);
  std::string target = read_target(from);
  from.finish(kConfigurationHints);
  return target;
}

// Of an endpoint or a group.
EndpointOptions read_options_of(Object& holder, std::string_view member) {
  Configuration told = holder.configuration(member);
  if (!told.value.absent())
    return read_endpoint_options(Object(told.value, holder.reading(), told.inside));
  EndpointOptions options;
  options.pointer = holder.pointer();
  return options;
}

EndpointOptions read_options(Object& endpoint, const Inherited& group) {
  if (!endpoint.boolean("inheritConfiguration", false))
    return read_options_of(endpoint, "sharedConfigurationOverride");
  endpoint.ignore({"sharedConfigurationOverride"});
  if (group.options) return *group.options;
  endpoint.error("inheritConfiguration", "the group's sharedConfiguration is invalid");
  return {};
}

// An endpoint cannot switch off its group's check: a disabled service of its own counts as none.
std::optional<HealthCheck> effective_check(Object& from, const Endpoint& endpoint,
                                           const Inherited& group) {
  Object services = from.object("services");
  std::optional<Service> own = read_service(services.object("healthCheck"), "type");
  services.finish();
  bool own_runs = own && own->enabled;
  bool group_runs = group.service && group.service->enabled;
  if (own_runs ? endpoint.secondary : !group_runs) return std::nullopt;
  if (own && own->override_configuration) {
    return read_health_check(own->configuration, *own, from.reading());
  }
  if (group_runs) return group.check;
  if (group.service) {
    return read_health_check(group.service->configuration, *own, from.reading());
  }
  from.warning("services",
               "not checked: the group has no health check to take the configuration "
               "from, and overrideConfiguration is false");
  return std::nullopt;
}

// Nothing when there is no plugin for it or its configuration is broken: the endpoint is then left
// out, the API still deploys.
std::optional<Endpoint> read_endpoint(Object from, const Inherited& group) {
  Endpoint endpoint;
  endpoint.pointer = from.pointer();
  endpoint.name = from.required_text("name");
  endpoint.type = normalised(from.required_text("type"));
  if (std::string fault = type_fault(endpoint.type); !fault.empty()) {
    from.warning("type", "endpoint " + quoted(endpoint.name) + " is left out: " + fault);
    return std::nullopt;
  }
  endpoint.weight = std::max(1, from.integer("weight", 1));
  endpoint.secondary = from.boolean("secondary", false);
  endpoint.tenants = from.texts("tenants");
  endpoint.health_check = effective_check(from, endpoint, group);

  return unless_left_out(from, std::move(endpoint), kEndpointHints, [&](Endpoint& whole) {
    whole.target = read_configured_target(from);
    whole.options = read_options(from, group);
  });
}

std::optional<EndpointOptions> read_shared_options(Object& group) {
  return group.reading().problems.unless_broken(
      [&] { return read_options_of(group, "sharedConfiguration"); });
}

Inherited read_inherited(Object& group) {
  Inherited inherited;
  inherited.options = read_shared_options(group);
  Object services = group.object("services");
  inherited.service = read_service(services.object("healthCheck"), "type");
  refuse_discovery(services, "type");
  services.finish();
  if (inherited.service && inherited.service->enabled) {
    inherited.check =
        read_health_check(inherited.service->configuration, *inherited.service, group.reading());
  }
  return inherited;
}

EndpointGroup read_group(Object from) {
  EndpointGroup group;
  group.pointer = from.pointer();
  group.name = from.required_text("name");
  group.type = normalised(from.required_text("type"));
  // compat: nothing is made of a group's type.
  if (std::string fault = type_fault(group.type); !fault.empty())
    from.warning("type", fault + "; each endpoint counts by its own type");
  read_load_balancer(from.object("loadBalancer"), group);
  Inherited inherited = read_inherited(from);
  for (const JsonNode& node : from.items("endpoints", from.reading().limits.endpoints_max)) {
    auto endpoint = read_endpoint(from.open(Json(node)), inherited);
    if (endpoint) group.endpoints.push_back(*std::move(endpoint));
  }
  from.finish();
  return group;
}

}  // namespace

std::string read_target(Object& from) {
  std::string target = from.required_text("target");
  std::string fault = target.empty() ? "" : target_fault(target);
  if (!fault.empty()) from.error("target", "'" + target + "' is not a URL: " + fault);
  return target;
}

std::optional<Endpoint> unless_left_out(Object& from, Endpoint endpoint,
                                        std::span<const Hint> hints,
                                        const std::function<void(Endpoint&)>& read) {
  Problems& problems = from.reading().problems;
  std::optional<Endpoint> whole = problems.unless_broken([&] {
    read(endpoint);
    from.finish(hints);
    return endpoint;
  });
  if (!whole)
    problems.warning(endpoint.pointer,
                     "endpoint '" + endpoint.name + "' is left out: its configuration is invalid");
  return whole;
}

void check_endpoint_names(const std::vector<EndpointGroup>& groups, Problems& problems) {
  std::map<std::string_view, std::string_view> pointers;
  auto note = [&](const auto& part) {
    auto [first, added] = pointers.emplace(part.name, part.pointer);
    if (added) return;
    problems.warning(part.pointer + "/name", "'" + part.name + "' is already the name of " +
                                                 std::string(first->second) +
                                                 "; dynamic routing to it is ambiguous");
  };
  for (const EndpointGroup& group : groups) {
    note(group);
    for (const Endpoint& endpoint : group.endpoints) note(endpoint);
  }
}

void read_load_balancer(Object balancer, EndpointGroup& group) {
  group.load_balancer = balancer.choice("type", kLoadBalancerNames, LoadBalancer::round_robin);
  balancer.finish();
}

std::vector<EndpointGroup> read_groups(Object& holder, std::string_view member,
                                       const std::function<EndpointGroup(Object)>& read_group) {
  const Limits& limits = holder.reading().limits;
  std::vector<EndpointGroup> groups;
  std::size_t endpoints = 0;
  for (const JsonNode& node : holder.items_at_least_one(member, limits.endpoint_groups_max)) {
    endpoints += Json(node)["endpoints"].size();
    if (endpoints > limits.endpoints_max) {
      holder.error(member, "more than " + std::to_string(limits.endpoints_max) +
                               " endpoints in all, which is the limit");
      return {};
    }
    groups.push_back(read_group(holder.open(Json(node))));
  }
  check_endpoint_names(groups, holder.reading().problems);
  return groups;
}

std::vector<EndpointGroup> read_endpoint_groups(Object& api) {
  return read_groups(api, "endpointGroups", read_group);
}

}  // namespace perigee::definition
