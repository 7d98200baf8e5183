// The white list of types, their static methods and constructors. Internal to el.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

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
  // For instanceof only.
  object,
  boolean,
  number,
  list,
  map,
  comparable,
  // White-listed, but not done by this version (dates, BigDecimal, ..).
  unsupported,
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
  unsupported,  // white-listed, but not done by this version
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
bool is_pure(StaticMethod method);
// Types that `new` may make.
bool is_constructible(Type type);

Value call_static(StaticMethod method, std::span<const Value> arguments, Run& run);
Value call_math(StaticMethod method, std::span<const Value> arguments, Run& run);
Value create(Type type, std::span<const Value> arguments, Run& run);
bool is_instance(Value value, Type type);

}  // namespace perigee::el
