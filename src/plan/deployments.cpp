#include "plan/deployments.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace perigee::plan {

using definition::Action;
using definition::Envelope;

namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.handlers.api.manager"};

std::vector<std::string> reasons_of(const std::vector<Problem>& problems,
                                    const std::string& source) {
  std::vector<std::string> reasons;
  for (const Problem& problem : problems) {
    if (problem.severity == Severity::error) reasons.push_back(to_string(problem, source));
  }
  return reasons;
}

std::size_t endpoints_of(const ApiRevision& revision) {
  std::size_t count = 0;
  for (const BackendGroup& group : revision.groups) count += group.backends.size();
  return count;
}

}  // namespace

Deployments::Deployments(CompileContext context, bool overlapping, Publish publish)
    : context_(std::move(context)), overlapping_(overlapping), publish_(std::move(publish)) {}

void Deployments::log_problems(const std::string& source, const std::string& id,
                               const std::vector<Problem>& problems,
                               definition::Subject subject) const {
  for (const Problem& problem : problems) {
    log::Level level = problem.severity == Severity::error ? log::Level::error : log::Level::warn;
    std::string text = to_string(problem, source);
    if (!problem.place.empty()) {
      kLog.line(level, id, "{}", text);  // it begins with the source
      continue;
    }
    kLog.line(level, id, "{}: {} {}: {}", source, to_string(subject), id.empty() ? "(unknown)" : id,
              text);
  }
}

void Deployments::refuse(const std::string& source, Entry& entry, Refusal refusal,
                         const std::string& untold) {
  refusal.source = source;
  refusal.previous_serves = entry.revision != nullptr || platform_.has(source);
  kLog.line(log::Level::error, refusal.api_id, "{}: {} {} is refused{}{}", source,
            to_string(refusal.subject), refusal.api_id.empty() ? "(unknown)" : refusal.api_id,
            untold.empty() ? "" : ": " + untold,
            refusal.previous_serves ? "; its previous version goes on serving" : "");
  entry.refusal = std::move(refusal);
  entry.waiting.reset();
  changed_ = true;
}

void Deployments::refuse(const std::string& source, std::string reason) {
  Entry& entry = entries_[source];
  Refusal refusal;
  if (entry.revision) refusal.api_id = entry.revision->info.id;
  refusal.reasons.push_back(reason);
  refuse(source, entry, std::move(refusal), reason);
}

bool Deployments::is_served(const Entry& entry, const Envelope& envelope) const {
  return entry.revision && !entry.refusal && envelope.api && entry.content == envelope.content;
}

// A refusal is shown under the id of its subject.
void Deployments::apply_platform(const std::string& source, const Envelope& envelope) {
  if (envelope.action == Action::undeploy) {
    bool was_there = platform_.undeploy(envelope);
    changed_ |= platform_.remove(source) || was_there;
    return;
  }
  std::vector<Problem> problems = envelope.problems;
  bool applied = platform_.apply(source, envelope, context_, problems);
  log_problems(source, envelope.subject_id, problems, envelope.subject);
  std::vector<std::string> reasons = reasons_of(problems, source);
  if (!reasons.empty()) {
    refuse(source, entries_[source],
           {.subject = envelope.subject,
            .api_id = envelope.subject_id,
            .reasons = std::move(reasons)});
    return;
  }
  changed_ |= applied;
  erase(source);  // it may have been refused, or an API's
  let_waiting_deploy();
}

void Deployments::apply(const std::string& source, const Envelope& envelope) {
  if (envelope.subject != definition::Subject::api) return apply_platform(source, envelope);
  changed_ |= platform_.remove(source);
  bool withdrawn = envelope.action == Action::undeploy || (envelope.api && !envelope.enabled);
  if (withdrawn) return remove(source);
  Entry& entry = entries_[source];
  if (is_served(entry, envelope)) return;
  log_problems(source, envelope.api_id, envelope.problems);
  if (envelope.api) {
    deploy(source, entry, envelope);
  } else {
    refuse(source, entry,
           {.api_id = envelope.api_id, .reasons = reasons_of(envelope.problems, source)});
  }
  let_waiting_deploy();
}

void Deployments::deploy(const std::string& source, Entry& entry, const Envelope& envelope) {
  const definition::Api& api = *envelope.api;
  Refusal refusal{.api_id = api.id, .api_name = api.name};
  if (auto owner = sources_.find(api.id); owner != sources_.end() && owner->second != source) {
    std::string reason = "API id '" + api.id + "' is already deployed from " + owner->second;
    refusal.reasons = {reason};
    refuse(source, entry, std::move(refusal), reason);
    entry.waiting = std::make_unique<Envelope>(envelope);
    return;
  }
  Compiled compiled = compile(envelope, source, context_);
  log_problems(source, api.id, compiled.problems);
  if (compiled.left_out) {
    kLog.line(log::Level::info, api.id, "{}: API {} is not for this gateway's sharding tags",
              source, api.id);
    return erase(source);
  }
  if (compiled.revision) {
    serve(source, entry, std::move(compiled.revision));
    entry.content = envelope.content;
    entry.envelope = entry.revision->files.empty() ? nullptr : std::make_unique<Envelope>(envelope);
    return;
  }
  if (compiled.no_plan) undeploy(entry);
  refusal.reasons = reasons_of(compiled.problems, source);
  refuse(source, entry, std::move(refusal));
}

