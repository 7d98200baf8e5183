// Plans: api-definition.md 1.8 and 2.5.
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

void read_selection_rule(Object& from, std::string_view member, ApiPlan& plan) {
  plan.selection_rule = with_braces(from.text(member));
  plan.selection_rule_pointer = from.pointer(member);
}

void ignore_management_of_plan(Object& from) {
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
}

// What v4 and v2 have in common.
ApiPlan read_common_plan(Object& from) {
  ApiPlan plan;
  plan.pointer = from.pointer();
  plan.name = from.required_text("name");
  plan.status = from.choice("status", kPlanStatusNames, PlanStatus::unknown);
  if (!from.json()["status"].present()) {
    from.warning("status", "a plan without status is not deployed; expected 'published'");
  }
  plan.tags = from.texts("tags");
  ignore_management_of_plan(from);
  return plan;
}

ApiPlan read_plan(Object from) {
  std::string id = from.required_text("id");
  ApiPlan plan = read_common_plan(from);
  plan.id = std::move(id);
  plan.mode = from.choice("mode", kPlanModeNames, PlanMode::standard);
  read_security(from.object("security"), from, plan);
  plan.security_pointer = from.pointer("security") + "/type";
  read_selection_rule(from, "selectionRule", plan);
  plan.flows = read_flows(from);
  from.finish();
  return plan;
}

// The management API writes its rule as selection_rule, and other names with '_'.
ApiPlan read_v2_plan(Object from) {
  ApiPlan plan = read_common_plan(from);
  plan.id = from.text("id");
  if (plan.id.empty()) {
    from.warning("id", "missing; the plan's name is used");
    plan.id = plan.name;
  }
  plan.security = normalised(from.required_text("security"));
  plan.security_pointer = from.pointer("security");
  plan.security_configuration = from.configuration("securityDefinition");
  bool management = !from.json()["selectionRule"].present();
  read_selection_rule(from, management ? "selection_rule" : "selectionRule", plan);
  plan.flows = read_v2_flows(from);
  from.ignore({"selectionRule", "paths", "closed_at", "comment_message", "created_at",
               "excluded_groups", "general_conditions", "need_redeploy_at", "published_at",
               "updated_at"});
  from.finish();
  return plan;
}

// They may stand beside the definition, in `plans_holder`.
std::vector<ApiPlan> read_plan_list(Object& root, Json plans_holder, ApiPlan (*read)(Object)) {
  bool inside = plans_holder["plans"].absent();
  Object holder = root.open(inside ? root.json() : plans_holder);
  root.ignore({"plans"});
  std::vector<ApiPlan> plans;
  for (const JsonNode& node : holder.items("plans", root.reading().limits.plans_max)) {
    plans.push_back(read(root.open(Json(node))));
  }
  return plans;
}

}  // namespace

std::vector<ApiPlan> read_plans(Object& root, Json plans_holder) {
  return read_plan_list(root, plans_holder, read_plan);
}

std::vector<ApiPlan> read_v2_plans(Object& root, Json plans_holder) {
  return read_plan_list(root, plans_holder, read_v2_plan);
}

}  // namespace perigee::definition
