#include "proxy/best_match.hpp"

#include <algorithm>

#include "plan/path_pattern.hpp"

namespace perigee::proxy {
namespace {

// In halves: a part that is the same, or that the request does not have, counts twice as much as a
// parameter.
int score(const std::string& part, const std::vector<std::string>& request, std::size_t index) {
  if (index >= request.size() || part == request[index]) return 2;
  return part.starts_with(':') ? 1 : 0;
}

// Negative when `a` says less than `b`.
int compare(const plan::Flow& a, const plan::Flow& b, const std::vector<std::string>& request) {
  std::size_t common = std::min(a.parts.size(), b.parts.size());
  for (std::size_t i = 0; i < common; ++i) {
    int difference = score(a.parts[i], request, i) - score(b.parts[i], request, i);
    if (difference != 0) return difference;
  }
  return a.parts.size() < b.parts.size() ? -1 : a.parts.size() > b.parts.size();
}

}  // namespace

std::optional<std::size_t> best_match(std::span<const plan::Flow> flows,
                                      std::span<const bool> fitting, std::string_view path_info) {
  std::vector<std::string> request = plan::split_path(path_info);
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < flows.size(); ++i) {
    if (!fitting[i]) continue;
    if (!best || compare(flows[i], flows[*best], request) > 0) best = i;
  }
  return best;
}

}  // namespace perigee::proxy
