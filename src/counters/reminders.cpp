#include "counters/reminders.hpp"

#include <algorithm>

namespace perigee::counters {

bool Reminders::add(Reminded reminded, Instant due) {
  if (all_.size() >= kMost) return false;
  Entry& entry = all_.emplace_back(*this, std::move(reminded));
  entry.place = std::prev(all_.end());
  reactor_.timers().arm(entry.timer, due);
  return true;
}

void Reminders::fire(Entry& entry) {
  Reminded reminded = std::move(entry.reminded);
  all_.erase(entry.place);
  listener_.on_due(std::move(reminded));
}

// Those that are added meanwhile wait for their time.
void Reminders::fire(std::size_t most) {
  for (std::size_t left = std::min(most, all_.size()); left > 0; --left) fire(all_.front());
}

}  // namespace perigee::counters
