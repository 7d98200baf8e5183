// Numbers as FreeMarker computes and writes them. Internal to freemarker.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "el/value.hpp"
#include "freemarker/ast.hpp"

namespace perigee::freemarker {

// The reference computes in decimals; ours are rounded to the 15 digits that a double has, so that
// 0.1 + 0.2 is 0.3 here too.
el::Value number_value(double number);
// Nothing: division by zero.
std::optional<el::Value> compute(Op op, el::Value a, el::Value b);
int compare(el::Value a, el::Value b);

// A java.text.DecimalFormat pattern, or "number", "computer", "percent"; nothing: not supported.
std::optional<std::string> formatted(el::Value number, std::string_view format);
std::string computer_text(el::Value number);
std::optional<el::Value> parse_number(std::string_view text);

}  // namespace perigee::freemarker
