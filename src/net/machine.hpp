// What this process may use: CPUs, memory, descriptors. Paths are injected so that tests use a
// folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace perigee::net {

struct MachineRoots {
  std::string proc = "/proc";
  std::string cgroup = "/sys/fs/cgroup";
};

// CFS quota of our cgroup in CPUs (0.5 for 500m), v1 and v2, the tightest of the ancestors; nullopt
// = none.
std::optional<double> cgroup_cpus(const MachineRoots& roots = {});
// Memory limit of our cgroup in bytes, v1 and v2, the tightest of the ancestors; nullopt = none.
std::optional<std::uint64_t> cgroup_memory_bytes(const MachineRoots& roots = {});
// CPUs of the affinity mask bounded by the quota rounded up; at least 1.
unsigned usable_cpus(const MachineRoots& roots = {});
// Raises the soft limit of descriptors to the hard one; returns the soft limit now.
Result<std::uint64_t> raise_descriptor_limit();

}  // namespace perigee::net
