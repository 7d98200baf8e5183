#include "el/number_format.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "el/convert.hpp"
#include "el/date_format.hpp"
#include "el/decimal.hpp"
#include "el/text.hpp"

namespace perigee::el {
namespace {

struct NumberPattern {
  std::string prefix, suffix;
  std::optional<std::string> negative_prefix, negative_suffix;
  std::size_t whole_min = 0, fraction_min = 0, fraction_max = 0, group = 0;
  int shift = 0;  // decimal places: 2 for %
  std::string problem;
};

class NumberPatternParser {
 public:
  explicit NumberPatternParser(std::string_view text) : whole_(text), text_(text) {}

  NumberPattern parse() {
    if (whole_.size() > kNumberPatternBytesMax)
      wrong("is longer than " + std::to_string(kNumberPatternBytesMax) + " bytes");
    pattern_.prefix = affix();
    digits();
    pattern_.suffix = affix();
    if (text_.starts_with(';')) {
      text_.remove_prefix(1);
      pattern_.negative_prefix = affix();
      while (!text_.empty() && is_digit_sign(text_[0])) text_.remove_prefix(1);
      pattern_.negative_suffix = affix();
    }
    if (!text_.empty()) wrong("cannot be understood at '" + std::string(text_) + "'");
    return std::move(pattern_);
  }

 private:
  static bool is_digit_sign(char c) { return c == '#' || c == '0' || c == ',' || c == '.'; }

  void wrong(const std::string& reason) {
    if (pattern_.problem.empty())
      pattern_.problem = "the pattern '" + std::string(whole_.substr(0, 100)) + "' " + reason;
  }

  std::string affix() {
    std::string text;
    bool is_quoted = false;
    while (!text_.empty()) {
      char c = text_[0];
      if (!is_quoted && (is_digit_sign(c) || c == ';')) break;
      text_.remove_prefix(1);
      if (c == '\'' && text_.starts_with('\'')) {
        text += c;
        text_.remove_prefix(1);
      } else if (c == '\'') {
        is_quoted = !is_quoted;
      } else {
        if (!is_quoted && c == '%') pattern_.shift = 2;
        if (!is_quoted && c == 'E') wrong("asks for an exponent, which is not known here");
        text += c;
      }
    }
    return text;
  }

  void digits() {
    std::size_t places = 0;
    bool has_group = false, in_fraction = false;
    for (; !text_.empty() && is_digit_sign(text_[0]); text_.remove_prefix(1)) {
      char c = text_[0];
      if (c == '.') {
        if (in_fraction) return wrong("has two points");
        in_fraction = true;
      } else if (c == ',') {
        if (in_fraction) return wrong("has a ',' behind the point");
        has_group = true;
        places = 0;
      } else if (in_fraction) {
        ++pattern_.fraction_max;
        if (c == '0') pattern_.fraction_min = pattern_.fraction_max;
      } else {
        ++places;
        if (c == '0') ++pattern_.whole_min;
      }
    }
    if (has_group) pattern_.group = places;
    if (text_.starts_with('E')) wrong("asks for an exponent, which is not known here");
  }

  std::string_view whole_;
  std::string_view text_;
  NumberPattern pattern_;
};

std::optional<Decimal> decimal_value(Value number) {
  if (number.is_integral()) return decimal_of(number.as_integer());
  if (number.kind() == Kind::decimal) return number.as_decimal();
  // compat: the binary form decides how it is rounded.
  if (auto exact = exact_decimal_of(number.as_real())) return exact;
  return parse_decimal(java_double(number.as_real()));
}

// "1234.500" as the pattern wants it.
std::string arranged(const std::string& digits, const NumberPattern& pattern) {
  std::size_t point = std::min(digits.find('.'), digits.size());
  std::string whole = digits.substr(0, point);
  std::string fraction = point < digits.size() ? digits.substr(point + 1) : "";
  while (fraction.size() > pattern.fraction_min && fraction.ends_with('0')) fraction.pop_back();
  bool drops_zero = pattern.whole_min == 0 && whole == "0" && !fraction.empty();
  if (drops_zero) whole.clear();
  if (whole.size() < pattern.whole_min) whole.insert(0, pattern.whole_min - whole.size(), '0');
  if (pattern.group > 0)
    for (std::size_t at = whole.size(); at > pattern.group; at -= pattern.group)
      whole.insert(at - pattern.group, ",");
  return fraction.empty() ? whole : whole + "." + fraction;
}

std::string_view argument_pattern(std::string_view style) {
  if (style.empty()) return kNumberPattern;
  if (style == "integer") return kIntegerPattern;
  if (style == "percent") return kPercentPattern;
  return style == "currency" ? kCurrencyPattern : style;
}

std::string_view taken(std::string_view& text) {  // up to the next comma
  std::size_t end = std::min(text.find(','), text.size());
  std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  while (part.starts_with(' ')) part.remove_prefix(1);
  while (part.ends_with(' ')) part.remove_suffix(1);
  return part;
}

class Message {
 public:
  Message(std::string_view pattern, std::span<const Value> arguments, Run& run)
      : pattern_(pattern), arguments_(arguments), run_(run) {}

