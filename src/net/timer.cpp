#include "net/timer.hpp"

#include <algorithm>

namespace perigee::net {

void Timer::disarm() {
  if (!wheel_) return;
  TimerWheel::unlink(*this);
  --wheel_->armed_;
  wheel_ = nullptr;
  // The bounds of slot and wheel stay as they are: too early at worst, corrected when they pass.
}

TimerWheel::TimerWheel(Instant now) : start_(now) { bounds_.fill(kNever); }

TimerWheel::~TimerWheel() {
  for (Timer*& slot : slots_) {
    while (slot) slot->disarm();
  }
  while (due_) due_->disarm();
}

TimerWheel::Tick TimerWheel::tick_of(Instant instant) const {
  return std::max<Tick>(tick_, (instant - start_) / kTick);
}

void TimerWheel::link(Timer& timer, Timer** at) {
  timer.next_ = *at;
  timer.link_ = at;
  if (*at) (*at)->link_ = &timer.next_;
  *at = &timer;
}

void TimerWheel::unlink(Timer& timer) {
  *timer.link_ = timer.next_;
  if (timer.next_) timer.next_->link_ = timer.link_;
  timer.next_ = nullptr;
  timer.link_ = nullptr;
}

void TimerWheel::arm(Timer& timer, Instant deadline) {
  timer.disarm();
  timer.wheel_ = this;
  timer.deadline_ = deadline;
  ++armed_;
  const Tick tick = tick_of(deadline);
  if (running_ && tick == tick_ && deadline <= run_to_) return insert_due(timer);
  const std::size_t slot = static_cast<std::size_t>(tick) % kSlots;
  link(timer, &slots_[slot]);
  bounds_[slot] = std::min(bounds_[slot], deadline);
  bound_ = std::min(bound_, deadline);
}

void TimerWheel::insert_due(Timer& timer) {
  Timer** at = &due_;
  while (*at && (*at)->deadline_ <= timer.deadline_) at = &(*at)->next_;
  link(timer, at);
}

void TimerWheel::run_due(Instant now) {
  PERIGEE_ASSERT(!running_);
  running_ = true;
  run_to_ = now;
  while (bound_ <= now) {
    tick_ = tick_of(bound_);
    take_due(tick_, now);
    while (due_) {
      Timer& timer = *due_;
      timer.disarm();
      timer.fire_(timer.owner_);  // the timer may be gone afterwards
    }
    bound_ = least_bound();
  }
  tick_ = tick_of(now);
  running_ = false;
}

// Moves what is due of one tick into due_, sorted.
void TimerWheel::take_due(Tick tick, Instant now) {
  const std::size_t slot = static_cast<std::size_t>(tick) % kSlots;
  Instant rest = kNever;
  scratch_.clear();
  for (Timer* timer = slots_[slot]; timer; timer = timer->next_) {
    if (timer->deadline_ <= now && timer->deadline_ < end_of(tick)) {
      scratch_.push_back({timer->deadline_, scratch_.size(), timer});
    } else {
      rest = std::min(rest, timer->deadline_);
    }
  }
  bounds_[slot] = rest;
  // A slot holds the last armed first: of equal deadlines, the last seen is the first to fire.
  std::sort(scratch_.begin(), scratch_.end(), [](const Due& a, const Due& b) {
    return a.deadline != b.deadline ? a.deadline < b.deadline : a.seen > b.seen;
  });
  Timer** tail = &due_;
  for (const Due& due : scratch_) {
    unlink(*due.timer);
    link(*due.timer, tail);
    tail = &due.timer->next_;
  }
}

// Walks the slots in the order of their next tick and stops where nothing later can be earlier.
Instant TimerWheel::least_bound() const {
  Instant least = kNever;
  for (Tick ahead = 0; ahead < static_cast<Tick>(kSlots); ++ahead) {
    least = std::min(least, bounds_[static_cast<std::size_t>(tick_ + ahead) % kSlots]);
    if (least < end_of(tick_ + ahead)) break;
  }
  return least;
}

}  // namespace perigee::net
