#include "el/xml_functions.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "el/convert.hpp"
#include "el/text.hpp"

namespace perigee::el {
namespace {

constexpr std::size_t kXPathStepsPerStep = 4;  // they are much shorter than ours
constexpr std::size_t kNodesPerStep = 8;       // of a document that is parsed

constexpr std::pair<std::string_view, XPathType> kTypes[] = {
    {"string", XPathType::string},       {"boolean", XPathType::boolean},
    {"number", XPathType::number},       {"node", XPathType::node},
    {"node_list", XPathType::node_list}, {"document_list", XPathType::node_list},
};

bool spend_on_parsing(const xml::Document& document, Run& run) {
  return run.build(document.node_count() * sizeof(xml::Node)) &&
         run.step(document.node_count() / kNodesPerStep);
}

// Values by key in their order; several under one key become a list. Sorted, not hashed: strangers
// choose the keys.
class Members {
 public:
  void add(std::string_view key, Value value) {
    auto [at, is_new] = places_.try_emplace(key, values_.size());
    if (is_new) values_.emplace_back(key, std::vector<Value>());
    values_[at->second].second.push_back(value);
  }
  Value map(Arena& arena) const {
    auto entries = arena.array<MapEntry>(values_.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto& [key, values] = values_[i];
      entries[i] = {Value::text(key), values.size() == 1 ? values[0] : list(values, arena)};
    }
    return Value::map(entries);
  }

 private:
  static Value list(const std::vector<Value>& values, Arena& arena) {
    auto items = take_values(arena, values.size());
    std::ranges::copy(values, items.begin());
    return Value::list(items);
  }

  std::vector<std::pair<std::string_view, std::vector<Value>>> values_;
  std::map<std::string_view, std::size_t> places_;
};

bool has_elements(const xml::Node& element) {
  for (const xml::Node* at = element.first_child; at; at = at->next)
    if (at->kind == xml::NodeKind::element) return true;
  return false;
}

// The text from `at` up to the next element, without comments; moves to that element.
std::string_view text_run(const xml::Node*& at, Arena& arena) {
  std::string_view first;
  std::string joined;
  for (; at && at->kind != xml::NodeKind::element; at = at->next) {
    if (at->kind != xml::NodeKind::text) continue;
    if (first.empty()) {
      first = at->value;
      continue;
    }
    if (joined.empty()) joined = first;
    joined += at->value;
  }
  return joined.empty() ? first : arena.copy(joined);
}

// A document is not nested deeper than xml::kDepthMax, nor is this.
Value value_of(const xml::Node& element, Arena& arena) {
  const xml::Node* at = element.first_child;
  if (!element.first_attribute && !has_elements(element)) return Value::text(text_run(at, arena));
  Members members;
  for (const xml::Node* attribute = element.first_attribute; attribute; attribute = attribute->next)
    members.add(attribute->name, Value::text(attribute->value));
  while (at) {
    std::string_view text = text_run(at, arena);
    if (!is_blank(text)) members.add("", Value::text(text));
    if (!at) break;
    members.add(at->name, value_of(*at, arena));
    at = at->next;
  }
  return members.map(arena);
}

Value list_of(const std::vector<const xml::Node*>& nodes, xml::Budget& budget, Run& run) {
  auto items = take_values(run.arena, nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    auto text = xml::text_of(*nodes[i], run.arena, budget);
    if (!text) return run.fail("#xpath: " + text.error().message);
    items[i] = Value::text(*text);
  }
  return Value::list(items);
}

Value converted(const xml::XPathValue& found, XPathType type, xml::Budget& budget, Run& run) {
  using Kind = xml::XPathValue::Kind;
  if (type == XPathType::boolean) return Value::boolean(xml::to_boolean(found));
  if (type == XPathType::number) {
    auto number = xml::to_number(found, run.arena, budget);
    return number ? Value::real(*number) : run.fail("#xpath: " + number.error().message);
  }
  if (type != XPathType::string && found.kind != Kind::nodes)
    return run.fail("#xpath: the path gives no nodes");
  if (type == XPathType::node_list) return list_of(found.nodes, budget, run);
  if (type == XPathType::node && found.nodes.empty()) return Value::null();
  auto text = xml::to_text(found, run.arena, budget);
  return text ? Value::text(*text) : run.fail("#xpath: " + text.error().message);
}

}  // namespace

std::optional<XPathType> find_xpath_type(std::string_view name) {
  for (auto [known, type] : kTypes)
    if (known == name) return type;
  return std::nullopt;
}

Value evaluate_xpath(const xml::XPath& path, Value document, XPathType type, Run& run) {
  Text text = to_text(document, run);
  if (!text.ok) return Value::failed();
  if (text.is_null) return run.fail("#xpath needs XML, not null");
  if (!run.build(text.text.size())) return Value::failed();
  auto parsed =
      xml::Document::parse(text.text, run.arena, xml::Names::qualified, run.variables.xml_limits());
  if (!parsed) return run.fail("#xpath: the text is no XML: line " + parsed.error().message);
  if (!spend_on_parsing(*parsed, run)) return Value::failed();
  std::size_t steps_max = (kStepsMax - run.steps) * kXPathStepsPerStep;
  std::size_t bytes_max = kBuiltBytesMax - run.built_bytes;
  xml::Budget budget{steps_max, bytes_max};
  auto found = path.evaluate(*parsed, run.arena, budget);
  if (!found) return run.fail("#xpath: " + found.error().message);
  Value value = converted(*found, type, budget, run);
  if (value.is_failed()) return value;
  bool is_paid = run.step((steps_max - budget.steps) / kXPathStepsPerStep) &&
                 run.build(bytes_max - budget.bytes);
  return is_paid ? value : Value::failed();
}

Value xml_content(std::string_view body, Run& run) {
  if (!run.build(body.size())) return Value::failed();
  auto parsed =
      xml::Document::parse(body, run.arena, xml::Names::local, run.variables.xml_limits());
  if (!parsed) return Value::map({});  // compat: as jsonContent
  if (!spend_on_parsing(*parsed, run)) return Value::failed();
  const xml::Node& element = parsed->element();
  auto entries = run.arena.array<MapEntry>(1);
  entries[0] = {Value::text(element.name), value_of(element, run.arena)};
  return Value::map(entries);
}

}  // namespace perigee::el
