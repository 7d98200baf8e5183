// String.format with Java's rules, for %s %S %c %b %d %x %X %o %f %e %n %%. Internal to el.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "el/value.hpp"

namespace perigee::el {

struct Run;

Value format_text(std::string_view format, std::span<const Value> arguments, Run& run);

// A conversion of Java's that is not done here (%tY, %a, ..), for a refusal at compile.
std::optional<std::string> unsupported_conversion(std::string_view format);

}  // namespace perigee::el
