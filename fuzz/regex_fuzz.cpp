// room: el
//
// The first line is a pattern in Java's syntax, the rest a text: the pattern is refused with a
// reason, or what it finds lies in the text, goes on to its end, and is the same for who looks at
// the whole.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.hpp"
#include "el/regex.hpp"

using namespace perigee;
using namespace perigee::el;

namespace {

void check_groups(const Regex::Match& match, std::string_view text, std::size_t from) {
  PERIGEE_ASSERT(match.group_count > 0 && match.group_count <= kGroupsMax);
  std::string_view whole = match.groups[0];
  PERIGEE_ASSERT(whole.data() >= text.data() + from);
  for (std::size_t i = 0; i < match.group_count; ++i) {
    std::string_view group = match.groups[i];
    if (!group.data()) continue;
    PERIGEE_ASSERT(group.data() >= whole.data());
    PERIGEE_ASSERT(group.data() + group.size() <= whole.data() + whole.size());
  }
}

void go_through(const Regex& regex, std::string_view text) {
  Search search(regex, text);
  Regex::Match match;
  for (std::size_t from = 0; from <= text.size() && search.find(from, match);) {
    check_groups(match, text, from);
    auto begin = static_cast<std::size_t>(match.groups[0].data() - text.data());
    std::size_t end = begin + match.groups[0].size();
    from = end > begin ? end : end + 1;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  std::string_view pattern = input.substr(0, input.find('\n'));
  std::string text(input.substr(std::min(pattern.size() + 1, input.size())));
  PatternAllowance allowance;
  auto regex = Regex::compile(pattern);
  PERIGEE_ASSERT(regex || !regex.error().message.empty());
  if (!regex) return 0;
  go_through(**regex, text);
  auto whole = Regex::compile("\\A(?:" + std::string(pattern) + ")\\z");
  if (!whole) return 0;  // too long now
  Regex::Match match;
  PERIGEE_ASSERT((*regex)->matches_all(text) == (*whole)->find(text, 0, match));
  PERIGEE_ASSERT(Search(**regex, text).matches_all() == (*regex)->matches_all(text));
  return 0;
}
