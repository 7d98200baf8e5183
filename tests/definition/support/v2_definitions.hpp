// A small v2 definition whose parts can be varied.
#pragma once

#include "tests/definition/support/definitions.hpp"

namespace perigee::definition {

// Members to be added to each object, as in Slots.
struct V2Slots {
  std::string_view top, proxy, endpoint, plan, flow, step, group;
};
std::string v2_definition(const V2Slots& slots);
Api v2_api_of(const V2Slots& slots);

// The pointers under which the parts of that definition stand.
inline constexpr std::string_view kV2Group = "/proxy/groups/0";
inline constexpr std::string_view kV2Endpoint = "/proxy/groups/0/endpoints/0";

}  // namespace perigee::definition
