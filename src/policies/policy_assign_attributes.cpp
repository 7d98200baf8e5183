// policy-assign-attributes: leaves values for later steps and expressions.
// Spec: policies/others.md row 3. Docs: docs/policies/policy-assign-attributes.md
#include <algorithm>

#include "policies/catalog.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Phase;
using policy::Verdict;

constexpr std::string_view kWarningKey = "ASSIGN_ATTRIBUTES_FAILURE";

struct Assignment {
  std::string name;
  el::Template value;
};

// An entry without a name or a value does nothing.
std::vector<Assignment> parse(ConfigObject& from) {
  std::vector<Assignment> parsed;
  for (ConfigObject& item : from.objects("attributes")) {
    std::string name = item.text("name");
    std::optional<el::Template> value = item.expression("value");
    item.finish();
    if (!is_blank(name) && value) parsed.push_back({std::move(name), *std::move(value)});
  }
  from.finish();
  return parsed;
}

class AssignAttributes final : public policy::Policy {
 public:
  explicit AssignAttributes(std::vector<Assignment> assignments)
      : assignments_(std::move(assignments)) {
    for (const Assignment& assignment : assignments_) needs_.bits |= assignment.value.needs().bits;
  }
  Async<Verdict> on_request(Exchange& exchange) const override { return assign(exchange); }
  Async<Verdict> on_response(Exchange& exchange) const override { return assign(exchange); }
  el::Needs needs(Phase) const override { return needs_; }
  bool reroutes() const override {
    return std::ranges::any_of(assignments_, [](const Assignment& assignment) {
      return policy::short_attribute_name(assignment.name) == "request.endpoint";
    });
  }

 private:
  // A value keeps its type. What it is made of lives in the exchange's arena, in a document that
  // the exchange keeps, or in the policy.
  Verdict assign(Exchange& exchange) const {
    for (const Assignment& assignment : assignments_) {
      Result<el::Value> value = assignment.value.value(exchange, exchange.arena);
      if (!value) {
        exchange.warn(kWarningKey, value.error().message);
      } else if (!value->is_null() && !value->is_absent()) {
        exchange.attributes.set(assignment.name, *value);
      }
    }
    return Verdict::next();
  }

  std::vector<Assignment> assignments_;
  el::Needs needs_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services&) {
  return std::make_unique<const AssignAttributes>(parse(from));
}

}  // namespace

policy::Registration policy_assign_attributes() {
  return {"policy-assign-attributes", &make, policy::ScopeRule::old_engine};
}

}  // namespace perigee::policies
