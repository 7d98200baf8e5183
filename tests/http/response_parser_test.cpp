#include <gtest/gtest.h>

#include "http/h1_parser.hpp"

namespace perigee::http {
namespace {

struct Answer {
  const char* bytes;
  Method method;
  Framing framing;
  bool keep_alive;
};

H1Outcome parse(std::string_view bytes, Method method, H1Head& info) {
  Arena arena;
  ResponseHead head(arena);
  return parse_response(bytes, {}, method, head, info);
}

TEST(ResponseParser, KnowsTheFramingOfEveryAnswer) {
  const Answer answers[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", Method::get, Framing::length, true},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", Method::get, Framing::chunked,
       true},
      {"HTTP/1.1 200 OK\r\n\r\n", Method::get, Framing::until_close, false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n", Method::get, Framing::length, false},
      {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\n", Method::get,
       Framing::length, true},
      {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\n", Method::get,
       Framing::length, false},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", Method::head, Framing::none, true},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Method::head, Framing::none, true},
      {"HTTP/1.1 204 No Content\r\n\r\n", Method::get, Framing::none, true},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", Method::get, Framing::none, true},
      {"HTTP/1.1 100 Continue\r\n\r\n", Method::post, Framing::none, true},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", Method::get, Framing::none, true},
      {"HTTP/1.1 200 OK\r\n\r\n", Method::connect, Framing::none, false},
      {"HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\n", Method::connect, Framing::length,
       false},
      {"HTTP/1.1 200\r\nContent-Length: 3\r\n\r\n", Method::get, Framing::length, true},
      {"HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\n", Method::get, Framing::length, true},
      {"HTTP/1.1 999 caf\xe9 \t ok\r\nContent-Length: 3\r\n\r\n", Method::get, Framing::length,
       true},
  };
  for (const Answer& answer : answers) {
    H1Head info;
    H1Outcome outcome = parse(answer.bytes, answer.method, info);
    ASSERT_EQ(outcome.result, Parse::done) << answer.bytes << outcome.why;
    EXPECT_EQ(info.framing, answer.framing) << answer.bytes;
    EXPECT_EQ(info.keep_alive, answer.keep_alive) << answer.bytes;
    for (std::size_t size = 0; size < std::string_view(answer.bytes).size(); ++size) {
      outcome = parse(std::string_view(answer.bytes).substr(0, size), answer.method, info);
      ASSERT_EQ(outcome.result, Parse::more) << answer.bytes << size << outcome.why;
    }
  }
}

TEST(ResponseParser, RefusesWhatIsAmbiguousOrMalformed) {
  const std::string_view answers[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 204 No\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\nContent-Length: 3\n\n",
      "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 3\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA: \x01\r\n\r\n",
      "HTTP/1.1 200 O\x01K\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 099 OK\r\n\r\n",
      "HTTP/1.1 2x0 OK\r\n\r\n",
      "HTTP/1.1  200 OK\r\n\r\n",
      "HTTP/2.0 200 OK\r\n\r\n",
      "HTTP/1.2 200 OK\r\n\r\n",
      "ICY 200 OK\r\n\r\n",
      "200 OK\r\n\r\n",
      "<html>\r\n\r\n",
      "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
      "SSH-2.0-OpenSSH_9.2\r\n",
  };
  for (std::string_view answer : answers) {
    H1Head info;
    EXPECT_EQ(parse(answer, Method::get, info).result, Parse::refused) << answer;
  }
}

TEST(ResponseParser, GivesStatusReasonAndFields) {
  Arena arena;
  ResponseHead head(arena);
  H1Head info;
  std::string_view bytes = "HTTP/1.1 418 I'm a teapot\r\nX-A: b\r\nContent-Length: 0\r\n\r\nnext";
  ASSERT_EQ(parse_response(bytes, {}, Method::get, head, info).result, Parse::done);
  EXPECT_EQ(head.status, 418);
  EXPECT_EQ(head.reason, "I'm a teapot");
  EXPECT_EQ(head.headers.get(HeaderName("x-a")), "b");
  EXPECT_EQ(bytes.substr(info.bytes), "next");
}

}  // namespace
}  // namespace perigee::http
