#include "counters/circuit.hpp"

#include "base/log.hpp"

namespace perigee::counters {
namespace {

constexpr log::Logger kLog{"io.gravitee.repository.ratelimit"};

}  // namespace

// False: another was faster, and `from` is what it made.
bool Circuit::change(Facts& from, const Facts& to) {
  Word word = word_of(from);
  bool changed = word_.compare_exchange_strong(word, word_of(to), std::memory_order_acq_rel);
  if (!changed) from = facts_of(word);
  return changed;
}

Duration Circuit::since_outage(Instant at) const {
  Instant since{Duration(outage_since_.load(std::memory_order_relaxed))};
  return at > since ? at - since : Duration::zero();
}

Duration Circuit::outage(Instant at) const {
  return state() == State::closed ? Duration::zero() : since_outage(at);
}

bool Circuit::is_back_since(Duration at_most, Instant at) const {
  Instant since{Duration(back_since_.load(std::memory_order_relaxed))};
  return at < since + at_most && outages() > 1 && state() == State::closed;
}

Duration Circuit::away(Instant at) const {
  std::lock_guard lock(outages_);
  return away_before_ + outage(at);
}

// From closed: another primary took over, or the same was connected to again, and nobody noticed
// that it was gone. Whoever sees the circuit open must see since when: that is said first.
void Circuit::available(Instant at) {
  std::lock_guard lock(outages_);
  Facts before = now(), after;
  do {
    bool was_closed = before.state == State::closed;
    if (was_closed) begin_outage(at);
    after = {.state = State::half_open,
             .epoch = before.epoch + 1,
             .outages = before.outages + (was_closed ? 1 : 0)};
  } while (!change(before, after));
  if (before.state == State::closed)
    kLog.warn("the store of rate limits is away, this gateway decides alone: it was reached anew");
  kLog.debug("the store of rate limits answers, epoch {}: the next requests try it", after.epoch);
}

void Circuit::lost(Instant at, std::string_view why) {
  if (state() == State::open) return;
  std::lock_guard lock(outages_);
  Facts before = now(), after;
  do {
    if (before.state == State::open) return;
    bool was_closed = before.state == State::closed;
    if (was_closed) begin_outage(at);
    after = {.state = State::open,
             .epoch = before.epoch,
             .outages = before.outages + (was_closed ? 1 : 0)};
  } while (!change(before, after));
  if (before.state != State::closed)
    return kLog.debug("the store of rate limits, epoch {}, was tried: {}", before.epoch, why);
  kLog.warn("the store of rate limits is away, this gateway decides alone: {}", why);
}

bool Circuit::begin_trial() {
  Facts before = now();
  if (before.state != State::half_open) return false;
  Facts after = before;
  after.state = State::trial;
  return change(before, after);
}

void Circuit::end_trial() {
  Facts before = now();
  if (before.state != State::trial) return;
  Facts after = before;
  after.state = State::half_open;
  change(before, after);
}

void Circuit::succeeded(Instant at) {
  Facts before = now();
  if (before.state != State::trial) [[likely]]
    return;
  std::lock_guard lock(outages_);
  Duration away = since_outage(at);
  back_since_ = at.time_since_epoch().count();
  Facts after = before;
  after.state = State::closed;
  if (!change(before, after)) return;
  away_before_ += away;
  kLog.info("the store of rate limits is at work, epoch {}, after {} ms", after.epoch,
            std::chrono::duration_cast<std::chrono::milliseconds>(away).count());
}

void FailureRate::begin_span(Instant now) {
  if (now - since_ < kSpan) return;
  since_ = now;
  all_ = failed_ = 0;
}

void FailureRate::note_success(Instant now) {
  begin_span(now);
  ++all_;
  timeouts_in_a_row_ = 0;
}

bool FailureRate::note_failure(Instant now, bool timed_out) {
  begin_span(now);
  ++all_;
  ++failed_;
  timeouts_in_a_row_ = timed_out ? timeouts_in_a_row_ + 1 : 0;
  return timeouts_in_a_row_ >= kTimeoutsInARow || (all_ >= kLeast && 2 * failed_ > all_);
}

}  // namespace perigee::counters
