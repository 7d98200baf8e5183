#include "base/uuid.hpp"

#include <sys/random.h>

#include "base/assert.hpp"

namespace perigee {

char* write_hex(char* to, std::uint64_t value, int digits) {
  constexpr char kHex[] = "0123456789abcdef";
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) *to++ = kHex[(value >> shift) & 15];
  return to;
}

void write_uuid(std::span<char, kUuidBytes> to, std::uint64_t high, std::uint64_t low) {
  high = (high & ~0xf000ull) | 0x4000;         // version 4
  low = (low & ~(3ull << 62)) | (2ull << 62);  // variant 10
  char* at = write_hex(to.data(), high >> 32, 8);
  *at++ = '-';
  at = write_hex(at, (high >> 16) & 0xffff, 4);
  *at++ = '-';
  at = write_hex(at, high & 0xffff, 4);
  *at++ = '-';
  at = write_hex(at, low >> 48, 4);
  *at++ = '-';
  write_hex(at, low & 0xffffffffffffull, 12);
}

std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  PERIGEE_ASSERT(getrandom(&bits, sizeof bits, 0) == sizeof bits);
  return bits;
}

std::string random_uuid() {
  std::string text(kUuidBytes, '-');
  write_uuid(std::span<char, kUuidBytes>(text.data(), kUuidBytes), random_bits(), random_bits());
  return text;
}

}  // namespace perigee
