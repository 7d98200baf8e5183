// perigee: picks the subcommand.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "apps/perigee/commands.hpp"
#include "apps/perigee/version.hpp"
#include "base/nearest.hpp"

namespace {

using namespace perigee::apps;

constexpr const char* kExitCodes =
    "Exit codes: 0 done; 1 failed (bad configuration, a port in use, a check that found errors); 2 "
    "wrong usage.";

constexpr std::array<std::string_view, 3> kCommands = {"gateway", "check", "echo"};

// A first word that is no subcommand; CLI11 would only say that one is required.
bool is_unknown_command(int argc, char** argv) {
  return argc > 1 && argv[1][0] != '-' &&
         std::find(kCommands.begin(), kCommands.end(), argv[1]) == kCommands.end();
}

int tell_unknown_command(std::string_view name) {
  std::string_view near = perigee::nearest_name(name, kCommands);
  std::string hint = near.empty() ? "" : "; did you mean '" + std::string(near) + "'?";
  std::fprintf(stderr, "perigee: no subcommand '%s'%s\nSee 'perigee --help'.\n",
               std::string(name).c_str(), hint.c_str());
  return kUsage;
}

// "perigee gateway: <what CLI11 says>", and where help is.
std::string usage_error(const CLI::App* app, const CLI::Error& error) {
  std::vector<CLI::App*> chosen = app->get_subcommands();
  std::string command = "perigee" + (chosen.empty() ? "" : " " + chosen.front()->get_name());
  return command + ": " + error.what() + "\nSee '" + command + " --help'.\n";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Perigee, a hybrid API gateway", "perigee");
  app.footer(kExitCodes);
  app.require_subcommand(1);
  app.set_version_flag("--version", version_text());
  app.failure_message(&usage_error);
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
  if (argc == 1) {
    std::fputs(app.help().c_str(), stderr);
    return kUsage;
  }
  if (is_unknown_command(argc, argv)) return tell_unknown_command(argv[1]);
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
