#include "node/monitor.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <sstream>

namespace perigee::node {
namespace {

std::int64_t milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

std::int64_t percent(double part, double whole) {
  return whole > 0 ? static_cast<std::int64_t>(100 * part / whole + 0.5) : -1;
}

// The rows of /proc/meminfo, in bytes.
std::map<std::string, std::int64_t> memory_of_machine(const net::MachineRoots& roots) {
  std::map<std::string, std::int64_t> rows;
  std::ifstream file(roots.proc + "/meminfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name;
    std::int64_t kib = 0;
    if (fields >> name >> kib) rows[name] = kib * 1024;
  }
  return rows;
}

std::int64_t row(const std::map<std::string, std::int64_t>& rows, const char* name) {
  const auto at = rows.find(name);
  return at == rows.end() ? -1 : at->second;
}

std::string os_json(const MonitorFacts& facts, const net::MachineRoots& roots) {
  double load[3] = {-1, -1, -1};
  std::ifstream file(roots.proc + "/loadavg");
  file >> load[0] >> load[1] >> load[2];
  const auto memory = memory_of_machine(roots);
  const std::int64_t total = row(memory, "MemTotal:"), free = row(memory, "MemFree:");
  const bool known = total >= 0 && free >= 0;
  const std::int64_t used = known ? total - free : -1;
  const auto part = [&](std::int64_t bytes) {
    return known ? percent(static_cast<double>(bytes), static_cast<double>(total)) : -1;
  };
  return fmt::format(
      R"({{"timestamp":{},"cpu":{{"percent":{},"loadAverage":[{},{},{}]}},)"
      R"("mem":{{"total":{},"free":{},"used":{},"usedPercent":{},"freePercent":{}}},)"
      R"("swap":{{"total":{},"free":{}}},"cgroup":{{"limit":{},"used":{}}}}})",
      epoch_ms(facts.at), percent(facts.process.system_cpu, 1), load[0], load[1], load[2], total,
      free, used, part(used), part(free), row(memory, "SwapTotal:"), row(memory, "SwapFree:"),
      facts.process.memory_max_bytes, facts.process.resident_bytes);
}

// The control plane shows these. The heap is what the allocator has in use.
std::string jvm_json(const MonitorFacts& facts) {
  const ProcessMetrics::Facts& process = facts.process;
  return fmt::format(
      R"({{"timestamp":{},"uptime":{},"mem":{{"heapCommitted":{},"heapUsed":{},"heapMax":{},)"
      R"("nonHeapCommitted":{},"nonHeapUsed":{},"pools":[{{"name":"old","used":{},"max":{},)"
      R"("peakUsed":-1,"peakMax":{}}}],"heapUsedPercent":{}}},)"
      R"("threads":{{"count":{},"peakCount":{}}},)"
      R"("gc":{{"collectors":[{{"name":"old","collectionCount":0,"collectionTime":0}}]}}}})",
      epoch_ms(facts.at), milliseconds(facts.uptime), process.resident_bytes,
      process.allocated_bytes, process.memory_max_bytes, process.mapped_file_bytes,
      process.mapped_file_bytes, process.allocated_bytes, process.memory_max_bytes,
      process.memory_max_bytes,
      percent(static_cast<double>(process.allocated_bytes),
              static_cast<double>(process.memory_max_bytes)),
      process.threads, process.threads);
}

std::string process_json(const MonitorFacts& facts, const net::MachineRoots& roots) {
  rusage used{};
  std::int64_t cpu = -1;
  if (getrusage(RUSAGE_SELF, &used) == 0) {
    cpu = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
          (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
  }
  std::int64_t pages = -1;
  std::ifstream(roots.proc + "/self/statm") >> pages;
  const std::int64_t page_bytes = sysconf(_SC_PAGESIZE);
  return fmt::format(R"({{"timestamp":{},"openFileDescriptors":{},"maxFileDescriptors":{},)"
                     R"("cpu":{{"percent":{},"total":{}}},"mem":{{"totalVirtual":{}}}}})",
                     epoch_ms(facts.at), facts.process.files_open, facts.process.files_max,
                     percent(facts.process.process_cpu, 1), cpu,
                     pages < 0 ? -1 : pages * page_bytes);
}

}  // namespace

std::string monitor_document(const MonitorFacts& facts, const net::MachineRoots& roots) {
  return "{\"os\":" + os_json(facts, roots) + ",\"jvm\":" + jvm_json(facts) +
         ",\"process\":" + process_json(facts, roots) + "}";
}

}  // namespace perigee::node
