// The API that a case is about, as the text of its definition.
#pragma once

#include <cstdint>
#include <string>

#include "tests/compat/vector.hpp"

namespace perigee::compat {

// A v4 definition, or a v2 one: for cases of the legacy engine, and for endpoints of v2.
std::string definition_of(const Vector& vector, std::uint16_t stub_port);

}  // namespace perigee::compat
