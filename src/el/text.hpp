// Texts as Java sees them: positions and lengths count UTF-16 units, while ours are UTF-8.
// ASCII takes the quick way. Bytes that are not UTF-8 count one unit each. For el and for who else
// has to do as Java does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.hpp"

namespace perigee::el {

bool is_ascii(std::string_view text);

std::size_t units_of(std::string_view text);
// Unit position <-> byte position. A position inside a surrogate pair is that of its character.
std::size_t byte_of_unit(std::string_view text, std::size_t unit);
std::size_t unit_of_byte(std::string_view text, std::size_t byte);

// Decodes the character at `at` and moves on; a wrong byte is U+FFFD.
char32_t next_character(std::string_view text, std::size_t& at);
// Writes up to 4 bytes, gives how many.
std::size_t put_character(char* to, char32_t character);

// String.compareTo, equalsIgnoreCase, hashCode.
std::int32_t compare_units(std::string_view a, std::string_view b);
bool equal_ignoring_case(std::string_view a, std::string_view b);
std::int32_t java_hash(std::string_view text);

std::string_view upper(std::string_view text, Arena& arena);
std::string_view lower(std::string_view text, Arena& arena);

// String.trim (everything up to the space) and String.isBlank.
std::string_view trim(std::string_view text);
bool is_blank(std::string_view text);

// "a text of 3 bytes". Errors are logged, and what an expression evaluated may be a secret.
std::string described(std::string_view text);

}  // namespace perigee::el
