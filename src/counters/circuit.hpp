// Circuit: whether the store is asked (redis-client.md 4.4). One for the process.
//
//   closed     it is asked
//   open       it is not; whoever connects probes it
//   half_open  a primary answered the probe: the next worker with requests tries it
//   trial      one turn's operations are under way; the others wait for how they end
//
// Each time that a primary answers a probe is an epoch: what it knows of the counts may be less
// than what was counted before.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/clock.hpp"

namespace perigee::counters {

class Circuit {
 public:
  enum class State : std::uint8_t { closed, open, half_open, trial };
  explicit Circuit(Instant now) : outage_since_(now.time_since_epoch().count()) {}

  State state() const { return now().state; }
  std::uint32_t epoch() const { return now().epoch; }
  // Outages so far, each from a closed circuit to the next. The start of the process is the first.
  std::uint32_t outages() const { return now().outages; }
  // For how long the store has not been at work; 0 while it is.
  Duration outage(Instant at) const;
  // Whether an outage, other than the start, ended so short a time ago.
  bool is_back_since(Duration at_most, Instant at) const;
  // All outages together, the present one too.
  Duration away(Instant at) const;

  // Any thread. By whoever connects: a primary answered, and it is writable.
  void available(Instant at);
  // By anybody who sees it: it serves nobody any more.
  void lost(Instant at, std::string_view why);
  // By who counts: true for the one that may try.
  bool begin_trial();
  void end_trial();  // there was nothing to try it with
  void succeeded(Instant at);

 private:
  // One word, so that nobody sees half a change.
  struct Facts {
    State state = State::open;
    std::uint32_t epoch = 0;
    std::uint32_t outages = 1;  // 30 bits
  };
  using Word = std::uint64_t;
  static Facts facts_of(Word word) {
    return {.state = static_cast<State>(word & 3),
            .epoch = static_cast<std::uint32_t>(word >> 2),
            .outages = static_cast<std::uint32_t>(word >> 34)};
  }
  static Word word_of(const Facts& facts) {
    return Word{facts.outages} << 34 | Word{facts.epoch} << 2 | static_cast<Word>(facts.state);
  }
  Facts now() const { return facts_of(word_.load(std::memory_order_acquire)); }
  bool change(Facts& from, const Facts& to);
  void begin_outage(Instant at) { outage_since_ = at.time_since_epoch().count(); }
  Duration since_outage(Instant at) const;

  std::atomic<Word> word_{word_of({})};
  std::atomic<Instant::rep> outage_since_;  // of the last one
  std::atomic<Instant::rep> back_since_{};  // closed
  mutable std::mutex outages_;              // held where one begins or ends
  Duration away_before_{};                  // in outages that are over; under outages_
};

// When the operations of one worker say that the store is gone: five in a row without an answer in
// time, or more than half of at least twenty in a second that failed.
class FailureRate {
 public:
  void note_success(Instant now);
  // True: it is gone.
  bool note_failure(Instant now, bool timed_out);
  void clear() { *this = {}; }

 private:
  static constexpr unsigned kTimeoutsInARow = 5;
  static constexpr unsigned kLeast = 20;
  static constexpr Duration kSpan = 1s;
  void begin_span(Instant now);
  Instant since_{};
  unsigned all_ = 0, failed_ = 0, timeouts_in_a_row_ = 0;
};

}  // namespace perigee::counters
