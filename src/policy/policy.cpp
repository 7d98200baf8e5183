#include "policy/policy.hpp"

#include <array>

namespace perigee::policy {

std::optional<Phase> scope_of(ConfigObject& configuration, const Registration& registration,
                              bool old_engine) {
  constexpr std::array<std::string_view, 4> kScopes{"REQUEST", "RESPONSE", "REQUEST_CONTENT",
                                                    "RESPONSE_CONTENT"};
  if (registration.scope == ScopeRule::none) return std::nullopt;
  auto index = configuration.choice("scope", kScopes, std::size_t{0});
  if (registration.scope == ScopeRule::old_engine && !old_engine) return std::nullopt;
  return index % 2 == 0 ? Phase::request : Phase::response;
}

}  // namespace perigee::policy
