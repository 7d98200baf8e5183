// room: definition
//
// Whatever carries a definition: it is read or refused with a reason, twice the same, within its
// limits; and the views of the model outlive everything else that came of the reading.
#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"
#include "definition/envelope.hpp"
#include "definition/sharding.hpp"

using namespace perigee::definition;

namespace {

void visit(const Configuration& configuration) {
  static_cast<void>(configuration.pointer());
  static_cast<void>(configuration.value.dump());
}

void visit(const std::vector<Flow>& flows) {
  for (const Flow& flow : flows) {
    for (const Step& step : flow.request) visit(step.configuration);
    for (const Step& step : flow.response) visit(step.configuration);
  }
}

void visit(const Api& api) {
  PERIGEE_ASSERT(!api.id.empty() && !api.listeners.empty());
  for (const HttpListener& listener : api.listeners) {
    PERIGEE_ASSERT(!listener.paths.empty());
    for (const ListenerPath& path : listener.paths) {
      PERIGEE_ASSERT(path.path.starts_with('/') && path.path.ends_with('/'));
    }
  }
  visit(api.flows);
  for (const ApiPlan& plan : api.plans) {
    visit(plan.flows);
    visit(plan.security_configuration);
  }
  for (const Resource& resource : api.resources) visit(resource.configuration);
  bool deployable = !deployable_plans(api, ShardingTags::parse("eu,!us")).empty();
  PERIGEE_ASSERT(deployable || !no_deployable_plan(api, {}).empty());
}

void visit(const Envelope& envelope) {
  PERIGEE_ASSERT(envelope.subject != Subject::api || envelope.subject_id.empty());
  if (envelope.api) visit(*envelope.api);
  if (envelope.organization) visit(envelope.organization->flows);
  if (!envelope.shared_policy_group) return;
  for (const Step& step : envelope.shared_policy_group->steps) visit(step.configuration);
}

// What it carries, without the envelope around it.
Envelope carried(Envelope from) {
  Envelope to;
  to.subject = from.subject;
  to.subject_id = std::move(from.subject_id);
  to.api = std::move(from.api);
  to.organization = std::move(from.organization);
  to.shared_policy_group = std::move(from.shared_policy_group);
  return to;
}

std::size_t errors_in(const std::vector<perigee::Problem>& problems) {
  std::size_t errors = 0;
  for (const perigee::Problem& each : problems) {
    PERIGEE_ASSERT(!each.message.empty());
    PERIGEE_ASSERT(each.pointer.empty() || each.pointer.starts_with('/'));
    errors += each.severity == perigee::Severity::error;
  }
  PERIGEE_ASSERT(problems.size() <= 4 * perigee::Problems::kListedMax);
  return errors;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  constexpr EnvelopeOptions kOptions{.apis_only = false};
  Envelope left;
  {
    Envelope envelope = read_envelope(text, kOptions);
    Envelope again = read_envelope(text, kOptions);
    PERIGEE_ASSERT(envelope.problems.size() == again.problems.size());
    PERIGEE_ASSERT(envelope.revision == again.revision);
    bool told = errors_in(envelope.problems) > 0 || envelope.action == Action::undeploy;
    bool read = envelope.api || envelope.dictionary || envelope.organization ||
                envelope.shared_policy_group;
    PERIGEE_ASSERT(read || told);
    left = carried(std::move(envelope));
  }
  visit(left);
  return 0;
}
