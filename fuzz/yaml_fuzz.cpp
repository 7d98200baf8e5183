// room: config
//
// Any bytes as a gravitee.yml and as the values of a chart: read or refused within the limits, with
// a line; and what is shown for the node API never fails.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.hpp"
#include "config/check.hpp"
#include "config/load.hpp"

using namespace perigee::config;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  const auto give = [&](const std::string&) { return perigee::Result<std::string>(text); };

  Sources sources;
  sources.files = {"gravitee.yml"};
  sources.environment = {{"GRAVITEE_HTTP_PORT", "${zone}"}, {"GRAVITEE_ZONE", text.substr(0, 64)}};
  sources.read = give;
  const Loaded loaded = load(sources);
  PERIGEE_ASSERT(loaded.fatal() || !loaded.settings.servers.empty() ||
                 loaded.tree.values().contains("servers[0].type"));
  for (const Diagnostic& diagnostic : loaded.diagnostics) {
    PERIGEE_ASSERT(!diagnostic.message.empty());
  }
  PERIGEE_ASSERT(loaded.tree.rows(false).size() == loaded.tree.rows(true).size());

  static_cast<void>(check_file("values.yaml", {.environment = {}, .read = give}));
  return 0;
}
