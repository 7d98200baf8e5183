#include "plan/path_pattern.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "el/regex.hpp"

namespace perigee::plan {
namespace {

constexpr std::string_view kSegmentClass = R"([A-Za-z0-9\-._~%!$&'()*+,;=:@| ]+)";

bool is_segment_character(char c) {
  bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return alphanumeric || std::string_view("-._~%!$&'()*+,;=:@| ").find(c) != std::string_view::npos;
}

}  // namespace

bool is_plain_part(std::string_view part) {
  return part.find_first_of(R"(\^$|?*+()[]{})") == std::string_view::npos;
}

bool plain_part_matches(std::string_view part, std::string_view text) {
  return std::equal(text.begin(), text.end(), part.begin(), part.end(),
                    [](char c, char wanted) { return wanted == '.' ? c != '\n' : c == wanted; });
}

std::vector<std::string_view> path_parts(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    std::size_t end = path.find('/');
    if (end != 0) parts.push_back(path.substr(0, end));
    path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
  }
  return parts;
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0, end = 0; end != std::string_view::npos; begin = end + 1) {
    end = path.find('/', begin);
    parts.emplace_back(path.substr(begin, end == std::string_view::npos ? end : end - begin));
  }
  return parts;
}

// Bytes, not characters: a path is not always UTF-8, and '.' then stands for one byte everywhere.
Result<std::shared_ptr<const RE2>> compile_path_regex(std::string_view path,
                                                      const std::string& regex) {
  TRY(el::PatternAllowance::check());
  RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_max_mem(1 << 20);
  auto compiled = std::make_shared<const RE2>(regex, options);
  if (compiled->ok()) {
    TRY(el::PatternAllowance::take(el::pattern_bytes(compiled->ProgramSize())));
    return compiled;
  }
  return fail(ErrorCode::invalid,
              "path '" + std::string(path) +
                  "' is not a regular expression that can be used: " + compiled->error());
}

Result<PathPattern> PathPattern::compile(std::string_view path, definition::PathOperator op) {
  PathPattern pattern;
  pattern.starts_with_ = op == definition::PathOperator::starts_with;
  bool plain = true;
  std::string regex = "/";
  for (std::string_view part : path_parts(path)) {
    bool parameter = part.starts_with(':');
    plain = plain && (parameter || is_plain_part(part));
    pattern.parts_.push_back({parameter ? std::string() : std::string(part), parameter});
    regex += parameter ? kSegmentClass : part;
    regex += '/';
  }
  if (plain) return pattern;
  TRY(pattern.regex_, compile_path_regex(path, regex + "?"));
  return pattern;
}

bool PathPattern::matches(std::string_view path_info) const {
  if (regex_) {
    re2::StringPiece text(path_info.data(), path_info.size());
    return regex_->Match(text, 0, text.size(), starts_with_ ? RE2::ANCHOR_START : RE2::ANCHOR_BOTH,
                         nullptr, 0);
  }
  if (parts_.empty()) return starts_with_ || path_info.empty() || path_info == "/";
  return path_info.starts_with('/') && matches_from(path_info.substr(1), 0);
}

// `rest` begins after a '/'. A parameter takes at least one character and, as the regular
// expression would, may give back characters only to an end that it can never need: segments have
// no '/', so the longest run is the only choice.
bool PathPattern::matches_from(std::string_view rest, std::size_t part) const {
  for (; part < parts_.size(); ++part) {
    const Part& wanted = parts_[part];
    std::size_t length = wanted.literal.size();
    if (wanted.parameter) {
      length = static_cast<std::size_t>(
          std::find_if_not(rest.begin(), rest.end(), is_segment_character) - rest.begin());
      if (length == 0) return false;
    } else if (rest.size() < length ||
               !plain_part_matches(wanted.literal, rest.substr(0, length))) {
      return false;
    }
    rest.remove_prefix(length);
    bool last = part + 1 == parts_.size();
    if (rest.starts_with('/')) {
      rest.remove_prefix(1);
    } else if (!last) {
      return false;
    }
  }
  return starts_with_ || rest.empty();
}

}  // namespace perigee::plan
