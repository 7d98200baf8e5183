// The top level of a v2 definition: api-definition.md 2.1.
#include <algorithm>
#include <array>

#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

Engine read_engine(Object& root) {
  static constexpr std::array<std::string_view, 3> kModes{"v3", "v4-emulation-engine", "jupiter"};
  std::size_t mode = root.choice<std::size_t>("execution_mode", kModes, 0);
  return mode == 0 ? Engine::v3 : Engine::v4_emulation;
}

// Policies of a v1 definition: without them the API would be open to everybody. A list of paths
// without any policy is lost without a loss.
void refuse_paths(Object& root) {
  Json paths = root.value("paths");
  if (!paths.present()) return;
  bool has_policies = std::ranges::any_of(
      paths.members(), [](const JsonMember& path) { return Json(path.value).size() > 0; });
  if (!has_policies) return;
  root.error("paths",
             "the policies of v1 definitions are not supported since 4.0: write them as 'flows', "
             "or migrate the API");
}

FlowExecution read_flow_mode(Object& root) {
  FlowExecution execution;
  execution.mode = root.choice("flow_mode", kFlowModeNames, FlowMode::default_);
  execution.pointer = root.pointer();
  return execution;
}

// compat: properties may also be an object.
std::vector<Property> read_v2_properties(Object& root) {
  Json json = root.value("properties");
  if (!json.is_object()) return read_properties(root);
  Object from = root.open(json);
  std::vector<Property> properties;
  std::size_t limit = root.reading().limits.properties_max;
  if (json.size() > limit) {
    root.error("properties",
               std::to_string(json.size()) + " properties, the limit is " + std::to_string(limit));
    return properties;
  }
  for (const JsonMember& member : json.members()) {
    properties.push_back({.key = std::string(member.name),
                          .value = from.text_at(Json(member.value)),
                          .pointer = from.pointer(member.name)});
  }
  return properties;
}

std::optional<HealthCheck> read_services(Object services, Api& api) {
  Object dynamic = services.object("dynamic-property");
  dynamic.ignore({"schedule", "trigger", "interval", "unit"});
  api.dynamic_property = read_service(dynamic, "provider");
  refuse_discovery(services, "provider");
  std::optional<HealthCheck> check = read_v2_health_check(services.object("health-check"));
  services.finish();
  return check;
}

// Names that the management API writes with '_' beside v2 definitions.
void ignore_v2_management_members(Object& root) {
  root.ignore({"background_url", "context_path", "created_at", "definition_context", "deployed_at",
               "disable_membership_notifications", "lifecycle_state", "picture_url",
               "primary_owner", "updated_at", "workflow_state"});
}

}  // namespace

void read_v2(Object& root, Json plans_holder, Api& api) {
  api.definition_version = DefinitionVersion::v2;
  api.pointer = root.pointer();
  api.id = root.required_text("id");
  api.name = root.required_text("name");
  api.version = root.text("version", "undefined");
  api.engine = read_engine(root);
  ignore_management_members(root);
  ignore_v2_management_members(root);
  refuse_paths(root);
  api.tags = root.texts("tags");
  std::optional<HealthCheck> check = read_services(root.object("services"), api);
  if (!root.value("proxy").present()) root.error("proxy", "required, but it is missing");
  Object proxy = root.object("proxy");
  if (proxy.present()) read_v2_proxy(proxy, check, api);
  if (!api.listeners.empty()) {
    api.listeners.front().path_mappings = root.texts("path_mappings");
    api.listeners.front().path_mappings_pointer = root.pointer("path_mappings");
  }
  root.ignore({"path_mappings"});
  api.plans = read_v2_plans(root, plans_holder);
  api.flow_execution = read_flow_mode(root);
  api.flows = read_v2_flows(root);
  api.properties = read_v2_properties(root);
  api.resources = read_resources(root);
  api.response_templates = read_response_templates(root.object("response_templates"));
  root.finish();
}

}  // namespace perigee::definition
