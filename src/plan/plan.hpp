// Plan: all deployed APIs and how requests find them. Immutable; a worker swaps its pointer between
// loop turns.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "definition/envelope.hpp"
#include "plan/index.hpp"
#include "plan/platform.hpp"
#include "plan/revision.hpp"

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
        index_(std::make_shared<const Index>(revisions_, overlapping, platform_)) {}
  // `index` is of these revisions and of this platform, or outlived those that it was made of.
  Plan(std::vector<std::shared_ptr<const ApiRevision>> revisions, std::vector<Refusal> refusals,
       std::shared_ptr<const Index> index, Platform platform)
      : revisions_(std::move(revisions)),
        refusals_(std::move(refusals)),
        platform_(std::move(platform)),
        index_(std::move(index)) {}

  const std::vector<std::shared_ptr<const ApiRevision>>& revisions() const { return revisions_; }
  const Routes& routes() const { return index_->routes(); }
  const Platform& platform() const { return platform_; }
  const std::vector<Refusal>& refusals() const { return refusals_; }
  // Null when it is not deployed.
  const ApiRevision* find(std::string_view api_id) const {
    std::optional<std::size_t> position = index_->position(api_id);
    return position ? revisions_[*position].get() : nullptr;
  }
  // Whether it is deployed, be it an API or of the platform.
  bool has(const ApiRevision& revision) const {
    return find(revision.info.id) == &revision || platform_.has(revision);
  }

 private:
  std::vector<std::shared_ptr<const ApiRevision>> revisions_;
  std::vector<Refusal> refusals_;
  Platform platform_;
  std::shared_ptr<const Index> index_ = std::make_shared<const Index>();
};

}  // namespace perigee::plan
