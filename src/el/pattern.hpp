// Patterns in expressions: what compiling and matching them costs a run. Internal to el.
#pragma once

#include <memory>
#include <string_view>

#include "el/regex.hpp"
#include "el/run.hpp"

namespace perigee::el {

inline constexpr std::size_t kPatternBytesPerStep = 128;  // of memory of a compiled one

// Null with the reason in `run`.
inline std::unique_ptr<const Regex> compiled_pattern(std::string_view written, Run& run) {
  auto compiled = Regex::compile(written);
  if (!compiled) {
    run.fail(compiled.error().message);
    return nullptr;
  }
  if (!run.step((*compiled)->bytes() / kPatternBytesPerStep)) return nullptr;
  return *std::move(compiled);
}

// False, too, when the run is exhausted.
inline bool is_match(const Regex& pattern, std::string_view text, Run& run) {
  if (!run.look_through(text)) return false;
  Search search(pattern, text);
  const bool matches = search.matches_all();
  if (!search.in_time()) run.give_up(std::string(kSearchTooLong));
  return matches;
}

inline Value matches_whole(const Regex& pattern, std::string_view text, Run& run) {
  const bool matches = is_match(pattern, text, run);
  return run.exhausted ? Value::failed() : Value::boolean(matches);
}

}  // namespace perigee::el
