// What of the definitions this gateway deploys: sharding tags and plan statuses
// (api-definition.md 1.8 and 6).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "definition/model.hpp"

namespace perigee::definition {

// The gateway's setting `tags: a,b,!c`. Compared without letter case and diacritics.
class ShardingTags {
 public:
  ShardingTags() = default;  // no setting: everything is accepted
  static ShardingTags parse(std::string_view setting);

  // An API: rejected when there are inclusions and none of them is a tag of it, or when an
  // exclusion is.
  bool accepts(const std::vector<std::string>& tags) const;
  // A plan: the same, but one without tags is always kept.
  bool accepts_plan(const std::vector<std::string>& tags) const {
    return tags.empty() || accepts(tags);
  }

 private:
  std::vector<std::string> included_;  // folded
  std::vector<std::string> excluded_;
};

// Letter case and diacritics of Latin letters removed: "Été" and "ete" are one tag.
std::string folded_tag(std::string_view tag);

// Why a plan is not deployed by an HTTP gateway with these tags, or "" when it is.
std::string plan_left_out(const ApiPlan& plan, const ShardingTags& tags);

// The plans that are deployed, in the order of the document. An API with none is not deployed.
std::vector<const ApiPlan*> deployable_plans(const Api& api, const ShardingTags& tags);

// "no deployable plan: plan 'x' (/plans/0) is closed; ...", for the log of an API that has none.
std::string no_deployable_plan(const Api& api, const ShardingTags& tags);

}  // namespace perigee::definition
