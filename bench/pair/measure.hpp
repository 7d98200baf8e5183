// What a run is measured with: a latency histogram, and the CPU time and memory of a process tree.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace perigee::bench {

std::uint64_t now_ns();

// Latencies in steps of 0.1 us with about 3 % resolution above 6.4 us; add() costs one increment.
class Histogram {
 public:
  void add(std::uint64_t latency_ns);
  double quantile_us(double p) const;
  void clear();

 private:
  static std::size_t bucket(std::uint64_t tenths);
  static std::uint64_t lower_edge(std::size_t bucket);

  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(64 * 64);
  std::uint64_t total_ = 0;
};

// The p99 of each tenth of a second, and the median of these: a stall of the whole machine spoils
// the tenth that it falls into, not the figure.
class TypicalP99 {
 public:
  void add(std::uint64_t latency_ns, std::uint64_t now_ns);
  double us() const;  // 0 before the first whole tenth

 private:
  Histogram tenth_;
  std::uint64_t tenth_ends_ns_ = 0;  // 0: none has begun
  std::vector<double> p99s_;
};

struct CpuTime {
  std::uint64_t run_ns = 0;      // from schedstat: exact up to one scheduler tick
  std::uint64_t waited_ns = 0;   // ready to run, but somebody else had the core
  std::uint64_t user_ticks = 0;  // sampled by the tick: coarse
  std::uint64_t system_ticks = 0;

  CpuTime operator-(const CpuTime& before) const;
  CpuTime& operator+=(const CpuTime& more);
};

// A process and all its descendants as they are at construction; an empty tree measures nothing.
class ProcessTree {
 public:
  explicit ProcessTree(pid_t root);
  CpuTime cpu_time() const;
  std::uint64_t memory_kib(const std::string& file, const std::string& key) const;

 private:
  std::vector<pid_t> pids_;
};

}  // namespace perigee::bench
