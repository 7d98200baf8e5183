#include "xml/xpath_lexer.hpp"

#include <algorithm>
#include <string>

#include "base/utf8.hpp"
#include "xml/xpath_expr.hpp"

namespace perigee::xml {
namespace {

using enum XPathTokenKind;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Every character beyond ASCII may be part of a name: a document has no others there.
bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool continues_name(char c) { return begins_name(c) || is_digit(c) || c == '-' || c == '.'; }

// Longest first.
constexpr std::string_view kOperations[] = {"!=", "<=", ">=", "//", "=", "<",
                                            ">",  "|",  "/",  "+",  "-"};
constexpr std::string_view kSymbols[] = {"::", "..", "(", ")", "[", "]", ".", "@", ","};
constexpr std::string_view kNamedOperations[] = {"and", "or", "div", "mod"};

}  // namespace

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::unexpected<Error> fail_at(std::size_t position, const std::string& reason) {
  return fail(ErrorCode::invalid, "position " + std::to_string(position + 1) + ": " + reason);
}

void XPathLexer::blanks() {
  while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
}

XPathToken XPathLexer::take(XPathTokenKind kind, std::size_t size) {
  XPathToken token{kind, text_.substr(at_, size), at_};
  at_ += size;
  // Section 3.7: after these a `*` is a node test and a name no operator.
  bool expects_operand = kind == operation || kind == axis || kind == call ||
                         token.is(symbol, "@") || token.is(symbol, "::") || token.is(symbol, "(") ||
                         token.is(symbol, "[") || token.is(symbol, ",");
  has_left_ = !expects_operand;
  return token;
}

std::size_t XPathLexer::name_size(std::size_t at) const {
  if (at >= text_.size() || !begins_name(text_[at])) return 0;
  std::size_t size = 1;
  while (at + size < text_.size() && continues_name(text_[at + size])) ++size;
  return size;
}

Result<XPathToken> XPathLexer::literal(char quote) {
  std::size_t end = text_.find(quote, at_ + 1);
  if (end == text_.npos) return fail_at(at_, "a quote is not closed");
  ++at_;
  XPathToken token = take(XPathTokenKind::literal, end - at_);
  ++at_;
  return token;
}

XPathToken XPathLexer::number() {
  std::size_t size = 0;
  auto digits = [&] {
    while (at_ + size < text_.size() && is_digit(text_[at_ + size])) ++size;
  };
  digits();
  if (at_ + size < text_.size() && text_[at_ + size] == '.') {
    ++size;
    digits();
  }
  return take(XPathTokenKind::number, size);
}

Result<XPathToken> XPathLexer::word() {
  std::size_t size = name_size(at_);
  std::string_view first = text_.substr(at_, size);
  if (has_left_) {
    if (std::ranges::find(kNamedOperations, first) == std::end(kNamedOperations))
      return fail_at(at_, "an operator is expected, not '" + std::string(first) + "'");
    return take(operation, size);
  }
  std::string_view rest = text_.substr(at_ + size);
  if (rest.starts_with(":*")) {
    size += 2;
  } else if (rest.starts_with(':') && !rest.starts_with("::")) {
    std::size_t local = name_size(at_ + size + 1);
    if (local == 0) return fail_at(at_ + size, "a name is expected behind ':'");
    size += 1 + local;
  }
  std::size_t next = at_ + size;
  while (next < text_.size() && is_blank(text_[next])) ++next;
  rest = text_.substr(std::min(next, text_.size()));
  return take(rest.starts_with("::") ? axis : rest.starts_with('(') ? call : name, size);
}

Result<XPathToken> XPathLexer::next() {
  blanks();
  if (at_ == text_.size()) return XPathToken{end, {}, at_};
  char c = text_[at_];
  bool begins_number =
      is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]));
  if (begins_number) return number();
  if (c == '\'' || c == '"') return literal(c);
  if (c == '*') return take(has_left_ ? operation : name, 1);
  if (begins_name(c)) return word();
  if (c == '$') return fail_at(at_, "variables ($name) are not known here");
  std::string_view rest = text_.substr(at_);
  for (std::string_view written : kOperations)
    if (rest.starts_with(written)) return take(operation, written.size());
  for (std::string_view written : kSymbols)
    if (rest.starts_with(written)) return take(symbol, written.size());
  std::size_t size = std::max<std::size_t>(utf8_character(rest), 1);
  return fail_at(at_, "'" + std::string(rest.substr(0, size)) + "' is not expected");
}

}  // namespace perigee::xml
