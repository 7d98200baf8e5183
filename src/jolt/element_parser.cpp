// Reads keys and paths of a specification.
#include <algorithm>
#include <charconv>

#include "jolt/element.hpp"

namespace perigee::jolt {
namespace {

using Kind = Element::Kind;
using Index = Element::Index;

std::unexpected<Error> refuse(std::string_view text, const std::string& why) {
  return fail(ErrorCode::invalid, "'" + std::string(text.substr(0, 200)) + "': " + why);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<std::uint32_t> level_of(std::string_view digits) {
  std::uint32_t number = 0;
  auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem != std::errc() || end != digits.data() + digits.size() || number > kLevelMax)
    return std::nullopt;
  return number;
}

// What follows &, $ or #: nothing, `2`, `(2)` or `(2,1)`.
std::optional<Reference> reference_of(std::string_view text) {
  Reference reference;
  if (text.empty()) return reference;
  if (text.starts_with('(') && text.ends_with(')')) text = text.substr(1, text.size() - 2);
  std::size_t comma = text.find(',');
  std::optional<std::uint32_t> level = level_of(text.substr(0, comma));
  if (!level) return std::nullopt;
  reference.level = *level;
  if (comma == text.npos) return reference;
  std::optional<std::uint32_t> group = level_of(text.substr(comma + 1));
  if (!group) return std::nullopt;
  reference.group = *group;
  return reference;
}

std::string shown(char token, Reference reference) {
  return std::string(1, token) + "(" + std::to_string(reference.level) + "," +
         std::to_string(reference.group) + ")";
}

// A key without its backslashes, and which of its characters are special.
struct Plain {
  std::string text;
  std::vector<bool> special;

  explicit Plain(std::string_view from) {
    for (std::size_t at = 0; at < from.size(); ++at) {
      bool escaped = from[at] == '\\' && at + 1 < from.size();
      if (escaped) ++at;
      text += from[at];
      special.push_back(!escaped);
    }
  }
  bool is(std::size_t at, char c) const { return text[at] == c && special[at]; }
  std::size_t find(char c, std::size_t from = 0) const {
    for (std::size_t at = from; at < text.size(); ++at) {
      if (is(at, c)) return at;
    }
    return std::string::npos;
  }
  bool has(char c) const { return find(c) != std::string::npos; }
};

Element star(const Plain& key) {
  Element element;
  element.kind = Kind::star;
  element.canonical = key.text;
  element.texts.emplace_back();
  for (std::size_t at = 0; at < key.text.size(); ++at) {
    if (key.is(at, '*')) {
      element.texts.emplace_back();
    } else {
      element.texts.back() += key.text[at];
    }
  }
  return element;
}

Result<Element> amp(const Plain& key) {
  Element element;
  element.kind = Kind::amp;
  element.texts.emplace_back();
  for (std::size_t at = 0; at < key.text.size(); ++at) {
    if (!key.is(at, '&')) {
      element.texts.back() += key.text[at];
      element.canonical += key.text[at];
      continue;
    }
    std::size_t end = at + 1;
    while (end < key.text.size() && key.special[end] &&
           (is_digit(key.text[end]) ||
            std::string_view("(),").find(key.text[end]) != std::string_view::npos))
      ++end;
    std::optional<Reference> reference =
        reference_of(std::string_view(key.text).substr(at + 1, end - at - 1));
    if (!reference) return refuse(key.text, "after & stand a level, (level) or (level,group)");
    element.references.push_back(*reference);
    element.canonical += shown('&', *reference);
    element.texts.emplace_back();
    at = end - 1;
  }
  return element;
}

Result<Element> transpose(std::string_view key) {
  std::string_view inside = key.substr(1);
  if (inside.find('@') != inside.npos) return refuse(key, "an @ inside an @ is not supported");
  if (inside.find('*') != inside.npos || inside.find("[]") != inside.npos)
    return refuse(key, "an @ cannot have * or [] in it");
  if (inside.starts_with('(')) {
    if (!inside.ends_with(')')) return refuse(key, "a '(' is not closed");
    inside = inside.substr(1, inside.size() - 2);
  }
  Element element;
  element.kind = Kind::transpose;
  if (!inside.empty() && is_digit(inside[0])) {
    std::size_t comma = inside.find(',');
    std::optional<std::uint32_t> level = level_of(inside.substr(0, comma));
    if (!level) return refuse(key, "after @ stand (level), (level,path) or a path");
    element.level = *level;
    inside = comma == inside.npos ? std::string_view() : inside.substr(comma + 1);
  }
  TRY(element.path, parse_path(inside));
  element.canonical = "@(" + std::to_string(element.level) + "," + std::string(inside) + ")";
  return element;
}

Result<Element> array(std::string_view key) {
  if (key.front() != '[' || key.back() != ']' || key.find('[', 1) != key.npos)
    return refuse(key, "a position is written [], [2], [&1], [#2] or [@(1,path)]");
  Element element;
  element.kind = Kind::array;
  element.canonical = key;
  std::string_view inside = key.substr(1, key.size() - 2);
  if (inside.empty()) return element;
  if (inside[0] == '@') {
    TRY(Element pointed, transpose(inside));
    element.index = Index::transpose;
    element.level = pointed.level;
    element.path = std::move(pointed.path);
    return element;
  }
  if (inside[0] == '&' || inside[0] == '#') {
    std::optional<Reference> reference = reference_of(inside.substr(1));
    if (!reference) return refuse(key, "the level is no number");
    element.index = inside[0] == '&' ? Index::reference : Index::count;
    element.references.push_back(*reference);
    element.canonical = "[" + shown(inside[0], *reference) + "]";
    return element;
  }
  std::optional<std::size_t> number = position(inside);
  if (!number || *number >= kListItemsMax)
    return refuse(key, "the position is not a number below " + std::to_string(kListItemsMax));
  element.index = Index::number;
  element.number = *number;
  return element;
}

Result<Element> dollar(const Plain& key) {
  if (!key.is(0, '$')) return refuse(key.text, "a $ can only stand in front");
  std::optional<Reference> reference = reference_of(std::string_view(key.text).substr(1));
  if (!reference) return refuse(key.text, "after $ stand a level, (level) or (level,group)");
  Element element;
  element.kind = Kind::dollar;
  element.references.push_back(*reference);
  element.canonical = shown('$', *reference);
  return element;
}

Result<Element> constant(const Plain& key) {
  std::string_view inside = std::string_view(key.text).substr(1);
  if (!key.is(0, '#') || inside.empty()) return refuse(key.text, "a # stands before a text");
  if (inside.starts_with('(')) {
    if (!inside.ends_with(')')) return refuse(key.text, "a '(' is not closed");
    inside = inside.substr(1, inside.size() - 2);
  }
  Element element;
  element.kind = Kind::constant;
  element.text = inside;
  element.canonical = "#(" + element.text + ")";
  return element;
}

// Cuts a path into its steps: at dots, and before and behind brackets.
class Cutter {
 public:
  explicit Cutter(std::string_view text) : text_(text) {}

