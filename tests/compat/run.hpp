// Runs cases: one World for each.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"

namespace perigee::compat {

struct Verdict {
  enum class Kind : std::uint8_t { passed, failed, skipped };
  Kind kind = Kind::passed;
  std::string why;  // of a failure: what was expected and found; of a skip: the reason
};

// `dns_server` answers that no name exists.
Verdict run_case(Json vector, const std::string& dns_server);

}  // namespace perigee::compat
