// Runs cases: one World for each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "redis/options.hpp"
#include "tests/compat/vector.hpp"

namespace perigee::compat {

struct Verdict {
  enum class Kind : std::uint8_t { passed, failed, skipped };
  Kind kind = Kind::passed;
  std::string why;  // of a failure: what was expected and found; of a skip: the reason
};

// A case for both engines runs on each of them, a unit case on none: it says v4.
std::vector<Engine> engines_of(Json vector);

struct Servers {
  std::string dns;                            // answers that no name exists
  std::optional<redis::Endpoint> redis = {};  // cases count there instead of in memory
};

// Whether the case is about counts in a store that works.
bool counts_in_store(Json vector);

// `engine` is v4 or legacy.
Verdict run_case(Json vector, Engine engine, const Servers& servers);

}  // namespace perigee::compat
