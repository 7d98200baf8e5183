// Builtins: what may stand behind a `?`. Internal to freemarker.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "el/value.hpp"
#include "freemarker/ast.hpp"

namespace perigee::freemarker {

class Renderer;

// One use of a built-in, while it is evaluated.
struct Use {
  Renderer& renderer;
  const Expression& expression;  // children: what it stands behind, then its arguments
  el::Value target;
  std::span<const el::Value> arguments;  // empty for lazy ones

  Place place() const { return expression.place; }
};

struct Builtin {
  std::string_view name;
  el::Value (*evaluate)(const Use& use) = nullptr;
  std::size_t arguments_min = 0;
  std::size_t arguments_max = 0;
  bool takes_missing = false;  // what it stands behind may be missing
  bool lazy = false;           // evaluates its arguments itself; they may be lambdas
  bool of_loop = false;        // stands behind a loop variable: see Renderer::loop_state
};

const Builtin* find_builtin(std::string_view name);
std::span<const std::string_view> builtin_names();
// What to do instead of a built-in that is refused on purpose; empty for others.
std::string_view hint_for_builtin(std::string_view name);

// The tables, one file each.
std::span<const Builtin> text_builtins();
std::span<const Builtin> search_builtins();
std::span<const Builtin> list_builtins();
std::span<const Builtin> other_builtins();

}  // namespace perigee::freemarker
