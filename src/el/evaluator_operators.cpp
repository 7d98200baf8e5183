// Literals, selections and operators.
#include <algorithm>

#include "el/convert.hpp"
#include "el/evaluator.hpp"
#include "el/operators.hpp"
#include "el/pattern.hpp"

namespace perigee::el {

// Constant items are no steps of their own.
Value Evaluator::list(const Node& node) {
  auto children = program_.children_of(node);
  if (!run_.step(children.size())) return Value::failed();
  auto items = take_values(run_.arena, children.size());
  return evaluate_all(children, items) ? Value::list(items) : Value::failed();
}

Value Evaluator::array(const Node& node) {
  auto type = static_cast<Type>(node.number);
  auto children = program_.children_of(node);
  if (node.op == Op::array_of_size) {
    Value size = evaluate(children[0]);
    Number count = size.is_failed() ? Number{} : to_int(size, run_.problem);
    if (!count.ok) return Value::failed();
    if (count.is_null || count.value < 0) return run_.fail("the size of an array is no count");
    if (!run_.step(static_cast<std::size_t>(count.value))) return Value::failed();
    auto values = take_values(run_.arena, static_cast<std::size_t>(count.value));
    std::ranges::fill(values, array_default(type));
    return Value::array(values);
  }
  if (!run_.step(children.size())) return Value::failed();
  auto values = take_values(run_.arena, children.size());
  if (!evaluate_all(children, values)) return Value::failed();
  for (Value& value : values) {
    value = array_item(type, value, run_);
    if (value.is_failed()) return value;
  }
  return Value::array(values);
}

Value Evaluator::map(const Node& node) {
  auto children = program_.children_of(node);
  if (!run_.step(children.size())) return Value::failed();
  auto entries = run_.arena.array<MapEntry>(children.size() / 2);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    Value pair[2];
    if (!evaluate_all(children.subspan(2 * i, 2), pair)) return Value::failed();
    Text key = to_text(pair[0], run_);
    if (!key.ok) return Value::failed();
    entries[i] = {key.is_null ? Value::null() : Value::text(key.text), pair[1]};
  }
  return Value::map(entries);
}

Value Evaluator::with_item(NodeId body, Value item) {
  Value outer = std::exchange(this_, item);
  Value value = evaluate(body);
  this_ = outer;
  return value;
}

Value Evaluator::select(const Node& node) {
  Value target = evaluate(program_.children_of(node)[0]);
  if (target.is_failed()) return target;
  if (target.is_list()) return select_from(node, target);
  if (target.is_map()) return select_from_map(node, target);
  if (target.is_null() && node.safe) return target;
  return run_.fail("a selection needs a list or a map, not " + std::string(kind_name(target)));
}

Value Evaluator::select_from(const Node& node, Value items) {
  NodeId body = program_.children_of(node)[1];
  const bool keeps_all = node.op == Op::select_all;
  auto kept = take_values(run_.arena, keeps_all ? items.list_size() : 1);
  std::size_t count = 0;
  for (std::size_t i = 0; i < items.list_size(); ++i) {
    Value passes = with_item(body, items.item(i));
    if (passes.is_failed()) return passes;
    Truth truth = to_boolean(passes, run_.problem);
    if (truth == Truth::failed) return Value::failed();
    if (truth == Truth::null) return run_.fail("the condition of a selection is null");
    if (truth == Truth::no) continue;
    kept[keeps_all ? count : 0] = items.item(i);
    ++count;
    if (node.op == Op::select_first) break;
  }
  if (keeps_all) return Value::list(kept.first(count));
  return count == 0 ? Value::null() : kept[0];
}

Value Evaluator::select_from_map(const Node& node, Value map) {
  std::span<const MapEntry> entries;
  if (!run_.list_entries(map, entries)) return Value::failed();
  auto items = take_values(run_.arena, entries.size());
  std::ranges::transform(entries, items.begin(),
                         [](const MapEntry& entry) { return Value::entry(entry); });
  Value selected = select_from(node, Value::list(items));
  if (selected.is_failed() || selected.is_null()) return selected;
  std::size_t count = selected.is_list() ? selected.list_size() : 1;
  auto kept = run_.arena.array<MapEntry>(count);
  for (std::size_t i = 0; i < count; ++i)
    kept[i] = selected.is_list() ? selected.item(i).as_entry() : selected.as_entry();
  return Value::map(kept);
}

