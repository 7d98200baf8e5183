// perigee: picks the subcommand.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "apps/perigee/commands.hpp"
#include "apps/perigee/version.hpp"

namespace {

using namespace perigee::apps;

constexpr const char* kExitCodes =
    "Exit codes: 0 done; 1 failed (bad configuration, a port in use, a check that found errors); 2 "
    "wrong usage.";

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Perigee, a hybrid API gateway", "perigee");
  app.footer(kExitCodes);
  app.require_subcommand(1);
  app.set_version_flag("--version", version_text());
  std::vector<std::pair<CLI::App*, Run>> commands;
  auto add = [&](const char* name, const char* what, auto&& make) {
    CLI::App* command = app.add_subcommand(name, what);
    command->footer(kExitCodes);
    command->set_version_flag("--version", version_text());
    commands.emplace_back(command, make(*command));
  };
  add("gateway", "The data plane: proxies the APIs of its definitions",
      [](CLI::App& c) { return add_gateway(c); });
  add("check", "Validates a gravitee.yml, a values.yaml or API definitions, offline",
      [](CLI::App& c) { return add_check(c); });
  add("echo", "A small upstream that answers with what it received",
      [](CLI::App& c) { return add_echo(c); });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    int code = app.exit(error);
    return code == 0 ? kDone : kUsage;
  }
  for (auto& [command, run] : commands) {
    if (command->parsed()) return run();
  }
  return kUsage;
}
