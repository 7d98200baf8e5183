// Conversions and comparisons of values (sections 3.2, 3.4, 4.2, 4.3, 4.4).
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "base/trim.hpp"
#include "xml/xpath_expr.hpp"

namespace perigee::xml {
namespace {

using Kind = XPathValue::Kind;

// The texts inside of an element, in order; null when there is no further one.
const Node* next_text(const Node* at, const Node& top) {
  while (at) {
    if (at->first_child) {
      at = at->first_child;
    } else {
      while (at != &top && !at->next) at = at->parent;
      at = at == &top ? nullptr : at->next;
    }
    if (at && at->kind == NodeKind::text) return at;
  }
  return nullptr;
}

// The text, paid for.
Result<std::string_view> looked_at(std::string_view text, Budget& budget) {
  std::size_t steps = 1 + steps_of(text);
  if (steps > budget.steps) return over_budget();
  budget.steps -= steps;
  return text;
}

bool holds(ExprOp op, double left, double right) {
  switch (op) {
    case ExprOp::equal:
      return left == right;
    case ExprOp::not_equal:
      return left != right;
    case ExprOp::less:
      return left < right;
    case ExprOp::less_equal:
      return left <= right;
    case ExprOp::greater:
      return left > right;
    default:
      return left >= right;
  }
}

ExprOp turned(ExprOp op) {
  switch (op) {
    case ExprOp::less:
      return ExprOp::greater;
    case ExprOp::less_equal:
      return ExprOp::greater_equal;
    case ExprOp::greater:
      return ExprOp::less;
    case ExprOp::greater_equal:
      return ExprOp::less_equal;
    default:
      return op;
  }
}

bool is_equality(ExprOp op) { return op == ExprOp::equal || op == ExprOp::not_equal; }

Result<std::vector<std::string_view>> texts_of(const XPathValue& value, Arena& arena,
                                               Budget& budget) {
  std::vector<std::string_view> texts;
  texts.reserve(value.nodes.size());
  for (const Node* node : value.nodes) {
    TRY(std::string_view text, text_of(*node, arena, budget));
    texts.push_back(text);
  }
  return texts;
}

bool texts_compare(ExprOp op, std::string_view left, std::string_view right) {
  if (is_equality(op)) return (left == right) == (op == ExprOp::equal);
  return holds(op, number_of(left), number_of(right));
}

// Whether some pair of nodes compares so.
Result<bool> compare_sets(ExprOp op, const XPathValue& left, const XPathValue& right, Arena& arena,
                          Budget& budget) {
  TRY(auto lefts, texts_of(left, arena, budget));
  TRY(auto rights, texts_of(right, arena, budget));
  for (std::string_view a : lefts) {
    for (std::string_view b : rights) {
      // Equality ends with the shorter one; for an order both are read as numbers.
      bool is_first = is_equality(op) == (a.size() < b.size());
      TRY(looked_at(is_first ? a : b, budget));
      if (texts_compare(op, a, b)) return true;
    }
  }
  return false;
}

// A node set with something else.
Result<bool> compare_set(ExprOp op, const XPathValue& set, const XPathValue& other, Arena& arena,
                         Budget& budget) {
  if (other.kind == Kind::boolean) return holds(op, to_boolean(set), other.boolean);
  TRY(auto texts, texts_of(set, arena, budget));
  for (std::string_view text : texts) {
    bool found = other.kind == Kind::number ? holds(op, number_of(text), other.number)
                                            : texts_compare(op, text, other.text);
    if (found) return true;
  }
  return false;
}

}  // namespace

Result<std::string_view> text_of(const Node& node, Arena& arena, Budget& budget) {
  if (node.kind != NodeKind::element && node.kind != NodeKind::root)
    return looked_at(node.value, budget);
  const Node* first = next_text(&node, node);
  if (!first) return std::string_view();
  const Node* second = next_text(first, node);
  if (!second) return looked_at(first->value, budget);
  std::string joined;
  for (const Node* at = first; at; at = next_text(at, node)) {
    TRY(looked_at(at->value, budget));
    if (at->value.size() > budget.bytes) return over_budget();
    budget.bytes -= at->value.size();
    joined += at->value;
  }
  return arena.copy(joined);
}

double number_of(std::string_view text) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  text = trimmed(text);
  std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  bool has_digit = false;
  for (char c : digits) {  // stops at the first that no number has
    bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && c != '.') return kNaN;
    has_digit = has_digit || is_digit;
  }
  if (!has_digit) return kNaN;
  double number = 0;
  auto [end, problem] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (end != text.data() + text.size()) return kNaN;
  if (problem == std::errc::result_out_of_range) {  // more digits than a double can have
    bool is_small = digits.find_first_not_of("0.") > digits.find('.');
    number = is_small ? 0 : std::numeric_limits<double>::infinity();
    return text.starts_with('-') ? -number : number;
  }
  return problem == std::errc() ? number : kNaN;
}

std::string_view number_text(double number, Arena& arena) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  if (number == 0) return "0";
  char buffer[400];  // 309 digits before the point at most, or about 340 behind it
  auto written = std::to_chars(buffer, buffer + sizeof(buffer), number, std::chars_format::fixed);
  return arena.copy({buffer, static_cast<std::size_t>(written.ptr - buffer)});
}

bool to_boolean(const XPathValue& value) {
  switch (value.kind) {
    case Kind::nodes:
      return !value.nodes.empty();
    case Kind::boolean:
      return value.boolean;
    case Kind::number:
      return value.number != 0 && !std::isnan(value.number);
    case Kind::text:
      return !value.text.empty();
  }
  return false;
}

Result<std::string_view> to_text(const XPathValue& value, Arena& arena, Budget& budget) {
  switch (value.kind) {
    case Kind::nodes:
      if (value.nodes.empty()) return std::string_view();
      return text_of(*value.nodes[0], arena, budget);
    case Kind::boolean:
      return std::string_view(value.boolean ? "true" : "false");
    case Kind::number:
      return number_text(value.number, arena);
    case Kind::text:
      break;
  }
  return value.text;
}

Result<double> to_number(const XPathValue& value, Arena& arena, Budget& budget) {
  if (value.kind == Kind::number) return value.number;
  if (value.kind == Kind::boolean) return value.boolean ? 1.0 : 0.0;
  TRY(std::string_view text, to_text(value, arena, budget));
  return number_of(text);
}

Result<bool> compare(ExprOp op, const XPathValue& left, const XPathValue& right, Arena& arena,
                     Budget& budget) {
  bool left_is_set = left.kind == Kind::nodes, right_is_set = right.kind == Kind::nodes;
  if (left_is_set && right_is_set) return compare_sets(op, left, right, arena, budget);
  if (left_is_set) return compare_set(op, left, right, arena, budget);
  if (right_is_set) return compare_set(turned(op), right, left, arena, budget);
  bool has_boolean = left.kind == Kind::boolean || right.kind == Kind::boolean;
  if (is_equality(op) && has_boolean) return holds(op, to_boolean(left), to_boolean(right));
  if (is_equality(op) && left.kind == Kind::text && right.kind == Kind::text)
    return texts_compare(op, left.text, right.text);
  TRY(double a, to_number(left, arena, budget));
  TRY(double b, to_number(right, arena, budget));
  return holds(op, a, b);
}

}  // namespace perigee::xml
