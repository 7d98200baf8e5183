#include "plan/platform.hpp"

namespace perigee::plan {

std::shared_ptr<const policy::Dictionaries> Platform::dictionaries(
    std::string_view environment_id) const {
  auto found = dictionaries_.find(environment_id);
  return found == dictionaries_.end() ? nullptr : found->second;
}

void Platform::add_dictionary(const std::string& environment_id, const std::string& key,
                              policy::Dictionary dictionary) {
  std::shared_ptr<policy::Dictionaries>& of_environment = dictionaries_[environment_id];
  if (!of_environment) of_environment = std::make_shared<policy::Dictionaries>();
  (*of_environment)[key] = std::move(dictionary);
}

const SharedGroup* Platform::group(std::string_view environment_id, std::string_view id) const {
  auto of_environment = groups_.find(environment_id);
  if (of_environment == groups_.end()) return nullptr;
  auto found = of_environment->second.find(id);
  return found == of_environment->second.end() ? nullptr : &found->second;
}

std::shared_ptr<const ApiRevision> Platform::organization(std::string_view id) const {
  auto found = organizations_.find(id);
  return found == organizations_.end() ? nullptr : found->second;
}

const std::set<std::string>& Platform::hosts(std::string_view environment_id) const {
  static const std::set<std::string> kAny;
  auto found = hosts_.find(environment_id);
  return found == hosts_.end() ? kAny : found->second;
}

bool Platform::has(const ApiRevision& revision) const {
  for (const auto& [id, flows] : organizations_) {
    if (flows.get() == &revision) return true;
  }
  for (const auto& [environment, groups] : groups_) {
    for (const auto& [id, group] : groups) {
      if (group.revision.get() == &revision) return true;
    }
  }
  return false;
}

}  // namespace perigee::plan
