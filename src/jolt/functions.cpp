// What `=name(..)` of modify may call. A function that cannot do anything with its arguments gives
// nothing, and then nothing is written.
#include "jolt/functions.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "el/text.hpp"

namespace perigee::jolt {

namespace {

struct Named {
  std::string_view name;
  Function function;
};
constexpr std::array kNames = std::to_array<Named>({
    {"abs", Function::abs},
    {"avg", Function::avg},
    {"concat", Function::concat},
    {"divide", Function::divide},
    {"divideAndRound", Function::divide_and_round},
    {"doubleSubtract", Function::double_subtract},
    {"doubleSum", Function::double_sum},
    {"elementAt", Function::element_at},
    {"firstElement", Function::first_element},
    {"intSubtract", Function::int_subtract},
    {"intSum", Function::int_sum},
    {"isNull", Function::is_null},
    {"isPresent", Function::is_present},
    {"join", Function::join},
    {"lastElement", Function::last_element},
    {"leftPad", Function::left_pad},
    {"longSubtract", Function::long_subtract},
    {"longSum", Function::long_sum},
    {"max", Function::max},
    {"min", Function::min},
    {"noop", Function::noop},
    {"notNull", Function::not_null},
    {"recursivelySquashNulls", Function::squash_nulls_deep},
    {"rightPad", Function::right_pad},
    {"size", Function::size},
    {"sort", Function::sort},
    {"split", Function::split},
    {"squashDuplicates", Function::squash_duplicates},
    {"squashNulls", Function::squash_nulls},
    {"substring", Function::substring},
    {"toBoolean", Function::to_boolean},
    {"toDouble", Function::to_double},
    {"toInteger", Function::to_integer},
    {"toList", Function::to_list},
    {"toLong", Function::to_long},
    {"toLower", Function::to_lower},
    {"toNumber", Function::to_number},
    {"toString", Function::to_string},
    {"toUpper", Function::to_upper},
    {"trim", Function::trim},
});

std::string_view letters(const Node& node, bool upper, Run& run) {
  Arena arena;
  return run.keep(upper ? el::upper(node.as_text(), arena) : el::lower(node.as_text(), arena));
}

// Functions of one value; a list is gone through.
Node* single(Function function, Node& value, Run& run) {
  std::optional<Number> number = number_of(value);
  switch (function) {
    case Function::abs:
      if (!number) return nullptr;
      if (number->whole && number->integer < 0)
        number->integer =
            static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(number->integer));
      number->real = std::abs(number->real);
      return number_node(*number, run);
    case Function::to_integer:
      return number ? run.integer(to_int32(*number)) : nullptr;
    case Function::to_long:
      return number ? run.integer(to_int64(*number)) : nullptr;
    case Function::to_double:
      return number ? run.real(number->real) : nullptr;
    case Function::to_number:
      return number ? number_node(*number, run) : nullptr;
    case Function::to_boolean:
      if (value.type == JsonType::boolean) return &value;
      if (!value.is_text()) return nullptr;
      if (el::equal_ignoring_case(value.as_text(), "true")) return run.boolean(true);
      return el::equal_ignoring_case(value.as_text(), "false") ? run.boolean(false) : nullptr;
    case Function::to_string:
      return value.is_text() ? &value : run.text(java_text(value, run));
    case Function::to_lower:
    case Function::to_upper:
      return value.is_text() ? run.text(letters(value, function == Function::to_upper, run))
                             : nullptr;
    case Function::trim:
      return value.is_text() ? run.text(el::trim(value.as_text())) : nullptr;
    default:
      return nullptr;
  }
}

Node* size(Arguments values, Run& run) {
  if (values.size() != 1)
    return values.empty() ? nullptr : run.integer(static_cast<std::int64_t>(values.size()));
  const Node& value = *values[0];
  if (value.is_array()) return run.integer(value.items.size);
  if (value.is_text()) return run.integer(static_cast<std::int64_t>(el::units_of(value.as_text())));
  return value.is_object() ? run.integer(static_cast<std::int64_t>(live_size(value))) : nullptr;
}

Node* sorted(Arguments values, Run& run) {
  bool texts = std::ranges::all_of(values, [](Node* each) { return each->is_text(); });
  bool whole = std::ranges::all_of(values, [](Node* e) { return e->type == JsonType::integer; });
  bool reals = std::ranges::all_of(values, [](Node* e) { return e->type == JsonType::real; });
  if (!texts && !whole && !reals) return nullptr;
  if (!run.step(values.size() * 20)) return nullptr;
  std::vector<Node*> order(values.begin(), values.end());
  std::ranges::sort(order, [&](const Node* a, const Node* b) {
    if (texts) return el::compare_units(a->as_text(), b->as_text()) < 0;
    return whole ? a->integer < b->integer : a->real < b->real;
  });
  Node* list = run.array();
  for (Node* each : order) run.append(list, each);
  return list;
}

Node* squash_nulls(Node& node, bool deep, Run& run, std::size_t depth = 0) {
  if (!run.step()) return &node;
  if (depth > kDepthMax) {
    run.fail("a tree is deeper than " + std::to_string(kDepthMax) + " levels");
    return &node;
  }
  if (node.is_array()) {
    std::uint32_t kept = 0;
    for (Node* each : node.as_items()) {
      if (!each->is_null()) node.items.data[kept++] = each;
    }
    node.items.size = kept;
    for (Node* each : node.as_items()) {
      if (deep) squash_nulls(*each, deep, run, depth + 1);
    }
  } else if (node.is_object()) {
    for (Member& each : node.as_members()) {
      if (each.value && each.value->is_null()) each.value = nullptr;
      if (each.value && deep) squash_nulls(*each.value, deep, run, depth + 1);
    }
  }
  return &node;
}

Node* squash_duplicates(Node& node, Run& run) {
  if (!node.is_array()) return &node;
  Node* list = run.array();
  for (Node* each : node.as_items()) {
    auto kept = list->as_items();
    bool known = std::ranges::any_of(kept, [&](Node* k) { return equal(*k, *each, run); });
    if (run.failed()) break;
    if (!known) run.append(list, each);
  }
  return list;
}

// Functions of several values: given one list, its items.
Node* several(Function function, Arguments values, Run& run) {
  switch (function) {
    case Function::concat:
      return concat(values, run);
    case Function::avg:
      return average(values, run);
    case Function::max:
    case Function::min:
      return extreme(values, function == Function::max, run);
    case Function::int_sum:
    case Function::long_sum:
    case Function::double_sum:
      return sum(function, values, run);
    case Function::int_subtract:
    case Function::long_subtract:
    case Function::double_subtract:
      return subtract(function, values, run);
    case Function::divide:
      return quotient(values, run);
    case Function::substring:
      return substring(values, run);
    case Function::first_element:
      return values.front();
    case Function::last_element:
      return values.back();
    case Function::sort:
      return sorted(values, run);
    case Function::to_list: {
      Node* list = run.array();
      for (Node* each : values) run.append(list, each);
      return list;
    }
    default:
      return nullptr;
  }
}

// Functions whose first argument is special: a separator, a position, a text to be padded.
Node* driven(Function function, Arguments values, Run& run) {
  if (values.size() == 1 && values[0]->is_array()) values = values[0]->as_items();
  if (values.size() < 2) return nullptr;
  Node& first = *values[0];
  bool is_list = values.size() == 2 && values[1]->is_array();
  Arguments rest = is_list ? Arguments(values[1]->as_items()) : values.subspan(1);
  if (function == Function::split) {
    if (!first.is_text()) return nullptr;
    if (values.size() == 2 && !is_list) return split(first.as_text(), *values[1], run);
    Node* list = run.array();
    for (Node* each : rest) {
      Node* parts = split(first.as_text(), *each, run);
      run.append(list, parts ? parts : each);
    }
    return list;
  }
  if (values.size() == 2 && !is_list) return nullptr;  // one value is no list
  switch (function) {
    case Function::join:
      return first.is_text() ? join(first.as_text(), rest, run) : nullptr;
    case Function::element_at: {
      bool there = is_int(first) && first.integer >= 0 &&
                   static_cast<std::size_t>(first.integer) < rest.size();
      return there ? rest[static_cast<std::size_t>(first.integer)] : nullptr;
    }
    case Function::left_pad:
    case Function::right_pad:
      return pad(first, rest, function == Function::left_pad, run);
    case Function::divide_and_round:
      return rounded_quotient(first, rest, run);
    default:
      return nullptr;
  }
}

bool is_driven(Function function) {
  return function == Function::join || function == Function::split ||
         function == Function::element_at || function == Function::left_pad ||
         function == Function::right_pad || function == Function::divide_and_round;
}
bool is_single(Function function) {
  return function == Function::abs || function == Function::trim ||
         (function >= Function::to_boolean && function <= Function::to_upper &&
          function != Function::to_list);
}

Node* each_of(Function function, Arguments values, Run& run) {
  Node* list = run.array();
  for (Node* each : values) {
    Node* made = run.step() ? single(function, *each, run) : nullptr;
    run.append(list, made ? made : each);
  }
  return list;
}

// Functions that look at their first argument as it is.
std::optional<Node*> direct(Function function, Arguments values, Run& run) {
  Node* first = values.empty() ? nullptr : values[0];
  switch (function) {
    case Function::noop:
      return nullptr;
    case Function::is_present:
      return first;
    case Function::not_null:
      return first && !first->is_null() ? first : nullptr;
    case Function::is_null:
      return first && first->is_null() ? first : nullptr;
    case Function::size:
      return size(values, run);
    case Function::squash_nulls:
    case Function::squash_nulls_deep:
      return first ? squash_nulls(*first, function == Function::squash_nulls_deep, run) : nullptr;
    case Function::squash_duplicates:
      return first ? squash_duplicates(*first, run) : nullptr;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Function> function_named(std::string_view name) {
  for (const Named& each : kNames) {
    if (each.name == name) return each.function;
  }
  return std::nullopt;
}

std::vector<std::string_view> function_names() {
  std::vector<std::string_view> names;
  for (const Named& each : kNames) names.push_back(each.name);
  return names;
}

Node* call(Function function, std::span<Node* const> arguments, Run& run) {
  if (!run.step(1 + arguments.size())) return nullptr;
  if (std::optional<Node*> result = direct(function, arguments, run)) return *result;
  if (is_driven(function)) return driven(function, arguments, run);
  if (arguments.empty()) return nullptr;
  bool is_list = arguments.size() == 1 && arguments[0]->is_array();
  Arguments values = is_list ? Arguments(arguments[0]->as_items()) : arguments;
  if (values.empty() || !run.step(values.size())) return nullptr;
  if (is_list || arguments.size() > 1)
    return is_single(function) ? each_of(function, values, run) : several(function, values, run);
  Node& only = *arguments[0];
  if (only.is_null()) return nullptr;
  if (is_single(function)) return single(function, only, run);
  if (function == Function::max || function == Function::min)
    return only.is_number() ? &only : nullptr;
  if (function == Function::sort) return &only;
  return function == Function::to_list ? several(function, arguments, run) : nullptr;
}

}  // namespace perigee::jolt
