#include "freemarker/expression_parser.hpp"

#include <algorithm>
#include <array>

#include "base/nearest.hpp"
#include "freemarker/builtins.hpp"
#include "freemarker/template.hpp"

namespace perigee::freemarker {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '@' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }

// Words that stand between expressions, not for one.
constexpr std::array<std::string_view, 7> kBetween = {"gt", "gte", "lt",   "lte",
                                                      "as", "in",  "using"};

using Operators = std::pair<std::string_view, Op>;

std::uint32_t depth_of(const std::vector<Expression>& children) {
  std::uint32_t depth = 0;
  for (const Expression& child : children) depth = std::max(depth, child.depth);
  return depth + 1;
}

// What came before a place, counted.
Place moved(Place from, std::string_view over) {
  for (char c : over) {
    if (c == '\n') {
      ++from.line;
      from.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      ++from.column;
    }
  }
  return from;
}

}  // namespace

std::string at(Place place) {
  return "line " + std::to_string(place.line) + ", column " + std::to_string(place.column);
}

void ExpressionParser::skip_blanks() {
  for (;;) {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    bool comment = text_.substr(at_).starts_with("<#--");
    if (!comment) return;
    std::size_t end = text_.find("-->", at_);
    at_ = end == text_.npos ? text_.size() : end + 3;
  }
}

bool ExpressionParser::ahead(std::string_view token) {
  skip_blanks();
  return text_.substr(at_).starts_with(token);
}

bool ExpressionParser::take(std::string_view token) {
  if (is_name_start(token[0])) {
    if (word_ahead() != token) return false;
  } else if (!ahead(token)) {
    return false;
  }
  at_ += token.size();
  return true;
}

std::optional<std::string> ExpressionParser::word_ahead() {
  skip_blanks();
  std::size_t at = at_;
  std::string name;
  while (at < text_.size()) {
    bool escaped = text_[at] == '\\' && at + 1 < text_.size() &&
                   std::string_view("-.:").find(text_[at + 1]) != std::string_view::npos;
    if (escaped) ++at;
    bool fits = escaped || (name.empty() ? is_name_start(text_[at]) : is_name_part(text_[at]));
    if (!fits) break;
    name += text_[at++];
  }
  if (name.empty()) return std::nullopt;
  return name;
}

std::optional<std::string> ExpressionParser::word() {
  std::optional<std::string> name = word_ahead();
  if (!name) return std::nullopt;
  for (std::size_t left = name->size(); left > 0; ++at_) {
    if (text_[at_] != '\\') --left;
  }
  return name;
}

Result<std::string> ExpressionParser::name() {
  std::optional<std::string> found = word();
  if (found) return *std::move(found);
  return refuse(place(), "expected a name");
}

bool ExpressionParser::at_end() {
  skip_blanks();
  return at_ >= text_.size();
}

Result<void> ExpressionParser::end() {
  if (at_end()) return {};
  return refuse(place(), "'" + std::string(text_.substr(at_, 20)) + "' was not expected here");
}

// Remembers how far it counted: places are asked for at every step.
Place ExpressionParser::place() {
  skip_blanks();
  if (at_ < counted_) {
    counted_ = 0;
    counted_place_ = start_;
  }
  counted_place_ = moved(counted_place_, text_.substr(counted_, at_ - counted_));
  counted_ = at_;
  return counted_place_;
}

Result<Expression> ExpressionParser::make(Op op, Place place, std::vector<Expression> children) {
  Expression made{.op = op, .place = place, .depth = depth_of(children)};
  if (made.depth > kDepthMax)
    return refuse(place, "an expression is deeper than " + std::to_string(kDepthMax) + " levels",
                  ErrorCode::limit);
  made.children = std::move(children);
  return made;
}

template <class Next>
Result<Expression> ExpressionParser::chain(std::span<const Operators> operators, Next next) {
  TRY(Expression left, (this->*next)());
  for (;;) {
    Place where = place();
    auto found =
        std::ranges::find_if(operators, [&](const Operators& each) { return take(each.first); });
    if (found == operators.end()) return left;
    TRY(Expression right, (this->*next)());
    std::vector<Expression> both;
    both.push_back(std::move(left));
    both.push_back(std::move(right));
    TRY(left, make(found->second, where, std::move(both)));
  }
}

Result<Expression> ExpressionParser::expression() {
  if (depth_ >= kNestingMax)
    return refuse(place(),
                  "an expression is deeper than " + std::to_string(kNestingMax) + " levels",
                  ErrorCode::limit);
  ++depth_;
  Result<Expression> read = disjunction();
  --depth_;
  return read;
}

