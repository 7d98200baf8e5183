// What the runner prints: a line for each failure and each skip, then the counts.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tests/compat/run.hpp"

namespace perigee::compat {

class Report {
 public:
  void add(std::string_view id, const Verdict& verdict);
  // Skips by reason, then "N passed, N failed, N skipped".
  void finish() const;
  bool empty() const { return passed_ + failed_ + skipped_ == 0; }
  bool has_failures() const { return failed_ > 0; }

 private:
  std::size_t passed_ = 0, failed_ = 0, skipped_ = 0;
  std::map<std::string, std::size_t> reasons_;
};

}  // namespace perigee::compat
