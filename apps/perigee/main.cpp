// perigee: picks the subcommand.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "apps/perigee/command_line.hpp"
#include "apps/perigee/commands.hpp"
#include "apps/perigee/version.hpp"

namespace {

using namespace perigee::apps;

constexpr const char* kExitCodes =
    "Exit codes: 0 done; 1 failed (bad configuration, a port in use, a check that found errors); 2 "
    "wrong usage.";

// The words of the command line. "help" and "help gateway" are other words for --help.
std::vector<std::string> words_of(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty() || words.front() != "help") return words;
  words.erase(words.begin());
  words.emplace_back("--help");
  return words;
}

// CLI11 would only say that a subcommand is required.
int tell_unknown_command(const std::string& name, const std::vector<std::string>& known) {
  std::fprintf(stderr, "perigee: no subcommand '%s'%s\nSee 'perigee --help'.\n", name.c_str(),
               hint_at(name, known).c_str());
  return kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Perigee, a hybrid API gateway", "perigee");
  app.footer("'perigee help gateway' and 'perigee gateway --help' tell more of one.\n" +
             std::string(kExitCodes));
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
  std::vector<std::string> words = words_of(argc, argv);
  if (words.empty()) {
    std::fputs(app.help().c_str(), stderr);
    return kUsage;
  }
  std::vector<std::string> known = {"help"};
  for (const auto& [command, run] : commands) known.push_back(command->get_name());
  if (!words.front().starts_with('-') && std::ranges::find(known, words.front()) == known.end())
    return tell_unknown_command(words.front(), known);
  std::ranges::reverse(words);  // as CLI11 takes them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    int code = app.exit(error);
    return code == 0 ? kDone : kUsage;
  }
  for (auto& [command, run] : commands) {
    if (command->parsed()) return run();
  }
  return kUsage;
}
