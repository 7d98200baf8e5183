// The API that a case is about, as the text of its definition.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "tests/compat/vector.hpp"

namespace perigee::compat {

// A v4 definition, or a v2 one on its own engine for cases of the legacy engine. Error: something
// of the case has no place in it.
Result<std::string> definition_of(const Vector& vector, std::uint16_t stub_port);

}  // namespace perigee::compat
