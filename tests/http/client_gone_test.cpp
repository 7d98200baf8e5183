// What becomes of an exchange when its client leaves.
#include <gmock/gmock.h>

#include "tests/http/support/world.hpp"

namespace perigee::http {
namespace {

using test::FedBody;
using test::Recorder;
using test::World;
using testing::ElementsAre;

const std::string kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

// Waits for the client to leave.
struct Watching : Handler {
  bool respond_first = false;
  Completion<Result<void>> release;
  std::vector<ErrorCode> ended_by;
  FedBody body;
  Async<void> handle(ServerExchange& exchange) override {
    exchange.watch_client(co_await this_scope());
    if (respond_first) {
      ResponseHead head(exchange.arena);
      Result<void> sent = co_await exchange.respond(head, &body);
      ended_by.push_back(sent ? ErrorCode::other : sent.error().code);
      co_return;
    }
    Result<void> waited = co_await release;
    ended_by.push_back(waited ? ErrorCode::other : waited.error().code);
    if (!waited) co_return;
    ResponseHead head(exchange.arena);
    Result<void> sent = co_await exchange.respond(head, nullptr);
    static_cast<void>(sent);
  }
};

TEST(ClientGone, CancelsTheHandlerAtOnce) {
  for (bool by_reset : {false, true}) {
    Watching handler;
    World world(handler);
    auto client = world.connect();
    client->send(kGet);
    world.settle();
    if (by_reset) {
      client->reset();
    } else {
      client->end();
    }
    world.settle();
    EXPECT_THAT(handler.ended_by, ElementsAre(ErrorCode::client_gone));
    EXPECT_EQ(world.observed.resets, 1);
    EXPECT_EQ(world.server.connections(), 0u);
    EXPECT_EQ(world.server.exchanges(), 0u);
  }
}

TEST(ClientGone, CancelsAStreamingAnswer) {
  Watching handler;
  handler.respond_first = true;
  World world(handler);
  auto client = world.connect();
  client->send(kGet);
  world.settle();
  client->end();
  world.settle();
  EXPECT_THAT(handler.ended_by, ElementsAre(ErrorCode::client_gone));
  EXPECT_EQ(world.server.connections(), 0u);
}

TEST(ClientGone, LetsABegunAnswerFinishWhenOthersWaitBehindIt) {
  Watching handler;
  handler.respond_first = true;
  World world(handler);
  auto client = world.connect();
  client->send(kGet + kGet);
  world.settle();
  client->end();
  world.settle();
  EXPECT_TRUE(handler.ended_by.empty());
  handler.body.feed("");
  world.settle();
  EXPECT_EQ(handler.ended_by[0], ErrorCode::other);
}

TEST(ClientGone, IsToldToWhoReadsTheBody) {
  Recorder recorder;
  World world(recorder);
  auto client = world.connect();
  client->send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello");
  client->end();
  world.settle();
  ASSERT_EQ(recorder.seen.size(), 1u);
  EXPECT_EQ(recorder.seen[0].error, ErrorCode::client_gone);
}

TEST(ClientGone, AHalfClosedClientGetsAnAnswerThatNeedsNoWaiting) {
  Recorder recorder;
  World world(recorder);
  auto client = world.connect();
  client->send(kGet);
  client->end();
  world.settle();
  EXPECT_THAT(test::statuses(client->received), ElementsAre(200));
  EXPECT_TRUE(client->ended);
}

// Reads the body in a task of its own while the answer waits.
struct UploadBeside : Handler {
  ErrorCode upload = ErrorCode::other, answer = ErrorCode::other;
  Completion<Result<void>> never;
  Async<void> drain(Body& body) {
    while (true) {
      Result<Chunk> piece = co_await body.read();
      if (!piece) upload = piece.error().code;
      if (!piece || piece->empty()) co_return;
    }
  }
  Async<void> handle(ServerExchange& exchange) override {
    exchange.watch_client(co_await this_scope());
    Task uploading;
    uploading.start(drain(*exchange.body));
    Result<void> waited = co_await never;
    answer = waited.error().code;
  }
};

TEST(ClientGone, CancelsTheAnswerWhenTheUploadBreaks) {
  for (bool by_reset : {false, true}) {
    UploadBeside handler;
    World world(handler);
    auto client = world.connect();
    client->send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello");
    world.settle();
    if (by_reset) {
      client->reset();
    } else {
      client->end();
    }
    world.settle();
    EXPECT_NE(handler.upload, ErrorCode::other);
    EXPECT_EQ(handler.answer, ErrorCode::client_gone);
    EXPECT_EQ(world.server.connections(), 0u);
  }
}

}  // namespace
}  // namespace perigee::http
