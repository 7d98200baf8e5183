// ExpressionParser: reads the expressions of one tag or interpolation. Internal to freemarker.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "freemarker/ast.hpp"

namespace perigee::freemarker {

class ExpressionParser {
 public:
  explicit ExpressionParser(Source source)
      : text_(source.text), start_(source.place), counted_place_(source.place) {}

  Result<Expression> expression();
  Result<std::string> name();         // a plain word
  std::optional<std::string> word();  // the same, when there is one
  bool take(std::string_view token);  // the token, or the word
  bool at_end();
  // Everything has been read.
  Result<void> end();
  Place place();
  // A text in quotes, without interpolations.
  Result<std::string> plain_text();

 private:
  Result<Expression> disjunction();
  Result<Expression> conjunction();
  Result<Expression> equality();
  Result<Expression> relation();
  Result<Expression> range();
  Result<Expression> sum();
  Result<Expression> product();
  Result<Expression> unary();
  Result<Expression> postfix();
  Result<Expression> primary();
  Result<Expression> member(Expression target);
  Result<Expression> builtin(Expression target);
  Result<Expression> fallback(Expression target);
  Result<Expression> range_end(Expression begin);
  Result<Expression> lambda_or_expression();
  Result<Expression> text_literal();
  Result<Expression> interpolated(std::string text, Place place);
  Result<Expression> number_literal();
  Result<std::vector<Expression>> list_until(std::string_view close, bool lambdas = false);
  Result<Expression> hash();
  Result<std::string> quoted();
  Result<void> escape(std::string& to);
  Result<Expression> make(Op op, Place place, std::vector<Expression> children);
  template <class Next>
  Result<Expression> chain(std::span<const std::pair<std::string_view, Op>> operators, Next next);

  void skip_blanks();
  bool ahead(std::string_view token);
  std::optional<std::string> word_ahead();
  bool starts_value();

  std::string_view text_;
  Place start_;
  std::size_t at_ = 0;
  std::size_t counted_ = 0;  // where counted_place_ is
  Place counted_place_;
  std::size_t depth_ = 0;
};

}  // namespace perigee::freemarker
