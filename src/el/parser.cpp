#include "el/parser.hpp"

#include <charconv>

namespace perigee::el {

Result<NodeId> Parser::parse() {
  TRY(next_, lexer_.next());
  TRY(advance());
  TRY(NodeId root, expression());
  if (token_.kind != TokenKind::end) return unexpected("an operator or the end");
  return root;
}

Result<void> Parser::advance() {
  token_ = next_;
  if (next_.kind != TokenKind::end) {
    TRY(next_, lexer_.next());
  }
  return {};
}

Result<bool> Parser::take(std::string_view symbol) {
  if (!at_symbol(symbol)) return false;
  TRY(advance());
  return true;
}

Result<void> Parser::expect(std::string_view symbol, std::string_view where) {
  if (!at_symbol(symbol)) return unexpected("'" + std::string(symbol) + "' " + std::string(where));
  return advance();
}

std::unexpected<Error> Parser::unexpected(std::string_view wanted) const {
  std::string found = token_.kind == TokenKind::end
                          ? "the expression ends"
                          : "'" + std::string(token_.written.substr(0, 60)) + "' stands";
  return fail_at(token_.column, found + " where " + std::string(wanted) + " is expected");
}

Result<NodeId> Parser::expression() {
  if (++nesting_ > kNestingMax)
    return fail_at(token_.column, "it is nested deeper than " + std::to_string(kNestingMax));
  TRY(NodeId condition, or_chain());
  std::uint32_t column = token_.column;
  NodeId result = condition;
  if (at_symbol("?")) {
    TRY(advance());
    TRY(NodeId yes, expression());
    TRY(expect(":", "of a ternary"));
    TRY(NodeId no, expression());
    TRY(result, builder_.operation(Op::ternary, {condition, yes, no}, column));
  } else if (at_symbol("?:")) {
    TRY(advance());
    TRY(NodeId other, expression());
    TRY(result, builder_.operation(Op::elvis, {condition, other}, column));
  }
  --nesting_;
  return result;
}

Result<NodeId> Parser::or_chain() {
  std::uint32_t column = token_.column;
  TRY(NodeId first, and_chain());
  std::vector<NodeId> operands{first};
  while (at_either("||", "or")) {
    TRY(advance());
    TRY(NodeId operand, and_chain());
    operands.push_back(operand);
  }
  if (operands.size() == 1) return first;
  return builder_.operation(Op::or_, std::move(operands), column);
}

Result<NodeId> Parser::and_chain() {
  std::uint32_t column = token_.column;
  TRY(NodeId first, relation());
  std::vector<NodeId> operands{first};
  while (at_either("&&", "and")) {
    TRY(advance());
    TRY(NodeId operand, relation());
    operands.push_back(operand);
  }
  if (operands.size() == 1) return first;
  return builder_.operation(Op::and_, std::move(operands), column);
}

std::optional<Op> Parser::relational() const {
  struct Operator {
    std::string_view symbol, keyword;
    Op op;
  };
  constexpr Operator kOperators[] = {
      {"==", "eq", Op::equal},
      {"!=", "ne", Op::not_equal},
      {"<", "lt", Op::less},
      {"<=", "le", Op::less_equal},
      {">", "gt", Op::greater},
      {">=", "ge", Op::greater_equal},
      {"", "between", Op::between},
      {"", "matches", Op::matches},
      {"", "instanceof", Op::instance_of},
  };
  for (const Operator& known : kOperators)
    if (at_either(known.symbol, known.keyword)) return known.op;
  return std::nullopt;
}

Result<NodeId> Parser::relation() {
  TRY(NodeId left, sum());
  auto op = relational();
  if (!op) return left;
  std::uint32_t column = token_.column;
  TRY(advance());
  TRY(NodeId right, sum());
  return builder_.operation(*op, {left, right}, column);
}

Result<NodeId> Parser::sum() {
  TRY(NodeId left, product());
  while (at_symbol("+") || at_symbol("-")) {
    std::uint32_t column = token_.column;
    if (at_symbol("-")) {
      TRY(advance());
      TRY(NodeId right, product());
      TRY(left, builder_.operation(Op::subtract, {left, right}, column));
      continue;
    }
    std::vector<NodeId> operands{left};  // a row of additions is one node
    while (at_symbol("+")) {
      TRY(advance());
      TRY(NodeId right, product());
      operands.push_back(right);
    }
    TRY(left, builder_.operation(Op::add, std::move(operands), column));
  }
  return left;
}

std::optional<Op> Parser::multiplicative() const {
  if (at_symbol("*")) return Op::multiply;
  if (at_either("/", "div")) return Op::divide;
  if (at_either("%", "mod")) return Op::modulo;
  return std::nullopt;
}

Result<NodeId> Parser::product() {
  TRY(NodeId left, power());
  while (auto op = multiplicative()) {
    std::uint32_t column = token_.column;
    TRY(advance());
    TRY(NodeId right, power());
    TRY(left, builder_.operation(*op, {left, right}, column));
  }
  return left;
}

Result<NodeId> Parser::power() {
  TRY(NodeId base, unary());
  if (!at_symbol("^")) return base;
  std::uint32_t column = token_.column;
  TRY(advance());
  TRY(NodeId exponent, unary());
  return builder_.operation(Op::power, {base, exponent}, column);
}

Result<NodeId> Parser::unary() {
  std::optional<Op> op;
  if (at_either("!", "not")) op = Op::not_;
  if (at_symbol("-")) op = Op::negate;
  if (at_symbol("+")) op = Op::plus;
  if (!op) return primary();
  std::uint32_t column = token_.column;
  if (++nesting_ > kNestingMax)
    return fail_at(column, "it is nested deeper than " + std::to_string(kNestingMax));
  TRY(advance());
  TRY(NodeId operand, unary());
  --nesting_;
  return builder_.operation(*op, {operand}, column);
}

Result<NodeId> Parser::primary() {
  TRY(NodeId target, start());
  while (at_symbol(".") || at_symbol("?.") || at_symbol("[")) {
    TRY(target, step(target));
  }
  return target;
}

Result<NodeId> Parser::step(NodeId target) {
  std::uint32_t column = token_.column;
  if (at_symbol("[")) {
    TRY(advance());
    TRY(NodeId index, expression());
    TRY(expect("]", "after an index"));
    return builder_.index(target, index, column);
  }
  bool safe = at_symbol("?.");
  TRY(advance());
  if (token_.kind == TokenKind::name) return member(target, safe);
  if (at_symbol("?[") || at_symbol("^[") || at_symbol("$[") || at_symbol("!["))
    return selection(target, safe);
  return unexpected("a property or a method");
}

Result<NodeId> Parser::member(NodeId target, bool safe) {
  Token name = token_;
  TRY(advance());
  if (!at_symbol("(")) return builder_.property(target, name.written, safe, name.column);
  TRY(std::vector<NodeId> given, arguments());
  return builder_.call(target, name.written, std::move(given), safe, name.column);
}

Result<NodeId> Parser::selection(NodeId target, bool safe) {
  std::uint32_t column = token_.column;
  Op op = at_symbol("?[")   ? Op::select_all
          : at_symbol("^[") ? Op::select_first
          : at_symbol("$[") ? Op::select_last
                            : Op::project;
  TRY(advance());
  ++selections_;
  TRY(NodeId body, expression());
  --selections_;
  TRY(expect("]", "after a selection"));
  return builder_.select(op, target, body, safe, column);
}

Result<std::vector<NodeId>> Parser::arguments() {
  std::uint32_t column = token_.column;
  TRY(expect("(", "before arguments"));
  std::vector<NodeId> given;
  TRY(bool is_empty, take(")"));
  while (!is_empty) {
    TRY(NodeId argument, expression());
    given.push_back(argument);
    TRY(is_empty, take(")"));
    if (!is_empty) {
      TRY(expect(",", "or ')' between arguments"));
    }
  }
  if (given.size() >= kArgumentsMax)
    return fail_at(column, "more than " + std::to_string(kArgumentsMax - 1) + " arguments",
                   ErrorCode::unsupported);
  return given;
}

}  // namespace perigee::el
