#include "tests/compat/client.hpp"

#include <gtest/gtest.h>

namespace perigee::compat {
namespace {

TEST(Client, WritesWhatTheCaseSaysAndTheFramingThatItLeavesOut) {
  EXPECT_EQ(request_bytes({.path = "/api?a", .headers = {{"X-A", "1"}, {"X-A", "2"}}}),
            "GET /api?a HTTP/1.1\r\nHost: gateway.example\r\nX-A: 1\r\nX-A: 2\r\n\r\n");
  EXPECT_EQ(request_bytes({.method = "PUT", .headers = {{"host", "h"}}, .body = "abc"}),
            "PUT /api HTTP/1.1\r\nhost: h\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(request_bytes({.headers = {{"Host", "h"}, {"Content-Length", "1"}}, .body = "a"}),
            "GET /api HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na");
  EXPECT_EQ(request_bytes({.headers = {{"Host", "h"}, {"Transfer-Encoding", "chunked"}},
                           .body = "0123456789abcdef"}),
            "GET /api HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            "10\r\n0123456789abcdef\r\n0\r\n\r\n");
  EXPECT_EQ(request_bytes({.headers = {{"Host", "h"}, {"Transfer-Encoding", "chunked"}}}),
            "GET /api HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

TEST(Client, AnAnswerIsWholeWhenItsFramingSaysSo) {
  struct Row {
    const char* bytes;
    bool whole;
    int status;
    const char* body;
    bool to_head = false, ended = false;
  };
  const Row kRows[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", false, 0, ""},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh", false, 200, "h"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", true, 200, "hi"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", true, 200, "", true},
      {"HTTP/1.1 204 No Content\r\n\r\n", true, 204, ""},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n", true, 304, ""},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", false, 200, "hi"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", true, 200,
       "hi"},
      {"HTTP/1.1 200 OK\r\n\r\nall", false, 200, "all"},
      {"HTTP/1.1 200 OK\r\n\r\nall", true, 200, "all", false, true}};
  for (const Row& row : kRows) {
    ClientAnswer answer = read_answer(row.bytes, row.to_head, row.ended);
    EXPECT_EQ(answer.whole, row.whole) << row.bytes;
    EXPECT_EQ(answer.status, row.status) << row.bytes;
    EXPECT_EQ(answer.body, row.body) << row.bytes;
  }
  ClientAnswer answer = read_answer("HTTP/1.1 204 X\r\nA: 1\r\na:2\r\n\r\n", false, false);
  EXPECT_EQ(answer.headers, (NameValues{{"A", "1"}, {"a", "2"}}));
}

}  // namespace
}  // namespace perigee::compat
