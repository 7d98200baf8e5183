#include "node/process_metrics.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/file.hpp"
#include "net/descriptors.hpp"
#include "node/prometheus.hpp"

namespace perigee::node {
namespace {

// Fields of /proc/<pid>/stat after the name, which may hold spaces.
std::istringstream stat_fields(const std::string& path) {
  std::string line = first_line(path);
  std::size_t end = line.rfind(')');
  return std::istringstream(end == std::string::npos ? std::string() : line.substr(end + 1));
}

std::uint64_t status_kib(const std::string& path, std::string_view field) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field)) return std::strtoull(line.c_str() + field.size(), nullptr, 10);
  }
  return 0;
}

template <class Each>
void for_each_entry(const std::string& path, Each each) {
  DIR* directory = opendir(path.c_str());
  if (!directory) return;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] != '.') each(entry->d_name);
  }
  closedir(directory);
}

std::uint64_t machine_memory(const net::MachineRoots& roots) {
  return status_kib(roots.proc + "/meminfo", "MemTotal:") * 1024;
}

}  // namespace

ProcessMetrics::ProcessMetrics(unsigned cpus, net::MachineRoots roots)
    : cpus_(cpus),
      roots_(std::move(roots)),
      memory_max_(net::cgroup_memory_bytes(roots_).value_or(machine_memory(roots_))) {}

void ProcessMetrics::update_cpu(Instant now) {
  if (cpu_looked_ != Instant{} && now - cpu_looked_ < 1s) return;
  std::istringstream own = stat_fields(roots_.proc + "/self/stat");
  std::string skipped;
  std::uint64_t user = 0, system = 0;
  for (int field = 0; field < 11; ++field) own >> skipped;
  own >> user >> system;
  std::istringstream machine(first_line(roots_.proc + "/stat"));
  machine >> skipped;
  std::uint64_t all = 0, idle = 0, ticks = 0;
  for (int field = 0; machine >> ticks; ++field) {
    all += ticks;
    if (field == 3 || field == 4) idle += ticks;
  }
  std::uint64_t busy = all - idle;
  if (cpu_looked_ != Instant{} && now > cpu_looked_) {
    double seconds = std::chrono::duration<double>(now - cpu_looked_).count();
    double ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    process_cpu_ = std::min(1.0, static_cast<double>(user + system - process_ticks_) /
                                     ticks_per_second / seconds / cpus_);
    if (all > all_ticks_)
      system_cpu_ = static_cast<double>(busy - busy_ticks_) / static_cast<double>(all - all_ticks_);
  }
  cpu_looked_ = now;
  process_ticks_ = user + system;
  busy_ticks_ = busy;
  all_ticks_ = all;
}

double ProcessMetrics::cpu_percent(Instant now) {
  update_cpu(now);
  return process_cpu_ * 100;
}

double ProcessMetrics::memory_percent(Instant) {
  std::uint64_t resident = status_kib(roots_.proc + "/self/status", "VmRSS:") * 1024;
  return memory_max_ == 0
             ? 0
             : 100.0 * static_cast<double>(resident) / static_cast<double>(memory_max_);
}

double ProcessMetrics::memory_stall_percent() const {
  constexpr std::string_view kAverage = "some avg10=";
  for (const std::string& path :
       {roots_.cgroup + "/memory.pressure", roots_.proc + "/pressure/memory"}) {
    const std::string line = first_line(path);
    if (line.starts_with(kAverage)) return std::strtod(line.c_str() + kAverage.size(), nullptr);
  }
  return 0;
}

ProcessMetrics::Facts ProcessMetrics::look(Instant now) {
  update_cpu(now);
  Facts facts;
  facts.files_open = net::open_descriptors(roots_);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) facts.files_max = limit.rlim_cur;
  facts.process_cpu = process_cpu_;
  facts.system_cpu = system_cpu_;
  facts.load_average = std::strtod(first_line(roots_.proc + "/loadavg").c_str(), nullptr);
  std::string status = roots_.proc + "/self/status";
  facts.resident_bytes = status_kib(status, "VmRSS:") * 1024;
  facts.mapped_file_bytes = status_kib(status, "RssFile:") * 1024;
  struct mallinfo2 heap = mallinfo2();
  facts.allocated_bytes = heap.uordblks + heap.hblkhd;
  facts.memory_max_bytes = memory_max_;
  for_each_entry(roots_.proc + "/self/task", [&](const char* thread) {
    ++facts.threads;
    std::string state;
    stat_fields(roots_.proc + "/self/task/" + thread + "/stat") >> state;
    facts.threads_running += state == "R";
  });
  return facts;
}

