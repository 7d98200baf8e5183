#include "base/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

#include "base/assert.hpp"
#include "base/utf8.hpp"

namespace perigee {

// Raw values.

std::string_view Json::text() const {
  PERIGEE_ASSERT(type() == JsonType::text);
  return node_->as_text();
}

std::int64_t Json::integer() const {
  PERIGEE_ASSERT(type() == JsonType::integer);
  return node_->integer;
}

double Json::real() const {
  PERIGEE_ASSERT(is_number());
  return node_->type == JsonType::real ? node_->real : static_cast<double>(node_->integer);
}

bool Json::boolean() const {
  PERIGEE_ASSERT(type() == JsonType::boolean);
  return node_->boolean;
}

// Children.

std::span<const JsonMember> Json::members() const {
  if (!is_object()) return {};
  return {node_->members.data, node_->members.size};
}

std::span<const JsonNode> Json::items() const {
  if (!is_array()) return {};
  return {node_->items.data, node_->items.size};
}

Json Json::operator[](std::string_view member) const {
  for (const JsonMember& each : members()) {
    if (each.name == member) return Json(each.value);
  }
  return {};
}

Json Json::at(std::size_t index) const {
  return index < items().size() ? Json(items()[index]) : Json();
}

std::size_t Json::size() const { return is_object() ? members().size() : items().size(); }

// Writing.

namespace {

void append_number(std::string& to, std::int64_t number) {
  std::array<char, 24> digits;
  char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  to.append(digits.data(), end);
}

// The shortest form that reads back as the same value, and as a real.
void append_number(std::string& to, double number) {
  std::array<char, 32> digits;
  char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  std::string_view written(digits.data(), end);
  to.append(written);
  if (written.find_first_of(".e") == written.npos) to.append(".0");
}

void append_scalar(std::string& to, const JsonNode& node) {
  switch (node.type) {
    case JsonType::boolean:
      to.append(node.boolean ? "true" : "false");
      break;
    case JsonType::integer:
      append_number(to, node.integer);
      break;
    case JsonType::real:
      append_number(to, node.real);
      break;
    case JsonType::text:
      append_json_quoted(to, node.as_text());
      break;
    default:
      to.append("null");
      break;
  }
}

// Recursion is bounded by the depth limit of the parser.
class Dump {
 public:
  Dump(std::string& to, bool pretty) : to_(to), pretty_(pretty) {}

  void value(Json json) {
    if (json.is_object()) return children('{', json.members(), '}');
    if (json.is_array()) return children('[', json.items(), ']');
    append_scalar(to_, *json.node());
  }

 private:
  template <class Child>
  void children(char open, std::span<const Child> all, char close) {
    to_ += open;
    ++depth_;
    for (const Child& each : all) {
      if (&each != all.data()) to_ += ',';
      new_line();
      child(each);
    }
    --depth_;
    if (!all.empty()) new_line();
    to_ += close;
  }
  void child(const JsonNode& item) { value(Json(item)); }
  void child(const JsonMember& member) {
    append_json_quoted(to_, member.name);
    to_ += pretty_ ? ": " : ":";
    value(Json(member.value));
  }
  void new_line() {
    if (pretty_) to_.append(1, '\n').append(2 * depth_, ' ');
  }

  std::string& to_;
  bool pretty_;
  std::size_t depth_ = 0;
};

std::string dumped(Json json, bool pretty) {
  std::string to;
  if (!json.absent()) Dump(to, pretty).value(json);
  return to;
}

}  // namespace

std::string Json::dump() const { return dumped(*this, false); }
std::string Json::dump_pretty() const { return dumped(*this, true); }

namespace {

// The character that `text` begins with, or what stands for bytes that are none: JSON is UTF-8.
// Gives its bytes.
std::size_t append_character(std::string& to, std::string_view text) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  const std::size_t size = utf8_character(text);
  to += size > 0 ? text.substr(0, size) : kReplacement;
  return std::max<std::size_t>(size, 1);
}

}  // namespace

void append_json_quoted(std::string& to, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  to += '"';
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char byte = text[at];
    switch (byte) {
      case '"':
        to += "\\\"";
        break;
      case '\\':
        to += "\\\\";
        break;
      case '\n':
        to += "\\n";
        break;
      case '\r':
        to += "\\r";
        break;
      case '\t':
        to += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(byte) >= 0x80) {
          at += append_character(to, text.substr(at)) - 1;
        } else if (byte >= 0x20) {
          to += byte;
        } else {
          to.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
        }
    }
  }
  to += '"';
}

std::string json_quoted(std::string_view text) {
  std::string quoted;
  append_json_quoted(quoted, text);
  return quoted;
}

// Pointers.

namespace {

void append_escaped(std::string& to, std::string_view name) {
  for (char byte : name) {
    if (byte == '~') {
      to += "~0";
    } else if (byte == '/') {
      to += "~1";
    } else {
      to += byte;
    }
  }
}

// A member's value lies inside its JsonMember, an item inside its array: the place tells name and
// index.
void append_pointer(std::string& to, const JsonNode& node) {
  if (!node.parent) return;
  append_pointer(to, *node.parent);
  to += '/';
  if (node.parent->type == JsonType::array) {
    append_number(to, static_cast<std::int64_t>(&node - node.parent->items.data));
    return;
  }
  auto offset = reinterpret_cast<const char*>(&node) -
                reinterpret_cast<const char*>(node.parent->members.data);
  append_escaped(
      to, node.parent->members.data[static_cast<std::size_t>(offset) / sizeof(JsonMember)].name);
}

}  // namespace

