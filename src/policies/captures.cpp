#include "policies/captures.hpp"

namespace perigee::policies {

using el::Value;

namespace {

Value group_value(const el::Regex::Match& match, std::size_t number) {
  if (number >= match.group_count || match.groups[number].data() == nullptr) return Value::null();
  return Value::text(match.groups[number]);
}

}  // namespace

Result<CapturingPattern> CapturingPattern::compile(std::string_view java_pattern) {
  CapturingPattern made;
  TRY(made.regex_, el::Regex::compile(java_pattern));
  // A match of the whole text takes other groups than the first match that begins at its start.
  TRY(made.whole_, el::Regex::compile("\\A(?:" + std::string(java_pattern) + ")\\z"));
  made.names_ = made.regex_->named_groups();
  return made;
}

bool CapturingPattern::matches_all(std::string_view text, el::Regex::Match& match) const {
  return whole_->find(text, 0, match);
}

void CapturingPattern::set_variables(const el::Regex::Match& match,
                                     policy::Exchange& exchange) const {
  std::size_t count = match.group_count == 0 ? 0 : match.group_count - 1;
  std::span<Value> groups = el::take_values(exchange.arena, count);
  for (std::size_t i = 0; i < count; ++i) groups[i] = group_value(match, i + 1);
  exchange.variables.set("group", Value::array(groups));
  std::span<el::MapEntry> named;
  if (!names_.empty()) named = exchange.arena.array<el::MapEntry>(names_.size());
  std::size_t at = 0;
  for (const auto& [name, number] : names_) {
    named[at++] = {Value::text(exchange.arena.copy(name)),
                   group_value(match, static_cast<std::size_t>(number))};
  }
  exchange.variables.set("groupName", Value::map(named));
}

}  // namespace perigee::policies
