// XPath itself: operators, paths and predicates.
#include <algorithm>
#include <cmath>

#include "xml/xpath_expr.hpp"
#include "xml/xpath_parser.hpp"

namespace perigee::xml {
namespace {

using Kind = XPathValue::Kind;
using Nodes = std::vector<const Node*>;

double arithmetic(ExprOp op, double left, double right) {
  switch (op) {
    case ExprOp::add:
      return left + right;
    case ExprOp::subtract:
      return left - right;
    case ExprOp::multiply:
      return left * right;
    case ExprOp::divide:
      return left / right;
    default:
      return std::fmod(left, right);
  }
}

Result<void> into_document_order(Nodes& nodes, Evaluation& evaluation) {
  TRY(evaluation.spend(nodes.size()));
  auto order = [](const Node* node) { return node->order; };
  if (!std::ranges::is_sorted(nodes, {}, order)) std::ranges::sort(nodes, {}, order);
  nodes.erase(std::ranges::unique(nodes).begin(), nodes.end());
  return {};
}

// What is left of `nodes`, which stand in the order of their axis.
Result<void> filter(Nodes& nodes, ExprId predicate, Evaluation& evaluation) {
  Nodes kept;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    TRY(evaluation.spend(1));
    Context context{nodes[i], i + 1, nodes.size()};
    TRY(XPathValue value, evaluation.evaluate(predicate, context));
    // A number asks for the position.
    bool passes =
        value.kind == Kind::number ? value.number == static_cast<double>(i + 1) : to_boolean(value);
    if (passes) kept.push_back(nodes[i]);
  }
  nodes = std::move(kept);
  return {};
}

Result<Nodes> take_step(const Step& step, const Nodes& from, Evaluation& evaluation) {
  Nodes all;
  for (const Node* node : from) {
    TRY(Nodes found, nodes_of(step, *node, evaluation.budget));
    for (ExprId predicate : step.predicates) {
      TRY(filter(found, predicate, evaluation));
    }
    all.insert(all.end(), found.begin(), found.end());
  }
  TRY(into_document_order(all, evaluation));
  return all;
}

Result<XPathValue> path(const Expr& expr, const Context& context, Evaluation& evaluation) {
  Nodes nodes{context.node};
  if (expr.op == ExprOp::absolute) nodes = {&evaluation.document.root()};
  if (!expr.children.empty()) {
    TRY(XPathValue start, evaluation.evaluate(expr.children[0], context));
    if (start.kind != Kind::nodes) return failed("a path needs nodes to start from");
    nodes = std::move(start.nodes);
  }
  for (const Step& step : expr.steps) {
    TRY(nodes, take_step(step, nodes, evaluation));
  }
  return XPathValue::of(std::move(nodes));
}

Result<XPathValue> filtered(const Expr& expr, const Context& context, Evaluation& evaluation) {
  TRY(XPathValue value, evaluation.evaluate(expr.children[0], context));
  if (value.kind != Kind::nodes) return failed("a predicate needs nodes before it");
  for (std::size_t i = 1; i < expr.children.size(); ++i) {
    TRY(filter(value.nodes, expr.children[i], evaluation));
  }
  return value;
}

Result<XPathValue> united(const Expr& expr, const Context& context, Evaluation& evaluation) {
  TRY(XPathValue left, evaluation.evaluate(expr.children[0], context));
  TRY(XPathValue right, evaluation.evaluate(expr.children[1], context));
  if (left.kind != Kind::nodes || right.kind != Kind::nodes)
    return failed("'|' needs nodes on both sides");
  left.nodes.insert(left.nodes.end(), right.nodes.begin(), right.nodes.end());
  TRY(into_document_order(left.nodes, evaluation));
  return left;
}

Result<XPathValue> connective(const Expr& expr, const Context& context, Evaluation& evaluation) {
  TRY(XPathValue left, evaluation.evaluate(expr.children[0], context));
  bool decides = expr.op == ExprOp::or_;
  if (to_boolean(left) == decides) return XPathValue::of(decides);
  TRY(XPathValue right, evaluation.evaluate(expr.children[1], context));
  return XPathValue::of(to_boolean(right));
}

Result<XPathValue> binary(const Expr& expr, const Context& context, Evaluation& evaluation) {
  TRY(XPathValue left, evaluation.evaluate(expr.children[0], context));
  TRY(XPathValue right, evaluation.evaluate(expr.children[1], context));
  if (expr.op <= ExprOp::greater_equal) {
    TRY(bool holds, compare(expr.op, left, right, evaluation.arena, evaluation.budget));
    return XPathValue::of(holds);
  }
  TRY(double a, to_number(left, evaluation.arena, evaluation.budget));
  TRY(double b, to_number(right, evaluation.arena, evaluation.budget));
  return XPathValue::of(arithmetic(expr.op, a, b));
}

}  // namespace

std::unexpected<Error> failed(std::string reason) {
  return fail(ErrorCode::evaluation, std::move(reason));
}

std::unexpected<Error> over_budget() {
  return fail(ErrorCode::limit, "it looks at too many nodes, or makes too much text");
}

Result<void> Evaluation::spend(std::size_t steps) {
  if (steps > budget.steps) return over_budget();
  budget.steps -= steps;
  return {};
}

Result<XPathValue> Evaluation::evaluate(ExprId id, const Context& context) {
  const Expr& expr = exprs[id];
  TRY(spend(1));
  switch (expr.op) {
    case ExprOp::number:
      return XPathValue::of(expr.number);
    case ExprOp::text:
      return XPathValue::of(expr.text);
    case ExprOp::call:
      return call_function(expr, context, *this);
    case ExprOp::absolute:
    case ExprOp::relative:
      return path(expr, context, *this);
    case ExprOp::filter:
      return filtered(expr, context, *this);
    case ExprOp::unite:
      return united(expr, context, *this);
    case ExprOp::or_:
    case ExprOp::and_:
      return connective(expr, context, *this);
    case ExprOp::negate: {
      TRY(XPathValue value, evaluate(expr.children[0], context));
      TRY(double number, to_number(value, arena, budget));
      return XPathValue::of(-number);
    }
    default:
      return binary(expr, context, *this);
  }
}

XPath::XPath() = default;
XPath::~XPath() = default;

Result<std::unique_ptr<const XPath>> XPath::compile(std::string_view text) {
  if (text.size() > kXPathBytesMax)
    return fail(ErrorCode::limit, "it is longer than " + std::to_string(kXPathBytesMax) + " bytes");
  std::unique_ptr<XPath> made(new XPath());
  made->text_ = made->texts_.copy(text);
  TRY(XPathParser(made->text_, made->exprs_).parse());
  return made;
}

Result<XPathValue> XPath::evaluate(const Document& document, Arena& arena, Budget& budget) const {
  Evaluation evaluation{exprs_, document, arena, budget};
  return evaluation.evaluate(static_cast<ExprId>(exprs_.size() - 1), {&document.root(), 1, 1});
}

}  // namespace perigee::xml
