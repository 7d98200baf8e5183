#include "node/dumps.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>

namespace perigee::node {
namespace {

constexpr std::string_view kWorkerName = "gio.worker-";

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

struct Thread {
  std::string name;
  char state = '?';
  double cpu_seconds = 0;
};

// Nothing when the thread has ended meanwhile.
std::optional<Thread> look_at(const std::string& folder) {
  std::ifstream stat(folder + "/stat");
  std::string line;
  if (!std::getline(stat, line)) return std::nullopt;
  std::size_t open = line.find('('), close = line.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  Thread thread{.name = line.substr(open + 1, close - open - 1)};
  std::istringstream fields(line.substr(close + 1));
  std::string skipped;
  std::uint64_t user = 0, system = 0;
  fields >> thread.state;
  for (int field = 0; field < 10; ++field) fields >> skipped;
  fields >> user >> system;
  thread.cpu_seconds =
      static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return thread;
}

std::string state_name(char state) {
  switch (state) {
    case 'R':
      return "runnable";
    case 'S':
      return "waiting";
    case 'D':
      return "waiting for a disk";
    default:
      return fmt::format("in state {}", state);
  }
}

void append_report(std::string& text, const WorkerReport& report) {
  text += fmt::format("    {} connections, {} requests in progress\n", report.connections,
                      report.requests);
  for (const WorkerReport::Request& request : report.oldest) {
    text += fmt::format("    request {} for {:.3f} s\n", request.id.empty() ? "-" : request.id,
                        seconds(request.age));
  }
  if (report.requests > report.oldest.size())
    text += fmt::format("    and {} younger ones\n", report.requests - report.oldest.size());
}

// The number behind ` name="`.
std::uint64_t attribute(std::string_view element, std::string_view name) {
  std::size_t at = element.find(fmt::format(" {}=\"", name));
  if (at == std::string_view::npos) return 0;
  std::string_view rest = element.substr(at + name.size() + 3);
  std::uint64_t number = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), number);
  return number;
}

std::string malloc_info_text() {
  char* bytes = nullptr;
  std::size_t size = 0;
  FILE* memory = open_memstream(&bytes, &size);
  if (!memory) return {};
  malloc_info(0, memory);
  fclose(memory);
  std::string text(bytes, size);
  free(bytes);
  return text;
}

struct SizeClass {
  std::uint64_t count = 0, bytes = 0;
};

// Free chunks of all arenas, by the largest size of their class.
std::map<std::uint64_t, SizeClass> free_chunks(std::string_view info) {
  std::map<std::uint64_t, SizeClass> classes;
  for (std::size_t at = 0; (at = info.find('<', at)) != std::string_view::npos; ++at) {
    std::string_view element = info.substr(at, info.find('>', at) - at);
    if (!element.starts_with("<size ") && !element.starts_with("<unsorted ")) continue;
    SizeClass& found = classes[attribute(element, "to")];
    found.count += attribute(element, "count");
    found.bytes += attribute(element, "total");
  }
  return classes;
}

}  // namespace

std::string thread_dump(const std::vector<WorkerReport>& reports, const net::MachineRoots& roots) {
  std::map<pid_t, std::string> blocks;  // in the order of their beginning
  std::error_code error;
  std::filesystem::directory_iterator entry(roots.proc + "/self/task", error), end;
  for (; !error && entry != end; entry.increment(error)) {
    const std::string number = entry->path().filename();
    const pid_t id = std::atoi(number.c_str());
    const std::optional<Thread> thread = look_at(entry->path());
    if (!thread) continue;
    std::string& block = blocks[id];
    block = fmt::format("\"{}\" thread {} {}, {:.2f} s of CPU\n", thread->name, id,
                        state_name(thread->state), thread->cpu_seconds);
    const auto report = std::ranges::find(reports, id, &WorkerReport::thread);
    if (report != reports.end()) {
      append_report(block, *report);
    } else if (thread->name.starts_with(kWorkerName)) {
      block += "    gave no report in time: it is stuck, or has too much to do\n";
    }
  }
  std::string text;
  for (const auto& [id, block] : blocks) text += block + "\n";
  return text;
}

std::string heap_dump(const ProcessMetrics::Facts& process,
                      const std::vector<WorkerReport>& reports) {
  const struct mallinfo2 heap = mallinfo2();
  std::string text = "process: bytes\n";
  auto row = [&text](std::string_view name, std::uint64_t value) {
    text += fmt::format("  {:<28} {:>14}\n", name, value);
  };
  row("resident", process.resident_bytes);
  row("of files", process.mapped_file_bytes);
  row("limit", process.memory_max_bytes);
  text += "\nallocator: bytes\n";
  row("in use", heap.uordblks + heap.hblkhd);
  row("in use, mapped apart", heap.hblkhd);
  row("free", heap.fordblks);
  row("free at the end of arenas", heap.keepcost);
  for (const WorkerReport& report : reports) {
    text += fmt::format("\nworker, thread {}: bytes\n", report.thread);
    row("buffers in use", report.buffer_bytes_leased);
    row("buffers kept for reuse", report.buffer_bytes_kept);
    text += fmt::format("  of {} connections, {} requests\n", report.connections, report.requests);
  }
  text += "\nfree chunks of the allocator: up to bytes each, chunks, bytes in all\n";
  for (const auto& [size, found] : free_chunks(malloc_info_text())) {
    if (found.count > 0)
      text += fmt::format("  {:>12} {:>10} {:>14}\n", size, found.count, found.bytes);
  }
  return text;
}

}  // namespace perigee::node
