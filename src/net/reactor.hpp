// Reactor: one epoll loop on one thread: sockets, timers, and a mailbox for other threads.
//
// Descriptors are registered once for their life, edge-triggered (IN|OUT|RDHUP|ET); who registers
// keeps readiness flags. Nothing here is thread-safe except post() and stop(). Tests drive turn()
// by hand with a FakeClock.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "base/async.hpp"
#include "base/buffer.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "net/descriptors.hpp"
#include "net/timer.hpp"

namespace perigee::net {

// Something with a descriptor. Owned by whoever made it; remove() before it dies.
class Source {
 public:
  virtual void on_events(std::uint32_t events) = 0;  // EPOLL* bits; 0 after again()
  virtual void on_turn_end() {}                      // after at_turn_end(); resumes nobody

 protected:
  ~Source() = default;
};

class Reactor {
 public:
  struct Options {
    std::size_t buffer_bytes_kept_max = 8 << 20;
    std::size_t mailbox_max = 65536;  // post() beyond is refused
  };
  explicit Reactor(const Clock& clock) : Reactor(clock, Options{}) {}
  Reactor(const Clock& clock, Options options);
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  ~Reactor();

  // On the thread that will run it, before that opens anything: leaves the shared table of
  // descriptors, see there. Other reactors can still be posted to.
  bool leave_shared_descriptors() { return net::leave_shared_descriptors({epoll_}); }
  void run();   // until stop()
  void stop();  // from any thread or a signal-safe context: ends run() after this turn
  // One loop turn: waits at most `wait` for events, runs events, timers, mail, deferred work.
  void turn(Duration wait);

  // From any thread: runs `work` on this reactor's thread in a later turn. False when the mailbox
  // is full.
  bool post(std::move_only_function<void()> work);
  // From this thread: runs `work` at the end of this turn (to destroy what is on the stack now).
  void defer(std::move_only_function<void()> work);

  Instant now() const { return now_; }  // read once per turn
  WallTime wall() const { return wall_; }
  void refresh_time();
  const Clock& clock() const { return clock_; }
  TimerWheel& timers() { return timers_; }
  BufferPool& buffers() { return buffers_; }

  // IN|OUT|RDHUP|ET. False when the kernel has no room (max_user_watches). Those that bring answers
  // come first in each turn: what ends makes room for what begins, and code of one kind runs in a
  // row.
  enum class Brings : bool { requests, answers };
  bool add(int fd, Source& source, Brings brings = Brings::requests);
  void remove(int fd, Source& source);  // before close(fd); pending events of it are dropped
  // Calls on_events(0) in the next turn, which then does not wait: for who used up his share of
  // this turn. forget() takes it back; remove() does too.
  void again(Source& source) { again_.push_back(&source); }
  void forget(Source& source);
  // Calls on_turn_end() once, as the last work of this turn (of the next one, between turns), or
  // earlier when many wait for it.
  void at_turn_end(Source& source) {
    if (ending_.size() == kEndingMax) run_ending();
    ending_.push_back(&source);
  }
  std::size_t sources() const { return sources_; }
  std::uint64_t turns() const { return turns_; }

 private:
  static constexpr std::size_t kEventsPerTurn = 256;
  static constexpr std::size_t kEndingMax = 64;  // what is kept for a turn's end is bounded
  void wait_for_events(Duration wait);
  void run_events();
  void run_again();
  void run_mail();
  void run_deferred();
  void run_ending();
  void wake();

  const Clock& clock_;
  Options options_;
  BufferPool buffers_;
  Instant now_;
  WallTime wall_;
  TimerWheel timers_;
  int epoll_ = -1;
  CommonDescriptor wake_;  // eventfd
  std::atomic<bool> stopping_{false};
  std::atomic<bool> woken_{true};  // false while the loop may sleep: then a post writes to wake_
  std::atomic<bool> mail_waits_{false};
  std::mutex mail_mutex_;  // held for a push or a swap only
  std::vector<std::move_only_function<void()>> mail_, mail_running_;
  std::vector<std::move_only_function<void()>> deferred_, deferred_running_;
  std::vector<Source*> again_, again_running_;
  std::vector<Source*> ending_;
  std::array<epoll_event, kEventsPerTurn> events_;  // [event_next_, event_end_) wait to be run
  std::size_t event_next_ = 0, event_end_ = 0;
  std::size_t sources_ = 0;
  std::uint64_t turns_ = 0;
};

// A deadline for the leaf waits of a scope: when it passes, the wait ends with Error(code, what).
// Lives in the frame of the step that it bounds. When it passes while nothing waits, only passed()
// tells.
class Deadline {
 public:
  Deadline(Reactor& reactor, Scope* scope, Duration after, ErrorCode code, const char* what,
           Fault fault);
  bool passed() const { return passed_; }
  void disarm() { timer_.disarm(); }

 private:
  static void fire(void* self);
  Timer timer_;
  Scope* scope_;
  const char* what_;
  ErrorCode code_;
  Fault fault_;
  bool passed_ = false;
};

// Goes on in the next turn, when everything else has had its part of this one: for flows that work
// long, or that might try again for ever without having to wait. Ended early only by the scope.
Async<Result<void>> next_turn(Reactor& reactor);

// Waits; ended early only by the scope. Nothing to wait for without a positive duration.
Async<Result<void>> sleep_for(Reactor& reactor, Duration duration);

}  // namespace perigee::net
