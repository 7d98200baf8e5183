// Plan: all deployed APIs and how requests find them. Immutable; a worker swaps its pointer between
// loop turns.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "definition/envelope.hpp"
#include "plan/platform.hpp"
#include "plan/revision.hpp"
#include "plan/routes.hpp"

namespace perigee::plan {

// A definition that is not served, or not in its newest version, and why: for the log and the node
// API.
struct Refusal {
  std::string source;  // file name
  definition::Subject subject = definition::Subject::api;
  std::string api_id;  // as far as it could be read; of another subject its id
  std::string api_name;
  std::vector<std::string> reasons;  // "error at /flows/0/request/1/policy: ..."
  bool previous_serves = false;
};

class Plan {
 public:
  Plan() = default;
  Plan(std::vector<std::shared_ptr<const ApiRevision>> revisions, std::vector<Refusal> refusals,
       bool overlapping, Platform platform = {})
      : revisions_(std::move(revisions)),
        refusals_(std::move(refusals)),
        platform_(std::move(platform)),
        routes_(revisions_, overlapping, platform_) {
    for (std::size_t i = 0; i < revisions_.size(); ++i) by_id_[revisions_[i]->info.id] = i;
  }

  const std::vector<std::shared_ptr<const ApiRevision>>& revisions() const { return revisions_; }
  const Routes& routes() const { return routes_; }
  const Platform& platform() const { return platform_; }
  const std::vector<Refusal>& refusals() const { return refusals_; }
  // Null when it is not deployed.
  const ApiRevision* find(std::string_view api_id) const {
    auto found = by_id_.find(api_id);
    return found == by_id_.end() ? nullptr : revisions_[found->second].get();
  }
  // Whether it is deployed, be it an API or of the platform.
  bool has(const ApiRevision& revision) const {
    return find(revision.info.id) == &revision || platform_.has(revision);
  }

 private:
  std::vector<std::shared_ptr<const ApiRevision>> revisions_;
  std::vector<Refusal> refusals_;
  Platform platform_;
  Routes routes_;
  std::map<std::string_view, std::size_t> by_id_;  // views into the revisions
};

}  // namespace perigee::plan
