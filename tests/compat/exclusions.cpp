#include "tests/compat/exclusions.hpp"

#include <algorithm>

namespace perigee::compat {

Result<Exclusions> Exclusions::parse(std::string_view text) {
  Exclusions list;
  for (std::size_t line = 1; !text.empty(); ++line) {
    std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view written = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (written.empty() || written.front() == '#') continue;
    std::size_t colon = written.find(": ");
    if (colon == 0 || colon == written.npos)
      return fail(ErrorCode::invalid, "line " + std::to_string(line) + ": expected 'ID: REASON'");
    std::string id(written.substr(0, colon));
    if (!list.reasons_.emplace(id, written.substr(colon + 2)).second)
      return fail(ErrorCode::invalid, "line " + std::to_string(line) + ": " + id + " stands twice");
  }
  return list;
}

Verdict Exclusions::judged(const std::string& id, Verdict verdict) {
  seen_.insert(id);
  auto listed = reasons_.find(id);
  bool skipped = verdict.kind == Verdict::Kind::skipped;
  if (listed == reasons_.end()) {
    if (!skipped) return verdict;
    return {Verdict::Kind::failed,
            "it is skipped and not on the list of exclusions: " + verdict.why};
  }
  if (!skipped)
    return {Verdict::Kind::failed, "it runs: take it off the list of exclusions; " + verdict.why};
  if (verdict.why == listed->second) return verdict;
  return {Verdict::Kind::failed,
          "the list of exclusions gives another reason than: " + verdict.why};
}

std::vector<std::string> Exclusions::unseen() const {
  std::vector<std::string> ids;
  for (const auto& [id, reason] : reasons_) {
    if (!seen_.contains(id)) ids.push_back(id);
  }
  return ids;
}

}  // namespace perigee::compat
