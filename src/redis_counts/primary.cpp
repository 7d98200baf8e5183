#include "redis_counts/primary.hpp"

#include <cstdlib>

namespace perigee::redis_counts {
namespace {

constexpr std::int64_t kOffsetChangeMs = 200;  // less is how exactly it can be measured

}  // namespace

void Primary::note_connected(std::uint64_t epoch, Instant now) {
  connected_.fetch_add(1, std::memory_order_relaxed);
  std::uint64_t told = told_.load(std::memory_order_relaxed);
  while (told <= epoch) {
    if (told_.compare_exchange_weak(told, epoch + 1)) return circuit_.available(now);
  }
  note_answer(now);
}

void Primary::note_lost(Instant now, std::string_view why) {
  if (connected_.fetch_sub(1, std::memory_order_relaxed) == 1) circuit_.lost(now, why);
}

void Primary::note_answer(Instant now) {
  if (circuit_.state() == counters::Circuit::State::open) circuit_.available(now);
}

std::int64_t Primary::clock_offset_ms(Duration measured) {
  const auto measured_ms = std::chrono::duration_cast<std::chrono::milliseconds>(measured).count();
  const std::int64_t used_ms = offset_ms_.load(std::memory_order_relaxed);
  if (std::abs(measured_ms - used_ms) < kOffsetChangeMs) return used_ms;
  offset_ms_.store(measured_ms, std::memory_order_relaxed);
  return measured_ms;
}

}  // namespace perigee::redis_counts
