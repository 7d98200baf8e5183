// compat-runner: the conformance vectors of a folder through the gateway.
// docs/internals/conformance.md
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/file.hpp"
#include "base/log.hpp"
#include "tests/compat/exclusions.hpp"
#include "tests/compat/report.hpp"
#include "tests/compat/run.hpp"
#include "tests/el/support/expressions.hpp"
#include "tests/net/support/dns_server.hpp"

namespace {

using namespace perigee;
using compat::Report;
using compat::Verdict;

constexpr int kPassed = 0, kFailed = 1, kUsage = 2;
constexpr std::size_t kFileBytesMax = 64 << 20;

struct Options {
  std::string folder, expressions, only, excluded;
  std::uint16_t redis_port = 0;
};

Result<JsonDocument> read(const std::string& path) {
  TRY(std::string text, read_file(path, kFileBytesMax));
  return JsonDocument::parse(text);
}

// The *.json of a folder, by name.
std::vector<std::string> vector_files(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

bool wanted(std::string_view id, const Options& options) {
  return id.find(options.only) != std::string_view::npos;
}

// What a run needs and what comes of it.
struct Run {
  const Options& options;
  compat::Servers servers;
  std::optional<compat::Exclusions> excluded = {};
  Report report = {};

  void add(const std::string& id, Verdict verdict, compat::Engine engine = compat::Engine::v4) {
    if (excluded) verdict = excluded->judged(id, std::move(verdict));
    report.add(id + (engine == compat::Engine::legacy ? " (v3 engine)" : ""), verdict);
  }
};

Result<void> run_vectors(const std::string& path, Run& run) {
  TRY(JsonDocument document, read(path));
  Json root = document.root();
  if (!root["cases"].is_array() || root["format"].dump() != "1")
    return fail(ErrorCode::invalid, "expected {\"format\": 1, \"cases\": [..]}");
  for (const JsonNode& node : root["cases"].items()) {
    std::string id = Json(node).text_or("id", "").value_or("");
    if (!wanted(id, run.options)) continue;
    if (run.servers.redis && !compat::counts_in_store(Json(node))) continue;
    for (compat::Engine engine : compat::engines_of(Json(node)))
      run.add(id, compat::run_case(Json(node), engine, run.servers), engine);
  }
  return {};
}

Verdict::Kind kind_of(el::test::CaseResult::Kind kind) {
  using From = el::test::CaseResult::Kind;
  if (kind == From::passed) return Verdict::Kind::passed;
  return kind == From::failed ? Verdict::Kind::failed : Verdict::Kind::skipped;
}

Result<void> run_expressions(Run& run) {
  TRY(JsonDocument document, read(run.options.expressions));
  Json root = document.root();
  if (!root["cases"].is_array()) return fail(ErrorCode::invalid, "expected {\"cases\": [..]}");
  for (const JsonNode& node : root["cases"].items()) {
    std::string id = Json(node).text_or("id", "").value_or("");
    if (!wanted(id, run.options)) continue;
    el::test::CaseResult result = el::test::run_case(Json(node), root["contexts"]);
    run.add(id, {kind_of(result.kind), result.why});
  }
  return {};
}

int wrong(const std::string& what, const std::string& why) {
  fmt::print(stderr, "compat-runner: {}: {}\n", what, why);
  return kUsage;
}

Result<void> read_exclusions(Run& run) {
  TRY(std::string text, read_file(run.options.excluded, kFileBytesMax));
  TRY(run.excluded, compat::Exclusions::parse(text));
  return {};
}

int run(const Options& options) {
  std::vector<std::string> files = vector_files(options.folder);
  if (files.empty()) return wrong(options.folder, "no *.json is there");
  log::start({.levels = {{"ROOT", log::Level::off}}});
  net::testing::DnsServer no_names;
  Run run{.options = options, .servers = {.dns = no_names.address()}};
  if (options.redis_port != 0) run.servers.redis = {"127.0.0.1", options.redis_port};
  if (!options.excluded.empty()) {
    Result<void> done = read_exclusions(run);
    if (!done) return wrong(options.excluded, done.error().message);
  }
  for (const std::string& file : files) {
    Result<void> done = run_vectors(file, run);
    if (!done) return wrong(file, done.error().message);
  }
  if (!options.expressions.empty()) {
    Result<void> done = run_expressions(run);
    if (!done) return wrong(options.expressions, done.error().message);
  }
  if (run.report.empty() && !options.only.empty())
    return wrong("--only", "no case has an id with '" + options.only + "'");
  if (run.excluded && options.only.empty()) {
    for (const std::string& id : run.excluded->unseen())
      run.report.add(id, {Verdict::Kind::failed, "there is no such case: take it off the list"});
  }
  run.report.finish();
  return run.report.has_failures() ? kFailed : kPassed;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Runs conformance vectors through the gateway, in one process, on a clock of its own.",
      "compat-runner");
  app.add_option("DIR", options.folder, "Folder with the vectors: every *.json of it is run")
      ->required()
      ->type_name("");
  app.add_option("--el", options.expressions, "Cases of the expression language to run too")
      ->type_name("FILE");
  app.add_option("--only", options.only, "Only cases whose id contains this")->type_name("TEXT");
  app.add_option(
         "--excluded", options.excluded,
         "The cases that are skipped, 'ID: REASON' a line: any other skip is a failure, and "
         "so is one of these that runs")
      ->type_name("FILE");
  app.add_option("--redis", options.redis_port,
                 "Only the cases that count in a store, with the Redis on this port of 127.0.0.1: "
                 "all that is in it is deleted")
      ->type_name("PORT");
  app.footer(
      "Prints FAIL ID: WHY and SKIP ID: REASON for each case that did not pass, the skips by\n"
      "reason, and as its last line 'N passed, N failed, N skipped'.\n"
      "Exit codes: 0 no failure; 1 failures; 2 wrong usage, or a file that cannot be read.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kPassed : kUsage;
  }
  return run(options);
}
