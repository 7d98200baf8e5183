#include "tests/compat/report.hpp"

#include <fmt/format.h>

namespace perigee::compat {

void Report::add(std::string_view id, const Verdict& verdict) {
  switch (verdict.kind) {
    case Verdict::Kind::passed:
      ++passed_;
      break;
    case Verdict::Kind::failed:
      ++failed_;
      fmt::print("FAIL {}: {}\n", id, verdict.why);
      break;
    case Verdict::Kind::skipped:
      ++skipped_;
      ++reasons_[verdict.why];
      fmt::print("SKIP {}: {}\n", id, verdict.why);
      break;
  }
}

void Report::finish() const {
  for (const auto& [reason, count] : reasons_) fmt::print("{:5} skipped: {}\n", count, reason);
  fmt::print("{} passed, {} failed, {} skipped\n", passed_, failed_, skipped_);
}

}  // namespace perigee::compat
