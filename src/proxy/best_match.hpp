// The one flow that runs in best-match mode (api-definition.md 1.7).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "plan/revision.hpp"

namespace perigee::proxy {

// Of the flows marked in `fitting` (one for each flow) the one whose path says most about
// `path_info`; of equals the first. Nothing when none is marked.
std::optional<std::size_t> best_match(std::span<const plan::Flow> flows,
                                      std::span<const bool> fitting, std::string_view path_info);

}  // namespace perigee::proxy
