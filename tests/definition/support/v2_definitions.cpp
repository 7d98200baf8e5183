#include "tests/definition/support/v2_definitions.hpp"

namespace perigee::definition {

std::string v2_definition(const V2Slots& slots) {
  std::string endpoint =
      json_object(R"("name": "one", "target": "http://10.0.0.5:8080/base")", slots.endpoint);
  std::string group =
      json_object(R"("name": "main", "endpoints": [)" + endpoint + "]", slots.group);
  std::string proxy =
      json_object(R"("context_path": "/orders", "groups": [)" + group + "]", slots.proxy);
  std::string plan = json_object(
      R"("id": "p1", "name": "open", "status": "PUBLISHED", "security": "KEY_LESS")", slots.plan);
  std::string step = json_object(R"("policy": "transform-headers")", slots.step);
  std::string flow = json_object(R"("name": "all", "pre": [)" + step + "]", slots.flow);
  return json_object(R"("id": "a2", "name": "orders", "gravitee": "2.0.0", "proxy": )" + proxy +
                         R"(, "plans": [)" + plan + R"(], "flows": [)" + flow + "]",
                     slots.top);
}

Api v2_api_of(const V2Slots& slots) {
  Parsed parsed = read_api(v2_definition(slots));
  EXPECT_TRUE(parsed.api) << printed(parsed.problems);
  return std::move(parsed.api).value_or(Api());
}

}  // namespace perigee::definition
