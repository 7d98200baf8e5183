#include "apps/perigee/whitelist.hpp"

#include <utility>

#include "el/whitelist.hpp"

namespace perigee::apps {
namespace {

constexpr const char* kList = "el.whitelist.list";
constexpr const char* kMode = "el.whitelist.mode";

}  // namespace

config::Diagnostics whitelist_diagnostics(const config::Loaded& loaded) {
  config::Diagnostics found;
  auto warn = [&](const std::string& key, std::string message) {
    const config::Value* value = loaded.tree.find(key);
    found.push_back(
        {config::Severity::warning, key, value ? value->origin : "", std::move(message)});
  };
  const config::ElWhitelist& wanted = loaded.settings.el_whitelist;
  for (std::size_t i = 0; i < wanted.entries.size(); ++i) {
    const std::string element = std::string(kList) + "[" + std::to_string(i) + "]";
    const bool stands_alone = loaded.tree.find(element) != nullptr;  // else one of "a, b"
    for (std::string& problem : el::whitelist_problems({&wanted.entries[i], 1}))
      warn(stands_alone ? element : kList, std::move(problem));
  }
  if (wanted.replaces) warn(kMode, "'replace' takes nothing from the fixed set of safe calls");
  return found;
}

}  // namespace perigee::apps
