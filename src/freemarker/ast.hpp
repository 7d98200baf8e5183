// What a template is compiled to. Internal to freemarker.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "el/value.hpp"

namespace perigee::freemarker {

struct Place {
  std::uint32_t line = 1, column = 1;
};
std::string at(Place place);  // "line 3, column 14"

struct Builtin;

enum class Op : std::uint8_t {
  text,         // `name`
  number,       // `number`
  boolean,      // `number` is not null: true
  joined,       // a text with interpolations: its parts
  variable,     // `name`
  loop_state,   // `name` of a loop variable, `builtin` says what of it
  member,       // child . name
  index,        // child [child]
  call,         // child (children..)
  builtin,      // child ?builtin (children..)
  fallback,     // child ! child; one child: empty
  exists,       // child ??
  parenthesis,  // (child): what is missing in it is forgiven by ! and ??
  negative,
  negation,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  equal,
  not_equal,
  less,
  less_or_equal,
  greater,
  greater_or_equal,
  conjunction,
  disjunction,
  range,            // a..b, inclusive
  range_exclusive,  // a..<b
  range_counted,    // a..*n
  range_open,       // a.. , only as an index
  list,
  hash,    // keys and values in turn
  lambda,  // name -> child
};

struct Expression {
  Op op = Op::text;
  Place place;
  std::uint32_t depth = 1;
  std::string name;
  double number = 0;
  const Builtin* builtin = nullptr;
  std::vector<Expression> children;
};

enum class Kind : std::uint8_t {
  text,           // `text`
  interpolation,  // expression
  number,         // #{expression}: `text` is its pattern
  condition,      // if: expressions and blocks in turn; one more block is else
  list,           // expression, names (none: items inside), block, else block
  items,          // names, block
  separator,      // block
  assign,         // names[0] `text` expression; text is "", "+", "-", "*", "/", "%"
  capture,        // names[0], block
  choice,         // switch: expression, then cases; blocks as written, default has no expression
  attempt,        // block, recovery
  compress,       // block
  setting,        // names[0], expression
  stop,           // expression, if any
  leave,          // break
  again,          // continue
};

struct Node;
using Block = std::vector<Node>;
struct Node {
  Kind kind = Kind::text;
  Place place;
  std::string text;
  std::vector<std::string> names;
  std::vector<Expression> expressions;
  std::vector<Block> blocks;
  std::size_t default_case = 0;  // of a choice: block number + 1
};

struct Program {
  Block body;
};

// A part of the source with its place.
struct Source {
  std::string_view text;
  Place place;
};

Result<Block> parse_template(std::string_view text);

inline std::unexpected<Error> refuse(Place place, const std::string& why,
                                     ErrorCode code = ErrorCode::invalid) {
  return fail(code, at(place) + ": " + why);
}

}  // namespace perigee::freemarker
