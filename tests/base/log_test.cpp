#include "base/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <thread>

#include "base/json.hpp"

namespace perigee::log {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;

constexpr Logger kLog{"io.gravitee.gateway.sync"};

// A log that writes into a pipe, by a clock that stands still.
class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "UTC", 1);
    tzset();
    ASSERT_EQ(pipe2(pipe_, O_CLOEXEC), 0);
    name_thread("main");
  }
  void TearDown() override {
    stop();
    if (!closed_) close(pipe_[1]);
    close(pipe_[0]);
    reconfigure(Settings{}.levels);
  }
  void begin(Settings settings) {
    settings.fd = pipe_[1];
    settings.clock = &clock_;
    start(std::move(settings));
  }
  // All that was written, once the log has stopped.
  std::string end() {
    stop();
    close(pipe_[1]);
    closed_ = true;
    return rest();
  }
  std::string rest() {
    std::string all;
    char bytes[4096];
    for (ssize_t got; (got = read(pipe_[0], bytes, sizeof bytes)) > 0;)
      all.append(bytes, static_cast<std::size_t>(got));
    return all;
  }
  // Fills the pipe, so that the writer stands still, and gives the number of filling bytes.
  std::size_t clog() {
    int flags = fcntl(pipe_[1], F_GETFL);
    fcntl(pipe_[1], F_SETFL, flags | O_NONBLOCK);
    std::string filler(4096, '#');
    std::size_t filled = 0;
    for (ssize_t put; (put = ::write(pipe_[1], filler.data(), filler.size())) > 0;)
      filled += static_cast<std::size_t>(put);
    fcntl(pipe_[1], F_SETFL, flags);
    return filled;
  }

  FakeClock clock_;
  int pipe_[2] = {-1, -1};
  bool closed_ = false;
};

