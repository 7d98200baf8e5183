#include "policy/warnings.hpp"

#include <algorithm>

#include "base/nearest.hpp"

namespace perigee::policy {

void ConfigWarnings::unknown_members(const Json& object,
                                     std::initializer_list<std::string_view> known) {
  for (const JsonMember& member : object.members()) {
    if (std::ranges::find(known, member.name) != known.end()) continue;
    if (++count_ - 1 >= kListedMax) continue;
    std::string_view near = nearest_name(member.name, {known.begin(), known.size()});
    std::string message = "unknown member, ignored";
    if (!near.empty()) message.append("; did you mean '").append(near).append("'?");
    listed_.push_back({Json(member.value).pointer(), std::move(message)});
  }
}

void ConfigWarnings::expressions(const Json& where, const el::Template& compiled) {
  for (const std::string& warning : compiled.warnings()) {
    if (++count_ - 1 < kListedMax) listed_.push_back({where.pointer(), warning});
  }
}

}  // namespace perigee::policy
