#include "el/format.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "el/convert.hpp"
#include "el/date_format.hpp"
#include "el/decimal.hpp"
#include "el/methods.hpp"
#include "el/run.hpp"
#include "el/text.hpp"

namespace perigee::el {
namespace {

constexpr int kWidthMax = 1000;  // also of a precision: nobody needs more

struct Directive {
  std::string_view written;
  std::string_view flags;
  int argument = 0;  // 1-based; 0 = the next
  int width = 0;
  int precision = -1;
  char conversion = 0;
  bool has(char flag) const { return flags.find(flag) != flags.npos; }
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int read_number(std::string_view text, std::size_t& at) {
  int number = 0;
  for (; at < text.size() && is_digit(text[at]); ++at)
    number = number > kWidthMax ? number : number * 10 + (text[at] - '0');
  return number;
}

// The directive that begins at the '%' at `at`; moves behind it. No conversion at the end: false.
bool read_directive(std::string_view format, std::size_t& at, Directive& to) {
  std::size_t begin = at++;
  std::size_t back = at;
  int number = read_number(format, at);
  if (number > 0 && at < format.size() && format[at] == '$') {
    to.argument = number;
    ++at;
  } else {
    at = back;
  }
  std::size_t flags = at;
  while (at < format.size() &&
         std::string_view("-#+ 0,(").find(format[at]) != std::string_view::npos)
    ++at;
  to.flags = format.substr(flags, at - flags);
  to.width = read_number(format, at);
  if (at < format.size() && format[at] == '.') to.precision = read_number(format, ++at);
  if (at >= format.size()) return false;
  to.conversion = format[at++];
  bool is_date = to.conversion == 't' || to.conversion == 'T';
  if (is_date && at < format.size()) ++at;  // the kind of date is a letter of its own
  to.written = format.substr(begin, at - begin);
  return true;
}

std::string grouped(std::string digits) {
  std::size_t whole = std::min(digits.find('.'), digits.size());
  for (std::size_t at = whole; at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

// Sign, zero padding and parentheses around the digits of a magnitude.
std::string signed_number(std::string digits, bool negative, const Directive& directive) {
  if (directive.has(',')) digits = grouped(std::move(digits));
  std::string before = directive.has('+') ? "+" : directive.has(' ') ? " " : "", after;
  if (negative) before = directive.has('(') ? "(" : "-";
  if (negative && directive.has('(')) after = ")";
  std::size_t size = before.size() + digits.size() + after.size();
  auto width = static_cast<std::size_t>(directive.width);
  if (directive.has('0') && size < width) digits.insert(0, width - size, '0');
  return before + digits + after;
}

std::string with_base(Value value, const Directive& directive) {
  char buffer[40];
  auto bits = static_cast<unsigned long long>(value.as_integer());
  if (value.kind() == Kind::integer) bits &= 0xffffffff;
  const char* pattern = directive.conversion == 'o'   ? "%llo"
                        : directive.conversion == 'x' ? "%llx"
                                                      : "%llX";
  int size = std::snprintf(buffer, sizeof(buffer), pattern, bits);
  std::string digits(buffer, static_cast<std::size_t>(size));
  auto width = static_cast<std::size_t>(directive.width);
  if (directive.has('0') && digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

std::string decimal(Value value, const Directive& directive) {
  std::string digits = std::to_string(value.as_integer());
  bool negative = digits[0] == '-';
  return signed_number(negative ? digits.substr(1) : digits, negative, directive);
}

std::string real(Value value, const Directive& directive) {
  double number = value.as_real();
  if (std::isnan(number)) return "NaN";
  int precision = directive.precision < 0 ? 6 : directive.precision;
  double magnitude = number < 0 ? -number : number;
  if (std::isinf(number)) return signed_number("Infinity", number < 0, directive);
  if (value.kind() == Kind::decimal && directive.conversion == 'f') {
    auto rounded = with_scale(value.as_decimal(), precision, Rounding::half_up);
    if (!rounded) return decimal_text(value.as_decimal());
    return signed_number(plain_text(number < 0 ? negated(*rounded) : *rounded), number < 0,
                         directive);
  }
  const char* pattern = "%.*f";
  if (directive.conversion == 'e') pattern = "%.*e";
  if (directive.conversion == 'E') pattern = "%.*E";
  bool is_general = directive.conversion == 'g' || directive.conversion == 'G';
  if (is_general) {  // compat: unlike C's, with all digits
    precision = precision == 0 ? 1 : precision;
    bool is_plain = number == 0 || (magnitude >= 1e-4 && magnitude < std::pow(10, precision));
    int before = magnitude < 1 ? 1 : static_cast<int>(std::floor(std::log10(magnitude))) + 1;
    if (!is_plain) pattern = directive.conversion == 'g' ? "%.*e" : "%.*E";
    precision = is_plain ? std::max(precision - before, 0) : precision - 1;
  }
  std::string digits(
      static_cast<std::size_t>(std::snprintf(nullptr, 0, pattern, precision, magnitude)), '\0');
  std::snprintf(digits.data(), digits.size() + 1, pattern, precision, magnitude);
  return signed_number(std::move(digits), number < 0, directive);
}

class Formatter {
 public:
  Formatter(std::string_view format, std::span<const Value> arguments, Run& run)
      : format_(format), arguments_(arguments), run_(run) {}

  Value run() {
    for (std::size_t at = 0; at < format_.size();) {
      if (format_[at] != '%') {
        out_ += format_[at++];
        continue;
      }
      Directive directive;
      if (!read_directive(format_, at, directive))
        return run_.fail("the format '" + std::string(format_) + "' ends inside of a conversion");
      if (!append(directive) || !run_.build(static_cast<std::size_t>(directive.width)))
        return Value::failed();
    }
    return run_.text(out_);
  }

 private:
  bool append(const Directive& directive) {
    if (directive.width > kWidthMax || directive.precision > kWidthMax)
      return wrong(directive, "is too wide");
    if (directive.conversion == '%' || directive.conversion == 'n') {
      pad(directive.conversion == '%' ? "%" : "\n", directive);
      return true;
    }
    std::size_t index =
        directive.argument > 0 ? static_cast<std::size_t>(directive.argument) - 1 : next_++;
    if (index >= arguments_.size()) return wrong(directive, "has no argument");
    return append(directive, arguments_[index]);
  }

  bool append(const Directive& directive, Value value) {
    switch (directive.conversion) {
      case 's':
      case 'S':
        return append_text(directive, value);
      case 'b':
      case 'B': {
        bool truth = value.is_boolean() ? value.as_boolean() : !value.is_null();
        std::string_view upper_case = truth ? "TRUE" : "FALSE";
        pad(directive.conversion == 'B' ? upper_case : truth ? "true" : "false", directive);
        return true;
      }
      case 'c':
      case 'C':
        return append_character(directive, value);
      case 'h':
      case 'H':
        return append_hash(directive, value);
      case 't':
      case 'T':
        return append_date(directive, value);
      case 'd':
      case 'x':
      case 'X':
      case 'o':
        if (value.is_null()) break;
        if (!value.is_integral())
          return wrong(directive, "needs an integer, not " + std::string(kind_name(value)));
        pad(directive.conversion == 'd' ? decimal(value, directive) : with_base(value, directive),
            directive);
        return true;
      case 'f':
      case 'e':
      case 'E':
      case 'g':
      case 'G':
        if (value.is_null()) break;
        // compat: Java refuses an integer for %f.
        if (value.kind() != Kind::real && value.kind() != Kind::decimal)
          return wrong(directive, "needs a decimal number, not " + std::string(kind_name(value)));
        pad(real(value, directive), directive);
        return true;
      default:
        return wrong(directive, "is not supported");
    }
    pad("null", directive);
    return true;
  }

  bool append_text(const Directive& directive, Value value) {
    std::string text;
    if (!append_java_text(text, value, run_)) return false;
    std::string_view shown = text;
    if (directive.precision >= 0)
      shown = shown.substr(0, byte_of_unit(shown, static_cast<std::size_t>(directive.precision)));
    if (directive.conversion == 'S') shown = upper(shown, run_.arena);
    pad(shown, directive);
    return run_.build(shown.size());
  }

  bool append_character(const Directive& directive, Value value) {
    char buffer[4];
    if (value.is_integral() && value.as_integer() >= 0 && value.as_integer() <= 0x10ffff) {
      pad({buffer, put_character(buffer, static_cast<char32_t>(value.as_integer()))}, directive);
      return true;
    }
    if (!value.is_text() || units_of(value.as_text()) != 1)
      return wrong(directive, "needs one character");
    pad(directive.conversion == 'C' ? upper(value.as_text(), run_.arena) : value.as_text(),
        directive);
    return true;
  }

  bool append_hash(const Directive& directive, Value value) {
    if (value.is_null()) {
      pad("null", directive);
      return true;
    }
    Value hash = call_method({run_, Method::hash_code, value, {}});
    Directive hex = directive;
    hex.conversion = directive.conversion == 'H' ? 'X' : 'x';
    pad(with_base(hash, hex), directive);
    return true;
  }

  // %tY and its kin; the last letter says what of a date.
  bool append_date(const Directive& directive, Value value) {
    if (value.is_null()) {
      pad("null", directive);
      return true;
    }
    Temporal temporal;
    if (value.is_integral())
      temporal = at_milliseconds(TemporalType::date, value.as_integer(), {});
    else if (value.kind() == Kind::temporal && value.as_temporal().type != TemporalType::zone)
      temporal = value.as_temporal();
    else
      return wrong(directive, "needs a date, not " + std::string(kind_name(value)));
    DateText text = printed_date(directive.written.back(), temporal);
    if (!text.problem.empty()) return wrong(directive, text.problem);
    pad(directive.conversion == 'T' ? upper(text.text, run_.arena) : std::string_view(text.text),
        directive);
    return true;
  }

  void pad(std::string_view text, const Directive& directive) {
    std::size_t units = units_of(text), width = static_cast<std::size_t>(directive.width);
    std::size_t missing = units < width ? width - units : 0;
    if (!directive.has('-')) out_.append(missing, ' ');
    out_ += text;
    if (directive.has('-')) out_.append(missing, ' ');
  }

  bool wrong(const Directive& directive, std::string_view reason) {
    run_.problem = "the conversion '" + std::string(directive.written) + "' " + std::string(reason);
    return false;
  }

  std::string_view format_;
  std::span<const Value> arguments_;
  Run& run_;
  std::string out_;
  std::size_t next_ = 0;
};

}  // namespace

Value format_text(std::string_view format, std::span<const Value> arguments, Run& run) {
  return Formatter(format, arguments, run).run();
}

std::optional<std::string> unsupported_conversion(std::string_view format) {
  for (std::size_t at = format.find('%'); at < format.size(); at = format.find('%', at)) {
    Directive directive;
    if (!read_directive(format, at, directive)) return std::nullopt;
    bool is_date = directive.conversion == 't' || directive.conversion == 'T';
    bool is_known = is_date ? is_printed_date(directive.written.back())
                            : directive.conversion != 'a' && directive.conversion != 'A';
    if (!is_known) return std::string(directive.written);
  }
  return std::nullopt;
}

}  // namespace perigee::el
