// Request bodies that are still on their way when the answer is given.
#include <gmock/gmock.h>

#include "tests/http/support/prepared.hpp"

namespace perigee::http {
namespace {

using test::kGet;
using test::Prepared;
using test::World;
using testing::ElementsAre;
using testing::EndsWith;

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

TEST(Upload, AnswersWhileTheUploadRuns) {
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

struct LargestPiece : Handler {
  std::size_t largest = 0, bytes = 0;
  Async<void> handle(ServerExchange& exchange) override {
    largest = bytes = 0;
    while (true) {
      Result<Chunk> piece = co_await exchange.body->read();
      if (!piece || piece->empty()) break;
      largest = std::max(largest, piece->size());
      bytes += piece->size();
    }
    ResponseHead head(exchange.arena);
    EXPECT_TRUE((co_await exchange.respond(head, nullptr)).has_value());
  }
};

struct BodyPieces {
  std::string name;
  std::size_t bytes;  // 1 MiB when it is chunked
  bool chunked;
  std::size_t largest;  // at most
};

class UploadPieces : public testing::TestWithParam<BodyPieces> {};

TEST_P(UploadPieces, AreOfABlockOrOfASegment) {
  LargestPiece handler;
  World world(handler);
  auto client = world.connect();
  const std::string body(GetParam().bytes, 'x');
  client->send("POST / HTTP/1.1\r\nHost: h\r\n");
  if (GetParam().chunked) {
    client->send("Transfer-Encoding: chunked\r\n\r\n100000\r\n" + body + "\r\n0\r\n\r\n");
  } else {
    client->send("Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  for (int i = 0; i < 10; ++i) world.settle();
  EXPECT_EQ(handler.bytes, body.size());
  EXPECT_LE(handler.largest, GetParam().largest);
  EXPECT_GT(handler.largest, GetParam().largest / 2);
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, UploadPieces,
    testing::Values(BodyPieces{"Small", 12 << 10, false, BufferPool::kSmallBytes},
                    BodyPieces{"OneLargeBlock", 64 << 10, false, BufferPool::kLargeBytes},
                    BodyPieces{"Long", 1 << 20, false, BufferPool::kPieceBytes},
                    BodyPieces{"LongChunked", 1 << 20, true, BufferPool::kLargeBytes}),
    [](const auto& info) { return info.param.name; });

TEST(Upload, ReadsAwayAShortBodyThatNobodyRead) {
  Prepared handler;
  World world(handler);
  auto client = world.connect();
  client->send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" + kGet);
  world.settle();
  EXPECT_THAT(test::statuses(client->received), ElementsAre(200, 200));
  EXPECT_FALSE(client->over());
}

TEST(Upload, LingersForAClientThatStillUploads) {
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

TEST(Upload, ReadsABodyAwayForAShortTimeOnly) {
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
