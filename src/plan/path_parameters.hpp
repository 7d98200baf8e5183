// PathParameters: the values of the ":name" parts of flow paths (lifecycle.md 6).
//
// Every enabled flow of a plan or of the API whose path has such a part contributes a pattern, for
// its methods. Each pattern that is found in the decoded path info sets its names; the last one
// wins, and those for any method come before those for some.
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
  struct Part {
    std::string text;  // of a parameter its name
    bool parameter = false;
  };
  struct Pattern {
    std::vector<Part> parts;
    // Only when a part is more than plain text; then group `groups[i]` is the i-th parameter.
    std::shared_ptr<const re2::RE2> regex;
    std::vector<int> groups;
    bool starts_with = true;
    std::uint16_t methods = 0;
  };
  struct Found;
  static Result<void> compile_regex(Pattern& pattern, std::string_view path);
  static bool find(const Pattern& pattern, std::string_view path, Found& found);
  static bool find_plain(const Pattern& pattern, std::string_view path, Found& found);
  static bool find_regex(const Pattern& pattern, std::string_view path, Found& found);
  std::vector<Pattern> patterns_;
};

}  // namespace perigee::plan
