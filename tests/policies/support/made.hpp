// A policy made from its configuration, with all that was said about it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "policy/policy.hpp"
#include "tests/policy/support/exchanges.hpp"

namespace perigee::policies::testing {

struct Made {
  std::shared_ptr<const JsonDocument> document;
  std::unique_ptr<const policy::Policy> policy;  // null when there is an error
  std::vector<std::string> errors;               // "/status: unknown value 'x'"
  std::vector<std::string> warnings;
};

policy::Services services_of(policy::testing::Exchanges& x);
// For exchanges of `x`; the policy with this id of the catalog.
Made make(std::string_view id, std::string_view configuration, const policy::Services& services);
inline Made make(std::string_view id, std::string_view configuration,
                 policy::testing::Exchanges& x) {
  return make(id, configuration, services_of(x));
}

}  // namespace perigee::policies::testing
