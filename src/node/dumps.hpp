// What /_node/threaddump and /_node/heapdump tell of a native process (runtime.md 3.7).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "net/machine.hpp"
#include "node/process_metrics.hpp"

namespace perigee::node {

// What one worker says of itself, on its own thread.
struct WorkerReport {
  static constexpr std::size_t kRequestsMax = 20;
  struct Request {
    std::string id;
    Duration age{};
  };
  pid_t thread = 0;  // as the kernel numbers it
  std::size_t connections = 0, requests = 0;
  std::size_t buffer_bytes_leased = 0, buffer_bytes_kept = 0;
  std::vector<Request> oldest;  // at most kRequestsMax, the oldest first
};

// Asks every worker and returns how many; `told` gets their reports later, on the ops thread.
using AskWorkers = std::function<unsigned(std::function<void(WorkerReport)> told)>;

// One block for each thread of the process; that of a worker without a report says so.
std::string thread_dump(const std::vector<WorkerReport>& reports,
                        const net::MachineRoots& roots = {});

// Memory by subsystem, then what the allocator holds free, by size class. The allocator is locked,
// one arena at a time, while it is looked through.
std::string heap_dump(const ProcessMetrics::Facts& process,
                      const std::vector<WorkerReport>& reports);

}  // namespace perigee::node
