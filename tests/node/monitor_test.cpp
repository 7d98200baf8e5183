// /_node/monitor and the probe gc-pressure: what the machine and the process tell.
#include "node/monitor.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "base/json.hpp"
#include "tests/node/support/node.hpp"

namespace perigee::node::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A folder that stands for /proc and /sys/fs/cgroup.
class Machine : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              (std::string("perigee-monitor-") + test->name() + std::to_string(getpid()));
    std::filesystem::create_directories(folder_ / "proc/pressure");
    std::filesystem::create_directories(folder_ / "proc/self");
    std::filesystem::create_directories(folder_ / "cgroup");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& file, const std::string& text) {
    std::ofstream(folder_ / file) << text;
  }
  net::MachineRoots roots() const {
    return {.proc = (folder_ / "proc").string(), .cgroup = (folder_ / "cgroup").string()};
  }
  std::filesystem::path folder_;
};

TEST_F(Machine, TheDocumentHasTheMembersThatAreRead) {
  write("proc/meminfo",
        "MemTotal:   1000 kB\nMemFree:   250 kB\nSwapTotal:  8 kB\nSwapFree: 4 kB\n");
  write("proc/loadavg", "0.50 1.25 2.00 1/2 3\n");
  const std::string text = monitor_document({.at = WallTime(5s),
                                             .uptime = 90s,
                                             .process = {.files_open = 7,
                                                         .files_max = 64,
                                                         .process_cpu = 0.25,
                                                         .system_cpu = 0.5,
                                                         .resident_bytes = 400,
                                                         .allocated_bytes = 300,
                                                         .memory_max_bytes = 1000,
                                                         .threads = 5}},
                                            roots());
  ASSERT_TRUE(JsonDocument::parse(text)) << text;
  EXPECT_THAT(text, StartsWith(R"({"os":{"timestamp":5000,"cpu":{"percent":50,"loadAverage":[0.5,)"
                               R"(1.25,2]},"mem":{"total":1024000,"free":256000,"used":768000,)"
                               R"("usedPercent":75,"freePercent":25},"swap":{"total":8192,)"
                               R"("free":4096},"cgroup":{"limit":1000,"used":400}},"jvm":{)"));
  EXPECT_THAT(text, HasSubstr(R"("uptime":90000,"mem":{"heapCommitted":400,"heapUsed":300,)"
                              R"("heapMax":1000,)"));
  EXPECT_THAT(text, HasSubstr(R"("heapUsedPercent":30},"threads":{"count":5,)"));
  EXPECT_THAT(text, HasSubstr(R"("openFileDescriptors":7,"maxFileDescriptors":64,"cpu":{)"
                              R"("percent":25,"total":)"));
}

TEST_F(Machine, WhatIsNotThereIsMinusOne) {
  const std::string text = monitor_document({}, roots());
  ASSERT_TRUE(JsonDocument::parse(text)) << text;
  EXPECT_THAT(text, HasSubstr(R"("mem":{"total":-1,"free":-1,"used":-1,"usedPercent":-1,)"));
  EXPECT_THAT(text, HasSubstr(R"("heapUsedPercent":-1)"));
  EXPECT_THAT(text, HasSubstr(R"("totalVirtual":-1)"));
}

TEST_F(Machine, WaitingForMemoryIsTheGarbageCollectionOfANativeProcess) {
  const ProcessMetrics process(1, roots());
  EXPECT_EQ(process.memory_stall_percent(), 0) << "the kernel does not tell";
  write("proc/pressure/memory", "some avg10=3.50 avg60=0.00 avg300=0.00 total=0\n");
  EXPECT_EQ(process.memory_stall_percent(), 3.5);
  write("cgroup/memory.pressure",
        "some avg10=20.25 avg60=0.00 avg300=0.00 total=9\nfull avg10=1\n");
  EXPECT_EQ(process.memory_stall_percent(), 20.25) << "that of the cgroup counts";
}

class GcPressure : public Machine {
 protected:
  std::string message(double percent_max) {
    FakeClock clock;
    net::Reactor reactor(clock);
    ProcessMetrics process(1, roots());
    config::Health settings;
    settings.gc_pressure_percent_max = percent_max;
    Health health(reactor, settings, process);
    for (const auto& [id, result] : health.latest())
      if (id == "gc-pressure") return result.healthy ? "healthy" : result.message;
    return "no such probe";
  }
};

TEST_F(GcPressure, IsJudgedByItsThreshold) {
  write("cgroup/memory.pressure", "some avg10=20.25 avg60=0.00 avg300=0.00 total=9\n");
  EXPECT_EQ(message(15), "GC Pressure is over the threshold of 15 %");
  EXPECT_EQ(message(21), "healthy");
}

class Monitor : public Node {};

TEST_F(Monitor, IsNoOlderThanItsDelay) {
  loaded.settings.monitoring.delay = 5s;
  clock.set_wall(WallTime(1000s));
  start();
  const auto told = [this](const std::string& timestamp) {
    return get("/_node/monitor").find(R"({"os":{"timestamp":)" + timestamp) != std::string::npos;
  };
  EXPECT_TRUE(told("1000000"));
  clock.advance(4s);
  clock.set_wall(WallTime(1004s));
  EXPECT_TRUE(told("1000000"));
  clock.advance(1s);
  clock.set_wall(WallTime(1005s));
  EXPECT_TRUE(told("1005000"));
}

TEST_F(Monitor, MayBeSwitchedOff) {
  loaded.settings.monitoring.enabled = false;
  start();
  EXPECT_THAT(get("/_node/monitor"), StartsWith("HTTP/1.1 404 "));
}

}  // namespace
}  // namespace perigee::node::testing
