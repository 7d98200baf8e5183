// Evaluates one expression over a JSON context and shows the result as text.
#pragma once

#include <string>
#include <string_view>

#include "el/expression.hpp"
#include "el/json_variables.hpp"

namespace perigee::el::test {

// The context c1 of the compatibility cases.
Json sample_context();

// The text of a template; "<null>" for no value, "error: .." for an error (compile errors too).
std::string eval(std::string_view text);
std::string eval(std::string_view text, std::string_view context_json);
// "true", "false" or "error: ..".
std::string holds(std::string_view text);
std::string holds(std::string_view text, std::string_view context_json);
// The error of compiling; "" when it compiles.
std::string compile_error(std::string_view text);
Needs needs(std::string_view text);

// The folder that stands beside the sources of the tests: tests/compat.
std::string compat_file(std::string_view name);
std::string read_file(const std::string& path);

}  // namespace perigee::el::test
