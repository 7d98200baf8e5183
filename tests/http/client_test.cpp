// The client's codec against a scripted upstream: what it sends and what it takes.
#include <gmock/gmock.h>

#include "tests/http/support/client_world.hpp"

namespace perigee::http {
namespace {

using test::Client;
using test::FedBody;
using test::Going;
using test::kOk;
using testing::EndsWith;

TEST_F(Client, SendsAHeadAndReadsAnAnswer) {
  auto going = exchange("HTTP/1.1 201 Made\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(upstream->received, "GET /a?b HTTP/1.1\r\nHost: up\r\n\r\n");
  EXPECT_EQ(going->response.status, 201);
  EXPECT_EQ(going->response.reason, "Made");
  EXPECT_EQ(going->response.headers.get(HeaderName("x-a")), "b");
  EXPECT_EQ(going->body, "ok");
  EXPECT_TRUE(going->read_whole);
  EXPECT_FALSE(connection->reusable());
  going->finish();
  EXPECT_TRUE(connection->reusable());
  EXPECT_EQ(connection->exchanges_done(), 1u);
}

TEST_F(Client, ReusesTheConnection) {
  for (int i = 0; i < 3; ++i) {
    auto going = exchange(kOk);
    EXPECT_EQ(going->body, "ok");
    going->finish();
    ASSERT_TRUE(connection->reusable());
    EXPECT_EQ(reactor.buffers().bytes_leased(), 0u);
  }
}

TEST_F(Client, DecidesTheFramingOfTheRequest) {
  struct Case {
    const char* method;
    bool has_body;
    std::optional<std::uint64_t> length;
    std::vector<std::pair<const char*, const char*>> fields;
    std::string sent;
  };
  const std::string line = " /a?b HTTP/1.1\r\nHost: up\r\n";
  const Case cases[] = {
      {"GET", false, {}, {}, "GET" + line + "\r\n"},
      {"POST", false, {}, {{"Content-Length", "0"}}, "POST" + line + "Content-Length: 0\r\n\r\n"},
      {"POST", false, {}, {{"Transfer-Encoding", "chunked"}}, "POST" + line + "\r\n"},
      {"POST",
       true,
       2,
       {{"Content-Length", "9"}, {"Transfer-Encoding", "chunked"}},
       "POST" + line + "Content-Length: 2\r\n\r\nhi"},
      {"POST",
       true,
       {},
       {{"Connection", "close"}},
       "POST" + line + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"},
      {"GET",
       false,
       {},
       {{"Connection", "Upgrade, x"}, {"Upgrade", "websocket"}, {"Keep-Alive", "5"}},
       "GET" + line + "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"},
      {"GET", false, {}, {{"Upgrade", "h2c"}, {"HTTP2-Settings", "x"}}, "GET" + line + "\r\n"},
  };
  for (const Case& one : cases) {
    connect();
    FedBody body(one.length);
    body.feed("hi");
    body.feed("");
    Going going(*connection, one.method, one.has_body ? &body : nullptr);
    for (const auto& [name, value] : one.fields) going.request.headers.add(HeaderName(name), value);
    going.start();
    settle();
    EXPECT_EQ(upstream->received, one.sent);
  }
}

TEST_F(Client, SendsTrailersOfTheRequest) {
  Arena arena;
  Headers sum(arena);
  sum.add(HeaderName("X-Sum"), "1");
  FedBody body;
  body.trail(&sum);
  body.feed("hi");
  body.feed("");
  Going going(*connection, "POST", &body);
  going.start();
  settle();
  EXPECT_THAT(upstream->received, EndsWith("\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n"));
}

TEST_F(Client, RefusesToSendWhatWouldSplitTheRequest) {
  const std::string_view targets[] = {"/a b",      "/a\r\nX: y", "",
                                      "/\xc3\xa9", "/a#b",       std::string_view("/\0", 2)};
  for (std::string_view target : targets) {
    connect();
    Going going(*connection, "GET");
    going.request.target = target;
    going.start();
    ASSERT_TRUE(going.done());
    EXPECT_EQ(going.error(), ErrorCode::invalid);
    EXPECT_EQ(going.started->error().fault, Fault::ours);
    settle();
    EXPECT_EQ(upstream->received, "");
  }
  connect();
  Going going(*connection, "GET");
  going.request.method_text = "GET /evil HTTP/1.1\r\n\r\nGET";
  going.start();
  EXPECT_EQ(going.error(), ErrorCode::invalid);
}

TEST_F(Client, ReadsEveryFraming) {
  struct Case {
    std::string_view method;
    std::string answer;
    std::string body;
    bool reusable;
  };
  const Case cases[] = {
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", true},
      {"GET", "HTTP/1.1 204 No\r\n\r\n", "", true},
      {"GET", "HTTP/1.1 304 Not\r\nContent-Length: 7\r\n\r\n", "", true},
      {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "", true},
      {"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "", true},
      {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", true},
      {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
       "abc", true},
      {"GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", "ok", false},
      {"GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", false},
      {"GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", "ok",
       true},
      // Bytes behind the answer belong to nobody.
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!", "ok", false},
      {"GET", "HTTP/1.1 204 No\r\n\r\nbody", "", false},
      {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", "", false},
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n", "ok", false},
  };
  for (const Case& one : cases) {
    for (std::size_t bytes_at_once : {std::size_t{1}, std::size_t{1000}}) {
      connect({.read_bytes_max = bytes_at_once});
      auto going = exchange(one.answer, one.method);
      ASSERT_TRUE(going->done()) << one.answer;
      EXPECT_TRUE(going->read_whole) << one.answer;
      EXPECT_EQ(going->body, one.body) << one.answer;
      going->finish();
      settle();
      EXPECT_EQ(connection->quiet(), one.reusable) << one.answer << bytes_at_once;
    }
  }
}

TEST_F(Client, MergesSmallChunksIntoOnePiece) {
  std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 200; ++i) answer += "3\r\nabc\r\n";
  auto going = exchange(answer + "0\r\nX-Sum: 1\r\n\r\n");
  ASSERT_EQ(going->pieces.size(), 1u);
  EXPECT_EQ(going->body.size(), 600u);
  EXPECT_EQ(going->body.substr(597), "abc");
  ASSERT_NE(going->exchange->body()->trailers(), nullptr);
  EXPECT_EQ(going->exchange->body()->trailers()->get(HeaderName("x-sum")), "1");
  going->finish();
  EXPECT_TRUE(connection->reusable());
}

TEST_F(Client, GivesWhatCameBeforeABrokenChunk) {
  auto going =
      exchange("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncdX\r\n");
  EXPECT_EQ(going->body, "abcd");
  EXPECT_EQ(going->body_error, ErrorCode::invalid);
  going->finish();
  EXPECT_FALSE(connection->reusable());
}

TEST_F(Client, ReadsUntilTheUpstreamCloses) {
  auto going = exchange("HTTP/1.1 200 OK\r\n\r\nhello");
  EXPECT_EQ(going->body, "hello");
  EXPECT_FALSE(going->read_whole);
  upstream->send(", world");
  upstream->end();
  settle();
  EXPECT_EQ(going->body, "hello, world");
  EXPECT_TRUE(going->read_whole);
  going->finish();
  EXPECT_FALSE(connection->reusable());
}

TEST_F(Client, TellsABodyThatEndsEarly) {
  for (bool by_reset : {false, true}) {
    for (std::string_view framing : {"Content-Length: 10", "Transfer-Encoding: chunked"}) {
      connect();
      auto going = exchange("HTTP/1.1 200 OK\r\n" + std::string(framing) + "\r\n\r\n");
      if (by_reset) {
        upstream->reset();
      } else {
        upstream->end();
      }
      settle();
      EXPECT_EQ(going->body_error, by_reset ? ErrorCode::reset : ErrorCode::closed);
      going->finish();
      EXPECT_FALSE(connection->reusable());
    }
  }
}

TEST_F(Client, AResetMeansThatABodyWithoutLengthIsCut) {
  auto going = exchange("HTTP/1.1 200 OK\r\n\r\nhello");
  upstream->reset();
  settle();
  EXPECT_EQ(going->body_error, ErrorCode::reset);
}

TEST_F(Client, RefusesAnswersThatBreakTheRules) {
  const std::string_view answers[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
      "HTTP/1.1 200 OK\nContent-Length: 1\n\n",
      "SSH-2.0-OpenSSH\r\n",
      "HTTP/2.0 200 OK\r\n\r\n",
      "\x15\x03\x01",
  };
  for (std::string_view answer : answers) {
    connect();
    auto going = exchange(answer);
    ASSERT_TRUE(going->done()) << answer;
    EXPECT_EQ(going->error(), ErrorCode::invalid) << answer;
    EXPECT_EQ(going->started->error().fault, Fault::upstream);
    EXPECT_FALSE(going->started->error().retry_is_safe);
    going->finish();
    EXPECT_FALSE(connection->reusable());
  }
}

TEST_F(Client, BoundsTheAnswersHead) {
  connect({.capacity = 1 << 20});
  auto going = exchange("HTTP/1.1 200 OK\r\nX: " + std::string(80000, 'a'));
  ASSERT_TRUE(going->done());
  EXPECT_EQ(going->error(), ErrorCode::invalid);
  // Line and head each at their limit fill the largest block.
  connect({.capacity = 1 << 20});
  going = exchange("HTTP/1.1 200 " + std::string(8192 - 13, 'r') +
                   "\r\nX: " + std::string(65536 - 3, 'a'));
  ASSERT_TRUE(going->done());
  EXPECT_EQ(going->error(), ErrorCode::invalid);
  connect({.capacity = 1 << 20});
  going = exchange("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: " + std::string(60000, 'a') +
                   "\r\n\r\n");
  ASSERT_TRUE(going->done());
  EXPECT_EQ(going->response.headers.get(HeaderName("x"))->size(), 60000u);
}

}  // namespace
}  // namespace perigee::http
