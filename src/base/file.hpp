// A whole file's bytes, within a limit.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.hpp"

namespace perigee {

// Never waits: a pipe without a writer is empty. An error says what went wrong, not the path.
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

}  // namespace perigee
