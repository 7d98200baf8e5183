// #jsonEscape and #xmlEscape, as commons-text does them. Internal to el.
#pragma once

#include <string>
#include <string_view>

#include "el/value.hpp"

namespace perigee::el {

struct Run;

// "/" and everything outside of ASCII is escaped too.
std::string json_escaped(std::string_view text);
// What XML 1.0 does not allow is left out.
std::string xml_escaped(std::string_view text);

// The function on a value: lists joined with a space, null gives null.
Value escape(Value value, std::string (*escaped)(std::string_view), Run& run);

}  // namespace perigee::el
