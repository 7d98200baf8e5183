#include "net/machine.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>
#include <system_error>
#include <vector>

#include "base/file.hpp"

namespace perigee::net {

namespace {

// What is absent or unreadable sets no limit.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || at != text.data() + text.size()) return std::nullopt;
  return value;
}

// One line of /proc/self/cgroup: "0::/path" (v2) or "4:cpu,cpuacct:/path" (v1).
struct Membership {
  std::string controllers;
  std::string path;
};

std::vector<Membership> memberships(const MachineRoots& roots) {
  std::vector<Membership> all;
  std::ifstream file(roots.proc + "/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos) continue;
    all.push_back({line.substr(first + 1, second - first - 1), line.substr(second + 1)});
  }
  return all;
}

bool names(const std::string& controllers, const std::string& wanted) {
  return ("," + controllers + ",").find("," + wanted + ",") != std::string::npos;
}

// The folders of a group and its ancestors. A container often sees its own group as the root of the
// mount while the path is the host's: what does not exist there has no files and sets no limit.
void add_ancestors(const std::string& mount, std::string path, std::vector<std::string>& folders) {
  if (path.find("..") != std::string::npos) path.clear();  // outside of our cgroup namespace
  while (path.size() > 1) {
    folders.push_back(mount + path);
    path.resize(path.rfind('/'));
  }
  folders.push_back(mount);
}

struct Folders {
  std::vector<std::string> v1, v2;
};

Folders folders_of(const MachineRoots& roots, const std::string& controller) {
  Folders folders;
  for (const Membership& membership : memberships(roots)) {
    if (membership.controllers.empty()) {
      add_ancestors(roots.cgroup, membership.path, folders.v2);
      add_ancestors(roots.cgroup + "/unified", membership.path, folders.v2);
    } else if (names(membership.controllers, controller)) {
      add_ancestors(roots.cgroup + "/" + membership.controllers, membership.path, folders.v1);
      add_ancestors(roots.cgroup + "/" + controller, membership.path, folders.v1);
    }
  }
  return folders;
}

// "50000 100000", "max 100000", or a quota of -1 in v1.
std::optional<double> quota(std::string_view quota_us, std::string_view period_us) {
  const auto time = number(quota_us), period = number(period_us);
  if (!time || !period || *time == 0 || *period == 0) return std::nullopt;
  return static_cast<double>(*time) / static_cast<double>(*period);
}

std::optional<double> quota_v1(const std::string& folder) {
  return quota(first_line(folder + "/cpu.cfs_quota_us"), first_line(folder + "/cpu.cfs_period_us"));
}

std::optional<double> quota_v2(const std::string& folder) {
  std::istringstream line(first_line(folder + "/cpu.max"));
  std::string time, period;
  line >> time >> period;
  return quota(time, period);
}

std::optional<std::uint64_t> bytes_limit(const std::string& file) {
  // v1 writes "no limit" as the largest number of whole pages.
  constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62;
  const auto bytes = number(first_line(file));
  return bytes && *bytes < kNoLimit ? bytes : std::nullopt;
}

template <class T>
void tighten(std::optional<T>& limit, std::optional<T> other) {
  if (other && (!limit || *other < *limit)) limit = other;
}

unsigned affinity_cpus() {
  // The mask must be at least as large as the kernel's, which may know more than CPU_SETSIZE.
  for (int cpus = CPU_SETSIZE; cpus <= (1 << 20); cpus *= 2) {
    std::vector<unsigned long> mask(CPU_ALLOC_SIZE(cpus) / sizeof(unsigned long));
    auto* set = reinterpret_cast<cpu_set_t*>(mask.data());
    const std::size_t bytes = mask.size() * sizeof(unsigned long);
    if (::sched_getaffinity(0, bytes, set) == 0) {
      return static_cast<unsigned>(CPU_COUNT_S(bytes, set));
    }
    if (errno != EINVAL) break;
  }
  return 1;
}

}  // namespace

std::optional<double> cgroup_cpus(const MachineRoots& roots) {
  const Folders folders = folders_of(roots, "cpu");
  std::optional<double> cpus;
  for (const std::string& folder : folders.v1) tighten(cpus, quota_v1(folder));
  for (const std::string& folder : folders.v2) tighten(cpus, quota_v2(folder));
  return cpus;
}

std::optional<std::uint64_t> cgroup_memory_bytes(const MachineRoots& roots) {
  const Folders folders = folders_of(roots, "memory");
  std::optional<std::uint64_t> bytes;
  for (const std::string& folder : folders.v1) {
    tighten(bytes, bytes_limit(folder + "/memory.limit_in_bytes"));
  }
  for (const std::string& folder : folders.v2) tighten(bytes, bytes_limit(folder + "/memory.max"));
  return bytes;
}

unsigned usable_cpus(const MachineRoots& roots) {
  unsigned cpus = std::max(1U, affinity_cpus());
  if (const auto quota = cgroup_cpus(roots); quota && *quota < cpus) {
    cpus = std::max(1U, static_cast<unsigned>(std::ceil(*quota)));
  }
  return cpus;
}

Result<std::uint64_t> raise_descriptor_limit() {
  rlimit limit{};
  const auto failed = [](const char* what) {
    return fail(ErrorCode::other,
                std::string(what) + "(RLIMIT_NOFILE): " + std::generic_category().message(errno));
  };
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return failed("getrlimit");
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return failed("setrlimit");
  }
  return static_cast<std::uint64_t>(limit.rlim_cur);
}

}  // namespace perigee::net
