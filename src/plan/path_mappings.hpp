// PathMappings: groups request paths for analytics (api-definition.md 1.13).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace re2 {
class RE2;
}

namespace perigee::plan {

class PathMappings {
 public:
  bool empty() const { return mappings_.empty(); }
  Result<void> add(const std::string& mapping);
  // The mapping with the fewest parameters that fits; empty when none does.
  std::string_view match(std::string_view path_info) const;

 private:
  struct Mapping {
    std::string text;
    std::size_t parameters = 0;
    std::shared_ptr<const re2::RE2> pattern;
  };
  std::vector<Mapping> mappings_;  // those with few parameters first
};

}  // namespace perigee::plan
