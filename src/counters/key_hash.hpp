// KeyHash: what stands for a key in our tables, so that they hold no texts.
//
// 128 bits by a seed that no client knows: among a million keys two that meet are less likely than
// a broken memory, and nobody can look for them.
#pragma once

#include <cstdint>
#include <string_view>

namespace perigee::counters {

struct KeyHash {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const KeyHash&, const KeyHash&) = default;
};

class KeyHasher {
 public:
  KeyHasher();  // a random seed
  KeyHash window(std::string_view key) const { return hash(key, seed_); }
  // A bucket is never taken for the window of the same key.
  KeyHash bucket(std::string_view key) const { return hash(key, ~seed_); }

 private:
  static KeyHash hash(std::string_view key, std::uint64_t seed);
  std::uint64_t seed_;
};

}  // namespace perigee::counters
