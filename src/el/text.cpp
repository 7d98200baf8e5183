#include "el/text.hpp"

#include <locale.h>
#include <wctype.h>

#include <algorithm>

#include "base/utf8.hpp"

namespace perigee::el {
namespace {

// Case tables of the C library. Built once; the built-in C.UTF-8 of glibc needs no files.
locale_t unicode() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

char32_t upper_of(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 32 : c;
  return unicode() ? static_cast<char32_t>(towupper_l(static_cast<wint_t>(c), unicode())) : c;
}

char32_t lower_of(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  return unicode() ? static_cast<char32_t>(towlower_l(static_cast<wint_t>(c), unicode())) : c;
}

template <class Map>
std::string_view map_characters(std::string_view text, Arena& arena, Map map) {
  char* to = static_cast<char*>(arena.take(text.size() * 4 + 1, 1));
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size();) {
    char32_t c = next_character(text, at);
    if (c == 0xdf && map(U'a') == U'A') {  // sharp s has no upper case of its own
      to[size++] = 'S';
      to[size++] = 'S';
    } else {
      size += put_character(to + size, map(c));
    }
  }
  return {to, size};
}

// The unit of `c` at which a comparison looks: its first of two when outside the basic plane.
std::int32_t first_unit(char32_t c) {
  return static_cast<std::int32_t>(c < 0x10000 ? c : 0xd800 + ((c - 0x10000) >> 10));
}

}  // namespace

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

char32_t next_character(std::string_view text, std::size_t& at) {
  auto lead = static_cast<unsigned char>(text[at]);
  std::size_t size = lead < 0x80 ? 1 : utf8_character(text.substr(at));
  if (size <= 1) {
    ++at;
    return size == 1 ? lead : 0xfffd;
  }
  char32_t c = lead & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i)
    c = c << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3f);
  at += size;
  return c;
}

std::size_t put_character(char* to, char32_t c) {
  if (c < 0x80) {
    to[0] = static_cast<char>(c);
    return 1;
  }
  std::size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (std::size_t i = size - 1; i > 0; --i, c >>= 6) to[i] = static_cast<char>(0x80 | (c & 0x3f));
  constexpr unsigned kLead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  to[0] = static_cast<char>(kLead[size] | c);
  return size;
}

std::size_t units_of(std::string_view text) { return unit_of_byte(text, text.size()); }

std::size_t byte_of_unit(std::string_view text, std::size_t unit) {
  std::size_t at = 0;
  for (std::size_t units = 0; at < text.size();) {
    std::size_t before = at;
    units += next_character(text, at) >= 0x10000 ? 2 : 1;
    if (units > unit) return before;
  }
  return at;
}

std::size_t unit_of_byte(std::string_view text, std::size_t byte) {
  if (is_ascii(text)) return byte;
  std::size_t units = 0;
  for (std::size_t at = 0; at < byte;) units += next_character(text, at) >= 0x10000 ? 2 : 1;
  return units;
}

std::int32_t compare_units(std::string_view a, std::string_view b) {
  std::size_t at_a = 0, at_b = 0;
  while (at_a < a.size() && at_b < b.size()) {
    char32_t x = next_character(a, at_a), y = next_character(b, at_b);
    if (x == y) continue;
    std::int32_t difference = first_unit(x) - first_unit(y);
    return difference != 0 ? difference
                           : static_cast<std::int32_t>(x) - static_cast<std::int32_t>(y);
  }
  return static_cast<std::int32_t>(units_of(a.substr(at_a))) -
         static_cast<std::int32_t>(units_of(b.substr(at_b)));
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  std::size_t at_a = 0, at_b = 0;
  while (at_a < a.size() && at_b < b.size()) {
    char32_t x = next_character(a, at_a), y = next_character(b, at_b);
    if (x != y && lower_of(upper_of(x)) != lower_of(upper_of(y))) return false;
  }
  return at_a == a.size() && at_b == b.size();
}

std::int32_t java_hash(std::string_view text) {
  std::uint32_t hash = 0;
  for (std::size_t at = 0; at < text.size();) {
    char32_t c = next_character(text, at);
    hash = hash * 31 + static_cast<std::uint32_t>(first_unit(c));
    if (c >= 0x10000) hash = hash * 31 + (0xdc00 + ((c - 0x10000) & 0x3ff));
  }
  return static_cast<std::int32_t>(hash);
}

std::string_view upper(std::string_view text, Arena& arena) {
  return map_characters(text, arena, upper_of);
}

std::string_view lower(std::string_view text, Arena& arena) {
  return map_characters(text, arena, lower_of);
}

std::string_view trim(std::string_view text) {
  auto outside = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && outside(text.front())) text.remove_prefix(1);
  while (!text.empty() && outside(text.back())) text.remove_suffix(1);
  return text;
}

bool is_blank(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
}

std::string described(std::string_view text) {
  return "a text of " + std::to_string(text.size()) + (text.size() == 1 ? " byte" : " bytes");
}

}  // namespace perigee::el
