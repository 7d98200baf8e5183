// The name that a family has in Prometheus text: its own, or the one it had in APIM 3.10
// (services.metrics.prometheus.naming.version, runtime.md 3.6).
#pragma once

#include <string_view>

#include "report/metrics.hpp"

namespace perigee::node {

enum class Naming : std::uint8_t { current, of_3_10 };

Naming naming_of(std::string_view version);
// Without _total and _max.
std::string_view metric_name(const report::Family& family, Naming naming);

}  // namespace perigee::node
