// Exclusions: the cases that are known to be skipped, by id, with the reason of each. It is kept
// true by every run: what is skipped must be on it, and what is on it must be skipped.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "tests/compat/run.hpp"

namespace perigee::compat {

class Exclusions {
 public:
  // "ID: REASON" a line; an empty one and one that begins with '#' are passed over.
  static Result<Exclusions> parse(std::string_view text);

  // The verdict, or a failure when the list says otherwise.
  Verdict judged(const std::string& id, Verdict verdict);
  // Ids of the list that judged() was not asked about.
  std::vector<std::string> unseen() const;

 private:
  std::map<std::string, std::string> reasons_;
  std::set<std::string> seen_;
};

}  // namespace perigee::compat