void Deployments::serve(const std::string& source, Entry& entry,
                        std::shared_ptr<ApiRevision> revision) {
  if (entry.revision && entry.revision->info.id != revision->info.id) undeploy(entry);
  claim_paths(*revision);
  if (entry.revision && Index::outlives(*entry.revision, *revision)) {
    revision->listeners = entry.revision->listeners;
  } else {
    index_.reset();
  }
  entry.revision = std::move(revision);
  entry.refusal.reset();
  entry.waiting.reset();
  sources_[entry.revision->info.id] = source;
  changed_ = true;
  const policy::ApiInfo& info = entry.revision->info;
  kLog.line(log::Level::info, info.id,
            "API id[{}] name[{}] version[{}] revision[{}] has been deployed", info.id, info.name,
            info.version, entry.revision->revision);
}

// A path keeps its claim from one revision to the next, unless it is for more servers now: another
// API may serve those.
void Deployments::claim_paths(ApiRevision& revision) {
  Claims& claims = claims_[revision.info.id];
  Claims former = std::exchange(claims, {});
  ListenerPaths paths = *revision.listeners;
  for (ListenerPath& path : paths) {
    std::string key = path.host + " " + path.path;
    auto [begin, end] = former.equal_range(key);
    auto kept = std::find_if(
        begin, end, [&](const auto& claim) { return covers(claim.second.servers, path.servers); });
    path.claim = kept != end ? kept->second.number : ++claims_made_;
    claims.emplace(std::move(key), Claim{path.servers, path.claim});
  }
  revision.listeners = std::make_shared<const ListenerPaths>(std::move(paths));
}

void Deployments::undeploy(Entry& entry) {
  if (!entry.revision) return;
  const policy::ApiInfo& info = entry.revision->info;
  kLog.line(log::Level::info, info.id, "API id[{}] name[{}] has been undeployed", info.id,
            info.name);
  sources_.erase(info.id);
  given_up_.insert(info.id);
  gone_.insert(info.id);
  entry.revision.reset();
  entry.envelope.reset();
  index_.reset();
  changed_ = true;
}

void Deployments::remove(const std::string& source) {
  changed_ |= platform_.remove(source);
  erase(source);
  let_waiting_deploy();
}

void Deployments::erase(const std::string& source) {
  auto entry = entries_.find(source);
  if (entry == entries_.end()) return;
  undeploy(entry->second);
  entries_.erase(entry);
  changed_ = true;
}

std::vector<std::string> Deployments::waiting_for(const std::string& api_id) const {
  std::vector<std::string> sources;
  for (const auto& [source, entry] : entries_) {
    if (entry.waiting && entry.waiting->api->id == api_id) sources.push_back(source);
  }
  return sources;
}

// All that wait for an id have their turn: the first good one is served, the others are told so.
void Deployments::let_waiting_deploy() {
  while (!given_up_.empty()) {
    std::string id = given_up_.extract(given_up_.begin()).value();
    if (sources_.contains(id)) continue;
    for (const std::string& source : waiting_for(id)) {
      Entry& entry = entries_[source];
      std::unique_ptr<Envelope> envelope = std::move(entry.waiting);
      deploy(source, entry, *envelope);
    }
  }
}

std::set<std::string> Deployments::files() const {
  std::set<std::string> paths;
  for (const auto& [source, entry] : entries_) {
    if (!entry.envelope) continue;
    for (const SourceFile& file : entry.revision->files) paths.insert(file.path);
  }
  return paths;
}

bool Deployments::refresh_files() {
  std::map<std::string, SourceFile> now;  // each is read once, however many APIs name it
  for (const std::string& path : files()) now[path] = seen_as(path, read_source_file(path));
  for (auto& [source, entry] : entries_) {
    if (!entry.envelope) continue;
    bool changed = std::ranges::any_of(
        entry.revision->files, [&](const SourceFile& file) { return now.at(file.path) != file; });
    if (changed) refresh(source, entry);
  }
  return changed_;
}

// A file may be broken, half written, or not fit its key yet: another change comes, then.
void Deployments::refresh(const std::string& source, Entry& entry) {
  const std::string id = entry.revision->info.id;
  Compiled compiled = compile(*entry.envelope, source, context_);
  if (compiled.revision && endpoints_of(*compiled.revision) >= endpoints_of(*entry.revision)) {
    kLog.line(log::Level::info, id, "{}: API {}: changed files are used for new connections",
              source, id);
    // A newer definition that was refused, or waits, goes on doing so.
    std::optional<Refusal> refusal = std::move(entry.refusal);
    std::unique_ptr<Envelope> waiting = std::move(entry.waiting);
    serve(source, entry, std::move(compiled.revision));
    entry.refusal = std::move(refusal);
    entry.waiting = std::move(waiting);
    return;
  }
  log_problems(source, id, compiled.problems);
  kLog.line(log::Level::error, id,
            "{}: API {}: changed files cannot be used; those read before stay in use", source, id);
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
  Platform platform = platform_.platform();
  if (!index_ || !index_->fits(platform))
    index_ = std::make_shared<const Index>(revisions, overlapping_, platform);
  auto plan = std::make_shared<const Plan>(std::move(revisions), std::move(refusals), index_,
                                           std::move(platform));
  for (const std::string& id : std::exchange(gone_, {})) {
    if (!sources_.contains(id)) claims_.erase(id);
  }
  warn_of_routes(plan->routes());
  publish_(std::move(plan));
}

// Each once, not again with every plan.
void Deployments::warn_of_routes(const Routes& routes) {
  std::set<std::string> told;
  for (const RouteWarning& warning : routes.warnings()) {
    if (!told_.contains(warning.text)) kLog.warn("{}", warning.text);
    told.insert(warning.text);
  }
  told_ = std::move(told);
}

}  // namespace perigee::plan
