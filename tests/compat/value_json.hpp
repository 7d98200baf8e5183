// An expression's value as JSON text, to be compared.
#pragma once

#include <string>

#include "el/value.hpp"

namespace perigee::compat {

// What has no JSON form is a text that tells its kind.
std::string json_of(el::Value value, Arena& arena);

}  // namespace perigee::compat
