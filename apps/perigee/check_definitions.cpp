#include "apps/perigee/check_definitions.hpp"

#include <algorithm>

#include "apps/perigee/compile_settings.hpp"
#include "base/file.hpp"
#include "definition/envelope.hpp"
#include "plan/explain.hpp"
#include "plan/plan.hpp"
#include "policies/catalog.hpp"

namespace perigee::apps {
namespace {

std::string line_of(const std::string& path, const Problem& problem) {
  if (!problem.place.empty()) return to_string(problem, path);
  return path + ": " + problem.pointer + (problem.pointer.empty() ? "" : ": ") + problem.message;
}

// One of them is, or holds, the other.
bool are_related(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  return b.starts_with(a) && (b.size() == a.size() || b[a.size()] == '/');
}

}  // namespace

DefinitionFolder::DefinitionFolder(const config::Settings* settings, Tell tell)
    : settings_(settings),
      tell_(std::move(tell)),
      catalog_(policies::catalog()),
      context_{.clock = clock_,
               .catalog = catalog_,
               .endpoints = endpoints_,
               .trust_stores = stores_,
               .http = &http_,
               .resolver = &names_} {
  if (settings_) apply_settings(context_, *settings_);
}

void DefinitionFolder::tell_problems(const std::string& path,
                                     const std::vector<Problem>& problems) {
  for (const Problem& problem : problems) {
    bool is_error = problem.severity == Severity::error;
    tell_(is_error ? config::Severity::error : config::Severity::warning, line_of(path, problem));
  }
}

void DefinitionFolder::check(const std::string& path) {
  definition::EnvelopeOptions options{.apis_only = false};
  if (settings_) options.read = read_options(settings_->sync);
  options.read.keep_refused = true;
  Result<std::string> bytes = read_file(path, options.read.limits.file_bytes_max);
  if (!bytes) return tell_(config::Severity::error, bytes.error().message);  // it names the path
  definition::Envelope envelope = definition::read_envelope(*bytes, options);
  tell_problems(path, envelope.problems);
  if (envelope.subject != definition::Subject::api) {
    std::vector<Problem> found;
    platform_.apply(path, envelope, context_, found);
    return tell_problems(path, found);
  }
  if (envelope.refused) return check_further(path, std::move(envelope));
  if (!envelope.api) return;
  plan::Compiled compiled = plan::compile(envelope, path, context_);
  tell_problems(path, compiled.problems);
  if (compiled.left_out) {
    tell_(config::Severity::info, path + ": API " + envelope.api->id +
                                      " is not for the sharding tags of the configuration, and "
                                      "not looked at any further");
  }
  if (compiled.revision) note(path, std::move(compiled.revision));
}

// An API that is refused has only some of its problems told: those that keep it from being
// compiled. What the compiler says of the rest counts, unless it follows from one of them.
void DefinitionFolder::check_further(const std::string& path, definition::Envelope envelope) {
  envelope.api = std::move(envelope.refused);
  std::vector<Problem> found = plan::compile(envelope, path, context_).problems;
  std::erase_if(found, [&](const Problem& problem) {
    return std::ranges::any_of(envelope.problems, [&](const Problem& told) {
      return told.severity == Severity::error && are_related(told.pointer, problem.pointer);
    });
  });
  tell_problems(path, found);
}

void DefinitionFolder::note(const std::string& path,
                            std::shared_ptr<const plan::ApiRevision> revision) {
  auto [first, is_first] = files_.emplace(revision->info.id, path);
  if (is_first) return revisions_.push_back(std::move(revision));
  tell_(config::Severity::error, path + ": /id: API id '" + first->first + "' is that of " +
                                     first->second + " too; only one of them would be served");
}

void DefinitionFolder::check_together(const std::string& name) {
  if (revisions_.size() < 2) return;
  bool overlapping = settings_ && settings_->api.allow_overlapping_context;
  plan::Plan together(revisions_, {}, overlapping);
  for (const plan::RouteWarning& warning : together.routes().warnings()) {
    bool is_taken = warning.kind == plan::RouteWarning::Kind::taken;
    tell_(is_taken ? config::Severity::error : config::Severity::warning,
          name + ": " + warning.text);
  }
}

std::string DefinitionFolder::explained() const {
  const plan::Platform platform = platform_.platform();
  std::string text;
  for (const auto& revision : revisions_) text += plan::explain(*revision, platform);
  return text;
}

}  // namespace perigee::apps
