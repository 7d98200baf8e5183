#include "counters/view.hpp"

#include <algorithm>
#include <cmath>

namespace perigee::counters {

std::uint64_t Share::of(std::uint64_t left) const {
  double part = std::ceil(static_cast<double>(left) * overcommit / nodes);
  return std::min(left, static_cast<std::uint64_t>(std::max(part, 0.0)));
}

void View::begin(std::int64_t end_ms) {
  seen = unsent = sending = base = spent = 0;
  reset_ms = end_ms;
  flushed_ms = 0;
  ++window;
  outage = 0;
  known = false;
}

void View::retire() {
  begin(0);
  reminded = false;
}

void View::roll(std::int64_t now_ms, std::int64_t reset_if_new_ms) {
  if (reset_ms <= now_ms) begin(reset_if_new_ms);
}

View::Cargo View::load(std::uint32_t epoch_now) {
  Cargo cargo{.window = window, .weight = unsent};
  if (known && epoch != epoch_now) cargo.floor = seen;
  sending += unsent;
  unsent = 0;
  return cargo;
}

void View::delivered(const Delivery& delivery, const Store::Window& told) {
  if (window != delivery.window) return;
  sending -= std::min(delivery.own, sending);
  if (told.ended) return;
  if (delivery.strict) {
    if (known && told.reset_ms != reset_ms) begin(told.reset_ms);
    reset_ms = told.reset_ms;
  } else if (told.reset_ms < reset_ms && told.reset_ms > delivery.now_ms) {
    reset_ms = told.reset_ms;  // so that a fleet comes to one end (runtime.md 6.5)
  }
  seen = std::max(seen, told.counter);
  epoch = delivery.epoch;
  known = true;
}

void View::undelivered(const Delivery& delivery) {
  if (window != delivery.window) return;
  std::uint64_t back = std::min(delivery.own, sending);
  sending -= back;
  unsent += back;
}

void View::note_outage(std::uint32_t outage_now) {
  if (outage == outage_now) return;
  outage = outage_now;
  base = value();
  spent = 0;
}

std::optional<std::uint64_t> View::left_of_share(std::uint64_t limit, std::uint32_t weight,
                                                 const Share& share, std::uint32_t outage_now) {
  note_outage(outage_now);
  std::uint64_t most = share.of(limit > base ? limit - base : 0);
  std::uint64_t used = value() > base ? value() - base : 0;
  if (used + weight > most) return std::nullopt;
  spent += weight;
  return most - used - weight;
}

bool View::spend_share(std::uint64_t limit, std::uint32_t weight, const Share& share,
                       std::uint32_t outage_now) {
  note_outage(outage_now);
  if (spent + weight > share.of(limit > base ? limit - base : 0)) return false;
  spent += weight;
  return true;
}

}  // namespace perigee::counters
