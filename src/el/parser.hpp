// Parser: one expression (grammar: expression language, section 4) into nodes. Internal to el.
#pragma once

#include <string_view>

#include "el/builder.hpp"
#include "el/lexer.hpp"

namespace perigee::el {

class Parser {
 public:
  // `text` is the inside of the braces; it begins at `column` of the template.
  Parser(std::string_view text, std::uint32_t column, Builder& builder)
      : lexer_(text, column), builder_(builder) {}
  Result<NodeId> parse();

 private:
  Result<NodeId> expression();
  Result<NodeId> or_chain();
  Result<NodeId> and_chain();
  Result<NodeId> relation();
  Result<NodeId> sum();
  Result<NodeId> product();
  Result<NodeId> power();
  Result<NodeId> unary();
  Result<NodeId> primary();
  Result<NodeId> start();
  Result<NodeId> step(NodeId target);
  Result<NodeId> member(NodeId target, bool safe);
  Result<NodeId> selection(NodeId target, bool safe);
  Result<NodeId> variable();
  Result<NodeId> name();
  Result<NodeId> type();
  Result<NodeId> create();
  Result<NodeId> array(const std::string& type_name, std::uint32_t column);
  Result<std::vector<NodeId>> items();
  Result<NodeId> braces();
  Result<NodeId> map(std::uint32_t column);
  Result<NodeId> number();
  Result<NodeId> text();
  Result<std::vector<NodeId>> arguments();
  Result<std::string> type_name();

  // The operator here, at one level of precedence; nullopt leaves it in place.
  std::optional<Op> relational() const;
  std::optional<Op> multiplicative() const;

  bool at_symbol(std::string_view symbol) const { return token_.is_symbol(symbol); }
  bool at_either(std::string_view symbol, std::string_view keyword) const {
    return token_.is_symbol(symbol) || token_.is_keyword(keyword);
  }
  Result<void> advance();
  Result<bool> take(std::string_view symbol);
  Result<void> expect(std::string_view symbol, std::string_view where);
  std::unexpected<Error> unexpected(std::string_view wanted) const;

  Lexer lexer_;
  Builder& builder_;
  Token token_;
  Token next_;
  std::size_t nesting_ = 0;
  std::size_t selections_ = 0;  // around what is parsed: names alone are properties of its items
};

}  // namespace perigee::el
