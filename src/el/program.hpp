// Program: the compiled form of one template. Internal to el.
//
// Nodes stand in one vector, children before their parents, and name each other by index.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "el/expression.hpp"
#include "el/json_path.hpp"
#include "el/methods.hpp"
#include "el/regex.hpp"
#include "el/statics.hpp"
#include "xml/xpath.hpp"

namespace perigee::el {

using NodeId = std::uint32_t;

enum class Op : std::uint8_t {
  constant,
  refused,       // fails with `value` as the reason when it is reached
  read,          // access, id, name in `value`
  read_or_null,  // the same; absent is null (getFirst, and variables themselves)
  is_present,    // access; boolean: headers['X'] != null
  split_path,    // access of a path text
  path_segment,  // access of a path text, number
  this_item,
  property,       // target; name in `value`
  index,          // target, index
  call,           // target, arguments..; method
  static_call,    // arguments..; static
  create,         // arguments..; type in number
  array,          // items..; type in number
  array_of_size,  // size; type in number
  json_path,      // document; a constant path in number, or path as second child
  xpath,          // document, path[, type]; a constant path in number
  json_escape,
  xml_escape,
  list,
  map,  // key, value, key, value, ..
  select_all,
  select_first,
  select_last,
  project,  // target, body
  not_,
  negate,
  plus,
  and_,
  or_,  // any number of children
  add,  // any number of children, left to right
  subtract,
  multiply,
  divide,
  modulo,
  power,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  between,
  matches,  // left; a constant pattern in number, or pattern as second child
  instance_of,
  ternary,
  elvis,
};

struct Node {
  Op op = Op::constant;
  bool safe = false;  // ?.
  bool bare = false;  // a name without #: the text itself when it indexes a map
  Access access = Access::none;
  Method method = Method::none;
  std::uint8_t detail = 0;  // of the method
  StaticMethod static_method = StaticMethod::none;
  std::uint16_t depth = 1;
  std::uint32_t number = 0;  // Reference::id, path segment, regex, path or type
  std::uint32_t column = 0;
  std::uint32_t first_child = 0;
  std::uint32_t child_count = 0;
  Value value;
};

inline constexpr std::uint32_t kNotConstant = 0xffffffff;

struct Program {
  struct Part {
    bool is_text = true;
    std::string_view text;  // of the source
    NodeId root = 0;
  };
  std::string source;
  std::vector<Part> parts;
  std::vector<Node> nodes;
  std::vector<NodeId> children;
  std::vector<std::unique_ptr<const Regex>> regexes;
  std::vector<std::unique_ptr<const JsonPath>> paths;
  std::vector<std::unique_ptr<const xml::XPath>> xpaths;
  Arena constants{512};
  Needs needs;
  std::optional<Error> refusal;
  std::vector<std::string> warnings;

  std::span<const NodeId> children_of(const Node& node) const {
    return {children.data() + node.first_child, node.child_count};
  }
};

}  // namespace perigee::el
