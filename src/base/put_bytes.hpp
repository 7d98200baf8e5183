// Copying short texts: most names and values of a head are, and a call of memcpy costs more than
// they do.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace perigee {

// Copies `text`, which does not overlap; returns the place behind it.
inline char* put_bytes(char* to, std::string_view text) {
  const char* from = text.data();
  const std::size_t size = text.size();
  auto both_ends = [&]<class Word>(Word first, Word last) {  // may overlap each other
    std::memcpy(&first, from, sizeof first);
    std::memcpy(&last, from + size - sizeof last, sizeof last);
    std::memcpy(to, &first, sizeof first);
    std::memcpy(to + size - sizeof last, &last, sizeof last);
  };
  struct Sixteen {
    std::uint64_t low, high;
  };
  if (size > 32) {
    std::memcpy(to, from, size);
  } else if (size >= 16) {
    both_ends(Sixteen(), Sixteen());
  } else if (size >= 8) {
    both_ends(std::uint64_t(), std::uint64_t());
  } else if (size >= 4) {
    both_ends(std::uint32_t(), std::uint32_t());
  } else {
    for (std::size_t i = 0; i < size; ++i) to[i] = from[i];
  }
  return to + size;
}

}  // namespace perigee
