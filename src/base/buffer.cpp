#include "base/buffer.hpp"

#include <sanitizer/asan_interface.h>

#include <new>

namespace perigee {

BufferPool::~BufferPool() {
  PERIGEE_ASSERT(bytes_leased_ == 0);
  for (char* block : small_) ::operator delete(block);
  for (char* block : large_) ::operator delete(block);
}

char* BufferPool::take(std::size_t bytes) {
  PERIGEE_ASSERT(bytes == kSmallBytes || bytes == kLargeBytes);
  bytes_leased_ += bytes;
  std::vector<char*>& kept = list(bytes);
  if (kept.empty()) return static_cast<char*>(::operator new(bytes));
  char* block = kept.back();
  kept.pop_back();
  bytes_kept_ -= bytes;
  ASAN_UNPOISON_MEMORY_REGION(block, bytes);
  return block;
}

void BufferPool::give(char* block, std::size_t bytes) {
  bytes_leased_ -= bytes;
  if (bytes_kept_ + bytes > kept_bytes_max_) {
    ::operator delete(block);
    return;
  }
  ASAN_POISON_MEMORY_REGION(block, bytes);  // a view that outlived its lease is reported
  list(bytes).push_back(block);
  bytes_kept_ += bytes;
}

}  // namespace perigee
