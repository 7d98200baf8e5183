// What is to be said about the configuration beyond what its keys and values show: by the gateway's
// start and, with the same words, by `perigee check`.
#pragma once

#include <string>

#include "config/load.hpp"

namespace perigee::apps {

// Why no API can ever be served; empty when a source of definitions is switched on.
std::string no_definition_source(const config::Sync& sync);

// Entries of el.whitelist, and a node API that answers nobody. The start says these at once.
config::Diagnostics start_diagnostics(const config::Loaded& loaded);

// Those, and what the start would say later.
config::Diagnostics review(const config::Loaded& loaded);

// What the start would find in the files and folders that are named: keystores, the folder of
// definitions. What stands below a home that is not on this machine is not looked for.
config::Diagnostics review_files(const config::Loaded& loaded);

}  // namespace perigee::apps
