// The white list of methods on values, by name. Internal to el.
//
// A name is resolved when an expression is compiled; whether the target has the method is known
// when it runs. A name that is not here is refused by the sandbox.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "el/value.hpp"

namespace perigee::el {

class Regex;
struct Run;

enum class Method : std::uint8_t {
  none,
  equals,
  hash_code,
  to_string,
  // texts
  length,
  is_empty,
  is_blank,
  char_at,
  substring,
  sub_sequence,
  index_of,
  last_index_of,
  contains,
  starts_with,
  ends_with,
  equals_ignore_case,
  compare_to,
  compare_to_ignore_case,
  to_lower_case,
  to_upper_case,
  trim,
  strip,
  strip_leading,
  strip_trailing,
  replace,
  replace_all,
  replace_first,
  split,
  matches,
  concat,
  repeat,
  get_bytes,
  code_point_at,
  formatted,
  to_char_array,
  content_equals,
  intern,
  // lists, maps, entries, multi-maps, headers
  size,
  get,
  contains_key,
  contains_value,
  entry_set,
  get_or_default,
  key_set,
  values,
  get_key,
  get_value,
  to_single_value_map,
  get_first,
  contains_all_keys,
  get_all,
  names,
  // BigDecimal
  add,
  subtract,
  multiply,
  divide,
  remainder,
  pow,
  negate,
  abs,
  signum,
  scale,
  precision,
  set_scale,
  strip_trailing_zeros,
  to_plain_string,
  max,
  min,
  move_point_left,
  move_point_right,
  // dates; those with a detail take the Field from it
  get_time,
  get_time_in_millis,
  before,
  after,
  is_equal,
  get_year,
  get_month,
  get_day_of_week,
  get_field,
  get_old_field,
  plus,
  minus,
  with_field,
  length_of_month,
  length_of_year,
  is_leap_year,
  at_start_of_day,
  at_zone,
  with_zone,
  to_local_date,
  to_local_date_time,
  to_epoch_day,
  to_epoch_second,
  truncated_to,
  // formats
  format,
  parse,
  to_pattern,
  with_zone_of,
  // numbers
  int_value,
  long_value,
  short_value,
  byte_value,
  float_value,
  double_value,
  is_nan,
  is_infinite,
  // Base64 and Random
  encode,
  encode_to_string,
  decode,
  without_padding,
  next_int,
  next_long,
  next_double,
  next_float,
  next_boolean,
};

struct MethodInfo {
  std::string_view name;
  Method method = Method::none;
  std::uint8_t arguments_min = 0;
  std::uint8_t arguments_max = 0;
  std::uint8_t detail = 0;  // what tells methods of one kind apart: a Field
};

inline constexpr std::size_t kArgumentsMax = 16;

// Null when no white-listed type has a method of that name.
const MethodInfo* find_method(std::string_view name);
std::vector<std::string_view> method_names();
// Whether headers, parameters and maps may have it.
bool is_of_containers(Method method);
std::vector<std::string_view> container_method_names();
// Its first argument is a regular expression.
bool takes_pattern(Method method);
// The same arguments give the same result.
bool is_pure(Method method);

struct Call {
  Run& run;
  Method method;
  Value target;
  std::span<const Value> arguments;
  const Regex* pattern = nullptr;  // when it was known at compile
  std::uint8_t detail = 0;         // of the MethodInfo
};

// The target is not null.
Value call_method(const Call& call);
// Its parts, by target.
Value call_text(const Call& call);
Value call_collection(const Call& call);
Value call_number(const Call& call);
Value call_codec(const Call& call);
Value call_random(const Call& call);

// Arguments, converted as Java's method resolution would; false with the reason when that fails.
bool text_argument(const Call& call, std::size_t index, std::string_view& to);
bool int_argument(const Call& call, std::size_t index, std::int64_t& to);
// "the method 'x' is not allowed on a list".
Value not_allowed(const Call& call);

}  // namespace perigee::el
