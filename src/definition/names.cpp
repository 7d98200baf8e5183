#include "definition/names.hpp"

#include <algorithm>

#include "base/nearest.hpp"

namespace perigee::definition {

std::string normalised(std::string_view name) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::size_t first = name.find_first_not_of(kBlanks);
  if (first == name.npos) return {};
  name = name.substr(first, name.find_last_not_of(kBlanks) - first + 1);
  std::string to(name);
  for (char& c : to) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '_') c = '-';
  }
  return to;
}

std::size_t index_of(std::string_view name, Names names) {
  auto found = std::ranges::find(names, normalised(name));
  return found == names.end() ? kNoName : static_cast<std::size_t>(found - names.begin());
}

std::string did_you_mean(std::string_view name, Names candidates) {
  std::string_view nearest = nearest_name(name, candidates);
  if (nearest.empty()) return {};
  return std::string("; did you mean '").append(nearest).append("'?");
}

std::string listed(Names names) {
  std::string text;
  for (std::string_view each : names) {
    if (!text.empty()) text += ", ";
    text.append("'").append(each).append("'");
  }
  return text;
}

std::string_view to_string(LoadBalancer value) {
  return kLoadBalancerNames[static_cast<std::size_t>(value)];
}

std::string_view to_string(Method value) {
  static constexpr std::array<std::string_view, kMethodCount> kUpper{
      "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE", "OTHER"};
  return kUpper[static_cast<std::size_t>(value)];
}

std::string_view to_string(PlanStatus value) {
  return kPlanStatusNames[static_cast<std::size_t>(value)];
}

std::string_view to_string(StoreType value) {
  return kStoreTypeNames[static_cast<std::size_t>(value)];
}

}  // namespace perigee::definition
