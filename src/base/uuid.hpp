// Random numbers, and UUIDs of them (RFC 9562 section 5.4, version 4).
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace perigee {

inline constexpr std::size_t kUuidBytes = 36;

// Writes "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx".
void write_uuid(std::span<char, kUuidBytes> to, std::uint64_t high, std::uint64_t low);
// `digits` lower-case hexadecimal digits of `value`; returns the end.
char* write_hex(char* to, std::uint64_t value, int digits);
// From the kernel's random numbers.
std::string random_uuid();
std::uint64_t random_bits();
// A fast one, not for secrets: SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t next_random(std::uint64_t& state);

}  // namespace perigee
