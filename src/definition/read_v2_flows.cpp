// Flows of v2 definitions and of organizations: api-definition.md 2.4.
#include <array>

#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

constexpr std::array<Hint, 3> kHints{
    {{"selectors", "in v2 'path-operator', 'methods' and 'condition' stand in the flow itself"},
     {"request", "in v2 the steps of 'pre'"},
     {"response", "in v2 the steps of 'post'"}}};

// compat: a consumer that is no tag fits no API, but still keeps the list from being empty.
std::optional<std::vector<std::string>> read_consumers(Object& flow) {
  auto consumers = flow.items("consumers", flow.reading().limits.list_items_max);
  if (consumers.empty()) return std::nullopt;
  std::vector<std::string> tags;
  for (const JsonNode& node : consumers) {
    Object from = flow.open(Json(node));
    std::string type = from.text("consumerType", "TAG");
    std::string id = from.required_text("consumerId");
    from.finish();
    if (normalised(type) == "tag") {
      tags.push_back(std::move(id));
    } else {
      from.warning("consumerType", "unknown type " + quoted(type) + " fits no API; valid: 'TAG'");
    }
  }
  return tags;
}

HttpSelector read_selector(Object& flow) {
  HttpSelector selector;
  selector.pointer = flow.pointer("path-operator");
  Object from = flow.object("path-operator");
  read_selector_path(from, "operator", selector);
  from.finish();
  selector.methods = read_methods(flow);
  return selector;
}

Flow read_flow(Object from) {
  Flow flow = read_common_flow(from);
  flow.http = read_selector(from);
  flow.condition = from.text("condition");
  flow.condition_pointer = from.pointer("condition");
  if (is_blank(flow.condition)) flow.condition.clear();
  flow.request = read_steps(from, "pre");
  flow.response = read_steps(from, "post");
  flow.consumer_tags = read_consumers(from);
  from.ignore({"stage"});
  from.finish(kHints);
  return flow;
}

}  // namespace

std::vector<Flow> read_v2_flows(Object& from) { return read_flow_list(from, read_flow); }

}  // namespace perigee::definition
