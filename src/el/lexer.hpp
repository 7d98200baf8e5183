// Lexer: the tokens of one expression. Internal to el.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace perigee::el {

enum class TokenKind : std::uint8_t { end, name, integer, long_integer, real, text, symbol };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view written;  // of a text without its quotes, of a number without its suffix
  std::uint32_t column = 0;  // 1-based, in the template

  bool is_symbol(std::string_view symbol) const {
    return kind == TokenKind::symbol && written == symbol;
  }
  bool is_keyword(std::string_view lower_case) const;  // ignores case
};

class Lexer {
 public:
  // `text` is an expression without its braces that begins at `column` of its template.
  Lexer(std::string_view text, std::uint32_t column) : text_(text), column_(column) {}
  Result<Token> next();

 private:
  Token take(TokenKind kind, std::size_t size);
  Token name();
  Result<Token> number();
  Result<Token> quoted(char quote);
  Result<Token> symbol();
  std::uint32_t column_here() const { return column_ + static_cast<std::uint32_t>(at_); }

  std::string_view text_;
  std::uint32_t column_;
  std::size_t at_ = 0;
};

// Why an expression does not compile: "column 12: reason".
std::unexpected<Error> fail_at(std::uint32_t column, const std::string& reason,
                               ErrorCode code = ErrorCode::evaluation);

}  // namespace perigee::el