Result<Expression> ExpressionParser::disjunction() {
  constexpr std::array kOperators = {Operators{"||", Op::disjunction}};
  return chain(kOperators, &ExpressionParser::conjunction);
}
Result<Expression> ExpressionParser::conjunction() {
  constexpr std::array kOperators = {Operators{"&&", Op::conjunction}};
  return chain(kOperators, &ExpressionParser::equality);
}
Result<Expression> ExpressionParser::equality() {
  constexpr std::array kOperators = {Operators{"==", Op::equal}, Operators{"!=", Op::not_equal},
                                     Operators{"=", Op::equal}};
  return chain(kOperators, &ExpressionParser::relation);
}
Result<Expression> ExpressionParser::relation() {
  constexpr std::array kOperators = {Operators{"<=", Op::less_or_equal},
                                     Operators{">=", Op::greater_or_equal},
                                     Operators{"<", Op::less},
                                     Operators{">", Op::greater},
                                     Operators{"lte", Op::less_or_equal},
                                     Operators{"lt", Op::less},
                                     Operators{"gte", Op::greater_or_equal},
                                     Operators{"gt", Op::greater}};
  return chain(kOperators, &ExpressionParser::range);
}
Result<Expression> ExpressionParser::range() {
  TRY(Expression begin, sum());
  if (!ahead("..")) return begin;
  return range_end(std::move(begin));
}
Result<Expression> ExpressionParser::range_end(Expression begin) {
  Place where = place();
  Op op = take("..*")                  ? Op::range_counted
          : take("..<") || take("..!") ? Op::range_exclusive
                                       : Op::range;
  if (op == Op::range) take("..");
  std::vector<Expression> bounds;
  bounds.push_back(std::move(begin));
  if (op == Op::range && !starts_value()) return make(Op::range_open, where, std::move(bounds));
  TRY(Expression end, sum());
  bounds.push_back(std::move(end));
  return make(op, where, std::move(bounds));
}
Result<Expression> ExpressionParser::sum() {
  constexpr std::array kOperators = {Operators{"+", Op::add}, Operators{"-", Op::subtract}};
  return chain(kOperators, &ExpressionParser::product);
}
Result<Expression> ExpressionParser::product() {
  constexpr std::array kOperators = {Operators{"*", Op::multiply}, Operators{"/", Op::divide},
                                     Operators{"%", Op::modulo}};
  return chain(kOperators, &ExpressionParser::unary);
}

Result<Expression> ExpressionParser::unary() {
  Place where = place();
  std::vector<Op> signs;
  for (;;) {
    if (signs.size() >= kNestingMax) return refuse(where, "too many signs", ErrorCode::limit);
    if (ahead("!=")) break;
    if (take("!")) {
      signs.push_back(Op::negation);
    } else if (take("-")) {
      signs.push_back(Op::negative);
    } else if (!take("+")) {
      break;
    }
  }
  TRY(Expression value, postfix());
  for (; !signs.empty(); signs.pop_back()) {
    std::vector<Expression> only;
    only.push_back(std::move(value));
    TRY(value, make(signs.back(), where, std::move(only)));
  }
  return value;
}

Result<Expression> ExpressionParser::postfix() {
  TRY(Expression value, primary());
  for (;;) {
    Place where = place();
    std::vector<Expression> children;
    if (ahead("..")) return value;
    if (take(".")) {
      TRY(value, member(std::move(value)));
    } else if (take("[")) {
      children.push_back(std::move(value));
      TRY(Expression index, expression());
      children.push_back(std::move(index));
      if (!take("]")) return refuse(place(), "expected a ']'");
      TRY(value, make(Op::index, where, std::move(children)));
    } else if (take("(")) {
      children.push_back(std::move(value));
      TRY(std::vector<Expression> arguments, list_until(")"));
      const Expression& called = children[0];
      bool getter = called.op == Op::member && called.name.size() > 3 &&
                    called.name.starts_with("get") && called.name[3] >= 'A' &&
                    called.name[3] <= 'Z' && arguments.empty();
      if (!getter)
        return refuse(where, "only getters without arguments can be called, as in request.getId()",
                      ErrorCode::unsupported);
      TRY(value, make(Op::call, where, std::move(children)));
    } else if (take("??")) {
      children.push_back(std::move(value));
      TRY(value, make(Op::exists, where, std::move(children)));
    } else if (take("?")) {
      TRY(value, builtin(std::move(value)));
    } else if (ahead("!") && !ahead("!=")) {
      TRY(value, fallback(std::move(value)));
    } else {
      return value;
    }
  }
}

Result<Expression> ExpressionParser::member(Expression target) {
  Place where = place();
  TRY(std::string key, name());
  std::vector<Expression> only;
  only.push_back(std::move(target));
  TRY(Expression made, make(Op::member, where, std::move(only)));
  made.name = std::move(key);
  return made;
}

