// What the subcommands share of the command line: wrong usage with a way out, and -D.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class Error;
}  // namespace CLI

namespace perigee::apps {

// "; did you mean '--config'?", or nothing.
std::string hint_at(const std::string& name, const std::vector<std::string>& known);

// "perigee gateway: <what CLI11 says>", the nearest option for one that is not known, and where
// help is.
std::string usage_error(const CLI::App* app, const CLI::Error& error);

// The option -Dkey=value; `into` gets each with its -D.
void add_definitions(CLI::App& app, std::vector<std::string>& into);

}  // namespace perigee::apps
