// The names of the methods that expressions may call.
#include <algorithm>
#include <string>

#include "el/convert.hpp"
#include "el/methods.hpp"
#include "el/run.hpp"
#include "el/temporal.hpp"

namespace perigee::el {
namespace {

using enum Method;

constexpr std::uint8_t detail(Field field) { return static_cast<std::uint8_t>(field); }

constexpr MethodInfo kMethods[] = {
    {"equals", equals, 1, 1},
    {"hashCode", hash_code},
    {"toString", to_string},
    {"length", length},
    {"isEmpty", is_empty},
    {"isBlank", Method::is_blank},
    {"charAt", char_at, 1, 1},
    {"substring", substring, 1, 2},
    {"subSequence", sub_sequence, 2, 2},
    {"indexOf", index_of, 1, 2},
    {"lastIndexOf", last_index_of, 1, 2},
    {"contains", contains, 1, 1},
    {"startsWith", starts_with, 1, 2},
    {"endsWith", ends_with, 1, 1},
    {"equalsIgnoreCase", equals_ignore_case, 1, 1},
    {"compareTo", compare_to, 1, 1},
    {"compareToIgnoreCase", compare_to_ignore_case, 1, 1},
    {"toLowerCase", to_lower_case},
    {"toUpperCase", to_upper_case},
    {"trim", Method::trim},
    {"strip", strip},
    {"stripLeading", strip_leading},
    {"stripTrailing", strip_trailing},
    {"replace", replace, 2, 2},
    {"replaceAll", replace_all, 2, 2},
    {"replaceFirst", replace_first, 2, 2},
    {"split", split, 1, 2},
    {"matches", matches, 1, 1},
    {"concat", concat, 1, 1},
    {"repeat", repeat, 1, 1},
    {"getBytes", get_bytes, 0, 1},
    {"codePointAt", code_point_at, 1, 1},
    {"formatted", formatted, 0, kArgumentsMax},
    {"toCharArray", to_char_array},
    {"contentEquals", content_equals, 1, 1},
    {"intern", intern},
    {"size", size},
    {"get", get, 1, 2},
    {"containsKey", contains_key, 1, 1},
    {"containsValue", contains_value, 1, 1},
    {"entrySet", entry_set},
    {"getOrDefault", get_or_default, 2, 2},
    {"keySet", key_set},
    {"values", values},
    {"getKey", get_key},
    {"getValue", get_value},
    {"toSingleValueMap", to_single_value_map},
    {"getFirst", get_first, 1, 1},
    {"containsAllKeys", contains_all_keys, 1, 1},
    {"getAll", get_all, 1, 1},
    {"names", names},
    {"add", add, 1, 1},
    {"subtract", subtract, 1, 1},
    {"multiply", multiply, 1, 1},
    {"divide", divide, 1, 3},
    {"remainder", Method::remainder, 1, 1},
    {"pow", Method::pow, 1, 1},
    {"negate", Method::negate},
    {"abs", Method::abs},
    {"signum", signum},
    {"scale", scale},
    {"precision", precision},
    {"setScale", set_scale, 1, 2},
    {"stripTrailingZeros", strip_trailing_zeros},
    {"toPlainString", to_plain_string},
    {"max", Method::max, 1, 1},
    {"min", Method::min, 1, 1},
    {"movePointLeft", move_point_left, 1, 1},
    {"movePointRight", move_point_right, 1, 1},
    {"getTime", get_time},
    {"getTimeInMillis", get_time_in_millis},
    {"before", before, 1, 1},
    {"after", after, 1, 1},
    {"isBefore", before, 1, 1},
    {"isAfter", after, 1, 1},
    {"isEqual", is_equal, 1, 1},
    {"getYear", get_year},
    {"getMonth", get_month},
    {"getDayOfWeek", get_day_of_week},
    {"getMonthValue", get_field, 0, 0, detail(Field::month)},
    {"getDayOfMonth", get_field, 0, 0, detail(Field::day)},
    {"getDayOfYear", get_field, 0, 0, detail(Field::day_of_year)},
    {"getHour", get_field, 0, 0, detail(Field::hour)},
    {"getMinute", get_field, 0, 0, detail(Field::minute)},
    {"getSecond", get_field, 0, 0, detail(Field::second)},
    {"getNano", get_field, 0, 0, detail(Field::nano)},
    {"getDate", get_old_field, 0, 0, detail(Field::day)},
    {"getDay", get_old_field, 0, 0, detail(Field::day_of_week)},
    {"getHours", get_old_field, 0, 0, detail(Field::hour)},
    {"getMinutes", get_old_field, 0, 0, detail(Field::minute)},
    {"getSeconds", get_old_field, 0, 0, detail(Field::second)},
    {"plusYears", Method::plus, 1, 1, detail(Field::year)},
    {"minusYears", Method::minus, 1, 1, detail(Field::year)},
    {"plusMonths", Method::plus, 1, 1, detail(Field::month)},
    {"minusMonths", Method::minus, 1, 1, detail(Field::month)},
    {"plusWeeks", Method::plus, 1, 1, detail(Field::week)},
    {"minusWeeks", Method::minus, 1, 1, detail(Field::week)},
    {"plusDays", Method::plus, 1, 1, detail(Field::day)},
    {"minusDays", Method::minus, 1, 1, detail(Field::day)},
    {"plusHours", Method::plus, 1, 1, detail(Field::hour)},
    {"minusHours", Method::minus, 1, 1, detail(Field::hour)},
    {"plusMinutes", Method::plus, 1, 1, detail(Field::minute)},
    {"minusMinutes", Method::minus, 1, 1, detail(Field::minute)},
    {"plusSeconds", Method::plus, 1, 1, detail(Field::second)},
    {"minusSeconds", Method::minus, 1, 1, detail(Field::second)},
    {"plusNanos", Method::plus, 1, 1, detail(Field::nano)},
    {"minusNanos", Method::minus, 1, 1, detail(Field::nano)},
    {"withYear", with_field, 1, 1, detail(Field::year)},
    {"withMonth", with_field, 1, 1, detail(Field::month)},
    {"withDayOfMonth", with_field, 1, 1, detail(Field::day)},
    {"withDayOfYear", with_field, 1, 1, detail(Field::day_of_year)},
    {"withHour", with_field, 1, 1, detail(Field::hour)},
    {"withMinute", with_field, 1, 1, detail(Field::minute)},
    {"withSecond", with_field, 1, 1, detail(Field::second)},
    {"withNano", with_field, 1, 1, detail(Field::nano)},
    {"lengthOfMonth", length_of_month},
    {"lengthOfYear", length_of_year},
    {"isLeapYear", Method::is_leap_year},
    {"atStartOfDay", at_start_of_day},
    {"atZone", at_zone, 1, 1},
    {"withZoneSameInstant", with_zone, 1, 1},
    {"toLocalDate", to_local_date},
    {"toLocalDateTime", to_local_date_time},
    {"toEpochDay", to_epoch_day},
    {"toEpochSecond", to_epoch_second},
    {"truncatedTo", truncated_to, 1, 1},
    {"format", Method::format, 1, 1},
    {"parse", parse, 1, 1},
    {"toPattern", to_pattern},
    {"withZone", with_zone_of, 1, 1},
    {"intValue", int_value},
    {"longValue", long_value},
    {"shortValue", short_value},
    {"byteValue", byte_value},
    {"floatValue", float_value},
    {"doubleValue", double_value},
    {"isNaN", is_nan},
    {"isInfinite", is_infinite},
    {"encode", encode, 1, 1},
    {"encodeToString", encode_to_string, 1, 1},
    {"decode", decode, 1, 1},
    {"withoutPadding", without_padding},
    {"nextInt", next_int, 0, 2},
    {"nextLong", next_long},
    {"nextDouble", next_double},
    {"nextFloat", next_float},
    {"nextBoolean", next_boolean},
};

}  // namespace

const MethodInfo* find_method(std::string_view name) {
  auto found = std::ranges::find(kMethods, name, &MethodInfo::name);
  return found == std::end(kMethods) ? nullptr : found;
}

std::vector<std::string_view> method_names() {
  std::vector<std::string_view> names;
  for (const MethodInfo& info : kMethods) names.push_back(info.name);
  return names;
}

bool is_of_containers(Method method) {
  return method <= to_string || (method >= size && method <= names) || method == contains ||
         method == is_empty;
}

std::vector<std::string_view> container_method_names() {
  std::vector<std::string_view> names = method_names();
  std::erase_if(names,
                [](std::string_view name) { return !is_of_containers(find_method(name)->method); });
  return names;
}

bool takes_pattern(Method method) {
  return method == matches || method == replace_all || method == replace_first || method == split;
}

bool is_pure(Method method) { return method < next_int; }

Value not_allowed(const Call& call) {
  auto info = std::ranges::find_if(kMethods, [&](const MethodInfo& known) {
    return known.method == call.method && known.detail == call.detail;
  });
  return call.run.fail("the method '" + std::string(info->name) + "' is not allowed on " +
                       std::string(kind_name(call.target)));
}

}  // namespace perigee::el
