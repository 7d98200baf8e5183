// AntPattern: a pattern of paths as Ant writes them. `?` is one character and `*` any number of
// them inside a segment, `**` any number of segments, `{name}` a part of a segment, `{name:regex}`
// one that matches. compat: as Spring's AntPathMatcher, case-sensitive; several slashes count as
// one.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "el/regex.hpp"

namespace perigee::policies {

class AntPattern {
 public:
  static constexpr std::size_t kBytesMax = 4096;
  static Result<AntPattern> compile(std::string_view pattern);

  // `path` in segments, so that many patterns can look at it.
  struct Path {
    explicit Path(std::string_view path);
    std::vector<std::string_view> segments;
    bool starts_with_slash, ends_with_slash;
  };
  bool matches(const Path& path) const;

 private:
  enum class Kind : std::uint8_t { literal, wildcards, regex, any_segments };
  struct Segment {
    Kind kind = Kind::literal;
    std::string text;      // of wildcards: `{name}` became `*`
    bool is_star = false;  // written as "*"
    std::shared_ptr<const el::Regex> regex;
    bool matches(std::string_view segment) const;
  };
  static Result<Segment> compile_segment(std::string_view text);
  bool ends_right(const Path& path) const;
  bool is_folder_of_any(const Path& path) const;

  std::vector<Segment> segments_;
  bool starts_with_slash_ = false, ends_with_slash_ = false;
};

}  // namespace perigee::policies
