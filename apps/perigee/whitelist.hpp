// What is to be said about el.whitelist, by the gateway's start and by `perigee check`.
#pragma once

#include "config/load.hpp"

namespace perigee::apps {

// What expressions may call is a fixed safe set (expression-language.md section 6): entries that it
// does not cover, and a mode that it does not obey.
config::Diagnostics whitelist_diagnostics(const config::Loaded& loaded);

}  // namespace perigee::apps
