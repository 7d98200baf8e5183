#include "plan/deployments.hpp"

#include "base/log.hpp"

namespace perigee::plan {

using definition::Envelope;
using definition::Problem;
using definition::Severity;

namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.handlers.api.manager"};

std::vector<std::string> reasons_of(const std::vector<Problem>& problems) {
  std::vector<std::string> reasons;
  for (const Problem& problem : problems) {
    if (problem.severity == Severity::error) reasons.push_back(definition::to_string(problem));
  }
  return reasons;
}

}  // namespace

Deployments::Deployments(CompileContext context, bool overlapping, Publish publish)
    : context_(std::move(context)), overlapping_(overlapping), publish_(std::move(publish)) {}

void Deployments::log_problems(const std::string& source, const std::string& api_id,
                               const std::vector<Problem>& problems) const {
  for (const Problem& problem : problems) {
    log::Level level = problem.severity == Severity::error ? log::Level::error : log::Level::warn;
    kLog.line(level, api_id, "{}: API {}: {}", source, api_id.empty() ? "(unknown)" : api_id,
              definition::to_string(problem));
  }
}

void Deployments::refuse(const std::string& source, Entry& entry, Refusal refusal) {
  refusal.source = source;
  refusal.previous_serves = entry.revision != nullptr;
  kLog.line(log::Level::error, refusal.api_id, "{}: API {} is refused{}", source,
            refusal.api_id.empty() ? "(unknown)" : refusal.api_id,
            refusal.previous_serves ? "; its previous version goes on serving" : "");
  entry.refusal = std::move(refusal);
  changed_ = true;
}

void Deployments::refuse(const std::string& source, std::string reason) {
  kLog.error("{}: {}", source, reason);
  Entry& entry = entries_[source];
  Refusal refusal;
  if (entry.revision) refusal.api_id = entry.revision->info.id;
  refusal.reasons.push_back(std::move(reason));
  refuse(source, entry, std::move(refusal));
}

const Deployments::Entry* Deployments::owner_of(const std::string& api_id,
                                                const std::string& except_source,
                                                std::string& source) const {
  auto owner = sources_.find(api_id);
  if (owner == sources_.end() || owner->second == except_source) return nullptr;
  source = owner->second;
  return &entries_.at(source);
}

void Deployments::apply(const std::string& source, const Envelope& envelope) {
  if (!envelope.api && envelope.action == definition::Action::undeploy) return remove(source);
  Entry& entry = entries_[source];
  if (entry.revision && !entry.refusal && entry.revision->revision == envelope.revision &&
      envelope.api && envelope.api->id == entry.revision->info.id && envelope.enabled) {
    return;  // seen again, unchanged
  }
  Refusal refusal;
  refusal.api_id = envelope.api_id;
  if (envelope.api) refusal.api_name = envelope.api->name;
  log_problems(source, envelope.api_id, envelope.problems);
  if (!envelope.api) {
    refusal.reasons = reasons_of(envelope.problems);
    return refuse(source, entry, std::move(refusal));
  }
  std::string other;
  if (owner_of(envelope.api->id, source, other)) {
    refusal.reasons.push_back("API id '" + envelope.api->id + "' is already deployed from " +
                              other);
    return refuse(source, entry, std::move(refusal));
  }
  if (!envelope.enabled) return remove(source);
  Compiled compiled = compile(envelope, source, context_);
  log_problems(source, envelope.api->id, compiled.problems);
  if (compiled.left_out) {
    kLog.line(log::Level::info, envelope.api->id,
              "{}: API {} is not for this gateway's sharding tags", source, envelope.api->id);
    return remove(source);
  }
  if (!compiled.revision) {
    refusal.reasons = reasons_of(compiled.problems);
    return refuse(source, entry, std::move(refusal));
  }
  if (entry.revision && entry.revision->info.id != compiled.revision->info.id)
    sources_.erase(entry.revision->info.id);
  entry.revision = std::move(compiled.revision);
  entry.refusal.reset();
  sources_[entry.revision->info.id] = source;
  changed_ = true;
  const policy::ApiInfo& info = entry.revision->info;
  kLog.line(log::Level::info, info.id,
            "API id[{}] name[{}] version[{}] revision[{}] has been deployed", info.id, info.name,
            info.version, entry.revision->revision);
}

void Deployments::remove(const std::string& source) {
  auto entry = entries_.find(source);
  if (entry == entries_.end()) return;
  if (entry->second.revision) {
    const policy::ApiInfo& info = entry->second.revision->info;
    kLog.line(log::Level::info, info.id, "API id[{}] name[{}] has been undeployed", info.id,
              info.name);
    sources_.erase(info.id);
  }
  entries_.erase(entry);
  changed_ = true;
}

std::size_t Deployments::deployed() const { return sources_.size(); }

void Deployments::publish() {
  if (!std::exchange(changed_, false)) return;
  std::vector<std::shared_ptr<const ApiRevision>> revisions;
  std::vector<Refusal> refusals;
  revisions.reserve(entries_.size());
  for (const auto& [source, entry] : entries_) {
    if (entry.revision) revisions.push_back(entry.revision);
    if (entry.refusal) refusals.push_back(*entry.refusal);
  }
  auto plan = std::make_shared<const Plan>(std::move(revisions), std::move(refusals), overlapping_);
  for (const std::string& conflict : plan->routes().conflicts()) kLog.warn("{}", conflict);
  publish_(std::move(plan));
}

}  // namespace perigee::plan
