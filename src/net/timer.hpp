// Timers: intrusive, O(1) to arm and disarm, fired in deadline order, never early.
//
// One wheel per reactor. Time comes from the reactor's Clock; with a FakeClock, run_until() after
// advance() fires every timer that became due, in order. A timer armed by a firing timer for an
// instant that has passed fires in the same run.
#pragma once

#include <array>
#include <cstddef>

#include "base/async.hpp"
#include "base/clock.hpp"

namespace perigee::net {

class TimerWheel;

class Timer {
 public:
  using Fire = void (*)(void* owner);
  Timer(Fire fire, void* owner) : fire_(fire), owner_(owner) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { disarm(); }

  bool armed() const { return wheel_ != nullptr; }
  Instant deadline() const { return deadline_; }
  void disarm();

 private:
  friend class TimerWheel;
  Timer* next_ = nullptr;
  Timer** link_ = nullptr;  // the pointer that points to us
  TimerWheel* wheel_ = nullptr;
  Instant deadline_{};
  Fire fire_;
  void* owner_;
};

class TimerWheel {
 public:
  static constexpr Duration kTick = 1ms;
  static constexpr std::size_t kSlots = 1024;

  explicit TimerWheel(Instant now);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  ~TimerWheel();

  void arm(Timer& timer, Instant deadline);  // re-arms when armed
  // When the loop should wake up at the latest, kNever without timers. May be early for far
  // deadlines, never late.
  Instant next() const;
  void run_until(Instant now);
  std::size_t armed() const { return armed_; }

 private:
  friend class Timer;
  std::size_t slot_of(Instant deadline) const;
  std::array<Timer*, kSlots> slots_{};
  Instant start_;
  std::uint64_t tick_ = 0;  // the last tick that was run
  std::size_t armed_ = 0;
};

}  // namespace perigee::net
