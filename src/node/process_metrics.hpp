// What the process uses, for the families of runtime.md 3.6 and the probes cpu and memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "net/machine.hpp"

namespace perigee::node {

class ProcessMetrics {
 public:
  explicit ProcessMetrics(unsigned cpus, net::MachineRoots roots = {});

  struct Facts {
    std::uint64_t files_open = 0, files_max = 0;
    double process_cpu = 0, system_cpu = 0;  // 0..1, since the last look at least a second ago
    double load_average = 0;
    std::uint64_t resident_bytes = 0, allocated_bytes = 0, mapped_file_bytes = 0;
    std::uint64_t memory_max_bytes = 0;  // of the cgroup, else of the machine
    unsigned threads = 0;
    unsigned threads_running = 0;
  };
  Facts look(Instant now);
  unsigned cpus() const { return cpus_; }
  double memory_percent(Instant now);
  double cpu_percent(Instant now);
  // How much of the last ten seconds a thread of ours waited for memory (pressure stall information
  // of the cgroup, else of the machine); 0 where the kernel does not tell.
  double memory_stall_percent() const;

 private:
  void update_cpu(Instant now);
  unsigned cpus_;
  net::MachineRoots roots_;
  std::uint64_t memory_max_;
  Instant cpu_looked_{};
  std::uint64_t process_ticks_ = 0, busy_ticks_ = 0, all_ticks_ = 0;
  double process_cpu_ = 0, system_cpu_ = 0;
};

// The families as Prometheus text, each sample with `common` labels
// ("application=\"..\",instance=\"..\"").
std::string process_families(const ProcessMetrics::Facts& facts, unsigned cpus,
                             const std::string& common);

}  // namespace perigee::node
