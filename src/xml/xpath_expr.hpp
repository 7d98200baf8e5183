// Expr: the compiled form of an XPath, and what the files of its evaluation share. Internal to xml.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "xml/xpath.hpp"

namespace perigee::xml {

using ExprId = std::uint32_t;

enum class Axis : std::uint8_t {
  child,
  descendant,
  descendant_or_self,
  self,
  attribute,
  following,
  following_sibling,
  namespaces,
  // Nearest first, against the order of the document:
  parent,
  ancestor,
  ancestor_or_self,
  preceding,
  preceding_sibling,
};

enum class NodeTest : std::uint8_t { name, any_name, any_node, text, comment, instruction };

enum class Function : std::uint8_t {
  last,
  position,
  count,
  id,
  local_name,
  namespace_uri,
  name,
  string,
  concat,
  starts_with,
  contains,
  substring_before,
  substring_after,
  substring,
  string_length,
  normalize_space,
  translate,
  boolean,
  not_,
  true_,
  false_,
  lang,
  number,
  sum,
  floor,
  ceiling,
  round,
};

struct FunctionInfo {
  std::string_view name;
  Function function = Function::last;
  std::uint8_t arguments_min = 0;
  std::uint8_t arguments_max = 0;
};
const FunctionInfo* find_function(std::string_view name);

struct Step {
  Axis axis = Axis::child;
  NodeTest test = NodeTest::any_node;
  std::string_view name;  // of an element or attribute; of an instruction, when one is asked for
  std::vector<ExprId> predicates;
};

enum class ExprOp : std::uint8_t {
  or_,
  and_,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  negate,
  unite,
  number,
  text,
  call,
  filter,    // a value, predicates..
  absolute,  // steps from the root
  relative,  // steps from the context node, or from the child's nodes
};

struct Expr {
  ExprOp op = ExprOp::number;
  Function function = Function::last;
  double number = 0;
  std::string_view text;
  std::vector<ExprId> children;
  std::vector<Step> steps;
};

struct Context {
  const Node* node = nullptr;
  std::size_t position = 1;
  std::size_t size = 1;
};

// One evaluation. A failure leaves its reason in `problem`.
struct Evaluation {
  std::span<const Expr> exprs;
  const Document& document;
  Arena& arena;
  Budget& budget;

  Result<XPathValue> evaluate(ExprId id, const Context& context);
  Result<void> spend(std::size_t steps);
};

std::unexpected<Error> failed(std::string reason);
std::unexpected<Error> over_budget();

// The nodes of a step from `from` that its test lets through, in the order of the axis.
Result<std::vector<const Node*>> nodes_of(const Step& step, const Node& from, Budget& budget);
Result<XPathValue> call_function(const Expr& expr, const Context& context, Evaluation& evaluation);

// =, != and the orders of section 3.4.
Result<bool> compare(ExprOp op, const XPathValue& left, const XPathValue& right, Arena& arena,
                     Budget& budget);
double number_of(std::string_view text);

// Steps that looking through a text costs.
constexpr std::size_t steps_of(std::string_view text) { return text.size() / 256; }
std::string_view number_text(double number, Arena& arena);

bool is_blank(char c);

}  // namespace perigee::xml