  Result<std::vector<std::string>> run() {
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (c == '\\') {
        part_ += text_.substr(at_, 2);
        at_ += 2;
      } else if (c == '@') {
        TRY(at_sign());
      } else if (c == '.') {
        end_part();
        ++at_;
      } else if (c == '[') {
        end_part();
        TRY(brackets());
      } else {
        part_ += c;
        ++at_;
      }
    }
    end_part();
    return std::move(parts_);
  }

 private:
  void end_part() {
    if (!part_.empty()) parts_.push_back(std::exchange(part_, {}));
  }
  // @(..) in one piece; @name up to the next dot.
  Result<void> at_sign() {
    std::size_t end = text_.find(text_.substr(at_ + 1).starts_with('(') ? ')' : '.', at_);
    bool closed = text_.substr(at_ + 1).starts_with('(');
    if (closed && end == text_.npos) return refuse(text_, "an @( is not closed");
    if (closed) ++end;
    part_ += text_.substr(at_, end == text_.npos ? end : end - at_);
    at_ = std::min(end, text_.size());
    end_part();
    return {};
  }
  Result<void> brackets() {
    std::size_t end = text_.find(']', at_);
    if (end == text_.npos) return refuse(text_, "a '[' is not closed");
    parts_.emplace_back(text_.substr(at_, end + 1 - at_));
    at_ = end + 1;
    if (at_ < text_.size() && text_[at_] != '.' && text_[at_] != '[')
      return refuse(text_, "after a ']' stands a '.' or a '['");
    return {};
  }
  std::string_view text_;
  std::size_t at_ = 0;
  std::string part_;
  std::vector<std::string> parts_;
};

}  // namespace

Element parse_plain_key(std::string_view text) {
  if (text.find('*') != text.npos) return star(Plain(text));
  Element element;
  element.text = element.canonical = text;
  return element;
}

Result<Element> parse_key(std::string_view text) {
  if (text.size() > kKeyBytesMax)
    return refuse(text, "is longer than " + std::to_string(kKeyBytesMax) + " bytes");
  Plain key(text);
  if (!key.text.empty()) {
    if (key.text == "@" && key.special[0]) {
      Element element;
      element.kind = Kind::at;
      element.canonical = "@";
      return element;
    }
    if (key.is(0, '[')) return array(key.text);
    if (key.is(0, '@')) return transpose(text);
    if (key.has('@')) return refuse(text, "an @ can only stand in front");
    if (key.has('$')) return dollar(key);
    if (key.has('[')) return refuse(text, "a '[' can only stand in front of a key");
    if (key.has('&')) {
      if (key.has('*')) return refuse(text, "* and & cannot be mixed");
      return amp(key);
    }
    if (key.has('*')) return star(key);
    if (key.has('#')) return constant(key);
  }
  Element element;
  element.text = element.canonical = key.text;
  return element;
}

Result<Path> parse_path(std::string_view text) {
  if (text.size() > kKeyBytesMax)
    return refuse(text, "is longer than " + std::to_string(kKeyBytesMax) + " bytes");
  TRY(std::vector<std::string> parts, Cutter(text).run());
  Path path;
  for (const std::string& part : parts) {
    TRY(Element element, parse_key(part));
    bool readable = element.kind == Kind::literal || element.kind == Kind::amp ||
                    element.kind == Kind::transpose || element.is_array();
    if (!readable) return refuse(text, "'" + part + "' cannot stand in a path");
    path.push_back(std::move(element));
  }
  return path;
}

}  // namespace perigee::jolt
