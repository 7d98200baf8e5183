// Where a text stands in another, in linear time whatever the two say: both may be a stranger's.
// (std::string_view::find compares anew at every place.)
#pragma once

#include <cstring>
#include <string_view>

namespace perigee {

// npos when it is not there.
inline std::size_t find_bytes(std::string_view text, std::string_view part, std::size_t from = 0) {
  if (from > text.size()) return std::string_view::npos;
  if (part.empty()) return from;
  if (from == text.size())
    return std::string_view::npos;  // which may have no address; memmem wants one
  const void* found = memmem(text.data() + from, text.size() - from, part.data(), part.size());
  if (!found) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace perigee
