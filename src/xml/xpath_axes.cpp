// Where a step goes: axes (section 2.2) and node tests (2.3).
#include "xml/xpath_expr.hpp"

namespace perigee::xml {
namespace {

using Nodes = std::vector<const Node*>;

bool passes(const Step& step, const Node& node) {
  NodeKind principal = step.axis == Axis::attribute ? NodeKind::attribute : NodeKind::element;
  switch (step.test) {
    case NodeTest::any_node:
      return true;
    case NodeTest::any_name:
      return node.kind == principal;
    case NodeTest::name:
      return node.kind == principal && node.name == step.name;
    case NodeTest::text:
      return node.kind == NodeKind::text;
    case NodeTest::comment:
      return node.kind == NodeKind::comment;
    case NodeTest::instruction:
      return node.kind == NodeKind::instruction && (step.name.empty() || node.name == step.name);
  }
  return false;
}

// The node behind `node` in the order of the document, its attributes left out; null after the last
// one below `top`.
const Node* next_below(const Node& node, const Node* top) {
  if (node.first_child) return node.first_child;
  const Node* at = &node;
  while (at != top && !at->next) at = at->parent;
  return at == top ? nullptr : at->next;
}

// The first node behind `node` and everything inside of it.
const Node* behind(const Node& node) {
  const Node* at = &node;
  if (at->kind == NodeKind::attribute) {  // its element's children follow it
    at = at->parent;
    if (at->first_child) return at->first_child;
  }
  while (at && !at->next) at = at->parent;
  return at ? at->next : nullptr;
}

class Walk {
 public:
  Walk(const Step& step, Budget& budget) : step_(step), budget_(budget) {}

  // False when the budget is spent.
  bool visit(const Node& node) {
    if (budget_.steps == 0) return false;
    --budget_.steps;
    if (passes(step_, node)) found.push_back(&node);
    return true;
  }
  bool along(const Node* from, Node* Node::* link) {
    for (const Node* at = from; at; at = at->*link)
      if (!visit(*at)) return false;
    return true;
  }
  bool below(const Node& top) {
    for (const Node* at = next_below(top, &top); at; at = next_below(*at, &top))
      if (!visit(*at)) return false;
    return true;
  }
  bool upwards(const Node* from) {
    for (const Node* at = from; at; at = at->parent)
      if (!visit(*at)) return false;
    return true;
  }
  bool following(const Node& from) {
    for (const Node* at = behind(from); at; at = next_below(*at, nullptr))
      if (!visit(*at)) return false;
    return true;
  }
  // Everything before, but ancestors: the last one first.
  bool preceding(const Node& from) {
    const Node* at = from.kind == NodeKind::attribute ? from.parent : &from;
    for (; at; at = at->parent) {
      for (const Node* before = at->previous; before; before = before->previous)
        if (!backwards(*before)) return false;
    }
    return true;
  }

  Nodes found;

 private:
  // `top` and what is inside of it, the last one first.
  bool backwards(const Node& top) {
    const Node* at = &top;
    while (at->last_child) at = at->last_child;
    while (true) {
      if (!visit(*at)) return false;
      if (at == &top) return true;
      if (at->previous) {
        at = at->previous;
        while (at->last_child) at = at->last_child;
      } else {
        at = at->parent;
      }
    }
  }

  const Step& step_;
  Budget& budget_;
};

bool walk(const Step& step, const Node& from, Walk& to) {
  bool is_attribute = from.kind == NodeKind::attribute;
  switch (step.axis) {
    case Axis::child:
      return to.along(from.first_child, &Node::next);
    case Axis::descendant_or_self:
      return to.visit(from) && to.below(from);
    case Axis::descendant:
      return to.below(from);
    case Axis::self:
      return to.visit(from);
    case Axis::attribute:
      return to.along(from.first_attribute, &Node::next);
    case Axis::following:
      return to.following(from);
    case Axis::following_sibling:
      return is_attribute || to.along(from.next, &Node::next);
    case Axis::namespaces:
      return true;
    case Axis::parent:
      return !from.parent || to.visit(*from.parent);
    case Axis::ancestor:
      return to.upwards(from.parent);
    case Axis::ancestor_or_self:
      return to.upwards(&from);
    case Axis::preceding:
      return to.preceding(from);
    case Axis::preceding_sibling:
      return is_attribute || to.along(from.previous, &Node::previous);
  }
  return true;
}

}  // namespace

Result<Nodes> nodes_of(const Step& step, const Node& from, Budget& budget) {
  Walk to(step, budget);
  if (!walk(step, from, to)) return over_budget();
  return std::move(to.found);
}

}  // namespace perigee::xml
