#include "el/convert.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/ascii.hpp"
#include "el/access.hpp"
#include "el/decimal.hpp"
#include "el/run.hpp"
#include "el/temporal.hpp"
#include "el/text.hpp"

namespace perigee::el {
namespace {

Text list_text(Value list, Run& run) {
  Inside inside(run);
  if (!inside.ok() || !run.step()) return {};
  if (list.list_size() == 1 && !list.item(0).is_null()) return to_text(list.item(0), run);
  std::string joined;
  for (std::size_t i = 0; i < list.list_size(); ++i) {
    Text text = run.step() ? to_text(list.item(i), run) : Text();
    if (!text.ok) return {};
    if (text.is_null) text.text = "null";  // compat: List.NullElementsAreTheWordNull
    if (!run.build(text.text.size() + 1)) return {};
    if (i > 0) joined += ',';
    joined += text.text;
  }
  return {true, false, run.arena.copy(joined)};
}

Text bytes_text(std::string_view bytes, Run& run) {
  constexpr std::size_t kNumberBytesMax = 5;  // "-128,"
  if (!run.build(bytes.size() * kNumberBytesMax)) return {};
  std::string joined;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) joined += ',';
    joined += std::to_string(static_cast<signed char>(bytes[i]));
  }
  return {true, false, run.arena.copy(joined)};
}

bool append_entry(std::string& to, const MapEntry& entry, Run& run) {
  if (!append_java_text(to, entry.key, run)) return false;
  to += '=';
  return append_java_text(to, entry.value, run);
}

bool append_map(std::string& to, Value value, Run& run) {
  std::span<const MapEntry> entries;
  if (!run.list_entries(value, entries)) return false;
  to += '{';
  for (const MapEntry& entry : entries) {
    if (&entry != entries.data()) to += ", ";
    if (!append_entry(to, entry, run)) return false;
  }
  to += '}';
  return true;
}

bool append_list(std::string& to, Value value, Run& run) {
  to += '[';
  for (std::size_t i = 0; i < value.list_size(); ++i) {
    if (i > 0) to += ", ";
    if (!append_java_text(to, value.item(i), run)) return false;
  }
  to += ']';
  return true;
}

// "1.5E10" from the shortest digits that give the same number back.
std::string scientific(std::string_view digits, int exponent) {
  std::string text(1, digits[0]);
  text += '.';
  text += digits.size() > 1 ? digits.substr(1) : "0";
  return text + "E" + std::to_string(exponent);
}

std::string plain(std::string_view digits, int exponent) {
  if (exponent < 0)
    return "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + std::string(digits);
  std::string whole(digits.substr(0, static_cast<std::size_t>(exponent) + 1));
  whole.resize(static_cast<std::size_t>(exponent) + 1, '0');
  bool has_rest = digits.size() > static_cast<std::size_t>(exponent) + 1;
  return whole + "." +
         (has_rest ? std::string(digits.substr(static_cast<std::size_t>(exponent) + 1)) : "0");
}

// compat: a list converts as its first element, an empty one as null.
Value first_element(Value value) {
  while (value.is_list()) value = value.list_size() == 0 ? Value::null() : value.item(0);
  return value;
}

Number text_to_long(std::string_view text, std::string& problem) {
  std::string_view trimmed = trim(text);
  if (trimmed.empty()) return {true, true, 0};
  if (auto number = parse_integer(trimmed)) return {true, false, *number};
  problem = described(text) + " is not an integer";
  return {};
}

Number real_to_long(double d, std::string& problem) {
  if (std::abs(d) < 9.2e18) return {true, false, static_cast<std::int64_t>(d)};
  problem = java_double(d) + " does not fit an integer";
  return {};
}

}  // namespace

std::string java_double(double d) {
  if (std::isnan(d)) return "NaN";
  if (std::isinf(d)) return d > 0 ? "Infinity" : "-Infinity";
  if (d == 0) return std::signbit(d) ? "-0.0" : "0.0";
  char buffer[32];
  auto end =
      std::to_chars(buffer, buffer + sizeof(buffer), std::abs(d), std::chars_format::scientific)
          .ptr;
  std::string_view written(buffer, static_cast<std::size_t>(end - buffer));
  std::size_t mark = written.find('e');
  int exponent = 0;
  std::string_view exponent_text = written.substr(mark + (written[mark + 1] == '+' ? 2 : 1));
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  std::string digits(written.substr(0, 1));
  if (mark > 2) digits += written.substr(2, mark - 2);
  bool is_plain = exponent >= -3 && exponent < 7;
  return (d < 0 ? "-" : "") + (is_plain ? plain(digits, exponent) : scientific(digits, exponent));
}

std::string_view java_double(double d, Arena& arena) { return arena.copy(java_double(d)); }

std::string_view integer_text(std::int64_t n, Arena& arena) {
  char buffer[24];
  auto end = std::to_chars(buffer, buffer + sizeof(buffer), n).ptr;
  return arena.copy({buffer, static_cast<std::size_t>(end - buffer)});
}

