#include "apps/perigee/command_line.hpp"

#include <CLI/CLI.hpp>
#include <string_view>

#include "base/nearest.hpp"

namespace perigee::apps {
namespace {

std::vector<std::string> names_of_options(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

// What CLI11 says, and what it does not: the option that was meant. That something is missing may
// come of a word that it does not know.
std::string why(const CLI::App& app, const CLI::Error& error) {
  const bool missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  if (!missing && dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return error.what();
  for (const std::string& word : app.remaining(true)) {
    if (!word.starts_with('-')) continue;
    return (missing ? "The following argument was not expected: " + word : error.what()) +
           hint_at(word.substr(0, word.find('=')), names_of_options(app));
  }
  return error.what();
}

// Empty when it is fine.
std::string wrong_definition(const std::string& text) {
  const auto equals = text.find('=');
  if (equals != text.npos && equals > 0) return {};
  const std::string key = equals == 0 || text.empty() ? "KEY" : text;
  return "'" + text + "': expected -D" + key + "=VALUE; an empty VALUE makes the key empty";
}

}  // namespace

std::string hint_at(const std::string& name, const std::vector<std::string>& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  return did_you_mean(name, candidates);
}

std::string usage_error(const CLI::App* app, const CLI::Error& error) {
  const std::vector<CLI::App*> chosen = app->get_subcommands();
  const CLI::App& meant = chosen.empty() ? *app : *chosen.front();
  const std::string command = "perigee" + (chosen.empty() ? "" : " " + meant.get_name());
  return command + ": " + why(meant, error) + "\nSee '" + command + " --help'.\n";
}

void add_definitions(CLI::App& app, std::vector<std::string>& into) {
  app.add_option_function<std::vector<std::string>>(
         "-D",
         [&into](const std::vector<std::string>& given) {
           for (const std::string& definition : given) into.push_back("-D" + definition);
         },
         "A configuration key: -Dhttp.port=8080 (repeatable)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false)
      ->check(&wrong_definition);
}

}  // namespace perigee::apps
