// What a handler may do with an exchange, and what the client sees of it.
#include <gmock/gmock.h>

#include "tests/http/support/world.hpp"

namespace perigee::http {
namespace {

using test::FedBody;
using test::Recorder;
using test::World;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

// Answers with what the test has prepared.
struct Prepared : Handler {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> fields;
  Body* body = nullptr;
  bool close = false;
  std::vector<Error> errors;
  int calls = 0;
  ServerExchange* current = nullptr;

  Async<void> handle(ServerExchange& exchange) override {
    ++calls;
    current = &exchange;
    ResponseHead head(exchange.arena);
    head.status = status;
    for (const auto& [name, value] : fields) head.headers.add(HeaderName(name), value);
    if (close) exchange.close_after();
    Result<void> sent = co_await exchange.respond(head, body);
    if (!sent) errors.push_back(sent.error());
    current = nullptr;
  }
};

struct Fixture : testing::Test {
  Prepared handler;
  World world{handler};
};

TEST_F(Fixture, AnswersWithLengthAndHeadersInOrder) {
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

TEST_F(Fixture, DecidesTheFramingWhateverTheHeadSays) {
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

TEST_F(Fixture, NeverSendsWhatWouldSplitTheHead) {
  handler.fields = {
      {"X-A", "a\r\nX-Evil: 1"}, {"X-B\r\nX-Evil", "1"}, {"X-C", std::string("a\0b", 3)},
      {"X-D", "a\nb"},           {"", "empty"},          {"X-Good", "yes"}};
  auto client = world.connect();
  client->send(kGet);
  world.settle();
  EXPECT_EQ(client->received, "HTTP/1.1 200 OK\r\nX-Good: yes\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(Fixture, HasNoBodyWhereNoneBelongs) {
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

TEST_F(Fixture, SendsABodyOfUnknownLengthInChunks) {
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

TEST_F(Fixture, SendsTrailersAfterTheLastChunkOnly) {
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

TEST_F(Fixture, SpeaksToHttp10) {
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

TEST_F(Fixture, ClosesWhenAsked) {
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

TEST_F(Fixture, BreaksOffABodyThatFailsMidway) {
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

TEST_F(Fixture, NeverSendsMoreThanItsLength) {
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

TEST(Exchange, AnswersPipelinedRequestsInOrder) {
  Recorder recorder;
  World world(recorder);
  auto client = world.connect();
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    std::string n = std::to_string(i);
    requests += i % 2 == 0 ? "GET /" + n + " HTTP/1.1\r\nHost: h\r\n\r\n"
                           : "POST /" + n + " HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";
  }
  client->send(requests);
  world.settle();
  ASSERT_EQ(recorder.seen.size(), 50u);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(recorder.seen[static_cast<std::size_t>(i)].target, "/" + std::to_string(i));
    EXPECT_EQ(recorder.seen[static_cast<std::size_t>(i)].body, i % 2 == 0 ? "" : "body");
  }
  EXPECT_EQ(test::statuses(client->received).size(), 50u);
  EXPECT_EQ(world.observed.ended, 50);
}

TEST(Exchange, RunsOnePipelinedRequestAtATime) {
  Prepared handler;
  FedBody body;
  handler.body = &body;
  World world(handler);
  auto client = world.connect();
  client->send(kGet + kGet);
  world.settle();
  EXPECT_EQ(handler.calls, 1);
  body.feed("");
  world.settle();
  EXPECT_EQ(handler.calls, 2);
  body.feed("");
  world.settle();
  EXPECT_EQ(test::statuses(client->received).size(), 2u);
}

TEST(Exchange, AsksForTheBodyWhenToldTo) {
  Recorder recorder;
  World world(recorder, {.answer_continue = true});
  auto client = world.connect();
  client->send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  world.settle();
  EXPECT_EQ(client->take(), "HTTP/1.1 100 Continue\r\n\r\n");
  client->send("hello");
  world.settle();
  EXPECT_THAT(client->received, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_EQ(recorder.seen[0].body, "hello");

  // The body is already there: nobody waits for the 100.
  auto eager = world.connect();
  eager->send(
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello");
  world.settle();
  EXPECT_THAT(eager->received, StartsWith("HTTP/1.1 200 OK"));
}

TEST(Exchange, LeavesTheExpectationToTheHandlerOtherwise) {
  Recorder recorder;
  World world(recorder);
  auto client = world.connect();
  client->send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  world.settle();
  EXPECT_EQ(client->received, "");
}

TEST(Exchange, ClosesAfterAnAnswerToAnExpectationThatNobodyMet) {
  Prepared handler;
  handler.status = 401;
  World world(handler);
  auto client = world.connect();
  client->send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  world.settle();
  EXPECT_EQ(client->received,
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client->ended);
}

struct Informing : Handler {
  Async<void> handle(ServerExchange& exchange) override {
    ResponseHead early(exchange.arena);
    early.status = 103;
    early.headers.add(HeaderName("Link"), "</a.css>");
    EXPECT_TRUE((co_await exchange.inform(early)).has_value());
    ResponseHead head(exchange.arena);
    EXPECT_TRUE((co_await exchange.respond(head, nullptr)).has_value());
  }
};

TEST(Exchange, InformsButNotHttp10) {
  Informing handler;
  World world(handler);
  auto client = world.connect();
  client->send(kGet);
  world.settle();
  EXPECT_EQ(client->received,
            "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  auto old = world.connect();
  old->send("GET / HTTP/1.0\r\n\r\n");
  world.settle();
  EXPECT_THAT(old->received, StartsWith("HTTP/1.1 200 OK"));
}

// Echoes the bytes of the tunnel until the client ends it.
struct Tunnelling : Handler {
  Async<void> handle(ServerExchange& exchange) override {
    ResponseHead head(exchange.arena);
    head.status = 101;
    head.headers.add(HeaderName("Upgrade"), "echo");
    Result<net::Stream*> tunnel = co_await exchange.upgrade(head);
    if (!tunnel) {
      error = tunnel.error().code;
      head.status = 400;
      EXPECT_TRUE((co_await exchange.respond(head, nullptr)).has_value());
      co_return;
    }
    BufferPool pool;
    Buffer buffer(pool);
    while (true) {
      Result<std::size_t> got = co_await (*tunnel)->read(buffer);
      if (!got || *got == 0) co_return;
      std::string echo = "<" + std::string(buffer.unread()) + ">";
      buffer.drop();
      EXPECT_TRUE((co_await (*tunnel)->write(echo)).has_value());
    }
  }
  ErrorCode error = ErrorCode::other;
};

TEST(Exchange, UpgradesIntoATunnelWithTheBytesThatCameEarly) {
  Tunnelling handler;
  World world(handler);
  auto client = world.connect();
  client->send("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly");
  world.settle();
  EXPECT_EQ(client->take(),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n"
            "<early>");
  client->send("GET / HTTP/1.1\r\n\r\n");
  world.settle();
  EXPECT_EQ(client->take(), "<GET / HTTP/1.1\r\n\r\n>");
  client->end();
  world.settle();
  EXPECT_TRUE(client->over());
  EXPECT_EQ(world.server.connections(), 0u);
}

TEST(Exchange, DoesNotUpgradeOverAnUnreadBody) {
  Tunnelling handler;
  World world(handler);
  auto client = world.connect();
  client->send(
      "POST / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n"
      "Content-Length: 5\r\n\r\nhello");
  world.settle();
  EXPECT_EQ(handler.error, ErrorCode::invalid);
  EXPECT_THAT(test::statuses(client->received), ElementsAre(400));
}

// Answers at once and goes on reading.
struct EarlyAnswer : Handler {
  std::string body;
  Async<void> handle(ServerExchange& exchange) override {
    ResponseHead head(exchange.arena);
    BytesBody answer("early");
    EXPECT_TRUE((co_await exchange.respond(head, &answer)).has_value());
    while (exchange.body) {
      Result<Chunk> piece = co_await exchange.body->read();
      if (!piece || piece->empty()) co_return;
      body += *piece;
    }
  }
};

TEST(Exchange, AnswersWhileTheUploadRuns) {
  EarlyAnswer handler;
  World world(handler);
  auto client = world.connect();
  client->send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello");
  world.settle();
  EXPECT_THAT(client->take(), EndsWith("early"));
  client->send("world" + kGet);
  world.settle();
  EXPECT_EQ(handler.body, "helloworld");
  EXPECT_THAT(test::statuses(client->received), ElementsAre(200));
}

TEST(Exchange, ReadsAwayAShortBodyThatNobodyRead) {
  Prepared handler;
  World world(handler);
  auto client = world.connect();
  client->send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" + kGet);
  world.settle();
  EXPECT_THAT(test::statuses(client->received), ElementsAre(200, 200));
  EXPECT_FALSE(client->over());
}

TEST(Exchange, LingersForAClientThatStillUploads) {
  Prepared handler;
  World world(handler, {.linger_timeout = 2s, .drain_bytes_max = 1000});
  auto client = world.connect();
  client->send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nhello");
  world.settle();
  EXPECT_EQ(client->received, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client->ended);
  EXPECT_EQ(world.server.connections(), 1u);
  client->send(std::string(500, 'x'));
  world.settle();
  EXPECT_TRUE(client->sent());
  EXPECT_EQ(world.server.connections(), 1u);
  world.advance(3s);
  EXPECT_EQ(world.server.connections(), 0u);
}

TEST(Exchange, ReadsABodyAwayForAShortTimeOnly) {
  Prepared handler;
  World world(handler, {.linger_timeout = 2s});
  auto client = world.connect();
  client->send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
  world.settle();
  for (int i = 0; i < 3; ++i) {
    client->send("x");
    world.advance(900ms);
  }
  EXPECT_EQ(world.server.connections(), 0u);
}

}  // namespace
}  // namespace perigee::http
