// Filters of a JSONPath: `[?(@.price < 10 && @.tag in ['a', 'b'])]`.
#include <algorithm>

#include "base/find_bytes.hpp"
#include "el/json_path.hpp"
#include "el/operators.hpp"
#include "el/pattern.hpp"

namespace perigee::el {
namespace {

bool contains(Value list, Value wanted, Run& run) {
  if (list.is_text() && wanted.is_text())
    return run.look_through(list.as_text()) &&
           find_bytes(list.as_text(), wanted.as_text()) != std::string_view::npos;
  if (!list.is_list()) return false;
  for (std::size_t i = 0; i < list.list_size() && run.step(); ++i)
    if (equal(list.item(i), wanted, run)) return true;
  return false;
}

// subsetof: all, anyof: some, noneof: no element of the left is one of the right.
bool shares(FilterOp op, Value left, Value right, Run& run) {
  if (!left.is_list() || !right.is_list()) return false;
  std::size_t shared = 0;
  for (std::size_t i = 0; i < left.list_size() && run.step(); ++i)
    shared += contains(right, left.item(i), run);
  if (op == FilterOp::subset_of) return shared == left.list_size();
  return (shared > 0) == (op == FilterOp::any_of);
}

std::optional<std::size_t> size_of(Value value) {
  if (value.is_list()) return value.list_size();
  if (value.is_text()) return value.as_text().size();
  return std::nullopt;
}

// <, <=, >, >=: false for what cannot be compared.
bool ordered(FilterOp op, Value left, Value right, Run& run) {
  bool comparable = (left.is_number() && right.is_number()) || (left.is_text() && right.is_text());
  if (!comparable) return false;
  int order = compare(left, right, run).value_or(0);
  switch (op) {
    case FilterOp::less:
      return order < 0;
    case FilterOp::less_equal:
      return order <= 0;
    case FilterOp::greater:
      return order > 0;
    default:
      return order >= 0;
  }
}

bool related(FilterOp op, Value left, Value right, const Filter& pattern, Run& run) {
  switch (op) {
    case FilterOp::equal:
      return equal(left, right, run);
    case FilterOp::not_equal:
      return !equal(left, right, run);
    case FilterOp::matches:
      return left.is_text() && is_match(*pattern.regex, left.as_text(), run);
    case FilterOp::in:
      return contains(right, left, run);
    case FilterOp::not_in:
      return !contains(right, left, run);
    case FilterOp::contains:
      return contains(left, right, run);
    case FilterOp::subset_of:
    case FilterOp::any_of:
    case FilterOp::none_of:
      return shares(op, left, right, run);
    case FilterOp::size: {
      auto size = size_of(left);
      return size && right.is_integral() && right.as_integer() == static_cast<std::int64_t>(*size);
    }
    case FilterOp::empty: {
      auto size = size_of(left);
      return size && right.is_boolean() && right.as_boolean() == (*size == 0);
    }
    default:
      return ordered(op, left, right, run);
  }
}

// `@.a`: there is such a member (even when it is null) or an indefinite path finds something.
bool exists(const Filter& path, Value item, Value root, Run& run) {
  const auto& steps = path.path->steps();
  Value value = operand(path, item, root, run);
  if (value.is_absent()) return false;
  if (!value.is_null())
    return !(value.is_list() && value.list_size() == 0 && !steps.empty() &&
             !steps.back().is_definite());
  if (steps.size() != 1 || steps[0].names.empty()) return false;
  Value owner = path.from_root ? root : item;
  return owner.is_map() && !owner.find(steps[0].names[0], run.arena).is_absent();
}

}  // namespace

Value operand(const Filter& filter, Value item, Value root, Run& run) {
  if (filter.op == FilterOp::literal)
    return filter.value.is_text() ? Value::text(filter.text) : filter.value;
  if (filter.op == FilterOp::list) {
    auto items = take_values(run.arena, filter.children.size());
    for (std::size_t i = 0; i < items.size(); ++i)
      items[i] = operand(filter.children[i], item, root, run);
    return Value::list(items);
  }
  // A path that leads nowhere is no error in a filter: the item just does not have it.
  Run inner{.variables = run.variables,
            .arena = run.arena,
            .steps_max = run.steps_max,
            .built_bytes_max = run.built_bytes_max,
            .steps = run.steps,
            .built_bytes = run.built_bytes};
  Value start = filter.from_root ? root : item;
  if (filter.path->steps().empty()) return start;
  Value value = filter.path->evaluate(start, inner);
  run.steps = inner.steps;
  run.built_bytes = inner.built_bytes;
  if (inner.exhausted) {
    run.problem = std::move(inner.problem);
    run.exhausted = true;
  }
  return value.is_failed() ? Value::absent() : value;
}

bool passes(const Filter& filter, Value item, Value root, Run& run) {
  if (!run.step()) return false;
  switch (filter.op) {
    case FilterOp::not_:
      return !passes(filter.children[0], item, root, run);
    case FilterOp::and_:
      return passes(filter.children[0], item, root, run) &&
             passes(filter.children[1], item, root, run);
    case FilterOp::or_:
      return passes(filter.children[0], item, root, run) ||
             passes(filter.children[1], item, root, run);
    case FilterOp::exists:
      return exists(filter.children[0], item, root, run);
    default:
      break;
  }
  Value left = operand(filter.children[0], item, root, run);
  Value right = operand(filter.children[1], item, root, run);
  return related(filter.op, left, right, filter.children[1], run);
}

}  // namespace perigee::el
