#include "proxy/breaker.hpp"

#include <algorithm>
#include <utility>

namespace perigee::proxy {

bool Breaker::admits(const plan::Failover& rules, Instant now) {
  if (!open_) return true;
  if (trying_ || now < opened_ + rules.open_for) return false;
  trying_ = true;
  return true;
}

void Breaker::on_end(const plan::Failover& rules, Instant now, bool failed, bool slow) {
  failed_in_row_ = failed ? failed_in_row_ + 1 : 0;
  slow_in_row_ = slow ? slow_in_row_ + 1 : 0;
  bool full = std::max(failed_in_row_, slow_in_row_) >= rules.failures_max;
  bool was_trying = std::exchange(trying_, false);
  open_ = was_trying ? failed || slow : full || open_;
  if (open_ && (was_trying || full)) opened_ = now;
  if (!open_ && was_trying) failed_in_row_ = slow_in_row_ = 0;
}

Breaker& Breakers::of(std::string_view subscription, Instant now) {
  std::string name(subscription);
  auto found = breakers_.find(name);
  if (found == breakers_.end() && breakers_.size() >= kMax) {
    auto used = [](const auto& entry) { return entry.second.used(); };
    breakers_.erase(std::ranges::min_element(breakers_, {}, used));
  }
  Breaker& breaker = breakers_[std::move(name)];
  breaker.touch(now);
  return breaker;
}

}  // namespace perigee::proxy
