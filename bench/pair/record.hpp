// A file with every request of a run, for those who judge each answer: fixed records in the byte
// order of the machine, which lib/records.py reads.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace perigee::bench {

struct Record {
  std::uint64_t due_ns = 0;    // CLOCK_MONOTONIC
  std::int64_t reset_ms = -1;  // X-Rate-Limit-Reset of the answer
  std::uint32_t latency_us = 0;
  std::uint32_t key = 0;
  std::uint16_t status = 0;  // 0: no answer
  std::uint16_t proxy = 0;   // its place in --proxy
  std::uint32_t unused = 0;
};
static_assert(sizeof(Record) == 32);

class Recorder {
 public:
  explicit Recorder(const std::string& path);  // empty: records nothing
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  bool is_on() const { return file_ != nullptr; }
  void add(const Record& record);

 private:
  std::FILE* file_ = nullptr;
};

}  // namespace perigee::bench
