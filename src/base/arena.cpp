#include "base/arena.hpp"

#include <new>

namespace perigee {

void* Arena::take_from_new_chunk(std::size_t bytes, std::size_t align) {
  std::size_t room = bytes + align + sizeof(Chunk);
  std::size_t size = room > chunk_bytes_ ? room : chunk_bytes_;
  char* memory = static_cast<char*>(::operator new(size));
  last_ = new (memory) Chunk{last_, size};
  bytes_held_ += size;
  next_ = memory + sizeof(Chunk);
  end_ = memory + size;
  ASAN_POISON_MEMORY_REGION(next_, size - sizeof(Chunk));
  return take(bytes, align);
}

void Arena::clear() {
  if (!last_) return;
  while (last_->previous) {
    Chunk* chunk = last_;
    last_ = chunk->previous;
    bytes_held_ -= chunk->bytes;
    ::operator delete(chunk);
  }
  next_ = reinterpret_cast<char*>(last_) + sizeof(Chunk);
  end_ = reinterpret_cast<char*>(last_) + last_->bytes;
  ASAN_POISON_MEMORY_REGION(next_, last_->bytes - sizeof(Chunk));
}

void Arena::release() {
  clear();
  if (last_) ::operator delete(last_);
  last_ = nullptr;
  next_ = end_ = nullptr;
  bytes_held_ = 0;
}

}  // namespace perigee
