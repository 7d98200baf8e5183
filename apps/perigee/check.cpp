// perigee check: validates configuration files and API definitions without starting anything.
#include "config/check.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/perigee/commands.hpp"
#include "base/log.hpp"
#include "definition/envelope.hpp"
#include "plan/compile.hpp"
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

// Compiles as the gateway would, and throws the result away.
void check_definition(const std::string& path, Counted& counted) {
  Result<std::string> bytes = config::read_file(path);
  if (!bytes) return tell(counted, true, bytes.error().message);  // it names the path
  definition::Envelope envelope = definition::read_envelope(*bytes, {});
  std::vector<definition::Problem> problems = envelope.problems;
  if (envelope.api) {
    SystemClock clock;
    policy::Catalog catalog = policies::catalog();
    upstream::EndpointRegistry endpoints(1);
    net::TrustStores stores;
    plan::CompileContext context{
        .clock = clock, .catalog = catalog, .endpoints = endpoints, .trust_stores = stores};
    plan::Compiled compiled = plan::compile(envelope, path, context);
    problems.insert(problems.end(), compiled.problems.begin(), compiled.problems.end());
  }
  for (const definition::Problem& problem : problems) {
    tell(counted, problem.severity == definition::Severity::error,
         path + ": " + (problem.pointer.empty() ? "/" : problem.pointer) + ": " + problem.message);
  }
}

// The files of a directory and of those below it, sorted; what begins with a dot is left out.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& directory,
                                               std::error_code& error) {
  std::vector<std::filesystem::path> found;
  std::filesystem::recursive_directory_iterator entry(directory, error), end;
  while (!error && entry != end) {
    std::string extension = entry->path().extension();
    if (entry->path().filename().string().starts_with('.')) {
      entry.disable_recursion_pending();
    } else if (extension == ".json" || extension == ".yml" || extension == ".yaml") {
      found.push_back(entry->path());
    }
    entry.increment(error);
  }
  std::sort(found.begin(), found.end());
  return found;
}

void check_path(const std::filesystem::path& path, const config::CheckOptions& options,
                Counted& counted, int& files) {
  std::error_code error;
  std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status))
    return tell(counted, true, path.string() + ": " + error.message());
  if (std::filesystem::is_directory(status)) {
    std::vector<std::filesystem::path> found = files_below(path, error);
    if (error) return tell(counted, true, path.string() + ": " + error.message());
    if (found.empty())
      tell(counted, true, path.string() + ": no *.json, *.yml or *.yaml file in this directory");
    for (const auto& file : found) check_path(file, options, counted, files);
    return;
  }
  ++files;
  path.extension() == ".json" ? check_definition(path, counted)
                              : check_configuration(path, options, counted);
}

int run(const std::vector<std::string>& paths, bool use_environment) {
  log::start({.levels = {{"ROOT", log::Level::off}}});  // problems are printed, not logged
  config::CheckOptions options;
  if (use_environment) options.environment = config::Sources::of_process({}).environment;
  Counted counted;
  int files = 0;
  for (const std::string& path : paths) check_path(path, options, counted, files);
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
