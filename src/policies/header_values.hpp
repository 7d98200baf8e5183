// Headers that a configuration sets: a name and a template each. Shared by the policies that do so.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "policy/config_object.hpp"
#include "policy/exchange.hpp"

namespace perigee::policies {

struct HeaderAssignment {
  http::OwnedHeaderName name;
  el::Template value;
};

// A list of {name, value}. An entry without a name or a value does nothing and is left out.
std::vector<HeaderAssignment> header_assignments(policy::ConfigObject& from,
                                                 std::string_view member);

// The value, good to be sent; nothing when its expression gives nothing. Errors: the expression
// fails, or gives bytes that HTTP does not allow.
Result<std::optional<std::string_view>> header_value(const HeaderAssignment& assignment,
                                                     policy::Exchange& exchange);

}  // namespace perigee::policies
