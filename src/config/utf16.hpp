// Files that an editor saved as UTF-16: told by a byte order mark, or by the NUL that is half of
// the first character.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace perigee::config {

// False for UTF-8. A NUL stands in no configuration, so it is safe to take it for a half.
bool is_wide(std::string_view text);

// The same text as UTF-8, without its byte order mark. Refused: UTF-32, and what is no UTF-16. The
// error's message begins with the line: "12: ...".
Result<std::string> narrowed(std::string_view wide);

}  // namespace perigee::config