namespace {

// Families whose panels should show 0 rather than "no data".
constexpr std::pair<std::string_view, std::string_view> kZeroFamilies[] = {
    {"jvm_gc_memory_allocated_bytes_total", "counter"},
    {"jvm_gc_memory_promoted_bytes_total", "counter"},
    {"jvm_gc_live_data_size_bytes", "gauge"},
    {"jvm_gc_max_data_size_bytes", "gauge"},
    {"jvm_classes_unloaded_classes_total", "counter"},
    {"jvm_classes_loaded_classes", "gauge"}};

void append_zeros(std::string& text, const std::string& common) {
  for (auto [name, type] : kZeroFamilies) {
    text += fmt::format("# HELP {} Not applicable: native code\n# TYPE {} {}\n{}{{{}}} 0\n", name,
                        name, type, name, common);
  }
  std::string pause = common + R"(,action="none",cause="none",gc="none")";
  text += fmt::format(
      "# HELP jvm_gc_pause_seconds Not applicable: native code\n# TYPE jvm_gc_pause_seconds "
      "summary\n"
      "jvm_gc_pause_seconds_count{{{0}}} 0\njvm_gc_pause_seconds_sum{{{0}}} 0\n",
      pause);
}

void append_memory(std::string& text, const ProcessMetrics::Facts& facts,
                   const std::string& common) {
  struct Row {
    std::string_view name, help;
    double heap, mapped;
  };
  auto number = [](std::uint64_t bytes) { return static_cast<double>(bytes); };
  const Row rows[] = {
      {"jvm_memory_used_bytes", "Memory in use by the allocator, and mapped file memory",
       number(facts.allocated_bytes), number(facts.mapped_file_bytes)},
      {"jvm_memory_committed_bytes", "Resident memory", number(facts.resident_bytes),
       number(facts.mapped_file_bytes)},
      {"jvm_memory_max_bytes", "Memory limit of the cgroup", number(facts.memory_max_bytes), -1}};
  for (const Row& row : rows) {
    append_gauge(text, row.name, row.help, common + R"(,area="heap",id="native")", row.heap);
    text +=
        fmt::format("{}{{{},area=\"nonheap\",id=\"native\"}} {}\n", row.name, common, row.mapped);
  }
}

}  // namespace

std::string process_families(const ProcessMetrics::Facts& facts, unsigned cpus,
                             const std::string& common) {
  std::string text;
  auto gauge = [&](std::string_view name, std::string_view help, double value) {
    append_gauge(text, name, help, common, value);
  };
  gauge("process_files_open_files", "Open file descriptors", static_cast<double>(facts.files_open));
  gauge("process_files_max_files", "Limit of file descriptors",
        static_cast<double>(facts.files_max));
  gauge("process_cpu_usage", "Recent CPU usage of the process", facts.process_cpu);
  gauge("system_cpu_usage", "Recent CPU usage of the system", facts.system_cpu);
  gauge("system_cpu_count", "CPUs available to the process", cpus);
  gauge("system_load_average_1m", "Load average of the last minute", facts.load_average);
  append_memory(text, facts, common);
  gauge("jvm_threads_live_threads", "Threads", facts.threads);
  gauge("jvm_threads_daemon_threads", "Threads", 0);
  gauge("jvm_threads_peak_threads", "Threads", facts.threads);
  text += fmt::format(
      "# HELP jvm_threads_started_threads_total Threads\n# TYPE jvm_threads_started_threads_total "
      "counter\n"
      "jvm_threads_started_threads_total{{{}}} {}\n",
      common, facts.threads);
  append_gauge(text, "jvm_threads_states_threads", "Threads by state",
               common + R"(,state="runnable")", facts.threads_running);
  text += fmt::format("jvm_threads_states_threads{{{},state=\"waiting\"}} {}\n", common,
                      facts.threads - facts.threads_running);
  append_zeros(text, common);
  return text;
}

}  // namespace perigee::node
