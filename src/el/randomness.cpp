#include "el/randomness.hpp"

#include <sys/random.h>

#include "base/assert.hpp"

namespace perigee::el {
namespace {

void fill(void* to, std::size_t bytes) {
  // Up to 256 bytes come whole once the system is up (getrandom(2)).
  ssize_t filled = getrandom(to, bytes, 0);
  PERIGEE_ASSERT(filled == static_cast<ssize_t>(bytes));
}

std::uint64_t seed() {
  std::uint64_t bits = 0;
  fill(&bits, sizeof(bits));
  return bits;
}

}  // namespace

// SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t random_bits() {
  thread_local std::uint64_t state = seed();
  std::uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

double random_fraction() { return static_cast<double>(random_bits() >> 11) * 0x1.0p-53; }

std::string_view random_uuid(Arena& arena) {
  unsigned char bytes[16];
  fill(bytes, sizeof(bytes));
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  constexpr char kHex[] = "0123456789abcdef";
  char* to = static_cast<char*>(arena.take(36, 1));
  std::size_t size = 0;
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) to[size++] = '-';
    to[size++] = kHex[bytes[i] >> 4];
    to[size++] = kHex[bytes[i] & 15];
  }
  return {to, size};
}

}  // namespace perigee::el
