// PathParameters: the values of the ":name" parts of flow paths (lifecycle.md 6).
//
// Every enabled flow of a plan or of the API whose path has such a part contributes a pattern, for
// its methods. Each pattern that is found in the decoded path info sets its names; the last one
// wins.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "base/result.hpp"
#include "definition/model.hpp"
#include "http/method.hpp"
#include "policy/attributes.hpp"

namespace re2 {
class RE2;
}

namespace perigee::plan {

class PathParameters {
 public:
  // Bits by http::Method. Nothing is added when the path has no parameter.
  Result<void> add(std::string_view path, definition::PathOperator op, std::uint16_t methods);
  bool empty() const { return patterns_.empty(); }
  // `path_info` as received; values are decoded into `arena`.
  void fill(http::Method method, std::string_view path_info, Arena& arena,
            policy::Attributes& into) const;

 private:
  struct Pattern {
    std::shared_ptr<const re2::RE2> regex;
    std::vector<std::string> names;  // of its groups; empty: a group that the path brought along
    bool starts_with = true;
    std::uint16_t methods = 0;
  };
  static void set_found(const Pattern& pattern, std::string_view path, policy::Attributes& into);
  std::vector<Pattern> patterns_;
};

}  // namespace perigee::plan
