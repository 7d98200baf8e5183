// What a handler may do with an exchange: one at a time, expectations, early hints, tunnels.
#include <gmock/gmock.h>

#include "tests/http/support/prepared.hpp"

namespace perigee::http {
namespace {

using test::FedBody;
using test::kGet;
using test::Prepared;
using test::Recorder;
using test::World;
using testing::ElementsAre;
using testing::StartsWith;

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

}  // namespace
}  // namespace perigee::http
