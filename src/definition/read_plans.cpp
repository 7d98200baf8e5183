// Plans: api-definition.md 1.8.
#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

void read_security(Object from, Object& holder, ApiPlan& plan) {
  if (plan.mode == PlanMode::push) {
    holder.ignore({"security"});
    return;
  }
  if (!from.present()) {
    if (!from.json().present()) holder.error("security", "required for a standard plan");
    return;
  }
  plan.security = normalised(from.required_text("type"));
  plan.security_configuration = from.configuration("configuration");
  from.finish();
}

// compat: a rule that begins with '#' is an expression without its braces.
std::string with_braces(std::string rule) {
  std::size_t first = rule.find_first_not_of(" \t\r\n");
  if (first == rule.npos) return {};
  return rule[first] == '#' ? "{" + rule + "}" : rule;
}

ApiPlan read_plan(Object from) {
  ApiPlan plan;
  plan.pointer = from.pointer();
  plan.id = from.required_text("id");
  plan.name = from.required_text("name");
  plan.mode = from.choice("mode", kPlanModeNames, PlanMode::standard);
  plan.status = from.choice("status", kPlanStatusNames, PlanStatus::unknown);
  if (!from.json()["status"].present()) {
    from.warning("status", "a plan without status is not deployed; expected 'published'");
  }
  read_security(from.object("security"), from, plan);
  plan.selection_rule = with_braces(from.text("selectionRule"));
  plan.tags = from.texts("tags");
  plan.flows = read_flows(from);
  from.ignore({"description",
               "apiId",
               "api",
               "characteristics",
               "closedAt",
               "commentMessage",
               "commentRequired",
               "comment_required",
               "createdAt",
               "crossId",
               "hrid",
               "definitionVersion",
               "excludedGroups",
               "generalConditions",
               "needRedeployAt",
               "order",
               "publishedAt",
               "type",
               "updatedAt",
               "validation"});
  from.finish();
  return plan;
}

}  // namespace

std::vector<ApiPlan> read_plans(Object& from) {
  std::vector<ApiPlan> plans;
  for (const JsonNode& node : from.items("plans", from.reading().limits.plans_max)) {
    plans.push_back(read_plan(from.open(Json(node))));
  }
  return plans;
}

}  // namespace perigee::definition
