// nearest_name: the candidate that a mistyped name most likely meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace perigee {

// The candidate with the smallest edit distance to `name` (a swap of neighbours counts as one edit,
// letter case as none). When none is near (more than a third of the name would have to change), the
// shortest that it begins, but for its last letter, or ends: "inherit" is "inheritConfiguration",
// "policy" is "policies". Of equally near candidates the first; "" when there is none.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);
// "; did you mean 'x'?" or "", ready to be appended to a message.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

// "'a', 'b', 'c'"
std::string listed(std::span<const std::string_view> names);

}  // namespace perigee
