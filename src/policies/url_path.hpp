// Paths of URLs, as policies compare and write them.
#pragma once

#include <string>
#include <string_view>

namespace perigee::policies {

// Without `.` and `..` (RFC 3986 section 5.2.4), several slashes become one. Begins with a slash.
std::string normalized_path(std::string_view path);
// A URL, absolute or without scheme and authority, with its path normalised.
std::string normalized_url(std::string_view url);

}  // namespace perigee::policies