Text to_text(Value value, Run& run) {
  switch (value.kind()) {
    case Kind::null:
      return {true, true, {}};
    case Kind::text:
      return {true, false, value.as_text()};
    case Kind::boolean:
      return {true, false, value.as_boolean() ? "true" : "false"};
    case Kind::integer:
    case Kind::long_integer:
      return {true, false, integer_text(value.as_integer(), run.arena)};
    case Kind::real:
      return {true, false, java_double(value.as_real(), run.arena)};
    case Kind::decimal:
      return {true, false, run.arena.copy(decimal_text(value.as_decimal()))};
    case Kind::temporal:
      return {true, false, run.arena.copy(temporal_text(value.as_temporal()))};
    case Kind::bytes:
      return bytes_text(value.as_text(), run);
    case Kind::list:
    case Kind::json_list:
      return list_text(value, run);
    default:
      break;
  }
  run.problem = std::string(kind_name(value)) + " has no text form";
  return {};
}

bool append_java_text(std::string& to, Value value, Run& run) {
  Inside inside(run);
  if (!inside.ok() || !run.step()) return false;
  if (value.is_map()) return append_map(to, value, run);
  if (value.is_list()) return append_list(to, value, run);
  if (value.kind() == Kind::entry) return append_entry(to, value.as_entry(), run);
  Text text = to_text(value, run);
  if (run.exhausted) return false;
  if (!text.ok) {
    text.text = kind_name(value);
    run.problem.clear();
  } else if (text.is_null) {
    text.text = "null";
  }
  to += text.text;
  return run.build(text.text.size());
}

Truth to_boolean(Value value, std::string& problem) {
  value = first_element(value);
  if (value.is_boolean()) return value.as_boolean() ? Truth::yes : Truth::no;
  if (value.is_null()) return Truth::null;
  if (value.is_text()) {
    std::string_view text = trim(value.as_text());
    if (text.empty()) return Truth::null;
    for (std::string_view word : {"true", "on", "yes", "1"})
      if (equals_ignoring_case(text, word)) return Truth::yes;
    for (std::string_view word : {"false", "off", "no", "0"})
      if (equals_ignoring_case(text, word)) return Truth::no;
    problem = described(value.as_text()) + " is not a boolean";
    return Truth::failed;
  }
  problem = std::string(kind_name(value)) + " is not a boolean";
  return Truth::failed;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  }
  std::uint64_t magnitude = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  std::uint64_t limit =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) + negative;
  if (magnitude > limit) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

std::optional<double> parse_real(std::string_view text) {
  text = trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  if (!text.empty() &&
      (text.back() == 'd' || text.back() == 'f' || text.back() == 'D' || text.back() == 'F'))
    text.remove_suffix(1);
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text.empty() || text.find_first_not_of("0123456789+-.eE") != text.npos) return std::nullopt;
  double number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Number to_long(Value value, std::string& problem) {
  value = first_element(value);
  if (value.is_integral()) return {true, false, value.as_integer()};
  if (value.kind() == Kind::real || value.kind() == Kind::decimal)
    return real_to_long(value.as_real(), problem);
  if (value.is_null()) return {true, true, 0};
  if (value.is_text()) return text_to_long(value.as_text(), problem);
  problem = std::string(kind_name(value)) + " is not a number";
  return {};
}

Number to_int(Value value, std::string& problem) {
  Number number = to_long(value, problem);
  if (!number.ok || number.value == static_cast<std::int32_t>(number.value)) return number;
  problem = std::to_string(number.value) + " does not fit 32 bits";
  return {};
}

std::string_view kind_name(Value value) {
  switch (value.kind()) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "a boolean";
    case Kind::integer:
    case Kind::long_integer:
    case Kind::real:
    case Kind::decimal:
      return "a number";
    case Kind::text:
      return "a text";
    case Kind::bytes:
      return "a byte array";
    case Kind::list:
    case Kind::json_list:
      return "a list";
    case Kind::map:
    case Kind::json_map:
      return "a map";
    case Kind::entry:
      return "a map entry";
    case Kind::object:
      switch (value.as_object().shape()) {
        case Object::Shape::bean:
          return "an object";
        case Object::Shape::map:
          return "a map";
        case Object::Shape::multi_map:
          return "a multi-map";
        case Object::Shape::headers:
          return "a header collection";
      }
      return "an object";
    case Kind::bean:
      return name_of(value.as_bean());
    case Kind::type:
      return "a type";
    case Kind::codec:
      return "an encoder or decoder";
    case Kind::random:
      return "a random generator";
    case Kind::temporal:
      return value.as_temporal().type == TemporalType::zone ? "a time zone" : "a date";
    case Kind::format:
      return "a format";
    case Kind::absent:
    case Kind::failed:
      break;
  }
  return "nothing";
}

}  // namespace perigee::el
