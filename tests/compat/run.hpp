// Runs cases: one World for each.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "tests/compat/vector.hpp"

namespace perigee::compat {

struct Verdict {
  enum class Kind : std::uint8_t { passed, failed, skipped };
  Kind kind = Kind::passed;
  std::string why;  // of a failure: what was expected and found; of a skip: the reason
};

// A case for both engines runs on each of them, a unit case on none: it says v4.
std::vector<Engine> engines_of(Json vector);

// `dns_server` answers that no name exists. `engine` is v4 or legacy.
Verdict run_case(Json vector, Engine engine, const std::string& dns_server);

}  // namespace perigee::compat
