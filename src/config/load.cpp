#include "config/load.hpp"

#include <utility>

#include "config/reader.hpp"

namespace perigee::config {
namespace {

// Switches whose effect is missing altogether deserve more than an INFO.
void tell_not_served(const Tree& tree, Diagnostics& diagnostics) {
  const Reader reader(tree, "");
  bool kafka = false;
  reader.read("kafka.enabled", kafka);
  if (kafka) {
    diagnostics.push_back({Severity::error, "kafka.enabled", reader.find("kafka.enabled")->origin,
                           "native Kafka is not served by this gateway; everything else is"});
  }
}

}  // namespace

Loaded load(const Sources& sources) {
  Diagnostics diagnostics;
  Tree tree(sources, diagnostics);
  Settings settings;
  settings.home = tree.home();
  read_servers(tree, settings, diagnostics);
  read_node(tree, settings, diagnostics);
  read_requests(tree, settings, diagnostics);
  tell_not_served(tree, diagnostics);
  return {std::move(settings), std::move(tree), std::move(diagnostics)};
}

}  // namespace perigee::config
