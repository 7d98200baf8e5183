// Dates as Java formats them ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX"), in local time or UTC.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace perigee::log {

void append_date(std::string& to, std::string_view format, WallTime time, bool utc);
// The letters of `format` that have no meaning here; they are printed as they are.
std::string unknown_letters(std::string_view format);

}  // namespace perigee::log
