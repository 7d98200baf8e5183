#include "plan/platform_deployments.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace perigee::plan {

using definition::Envelope;
using definition::Subject;

namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.handlers.api.manager"};

using Add = std::function<void(Platform&)>;

constexpr std::size_t kAccessPointsMax = 1000;  // each of them multiplies the routes of its APIs

Add add_dictionary(const definition::Dictionary& from) {
  policy::Dictionary made;
  for (const definition::DictionaryProperty& property : from.properties)
    made.push_back({property.key, property.value});
  std::ranges::sort(made, {}, &policy::NameValue::name);
  return [environment = from.environment_id, key = from.key, made = std::move(made)](
             Platform& platform) { platform.add_dictionary(environment, key, made); };
}

Add add_organization(const definition::Organization& from, CompileContext& context,
                     const std::string& source, std::vector<Problem>& problems) {
  Compiled compiled = compile_organization(from, source, context);
  problems.insert(problems.end(), compiled.problems.begin(), compiled.problems.end());
  if (!compiled.revision) return nullptr;
  return [id = from.id, flows = std::move(compiled.revision)](Platform& platform) {
    platform.add_organization(id, flows);
  };
}

Add add_group(const definition::SharedPolicyGroup& from, CompileContext& context,
              const std::string& source, std::vector<Problem>& problems) {
  Compiled compiled = compile_shared_group(from, source, context);
  problems.insert(problems.end(), compiled.problems.begin(), compiled.problems.end());
  if (!compiled.revision) return nullptr;
  bool of_request = from.phase == definition::SharedPolicyGroupPhase::request;
  SharedGroup made{of_request ? policy::Phase::request : policy::Phase::response,
                   std::move(compiled.revision)};
  return [environment = from.environment_id, id = from.id, made = std::move(made)](
             Platform& platform) { platform.add_group(environment, id, made); };
}

Add add_access_point(const definition::AccessPoint& from) {
  return [point = from](Platform& platform) {
    if (point.for_http) platform.add_host(point.environment_id, point.host);
  };
}

}  // namespace

bool PlatformDeployments::apply(const std::string& source, const Envelope& envelope,
                                CompileContext& context, std::vector<Problem>& problems) {
  auto known = entries_.find(source);
  if (known != entries_.end() && known->second.content == envelope.content) return false;
  Add add;
  if (envelope.dictionary) add = add_dictionary(*envelope.dictionary);
  if (envelope.organization)
    add = add_organization(*envelope.organization, context, source, problems);
  if (envelope.shared_policy_group)
    add = add_group(*envelope.shared_policy_group, context, source, problems);
  if (envelope.access_point) {
    if (known == entries_.end() && has_all_access_points()) {
      problems.push_back({.severity = Severity::error,
                          .message = "there are " + std::to_string(kAccessPointsMax) +
                                     " access points already, which is the limit"});
      return false;
    }
    add = add_access_point(*envelope.access_point);
  }
  if (!add) return false;
  entries_[source] = {envelope.subject, envelope.subject_id, envelope.content, std::move(add)};
  kLog.info("{}: {} '{}' has been deployed", source, to_string(envelope.subject),
            envelope.subject_id);
  return true;
}

bool PlatformDeployments::has_all_access_points() const {
  auto is_one = [](const auto& entry) { return entry.second.subject == Subject::access_point; };
  return static_cast<std::size_t>(std::ranges::count_if(entries_, is_one)) >= kAccessPointsMax;
}

bool PlatformDeployments::remove(const std::string& source) {
  auto entry = entries_.find(source);
  if (entry == entries_.end()) return false;
  tell_removal(source, entry->second);
  entries_.erase(entry);
  return true;
}

void PlatformDeployments::tell_removal(const std::string& source, const Entry& entry) {
  kLog.info("{}: {} '{}' has been undeployed", source, to_string(entry.subject), entry.id);
}

bool PlatformDeployments::undeploy(const Envelope& envelope) {
  return std::erase_if(entries_, [&](const auto& entry) {
           bool is_meant =
               entry.second.subject == envelope.subject && entry.second.id == envelope.subject_id;
           if (is_meant) tell_removal(entry.first, entry.second);
           return is_meant;
         }) > 0;
}

Platform PlatformDeployments::platform() const {
  Platform platform;
  for (const auto& [source, entry] : entries_) entry.add(platform);
  return platform;
}

}  // namespace perigee::plan
