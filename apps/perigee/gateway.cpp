// perigee gateway: reads the configuration and runs the data plane.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "apps/perigee/command_line.hpp"
#include "apps/perigee/commands.hpp"
#include "apps/perigee/gateway_process.hpp"
#include "apps/perigee/review.hpp"
#include "base/log_outputs.hpp"
#include "config/load.hpp"

namespace perigee::apps {
namespace {

constexpr log::Logger kLog{"io.gravitee.node.container.Configuration"};

void tell(const config::Diagnostics& diagnostics) {
  for (const config::Diagnostic& diagnostic : diagnostics) {
    std::string text = config::to_string(diagnostic);
    switch (diagnostic.severity) {
      case config::Severity::debug:
        kLog.debug("{}", text);
        break;
      case config::Severity::info:
        kLog.info("{}", text);
        break;
      case config::Severity::warning:
        kLog.warn("{}", text);
        break;
      case config::Severity::error:
        kLog.error("{}", text);
        break;
    }
  }
}

log::Outputs outputs_of(const config::Settings& settings) {
  log::Outputs outputs{.console = settings.log.console};
  std::vector<std::string> told_already;  // by the configuration, with their line
  if (!settings.log.pattern.empty())
    outputs.pattern = log::Pattern::compile(settings.log.pattern, told_already);
  if (settings.log.file) outputs.directory = settings.home + "/logs";
  return outputs;
}

// What is freed goes back to the system. Left alone, the C library would learn from one large block
// (the answer that lists 5,000 APIs is one of 10 MiB) to keep twice as much of every heap for good.
void give_freed_memory_back() {
  constexpr int kKeptBytesMax = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, kKeptBytesMax);
  mallopt(M_TRIM_THRESHOLD, kKeptBytesMax);
}

int run(const std::vector<std::string>& definitions, const std::vector<std::string>& files) {
  Instant begun = SystemClock().now();
  give_freed_memory_back();
  auto load = [&] {
    config::Sources sources = config::Sources::of_process(definitions);
    if (!files.empty()) sources.files = files;
    return config::load(sources);
  };
  config::Loaded loaded = load();
  const config::Settings& settings = loaded.settings;
  log::start({.format = settings.log.format,
              .levels = settings.log.levels,
              .lines_queued_max = settings.limits.log_lines_max},
             outputs_of(settings));
  tell(loaded.diagnostics);
  tell(start_diagnostics(loaded));
  int code = kFailed;
  if (loaded.fatal()) {
    kLog.error("the configuration has errors: the gateway does not start");
  } else {
    code = GatewayProcess(begun, std::move(loaded), load).run();
  }
  log::stop();
  return code;
}

}  // namespace

Run add_gateway(CLI::App& app) {
  struct Options {
    std::vector<std::string> definitions;
    std::vector<std::string> files;
  };
  auto options = std::make_shared<Options>();
  add_definitions(app, options->definitions);
  app.add_option("--config", options->files,
                 "gravitee.yml to read instead of the default (repeatable; later ones win)")
      ->type_name("FILE")
      ->allow_extra_args(false);
  return [options] { return run(options->definitions, options->files); };
}

}  // namespace perigee::apps
