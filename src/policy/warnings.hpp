// ConfigWarnings: what is odd about a policy's configuration and does not keep the policy from
// being made. Collected while it is made, told with the API's other problems.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "el/expression.hpp"

namespace perigee::policy {

struct ConfigWarning {
  std::string pointer;  // inside the document of the configuration
  std::string message;
};

class ConfigWarnings {
 public:
  // A hostile configuration cannot make it grow without bound: what is more is only counted.
  static constexpr std::size_t kListedMax = 100;

  // Members of `object` that are none of `known`, each with the nearest name.
  void unknown_members(const Json& object, std::initializer_list<std::string_view> known);
  // What the expressions of `compiled`, which stands at `where`, were warned of.
  void expressions(const Json& where, const el::Template& compiled);

  const std::vector<ConfigWarning>& listed() const { return listed_; }
  std::size_t unlisted() const { return count_ - listed_.size(); }

 private:
  std::vector<ConfigWarning> listed_;
  std::size_t count_ = 0;
};

}  // namespace perigee::policy
