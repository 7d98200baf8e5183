#include "base/json.hpp"
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

std::string member(const std::string& name, const std::string& json) {
  return json_quoted(name) + ":" + json;
}

}  // namespace

std::string v4(ApiText text) {
  if (text.target.empty()) text.target = "$BACKEND";
  return proxy::testing::definition_of(text);
}

std::string v2(const V2Text& text) {
  return "{" + member("id", json_quoted(text.id)) + "," + member("name", json_quoted(text.id)) +
         R"(,"version":"1","gravitee":"2.0.0",)" +
         member("execution_mode", json_quoted(text.engine)) + R"(,"proxy":{"virtual_hosts":)" +
         R"([{"path":)" + json_quoted(text.path) +
         R"(}],"groups":[{"name":"g","endpoints":[{"name":"e","type":"http",)" +
         member("target", json_quoted(text.target)) + "}]}]" + text.proxy +
         R"(},"plans":[{"id":"plan","name":"plan","status":"PUBLISHED","security":"KEY_LESS",)" +
         member("flows", text.plan_flows) + "}]," + member("flows", text.flows) + text.top + "}";
}

std::string v2_flow(const std::vector<std::string>& pre, const std::vector<std::string>& post,
                    const std::string& path, const std::string& more) {
  return R"({"name":"flow","enabled":true,"path-operator":{"operator":"STARTS_WITH","path":)" +
         json_quoted(path) + "}," + member("pre", list(pre)) + "," + member("post", list(post)) +
         more + "}";
}

std::string event(const std::string& type, const std::string& payload) {
  return R"({"id":"e",)" + member("type", json_quoted(type)) + "," +
         member("payload", json_quoted(payload)) + "}";
}

std::string organization(const std::vector<std::string>& flows, const std::string& mode) {
  return event("PUBLISH_ORGANIZATION", R"({"id":"DEFAULT","name":"o",)" +
                                           member("flowMode", json_quoted(mode)) + "," +
                                           member("flows", list(flows)) + "}");
}

std::string note(const std::string& name, const std::string& condition) {
  return step("note", "{" + member("name", json_quoted(name)) + "}", condition);
}

std::string tell(const std::string& header, const std::string& expression) {
  return step("transform-headers", R"({"addHeaders":[{)" + member("name", json_quoted(header)) +
                                       "," + member("value", json_quoted(expression)) + "}]}");
}

std::string guarded(const std::string& id, const std::string& configuration,
                    const std::string& more) {
  return "{" + member("id", json_quoted(id)) +
         R"(,"name":"p","status":"published","mode":"standard","security":{"type":"guard",)" +
         member("configuration", configuration) + "}" + more + "}";
}

std::string open_plan(const std::string& id, const std::string& more) {
  return "{" + member("id", json_quoted(id)) +
         R"(,"name":"p","status":"published","mode":"standard","security":{"type":"key-less"})" +
         more + "}";
}

}  // namespace perigee::lifecycle
