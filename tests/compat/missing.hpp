// What a case needs and this gateway does not have: the one place where cases are skipped.
//
// Whoever adds a service to the gateway takes its line out of missing.cpp, gives the service to the
// compiler in World::deploy(), and fills what is seen of it in Seen (run.cpp).
#pragma once

#include <string>

#include "policy/catalog.hpp"
#include "tests/compat/vector.hpp"

namespace perigee::compat {

// The reason why the case cannot be run; "" when it can.
std::string what_is_missing(const Vector& vector, const policy::Catalog& catalog);

}  // namespace perigee::compat
