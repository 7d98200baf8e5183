// Base64, RFC 4648 section 4.
#pragma once

#include <string>
#include <string_view>

namespace perigee {

std::string encode_base64(std::string_view bytes);
// Padding may be missing. Empty when the text is not valid.
std::string decode_base64(std::string_view text);

}  // namespace perigee
