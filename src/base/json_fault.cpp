#include "base/json_fault.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "base/hex.hpp"
#include "base/utf8.hpp"

namespace perigee::detail {
namespace {

bool is_digit(int byte) { return byte >= '0' && byte <= '9'; }

std::string shown(int byte) {
  if (byte < 0) return "the end of the text";
  if (byte > 0x20 && byte < 0x7f) return std::string("'") + static_cast<char>(byte) + "'";
  std::string text = "byte 0x";
  append_hex(text, static_cast<unsigned char>(byte));
  return text;
}

// The grammar of RFC 8259, one function per rule. Each gives false after it has noted the fault.
class Scanner {
 public:
  Scanner(std::string_view bytes, std::size_t depth_max) : bytes_(bytes), depth_max_(depth_max) {}

  JsonScan run() {
    if (value()) {
      skip_blanks();
      if (at_ < bytes_.size()) others_may_take(unexpected("the end of the text"));
    }
    return std::move(scan_);
  }

 private:
  int peek() const { return at_ < bytes_.size() ? static_cast<unsigned char>(bytes_[at_]) : -1; }
  bool eat(char wanted) {
    if (peek() != wanted) return false;
    ++at_;
    return true;
  }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') ++at_;
  }
  bool refuse(std::size_t offset, std::string what) {
    scan_.fault = JsonFault{offset, std::move(what)};
    return false;
  }
  bool others_may_take(bool refused) {
    scan_.fault->code = ErrorCode::unsupported;
    return refused;
  }
  bool unexpected(std::string_view expected) {
    return refuse(at_, "found " + shown(peek()) + ", expected " + std::string(expected));
  }

  bool value() {
    skip_blanks();
    switch (peek()) {
      case '{':
        return nested(&Scanner::object);
      case '[':
        return nested(&Scanner::array);
      case '"':
        return text();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        break;
    }
    if (peek() == '-' || is_digit(peek())) return number();
    return unexpected("a value");
  }

  bool nested(bool (Scanner::*inner)()) {
    if (depth_ == depth_max_)
      return others_may_take(
          refuse(at_, "nested deeper than " + std::to_string(depth_max_) + " levels"));
    ++depth_;
    ++at_;
    if (!(this->*inner)()) return false;
    --depth_;
    return true;
  }

  bool object() {
    skip_blanks();
    if (eat('}')) return true;
    while (true) {
      skip_blanks();
      if (peek() != '"') return unexpected("a member name in double quotes");
      if (!text()) return false;
      skip_blanks();
      if (!eat(':')) return unexpected("':' after the member name");
      if (!value()) return false;
      skip_blanks();
      if (eat('}')) return true;
      if (!eat(',')) return unexpected("',' or '}'");
    }
  }

  bool array() {
    skip_blanks();
    if (eat(']')) return true;
    while (true) {
      if (!value()) return false;
      skip_blanks();
      if (eat(']')) return true;
      if (!eat(',')) return unexpected("',' or ']'");
    }
  }

  bool word(std::string_view wanted) {
    for (char letter : wanted) {
      if (!eat(letter)) return unexpected("the word " + std::string(wanted));
    }
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return unexpected("a digit");
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number() {
    std::size_t start = at_;
    bool integer = true;
    eat('-');
    if (!eat('0') && !digits()) return false;
    if (eat('.')) {
      integer = false;
      if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      integer = false;
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return false;
    }
    return in_range(start, integer);
  }

  bool in_range(std::size_t start, bool integer) {
    std::string spelled(bytes_.substr(start, at_ - start));
    if (!std::isfinite(std::strtod(spelled.c_str(), nullptr))) {
      return others_may_take(refuse(start, "the number is out of range, expected at most 1.8e308"));
    }
    std::int64_t small = 0;
    if (integer &&
        std::from_chars(spelled.data(), spelled.data() + spelled.size(), small).ec != std::errc{}) {
      scan_.big_integers_end.push_back(at_);
    }
    return true;
  }

  bool text() {
    ++at_;
    while (true) {
      int byte = peek();
      if (byte < 0) return unexpected("'\"' at the end of the string");
      if (byte < 0x20)
        return unexpected("an escape such as \\n; control characters do not stand in strings");
      if (byte == '"') {
        ++at_;
        return true;
      }
      if (byte == '\\') {
        if (!escape()) return false;
        continue;
      }
      std::size_t length = utf8_character(bytes_.substr(at_));
      if (length == 0) return others_may_take(unexpected("valid UTF-8"));
      at_ += length;
    }
  }

  bool escape() {
    std::size_t start = at_++;
    int letter = peek();
    if (letter == 'u') return unicode_escape(start);
    if (letter < 0 || !std::string_view("\"\\/bfnrt").contains(static_cast<char>(letter))) {
      return unexpected("one of \" \\ / b f n r t u after the backslash");
    }
    ++at_;
    return true;
  }

  bool unicode_escape(std::size_t start) {
    unsigned unit = 0;
    if (!code_unit(unit)) return false;
    if (unit >= 0xdc00 && unit <= 0xdfff) return lone_surrogate(start);
    if (unit < 0xd800 || unit > 0xdbff) return true;
    unsigned low = 0;
    if (!bytes_.substr(at_).starts_with("\\u")) return lone_surrogate(start);
    ++at_;
    if (!code_unit(low)) return false;
    return (low >= 0xdc00 && low <= 0xdfff) || lone_surrogate(start);
  }
  bool lone_surrogate(std::size_t start) {
    return others_may_take(refuse(start, "half of a surrogate pair, expected \\uD8xx\\uDCxx"));
  }

  // From the 'u' on.
  bool code_unit(unsigned& unit) {
    ++at_;
    for (int i = 0; i < 4; ++i) {
      int digit = peek() < 0 ? -1 : hex_value(static_cast<char>(peek()));
      if (digit < 0) return unexpected("four hexadecimal digits after \\u");
      unit = unit * 16 + static_cast<unsigned>(digit);
      ++at_;
    }
    return true;
  }

  std::string_view bytes_;
  std::size_t depth_max_;
  std::size_t depth_ = 0;
  std::size_t at_ = 0;
  JsonScan scan_;
};

}  // namespace

JsonScan scan_json(std::string_view bytes, std::size_t depth_max) {
  return Scanner(bytes, depth_max).run();
}

std::string line_and_column(std::string_view bytes, std::size_t offset) {
  std::string_view before = bytes.substr(0, offset);
  auto line = 1 + std::ranges::count(before, '\n');
  before.remove_prefix(before.rfind('\n') + 1);  // npos + 1 is 0: the first line
  auto column = 1 + std::ranges::count_if(before, [](char byte) { return (byte & 0xc0) != 0x80; });
  return std::to_string(line) + ':' + std::to_string(column);
}

}  // namespace perigee::detail
