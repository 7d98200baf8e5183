// What an operand can begin with: literals, variables, types, parentheses, lists and maps.
#include <charconv>

#include "el/convert.hpp"
#include "el/parser.hpp"

namespace perigee::el {

Result<NodeId> Parser::start() {
  std::uint32_t column = token_.column;
  switch (token_.kind) {
    case TokenKind::text:
      return text();
    case TokenKind::integer:
    case TokenKind::long_integer:
    case TokenKind::real:
      return number();
    case TokenKind::name:
      return name();
    case TokenKind::end:
      return unexpected("a value");
    case TokenKind::symbol:
      break;
  }
  if (at_symbol("#")) return variable();
  if (at_symbol("{")) return braces();
  if (!at_symbol("(")) return unexpected("a value");
  TRY(advance());
  TRY(NodeId inner, expression());
  TRY(expect(")", "of the parenthesis at column " + std::to_string(column)));
  return inner;
}

Result<NodeId> Parser::text() {
  Token literal = token_;
  TRY(advance());
  // The quote is the character before the token's text.
  char quote = literal.written.data()[-1];
  std::string_view written = literal.written;
  if (written.find(quote) == written.npos)
    return builder_.constant(Value::text(written), literal.column);
  std::string single;
  for (std::size_t i = 0; i < written.size(); ++i) {
    single += written[i];
    if (written[i] == quote) ++i;
  }
  return builder_.constant(Value::text(builder_.keep(single)), literal.column);
}

Result<NodeId> Parser::number() {
  Token literal = token_;
  TRY(advance());
  if (literal.kind == TokenKind::real) {
    double real = 0;
    auto [end, problem] = std::from_chars(literal.written.data(),
                                          literal.written.data() + literal.written.size(), real);
    if (problem != std::errc()) return fail_at(literal.column, "the number does not fit");
    return builder_.constant(Value::real(real), literal.column);
  }
  auto whole = parse_integer(literal.written);
  bool is_long = literal.kind == TokenKind::long_integer;
  if (!whole || (!is_long && *whole != static_cast<std::int32_t>(*whole)))
    return fail_at(literal.column, is_long
                                       ? "the number does not fit 64 bits"
                                       : "the number does not fit 32 bits; write an L behind it");
  Value value =
      is_long ? Value::long_integer(*whole) : Value::integer(static_cast<std::int32_t>(*whole));
  return builder_.constant(value, literal.column);
}

Result<NodeId> Parser::name() {
  Token word = token_;
  bool is_member_like = next_.is_symbol("(");
  if (word.written == "T" && is_member_like) return type();
  if (word.is_keyword("new") && next_.kind == TokenKind::name) return create();
  TRY(advance());
  if (word.is_keyword("true")) return builder_.constant(Value::boolean(true), word.column);
  if (word.is_keyword("false")) return builder_.constant(Value::boolean(false), word.column);
  if (word.is_keyword("null")) return builder_.constant(Value::null(), word.column);
  bool may_be_key = at_symbol("]");
  if (!is_member_like && !may_be_key && selections_ == 0)
    builder_.warn(word.column, "'" + std::string(word.written) +
                                   "' alone is no value, it fails when it is reached; a variable "
                                   "begins with '#', a text stands in quotes");
  if (!is_member_like) return builder_.bare_name(word.written, word.column);
  TRY(std::vector<NodeId> given, arguments());
  TRY(NodeId item, builder_.this_item(word.column));
  return builder_.call(item, word.written, std::move(given), false, word.column);
}

Result<NodeId> Parser::variable() {
  std::uint32_t column = token_.column;
  TRY(advance());
  if (token_.kind != TokenKind::name) return unexpected("the name of a variable");
  std::string_view name = token_.written;
  TRY(advance());
  if (!at_symbol("(")) return builder_.variable(name, column);
  TRY(std::vector<NodeId> given, arguments());
  return builder_.function(name, std::move(given), column);
}

Result<std::string> Parser::type_name() {
  std::string name;
  while (true) {
    if (token_.kind != TokenKind::name) return unexpected("the name of a type");
    name += token_.written;
    TRY(advance());
    if (!at_symbol(".")) return name;
    name += '.';
    TRY(advance());
  }
}

Result<NodeId> Parser::type() {
  std::uint32_t column = token_.column;
  TRY(advance());
  TRY(advance());
  TRY(std::string name, type_name());
  TRY(expect(")", "after a type"));
  return builder_.type(name, column);
}

Result<NodeId> Parser::create() {
  std::uint32_t column = token_.column;
  TRY(advance());
  TRY(std::string name, type_name());
  if (at_symbol("[")) return array(name, column);
  TRY(std::vector<NodeId> given, arguments());
  return builder_.create(name, std::move(given), column);
}

// new T[size], new T[]{items}
Result<NodeId> Parser::array(const std::string& type_name, std::uint32_t column) {
  TRY(advance());
  std::vector<NodeId> children;
  bool has_size = !at_symbol("]");
  if (has_size) {
    TRY(NodeId size, expression());
    children.push_back(size);
  }
  TRY(expect("]", "of a new array"));
  if (at_symbol("[")) return fail_at(column, "a new array has one dimension here");
  if (has_size && at_symbol("{"))
    return fail_at(column, "a new array takes a size or its values, not both");
  if (!has_size) {
    TRY(expect("{", "of the values of a new array"));
    TRY(children, items());
  }
  return builder_.array(type_name, std::move(children), has_size, column);
}

// "a, b}"
Result<std::vector<NodeId>> Parser::items() {
  std::vector<NodeId> all;
  TRY(bool ends, take("}"));
  while (!ends) {
    TRY(NodeId item, expression());
    all.push_back(item);
    TRY(ends, take("}"));
    if (!ends) {
      TRY(expect(",", "or '}' in a list"));
    }
  }
  return all;
}

Result<NodeId> Parser::braces() {
  std::uint32_t column = token_.column;
  TRY(advance());
  if (at_symbol(":")) {
    TRY(advance());
    TRY(expect("}", "of an empty map"));
    return builder_.operation(Op::map, {}, column);
  }
  bool is_named_key = token_.kind == TokenKind::name && next_.is_symbol(":");
  if (is_named_key) return map(column);
  std::vector<NodeId> items;
  TRY(bool ends, take("}"));
  while (!ends) {
    if (items.empty() && next_.is_symbol(":")) return map(column);
    TRY(NodeId item, expression());
    items.push_back(item);
    TRY(ends, take("}"));
    if (!ends) {
      TRY(expect(",", "or '}' in a list"));
    }
  }
  return builder_.operation(Op::list, std::move(items), column);
}

Result<NodeId> Parser::map(std::uint32_t column) {
  std::vector<NodeId> pairs;
  bool ends = false;
  while (!ends) {
    bool is_name = token_.kind == TokenKind::name && next_.is_symbol(":");
    NodeId key = 0;
    if (is_name) {
      TRY(key, builder_.constant(Value::text(token_.written), token_.column));
      TRY(advance());
    } else {
      TRY(key, expression());
    }
    TRY(expect(":", "after a key"));
    TRY(NodeId value, expression());
    pairs.push_back(key);
    pairs.push_back(value);
    TRY(ends, take("}"));
    if (!ends) {
      TRY(expect(",", "or '}' in a map"));
    }
  }
  return builder_.operation(Op::map, std::move(pairs), column);
}

}  // namespace perigee::el
