// Run: one evaluation on its way: what it reads, where it builds, what it may spend, and why it
// failed. Internal to el. A function that fails writes the reason by fail() and gives its result.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "el/expression.hpp"

namespace perigee::el {

inline constexpr std::size_t kBytesPerStep = 1024;  // of text looked through
inline constexpr std::size_t kItemsPerStep = 64;    // of a map looked through for a name

struct Run {
  const Variables& variables;
  Arena& arena;
  std::size_t steps_max = kStepsMax;
  std::size_t built_bytes_max = kBuiltBytesMax;
  std::string problem = {};
  std::size_t steps = 0;
  std::size_t built_bytes = 0;
  std::size_t depth = 0;   // of the value that is gone through
  bool exhausted = false;  // a limit was reached: nothing goes on

  Value fail(std::string reason) {
    problem = std::move(reason);
    return Value::failed();
  }
  // Counts a node visited or an item looked at.
  bool step(std::size_t count = 1) {
    steps += count;
    if (steps <= steps_max) [[likely]]
      return true;
    return give_up("it needs more than " + std::to_string(steps_max) + " steps");
  }
  bool look_through(std::string_view text) { return step(text.size() / kBytesPerStep); }
  // Counts bytes about to be made.
  bool build(std::size_t bytes) {
    built_bytes += bytes;
    if (built_bytes <= built_bytes_max) [[likely]]
      return true;
    return give_up("it makes more than " + std::to_string(built_bytes_max) + " bytes of text");
  }
  // A copy of `text` in the arena.
  Value text(std::string_view text) {
    return build(text.size()) ? Value::text(arena.copy(text)) : Value::failed();
  }
  // The member of a map, absent when there is none; failed when the steps are used up.
  Value find(Value map, std::string_view name) {
    return step(map.stored_members() / kItemsPerStep) ? map.find(name, arena) : Value::failed();
  }
  // False when the steps are used up.
  bool list_entries(Value map, std::span<const MapEntry>& entries);
  bool count_members(Value map, std::size_t& count);
  // A limit was reached.
  bool give_up(std::string why) {
    problem = std::move(why);
    exhausted = true;
    return false;
  }
};

// While it lives, a value inside of another is gone through. Not `ok`: too deep, the run has
// failed.
class Inside {
 public:
  explicit Inside(Run& run) : run_(run), ok_(++run.depth <= kValueDepthMax) {
    if (!ok_)
      run.give_up("a value is nested deeper than " + std::to_string(kValueDepthMax) + " levels");
  }
  ~Inside() { --run_.depth; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  bool ok() const { return ok_; }

 private:
  Run& run_;
  bool ok_;
};

}  // namespace perigee::el
