#include "plan/path_parameters.hpp"

#include <re2/re2.h>

#include <array>

#include "plan/path_pattern.hpp"

namespace perigee::plan {
namespace {

constexpr std::size_t kGroupsMax = 32;  // beyond, parameters of one path are not told

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What is not two hex digits after a '%' stays as it is.
std::string_view decoded(std::string_view text, Arena& arena) {
  if (text.find('%') == text.npos) return text;
  std::span<char> bytes = arena.array<char>(text.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool escape =
        text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
    bytes[size++] = escape ? static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return {bytes.data(), size};
}

}  // namespace

// The pattern of PathPattern with a named group for each parameter; a decoded segment may hold
// anything but a slash.
Result<void> PathParameters::add(std::string_view path, definition::PathOperator op,
                                 std::uint16_t methods) {
  std::vector<std::string> names;
  std::string regex = "/";
  for (std::string_view part : path_parts(path)) {
    if (part.starts_with(':')) {
      regex += "(?P<perigee" + std::to_string(names.size()) + ">[^/]+)/";
      names.emplace_back(part.substr(1));
    } else {
      regex.append(part).append("/");
    }
  }
  if (names.empty()) return {};
  TRY(std::shared_ptr<const RE2> compiled, compile_path_regex(path, regex + "?"));
  Pattern pattern{compiled, {}, op == definition::PathOperator::starts_with, methods};
  pattern.names.resize(static_cast<std::size_t>(compiled->NumberOfCapturingGroups()) + 1);
  if (pattern.names.size() > kGroupsMax) {
    return fail(ErrorCode::limit, "path '" + std::string(path) + "' has more than " +
                                      std::to_string(kGroupsMax - 1) + " groups and parameters");
  }
  const std::map<std::string, int>& groups = compiled->NamedCapturingGroups();
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto group = static_cast<std::size_t>(groups.at("perigee" + std::to_string(i)));
    pattern.names[group] = std::move(names[i]);
  }
  patterns_.push_back(std::move(pattern));
  return {};
}

void PathParameters::set_found(const Pattern& pattern, std::string_view path,
                               policy::Attributes& into) {
  std::array<re2::StringPiece, kGroupsMax> groups;
  RE2::Anchor anchor = pattern.starts_with ? RE2::ANCHOR_START : RE2::ANCHOR_BOTH;
  re2::StringPiece text(path.data(), path.size());
  int wanted = static_cast<int>(pattern.names.size());
  if (!pattern.regex->Match(text, 0, text.size(), anchor, groups.data(), wanted)) return;
  for (std::size_t i = 0; i < pattern.names.size(); ++i) {
    if (pattern.names[i].empty()) continue;
    into.set(pattern.names[i], std::string_view(groups[i].data(), groups[i].size()));
  }
}

void PathParameters::fill(http::Method method, std::string_view path_info, Arena& arena,
                          policy::Attributes& into) const {
  if (patterns_.empty()) return;
  std::string_view path = decoded(path_info, arena);
  for (const Pattern& pattern : patterns_) {
    bool selected = (pattern.methods & 1u << static_cast<unsigned>(method)) != 0;
    if (selected) set_found(pattern, path, into);
  }
}

}  // namespace perigee::plan