TEST_F(LogTest, WritesTheDefaultPattern) {
  begin({});
  kLog.info("{} APIs in {} ms", 3, 1.5);
  kLog.line(Level::error, "api-1", "failed");
  clock_.advance(61'007ms);
  kLog.warn("late");
  EXPECT_EQ(end(),
            "22:13:20.000 [main] [] INFO  io.gravitee.gateway.sync - 3 APIs in 1.5 ms\n"
            "22:13:20.000 [main] [api-1] ERROR io.gravitee.gateway.sync - failed\n"
            "22:14:21.007 [main] [] WARN  io.gravitee.gateway.sync - late\n");
}

TEST_F(LogTest, WritesJson) {
  begin({.format = Format::json});
  clock_.advance(42ms);
  kLog.line(Level::warn, "api-1", "a \"quoted\"\nword");
  kLog.info("broken \xff");
  EXPECT_EQ(end(),
            "{\"timestamp\":\"2023-11-14T22:13:20.042Z\",\"level\":\"WARN\",\"logger\":\"io."
            "gravitee.gateway.sync\","
            "\"thread\":\"main\",\"api\":\"api-1\",\"message\":\"a \\\"quoted\\\"\\nword\"}\n"
            "{\"timestamp\":\"2023-11-14T22:13:20.042Z\",\"level\":\"INFO\",\"logger\":\"io."
            "gravitee.gateway.sync\","
            "\"thread\":\"main\",\"api\":\"\",\"message\":\"broken \\\\xff\"}\n");
}

TEST_F(LogTest, JsonLinesAreJsonWhateverStandsInThem) {
  begin({.format = Format::json});
  std::string hostile;
  for (int byte = 0; byte < 256; ++byte) hostile += static_cast<char>(byte);
  kLog.line(Level::error, hostile, "{}", hostile);
  std::string line = end();
  ASSERT_TRUE(JsonDocument::parse(line).has_value()) << line;
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST_F(LogTest, NoTextCanBeginALineOrDriveATerminal) {
  begin({});
  kLog.line(Level::info, "a\nb",
            "x\r\n22:00:00.000 [main] [] ERROR forged\t\x1b[31m\x7f \xc2\x9b é {}",
            std::string(1, '\0'));
  EXPECT_EQ(end(),
            "22:13:20.000 [main] [a\\nb] INFO  io.gravitee.gateway.sync - "
            "x\\r\\n22:00:00.000 [main] [] ERROR forged\\t\\x1b[31m\\x7f \\xc2\\x9b é \\x00\n");
}

TEST_F(LogTest, CutsMessagesThatAreTooLong) {
  begin({});
  kLog.info("{}", std::string(20'000, 'x'));
  EXPECT_THAT(end(),
              AllOf(HasSubstr(std::string(16 * 1024, 'x')), EndsWith("x... (3616 bytes more)\n")));
}

TEST_F(LogTest, NamesTheThread) {
  begin({});
  std::thread([] {
    name_thread("worker-with-a-long-name");
    kLog.info("here");
  }).join();
  EXPECT_THAT(end(), HasSubstr("[worker-with-a-long-name] [] INFO "));
}

TEST_F(LogTest, LevelsAreInheritedByDots) {
  begin({.levels = {{"ROOT", Level::warn},
                    {"io.gravitee", Level::info},
                    {"io.gravitee.gateway", Level::debug},
                    {"io.gravitee.gateway.quiet", Level::off}}});
  EXPECT_TRUE(enabled("io.gravitee.gateway.sync.http", Level::debug));
  EXPECT_FALSE(enabled("io.gravitee.gateway.sync.http", Level::trace));
  EXPECT_FALSE(enabled("io.gravitee.gatewayish", Level::debug));
  EXPECT_TRUE(enabled("io.gravitee.gatewayish", Level::info));
  EXPECT_FALSE(enabled("io.gravitee.gateway.quiet.below", Level::error));
  EXPECT_FALSE(enabled("org.else", Level::info));
  EXPECT_TRUE(enabled("org.else", Level::warn));
  EXPECT_FALSE(enabled("", Level::info));
}

TEST_F(LogTest, LevelsChangeAtRunTime) {
  begin({});
  kLog.debug("not asked for");
  reconfigure({{"io.gravitee.gateway.sync", Level::debug}});
  kLog.debug("asked for");
  EXPECT_FALSE(enabled("io.gravitee", Level::info));  // without a ROOT: WARN
  EXPECT_EQ(
      levels(),
      (std::map<std::string, Level, std::less<>>{{"io.gravitee.gateway.sync", Level::debug}}));
  EXPECT_THAT(end(), "22:13:20.000 [main] [] DEBUG io.gravitee.gateway.sync - asked for\n");
}

TEST_F(LogTest, DropsTheOldestLinesAndCountsThem) {
  std::uint64_t before = lines_dropped();
  begin({.lines_queued_max = 4});
  std::size_t filled = clog();
  kLog.info("taken by the writer, which waits for the reader, or dropped as the oldest");
  for (int i = 0; i < 100; ++i) kLog.info("line {}", i);
  std::uint64_t dropped = lines_dropped() - before;
  std::thread reader;
  std::string text;
  reader = std::thread([&] { text = rest(); });
  stop();
  close(pipe_[1]);
  closed_ = true;
  reader.join();
  text.erase(0, filled);
  EXPECT_GE(dropped, 101u - 4 - 8);  // what the writer took before it stood still may be one batch
  EXPECT_THAT(text,
              HasSubstr("lines were dropped before this one: the queue of the log was full\n"));
  EXPECT_THAT(
      text, EndsWith("- line 96\n22:13:20.000 [main] [] INFO  io.gravitee.gateway.sync - line 97\n"
                     "22:13:20.000 [main] [] INFO  io.gravitee.gateway.sync - line 98\n"
                     "22:13:20.000 [main] [] INFO  io.gravitee.gateway.sync - line 99\n"));
  std::uint64_t told = 0;  // a WARN line that tells of the dropped ones may come twice
  for (std::size_t at = text.find(" INFO "); at != text.npos; at = text.find(" INFO ", at + 1))
    ++told;
  EXPECT_EQ(told + dropped, 101u);  // every line was written or counted
}

TEST_F(LogTest, CountsLinesThatCannotBeWritten) {
  std::uint64_t before = lines_dropped();
  begin({});
  close(pipe_[0]);
  pipe_[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
  kLog.info("nobody reads");  // EPIPE, and no signal ends the process
  stop();
  EXPECT_EQ(lines_dropped() - before, 1u);
}

TEST_F(LogTest, ManyThreadsLoseNothingBelowTheLimit) {
  begin({.lines_queued_max = 100'000});
  std::string text;
  std::thread reader([&] { text = rest(); });
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([] {
      for (int i = 0; i < 500; ++i) kLog.info("line {}", i);
    });
  }
  for (int i = 0; i < 20; ++i) reconfigure(Settings{}.levels);
  for (std::thread& writer : writers) writer.join();
  stop();
  close(pipe_[1]);
  closed_ = true;
  reader.join();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2000);
}

TEST_F(LogTest, WritesToStandardErrorBeforeItStartsAndAfterItStopped) {
  testing::internal::CaptureStderr();
  kLog.info("early");
  begin({});
  stop();
  kLog.info("late");
  std::string text = testing::internal::GetCapturedStderr();
  EXPECT_THAT(text,
              AllOf(HasSubstr("INFO  io.gravitee.gateway.sync - early\n"), HasSubstr(" - late\n")));
}

TEST_F(LogTest, StartsAndStopsAgain) {
  for (int i = 0; i < 3; ++i) {
    begin({});
    kLog.info("round {}", i);
    stop();
    stop();
  }
  EXPECT_THAT(end(), HasSubstr("round 2\n"));
}

}  // namespace
}  // namespace perigee::log
