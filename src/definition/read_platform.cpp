// Dictionaries, organizations and shared policy groups: api-definition.md 3 to 5. Access points:
// hybrid.md 2.3.
#include <array>

#include "definition/path.hpp"
#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

// In the order of SharedPolicyGroupPhase.
constexpr std::array<std::string_view, 7> kPhaseNames{
    kNoneOfThem, "REQUEST",         "RESPONSE",        "PUBLISH",
    "SUBSCRIBE", "MESSAGE_REQUEST", "MESSAGE_RESPONSE"};

milliseconds read_time(Object& from, std::string_view member) {
  constexpr Range kSince1970{.low = 0, .high = std::numeric_limits<std::int64_t>::max()};
  return milliseconds(from.number(member, 0, kSince1970));
}

std::vector<DictionaryProperty> read_dictionary_properties(Object from) {
  std::vector<DictionaryProperty> properties;
  std::size_t limit = from.reading().limits.properties_max;
  std::size_t count = from.json().members().size();
  if (count > limit) {
    from.error("", std::to_string(count) + " properties, the limit is " + std::to_string(limit));
    return properties;
  }
  properties.reserve(count);
  for (const JsonMember& member : from.json().members()) {
    properties.push_back({std::string(member.name), from.text_at(Json(member.value))});
  }
  return properties;
}

constexpr std::size_t kHostBytesMax = 320;  // no request has a longer one that is matched

// The first stands for what is not known; the second is ours.
constexpr std::array<std::string_view, 8> kTargets{"unknown",       "GATEWAY",   "TCP_GATEWAY",
                                                   "KAFKA_GATEWAY", "CONSOLE",   "CONSOLE_API",
                                                   "PORTAL",        "PORTAL_API"};
constexpr std::array<std::string_view, 2> kReferenceTypes{"ENVIRONMENT", "ORGANIZATION"};

}  // namespace

Dictionary read_dictionary(Object& payload) {
  Dictionary dictionary;
  dictionary.id = payload.required_text("id");
  dictionary.key = payload.text("key");
  if (is_blank(dictionary.key)) dictionary.key = dictionary.id;
  dictionary.environment_id = payload.text("environmentId", "DEFAULT");
  dictionary.name = payload.text("name");
  dictionary.properties = read_dictionary_properties(payload.object("properties"));
  dictionary.deployed_at = read_time(payload, "deployedAt");
  payload.ignore({"type", "description", "state", "provider", "trigger", "createdAt", "updatedAt"});
  payload.finish();
  return dictionary;
}

Organization read_organization(Object& payload) {
  Organization organization;
  organization.id = payload.required_text("id");
  organization.hrids = payload.texts("hrids");
  organization.name = payload.text("name");
  organization.flow_mode = payload.choice("flowMode", kFlowModeNames, FlowMode::default_);
  organization.flows = read_v2_flows(payload);
  organization.updated_at = read_time(payload, "updatedAt");
  payload.ignore({"description", "domainRestrictions", "cockpitId", "createdAt"});
  payload.finish();
  return organization;
}

SharedPolicyGroup read_shared_policy_group(Object& payload) {
  SharedPolicyGroup group;
  group.pointer = payload.pointer();
  group.id = payload.required_text("id");
  group.environment_id = payload.text("environmentId", "DEFAULT");
  group.name = payload.text("name");
  group.version = payload.text("version");
  if (!payload.required_text("phase").empty())
    group.phase = payload.choice("phase", kPhaseNames, SharedPolicyGroupPhase::unknown);
  group.steps = read_steps(payload, "policies");
  group.deployed_at = read_time(payload, "deployedAt");
  payload.ignore({"crossId", "organizationId", "description", "prerequisiteMessage", "apiType",
                  "lifecycleState", "hrid", "originContext", "createdAt", "updatedAt"});
  payload.finish();
  return group;
}

AccessPoint read_access_point(Object& payload) {
  AccessPoint point;
  point.id = payload.required_text("id");
  point.environment_id = payload.required_text("referenceId");
  point.host = normalised_host(payload.required_text("host"));
  if (point.host.size() > kHostBytesMax) {
    payload.error("host", "a host of " + std::to_string(point.host.size()) +
                              " bytes, the limit is " + std::to_string(kHostBytesMax));
  }
  bool of_environment = payload.choice<std::size_t>("referenceType", kReferenceTypes, 0) == 0;
  bool of_gateway = !payload.required_text("target").empty() &&
                    payload.choice<std::size_t>("target", kTargets, 0) == 1;
  point.for_http = of_environment && of_gateway;
  payload.ignore({"status", "secured", "overriding", "createdAt", "updatedAt"});
  payload.finish();
  return point;
}

}  // namespace perigee::definition
