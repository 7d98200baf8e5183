#include "tests/compat/definition.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "policy/attributes.hpp"

namespace perigee::compat {
namespace {

using Members = std::vector<std::pair<std::string_view, std::string>>;

std::string object(const Members& members) {
  std::string text = "{";
  for (const auto& [name, json] : members)
    text += (text.size() > 1 ? "," : "") + json_quoted(name) + ":" + json;
  return text + "}";
}

std::string list(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) text += (text.size() > 1 ? "," : "") + item;
  return text + "]";
}

std::string dump_or(Json json, std::string fallback) {
  return json.present() ? json.dump() : fallback;
}

std::string attribute(const Vector& vector, std::string_view short_name,
                      std::string_view fallback) {
  for (const JsonMember& member : vector.context.attributes.members()) {
    Json value(member.value);
    if (policy::short_attribute_name(member.name) == short_name && value.is_text())
      return json_quoted(value.text());
  }
  return json_quoted(fallback);
}

std::string step(std::string_view policy, Json configuration = {}) {
  return object({{"name", json_quoted(policy)},
                 {"policy", json_quoted(policy)},
                 {"enabled", "true"},
                 {"configuration", dump_or(configuration, "{}")}});
}

// Its configuration is a v2 endpoint, not that of a step.
bool is_connector(const Vector& vector) { return vector.policy == "connector-http"; }
bool has_endpoint(const Vector& vector) {
  return is_connector(vector) && vector.configuration.present();
}

// The tested step between those of the runner. A chain's attributes are set by a plan.
struct Steps {
  std::vector<std::string> request, response;
};
Steps steps_of(const Vector& vector) {
  Steps steps;
  if (vector.level != Level::chain) steps.request.push_back(step("test-attributes"));
  auto& tested = vector.phase == policy::Phase::request ? steps.request : steps.response;
  if (vector.level == Level::policy && !is_connector(vector))
    tested.push_back(step(vector.policy, vector.configuration));
  tested.push_back(step("test-reached"));
  return steps;
}

std::string key_less_plan(const Vector& vector, std::string_view security) {
  return object({{"id", attribute(vector, "plan", "plan")},
                 {"name", json_quoted("plan")},
                 {"status", json_quoted("published")},
                 {"security", std::string(security)}});
}

std::string secured_plan(std::string id, std::string name, std::string security) {
  return object({{"id", std::move(id)},
                 {"name", std::move(name)},
                 {"status", json_quoted("published")},
                 {"mode", json_quoted("standard")},
                 {"security", std::move(security)}});
}

std::string plans_of(const Vector& vector) {
  if (vector.level == Level::policy) return list({key_less_plan(vector, R"({"type":"key-less"})")});
  std::vector<std::string> plans = {
      secured_plan(R"("test")", R"("test")", R"({"type":"test-attributes"})")};
  for (const JsonNode& node : vector.context.plans.items()) {
    Json plan(node);
    std::string id = dump_or(plan["id"], R"("plan")");
    plans.push_back(secured_plan(id, dump_or(plan["name"], id), dump_or(plan["security"], "{}")));
  }
  return list(plans);
}

std::string properties_of(const Vector& vector) {
  std::vector<std::string> properties;
  for (const JsonMember& member : vector.context.properties.members())
    properties.push_back(
        object({{"key", json_quoted(member.name)}, {"value", Json(member.value).dump()}}));
  return list(properties);
}

std::string resources_of(const Vector& vector) {
  std::vector<std::string> resources;
  for (const JsonNode& node : vector.context.resources.items()) {
    Json resource(node);
    resources.push_back(object({{"name", resource["name"].dump()},
                                {"type", resource["type"].dump()},
                                {"enabled", "true"},
                                {"configuration", dump_or(resource["configuration"], "{}")}}));
  }
  return list(resources);
}

std::string endpoint_to(const std::string& target) {
  return object({{"name", json_quoted("default")},
                 {"type", json_quoted("http-proxy")},
                 {"inheritConfiguration", "false"},
                 {"configuration", object({{"target", json_quoted(target)}})}});
}

std::string v4_definition(const Vector& vector, const std::string& endpoint) {
  Steps steps = steps_of(vector);
  std::string flow = object({{"name", json_quoted("flow")},
                             {"enabled", "true"},
                             {"request", list(steps.request)},
                             {"response", list(steps.response)}});
  return object(
      {{"id", attribute(vector, "api", "api")},
       {"name", json_quoted("api")},
       {"apiVersion", json_quoted("1")},
       {"definitionVersion", json_quoted("4.0.0")},
       {"type", json_quoted("proxy")},
       {"listeners",
        R"([{"type":"http","paths":[{"path":"/api"}],"entrypoints":[{"type":"http-proxy"}]}])"},
       {"endpointGroups", list({object({{"name", json_quoted("group")},
                                        {"type", json_quoted("http-proxy")},
                                        {"endpoints", list({endpoint})}})})},
       {"plans", plans_of(vector)},
       {"flows", list({flow})},
       {"properties", properties_of(vector)},
       {"resources", resources_of(vector)}});
}

std::string v2_definition(const Vector& vector, const std::string& target) {
  Steps steps = steps_of(vector);
  std::string endpoint = object({{"name", json_quoted("default")},
                                 {"type", json_quoted("http")},
                                 {"target", json_quoted(target)}});
  if (has_endpoint(vector)) endpoint = vector.configuration.dump();
  std::string group = object({{"name", json_quoted("group")}, {"endpoints", list({endpoint})}});
  Members members = {
      {"id", attribute(vector, "api", "api")},
      {"name", json_quoted("api")},
      {"version", json_quoted("1")},
      {"gravitee", json_quoted("2.0.0")},
      {"proxy", object({{"virtual_hosts", R"([{"path":"/api"}])"}, {"groups", list({group})}})},
      {"plans", list({key_less_plan(vector, R"("key_less")")})},
      {"flows", list({object({{"name", json_quoted("flow")},
                              {"enabled", "true"},
                              {"path-operator", R"({"path":"/","operator":"STARTS_WITH"})"},
                              {"pre", list(steps.request)},
                              {"post", list(steps.response)}})})},
      {"properties", properties_of(vector)},
      {"resources", resources_of(vector)}};
  // Without it an API runs on the v3 engine.
  if (vector.engine != Engine::legacy)
    members.emplace_back("execution_mode", json_quoted("v4-emulation-engine"));
  return object(members);
}

}  // namespace

std::string definition_of(const Vector& vector, std::uint16_t stub_port) {
  std::string target = "http://127.0.0.1:" + std::to_string(stub_port) + "/api";
  if (vector.engine == Engine::legacy || has_endpoint(vector)) return v2_definition(vector, target);
  return v4_definition(vector, endpoint_to(target));
}

}  // namespace perigee::compat
