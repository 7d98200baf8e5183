// Hashing of header names, eight bytes at a time. Internal to http.
//
// Every byte is folded by |0x20: names that are equal ignoring case hash alike; others that fold to
// the same (only with bytes no name may have, and ^ with ~) are told apart by their text.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "http/headers.hpp"

namespace perigee::http::detail {

constexpr std::uint64_t kFold8 = 0x2020202020202020;

template <class Word>
constexpr Word load(const char* from) {
  Word word = 0;
  if (std::is_constant_evaluated()) {
    for (std::size_t i = 0; i < sizeof(Word); ++i)
      word |= static_cast<Word>(static_cast<unsigned char>(from[i])) << (8 * i);
  } else {
    std::memcpy(&word, from, sizeof word);
  }
  return word;
}

// Up to eight bytes, with zeros behind them: overlapping loads instead of a loop.
constexpr std::uint64_t load_short(const char* from, std::size_t size) {
  if (size >= 4) {
    std::uint64_t high = load<std::uint32_t>(from + size - 4);
    return load<std::uint32_t>(from) | (high << (8 * (size - 4)));
  }
  if (size == 0) return 0;
  auto byte = [&](std::size_t at) {
    return std::uint64_t{static_cast<unsigned char>(from[at])} << (8 * at);
  };
  return byte(0) | byte(size / 2) | byte(size - 1);
}

constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 32);
}

// A name of at most 16 bytes, folded, with zeros behind it: two such names are equal when their
// words are, as no folded byte is zero.
struct ShortName {
  static constexpr std::size_t kBytesMax = 16;
  std::uint64_t low = 0, high = 0;
  constexpr bool operator==(const ShortName&) const = default;
};

constexpr std::uint64_t fold(std::uint64_t word, std::size_t bytes) {
  return bytes == 8 ? word | kFold8 : word | (kFold8 & ((std::uint64_t{1} << (8 * bytes)) - 1));
}

constexpr ShortName short_name(const char* name, std::size_t size) {
  if (size < 8) return {fold(load_short(name, size), size), 0};
  return {load<std::uint64_t>(name) | kFold8, fold(load_short(name + 8, size - 8), size - 8)};
}

constexpr std::uint32_t name_hash(ShortName name) {
  return static_cast<std::uint32_t>(mix(name.low, std::rotl(name.high, 29)));
}

HeaderId header_id(ShortName name, std::uint32_t hash);

constexpr std::uint32_t name_hash(const char* name, std::size_t size) {
  if (size <= ShortName::kBytesMax) return name_hash(short_name(name, size));
  std::uint64_t hash = size;
  for (std::size_t i = 0; i + 8 < size; i += 8)
    hash = mix(hash, load<std::uint64_t>(name + i) | kFold8);
  return static_cast<std::uint32_t>(mix(hash, load<std::uint64_t>(name + size - 8) | kFold8));
}

// Lower-cases the ASCII letters of eight bytes, exactly.
constexpr std::uint64_t lower8(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  std::uint64_t low7 = word & (0x7f * kOnes);
  std::uint64_t above_z = low7 + (0x7f - 'Z') * kOnes;
  std::uint64_t from_a = low7 + (0x80 - 'A') * kOnes;
  std::uint64_t upper = ~word & (from_a ^ above_z) & (0x80 * kOnes);
  return word | (upper >> 2);
}

}  // namespace perigee::http::detail
