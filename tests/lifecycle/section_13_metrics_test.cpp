// lifecycle.md section 13: hooks of logs and metrics. Logs are written by reporters, which this
// version has not: S2_Step02 and S2_Step14 show what becomes of a definition that asks for them.
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {

TEST_F(Lifecycle, S13_MetricsAreReportedOnceAfterTheLastByte) {
  serve({v4()});
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
  EXPECT_TRUE(until([&] { return client.received.ends_with("ab"); }));
  settle();
  EXPECT_EQ(reported("2xx"), 0u);
  backend->connections[0]->send("cd");
  EXPECT_EQ(answer(client).body, "abcd");
  settle();
  EXPECT_EQ(reported("2xx"), 1u);
}

// Metrics are reported once per request, whatever became of it.
TEST_F(Lifecycle, S13_MetricsOfAnErrorAreReportedOnce) {
  serve({v4({.target = "$CLOSED"})});
  expect_turn({.status = 502});
  EXPECT_EQ(reported("5xx"), 1u);
  EXPECT_EQ(reported_series(), std::vector<std::string>{"api 5xx"});
}

TEST_F(Lifecycle, S13_MetricsOfSeveralAttemptsAreReportedOnce) {
  serve({v4({.top = R"(,"failover":{"enabled":true,"maxRetries":2})"})});
  expect_turn({.backend_says = {kHangUp, kHangUp, kOk}, .calls = 3});
  EXPECT_EQ(reported("2xx"), 1u);
  EXPECT_EQ(reported_series(), std::vector<std::string>{"api 2xx"});
}

TEST_F(Lifecycle, S13_MetricsOfACutStreamAreReportedOnceItEnds) {
  serve({v4()});
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
  ASSERT_TRUE(until([&] { return client.received.ends_with("ab"); }));
  EXPECT_EQ(reported("2xx"), 0u);
  client.close();
  ASSERT_TRUE(until([&] { return reported("2xx") > 0; }));
  EXPECT_EQ(reported("2xx"), 1u);
}

}  // namespace perigee::lifecycle
