#include "plan/index.hpp"

namespace perigee::plan {

Index::Index(const Revisions& revisions, bool overlapping, const Platform& platform)
    : hosts_(platform.hosts()), routes_(revisions, overlapping, platform) {
  by_id_.reserve(revisions.size());
  for (std::size_t i = 0; i < revisions.size(); ++i) by_id_[ids_.copy(revisions[i]->info.id)] = i;
}

// Equal paths are then made the same object: Deployments::serve().
bool Index::outlives(const ApiRevision& former, const ApiRevision& next) {
  return former.info.id == next.info.id && former.info.environment_id == next.info.environment_id &&
         *former.listeners == *next.listeners;
}

std::optional<std::size_t> Index::position(std::string_view api_id) const {
  auto found = by_id_.find(api_id);
  return found == by_id_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace perigee::plan
