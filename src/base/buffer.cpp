#include "base/buffer.hpp"

#include <new>

namespace perigee {

BufferPool::~BufferPool() {
  PERIGEE_ASSERT(bytes_leased_ == 0);
  for (char* block : small_) ::operator delete(block);
  for (char* block : large_) ::operator delete(block);
}

char* BufferPool::take(std::size_t bytes) {
  bytes_leased_ += bytes;
  std::vector<char*>& kept = list(bytes);
  if (kept.empty()) return static_cast<char*>(::operator new(bytes));
  char* block = kept.back();
  kept.pop_back();
  bytes_kept_ -= bytes;
  return block;
}

void BufferPool::give(char* block, std::size_t bytes) {
  bytes_leased_ -= bytes;
  if (bytes_kept_ + bytes > kept_bytes_max_) {
    ::operator delete(block);
    return;
  }
  list(bytes).push_back(block);
  bytes_kept_ += bytes;
}

}  // namespace perigee
