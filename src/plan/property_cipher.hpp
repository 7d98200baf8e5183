// Encrypted properties (api-definition.md 1.9): base64 of AES in ECB mode with PKCS#7 padding, as
// the control plane writes them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace perigee::plan {

// `secret`: 16, 24 or 32 bytes. Errors say what is wrong and neither secret nor value.
Result<std::string> decrypt_property(std::string_view value, std::string_view secret);

}  // namespace perigee::plan
