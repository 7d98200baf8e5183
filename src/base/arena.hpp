// Arena: bump allocation for what lives exactly as long as one exchange. Freed in one go by
// clear(), which keeps the first chunk; nothing allocates after warm-up. Trivially destructible
// contents only. Under AddressSanitizer a view into what was cleared is reported.
#pragma once

#include <sanitizer/asan_interface.h>

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

#include "base/assert.hpp"
#include "base/put_bytes.hpp"

namespace perigee {

class Arena {
 public:
  explicit Arena(std::size_t chunk_bytes = 4096) : chunk_bytes_(chunk_bytes) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { release(); }

  void* take(std::size_t bytes, std::size_t align = alignof(std::max_align_t)) {
    std::size_t padding = -reinterpret_cast<std::size_t>(next_) & (align - 1);
    std::size_t left = static_cast<std::size_t>(end_ - next_);
    if (next_ && padding <= left && bytes <= left - padding) {
      char* given = next_ + padding;
      next_ = given + bytes;
      ASAN_UNPOISON_MEMORY_REGION(given, bytes);
      return given;
    }
    return take_from_new_chunk(bytes, align);
  }
  template <class T>
    requires std::is_trivially_destructible_v<T>
  std::span<T> array(std::size_t count) {
    PERIGEE_ASSERT(count <= std::size_t(-1) / 2 / sizeof(T));
    return {static_cast<T*>(take(count * sizeof(T), alignof(T))), count};
  }
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* to = static_cast<char*>(take(text.size(), 1));
    put_bytes(to, text);
    return {to, text.size()};
  }
  std::string_view join(std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (std::string_view part : parts) size += part.size();
    char* begin = static_cast<char*>(take(size, 1));
    char* at = begin;
    for (std::string_view part : parts) at = put_bytes(at, part);
    return {begin, size};
  }
  std::string_view join(std::string_view a, std::string_view b) { return join({a, b}); }
  // Forgets everything; keeps the first chunk.
  void clear();
  // Frees everything.
  void release();
  std::size_t bytes_held() const { return bytes_held_; }

 private:
  struct Chunk {
    Chunk* previous;
    std::size_t bytes;
  };
  void* take_from_new_chunk(std::size_t bytes, std::size_t align);

  std::size_t chunk_bytes_;
  Chunk* last_ = nullptr;
  char* next_ = nullptr;
  char* end_ = nullptr;
  std::size_t bytes_held_ = 0;
};

}  // namespace perigee
