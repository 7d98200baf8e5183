// `${name}` and `${name:default}` inside values (runtime.md 1.3). They nest; everything after the
// first
// ":" is the default.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perigee::config {

struct ReferenceLimits {
  std::size_t bytes_max = 64 << 10;  // of one resolved value
  std::size_t lookups_max = 1000;    // for one value
  std::size_t depth_max = 32;
};

struct Resolved {
  std::string text;
  std::vector<std::string> unresolved;  // names left as literal text
  std::string problem;                  // a cycle or a limit; then `text` means nothing
  bool secret = false;                  // a name that holds a secret was read
};

// Gives the unresolved text that a name stands for, or nothing.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

// `owner` is the key that holds `text`, so that a reference to itself is a cycle.
Resolved resolve(std::string_view owner, std::string_view text, const Lookup& lookup,
                 const ReferenceLimits& limits = {});

}  // namespace perigee::config
