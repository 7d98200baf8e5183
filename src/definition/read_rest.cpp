// Analytics, failover, flow execution, properties, resources and response templates:
// api-definition.md 1.5 to 1.11.
#include <set>

#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

Logging read_logging(Object from) {
  Logging logging;
  logging.pointer = from.pointer();
  Object mode = from.object("mode");
  logging.entrypoint = mode.boolean("entrypoint", false);
  logging.endpoint = mode.boolean("endpoint", false);
  mode.finish();
  Object phase = from.object("phase");
  logging.request = phase.boolean("request", false);
  logging.response = phase.boolean("response", false);
  phase.finish();
  Object content = from.object("content");
  logging.headers = content.boolean("headers", false);
  logging.payload = content.boolean("payload", false);
  content.ignore({"messageHeaders", "messagePayload", "messageMetadata"});
  content.finish();
  logging.condition = from.text("condition");
  from.ignore({"messageCondition"});
  from.finish();
  return logging;
}

}  // namespace

std::optional<Analytics> read_analytics(Object from) {
  if (!from.present()) return std::nullopt;
  Analytics analytics;
  analytics.pointer = from.pointer();
  analytics.enabled = from.boolean("enabled", true);
  analytics.logging = read_logging(from.object("logging"));
  Object tracing = from.object("tracing");
  analytics.tracing_enabled = tracing.boolean("enabled", false);
  analytics.tracing_verbose = tracing.boolean("verbose", false);
  tracing.ignore({"redaction"});
  tracing.finish();
  from.ignore({"messageSampling", "sampling", "otelLogs"});
  from.finish();
  return analytics;
}

std::optional<Failover> read_failover(Object from) {
  if (!from.present()) return std::nullopt;
  Failover failover;
  failover.pointer = from.pointer();
  failover.enabled = from.boolean("enabled", false);
  failover.retries_max = from.integer("maxRetries", failover.retries_max, {.low = 0});
  failover.slow_call_duration = from.duration("slowCallDuration", failover.slow_call_duration);
  failover.open_state_duration = from.duration("openStateDuration", failover.open_state_duration);
  failover.failures_max = from.integer("maxFailures", failover.failures_max, {.low = 1});
  failover.per_subscription = from.boolean("perSubscription", true);
  failover.failure_condition = from.text("failureCondition");
  failover.force_next_endpoint_on_failure = from.boolean("forceNextEndpointOnFailure", false);
  from.finish();
  return failover;
}

FlowExecution read_flow_execution(Object from) {
  FlowExecution execution;
  execution.pointer = from.pointer();
  execution.mode = from.choice("mode", kFlowModeNames, FlowMode::default_);
  execution.match_required = from.boolean("matchRequired", false);
  from.finish();
  return execution;
}

// compat: a duplicate key is an error of the expression that reads properties, not of the API.
std::vector<Property> read_properties(Object& api) {
  std::vector<Property> properties;
  std::set<std::string> keys;
  for (const JsonNode& node : api.items("properties", api.reading().limits.properties_max)) {
    Object from = api.open(Json(node));
    Property property;
    property.pointer = from.pointer();
    property.key = from.required_text("key");
    property.value = from.text("value");
    property.encrypted = from.boolean("encrypted", false);
    property.dynamic = from.boolean("dynamic", false);
    from.ignore({"encryptable"});
    from.finish();
    if (!keys.insert(property.key).second) {
      from.warning("key", "'" + property.key +
                              "' stands twice: every expression that reads a property will fail; "
                              "remove one of them");
    }
    properties.push_back(std::move(property));
  }
  return properties;
}

std::vector<Resource> read_resources(Object& api) {
  std::vector<Resource> resources;
  std::set<std::string> names;
  for (const JsonNode& node : api.items("resources", api.reading().limits.resources_max)) {
    Object from = api.open(Json(node));
    Resource resource;
    resource.pointer = from.pointer();
    resource.name = from.required_text("name");
    resource.type = from.required_text("type");
    resource.enabled = from.boolean("enabled", true);
    resource.configuration = from.configuration("configuration");
    from.finish();
    if (resource.enabled && !names.insert(resource.name).second) {
      from.warning("name", "'" + resource.name + "' is already the name of another resource");
    }
    resources.push_back(std::move(resource));
  }
  return resources;
}

namespace {

ResponseTemplate read_template(Object from, std::string_view error_key,
                               std::string_view media_type) {
  constexpr Range kStatus{.low = 100, .high = 999};
  ResponseTemplate result;
  result.pointer = from.pointer();
  result.error_key = error_key;
  result.media_type = media_type;
  result.status = from.integer("statusCode", 0, kStatus);
  result.status = from.integer("status", result.status, kStatus);
  bool told = from.json()["status"].present() || from.json()["statusCode"].present();
  if (!told) from.error("status", "required: the HTTP status, from 100 to 999");
  result.headers = read_header_members(from.object("headers"));
  result.body = from.optional_text("body");
  result.propagate_error_key_to_logs = from.boolean("propagateErrorKeyToLogs", false);
  from.finish();
  return result;
}

}  // namespace

std::vector<ResponseTemplate> read_response_templates(Object from) {
  std::vector<ResponseTemplate> all;
  std::size_t left = from.reading().limits.response_templates_max;
  for (const JsonMember& error_key : from.json().members()) {
    Object media_types = from.open(Json(error_key.value));
    for (const JsonMember& media_type : media_types.json().members()) {
      if (left-- == 0) {
        from.error("",
                   "more than " + std::to_string(all.size()) + " templates, which is the limit");
        return all;
      }
      if (Json inside(media_type.value); !inside.is_object()) {
        media_types.wrong_type(inside,
                               "an object: below an error key stand media types, such as "
                               "'*/*', and below these status, headers and body");
        continue;
      }
      Object inner = media_types.open(Json(media_type.value));
      all.push_back(read_template(std::move(inner), error_key.name, media_type.name));
    }
  }
  return all;
}

void ignore_management_members(Object& root) {
  root.ignore({"definitionVersion",
               "gravitee",
               "allowedInApiProducts",
               "allowMultiJwtOauth2Subscriptions",
               "description",
               "crossId",
               "hrid",
               "deployedAt",
               "createdAt",
               "updatedAt",
               "publishedAt",
               "lastDeployedAt",
               "disableMembershipNotifications",
               "groups",
               "state",
               "deploymentState",
               "visibility",
               "labels",
               "lifecycleState",
               "primaryOwner",
               "categories",
               "originContext",
               "definitionContext",
               "workflowState",
               "background",
               "picture",
               "_links",
               "environmentId",
               "metadata",
               "members",
               "pages"});
}

}  // namespace perigee::definition
