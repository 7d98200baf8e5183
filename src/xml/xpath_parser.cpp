#include "xml/xpath_parser.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace perigee::xml {
namespace {

using enum XPathTokenKind;

struct Operator {
  std::string_view written;
  ExprOp op;
};
// Weakest first; each level is left-associative.
constexpr std::size_t kLevels = 6;
constexpr Operator kOperators[kLevels][4] = {
    {{"or", ExprOp::or_}},
    {{"and", ExprOp::and_}},
    {{"=", ExprOp::equal}, {"!=", ExprOp::not_equal}},
    {{"<", ExprOp::less},
     {"<=", ExprOp::less_equal},
     {">", ExprOp::greater},
     {">=", ExprOp::greater_equal}},
    {{"+", ExprOp::add}, {"-", ExprOp::subtract}},
    {{"*", ExprOp::multiply}, {"div", ExprOp::divide}, {"mod", ExprOp::modulo}},
};

constexpr std::pair<std::string_view, Axis> kAxes[] = {
    {"child", Axis::child},
    {"descendant", Axis::descendant},
    {"descendant-or-self", Axis::descendant_or_self},
    {"self", Axis::self},
    {"attribute", Axis::attribute},
    {"following", Axis::following},
    {"following-sibling", Axis::following_sibling},
    {"namespace", Axis::namespaces},
    {"parent", Axis::parent},
    {"ancestor", Axis::ancestor},
    {"ancestor-or-self", Axis::ancestor_or_self},
    {"preceding", Axis::preceding},
    {"preceding-sibling", Axis::preceding_sibling},
};

constexpr std::pair<std::string_view, NodeTest> kNodeTypes[] = {
    {"node", NodeTest::any_node},
    {"text", NodeTest::text},
    {"comment", NodeTest::comment},
    {"processing-instruction", NodeTest::instruction},
};

std::optional<NodeTest> find_node_type(std::string_view name) {
  for (auto [known, test] : kNodeTypes)
    if (known == name) return test;
  return std::nullopt;
}

const Step kAnywhere{.axis = Axis::descendant_or_self, .test = NodeTest::any_node};

}  // namespace

ExprId XPathParser::add(Expr expr) {
  exprs_.push_back(std::move(expr));
  return static_cast<ExprId>(exprs_.size() - 1);
}

Result<void> XPathParser::advance() {
  TRY(token_, lexer_.next());
  return {};
}

Result<bool> XPathParser::take(XPathTokenKind kind, std::string_view text) {
  if (!at(kind, text)) return false;
  TRY(advance());
  return true;
}

std::unexpected<Error> XPathParser::unexpected(std::string_view wanted) const {
  std::string found = token_.kind == end ? "the end" : "'" + std::string(token_.text) + "'";
  return fail_at(token_.position, std::string(wanted) + " is expected, not " + found);
}

Result<void> XPathParser::expect(std::string_view written, std::string_view where) {
  if (!at(symbol, written))
    return unexpected("'" + std::string(written) + "' " + std::string(where));
  return advance();
}

Result<void> XPathParser::parse() {
  TRY(advance());
  TRY(expression());
  if (token_.kind != end) return unexpected("the end or an operator");
  return {};
}

Result<ExprId> XPathParser::expression() {
  if (nesting_ == kXPathNestingMax)
    return fail_at(token_.position, "it is nested deeper than " + std::to_string(kXPathNestingMax));
  ++nesting_;
  TRY(ExprId id, binary(0));
  --nesting_;
  return id;
}

Result<ExprId> XPathParser::binary(std::size_t level) {
  if (level == kLevels) return unary();
  TRY(ExprId left, binary(level + 1));
  while (token_.kind == operation) {
    const auto* found = std::ranges::find(kOperators[level], token_.text, &Operator::written);
    if (found == std::end(kOperators[level])) return left;
    TRY(advance());
    TRY(ExprId right, binary(level + 1));
    left = add({.op = found->op, .children = {left, right}});
  }
  return left;
}

Result<ExprId> XPathParser::unary() {
  bool is_negative = false, has_sign = false;
  while (at(operation, "-")) {
    TRY(advance());
    is_negative = !is_negative;
    has_sign = true;
  }
  TRY(ExprId id, united());
  if (!has_sign) return id;
  id = add({.op = ExprOp::negate, .children = {id}});
  return is_negative ? id : add({.op = ExprOp::negate, .children = {id}});
}

Result<ExprId> XPathParser::united() {
  TRY(ExprId left, path());
  while (at(operation, "|")) {
    TRY(advance());
    TRY(ExprId right, path());
    left = add({.op = ExprOp::unite, .children = {left, right}});
  }
  return left;
}

bool XPathParser::begins_primary() const {
  return token_.kind == literal || token_.kind == number || at(symbol, "(") ||
         (token_.kind == XPathTokenKind::call && !find_node_type(token_.text));
}

bool XPathParser::begins_step() const {
  return token_.kind == name || token_.kind == axis || at(symbol, "@") || at(symbol, ".") ||
         at(symbol, "..") ||
         (token_.kind == XPathTokenKind::call && find_node_type(token_.text).has_value());
}

