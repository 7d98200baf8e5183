// Index: how a plan finds its APIs: by what requests ask for, and by id.
//
// Plans with the same APIs on the same paths share one, so that a redeploy among thousands of APIs
// costs little more than alone. Its routes view listener paths, which the revisions of such plans
// share as well.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.hpp"
#include "plan/platform.hpp"
#include "plan/revision.hpp"
#include "plan/routes.hpp"

namespace perigee::plan {

class Index {
 public:
  using Revisions = std::vector<std::shared_ptr<const ApiRevision>>;
  Index() = default;
  Index(const Revisions& revisions, bool overlapping, const Platform& platform);

  // Whether a plan may take it after one of its APIs became `next`.
  static bool outlives(const ApiRevision& former, const ApiRevision& next);
  // Whether it may with this platform.
  bool fits(const Platform& platform) const { return hosts_ == platform.hosts(); }

  const Routes& routes() const { return routes_; }
  // Of the API with this id, into the revisions.
  std::optional<std::size_t> position(std::string_view api_id) const;

 private:
  Arena ids_;
  std::unordered_map<std::string_view, std::size_t, TextHash> by_id_;
  Platform::Hosts hosts_;
  Routes routes_;
};

}  // namespace perigee::plan
