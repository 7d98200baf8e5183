// Flows, selectors and steps: api-definition.md 1.7.
#include <array>

#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

constexpr std::array<std::string_view, 4> kSelectorTypes{"http", "condition", "channel", "mcp"};

constexpr std::array<Hint, 5> kHints{
    {{"path-operator", "in v4 it stands in a selector of type 'http'"},
     {"methods", "in v4 they stand in a selector of type 'http'"},
     {"condition", "in v4 it stands in a selector of type 'condition'"},
     {"pre", "in v4 the steps of 'request'"},
     {"post", "in v4 the steps of 'response'"}}};

HttpSelector read_http_selector(Object& from) {
  HttpSelector selector;
  selector.pointer = from.pointer();
  read_selector_path(from, "pathOperator", selector);
  selector.methods = read_methods(from);
  from.finish();
  return selector;
}

void read_condition_selector(Object& from, Flow& flow) {
  flow.condition_pointer = from.pointer("condition");
  flow.condition = from.text("condition");
  if (is_blank(flow.condition)) {
    flow.condition.clear();
    from.warning("condition", "a condition selector without a condition matches every request");
  }
  from.finish();
}

// compat: of each type the first one counts.
void warn_of_second(Object& from, const std::string& type) {
  from.warning("type", "a flow has one selector of a type, the first: this second '" + type +
                           "' is ignored; use a flow for each");
}

void read_selector(Object from, Flow& flow) {
  std::string type = normalised(from.required_text("type"));
  if (type == "http") {
    if (flow.http) return warn_of_second(from, type);
    flow.http = read_http_selector(from);
  } else if (type == "condition") {
    if (!flow.condition_pointer.empty()) return warn_of_second(from, type);
    read_condition_selector(from, flow);
  } else if (type == "channel" || type == "mcp") {
    from.error("type", "selector '" + type +
                           "' is not supported by this version; supported: 'http', 'condition'");
  } else if (!type.empty()) {
    from.warning("type", "unknown selector type '" + type + "', the selector is ignored" +
                             did_you_mean(type, kSelectorTypes));
  }
}

Step read_step(Object from) {
  Step step;
  step.pointer = from.pointer();
  step.name = from.text("name");
  step.description = from.text("description");
  step.enabled = from.boolean("enabled", true);
  step.policy = from.required_text("policy");
  step.configuration = from.configuration("configuration");
  step.condition = from.text("condition");
  if (is_blank(step.condition)) step.condition.clear();
  from.ignore({"messageCondition"});
  from.finish();
  return step;
}

void note_message_phases(Object& flow) {
  for (std::string_view phase : {"publish", "subscribe", "connect", "interact"}) {
    if (flow.value(phase).size() == 0) continue;
    flow.warning(phase, "the steps of this phase never run in a proxy API");
  }
}

Flow read_flow(Object from) {
  Flow flow = read_common_flow(from);
  for (const JsonNode& node : from.items("selectors", from.reading().limits.list_items_max)) {
    read_selector(from.open(Json(node)), flow);
  }
  flow.request = read_steps(from, "request");
  flow.response = read_steps(from, "response");
  note_message_phases(from);
  flow.tags = from.texts("tags");
  from.finish(kHints);
  return flow;
}

// One more list of flows or steps: nothing when there are too many of them in all.
std::span<const JsonNode> counted(Object& from, std::string_view member, std::size_t limit,
                                  std::size_t& count, std::size_t limit_of_all) {
  std::span<const JsonNode> nodes = from.items(member, limit);
  count += nodes.size();
  if (count <= limit_of_all) return nodes;
  from.error(member, "with these the API and its plans have " + std::to_string(count) +
                         " in all, the limit is " + std::to_string(limit_of_all));
  return {};
}

}  // namespace

// compat: a name that is no method matches no request, but still keeps the list from being empty.
std::optional<MethodSet> read_methods(Object& selector) {
  std::vector<std::string> names = selector.texts("methods");
  if (names.empty()) return std::nullopt;
  MethodSet methods;
  for (const std::string& name : names) {
    std::size_t index = index_of(name, kMethodNames);
    if (index != kNoName) {
      methods.set(index);
    } else {
      selector.warning("methods", "unknown method '" + name + "' matches nothing" +
                                      did_you_mean(name, kMethodNames));
    }
  }
  return methods;
}

void read_selector_path(Object& from, std::string_view operator_member, HttpSelector& selector) {
  selector.path = from.text("path");
  if (selector.path.empty()) selector.path = "/";
  selector.path_operator =
      from.choice(operator_member, kPathOperatorNames, PathOperator::starts_with);
}

Flow read_common_flow(Object& from) {
  Flow flow;
  flow.pointer = from.pointer();
  flow.id = from.text("id");
  flow.name = from.text("name");
  flow.enabled = from.boolean("enabled", true);
  return flow;
}

std::vector<Step> read_steps(Object& flow, std::string_view phase) {
  std::vector<Step> steps;
  Reading& reading = flow.reading();
  const Limits& limits = reading.limits;
  std::span<const JsonNode> nodes =
      counted(flow, phase, limits.steps_max, reading.steps, limits.steps_of_all_max);
  steps.reserve(nodes.size());
  for (const JsonNode& node : nodes) steps.push_back(read_step(flow.open(Json(node))));
  return steps;
}

std::vector<Flow> read_flow_list(Object& from, FlowReader read) {
  std::vector<Flow> flows;
  Reading& reading = from.reading();
  const Limits& limits = reading.limits;
  std::span<const JsonNode> nodes =
      counted(from, "flows", limits.flows_max, reading.flows, limits.flows_of_all_max);
  flows.reserve(nodes.size());
  for (const JsonNode& node : nodes) flows.push_back(read(from.open(Json(node))));
  return flows;
}

std::vector<Flow> read_flows(Object& from) { return read_flow_list(from, read_flow); }

}  // namespace perigee::definition
