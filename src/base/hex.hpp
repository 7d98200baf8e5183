// Hexadecimal digits, and percent-encoding (RFC 3986 section 2.1).
#pragma once

#include <string>
#include <string_view>

#include "base/ascii.hpp"

namespace perigee {

// -1: it is no digit.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Two digits in lower case.
inline void append_hex(std::string& to, unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  to += {kDigits[byte >> 4], kDigits[byte & 15]};
}

// Every byte that `is_plain` does not hold for becomes "%C3".
template <class IsPlain>
std::string percent_encoded(std::string_view text, IsPlain is_plain) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (is_plain(c)) {
      encoded += c;
    } else {
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return encoded;
}

}  // namespace perigee
