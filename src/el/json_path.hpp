// JsonPath: a path in Jayway's dialect, over parsed JSON, lists and maps. Internal to el.
//
//   $.a.b  $['a']  $[0]  $[-1]  $..a  $.*  $[0,2]  $['a','b']  $[1:3]  $[?(@.a == 1 && @.b)]
//   $.a.length()
//
// A definite path gives the value, null when its last part is missing, an error when an earlier one
// is. Any other path gives a list of what was found.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "el/value.hpp"

namespace perigee::el {

struct Run;
class Regex;
class JsonPath;

inline constexpr std::size_t kPathBytesMax = 1000;
inline constexpr int kFilterNestingMax = 32;

enum class FilterOp : std::uint8_t {
  exists,
  literal,
  path,
  list,
  not_,
  and_,
  or_,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  matches,
  in,
  not_in,
  contains,
  size,
  empty,
  subset_of,
  any_of,
  none_of,
};

struct Filter {
  FilterOp op = FilterOp::exists;
  std::vector<Filter> children;
  std::unique_ptr<const JsonPath> path;  // of a `path`; from the item, or from the root
  bool from_root = false;
  Value value;  // of a `literal`; a text is `text`
  std::string text;
  std::shared_ptr<const Regex> regex;
};

struct PathStep {
  enum class Kind : std::uint8_t { names, indexes, slice, wildcard, filter };
  Kind kind = Kind::names;
  bool is_deep = false;  // after `..`
  std::vector<std::string> names;
  std::vector<std::int64_t> indexes;
  std::optional<std::int64_t> begin, end;  // of a slice
  Filter filter;

  bool is_definite() const {
    return !is_deep &&
           (kind == Kind::names ? names.size() == 1 : kind == Kind::indexes && indexes.size() == 1);
  }
};

enum class PathFunction : std::uint8_t {
  none,
  length,
  min,
  max,
  sum,
  avg,
  stddev,
  keys,
  first,
  last,
  index,
  concat,
  append,
};

class JsonPath {
 public:
  static Result<std::unique_ptr<const JsonPath>> compile(std::string_view path);
  Value evaluate(Value document, Run& run) const;

  const std::vector<PathStep>& steps() const { return steps_; }

 private:
  friend class PathParser;
  std::vector<PathStep> steps_;
  Value applied(Value value, Value root, Run& run) const;
  Value aggregate(Value list, std::span<const Value> more, Run& run) const;
  PathFunction function_ = PathFunction::none;
  std::vector<Filter> arguments_;  // of the function
  bool is_definite_ = true;
};

// Whether an item passes; decided by the steps above.
bool passes(const Filter& filter, Value item, Value root, Run& run);

// The value of a literal, a list or a path; absent when its path finds nothing.
Value operand(const Filter& filter, Value item, Value root, Run& run);

}  // namespace perigee::el
