// The functions of modify. Internal to jolt: functions.cpp knows their names and how each takes its
// arguments. They give null for "nothing".
#pragma once

#include <optional>
#include <span>

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

using Arguments = std::span<Node* const>;

// Numbers, and texts that are one.
struct Number {
  bool whole = false;
  std::int64_t integer = 0;
  double real = 0;
};
std::optional<Number> number_of(const Node& node);
// Java's casts: what does not fit becomes the nearest.
std::int64_t to_int64(const Number& number);
std::int32_t to_int32(const Number& number);
Node* number_node(const Number& number, Run& run);
bool is_int(const Node& node);  // of 32 bits

Node* extreme(Arguments values, bool largest, Run& run);
Node* sum(Function function, Arguments values, Run& run);
Node* average(Arguments values, Run& run);
Node* subtract(Function function, Arguments values, Run& run);
Node* quotient(Arguments values, Run& run);
Node* rounded_quotient(Node& digits, Arguments values, Run& run);

Node* concat(Arguments values, Run& run);
Node* join(std::string_view separator, Arguments values, Run& run);
Node* split(std::string_view separator, Node& value, Run& run);
Node* substring(Arguments values, Run& run);
Node* pad(Node& source, Arguments rest, bool left, Run& run);

}  // namespace perigee::jolt
