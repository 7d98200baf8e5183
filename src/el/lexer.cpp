#include "el/lexer.hpp"

#include <algorithm>
#include <string>

#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace perigee::el {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool begins_name(char c) { return is_letter(c) || c == '_'; }
bool continues_name(char c) { return begins_name(c) || is_digit(c) || c == '$'; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Longest first, so that `?.` is not read as `?` and `.`.
constexpr std::string_view kSymbols[] = {
    "?[", "![", "^[", "$[", "?.", "?:", "&&", "||", "==", "!=", "<=", ">=", "#", "(", ")", "[",
    "]",  "{",  "}",  ",",  ".",  "?",  ":",  "<",  ">",  "!",  "+",  "-",  "*", "/", "%", "^",
};

}  // namespace

std::unexpected<Error> fail_at(std::uint32_t column, const std::string& reason, ErrorCode code) {
  return fail(code, "column " + std::to_string(column) + ": " + reason);
}

bool Token::is_keyword(std::string_view lower_case) const {
  return kind == TokenKind::name && equals_ignoring_case(written, lower_case);
}

Result<Token> Lexer::next() {
  while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  if (at_ == text_.size()) return Token{TokenKind::end, {}, column_here()};
  char c = text_[at_];
  if (begins_name(c)) return name();
  if (is_digit(c)) return number();
  if (c == '\'' || c == '"') return quoted(c);
  return symbol();
}

Token Lexer::take(TokenKind kind, std::size_t size) {
  Token token{kind, text_.substr(at_, size), column_here()};
  at_ += size;
  return token;
}

Token Lexer::name() {
  std::size_t size = 1;
  while (at_ + size < text_.size() && continues_name(text_[at_ + size])) ++size;
  return take(TokenKind::name, size);
}

Result<Token> Lexer::number() {
  std::string_view rest = text_.substr(at_);
  auto at = [&](std::size_t i) { return i < rest.size() ? rest[i] : '\0'; };
  std::size_t size = 0;
  TokenKind kind = TokenKind::integer;
  if (at(0) == '0' && (at(1) == 'x' || at(1) == 'X') && is_hex(at(2))) {
    for (size = 2; is_hex(at(size));) ++size;
  } else {
    while (is_digit(at(size))) ++size;
    if (at(size) == '.' && is_digit(at(size + 1))) {
      kind = TokenKind::real;
      for (++size; is_digit(at(size));) ++size;
    }
    std::size_t sign = at(size + 1) == '+' || at(size + 1) == '-' ? 1 : 0;
    if ((at(size) == 'e' || at(size) == 'E') && is_digit(at(size + 1 + sign))) {
      kind = TokenKind::real;
      for (size += 1 + sign; is_digit(at(size));) ++size;
    }
  }
  char suffix = static_cast<char>(at(size) | 0x20);
  bool is_long = suffix == 'l' && kind == TokenKind::integer;
  bool is_real = (suffix == 'f' || suffix == 'd') && at(1) != 'x' && at(1) != 'X';
  if (is_long) kind = TokenKind::long_integer;
  if (is_real) kind = TokenKind::real;
  Token token = take(kind, size);
  if (is_long || is_real) ++at_;
  if (at_ < text_.size() && continues_name(text_[at_]))
    return fail_at(column_here(),
                   "a number cannot go on with '" + std::string(1, text_[at_]) + "'");
  return token;
}

Result<Token> Lexer::quoted(char quote) {
  std::size_t end = at_ + 1;
  for (; end < text_.size(); ++end) {
    if (text_[end] != quote) continue;
    if (end + 1 == text_.size() || text_[end + 1] != quote) break;
    ++end;  // a doubled quote stands for itself
  }
  if (end >= text_.size()) return fail_at(column_here(), "a text is not closed");
  Token token{TokenKind::text, text_.substr(at_ + 1, end - at_ - 1), column_here()};
  at_ = end + 1;
  return token;
}

Result<Token> Lexer::symbol() {
  std::string_view rest = text_.substr(at_);
  for (std::string_view twice : {"++", "--"}) {
    if (rest.starts_with(twice))
      return fail_at(column_here(),
                     "'" + std::string(twice) + "' is not supported; of two signs keep them apart");
  }
  for (std::string_view symbol : kSymbols)
    if (rest.starts_with(symbol)) return take(TokenKind::symbol, symbol.size());
  if (rest[0] == '=')
    return fail_at(column_here(), "assignment is not supported; did you mean '=='?");
  if (rest[0] == '@') return fail_at(column_here(), "bean references (@name) are not supported");
  std::string character(rest.substr(0, std::max<std::size_t>(utf8_character(rest), 1)));
  return fail_at(column_here(), "the character '" + character + "' is not expected");
}

}  // namespace perigee::el
