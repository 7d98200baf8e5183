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

#include "apps/perigee/check_definitions.hpp"
#include "apps/perigee/command_line.hpp"
#include "apps/perigee/commands.hpp"
#include "apps/perigee/review.hpp"
#include "base/log.hpp"

namespace perigee::apps {
namespace {

struct Counted {
  int errors = 0;
  int warnings = 0;
};

void tell(Counted& counted, config::Severity severity, const std::string& text) {
  if (severity == config::Severity::debug) return;
  counted.errors += severity == config::Severity::error;
  counted.warnings += severity == config::Severity::warning;
  const char* word = severity == config::Severity::error     ? "error"
                     : severity == config::Severity::warning ? "warning"
                                                             : "info";
  std::printf("%s: %s\n", word, text.c_str());
}

void check_configuration(const std::string& path, const config::CheckOptions& options,
                         Counted& counted) {
  for (const config::Diagnostic& diagnostic : config::check_file(path, options))
    tell(counted, diagnostic.severity, config::to_string(diagnostic));
}

// The settings that definitions are compiled under.
class Configurations {
 public:
  void note(const config::Loaded& loaded) {
    empty_ = false;
    if (!loaded.fatal()) all_.push_back(std::make_unique<config::Settings>(loaded.settings));
  }
  bool empty() const { return empty_; }
  // Those of the configuration whose folder it is, else of the last one; null: there is none, or it
  // has errors.
  const config::Settings* of(const std::filesystem::path& folder) const {
    for (const auto& settings : all_) {
      std::error_code ignored;  // a folder that is not there is no folder of definitions
      if (std::filesystem::equivalent(settings->sync.local_path, folder, ignored))
        return settings.get();
    }
    return all_.empty() ? nullptr : all_.back().get();
  }

 private:
  bool empty_ = true;
  std::vector<std::unique_ptr<config::Settings>> all_;
};

// By folder, the definitions in it.
using Folders = std::map<std::filesystem::path, std::vector<std::string>>;

void check_definitions(const Folders& folders, const Configurations& configurations,
                       Counted& counted, bool explain) {
  for (const auto& [name, files] : folders) {
    const config::Settings* settings = configurations.of(name.empty() ? "." : name);
    DefinitionFolder folder(settings, [&](config::Severity severity, const std::string& text) {
      tell(counted, severity, text);
    });
    for (const std::string& file : files) folder.check(file);
    folder.check_together(name);
    if (explain) std::fputs(folder.explained().c_str(), stdout);
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
    return tell(counted, config::Severity::error, path.string() + ": " + error.message());
  if (std::filesystem::is_directory(status)) {
    std::vector<std::filesystem::path> found = files_below(path, error);
    if (error)
      return tell(counted, config::Severity::error, path.string() + ": " + error.message());
    if (found.empty())
      tell(counted, config::Severity::error,
           path.string() + ": no *.json, *.yml or *.yaml file in this directory");
    for (const auto& file : found) check_path(file, options, counted, files, folders);
    return;
  }
  ++files;
  if (path.extension() == ".json") return folders[path.parent_path()].push_back(path);
  check_configuration(path, options, counted);
}

struct Given {
  std::vector<std::string> paths;
  std::vector<std::string> definitions;
  bool environment = false;
  bool explain = false;
};

// Where no file is checked, -D and the environment may still say something.
void configure_without_file(const config::CheckOptions& options, Configurations& configurations,
                            Counted& counted) {
  if (options.definitions.empty() && options.environment.empty()) return;
  config::Sources sources;
  sources.definitions = options.definitions;
  sources.environment = options.environment;
  sources.files = {"none"};  // named, so that none is missed
  sources.read = [](const std::string& path) -> Result<std::string> {
    if (path == "none") return std::string();
    return fail(ErrorCode::not_found, path + ": no file is checked");
  };
  sources.exists = [](const std::string&) { return false; };
  config::Loaded loaded = config::load(sources);
  for (const config::Diagnostic& diagnostic : loaded.diagnostics)
    tell(counted, diagnostic.severity, config::to_string(diagnostic));
  configurations.note(loaded);
}

int run(const Given& given) {
  log::start({.levels = {{"ROOT", log::Level::off}}});  // problems are printed, not logged
  Configurations configurations;
  auto note_and_review = [&](const config::Loaded& loaded) {
    configurations.note(loaded);
    return review(loaded);
  };
  config::CheckOptions options{
      .definitions = given.definitions, .review = note_and_review, .review_files = &review_files};
  if (given.environment) options.environment = config::Sources::of_process({}).environment;
  Counted counted;
  int files = 0;
  Folders folders;
  for (const std::string& path : given.paths) check_path(path, options, counted, files, folders);
  if (configurations.empty()) configure_without_file(options, configurations, counted);
  check_definitions(folders, configurations, counted, given.explain);
  std::printf("%d file%s checked: %d error%s, %d warning%s\n", files, files == 1 ? "" : "s",
              counted.errors, counted.errors == 1 ? "" : "s", counted.warnings,
              counted.warnings == 1 ? "" : "s");
  log::stop();
  return counted.errors > 0 ? kFailed : kDone;
}

}  // namespace

Run add_check(CLI::App& app) {
  auto given = std::make_shared<Given>();
  app.add_option("paths", given->paths,
                 "Files or directories: *.json are API definitions, others configuration")
      ->type_name("PATH")
      ->required();
  add_definitions(app, given->definitions);
  app.add_flag("--environment", given->environment,
               "Let GRAVITEE_* variables of this shell count, as the gateway would");
  app.add_flag(
      "--explain", given->explain,
      "Also print each API that would be served: routes, plans, steps in order, endpoints");
  return [given] { return run(*given); };
}

}  // namespace perigee::apps
