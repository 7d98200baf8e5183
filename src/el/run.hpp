// Run: one evaluation on its way: what it reads, where it builds, what it may spend, and why it
// failed. Internal to el. A function that fails writes the reason by fail() and gives its result.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "el/expression.hpp"

namespace perigee::el {

inline constexpr std::size_t kBytesPerStep = 1024;  // of text looked through

struct Run {
  const Variables& variables;
  Arena& arena;
  std::string problem = {};
  std::size_t steps = 0;
  std::size_t built_bytes = 0;

  Value fail(std::string reason) {
    problem = std::move(reason);
    return Value::failed();
  }
  // Counts a node visited or an item looked at.
  bool step(std::size_t count = 1) {
    steps += count;
    if (steps <= kStepsMax) [[likely]]
      return true;
    problem = "it needs more than " + std::to_string(kStepsMax) + " steps";
    return false;
  }
  // Counts bytes about to be made.
  bool build(std::size_t bytes) {
    built_bytes += bytes;
    if (built_bytes <= kBuiltBytesMax) [[likely]]
      return true;
    problem = "it makes more than " + std::to_string(kBuiltBytesMax) + " bytes of text";
    return false;
  }
  // A copy of `text` in the arena.
  Value text(std::string_view text) {
    return build(text.size()) ? Value::text(arena.copy(text)) : Value::failed();
  }
};

}  // namespace perigee::el
