// The top level of a v4 definition: api-definition.md 1.1.
#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

// Absent is a proxy; a type of which we know only the name is refused.
ApiType read_type(Object& root) {
  std::optional<std::string> text = root.optional_text("type");
  if (!text) return ApiType::proxy;
  std::size_t index = index_of(*text, kApiTypeNames);
  if (index == kNoName) {
    root.error("type", "unknown API type '" + *text + "'" +
                           did_you_mean(normalised(*text), kApiTypeNames) + "; supported: 'proxy'");
    return ApiType::proxy;
  }
  auto type = static_cast<ApiType>(index);
  if (type != ApiType::proxy) {
    root.error("type", "API type '" + std::string(kApiTypeNames[index]) +
                           "' is not supported by this version; supported: 'proxy'");
  }
  return type;
}

// compat: the reference deploys an API without version, {#api.version} is then empty.
std::string read_version(Object& root) {
  std::optional<std::string> version = root.optional_text("apiVersion");
  if (!version) root.warning("apiVersion", "missing; {#api.version} is empty");
  return std::move(version).value_or(std::string());
}

}  // namespace

void read_v4(Object& root, Json plans_holder, Api& api) {
  api.definition_version = DefinitionVersion::v4;
  api.pointer = root.pointer();
  api.id = root.required_text("id");
  api.name = root.required_text("name");
  api.type = read_type(root);
  ignore_management_members(root);
  // The parts of another type of API have another shape: their faults would only be noise.
  if (api.type != ApiType::proxy) return;
  api.version = read_version(root);
  api.tags = root.texts("tags");
  api.listeners = read_listeners(root);
  api.endpoint_groups = read_endpoint_groups(root);
  api.analytics = read_analytics(root.object("analytics"));
  api.failover = read_failover(root.object("failover"));
  api.plans = read_plans(root, plans_holder);
  api.flow_execution = read_flow_execution(root.object("flowExecution"));
  api.flows = read_flows(root);
  api.properties = read_properties(root);
  api.resources = read_resources(root);
  api.response_templates = read_response_templates(root.object("responseTemplates"));
  Object services = root.object("services");
  api.dynamic_property = read_service(services.object("dynamicProperty"), "type");
  services.finish();
  root.finish();
}

}  // namespace perigee::definition
