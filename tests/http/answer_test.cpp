// How an answer goes out: its head, its framing, its body, and what ends the connection.
#include <gmock/gmock.h>

#include "tests/http/support/prepared.hpp"

namespace perigee::http {
namespace {

using test::FedBody;
using test::kGet;
using test::Prepared;
using test::World;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

struct Answer : testing::Test {
  Prepared handler;
  World world{handler};
};

TEST_F(Answer, AnswersWithLengthAndHeadersInOrder) {
  handler.fields = {{"X-B", "1"}, {"x-a", "2"}, {"X-B", "3"}};
  BytesBody body("hello");
  handler.body = &body;
  auto client = world.connect();
  client->send(kGet);
  world.settle();
  EXPECT_EQ(client->received,
            "HTTP/1.1 200 OK\r\nX-B: 1\r\nx-a: 2\r\nX-B: 3\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_FALSE(client->over());
  EXPECT_EQ(world.observed.last_status, 200);
  EXPECT_EQ(world.observed.last_response_bytes, 5u);
}

TEST_F(Answer, DecidesTheFramingWhateverTheHeadSays) {
  handler.fields = {{"Content-Length", "999"}, {"Transfer-Encoding", "gzip"},
                    {"Connection", "close"},   {"Keep-Alive", "timeout=5"},
                    {"Upgrade", "x"},          {"Trailer", "X-Sum"},
                    {"Proxy-Connection", "a"}, {"TE", "trailers"}};
  BytesBody body("hello");
  handler.body = &body;
  auto client = world.connect();
  client->send(kGet);
  world.settle();
  EXPECT_EQ(client->received, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
}

TEST_F(Answer, NeverSendsWhatWouldSplitTheHead) {
  handler.fields = {
      {"X-A", "a\r\nX-Evil: 1"}, {"X-B\r\nX-Evil", "1"}, {"X-C", std::string("a\0b", 3)},
      {"X-D", "a\nb"},           {"", "empty"},          {"X-Good", "yes"}};
  auto client = world.connect();
  client->send(kGet);
  world.settle();
  EXPECT_EQ(client->received, "HTTP/1.1 200 OK\r\nX-Good: yes\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(Answer, HasNoBodyWhereNoneBelongs) {
  struct Case {
    std::string request;
    int status;
    std::vector<std::pair<std::string, std::string>> fields;
    std::string answer;
  };
  const std::string head_request = "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n";
  const Case cases[] = {
      {head_request, 200, {}, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"},
      {head_request,
       200,
       {{"Content-Length", "77"}},
       "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n"},
      {kGet, 204, {{"Content-Length", "5"}}, "HTTP/1.1 204 No Content\r\n\r\n"},
      {kGet, 304, {}, "HTTP/1.1 304 Not Modified\r\n\r\n"},
      {kGet,
       304,
       {{"Content-Length", "9"}},
       "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"},
      {head_request, 204, {}, "HTTP/1.1 204 No Content\r\n\r\n"},
  };
  for (const Case& one : cases) {
    BytesBody body("hello");
    handler.body = &body;
    handler.status = one.status;
    handler.fields = one.fields;
    auto client = world.connect();
    client->send(one.request);
    world.settle();
    EXPECT_EQ(client->received, one.answer);
  }
}

// What a step makes of the method for the backend is not what the client waits for.
TEST_F(Answer, HasABodyOrNotAsTheClientAsked) {
  for (std::string asked : {"HEAD", "GET"}) {
    BytesBody body("hello");
    handler.body = &body;
    handler.method = asked == "HEAD" ? Method::get : Method::head;
    auto client = world.connect();
    client->send(asked + " /a HTTP/1.1\r\nHost: h\r\n\r\n");
    world.settle();
    EXPECT_EQ(client->received, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" +
                                    std::string(asked == "HEAD" ? "" : "hello"));
  }
}

TEST_F(Answer, SendsABodyOfUnknownLengthInChunks) {
  FedBody body;
  handler.body = &body;
  auto client = world.connect();
  client->send(kGet);
  world.settle();
  EXPECT_EQ(client->take(), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  body.feed("hello");
  world.settle();
  EXPECT_EQ(client->take(), "5\r\nhello\r\n");
  body.feed(std::string(300, 'x'));
  body.feed("");
  world.settle();
  EXPECT_EQ(client->take(), "12c\r\n" + std::string(300, 'x') + "\r\n0\r\n\r\n");
  client->send(kGet);
  body.feed("");
  world.settle();
  EXPECT_EQ(client->received, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

TEST_F(Answer, SendsTrailersAfterTheLastChunkOnly) {
  Arena arena;
  Headers trailers(arena);
  trailers.add(HeaderName("X-Sum"), "1");
  trailers.add(HeaderName("Content-Length"), "5");
  trailers.add(HeaderName("X-Evil"), "a\r\nb: c");
  FedBody body;
  body.trail(&trailers);
  body.feed("hi");
  body.feed("");
  handler.body = &body;
  handler.fields = {{"Trailer", "X-Sum"}};
  auto client = world.connect();
  client->send(kGet);
  world.settle();
  EXPECT_EQ(client->received,
            "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n"
            "2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n");
}

TEST_F(Answer, SpeaksToHttp10) {
  FedBody body;
  body.feed("hi");
  body.feed("");
  handler.body = &body;
  auto client = world.connect();
  client->send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  world.settle();
  EXPECT_EQ(client->received, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi");
  EXPECT_TRUE(client->ended);

  BytesBody known("hi");
  handler.body = &known;
  auto keeping = world.connect();
  keeping->send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  world.settle();
  EXPECT_EQ(keeping->take(),
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi");
  keeping->send("GET / HTTP/1.0\r\n\r\n");
  world.settle();
  EXPECT_THAT(keeping->received, HasSubstr("Connection: close"));
  EXPECT_TRUE(keeping->ended);
}

TEST_F(Answer, ClosesWhenAsked) {
  handler.close = true;
  auto client = world.connect();
  client->send(kGet + kGet);
  world.settle();
  EXPECT_EQ(client->received, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client->ended);
  EXPECT_EQ(handler.calls, 1);

  handler.close = false;
  auto asking = world.connect();
  asking->send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  world.settle();
  EXPECT_THAT(asking->received, HasSubstr("Connection: close"));
  EXPECT_TRUE(asking->ended);
  EXPECT_EQ(world.server.connections(), 0u);
}

TEST_F(Answer, BreaksOffABodyThatFailsMidway) {
  FedBody chunked;
  handler.body = &chunked;
  auto client = world.connect();
  client->send(kGet);
  chunked.feed("hi");
  world.settle();
  chunked.fail(ErrorCode::reset, Fault::upstream);
  world.settle();
  EXPECT_THAT(client->received, EndsWith("2\r\nhi\r\n"));
  EXPECT_TRUE(client->over());
  ASSERT_EQ(handler.errors.size(), 1u);
  EXPECT_EQ(handler.errors[0].code, ErrorCode::reset);

  FedBody short_body(10);
  handler.body = &short_body;
  auto other = world.connect();
  other->send(kGet);
  short_body.feed("hi");
  short_body.feed("");
  world.settle();
  EXPECT_THAT(other->received, EndsWith("Content-Length: 10\r\n\r\nhi"));
  EXPECT_TRUE(other->over());

  // Nothing but a reset tells a client of HTTP/1.0.
  FedBody until_close;
  handler.body = &until_close;
  auto old = world.connect();
  old->send("GET / HTTP/1.0\r\n\r\n");
  until_close.feed("hi");
  world.settle();
  until_close.fail(ErrorCode::reset, Fault::upstream);
  world.settle();
  EXPECT_TRUE(old->broken);
}

TEST_F(Answer, NeverSendsMoreThanItsLength) {
  FedBody body(3);
  body.feed("hello");
  handler.body = &body;
  auto client = world.connect();
  client->send(kGet);
  world.settle();
  EXPECT_THAT(client->received, Not(HasSubstr("hello")));
  EXPECT_TRUE(client->over());
}

// Answers again when the first body fails before anything was sent.
struct SecondChance : Handler {
  bool responded_after_failure = true;
  Async<void> handle(ServerExchange& exchange) override {
    FedBody broken;
    broken.fail(ErrorCode::reset, Fault::upstream);
    ResponseHead head(exchange.arena);
    Result<void> sent = co_await exchange.respond(head, &broken);
    responded_after_failure = exchange.responded();
    head.status = 502;
    BytesBody body("sorry");
    if (!sent) sent = co_await exchange.respond(head, &body);
    EXPECT_TRUE(sent.has_value());
  }
};

TEST(Exchange, MayAnswerAnewWhenNothingWasSent) {
  SecondChance handler;
  World world(handler);
  auto client = world.connect();
  client->send(kGet);
  world.settle();
  EXPECT_FALSE(handler.responded_after_failure);
  EXPECT_EQ(client->received, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\nsorry");
  EXPECT_EQ(world.observed.last_status, 502);
}

}  // namespace
}  // namespace perigee::http
