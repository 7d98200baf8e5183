#include "tests/definition/support/definitions.hpp"

#include <algorithm>

#include "base/problem.hpp"

namespace perigee::definition {
namespace {

std::vector<Problem> of(Severity severity, const std::vector<Problem>& problems) {
  std::vector<Problem> some;
  for (const Problem& each : problems) {
    bool slot = each.message == "the member stands twice; the last one counts";
    if (each.severity == severity && !slot) some.push_back(each);
  }
  return some;
}

}  // namespace

std::string json_object(std::string_view members, std::string_view added) {
  std::string text = "{";
  text.append(members);
  if (!added.empty()) text.append(members.empty() ? "" : ", ").append(added);
  return text + "}";
}

std::string definition(const Slots& slots) {
  std::string listener = json_object(
      R"("type": "http", "paths": [)" + json_object(R"("path": "/orders")", slots.path) +
          R"(], "entrypoints": [)" + json_object(R"("type": "http-proxy")", slots.entrypoint) + "]",
      slots.listener);
  std::string endpoint = json_object(
      R"("name": "one", "type": "http-proxy", "configuration": )" +
          json_object(R"("target": "http://10.0.0.5:8080/base")", slots.target) +
          (slots.own.empty() ? ""
                             : R"(, "sharedConfigurationOverride": )" + json_object("", slots.own)),
      slots.endpoint);
  std::string group = json_object(
      R"("name": "main", "type": "http-proxy", "endpoints": [)" + endpoint + "]" +
          (slots.shared.empty() ? ""
                                : R"(, "sharedConfiguration": )" + json_object("", slots.shared)),
      slots.group);
  std::string plan =
      json_object(R"("id": "p1", "name": "open", "status": "published", "security": )" +
                      json_object(R"("type": "key-less")", slots.security),
                  slots.plan);
  std::string flow = json_object(
      R"("name": "all", "selectors": [)" + json_object(R"("type": "http")", slots.selector) +
          R"(], "request": [)" + json_object(R"("policy": "transform-headers")", slots.step) + "]",
      slots.flow);
  return json_object(
      R"("id": "a1", "name": "orders", "apiVersion": "1", "definitionVersion": "4.0.0",
                   "listeners": [)" +
          listener + R"(], "endpointGroups": [)" + group + R"(], "plans": [)" + plan +
          R"(], "flows": [)" + flow + "]",
      slots.top);
}

std::vector<Problem> errors(const std::vector<Problem>& problems) {
  return of(Severity::error, problems);
}

std::vector<Problem> warnings(const std::vector<Problem>& problems) {
  return of(Severity::warning, problems);
}

std::string printed(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& each : problems) text += to_string(each) + "\n";
  return text;
}

Api api_of(const Slots& slots) {
  Parsed parsed = read_api(definition(slots));
  EXPECT_TRUE(parsed.api) << printed(parsed.problems);
  return std::move(parsed.api).value_or(Api());
}

}  // namespace perigee::definition
