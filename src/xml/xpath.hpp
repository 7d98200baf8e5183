// XPath: an XPath 1.0 expression, compiled once, evaluated over any Document.
//
//   TRY(auto path, xml::XPath::compile("/root/age"));
//   xml::Budget budget{.steps = 100'000, .bytes = 1 << 20};
//   TRY(xml::XPathValue value, path->evaluate(document, arena, budget));
//
// Immutable, shared by all threads. Names are compared as they are written and namespaces are not
// known: `a` is an element <a>, `*[local-name() = 'a']` finds <x:a> too, and a path with a prefix
// (`x:a`) or a variable (`$v`) is refused. The axis `namespace` is empty, id() finds nothing.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "xml/document.hpp"

namespace perigee::xml {

inline constexpr std::size_t kXPathBytesMax = 1000;
inline constexpr std::size_t kXPathNestingMax = 64;

// What one evaluation may still spend: nodes and pairs of values looked at, bytes of text made.
struct Budget {
  std::size_t steps = 0;
  std::size_t bytes = 0;
};

struct XPathValue {
  enum class Kind : std::uint8_t { nodes, boolean, number, text };
  Kind kind = Kind::nodes;
  bool boolean = false;
  double number = 0;
  std::string_view text;
  std::vector<const Node*> nodes;  // in document order

  static XPathValue of(bool b) { return {.kind = Kind::boolean, .boolean = b}; }
  static XPathValue of(double d) { return {.kind = Kind::number, .number = d}; }
  static XPathValue of(std::string_view t) { return {.kind = Kind::text, .text = t}; }
  static XPathValue of(std::vector<const Node*> n) { return {.nodes = std::move(n)}; }
};

struct Expr;

class XPath {
 public:
  // The error's message is "position 5: ..".
  static Result<std::unique_ptr<const XPath>> compile(std::string_view text);
  ~XPath();

  // Fails when the budget is spent, or when a node set is needed and there is none.
  Result<XPathValue> evaluate(const Document& document, Arena& arena, Budget& budget) const;

 private:
  XPath();
  std::vector<Expr> exprs_;  // children before their parents; the last is the whole
  std::string_view text_;    // what their names view
  Arena texts_{512};
};

// The conversions of XPath (sections 3.2, 4.2, 4.3, 4.4). A number is written without an exponent.
bool to_boolean(const XPathValue& value);
Result<double> to_number(const XPathValue& value, Arena& arena, Budget& budget);
Result<std::string_view> to_text(const XPathValue& value, Arena& arena, Budget& budget);
// Of an element all texts inside of it, in one.
Result<std::string_view> text_of(const Node& node, Arena& arena, Budget& budget);

}  // namespace perigee::xml
