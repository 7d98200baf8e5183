#include "counters/key_hash.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/uuid.hpp"

namespace perigee::counters {

KeyHasher::KeyHasher() : seed_(random_bits()) {}

KeyHash KeyHasher::hash(std::string_view key, std::uint64_t seed) {
  XXH128_hash_t hash = XXH3_128bits_withSeed(key.data(), key.size(), seed);
  return {hash.low64, hash.high64};
}

}  // namespace perigee::counters
