// /_node/threaddump and /_node/heapdump (runtime.md 3.7).
#include "node/dumps.hpp"

#include <gmock/gmock.h>
#include <malloc.h>
#include <unistd.h>

#include "tests/node/support/node.hpp"

namespace perigee::node::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

WorkerReport busy_worker() {
  WorkerReport report{.thread = gettid(), .connections = 9, .requests = 4};
  report.oldest = {{.id = "first", .age = 1500ms}, {.id = "", .age = 2ms}};
  report.buffer_bytes_leased = 123456;
  return report;
}

TEST(ThreadDump, HasABlockForEachThreadAndTheRequestsOfWorkers) {
  const std::string text = thread_dump({busy_worker()});
  EXPECT_THAT(text, ContainsRegex("\"[^\"]+\" thread " + std::to_string(gettid()) +
                                  " runnable, [0-9.]+ s of CPU\n"
                                  "    9 connections, 4 requests in progress\n"
                                  "    request first for 1.500 s\n"
                                  "    request - for 0.002 s\n"
                                  "    and 2 younger ones\n"));
}

TEST(HeapDump, TellsSubsystemsAndSizeClasses) {
  // Free chunks between chunks in use.
  std::vector<std::unique_ptr<char[]>> chunks;
  for (int i = 0; i < 100; ++i) chunks.push_back(std::make_unique<char[]>(3000));
  for (std::size_t i = 0; i < chunks.size(); i += 2) chunks[i].reset();
  const std::string text = heap_dump({.resident_bytes = 77001}, {busy_worker()});
  EXPECT_THAT(text, HasSubstr("resident                              77001\n"));
  EXPECT_THAT(text, HasSubstr("buffers in use                       123456\n"));
  EXPECT_THAT(text, HasSubstr("9 connections, 4 requests"));
  if (mallinfo2().arena == 0) return;  // a sanitizer's allocator tells nothing
  EXPECT_THAT(text, ContainsRegex("free chunks of the allocator.*\n +[0-9]+ +[0-9]+ +[0-9]+\n"));
}

class Dumps : public Node {
 protected:
  // A worker that keeps its answer back until the test gives it.
  void start_with(bool heap, bool threads) {
    loaded.settings.node_api.heapdump = heap;
    loaded.settings.node_api.threaddump = threads;
    NodeApi::Init made = init();
    made.ask_workers = [this](auto told) {
      tell.push_back(std::move(told));
      return 1u;
    };
    start(std::move(made));
  }
  std::vector<std::function<void(WorkerReport)>> tell;
};

TEST_F(Dumps, AreOffByDefault) {
  start();
  EXPECT_THAT(get("/_node/threaddump"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get("/_node/heapdump"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(Dumps, EachHasASwitchOfItsOwn) {
  start_with(true, false);
  EXPECT_THAT(get("/_node/threaddump"), StartsWith("HTTP/1.1 404 "));
  Peer& asked = ask("/_node/heapdump?live=true");
  ASSERT_TRUE(net::testing::turn_until(reactor, [&] { return !tell.empty(); }));
  tell[0](busy_worker());
  const std::string got = answer(asked);
  EXPECT_THAT(got, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(got, HasSubstr("Content-Type: application/octet-stream\r\n"));
  EXPECT_THAT(got, HasSubstr("123456"));
}

TEST_F(Dumps, WaitForTheReportsOfWorkers) {
  start_with(false, true);
  Peer& asked = ask("/_node/threaddump");
  ASSERT_TRUE(net::testing::turn_until(reactor, [&] { return !tell.empty(); }));
  net::testing::settle(reactor);
  EXPECT_EQ(asked.received, "");
  tell[0](busy_worker());
  const std::string got = answer(asked);
  EXPECT_THAT(got, HasSubstr("Content-Type: text/plain;charset=UTF-8\r\n"));
  EXPECT_THAT(got, HasSubstr("request first for 1.500 s\n"));
}

TEST_F(Dumps, AWorkerThatIsStuckIsNotWaitedForLong) {
  start_with(false, true);
  Peer& asked = ask("/_node/threaddump");
  ASSERT_TRUE(net::testing::turn_until(reactor, [&] { return !tell.empty(); }));
  clock.advance(1s);
  const std::string got = answer(asked);
  EXPECT_THAT(got, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(got, Not(HasSubstr("request ")));
  tell[0](busy_worker());  // too late, and no harm
}

}  // namespace
}  // namespace perigee::node::testing
