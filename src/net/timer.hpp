// Timers: intrusive, O(1) to arm and disarm, fired in deadline order, never early.
//
// One wheel per reactor. Time comes from the reactor's Clock; with a FakeClock, run_until() after
// advance() fires every timer that became due, in order (of equal deadlines, the first armed). A
// timer armed by a firing timer for an instant that has passed fires in the same run. A firing
// timer may destroy itself, and arm, disarm or destroy others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

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

// A hashed wheel: a timer lies in the slot of its deadline's tick, however many rotations away.
// Each slot has a lower bound of its deadlines, the wheel the least of them, so that a turn in
// which nothing is due costs one comparison, and idle far timers wake nobody.
class TimerWheel {
 public:
  static constexpr Duration kTick = 1ms;
  static constexpr std::size_t kSlots = 1024;

  explicit TimerWheel(Instant now);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  ~TimerWheel();

  void arm(Timer& timer, Instant deadline);  // re-arms when armed
  // When the loop should wake up at the latest, kNever without timers. May be early after a timer
  // was disarmed, never late.
  Instant next() const { return bound_; }
  void run_until(Instant now) {
    if (bound_ <= now) [[unlikely]]
      run_due(now);
  }
  std::size_t armed() const { return armed_; }

 private:
  friend class Timer;
  using Tick = std::int64_t;
  struct Due {
    Instant deadline;
    std::size_t seen;
    Timer* timer;
  };
  Tick tick_of(Instant instant) const;
  Instant end_of(Tick tick) const { return start_ + (tick + 1) * kTick; }
  void run_due(Instant now);
  void take_due(Tick tick, Instant now);
  void insert_due(Timer& timer);
  Instant least_bound() const;
  static void link(Timer& timer, Timer** at);
  static void unlink(Timer& timer);

  std::array<Timer*, kSlots> slots_{};
  std::array<Instant, kSlots> bounds_;
  Instant bound_ = kNever;
  Instant start_;
  Tick tick_ = 0;  // every timer in a slot belongs to this tick or a later one
  std::size_t armed_ = 0;
  Timer* due_ = nullptr;  // sorted, being fired now
  Instant run_to_{};      // while running: fire up to here
  bool running_ = false;
  std::vector<Due> scratch_;  // for sorting
};

}  // namespace perigee::net
