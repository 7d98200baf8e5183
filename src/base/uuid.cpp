#include "base/uuid.hpp"

#include <sys/random.h>

#include <cstring>

#include "base/assert.hpp"

namespace perigee {

char* write_hex(char* to, std::uint64_t value, int digits) {
  constexpr char kHex[] = "0123456789abcdef";
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) *to++ = kHex[(value >> shift) & 15];
  return to;
}

namespace {

// Eight digits at once, the highest in the lowest byte: written to memory they read from the left.
std::uint64_t hex8(std::uint32_t value) {
  std::uint64_t digits = __builtin_bswap32(value);
  digits = (digits | digits << 16) & 0x0000ffff0000ffff;
  digits = (digits | digits << 8) & 0x00ff00ff00ff00ff;
  digits = (digits >> 4 | digits << 8) & 0x0f0f0f0f0f0f0f0f;
  const std::uint64_t letters = (digits + 0x0606060606060606) >> 4 & 0x0101010101010101;
  return digits + 0x3030303030303030 + letters * ('a' - '0' - 10);
}

}  // namespace

void write_uuid(std::span<char, kUuidBytes> to, std::uint64_t high, std::uint64_t low) {
  high = (high & ~0xf000ull) | 0x4000;         // version 4
  low = (low & ~(3ull << 62)) | (2ull << 62);  // variant 10
  const std::uint64_t digits[] = {
      hex8(static_cast<std::uint32_t>(high >> 32)), hex8(static_cast<std::uint32_t>(high)),
      hex8(static_cast<std::uint32_t>(low >> 32)), hex8(static_cast<std::uint32_t>(low))};
  const char* from = reinterpret_cast<const char*>(digits);
  char* at = to.data();
  for (std::size_t group : {8, 4, 4, 4, 12}) {
    std::memcpy(at, from, group);
    from += group;
    at += group;
    if (group != 12) *at++ = '-';
  }
}

std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  PERIGEE_ASSERT(getrandom(&bits, sizeof bits, 0) == sizeof bits);
  return bits;
}

std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::string random_uuid() {
  std::string text(kUuidBytes, '-');
  write_uuid(std::span<char, kUuidBytes>(text.data(), kUuidBytes), random_bits(), random_bits());
  return text;
}

}  // namespace perigee
