#include "base/log_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/log_outputs.hpp"
#include "tests/base/support/folder.hpp"

namespace perigee::log {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

namespace fs = std::filesystem;

class LogFile : public testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "UTC", 1);
    tzset();
  }

  std::string directory() const { return folder_.path("logs"); }
  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(directory()))
      found.insert(entry.path().filename());
    return found;
  }
  std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(directory() + "/" + name).rdbuf();
    return text.str();
  }

  const TestFolder folder_;
  FakeClock clock_;  // 2023-11-14 22:13:20
};

TEST_F(LogFile, IsThatOfTheDayAndIsAppendedTo) {
  {
    RollingFile file(directory());
    EXPECT_TRUE(file.write("one\n", clock_.wall()));
  }
  RollingFile file(directory());
  EXPECT_TRUE(file.write("two\n", clock_.wall()));
  clock_.advance(2h);
  EXPECT_TRUE(file.write("three\n", clock_.wall()));
  EXPECT_EQ(names(), (std::set<std::string>{"gravitee_2023-11-14.log", "gravitee_2023-11-15.log"}));
  EXPECT_EQ(content("gravitee_2023-11-14.log"), "one\ntwo\n");
  EXPECT_EQ(content("gravitee_2023-11-15.log"), "three\n");
}

TEST_F(LogFile, KeepsThirtyAndLeavesWhatIsNotItsOwn) {
  fs::create_directories(directory());
  for (auto name : {"gravitee_2023-11-xx.log", "gravitee_2020-01-01.log.gz", "other.log"})
    std::ofstream(directory() + "/" + name) << "mine";
  RollingFile file(directory());
  for (int day = 0; day < 40; ++day, clock_.advance(24h)) file.write("x\n", clock_.wall());
  std::set<std::string> left = names();
  EXPECT_EQ(left.size(), 33u);
  EXPECT_FALSE(left.contains("gravitee_2023-11-23.log"));
  EXPECT_TRUE(left.contains("gravitee_2023-11-24.log"));
  EXPECT_TRUE(left.contains("gravitee_2023-12-23.log"));
  EXPECT_TRUE(left.contains("other.log"));
}

TEST_F(LogFile, ThatCannotBeOpenedSaysWhyAndIsTriedAgain) {
  std::ofstream(directory()) << "a file where the directory belongs";
  RollingFile file(directory());
  EXPECT_FALSE(file.write("lost\n", clock_.wall()));
  EXPECT_THAT(file.problem(), HasSubstr("gravitee_2023-11-14.log: cannot be opened: Not a direct"));
  fs::remove(directory());
  EXPECT_TRUE(file.write("kept\n", clock_.wall()));
  EXPECT_THAT(file.problem(), IsEmpty());
  EXPECT_EQ(content("gravitee_2023-11-14.log"), "kept\n");
}

class LogOutputs : public LogFile {
 protected:
  // What the log writes on its console while `work` runs.
  std::string console(Outputs outputs, Format format, const std::function<void()>& work) {
    std::string path = folder_.path("console");
    int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    name_thread("main");
    start({.format = format, .fd = fd, .clock = &clock_}, std::move(outputs));
    work();
    stop();
    close(fd);
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  static Pattern pattern(std::string_view text) {
    std::vector<std::string> warnings;
    return Pattern::compile(text, warnings);
  }
};

constexpr Logger kLog{"io.gravitee.gateway"};

TEST_F(LogOutputs, AreConsoleAndFileInOnePattern) {
  auto work = [] { kLog.info("hello"); };
  Outputs both{.pattern = pattern("%p %m"), .directory = directory()};
  EXPECT_EQ(console(both, Format::pattern, work), "INFO hello\n");
  EXPECT_EQ(content("gravitee_2023-11-14.log"), "INFO hello\n");
  EXPECT_THAT(console(both, Format::json, work), HasSubstr("\"message\":\"hello\""));
  Outputs only_file{.pattern = pattern("%m"), .console = false, .directory = directory()};
  EXPECT_EQ(console(only_file, Format::pattern, work), "");
  EXPECT_THAT(content("gravitee_2023-11-14.log"), testing::EndsWith("}\nhello\n"));
  EXPECT_EQ(console({}, Format::pattern, work),
            "22:13:20.000 [main] [] INFO  io.gravitee.gateway - hello\n");
}

TEST_F(LogOutputs, TellOnceOnTheConsoleThatTheFileFails) {
  std::ofstream(directory()) << "a file where the directory belongs";
  std::uint64_t before = lines_dropped();
  std::string text =
      console({.pattern = pattern("%p %m"), .console = false, .directory = directory()},
              Format::pattern, [] {
                for (int i = 0; i < 100; ++i) kLog.info("lost {}", i);
              });
  EXPECT_THAT(text,
              HasSubstr("WARN " + directory() + "/gravitee_2023-11-14.log: cannot be opened"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_EQ(lines_dropped() - before, 100u);
}

}  // namespace
}  // namespace perigee::log