Result<Expression> ExpressionParser::builtin(Expression target) {
  Place where = place();
  TRY(std::string called, name());
  const Builtin* found = find_builtin(called);
  if (!found) {
    std::string_view hint = hint_for_builtin(called);
    return refuse(
        where,
        "the built-in '?" + called + "' is not supported" +
            (hint.empty() ? did_you_mean(called, builtin_names()) : "; " + std::string(hint)),
        ErrorCode::unsupported);
  }
  std::vector<Expression> children;
  children.push_back(std::move(target));
  if (found->arguments_max > 0 && ahead("(")) {
    take("(");
    TRY(std::vector<Expression> arguments, list_until(")", found->lazy));
    std::ranges::move(arguments, std::back_inserter(children));
  }
  std::size_t count = children.size() - 1;
  if (count < found->arguments_min || count > found->arguments_max)
    return refuse(where, "?" + called + " takes " + std::to_string(found->arguments_min) + " to " +
                             std::to_string(found->arguments_max) + " arguments, found " +
                             std::to_string(count));
  bool of_loop = found->of_loop && children[0].op == Op::variable;
  if (found->of_loop && !of_loop)
    return refuse(where, "?" + called + " stands behind the variable of a <#list>");
  TRY(Expression made, make(of_loop ? Op::loop_state : Op::builtin, where, std::move(children)));
  made.builtin = found;
  made.name = of_loop ? made.children[0].name : called;
  return made;
}

// compat: the right side of ! reaches as far as it can: a!b + c is a!(b + c).
Result<Expression> ExpressionParser::fallback(Expression target) {
  Place where = place();
  take("!");
  bool adjacent = at_ < text_.size() && !is_blank(text_[at_]);
  bool sign = ahead("+") || ahead("-");
  std::vector<Expression> children;
  children.push_back(std::move(target));
  if (starts_value() && (adjacent || !sign)) {
    TRY(Expression other, expression());
    children.push_back(std::move(other));
  }
  return make(Op::fallback, where, std::move(children));
}

bool ExpressionParser::starts_value() {
  skip_blanks();
  if (at_ >= text_.size()) return false;
  if (ahead("!=")) return false;
  std::optional<std::string> next = word_ahead();
  if (next) {
    if (std::ranges::find(kBetween, *next) != kBetween.end()) return false;
    // `a = b! c = d` of an <#assign>.
    std::string_view rest = text_.substr(std::min(text_.size(), at_ + next->size()));
    while (!rest.empty() && is_blank(rest[0])) rest.remove_prefix(1);
    return !(rest.starts_with('=') && !rest.starts_with("=="));
  }
  return is_digit(text_[at_]) ||
         std::string_view("\"'([{+-!").find(text_[at_]) != std::string_view::npos;
}

Result<Expression> ExpressionParser::primary() {
  Place where = place();
  if (at_end()) return refuse(where, "expected an expression");
  if (ahead("\"") || ahead("'") || ahead("r\"") || ahead("r'")) return text_literal();
  if (is_digit(text_[at_])) return number_literal();
  if (take("(")) {
    std::vector<Expression> only;
    TRY(Expression inner, expression());
    only.push_back(std::move(inner));
    if (!take(")")) return refuse(place(), "expected a ')'");
    return make(Op::parenthesis, where, std::move(only));
  }
  if (take("[")) {
    TRY(std::vector<Expression> items, list_until("]"));
    return make(Op::list, where, std::move(items));
  }
  if (take("{")) return hash();
  if (take(".")) {
    TRY(std::string special, name());
    return refuse(where, "the special variable '." + special + "' is not supported",
                  ErrorCode::unsupported);
  }
  std::optional<std::string> named = word();
  if (!named)
    return refuse(where, "'" + std::string(text_.substr(at_, 20)) + "' was not expected here");
  Expression made{.op = Op::variable, .place = where};
  if (*named == "true" || *named == "false") {
    made.op = Op::boolean;
    made.number = *named == "true" ? 1 : 0;
  } else {
    made.name = *std::move(named);
  }
  return made;
}

Result<Expression> ExpressionParser::lambda_or_expression() {
  std::size_t begin = at_;
  Place where = place();
  bool parenthesised = take("(");
  std::optional<std::string> named = word();
  if (named && (!parenthesised || take(")")) && take("->")) {
    std::vector<Expression> only;
    TRY(Expression body, expression());
    only.push_back(std::move(body));
    TRY(Expression made, make(Op::lambda, where, std::move(only)));
    made.name = *std::move(named);
    return made;
  }
  at_ = begin;
  return expression();
}

Result<std::vector<Expression>> ExpressionParser::list_until(std::string_view close, bool lambdas) {
  std::vector<Expression> items;
  while (!take(close)) {
    if (!items.empty() && !take(","))
      return refuse(place(), "expected a ',' or a '" + std::string(close) + "'");
    TRY(Expression item, lambdas ? lambda_or_expression() : expression());
    items.push_back(std::move(item));
  }
  return items;
}

Result<Expression> ExpressionParser::hash() {
  Place where = place();
  std::vector<Expression> pairs;
  while (!take("}")) {
    if (!pairs.empty() && !take(",")) return refuse(place(), "expected a ',' or a '}'");
    TRY(Expression key, expression());
    if (!take(":") && !take(",")) return refuse(place(), "expected a ':'");
    TRY(Expression value, expression());
    pairs.push_back(std::move(key));
    pairs.push_back(std::move(value));
  }
  return make(Op::hash, where, std::move(pairs));
}

}  // namespace perigee::freemarker
