// Catalog: which policy answers to a plugin id.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.hpp"

namespace perigee::policy {

class Catalog {
 public:
  Catalog() = default;
  explicit Catalog(std::initializer_list<Registration> registrations) {
    for (const Registration& registration : registrations) add(registration);
  }
  void add(Registration registration) { makes_[std::string(registration.id)] = registration.make; }
  Make find(std::string_view id) const {
    auto found = makes_.find(id);
    return found == makes_.end() ? nullptr : found->second;
  }
  std::vector<std::string_view> ids() const {
    std::vector<std::string_view> ids;
    for (const auto& [id, make] : makes_) ids.push_back(id);
    return ids;
  }

 private:
  std::map<std::string, Make, std::less<>> makes_;
};

}  // namespace perigee::policy
