#include "plan/path_mappings.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "plan/path_pattern.hpp"

namespace perigee::plan {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

std::string pattern_of(std::string_view mapping) {
  std::string regex;
  while (!mapping.empty()) {
    if (mapping.starts_with(".*")) {
      regex += ".*";
      mapping.remove_prefix(2);
    } else if (mapping.starts_with(':')) {
      regex += "[^/]*";
      mapping.remove_prefix(1);
      while (!mapping.empty() && is_name_character(mapping.front())) mapping.remove_prefix(1);
    } else {
      regex += RE2::QuoteMeta(re2::StringPiece(mapping.data(), 1));
      mapping.remove_prefix(1);
    }
  }
  return regex + "/*";
}

}  // namespace

Result<void> PathMappings::add(const std::string& mapping) {
  Mapping made{.text = mapping,
               .parameters = static_cast<std::size_t>(std::ranges::count(mapping, ':'))};
  TRY(made.pattern, compile_path_regex(mapping, pattern_of(mapping)));
  auto more = [&](const Mapping& other) { return other.parameters > made.parameters; };
  mappings_.insert(std::ranges::find_if(mappings_, more), std::move(made));
  return {};
}

std::string_view PathMappings::match(std::string_view path_info) const {
  std::string path(path_info);
  if (!path.ends_with('/')) path += '/';
  for (const Mapping& mapping : mappings_) {
    if (RE2::FullMatch(path, *mapping.pattern)) return mapping.text;
  }
  return {};
}

}  // namespace perigee::plan
