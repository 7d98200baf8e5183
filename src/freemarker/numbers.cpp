#include "freemarker/numbers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace perigee::freemarker {

using el::Value;

namespace {

constexpr double kExactMax = 9007199254740992.0;  // 2^53
constexpr std::size_t kFractionMax = 20;
constexpr std::size_t kWholeMax = 40;

double in_15_digits(double number) {
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), "%.15g", number);
  double rounded = number;
  std::string_view view(text.data());
  std::from_chars(view.data(), view.data() + view.size(), rounded);
  return rounded;
}

std::string fixed(double number, std::size_t fraction) {
  std::array<char, 400> text;
  char* end = std::to_chars(text.data(), text.data() + text.size(), number,
                            std::chars_format::fixed, static_cast<int>(fraction))
                  .ptr;
  return {text.data(), end};
}

std::string shortest(double number) {
  std::array<char, 400> text;
  char* end =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed).ptr;
  return {text.data(), end};
}

struct Format {
  std::string_view prefix, suffix;
  std::size_t whole_min = 0, group = 0, fraction_min = 0, fraction_max = 0;
  bool percent = false;
};

std::optional<Format> read_format(std::string_view pattern) {
  constexpr std::string_view kDigits = "#0,.";
  std::size_t begin = pattern.find_first_of(kDigits), end = pattern.find_last_of(kDigits);
  if (begin == pattern.npos || pattern.find_first_of("E;'\xc2\xe2") != pattern.npos)
    return std::nullopt;
  Format format;
  format.prefix = pattern.substr(0, begin);
  format.suffix = pattern.substr(end + 1);
  std::string_view digits = pattern.substr(begin, end + 1 - begin);
  std::string_view whole = digits.substr(0, digits.find('.'));
  std::string_view fraction = whole.size() < digits.size() ? digits.substr(whole.size() + 1) : "";
  if (digits.find_first_not_of(kDigits) != digits.npos ||
      fraction.find_first_not_of("#0") != fraction.npos)
    return std::nullopt;
  format.whole_min = static_cast<std::size_t>(std::ranges::count(whole, '0'));
  std::size_t comma = whole.rfind(',');
  if (comma != whole.npos) format.group = whole.size() - comma - 1;
  format.fraction_min = static_cast<std::size_t>(std::ranges::count(fraction, '0'));
  format.fraction_max = fraction.size();
  if (format.fraction_max > kFractionMax || format.whole_min > kWholeMax) return std::nullopt;
  format.percent = format.prefix.ends_with('%') || format.suffix.starts_with('%');
  return format;
}

std::string grouped(std::string whole, std::size_t group) {
  if (group == 0) return whole;
  for (std::size_t at = whole.size(); at > group; at -= group) whole.insert(at - group, ",");
  return whole;
}

std::string apply(const Format& format, Value number) {
  bool whole_number = number.is_integral() && !format.percent;
  double real = number.as_real() * (format.percent ? 100 : 1);
  std::string digits = whole_number ? std::to_string(number.as_integer()) : shortest(real);
  std::size_t dot = digits.find('.');
  if (dot != digits.npos && digits.size() - dot - 1 > format.fraction_max)
    digits = fixed(real, format.fraction_max);
  bool negative = digits.starts_with('-');
  if (negative) digits.erase(0, 1);
  std::size_t point = std::min(digits.find('.'), digits.size());
  std::string whole = digits.substr(0, point);
  std::string fraction = point < digits.size() ? digits.substr(point + 1) : "";
  while (fraction.size() > format.fraction_min && fraction.ends_with('0')) fraction.pop_back();
  fraction.resize(std::max(fraction.size(), format.fraction_min), '0');
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
  if (whole.size() < format.whole_min) whole.insert(0, format.whole_min - whole.size(), '0');
  if (whole.empty() && fraction.empty()) whole = "0";
  bool zero = (whole + fraction).find_first_not_of('0') == std::string::npos;
  std::string text = negative && !zero ? "-" : "";
  text.append(format.prefix).append(grouped(whole, format.group));
  if (!fraction.empty()) text.append(".").append(fraction);
  return text.append(format.suffix);
}

}  // namespace

Value number_value(double number) {
  if (number == std::trunc(number) && std::abs(number) <= kExactMax)
    return Value::long_integer(static_cast<std::int64_t>(number));
  return Value::real(number);
}

std::optional<Value> compute(Op op, Value a, Value b) {
  std::int64_t whole = 0;
  bool exact = a.is_integral() && b.is_integral();
  std::int64_t x = exact ? a.as_integer() : 0, y = exact ? b.as_integer() : 0;
  double u = a.as_real(), v = b.as_real();
  switch (op) {
    case Op::add:
      if (exact && !__builtin_add_overflow(x, y, &whole)) return Value::long_integer(whole);
      return number_value(in_15_digits(u + v));
    case Op::subtract:
      if (exact && !__builtin_sub_overflow(x, y, &whole)) return Value::long_integer(whole);
      return number_value(in_15_digits(u - v));
    case Op::multiply:
      if (exact && !__builtin_mul_overflow(x, y, &whole)) return Value::long_integer(whole);
      return number_value(in_15_digits(u * v));
    case Op::divide:
      if (v == 0) return std::nullopt;
      // compat: a quotient has twelve digits behind its point.
      if (std::abs(u / v) < 1000) return number_value(std::round(u / v * 1e12) / 1e12);
      return number_value(in_15_digits(u / v));
    default: {  // modulo, of the whole parts
      double divisor = std::trunc(v);
      if (divisor == 0) return std::nullopt;
      if (exact) return Value::long_integer(y == -1 ? 0 : x % y);
      return number_value(std::fmod(std::trunc(u), divisor));
    }
  }
}

int compare(Value a, Value b) {
  if (a.is_integral() && b.is_integral())
    return a.as_integer() < b.as_integer() ? -1 : a.as_integer() > b.as_integer();
  return a.as_real() < b.as_real() ? -1 : a.as_real() > b.as_real();
}

std::string computer_text(Value number) {
  if (number.is_integral()) return std::to_string(number.as_integer());
  double real = number.as_real();
  if (std::isnan(real)) return "NaN";
  if (std::isinf(real)) return real > 0 ? "INF" : "-INF";
  return apply(*read_format("0.################"), number);
}

std::optional<std::string> formatted(Value number, std::string_view format) {
  if (format == "computer" || format == "c") return computer_text(number);
  double real = number.as_real();
  if (std::isnan(real)) return "NaN";
  if (std::isinf(real)) return real > 0 ? "\xe2\x88\x9e" : "-\xe2\x88\x9e";
  if (format.empty() || format == "number") format = "#,##0.###";
  if (format == "percent") format = "#,##0%";
  std::optional<Format> read = read_format(format);
  if (!read) return std::nullopt;
  return apply(*read, number);
}

std::optional<Value> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t whole = 0;
  const char* last = text.data() + text.size();
  auto [end, problem] = std::from_chars(text.data(), last, whole);
  if (problem == std::errc() && end == last) return Value::long_integer(whole);
  bool plain = !text.empty() && text.find_first_not_of("0123456789+-.eE") == text.npos;
  double real = 0;
  auto [real_end, real_problem] = std::from_chars(text.data(), last, real);
  if (!plain || real_problem != std::errc() || real_end != last) return std::nullopt;
  return number_value(real);
}

}  // namespace perigee::freemarker
