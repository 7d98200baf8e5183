// Buffers for socket bytes, leased from a per-worker pool: 16 KiB blocks for heads and small
// bodies, large blocks (a head and 64 KiB) while a big body is relayed. An idle connection holds
// none.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "base/assert.hpp"

namespace perigee {

class BufferPool {
 public:
  static constexpr std::size_t kSmallBytes = 16 * 1024;
  static constexpr std::size_t kLargeBytes = 64 * 1024 + 8 * 1024;
  // A body of many blocks moves in pieces that fit one segment of the loopback (65,483 bytes): what
  // a send has beyond it waits for a timer under a congestion control that paces (BBR), and a body
  // of 1 MiB then costs two thirds more.
  static constexpr std::size_t kPieceBytes = 60 * 1024;

  // Keeps at most this many bytes of returned blocks for reuse.
  explicit BufferPool(std::size_t kept_bytes_max = 8 << 20) : kept_bytes_max_(kept_bytes_max) {}
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  char* take(std::size_t bytes);  // kSmallBytes or kLargeBytes
  void give(char* block, std::size_t bytes);
  std::size_t bytes_leased() const { return bytes_leased_; }
  std::size_t bytes_kept() const { return bytes_kept_; }

 private:
  std::vector<char*>& list(std::size_t bytes) { return bytes == kSmallBytes ? small_ : large_; }
  std::vector<char*> small_, large_;
  std::size_t kept_bytes_max_;
  std::size_t bytes_kept_ = 0;
  std::size_t bytes_leased_ = 0;
};

// One leased block with unread bytes in [begin, end). Empty without a lease.
class Buffer {
 public:
  explicit Buffer(BufferPool& pool) : pool_(&pool) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { drop(); }

  std::string_view unread() const {
    return {block_ + begin_, static_cast<std::size_t>(end_ - begin_)};
  }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  bool leased() const { return block_ != nullptr; }
  std::size_t capacity() const { return capacity_; }

  // What room() leases from now on, so that a bulk transfer holds nothing while it waits; `pieces`
  // leases a large block and lets only a piece of it be filled.
  enum class Offer : std::uint8_t { small, large, pieces };
  void offer(Offer offer) { offer_ = offer; }

  // Room to write into; leases a block when there is none, a small one unless told otherwise. Move
  // unread bytes to the front with compact().
  std::span<char> room() {
    if (!block_) lease(offer_ == Offer::small ? BufferPool::kSmallBytes : BufferPool::kLargeBytes);
    std::size_t fill = capacity_;
    if (offer_ == Offer::pieces && end_ < BufferPool::kPieceBytes)
      fill = std::min(fill, BufferPool::kPieceBytes);
    return {block_ + end_, fill - end_};
  }
  void commit(std::size_t bytes) {
    PERIGEE_ASSERT(bytes <= capacity_ - end_);
    end_ += static_cast<unsigned>(bytes);
  }
  void consume(std::size_t bytes) {
    PERIGEE_ASSERT(bytes <= size());
    begin_ += static_cast<unsigned>(bytes);
    if (begin_ == end_) begin_ = end_ = 0;
  }
  void append(std::string_view bytes) {
    PERIGEE_ASSERT(room().size() >= bytes.size());
    if (!bytes.empty()) std::memcpy(block_ + end_, bytes.data(), bytes.size());
    end_ += static_cast<unsigned>(bytes.size());
  }
  void compact() {
    if (begin_ == 0) return;
    std::memmove(block_, block_ + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  // Swaps the block for a large one, keeping the unread bytes.
  void grow() {
    if (capacity_ >= BufferPool::kLargeBytes) return;
    char* old = block_;
    std::size_t old_capacity = capacity_, unread_bytes = end_ - begin_;
    char* bigger = pool_->take(BufferPool::kLargeBytes);
    if (old) {
      std::memcpy(bigger, old + begin_, unread_bytes);
      pool_->give(old, old_capacity);
    }
    block_ = bigger;
    capacity_ = BufferPool::kLargeBytes;
    begin_ = 0;
    end_ = static_cast<unsigned>(unread_bytes);
  }
  // Returns the block. Unread bytes are lost.
  void drop() {
    if (block_) pool_->give(block_, capacity_);
    block_ = nullptr;
    capacity_ = 0;
    begin_ = end_ = 0;
  }
  BufferPool& pool() { return *pool_; }

 private:
  void lease(std::size_t bytes) {
    block_ = pool_->take(bytes);
    capacity_ = static_cast<unsigned>(bytes);
  }
  BufferPool* pool_;
  char* block_ = nullptr;
  unsigned begin_ = 0, end_ = 0, capacity_ = 0;
  Offer offer_ = Offer::small;
};

}  // namespace perigee
