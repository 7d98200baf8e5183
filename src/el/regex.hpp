// Regex: a regular expression in Java's syntax, matched in linear time by RE2. For el itself and
// for policies whose configuration holds one.
//
// What RE2 cannot do (back-references, look-around, possessive quantifiers) or would read in
// another way than Java (class intersections, nested classes) is refused with the reason.
#pragma once

#include <chrono>
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
  std::size_t bytes() const;  // of memory, about
  // The number of a named group, or -1.
  int group_number(std::string_view name) const;
  std::map<std::string, int> named_groups() const;

 private:
  explicit Regex(std::unique_ptr<const re2::RE2> compiled);
  std::unique_ptr<const re2::RE2> compiled_;
};

// The memory of a compiled pattern with so many instructions, about.
std::size_t pattern_bytes(int program_size);

// How much memory all patterns that this thread compiles while it lives may take: those of one
// definition. Without one there is no limit but that of each pattern.
class PatternAllowance {
 public:
  static constexpr std::size_t kBytes = 32 << 20;
  PatternAllowance();
  ~PatternAllowance();
  PatternAllowance(const PatternAllowance&) = delete;
  PatternAllowance& operator=(const PatternAllowance&) = delete;

  // Of one more pattern.
  static Result<void> take(std::size_t bytes);
  // Whether anything is left: asked before a pattern is compiled, which takes time.
  static Result<void> check() { return take(0); }

 private:
  PatternAllowance* outer_;
  std::size_t left_ = kBytes;
};

// Looks for a pattern in a text that may be long, within kSearchTimeMax of this thread's CPU.
//
// One match takes linear time, and yet there are two ways to take minutes. A pattern that repeats
// parts by count has texts for which RE2's automaton has too many states; then each byte takes
// microseconds: so a long text is first gone through in pieces. And each search of a loop may look
// at all the rest of the text to find that the match is short.
class Search {
 public:
  Search(const Regex& pattern, std::string_view text) : pattern_(pattern), text_(text) {}
  // False: there is none, or time is over.
  bool find(std::size_t from, Regex::Match& match);
  bool matches_all();
  bool in_time() const { return in_time_; }

 private:
  bool may_go_on();
  bool is_affordable() const;

  const Regex& pattern_;
  std::string_view text_;
  std::chrono::nanoseconds begun_{};
  std::size_t looks_ = 0;
  bool in_time_ = true;
};
inline constexpr std::chrono::milliseconds kSearchTimeMax{300};
inline constexpr std::string_view kSearchTooLong =
    "looking for the pattern in this text takes longer than 300 ms";

// The pattern in RE2's syntax, or why it has none.
Result<std::string> translate_java_pattern(std::string_view java_pattern);

}  // namespace perigee::el
