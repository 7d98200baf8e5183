// The white list of types, their static methods and constructors. Internal to el.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "el/value.hpp"

namespace perigee::el {

struct Run;

enum class Type : std::uint8_t {
  // With static methods or constructors.
  string,
  integer,
  long_integer,
  short_integer,
  real,
  single,
  math,
  base64,
  url_encoder,
  url_decoder,
  uuid,
  system,
  collections,
  random,
  decimal,
  date,
  calendar,
  time_zone,
  local_date,
  local_date_time,
  zoned_date_time,
  date_time_formatter,
  date_format,
  simple_date_format,
  number_format,
  decimal_format,
  message_format,
  // For instanceof only.
  object,
  boolean,
  number,
  list,
  map,
  comparable,
  nothing,  // white-listed, but no value here is one of it
};

enum class StaticMethod : std::uint8_t {
  none,
  string_format,
  string_value_of,
  string_join,
  parse_int,
  int_value_of,
  int_to_string,
  to_hex,
  to_binary,
  to_octal,
  parse_long,
  long_value_of,
  parse_short,
  parse_double,
  double_value_of,
  double_to_string,
  is_nan,
  is_infinite,
  is_finite,
  compare,
  max,
  min,
  sum,
  signum,
  abs,
  floor,
  ceil,
  round,
  rint,
  sqrt,
  cbrt,
  pow,
  random,
  exp,
  log,
  log10,
  log1p,
  expm1,
  sinh,
  cosh,
  tanh,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  atan2,
  hypot,
  floor_div,
  floor_mod,
  to_radians,
  to_degrees,
  add_exact,
  subtract_exact,
  multiply_exact,
  to_int_exact,
  negate_exact,
  increment_exact,
  decrement_exact,
  bit_count,
  leading_zeros,
  trailing_zeros,
  highest_one_bit,
  lowest_one_bit,
  reverse_bits,
  reverse_bytes,
  rotate_left,
  rotate_right,
  compare_unsigned,
  divide_unsigned,
  remainder_unsigned,
  base64_encoder,
  base64_decoder,
  base64_url_encoder,
  base64_url_decoder,
  base64_mime_encoder,
  base64_mime_decoder,
  form_encode,
  form_decode,
  random_uuid,
  current_time_millis,
  nano_time,
  collections_max,
  collections_min,
  collections_frequency,
  collections_disjoint,
  collections_binary_search,
  collections_index_of_sub_list,
  collections_last_index_of_sub_list,
  string_copy_value_of,
  decimal_value_of,
  now,
  of,
  of_epoch_day,
  of_year_day,
  parse,
  of_pattern,
  get_time_zone,
  date_instance,
  time_instance,
  date_time_instance,
  short_date_time_instance,
  number_instance,
  integer_instance,
  percent_instance,
  currency_instance,
  message_format,
};

struct StaticInfo {
  Type type;
  std::string_view name;
  StaticMethod method = StaticMethod::none;
  std::uint8_t arguments_min = 0;
  std::uint8_t arguments_max = 0;
};

// Full names, and short ones of java.lang; nullopt when the sandbox does not know the type.
std::optional<Type> find_type(std::string_view name);
const StaticInfo* find_static(Type type, std::string_view name);
std::vector<std::string_view> type_names();
std::vector<std::string_view> static_names(Type type);
bool is_pure(StaticMethod method);
// Types that `new` may make.
bool is_constructible(Type type);
std::size_t constructor_arguments_max(Type type);

// Types that arrays may be of.
bool is_array_type(Type type);
Value array_item(Type type, Value from, Run& run);  // converted
Value array_default(Type type);

Value call_static(StaticMethod method, Type type, std::span<const Value> arguments, Run& run);
Value call_collections(StaticMethod method, std::span<const Value> arguments, Run& run);
Value call_math(StaticMethod method, std::span<const Value> arguments, Run& run);
Value call_bits(StaticMethod method, Type type, std::span<const Value> arguments, Run& run);
Value create(Type type, std::span<const Value> arguments, Run& run);
bool is_instance(Value value, Type type);

}  // namespace perigee::el
