// XPathParser: an XPath's text to Exprs. Internal to xml.
#pragma once

#include "xml/xpath_expr.hpp"
#include "xml/xpath_lexer.hpp"

namespace perigee::xml {

class XPathParser {
 public:
  XPathParser(std::string_view text, std::vector<Expr>& exprs) : lexer_(text), exprs_(exprs) {}
  Result<void> parse();

 private:
  struct Level;
  Result<void> advance();
  bool at(XPathTokenKind kind, std::string_view text) const { return token_.is(kind, text); }
  Result<bool> take(XPathTokenKind kind, std::string_view text);
  Result<void> expect(std::string_view symbol, std::string_view where);
  std::unexpected<Error> unexpected(std::string_view wanted) const;
  ExprId add(Expr expr);

  Result<ExprId> expression();
  Result<ExprId> binary(std::size_t level);
  Result<ExprId> unary();
  Result<ExprId> united();
  Result<ExprId> path();
  Result<ExprId> primary();
  Result<ExprId> call();
  bool begins_primary() const;
  bool begins_step() const;
  Result<void> steps(std::vector<Step>& to);
  Result<Step> step();
  Result<void> node_test(Step& step);
  Result<void> node_type(Step& step);
  Result<void> predicates(std::vector<ExprId>& to);

  XPathLexer lexer_;
  std::vector<Expr>& exprs_;
  XPathToken token_;
  std::size_t nesting_ = 0;
};

}  // namespace perigee::xml
