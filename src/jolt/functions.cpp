// What `=name(..)` of modify may call. A function that cannot do anything with its arguments gives
// nothing, and then nothing is written.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "el/convert.hpp"
#include "el/regex.hpp"
#include "el/text.hpp"
#include "jolt/operation.hpp"

namespace perigee::jolt {

enum class Function : std::uint8_t {
  abs,
  avg,
  concat,
  divide,
  divide_and_round,
  double_subtract,
  double_sum,
  element_at,
  first_element,
  int_subtract,
  int_sum,
  is_null,
  is_present,
  join,
  last_element,
  left_pad,
  long_subtract,
  long_sum,
  max,
  min,
  noop,
  not_null,
  right_pad,
  size,
  sort,
  split,
  squash_duplicates,
  squash_nulls,
  squash_nulls_deep,
  substring,
  to_boolean,
  to_double,
  to_integer,
  to_list,
  to_long,
  to_lower,
  to_number,
  to_string,
  to_upper,
  trim,
};

namespace {

constexpr std::size_t kPadWidthMax = 500;  // the reference's

using Arguments = std::span<Node* const>;

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

bool is_int(const Node& node) {
  return node.type == JsonType::integer && node.integer == static_cast<std::int32_t>(node.integer);
}

// Numbers, and texts that are one.
struct Number {
  bool whole = false;
  std::int64_t integer = 0;
  double real = 0;
};
std::optional<Number> number_of(const Node& node) {
  if (node.type == JsonType::integer)
    return Number{true, node.integer, static_cast<double>(node.integer)};
  if (node.type == JsonType::real) return Number{false, 0, node.real};
  if (!node.is_text()) return std::nullopt;
  std::string_view text = node.as_text();
  std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  std::int64_t integer = 0;
  auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), integer);
  if (problem == std::errc() && end == digits.data() + digits.size())
    return Number{true, integer, static_cast<double>(integer)};
  std::optional<double> real = el::parse_real(text);
  if (!real) return std::nullopt;
  return Number{false, 0, *real};
}

// Java's casts: what does not fit becomes the nearest.
std::int64_t to_int64(const Number& number) {
  if (number.whole) return number.integer;
  if (std::isnan(number.real)) return 0;
  if (number.real >= 9.2233720368547758e18) return std::numeric_limits<std::int64_t>::max();
  if (number.real <= -9.2233720368547758e18) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(number.real);
}
std::int32_t to_int32(const Number& number) {
  if (number.whole) return static_cast<std::int32_t>(number.integer);
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(to_int64(number), std::numeric_limits<std::int32_t>::min(),
                               std::numeric_limits<std::int32_t>::max()));
}
std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

Node* number_node(const Number& number, Run& run) {
  return number.whole ? run.integer(number.integer) : run.real(number.real);
}

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

Node* extreme(Arguments values, bool largest, Run& run) {
  std::optional<std::int64_t> whole;
  std::optional<double> real;
  auto take = [largest](auto& best, auto value) {
    if (!best || (largest ? value > *best : value < *best)) best = value;
  };
  for (Node* each : values) {
    std::optional<Number> number = number_of(*each);
    if (!number) continue;
    number->whole ? take(whole, number->integer) : take(real, number->real);
  }
  if (!whole && !real) return nullptr;
  if (!real) return run.integer(*whole);
  if (!whole) return run.real(*real);
  // compat: a whole number and a real are compared without the real's fraction.
  std::int64_t cut = to_int64({.whole = false, .real = *real});
  bool take_whole = largest ? *whole >= cut : *whole <= cut;
  return take_whole ? run.integer(*whole) : run.real(*real);
}

Node* sum(Function function, Arguments values, Run& run) {
  std::int64_t whole = 0;
  double real = 0;
  for (Node* each : values) {
    std::optional<Number> number = number_of(*each);
    if (!number) continue;
    whole =
        wrapping_add(whole, function == Function::int_sum ? to_int32(*number) : to_int64(*number));
    real += number->real;
  }
  if (function == Function::double_sum) return run.real(real);
  return run.integer(function == Function::int_sum ? static_cast<std::int32_t>(whole) : whole);
}

Node* average(Arguments values, Run& run) {
  double total = 0;
  std::size_t count = 0;
  for (Node* each : values) {
    std::optional<Number> number = number_of(*each);
    if (!number) continue;
    total += number->real;
    ++count;
  }
  return count == 0 ? nullptr : run.real(total / static_cast<double>(count));
}