Value Evaluator::project(const Node& node) {
  auto children = program_.children_of(node);
  Value target = evaluate(children[0]);
  if (target.is_failed()) return target;
  if (target.is_null() && node.safe) return target;
  if (!target.is_list() && !target.is_map())
    return run_.fail("a projection needs a list or a map, not " + std::string(kind_name(target)));
  std::span<const MapEntry> entries;
  if (target.is_map() && !run_.list_entries(target, entries)) return Value::failed();
  std::size_t count = target.is_map() ? entries.size() : target.list_size();
  auto results = take_values(run_.arena, count);
  for (std::size_t i = 0; i < count; ++i) {
    results[i] =
        with_item(children[1], target.is_map() ? Value::entry(entries[i]) : target.item(i));
    if (results[i].is_failed()) return results[i];
  }
  return target.is_array() ? Value::array(results) : Value::list(results);
}

int Evaluator::truth(NodeId id) {
  Value value = evaluate(id);
  if (value.is_boolean()) return value.as_boolean();
  if (value.is_failed()) return -1;
  Truth truth = to_boolean(value, run_.problem);
  if (truth == Truth::null) run_.fail("a boolean is needed, not null");
  return truth == Truth::yes ? 1 : truth == Truth::no ? 0 : -1;
}

Value Evaluator::connective(const Node& node) {
  bool stops_at = node.op == Op::or_;
  for (NodeId child : program_.children_of(node)) {
    int holds = truth(child);
    if (holds < 0) return Value::failed();
    if (node.op == Op::not_) return Value::boolean(holds == 0);
    if ((holds == 1) == stops_at) return Value::boolean(stops_at);
  }
  return Value::boolean(!stops_at);
}

Value Evaluator::sum(const Node& node) {
  auto children = program_.children_of(node);
  Value total = evaluate(children[0]);
  for (std::size_t i = 1; i < children.size() && !total.is_failed(); ++i) {
    Value next = evaluate(children[i]);
    total = next.is_failed() ? next : add(total, next, run_);
  }
  return total;
}

Value Evaluator::relation(const Node& node) {
  auto children = program_.children_of(node);
  Value left = evaluate(children[0]);
  if (left.is_failed()) return left;
  if (node.op == Op::negate) return negate(left, run_);
  if (node.op == Op::plus) return left.is_number() ? left : run_.fail("a sign needs a number");
  Value right = evaluate(children[1]);
  if (right.is_failed()) return right;
  switch (node.op) {
    case Op::equal:
    case Op::not_equal:
      return equality(left, right, node.op == Op::equal, run_);
    case Op::instance_of:
      if (right.kind() != Kind::type) return run_.fail("instanceof needs T(..) on its right");
      return Value::boolean(is_instance(left, static_cast<Type>(right.as_integer())));
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
      break;
    default:
      return arithmetic(node.op, left, right, run_);
  }
  auto order = compare(left, right, run_);
  if (!order) return Value::failed();
  if (node.op == Op::less) return Value::boolean(*order < 0);
  if (node.op == Op::less_equal) return Value::boolean(*order <= 0);
  if (node.op == Op::greater) return Value::boolean(*order > 0);
  return Value::boolean(*order >= 0);
}

Value Evaluator::between(const Node& node) {
  Value given[2];
  if (!evaluate_all(program_.children_of(node), given)) return Value::failed();
  if (!given[1].is_list() || given[1].list_size() != 2)
    return run_.fail("between needs a list of two values on its right");
  auto above = compare(given[0], given[1].item(0), run_);
  if (!above) return Value::failed();
  auto below = compare(given[0], given[1].item(1), run_);
  return below ? Value::boolean(*above >= 0 && *below <= 0) : Value::failed();
}

Value Evaluator::matches(const Node& node) {
  Value given[2];
  if (!evaluate_all(program_.children_of(node), given)) return Value::failed();
  Text text = to_text(given[0], run_);
  if (!text.ok) return Value::failed();
  if (text.is_null) return run_.fail("matches needs a text on its left, not null");
  if (node.number != kNotConstant)
    return matches_whole(*program_.regexes[node.number], text.text, run_);
  if (!given[1].is_text())
    return run_.fail("matches needs a pattern on its right, not " +
                     std::string(kind_name(given[1])));
  auto regex = compiled_pattern(given[1].as_text(), run_);
  return regex ? matches_whole(*regex, text.text, run_) : Value::failed();
}

Value Evaluator::ternary(const Node& node) {
  auto children = program_.children_of(node);
  int holds = truth(children[0]);
  return holds < 0 ? Value::failed() : evaluate(children[holds == 1 ? 1 : 2]);
}

Value Evaluator::elvis(const Node& node) {
  auto children = program_.children_of(node);
  Value value = evaluate(children[0]);
  bool is_nothing = value.is_null() || (value.is_text() && value.as_text().empty());
  return is_nothing ? evaluate(children[1]) : value;
}

}  // namespace perigee::el
