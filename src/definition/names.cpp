#include "definition/names.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/trim.hpp"

namespace perigee::definition {
namespace {

char folded(char c) { return c == '_' ? '-' : ascii_lower(c); }

}  // namespace

std::string normalised(std::string_view name) {
  std::string to(trimmed(name));
  std::ranges::transform(to, to.begin(), folded);
  return to;
}

std::size_t index_of(std::string_view name, Names names) {
  name = trimmed(name);
  auto found = std::ranges::find_if(names, [&](std::string_view each) {
    return std::ranges::equal(each, name, {}, folded, folded);
  });
  return found == names.end() ? kNoName : static_cast<std::size_t>(found - names.begin());
}

std::string_view to_string(LoadBalancer value) {
  return kLoadBalancerNames[static_cast<std::size_t>(value)];
}

std::string_view to_string(Method value) { return kMethodNames[static_cast<std::size_t>(value)]; }

std::string_view to_string(PlanStatus value) {
  return kPlanStatusNames[static_cast<std::size_t>(value)];
}

std::string_view to_string(StoreType value) {
  return kStoreTypeNames[static_cast<std::size_t>(value)];
}

}  // namespace perigee::definition
