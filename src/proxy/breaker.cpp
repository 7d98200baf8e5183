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

}  // namespace perigee::proxy
