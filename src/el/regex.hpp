// Regex: a regular expression in Java's syntax, matched in linear time by RE2. For el itself and
// for policies whose configuration holds one.
//
// What RE2 cannot do (back-references, look-around, possessive quantifiers) or would read in
// another way than Java (class intersections, nested classes) is refused with the reason.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace re2 {
class RE2;
}

namespace perigee::el {

inline constexpr std::size_t kPatternBytesMax = 1000;
inline constexpr std::size_t kGroupsMax = 32;

class Regex {
 public:
  static Result<std::unique_ptr<const Regex>> compile(std::string_view java_pattern);
  ~Regex();

  bool matches_all(std::string_view text) const;

  // The first match at or after `from`: group 0 and the others; an unmatched group has no data.
  struct Match {
    std::string_view groups[kGroupsMax];
    std::size_t group_count = 0;
  };
  bool find(std::string_view text, std::size_t from, Match& match) const;
  // The number of a named group, or -1.
  int group_number(std::string_view name) const;
  std::map<std::string, int> named_groups() const;

 private:
  explicit Regex(std::unique_ptr<const re2::RE2> compiled);
  std::unique_ptr<const re2::RE2> compiled_;
};

// The pattern in RE2's syntax, or why it has none.
Result<std::string> translate_java_pattern(std::string_view java_pattern);

}  // namespace perigee::el