  Value run() {
    bool is_quoted = false;
    for (std::size_t at = 0; at < pattern_.size(); ++at) {
      char c = pattern_[at];
      if (c == '\'' && pattern_.substr(at + 1).starts_with('\'')) {
        text_ += c;
        ++at;
      } else if (c == '\'') {
        is_quoted = !is_quoted;
      } else if (c != '{' || is_quoted) {
        text_ += c;
      } else {
        std::size_t end = pattern_.find('}', at);
        if (end == pattern_.npos) return run_.fail("the message has a '{' that is not closed");
        if (!append(pattern_.substr(at + 1, end - at - 1))) return Value::failed();
        at = end;
      }
    }
    return run_.text(text_);
  }

 private:
  bool append(std::string_view element) {
    std::string_view rest = element;
    std::string_view number = taken(rest), type = taken(rest), style = rest;
    std::size_t index = 0;
    auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), index);
    if (number.empty() || problem != std::errc() || end != number.data() + number.size())
      return wrong(element);
    if (index >= arguments_.size()) {  // compat: it stays as it is written
      text_ += "{" + std::string(number) + "}";
      return true;
    }
    Value made = formatted(arguments_[index], type, style, element);
    if (made.is_failed() || !run_.build(made.as_text().size())) return false;
    text_ += made.as_text();
    return true;
  }

  Value formatted(Value value, std::string_view type, std::string_view style,
                  std::string_view element) {
    if (value.is_null()) return Value::text("null");
    bool as_number = type == "number" || (type.empty() && value.is_number());
    if (as_number && value.is_number())
      return formatted_number(argument_pattern(style), value, run_);
    bool as_date = (type == "date" || type == "time") && !style.empty();
    if (as_date && value.kind() == Kind::temporal) {
      DateText made = formatted_date(style, value.as_temporal(), true);
      return made.problem.empty() ? run_.text(made.text) : run_.fail(made.problem);
    }
    if (!type.empty()) {
      wrong(element);
      return Value::failed();
    }
    std::string text;
    if (!append_java_text(text, value, run_)) return Value::failed();
    return Value::text(run_.arena.copy(text));
  }

  bool wrong(std::string_view element) {
    run_.fail("the part '{" + std::string(element.substr(0, 100)) +
              "}' of the message cannot be done");
    return false;
  }

  std::string_view pattern_;
  std::span<const Value> arguments_;
  Run& run_;
  std::string text_;
};

}  // namespace

std::string number_pattern_problem(std::string_view pattern) {
  return NumberPatternParser(pattern).parse().problem;
}

Value formatted_number(std::string_view pattern, Value number, Run& run) {
  NumberPattern wanted = NumberPatternParser(pattern).parse();
  if (!wanted.problem.empty()) return run.fail(wanted.problem);
  if (!number.is_number())
    return run.fail("a number is needed, not " + std::string(kind_name(number)));
  if (std::isnan(number.as_real())) return Value::text("NaN");
  bool is_negative = number.as_real() < 0;
  std::string digits;
  if (std::isinf(number.as_real())) {
    digits = "\xe2\x88\x9e";
  } else {
    auto value = decimal_value(number);
    if (value) value->scale -= wanted.shift;
    if (value)
      value =
          with_scale(*value, static_cast<std::int64_t>(wanted.fraction_max), Rounding::half_even);
    if (!value) return run.fail("the number has too many digits to be formatted");
    digits = arranged(plain_text(is_negative ? negated(*value) : *value), wanted);
  }
  std::string prefix =
      is_negative ? wanted.negative_prefix.value_or("-" + wanted.prefix) : wanted.prefix;
  std::string suffix = is_negative ? wanted.negative_suffix.value_or(wanted.suffix) : wanted.suffix;
  return run.text(prefix + digits + suffix);
}

Value parsed_number(std::string_view pattern, std::string_view text, Run& run) {
  NumberPattern wanted = NumberPatternParser(pattern).parse();
  if (!wanted.problem.empty()) return run.fail(wanted.problem);
  std::string_view rest = text;
  bool is_negative = rest.starts_with('-');
  if (is_negative) rest.remove_prefix(1);
  if (rest.starts_with(wanted.prefix)) rest.remove_prefix(wanted.prefix.size());
  std::string digits = is_negative ? "-" : "";
  bool has_digit = false;
  for (char c : rest) {
    if (c == ',' && wanted.group > 0) continue;
    if (c != '.' && (c < '0' || c > '9')) break;
    has_digit = has_digit || c != '.';
    digits += c;
  }
  if (digits.size() > kNumberPatternBytesMax) has_digit = false;
  auto value = has_digit ? parse_decimal(digits) : std::nullopt;
  if (!value) return run.fail(described(text) + " does not begin with a number");
  value->scale += wanted.shift;
  double real = real_of(*value);
  bool is_whole = real == std::floor(real) && std::abs(real) < 9.2e18;
  return is_whole ? Value::long_integer(static_cast<std::int64_t>(real)) : Value::real(real);
}

Value formatted_message(std::string_view pattern, std::span<const Value> arguments, Run& run) {
  return Message(pattern, arguments, run).run();
}

}  // namespace perigee::el