Node* subtract(Function function, Arguments values, Run& run) {
  if (values.size() != 2) return nullptr;
  const Node &a = *values[0], &b = *values[1];
  if (function == Function::double_subtract) {
    bool both = a.type == JsonType::real && b.type == JsonType::real;
    return both ? run.real(a.real - b.real) : nullptr;
  }
  if (a.type != JsonType::integer || b.type != JsonType::integer) return nullptr;
  std::int64_t difference = static_cast<std::int64_t>(static_cast<std::uint64_t>(a.integer) -
                                                      static_cast<std::uint64_t>(b.integer));
  if (function == Function::long_subtract) return run.integer(difference);
  return is_int(a) && is_int(b) ? run.integer(static_cast<std::int32_t>(difference)) : nullptr;
}

std::optional<double> quotient(Arguments values) {
  if (values.size() != 2) return std::nullopt;
  std::optional<Number> above = number_of(*values[0]), below = number_of(*values[1]);
  if (!above || !below || below->real == 0) return std::nullopt;
  return above->real / below->real;
}

Node* rounded_quotient(Node& digits, Arguments values, Run& run) {
  std::optional<double> value = quotient(values);
  if (!value || !is_int(digits) || std::abs(digits.integer) > 15) return nullptr;
  double scale = std::pow(10, static_cast<double>(digits.integer));
  return run.real(std::round(*value * scale) / scale);  // half away from zero
}

Node* concat(Arguments values, Run& run) {
  std::string text;
  for (Node* each : values) {
    if (!each->is_null()) text += java_text(*each, run);
    if (run.failed()) return nullptr;
  }
  return run.text(text);
}

// compat: the separator stands after each text but the last item, even when that one is empty.
Node* join(std::string_view separator, Arguments values, Run& run) {
  std::string text;
  for (std::size_t i = 0; i < values.size() && !run.failed(); ++i) {
    if (values[i]->is_null()) continue;
    std::string part = java_text(*values[i], run);
    if (part.empty()) continue;
    text += part;
    if (i + 1 < values.size()) text += separator;
    if (text.size() > kBytesMax) return nullptr;
  }
  return run.text(text);
}

// String.split: a regular expression, trailing empty texts dropped.
Node* split(std::string_view separator, Node& value, Run& run) {
  if (!value.is_text()) return nullptr;
  auto regex = el::Regex::compile(separator);
  if (!regex) {
    run.fail(regex.error().message);
    return nullptr;
  }
  std::string_view text = value.as_text();
  std::vector<std::string_view> parts;
  std::size_t begin = 0, from = 0;
  el::Regex::Match match;
  while (from <= text.size() && (*regex)->find(text, from, match) && run.step()) {
    std::size_t at = static_cast<std::size_t>(match.groups[0].data() - text.data());
    std::size_t end = at + match.groups[0].size();
    bool at_edge = end == 0 || (match.groups[0].empty() && at >= text.size());
    if (!at_edge) {
      parts.push_back(text.substr(begin, at - begin));
      begin = end;
    }
    from = match.groups[0].empty() ? end + 1 : end;
  }
  parts.push_back(text.substr(begin));
  while (parts.size() > 1 && parts.back().empty()) parts.pop_back();
  Node* list = run.array();
  for (std::string_view part : parts) run.append(list, run.text(part));
  return list;
}

Node* substring(Arguments values, Run& run) {
  if (values.size() != 3 || !values[0]->is_text() || !is_int(*values[1]) || !is_int(*values[2]))
    return nullptr;
  std::string_view text = values[0]->as_text();
  std::int64_t begin = values[1]->integer, end = values[2]->integer;
  if (begin < 0 || begin >= end || static_cast<std::size_t>(end) > el::units_of(text))
    return nullptr;
  std::size_t from = el::byte_of_unit(text, static_cast<std::size_t>(begin));
  std::size_t to = el::byte_of_unit(text, static_cast<std::size_t>(end));
  return run.text(text.substr(from, to - from));
}

Node* pad(Node& source, Arguments rest, bool left, Run& run) {
  if (rest.size() < 2 || !source.is_text() || !is_int(*rest[0]) || !rest[1]->is_text())
    return nullptr;
  std::int64_t width = rest[0]->integer;
  bool wrong = width <= 0 || width > static_cast<std::int64_t>(kPadWidthMax);
  if (wrong || el::units_of(rest[1]->as_text()) != 1) return nullptr;
  std::size_t units = el::units_of(source.as_text());
  if (static_cast<std::size_t>(width) <= units) return &source;
  std::string fill;
  for (std::size_t i = units; i < static_cast<std::size_t>(width); ++i) fill += rest[1]->as_text();
  std::string text(source.as_text());
  return run.text(left ? fill + text : text + fill);
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
    case Function::divide: {
      std::optional<double> value = quotient(values);
      return value ? run.real(*value) : nullptr;
    }
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
