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
  void add(Registration registration) {
    registrations_[std::string(registration.id)] = registration;
  }
  // Null when there is none.
  const Registration* find(std::string_view id) const {
    auto found = registrations_.find(id);
    return found == registrations_.end() ? nullptr : &found->second;
  }
  std::vector<std::string_view> ids() const {
    std::vector<std::string_view> ids;
    ids.reserve(registrations_.size());
    for (const auto& [id, registration] : registrations_) ids.push_back(id);
    return ids;
  }

 private:
  std::map<std::string, Registration, std::less<>> registrations_;
};

}  // namespace perigee::policy
