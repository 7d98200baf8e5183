#include "plan/path_parameters.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "base/hex.hpp"
#include "plan/path_pattern.hpp"

namespace perigee::plan {
namespace {

constexpr std::uint16_t kAnyMethod = 0xffff;
constexpr std::size_t kGroupsMax = 32;  // of the regular expression of one path, with the whole

// What is not two hex digits after a '%' stays as it is.
std::string_view decoded(std::string_view text, Arena& arena) {
  if (text.find('%') == text.npos) return text;
  std::span<char> bytes = arena.array<char>(text.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool whole = text[i] == '%' && i + 2 < text.size();
    int high = whole ? hex_value(text[i + 1]) : -1, low = whole ? hex_value(text[i + 2]) : -1;
    bool escape = high >= 0 && low >= 0;
    bytes[size++] = escape ? static_cast<char>(high * 16 + low) : text[i];
    if (escape) i += 2;
  }
  return {bytes.data(), size};
}

}  // namespace

// The values of the parameters, in their order.
struct PathParameters::Found {
  std::array<std::string_view, kGroupsMax> values;
  std::size_t count = 0;
  void add(std::string_view value) { values[count++] = value; }
};

Result<void> PathParameters::add(std::string_view path, definition::PathOperator op,
                                 std::uint16_t methods) {
  Pattern pattern{.starts_with = op == definition::PathOperator::starts_with, .methods = methods};
  std::size_t parameters = 0;
  bool plain = true;
  for (std::string_view part : path_parts(path)) {
    bool parameter = part.starts_with(':');
    plain = plain && (parameter || is_plain_part(part));
    parameters += parameter;
    pattern.parts.push_back({std::string(part.substr(parameter)), parameter});
  }
  if (parameters == 0) return {};
  if (parameters >= kGroupsMax)
    return fail(ErrorCode::limit, "path '" + std::string(path) + "' has more than " +
                                      std::to_string(kGroupsMax - 1) + " parameters");
  if (!plain) {
    TRY(compile_regex(pattern, path));
  }
  // Those for any method come first: on conflict the last one wins.
  auto place = patterns_.end();
  if (methods == kAnyMethod) {
    place = std::ranges::find_if(patterns_,
                                 [](const Pattern& known) { return known.methods != kAnyMethod; });
  }
  patterns_.insert(place, std::move(pattern));
  return {};
}

// The pattern of PathPattern with a named group for each parameter; a decoded segment may hold
// anything but a slash.
Result<void> PathParameters::compile_regex(Pattern& pattern, std::string_view path) {
  std::string regex = "/";
  std::size_t parameters = 0;
  for (const Part& part : pattern.parts) {
    regex += part.parameter ? "(?P<perigee" + std::to_string(parameters++) + ">[^/]+)" : part.text;
    regex += '/';
  }
  TRY(pattern.regex, compile_path_regex(path, regex + "?"));
  if (static_cast<std::size_t>(pattern.regex->NumberOfCapturingGroups()) >= kGroupsMax)
    return fail(ErrorCode::limit, "path '" + std::string(path) + "' has more than " +
                                      std::to_string(kGroupsMax - 1) + " groups and parameters");
  const std::map<std::string, int>& groups = pattern.regex->NamedCapturingGroups();
  for (std::size_t i = 0; i < parameters; ++i) {
    auto group = groups.find("perigee" + std::to_string(i));
    if (group == groups.end())
      return fail(ErrorCode::invalid, "path '" + std::string(path) +
                                          "' has a parameter inside of a '[', which an earlier "
                                          "segment opens and does not close");
    pattern.groups.push_back(group->second);
  }
  return {};
}

bool PathParameters::find_regex(const Pattern& pattern, std::string_view path, Found& found) {
  std::array<re2::StringPiece, kGroupsMax> groups;
  RE2::Anchor anchor = pattern.starts_with ? RE2::ANCHOR_START : RE2::ANCHOR_BOTH;
  re2::StringPiece text(path.data(), path.size());
  int wanted = pattern.regex->NumberOfCapturingGroups() + 1;
  if (!pattern.regex->Match(text, 0, text.size(), anchor, groups.data(), wanted)) return false;
  for (int group : pattern.groups) {
    const re2::StringPiece& value = groups[static_cast<std::size_t>(group)];
    found.add({value.data(), value.size()});
  }
  return true;
}

bool PathParameters::find_plain(const Pattern& pattern, std::string_view path, Found& found) {
  for (const Part& part : pattern.parts) {
    if (!path.starts_with('/')) return false;
    path.remove_prefix(1);
    std::size_t size = part.parameter ? std::min(path.find('/'), path.size()) : part.text.size();
    std::string_view here = path.substr(0, size);
    bool matches = part.parameter ? !here.empty() : plain_part_matches(part.text, here);
    if (!matches) return false;
    if (part.parameter) found.add(here);
    path.remove_prefix(size);
  }
  return pattern.starts_with || path.empty() || path == "/";
}

bool PathParameters::find(const Pattern& pattern, std::string_view path, Found& found) {
  return pattern.regex ? find_regex(pattern, path, found) : find_plain(pattern, path, found);
}

void PathParameters::fill(http::Method method, std::string_view path_info, Arena& arena,
                          policy::Attributes& into) const {
  if (patterns_.empty()) return;
  std::string_view path = decoded(path_info, arena);
  for (const Pattern& pattern : patterns_) {
    bool selected = (pattern.methods & 1u << static_cast<unsigned>(method)) != 0;
    Found found;
    if (!selected || !find(pattern, path, found)) continue;
    std::size_t next = 0;
    for (const Part& part : pattern.parts) {
      if (part.parameter) into.set(part.text, found.values[next++]);
    }
  }
}

}  // namespace perigee::plan
