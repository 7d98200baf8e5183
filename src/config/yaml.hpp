// YAML text to a flat list of keys: maps join with ".", lists with "[i]" (runtime.md 1.2).
//
// Values stay the text that was written; what a number or a boolean looks like is values.hpp.
// Anchors, aliases and merge keys ("<<") are followed within the limits, so that a small file
// cannot unfold into a large one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace perigee::config {

struct YamlLimits {
  std::size_t bytes_max = 4 << 20;
  std::size_t nodes_max = 200'000;       // after aliases are unfolded
  std::size_t key_bytes_max = 16 << 20;  // all flattened keys together
  int depth_max = 64;
};

enum class YamlKind : std::uint8_t { plain, quoted, null, empty_block };

struct YamlEntry {
  std::string key;
  std::string text;  // empty for null and empty_block
  YamlKind kind = YamlKind::plain;
  int line = 0;  // from 1
};

struct YamlDuplicate {
  std::string key;
  int line = 0;
  int first_line = 0;
};

struct YamlFlat {
  std::vector<YamlEntry> entries;         // in file order; of several documents, later ones follow
  std::vector<YamlDuplicate> duplicates;  // a name written twice in one mapping
};

// The error's message begins with the line: "12: ...".
Result<YamlFlat> flatten_yaml(std::string_view text, const YamlLimits& limits = {});

}  // namespace perigee::config
