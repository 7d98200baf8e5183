#include "policies/ant_pattern.hpp"

namespace perigee::policies {
namespace {

// Empty ones are passed over.
std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) segments.push_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return segments;
}

// The bytes of the UTF-8 character at the beginning.
std::size_t character_size(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && (text[size] & 0xC0) == 0x80) ++size;
  return size;
}

// Goes back to the last '*' only, so that it ends after a product of the lengths at the latest.
bool matches_wildcards(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t += character_size(text.substr(t));
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// Where the variable that begins at `at` ends (its '}'); npos when it does not. Braces may nest
// once, for the counts of a regular expression.
std::size_t variable_end(std::string_view text, std::size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '{' && ++depth > 2) return std::string_view::npos;
    if (text[at] == '}' && --depth == 0) return at;
  }
  return std::string_view::npos;
}

void append_quoted(std::string& regex, char c) {
  bool plain =
      (c & 0x80) != 0 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  if (!plain) regex += '\\';
  regex += c;
}

}  // namespace

AntPattern::Path::Path(std::string_view path)
    : segments(segments_of(path)),
      starts_with_slash(path.starts_with('/')),
      ends_with_slash(path.ends_with('/')) {}

Result<AntPattern::Segment> AntPattern::compile_segment(std::string_view text) {
  if (text == "**") return Segment{.kind = Kind::any_segments};
  Segment segment{.is_star = text == "*"};
  std::string regex;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '*' || c == '?') {
      segment.kind = std::max(segment.kind, Kind::wildcards);
      segment.text += c;
      regex += c == '*' ? ".*" : ".";
    } else if (c != '{') {
      segment.text += c;
      append_quoted(regex, c);
    } else {
      std::size_t end = variable_end(text, i);
      if (end == std::string_view::npos)
        return fail(ErrorCode::invalid, "'{' is not closed in '" + std::string(text) + "'");
      std::string_view variable = text.substr(i + 1, end - i - 1);
      std::size_t colon = variable.find(':');
      bool any = colon == std::string_view::npos;
      segment.kind = std::max(segment.kind, any ? Kind::wildcards : Kind::regex);
      segment.text += '*';
      regex += any ? ".*" : "(?:" + std::string(variable.substr(colon + 1)) + ")";
      i = end;
    }
  }
  if (segment.kind == Kind::regex) {
    TRY(segment.regex, el::Regex::compile(regex));
  }
  return segment;
}

Result<AntPattern> AntPattern::compile(std::string_view pattern) {
  if (pattern.size() > kBytesMax)
    return fail(ErrorCode::limit,
                "the pattern is longer than " + std::to_string(kBytesMax) + " bytes");
  AntPattern compiled;
  compiled.starts_with_slash_ = pattern.starts_with('/');
  compiled.ends_with_slash_ = pattern.ends_with('/');
  for (std::string_view text : segments_of(pattern)) {
    TRY(Segment segment, compile_segment(text));
    compiled.segments_.push_back(std::move(segment));
  }
  return compiled;
}

bool AntPattern::Segment::matches(std::string_view segment) const {
  switch (kind) {
    case Kind::literal:
      return text == segment;
    case Kind::wildcards:
      return matches_wildcards(text, segment);
    case Kind::regex:
      return regex->matches_all(segment);
    case Kind::any_segments:
      break;
  }
  return true;
}

// A slash at the end counts, unless the pattern ends with `**`.
bool AntPattern::ends_right(const Path& path) const {
  bool open = !segments_.empty() && segments_.back().kind == Kind::any_segments;
  return open || ends_with_slash_ == path.ends_with_slash;
}

// compat: "/a/*" is "/a/" too.
bool AntPattern::is_folder_of_any(const Path& path) const {
  bool star = !segments_.empty() && segments_.back().is_star && !ends_with_slash_;
  if (!star || !path.ends_with_slash || path.segments.size() + 1 != segments_.size()) return false;
  for (std::size_t i = 0; i < path.segments.size(); ++i) {
    bool any = segments_[i].kind == Kind::any_segments;
    if (any || !segments_[i].matches(path.segments[i])) return false;
  }
  return true;
}

// Like wildcards, with segments for characters: the last `**` alone takes more when the rest fails.
bool AntPattern::matches(const Path& path) const {
  if (starts_with_slash_ != path.starts_with_slash) return false;
  if (is_folder_of_any(path)) return true;
  if (!ends_right(path)) return false;
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t p = 0, t = 0, open = kNone, open_text = 0;
  while (t < path.segments.size()) {
    if (p < segments_.size() && segments_[p].kind == Kind::any_segments) {
      open = p++;
      open_text = t;
    } else if (p < segments_.size() && segments_[p].matches(path.segments[t])) {
      ++p, ++t;
    } else if (open != kNone) {
      p = open + 1;
      t = ++open_text;
    } else {
      return false;
    }
  }
  while (p < segments_.size() && segments_[p].kind == Kind::any_segments) ++p;
  return p == segments_.size();
}

}  // namespace perigee::policies
