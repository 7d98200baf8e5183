// The tables of types and of their static methods.
#include <utility>

#include "el/methods.hpp"
#include "el/statics.hpp"

namespace perigee::el {
namespace {

constexpr std::pair<std::string_view, Type> kTypes[] = {
    {"java.lang.String", Type::string},
    {"java.lang.Integer", Type::integer},
    {"int", Type::integer},
    {"java.lang.Long", Type::long_integer},
    {"long", Type::long_integer},
    {"java.lang.Short", Type::short_integer},
    {"short", Type::short_integer},
    {"java.lang.Double", Type::real},
    {"double", Type::real},
    {"java.lang.Float", Type::single},
    {"float", Type::single},
    {"java.lang.Math", Type::math},
    {"java.util.Base64", Type::base64},
    {"java.net.URLEncoder", Type::url_encoder},
    {"java.net.URLDecoder", Type::url_decoder},
    {"java.util.UUID", Type::uuid},
    {"java.lang.System", Type::system},
    {"java.util.Collections", Type::collections},
    {"java.util.Random", Type::random},
    {"java.lang.Object", Type::object},
    {"java.lang.Boolean", Type::boolean},
    {"boolean", Type::boolean},
    {"java.lang.Number", Type::number},
    {"java.util.List", Type::list},
    {"java.util.Collection", Type::list},
    {"java.util.Map", Type::map},
    {"java.lang.CharSequence", Type::string},
    {"java.lang.Comparable", Type::comparable},
    {"java.math.BigDecimal", Type::decimal},
    {"java.util.Date", Type::date},
    {"java.util.Calendar", Type::calendar},
    {"java.util.TimeZone", Type::time_zone},
    {"java.util.Comparator", Type::nothing},
    {"java.util.Deque", Type::nothing},
    {"java.time.LocalDate", Type::local_date},
    {"java.time.LocalDateTime", Type::local_date_time},
    {"java.time.ZonedDateTime", Type::zoned_date_time},
    {"java.time.format.DateTimeFormatter", Type::date_time_formatter},
    {"java.text.DateFormat", Type::date_format},
    {"java.text.SimpleDateFormat", Type::simple_date_format},
    {"java.text.NumberFormat", Type::number_format},
    {"java.text.DecimalFormat", Type::decimal_format},
    {"java.text.MessageFormat", Type::message_format},
};

using enum StaticMethod;
constexpr std::uint8_t kMany = kArgumentsMax;

constexpr StaticInfo kStatics[] = {
    {Type::string, "format", string_format, 1, kMany},
    {Type::string, "valueOf", string_value_of, 1, 1},
    {Type::string, "join", string_join, 2, kMany},
    {Type::string, "copyValueOf", string_copy_value_of, 1, 1},
    {Type::integer, "parseInt", parse_int, 1, 2},
    {Type::integer, "valueOf", int_value_of, 1, 2},
    {Type::integer, "toString", int_to_string, 1, 2},
    {Type::integer, "toHexString", to_hex, 1, 1},
    {Type::integer, "toBinaryString", to_binary, 1, 1},
    {Type::integer, "toOctalString", to_octal, 1, 1},
    {Type::long_integer, "parseLong", parse_long, 1, 2},
    {Type::long_integer, "valueOf", long_value_of, 1, 2},
    {Type::long_integer, "toString", int_to_string, 1, 2},
    {Type::long_integer, "toHexString", to_hex, 1, 1},
    {Type::long_integer, "toBinaryString", to_binary, 1, 1},
    {Type::long_integer, "toOctalString", to_octal, 1, 1},
    {Type::short_integer, "parseShort", parse_short, 1, 1},
    {Type::short_integer, "valueOf", parse_short, 1, 1},
    {Type::short_integer, "toString", int_to_string, 1, 1},
    {Type::real, "parseDouble", parse_double, 1, 1},
    {Type::real, "valueOf", double_value_of, 1, 1},
    {Type::real, "toString", double_to_string, 1, 1},
    {Type::real, "isNaN", is_nan, 1, 1},
    {Type::real, "isInfinite", is_infinite, 1, 1},
    {Type::real, "isFinite", is_finite, 1, 1},
    {Type::single, "parseFloat", parse_double, 1, 1},
    {Type::single, "valueOf", double_value_of, 1, 1},
    {Type::single, "toString", double_to_string, 1, 1},
    {Type::single, "isNaN", is_nan, 1, 1},
    {Type::single, "isInfinite", is_infinite, 1, 1},
    {Type::single, "isFinite", is_finite, 1, 1},
    {Type::math, "max", max, 2, 2},
    {Type::math, "min", min, 2, 2},
    {Type::math, "signum", signum, 1, 1},
    {Type::math, "abs", abs, 1, 1},
    {Type::math, "floor", floor, 1, 1},
    {Type::math, "ceil", ceil, 1, 1},
    {Type::math, "round", round, 1, 1},
    {Type::math, "rint", rint, 1, 1},
    {Type::math, "sqrt", sqrt, 1, 1},
    {Type::math, "cbrt", cbrt, 1, 1},
    {Type::math, "pow", pow, 2, 2},
    {Type::math, "random", StaticMethod::random},
    {Type::math, "exp", exp, 1, 1},
    {Type::math, "log", log, 1, 1},
    {Type::math, "log10", log10, 1, 1},
    {Type::math, "log1p", log1p, 1, 1},
    {Type::math, "expm1", expm1, 1, 1},
    {Type::math, "sinh", sinh, 1, 1},
    {Type::math, "cosh", cosh, 1, 1},
    {Type::math, "tanh", tanh, 1, 1},
    {Type::math, "sin", sin, 1, 1},
    {Type::math, "cos", cos, 1, 1},
    {Type::math, "tan", tan, 1, 1},
    {Type::math, "asin", asin, 1, 1},
    {Type::math, "acos", acos, 1, 1},
    {Type::math, "atan", atan, 1, 1},
    {Type::math, "atan2", atan2, 2, 2},
    {Type::math, "hypot", hypot, 2, 2},
    {Type::math, "floorDiv", floor_div, 2, 2},
    {Type::math, "floorMod", floor_mod, 2, 2},
    {Type::math, "toRadians", to_radians, 1, 1},
    {Type::math, "toDegrees", to_degrees, 1, 1},
    {Type::math, "addExact", add_exact, 2, 2},
    {Type::math, "subtractExact", subtract_exact, 2, 2},
    {Type::math, "multiplyExact", multiply_exact, 2, 2},
    {Type::math, "toIntExact", to_int_exact, 1, 1},
    {Type::math, "negateExact", negate_exact, 1, 1},
    {Type::math, "incrementExact", increment_exact, 1, 1},
    {Type::math, "decrementExact", decrement_exact, 1, 1},
    {Type::base64, "getEncoder", base64_encoder},
    {Type::base64, "getDecoder", base64_decoder},
    {Type::base64, "getUrlEncoder", base64_url_encoder},
    {Type::base64, "getUrlDecoder", base64_url_decoder},
    {Type::base64, "getMimeEncoder", base64_mime_encoder},
    {Type::base64, "getMimeDecoder", base64_mime_decoder},
    {Type::url_encoder, "encode", form_encode, 2, 2},
    {Type::url_decoder, "decode", form_decode, 2, 2},
    {Type::uuid, "randomUUID", StaticMethod::random_uuid},
    {Type::system, "currentTimeMillis", current_time_millis},
    {Type::system, "nanoTime", nano_time},
    {Type::collections, "max", collections_max, 1, 1},
    {Type::collections, "min", collections_min, 1, 1},
    {Type::collections, "frequency", collections_frequency, 2, 2},
    {Type::collections, "disjoint", collections_disjoint, 2, 2},
    {Type::collections, "binarySearch", collections_binary_search, 2, 2},
    {Type::collections, "indexOfSubList", collections_index_of_sub_list, 2, 2},
    {Type::collections, "lastIndexOfSubList", collections_last_index_of_sub_list, 2, 2},
    {Type::decimal, "valueOf", decimal_value_of, 1, 2},
    {Type::time_zone, "getTimeZone", get_time_zone, 1, 1},
    {Type::calendar, "getInstance", now, 0, 1},
    {Type::local_date, "now", now, 0, 1},
    {Type::local_date, "of", of, 3, 3},
    {Type::local_date, "ofEpochDay", of_epoch_day, 1, 1},
    {Type::local_date, "ofYearDay", of_year_day, 2, 2},
    {Type::local_date, "parse", parse, 1, 2},
    {Type::local_date_time, "now", now, 0, 1},
    {Type::local_date_time, "of", of, 5, 7},
    {Type::local_date_time, "parse", parse, 1, 2},
    {Type::zoned_date_time, "now", now, 0, 1},
    {Type::zoned_date_time, "of", of, 8, 8},
    {Type::zoned_date_time, "parse", parse, 1, 2},
    {Type::date_time_formatter, "ofPattern", of_pattern, 1, 2},
    {Type::date_format, "getDateInstance", date_instance},
    {Type::date_format, "getTimeInstance", time_instance},
    {Type::date_format, "getDateTimeInstance", date_time_instance},
    {Type::date_format, "getInstance", short_date_time_instance},
    {Type::number_format, "getInstance", StaticMethod::number_instance, 0, 1},
    {Type::number_format, "getNumberInstance", StaticMethod::number_instance, 0, 1},
    {Type::number_format, "getIntegerInstance", integer_instance, 0, 1},
    {Type::number_format, "getPercentInstance", percent_instance, 0, 1},
    {Type::number_format, "getCurrencyInstance", currency_instance, 0, 1},
    {Type::message_format, "format", message_format, 1, kMany},
};

// Every number type has these.
constexpr StaticInfo kOfNumbers[] = {
    {Type::number, "compare", compare, 2, 2}, {Type::number, "max", max, 2, 2},
    {Type::number, "min", min, 2, 2},         {Type::number, "sum", sum, 2, 2},
    {Type::number, "signum", signum, 1, 1},
};

// Integer and Long have these.
constexpr StaticInfo kOfBits[] = {
    {Type::number, "bitCount", bit_count, 1, 1},
    {Type::number, "numberOfLeadingZeros", leading_zeros, 1, 1},
    {Type::number, "numberOfTrailingZeros", trailing_zeros, 1, 1},
    {Type::number, "highestOneBit", highest_one_bit, 1, 1},
    {Type::number, "lowestOneBit", lowest_one_bit, 1, 1},
    {Type::number, "reverse", reverse_bits, 1, 1},
    {Type::number, "reverseBytes", reverse_bytes, 1, 1},
    {Type::number, "rotateLeft", rotate_left, 2, 2},
    {Type::number, "rotateRight", rotate_right, 2, 2},
    {Type::number, "compareUnsigned", compare_unsigned, 2, 2},
    {Type::number, "divideUnsigned", divide_unsigned, 2, 2},
    {Type::number, "remainderUnsigned", remainder_unsigned, 2, 2},
};

bool is_number_type(Type type) { return type >= Type::integer && type <= Type::single; }

// What types have in common beside kStatics.
std::vector<std::span<const StaticInfo>> shared_by(Type type) {
  std::vector<std::span<const StaticInfo>> tables;
  if (is_number_type(type)) tables.emplace_back(kOfNumbers);
  if (type == Type::integer || type == Type::long_integer) tables.emplace_back(kOfBits);
  return tables;
}

}  // namespace

std::optional<Type> find_type(std::string_view name) {
  constexpr std::string_view kLang = "java.lang.";
  for (auto [full, type] : kTypes)
    if (full == name || (full.starts_with(kLang) && full.substr(kLang.size()) == name)) return type;
  return std::nullopt;
}

const StaticInfo* find_static(Type type, std::string_view name) {
  for (const StaticInfo& info : kStatics)
    if (info.type == type && info.name == name) return &info;
  for (std::span<const StaticInfo> table : shared_by(type))
    for (const StaticInfo& info : table)
      if (info.name == name) return &info;
  return nullptr;
}

std::vector<std::string_view> type_names() {
  std::vector<std::string_view> names;
  for (auto [full, type] : kTypes) names.push_back(full);
  return names;
}

std::vector<std::string_view> static_names(Type type) {
  std::vector<std::string_view> names;
  for (const StaticInfo& info : kStatics)
    if (info.type == type) names.push_back(info.name);
  for (std::span<const StaticInfo> table : shared_by(type))
    for (const StaticInfo& info : table) names.push_back(info.name);
  return names;
}

bool is_pure(StaticMethod method) {
  return method != StaticMethod::random && method != StaticMethod::random_uuid &&
         method != current_time_millis && method != nano_time && method != now;
}

bool is_constructible(Type type) {
  return type == Type::string || is_number_type(type) || type == Type::random ||
         type == Type::decimal || type == Type::date || type == Type::simple_date_format ||
         type == Type::decimal_format || type == Type::message_format;
}

std::size_t constructor_arguments_max(Type type) {
  bool takes_two = type == Type::string || type == Type::simple_date_format ||
                   type == Type::message_format;  // a charset, a locale
  return takes_two ? 2 : 1;
}

}  // namespace perigee::el
