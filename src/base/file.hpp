// A file's bytes, all of them within a limit or its first line.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.hpp"

namespace perigee {

// Never waits: a pipe without a writer is empty. An error says what went wrong, not the path.
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

// Of a file of the kernel; "" when it cannot be read.
std::string first_line(const std::string& path);

}  // namespace perigee
