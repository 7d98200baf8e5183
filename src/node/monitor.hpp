// What /_node/monitor tells of the machine and the process (runtime.md 5.6).
#pragma once

#include <string>

#include "base/clock.hpp"
#include "net/machine.hpp"
#include "node/process_metrics.hpp"

namespace perigee::node {

struct MonitorFacts {
  WallTime at;
  Duration uptime{};
  ProcessMetrics::Facts process;
};

// JSON with the members os, jvm and process; -1 for what is not there.
std::string monitor_document(const MonitorFacts& facts, const net::MachineRoots& roots = {});

}  // namespace perigee::node
