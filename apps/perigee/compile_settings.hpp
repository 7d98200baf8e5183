// What the configuration says about API definitions: the same for the gateway and `perigee check`.
#pragma once

#include "config/settings.hpp"
#include "definition/read.hpp"
#include "plan/compile.hpp"

namespace perigee::apps {

// Sharding tags, tenant, and the servers that listeners may name.
void apply_settings(plan::CompileContext& context, const config::Settings& settings);

definition::ReadOptions read_options(const config::Sync& sync);

}  // namespace perigee::apps
