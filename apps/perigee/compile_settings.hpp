// What the configuration says about API definitions: the same for the gateway and `perigee check`.
#pragma once

#include "config/settings.hpp"
#include "definition/read.hpp"
#include "plan/compile.hpp"

namespace perigee::apps {

using SystemProxy = std::shared_ptr<const upstream::ForwardProxy>;
// Null: there is none. An error: one that cannot be used.
Result<SystemProxy> system_proxy_of(const config::Settings& settings);

// Sharding tags, tenant, the system proxy, and the servers that listeners may name.
void apply_settings(plan::CompileContext& context, const config::Settings& settings);

definition::ReadOptions read_options(const config::Sync& sync);

}  // namespace perigee::apps
