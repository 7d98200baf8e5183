#include "pair/measure.hpp"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace perigee::bench {
namespace {

std::string proc(pid_t pid, const std::string& file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

// The directories of all threads; none when the process has ended.
std::vector<std::filesystem::path> threads_of(pid_t pid) {
  std::vector<std::filesystem::path> threads;
  std::error_code gone;
  for (const auto& thread : std::filesystem::directory_iterator(proc(pid, "task"), gone))
    threads.push_back(thread.path());
  return threads;
}

void collect(pid_t pid, std::vector<pid_t>& pids) {
  pids.push_back(pid);
  for (const auto& thread : threads_of(pid)) {
    std::ifstream children(thread / "children");
    for (pid_t child = 0; children >> child;) collect(child, pids);
  }
}

void add_ticks(pid_t pid, CpuTime& time) {
  std::ifstream file(proc(pid, "stat"));
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');  // the name itself may hold spaces and brackets
  if (name_end == std::string::npos) return;
  unsigned long user = 0;
  unsigned long system = 0;
  std::sscanf(line.c_str() + name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
              &user, &system);
  time.user_ticks += user;
  time.system_ticks += system;
}

}  // namespace

std::uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(time.tv_nsec);
}

std::size_t Histogram::bucket(std::uint64_t tenths) {
  if (tenths < 64) return tenths;
  const auto shift = static_cast<std::size_t>(std::bit_width(tenths)) - 6;
  return shift * 32 + (tenths >> shift);
}

std::uint64_t Histogram::lower_edge(std::size_t bucket) {
  if (bucket < 64) return bucket;
  const std::size_t shift = (bucket - 32) / 32;
  return (bucket - shift * 32) << shift;
}

void Histogram::add(std::uint64_t latency_ns) {
  ++counts_[bucket(latency_ns / 100)];
  ++total_;
}

double Histogram::quantile_us(double p) const {
  const auto wanted = static_cast<std::uint64_t>(p * static_cast<double>(total_));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i)
    if ((seen += counts_[i]) > wanted) return static_cast<double>(lower_edge(i)) / 10;
  return 0;
}

void Histogram::clear() {
  std::ranges::fill(counts_, 0);
  total_ = 0;
}

void TypicalP99::add(std::uint64_t latency_ns, std::uint64_t now_ns) {
  constexpr std::uint64_t kTenthNs = 100'000'000;
  if (now_ns >= tenth_ends_ns_) {
    if (tenth_ends_ns_ != 0) p99s_.push_back(tenth_.quantile_us(.99));
    tenth_.clear();
    tenth_ends_ns_ = now_ns + kTenthNs;
  }
  tenth_.add(latency_ns);
}

double TypicalP99::us() const {
  std::vector<double> sorted = p99s_;
  std::ranges::sort(sorted);
  return sorted.empty() ? 0 : sorted[sorted.size() / 2];
}

CpuTime CpuTime::operator-(const CpuTime& before) const {
  return {run_ns - before.run_ns, waited_ns - before.waited_ns, user_ticks - before.user_ticks,
          system_ticks - before.system_ticks};
}

CpuTime& CpuTime::operator+=(const CpuTime& more) {
  run_ns += more.run_ns;
  waited_ns += more.waited_ns;
  user_ticks += more.user_ticks;
  system_ticks += more.system_ticks;
  return *this;
}

ProcessTree::ProcessTree(pid_t root) {
  if (root > 0) collect(root, pids_);
}

CpuTime ProcessTree::cpu_time() const {
  CpuTime time;
  for (const pid_t pid : pids_) {
    for (const auto& thread : threads_of(pid)) {
      std::uint64_t run_ns = 0;
      std::uint64_t waited_ns = 0;
      std::ifstream(thread / "schedstat") >> run_ns >> waited_ns;
      time.run_ns += run_ns;
      time.waited_ns += waited_ns;
    }
    add_ticks(pid, time);
  }
  return time;
}

std::uint64_t ProcessTree::memory_kib(const std::string& file, const std::string& key) const {
  std::uint64_t total = 0;
  for (const pid_t pid : pids_) {
    std::ifstream lines(proc(pid, file));
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(key)) total += std::stoull(line.substr(key.size()));
  }
  return total;
}

}  // namespace perigee::bench