Result<ExprId> XPathParser::path() {
  Expr made{.op = ExprOp::relative};
  if (begins_primary()) {
    TRY(ExprId start, primary());
    if (at(symbol, "[")) {
      Expr filter{.op = ExprOp::filter, .children = {start}};
      TRY(predicates(filter.children));
      start = add(std::move(filter));
    }
    if (!at(operation, "/") && !at(operation, "//")) return start;
    made.children.push_back(start);
    TRY(steps(made.steps));
    return add(std::move(made));
  }
  bool is_anywhere = at(operation, "//");
  if (at(operation, "/") || is_anywhere) {
    made.op = ExprOp::absolute;
    TRY(advance());
    if (is_anywhere) made.steps.push_back(kAnywhere);
    if (!begins_step()) {
      if (is_anywhere) return unexpected("a step");
      return add(std::move(made));  // "/" alone is the root
    }
  }
  if (!begins_step()) return unexpected("a value or a path");
  TRY(Step first, step());
  made.steps.push_back(std::move(first));
  TRY(steps(made.steps));
  return add(std::move(made));
}

// "/step//step.."
Result<void> XPathParser::steps(std::vector<Step>& to) {
  while (at(operation, "/") || at(operation, "//")) {
    if (at(operation, "//")) to.push_back(kAnywhere);
    TRY(advance());
    if (!begins_step()) return unexpected("a step");
    TRY(Step next, step());
    to.push_back(std::move(next));
  }
  return {};
}

Result<Step> XPathParser::step() {
  Step made;
  if (at(symbol, ".") || at(symbol, "..")) {
    made.axis = at(symbol, ".") ? Axis::self : Axis::parent;
    TRY(advance());
    return made;  // an abbreviated step has no predicates
  }
  if (at(symbol, "@")) {
    made.axis = Axis::attribute;
    TRY(advance());
  } else if (token_.kind == axis) {
    const auto* found =
        std::ranges::find(kAxes, token_.text, &std::pair<std::string_view, Axis>::first);
    if (found == std::end(kAxes))
      return fail_at(token_.position, "there is no axis '" + std::string(token_.text) + "'");
    made.axis = found->second;
    TRY(advance());
    TRY(expect("::", "behind an axis"));
  }
  TRY(node_test(made));
  TRY(predicates(made.predicates));
  return made;
}

Result<void> XPathParser::node_test(Step& step) {
  if (token_.kind == XPathTokenKind::call) return node_type(step);
  if (token_.kind != name) return unexpected("the name of a node");
  if (token_.text.find(':') != std::string_view::npos)
    return fail_at(token_.position,
                   "prefixes of namespaces are not known here; write *[name() = '" +
                       std::string(token_.text) + "'] or use local-name()");
  step.test = token_.text == "*" ? NodeTest::any_name : NodeTest::name;
  step.name = token_.text;
  return advance();
}

Result<void> XPathParser::node_type(Step& step) {
  auto test = find_node_type(token_.text);
  if (!test)
    return fail_at(token_.position, "there is no type of node '" + std::string(token_.text) + "'");
  step.test = *test;
  TRY(advance());
  TRY(expect("(", "behind a type of node"));
  if (*test == NodeTest::instruction && token_.kind == literal) {
    step.name = token_.text;
    TRY(advance());
  }
  return expect(")", "behind a type of node");
}

Result<void> XPathParser::predicates(std::vector<ExprId>& to) {
  while (at(symbol, "[")) {
    TRY(advance());
    TRY(ExprId predicate, expression());
    to.push_back(predicate);
    TRY(expect("]", "of a predicate"));
  }
  return {};
}

Result<ExprId> XPathParser::primary() {
  XPathToken start = token_;
  if (start.kind == XPathTokenKind::call) return call();
  TRY(advance());
  if (start.kind == literal) return add({.op = ExprOp::text, .text = start.text});
  if (start.kind == number) return add({.op = ExprOp::number, .number = number_of(start.text)});
  TRY(ExprId inner, expression());
  TRY(expect(")", "of a parenthesis"));
  return inner;
}

Result<ExprId> XPathParser::call() {
  XPathToken called = token_;
  const FunctionInfo* info = find_function(called.text);
  if (!info)
    return fail_at(called.position, "there is no function '" + std::string(called.text) + "'");
  Expr made{.op = ExprOp::call, .function = info->function};
  TRY(advance());
  TRY(expect("(", "behind the name of a function"));
  while (!at(symbol, ")")) {
    if (!made.children.empty()) {
      TRY(expect(",", "or ')' between arguments"));
    }
    TRY(ExprId argument, expression());
    made.children.push_back(argument);
  }
  TRY(advance());
  if (made.children.size() < info->arguments_min || made.children.size() > info->arguments_max)
    return fail_at(called.position, "'" + std::string(called.text) + "' does not take " +
                                        std::to_string(made.children.size()) + " arguments");
  return add(std::move(made));
}

}  // namespace perigee::xml
