// What a case expects: whether it is written as the format says. It is compared in compare.hpp.
#pragma once

#include "base/json.hpp"
#include "base/problem.hpp"

namespace perigee::compat {

void check_expect(Json expect, Problems& problems);

}  // namespace perigee::compat
