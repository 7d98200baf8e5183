// Board: what the ops thread tells the workers of who the primary is. Any thread may look; to look
// whether there is news costs one load. Internal.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "redis/options.hpp"

namespace perigee::redis {

class Board {
 public:
  struct News {
    std::uint64_t number = 0;  // 0: no primary is known yet
    Endpoint primary;
  };

  std::uint64_t number() const { return number_.load(std::memory_order_acquire); }
  News read() const {
    std::lock_guard lock(mutex_);
    return {number_.load(std::memory_order_relaxed), primary_};
  }
  void publish(Endpoint primary) {
    std::lock_guard lock(mutex_);
    primary_ = std::move(primary);
    number_.fetch_add(1, std::memory_order_release);
    epoch_.fetch_add(1, std::memory_order_acq_rel);
  }

  // Changes whenever what the primary has acknowledged may be gone: with another primary, and with
  // the loss of a connection (it may have been restarted empty). The workers' connections to one
  // primary are lost together, which is one epoch: a connection of an older one changes nothing.
  std::uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }
  void note_loss(std::uint64_t of) {
    epoch_.compare_exchange_strong(of, of + 1, std::memory_order_acq_rel);
  }

 private:
  mutable std::mutex mutex_;
  Endpoint primary_;  // under mutex_
  std::atomic<std::uint64_t> number_{0};
  std::atomic<std::uint64_t> epoch_{0};
};

}  // namespace perigee::redis
