// PathPattern: the path of an http selector, compiled (api-definition.md 1.7, "Path matching of the
// http selector").
//
// ":name" parts match one segment; other parts are regular expression text, as in the reference.
// Patterns without special characters (but '.', any character) run without a regular expression
// engine.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "definition/model.hpp"

namespace re2 {
class RE2;
}

namespace perigee::plan {

// The parts between slashes, without the empty ones.
std::vector<std::string_view> path_parts(std::string_view path);
// All parts between slashes: "/a//b" gives "", "a", "", "b".
std::vector<std::string> split_path(std::string_view path);
// Regular expression text whose only special character may be '.'.
bool is_plain_part(std::string_view part);
// Such text against as many characters.
bool plain_part_matches(std::string_view part, std::string_view text);
// Over bytes. The error names `path`.
Result<std::shared_ptr<const re2::RE2>> compile_path_regex(std::string_view path,
                                                           const std::string& regex);

class PathPattern {
 public:
  static Result<PathPattern> compile(std::string_view path, definition::PathOperator op);
  bool matches(std::string_view path_info) const;
  // True when every path info matches.
  bool matches_all() const { return parts_.empty() && !regex_ && starts_with_; }

 private:
  struct Part {
    std::string literal;  // empty: one segment of a parameter
    bool parameter = false;
  };
  bool matches_from(std::string_view rest, std::size_t part) const;
  bool starts_with_ = true;
  std::vector<Part> parts_;
  std::shared_ptr<const re2::RE2> regex_;
};

}  // namespace perigee::plan