std::string Json::pointer() const {
  std::string to;
  if (node_) append_pointer(to, *node_);
  return to;
}

// Typed members.

namespace {

constexpr std::size_t kShownBytes = 40;

// What stands at `json`, for an error: `the text "abc"`.
std::string shown(Json json) {
  switch (json.type()) {
    case JsonType::null:
      return json.absent() ? "nothing" : "null";
    case JsonType::boolean:
    case JsonType::integer:
    case JsonType::real:
      return json.dump();
    case JsonType::text: {
      std::string_view text = json.text();
      if (text.size() <= kShownBytes) return "the text " + json_quoted(text);
      std::size_t cut = kShownBytes;
      while (cut > 0 && (text[cut] & 0xc0) == 0x80) --cut;  // not inside a character
      return "the text " + json_quoted(text.substr(0, cut)) + "...";
    }
    case JsonType::array:
      return "an array";
    case JsonType::object:
      return "an object";
  }
  return "nothing";
}

std::unexpected<Error> wrong(Json json, std::string_view expected) {
  std::string where = json.pointer();
  return fail(ErrorCode::invalid, (where.empty() ? "the document" : where) + ": found " +
                                      shown(json) + ", expected " + std::string(expected));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A real that is a whole number of 64 bits, such as 3.0 or 1e3.
std::optional<std::int64_t> whole(double real) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (!(real >= -kLimit && real < kLimit) || real != std::trunc(real)) return std::nullopt;
  return static_cast<std::int64_t>(real);
}

std::optional<std::int64_t> integer_in(std::string_view text) {
  if (auto integer = number_in<std::int64_t>(text)) return integer;
  auto real = number_in<double>(text);
  return real ? whole(*real) : std::nullopt;
}

// Absent, null and the empty text stand for "not given" where a number or a boolean is expected, as
// in the reference.
bool not_given(Json json) {
  return !json.present() || (json.is_text() && trimmed(json.text()).empty());
}

Result<std::string> text_of(Json json, std::string_view expected) {
  if (json.is_text()) return std::string(json.text());
  if (json.is_number() || json.is_boolean()) return json.dump();
  return wrong(json, expected);
}

}  // namespace

Result<std::string> Json::required_text(std::string_view member) const {
  if (node_ && !is_object())
    return wrong(*this, "an object with the member " + json_quoted(member));
  Json value = (*this)[member];
  if (!value.absent()) return text_of(value, "a text");
  std::string where = pointer() + "/";
  append_escaped(where, member);
  return fail(ErrorCode::invalid, where + ": missing, expected a text");
}

Result<std::optional<std::string>> Json::optional_text(std::string_view member) const {
  Json value = (*this)[member];
  if (!value.present()) return std::optional<std::string>();
  TRY(std::string text, text_of(value, "a text"));
  return std::optional<std::string>(std::move(text));
}

Result<std::string> Json::text_or(std::string_view member, std::string_view fallback) const {
  Json value = (*this)[member];
  if (!value.present()) return std::string(fallback);
  return text_of(value, "a text");
}

Result<std::int64_t> Json::integer_or(std::string_view member, std::int64_t fallback) const {
  Json value = (*this)[member];
  if (not_given(value)) return fallback;
  if (value.type() == JsonType::integer) return value.integer();
  std::optional<std::int64_t> read;
  if (value.type() == JsonType::real) read = whole(value.real());
  if (value.is_text()) read = integer_in(trimmed(value.text()));
  if (!read) return wrong(value, "a whole number of at most 64 bits");
  return *read;
}

Result<double> Json::real_or(std::string_view member, double fallback) const {
  Json value = (*this)[member];
  if (not_given(value)) return fallback;
  if (value.is_number()) return value.real();
  std::optional<double> read;
  if (value.is_text()) read = number_in<double>(trimmed(value.text()));
  if (!read || !std::isfinite(*read)) return wrong(value, "a number");
  return *read;
}

Result<bool> Json::boolean_or(std::string_view member, bool fallback) const {
  Json value = (*this)[member];
  if (not_given(value)) return fallback;
  if (value.is_boolean()) return value.boolean();
  if (value.is_text()) {
    std::string_view text = trimmed(value.text());
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
  }
  return wrong(value, "true or false");
}

Result<std::vector<std::string>> Json::texts(std::string_view member) const {
  Json value = (*this)[member];
  std::vector<std::string> all;
  if (!value.present()) return all;
  if (!value.is_array()) return wrong(value, "an array of texts");
  all.reserve(value.size());
  for (const JsonNode& item : value.items()) {
    TRY(std::string text, text_of(Json(item), "a text"));
    all.push_back(std::move(text));
  }
  return all;
}

}  // namespace perigee
