// perigee check: validates configuration files and API definitions without starting anything.
#include "config/check.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/perigee/commands.hpp"
#include "apps/perigee/whitelist.hpp"
#include "base/log.hpp"
#include "definition/envelope.hpp"
#include "plan/compile.hpp"
#include "plan/plan.hpp"
#include "policies/catalog.hpp"

namespace perigee::apps {
namespace {

struct Counted {
  int errors = 0;
  int warnings = 0;
};

void tell(Counted& counted, bool error, const std::string& text) {
  (error ? counted.errors : counted.warnings)++;
  std::printf("%s: %s\n", error ? "error" : "warning", text.c_str());
}

void check_configuration(const std::string& path, const config::CheckOptions& options,
                         Counted& counted) {
  for (const config::Diagnostic& diagnostic : config::check_file(path, options)) {
    if (diagnostic.severity == config::Severity::debug) continue;
    if (diagnostic.severity == config::Severity::info) {
      std::printf("info: %s\n", config::to_string(diagnostic).c_str());
      continue;
    }
    tell(counted, diagnostic.severity == config::Severity::error, config::to_string(diagnostic));
  }
}

// The definitions of one folder, compiled as the gateway would that watches it.
class Folder {
 public:
  void check(const std::string& path, Counted& counted) {
    Result<std::string> bytes = config::read_file(path);
    if (!bytes) return tell(counted, true, bytes.error().message);  // it names the path
    definition::Envelope envelope = definition::read_envelope(*bytes, {});
    std::vector<definition::Problem> problems = envelope.problems;
    if (envelope.api) {
      plan::Compiled compiled = plan::compile(envelope, path, context_);
      problems.insert(problems.end(), compiled.problems.begin(), compiled.problems.end());
      if (compiled.revision) note(path, std::move(compiled.revision), counted);
    }
    for (const definition::Problem& problem : problems) {
      tell(
          counted, problem.severity == definition::Severity::error,
          path + ": " + (problem.pointer.empty() ? "/" : problem.pointer) + ": " + problem.message);
    }
  }

  // What only shows when all are served together.
  void check_together(const std::string& name, Counted& counted) {
    if (revisions_.size() < 2) return;
    plan::Plan together(revisions_, {}, false);
    for (const plan::RouteWarning& warning : together.routes().warnings())
      tell(counted, warning.kind == plan::RouteWarning::Kind::taken, name + ": " + warning.text);
  }

 private:
  void note(const std::string& path, std::shared_ptr<const plan::ApiRevision> revision,
            Counted& counted) {
    auto [first, is_first] = files_.emplace(revision->info.id, path);
    if (is_first) return revisions_.push_back(std::move(revision));
    tell(counted, true,
         path + ": /id: API id '" + first->first + "' is that of " + first->second +
             " too; only one of them would be served");
  }

  SystemClock clock_;
  policy::Catalog catalog_ = policies::catalog();
  upstream::EndpointRegistry endpoints_{1};
  net::TrustStores stores_;
  plan::CompileContext context_{
      .clock = clock_, .catalog = catalog_, .endpoints = endpoints_, .trust_stores = stores_};
  std::vector<std::shared_ptr<const plan::ApiRevision>> revisions_;
  std::map<std::string, std::string> files_;  // API id to file
};
using Folders = std::map<std::string, Folder>;

// The files of a directory and of those below it, sorted; what begins with a dot is left out.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& directory,
                                               std::error_code& error) {
  std::vector<std::filesystem::path> found;
  std::filesystem::recursive_directory_iterator entry(directory, error), end;
  while (!error && entry != end) {
    std::string extension = entry->path().extension();
    if (entry->path().filename().string().starts_with('.')) {
      entry.disable_recursion_pending();
    } else if (extension == ".json" || extension == ".yml" || extension == ".yaml" ||
               entry->path().filename() == "logback.xml") {
      found.push_back(entry->path());
    }
    entry.increment(error);
  }
  std::sort(found.begin(), found.end());
  return found;
}

void check_path(const std::filesystem::path& path, const config::CheckOptions& options,
                Counted& counted, int& files, Folders& folders) {
  std::error_code error;
  std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status))
    return tell(counted, true, path.string() + ": " + error.message());
  if (std::filesystem::is_directory(status)) {
    std::vector<std::filesystem::path> found = files_below(path, error);
    if (error) return tell(counted, true, path.string() + ": " + error.message());
    if (found.empty())
      tell(counted, true, path.string() + ": no *.json, *.yml or *.yaml file in this directory");
    for (const auto& file : found) check_path(file, options, counted, files, folders);
    return;
  }
  ++files;
  if (path.extension() == ".json") return folders[path.parent_path()].check(path, counted);
  check_configuration(path, options, counted);
}

int run(const std::vector<std::string>& paths, bool use_environment) {
  log::start({.levels = {{"ROOT", log::Level::off}}});  // problems are printed, not logged
  config::CheckOptions options{.review = &whitelist_diagnostics};
  if (use_environment) options.environment = config::Sources::of_process({}).environment;
  Counted counted;
  int files = 0;
  Folders folders;
  for (const std::string& path : paths) check_path(path, options, counted, files, folders);
  for (auto& [name, folder] : folders) folder.check_together(name, counted);
  std::printf("%d file%s checked: %d error%s, %d warning%s\n", files, files == 1 ? "" : "s",
              counted.errors, counted.errors == 1 ? "" : "s", counted.warnings,
              counted.warnings == 1 ? "" : "s");
  log::stop();
  return counted.errors > 0 ? kFailed : kDone;
}

}  // namespace

Run add_check(CLI::App& app) {
  struct Options {
    std::vector<std::string> paths;
    bool environment = false;
  };
  auto options = std::make_shared<Options>();
  app.add_option("paths", options->paths,
                 "Files or directories: *.json are API definitions, others configuration")
      ->type_name("PATH")
      ->required();
  app.add_flag("--environment", options->environment,
               "Let GRAVITEE_* variables of this shell count, as the gateway would");
  return [options] { return run(options->paths, options->environment); };
}

}  // namespace perigee::apps
