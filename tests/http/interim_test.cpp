// Interim answers and the final one are written by two flows on one connection; and the other ways
// in which the two directions of an exchange meet.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/http/support/world.hpp"

namespace perigee::http {
namespace {

using test::FedBody;
using test::Recorder;
using test::World;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const std::string kExpecting =
    "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n";
const std::string kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// Reads the body beside the answer, which it gives when told to.
struct Beside : Handler {
  Completion<Result<void>> go;
  bool abandon_upload = false;
  std::optional<Result<void>> answered;
  std::string body;

  Async<void> upload(Body& from) {
    while (true) {
      Result<Chunk> piece = co_await from.read();
      if (!piece || piece->empty()) co_return;
      body += *piece;
    }
  }
  Async<void> handle(ServerExchange& exchange) override {
    Task uploading;
    uploading.start(upload(*exchange.body));
    static_cast<void>(co_await go);
    if (abandon_upload) uploading.reset();
    ResponseHead head(exchange.arena);
    answered = co_await exchange.respond(head, nullptr);
  }
};

TEST(Interim, TheAnswerWaitsBehindAnInterimAnswerThatIsNotTakenYet) {
  Beside handler;
  World world(handler, {.answer_continue = true});
  auto client = world.connect({.capacity = 10});
  client->stop_reading();
  client->send(kExpecting);
  world.settle();
  handler.go.complete({});
  world.settle();
  EXPECT_FALSE(handler.answered.has_value());
  client->go_on_reading();
  world.settle();
  for (int i = 0; i < 30; ++i) world.settle();
  EXPECT_THAT(client->received, StartsWith(kContinue + "HTTP/1.1 200 OK\r\n"));
  ASSERT_TRUE(handler.answered.has_value());
  EXPECT_TRUE(handler.answered->has_value());
}

TEST(Interim, NothingFollowsAnInterimAnswerThatWasCutOff) {
  Beside handler;
  handler.abandon_upload = true;
  World world(handler, {.answer_continue = true});
  auto client = world.connect({.capacity = 10});
  client->stop_reading();
  client->send(kExpecting);
  world.settle();
  handler.go.complete({});
  world.settle();
  ASSERT_TRUE(handler.answered.has_value());
  EXPECT_FALSE(handler.answered->has_value());
  client->go_on_reading();
  world.settle();
  EXPECT_THAT(client->received, Not(HasSubstr("200")));
  EXPECT_TRUE(client->over());
  EXPECT_EQ(world.server.connections(), 0u);
}

TEST(Interim, EndsWithAClientThatNeverTakesIt) {
  Beside handler;
  World world(handler, {.write_idle_timeout = 60s, .answer_continue = true});
  auto client = world.connect({.capacity = 10});
  client->stop_reading();
  client->send(kExpecting);
  world.settle();
  handler.go.complete({});
  world.settle();
  world.advance(61s);
  ASSERT_TRUE(handler.answered.has_value());
  EXPECT_FALSE(handler.answered->has_value());
  EXPECT_EQ(world.server.connections(), 0u);
}

TEST(Interim, AClientThatHasBegunToSendIsNotAsked) {
  Recorder recorder;
  World world(recorder, {.answer_continue = true});
  auto client = world.connect();
  client->send(kExpecting + "hello");
  world.settle();
  EXPECT_EQ(client->received, "");
  client->send("world");
  world.settle();
  EXPECT_THAT(client->received, StartsWith("HTTP/1.1 200 OK"));
}

// Answers first and reads the body then.
struct AnswersFirst : Handler {
  Async<void> handle(ServerExchange& exchange) override {
    ResponseHead head(exchange.arena);
    EXPECT_TRUE((co_await exchange.respond(head, nullptr)).has_value());
    while (true) {
      Result<Chunk> piece = co_await exchange.body->read();
      if (!piece || piece->empty()) co_return;
    }
  }
};

TEST(Interim, AClientThatHasItsAnswerIsNotAsked) {
  AnswersFirst handler;
  World world(handler, {.answer_continue = true});
  auto client = world.connect();
  client->send(kExpecting);
  world.settle();
  EXPECT_THAT(test::statuses(client->received), ElementsAre(200));
}

// Tries to answer with what is no final status.
struct Odd : Handler {
  std::vector<int> tried{100, 101, 199, 1000, -1, 99};
  int refused = 0;
  Async<void> handle(ServerExchange& exchange) override {
    for (int status : tried) {
      ResponseHead head(exchange.arena);
      head.status = status;
      Result<void> sent = co_await exchange.respond(head, nullptr);
      if (!sent && !exchange.responded()) ++refused;
      static_cast<void>(co_await exchange.inform(head));
    }
    ResponseHead head(exchange.arena);
    head.status = 500;
    EXPECT_TRUE((co_await exchange.respond(head, nullptr)).has_value());
  }
};

TEST(Interim, AFinalAnswerHasAFinalStatus) {
  Odd handler;
  World world(handler);
  auto client = world.connect();
  client->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  world.settle();
  EXPECT_EQ(handler.refused, 6);
  EXPECT_THAT(test::statuses(client->received), ElementsAre(100, 199, 500));
}

// Says that it is over before its length is reached.
struct ShortBody final : Body {
  Async<Result<Chunk>> read() override { return Result<Chunk>(std::exchange(left, {})); }
  std::optional<std::uint64_t> length() const override { return 10; }
  bool ready() const override { return true; }
  bool finished() const override { return left.empty(); }
  Chunk left = "short";
};

struct AnswersShort : Handler {
  ErrorCode error = ErrorCode::other;
  Async<void> handle(ServerExchange& exchange) override {
    ShortBody body;
    ResponseHead head(exchange.arena);
    Result<void> sent = co_await exchange.respond(head, &body);
    error = sent.error().code;
    EXPECT_FALSE(exchange.responded());
  }
};

TEST(Interim, ABodyShorterThanItsLengthIsNeverTakenForWhole) {
  AnswersShort handler;
  World world(handler);
  auto client = world.connect();
  client->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  world.settle();
  EXPECT_EQ(handler.error, ErrorCode::invalid);
  EXPECT_EQ(client->received, "");
  EXPECT_TRUE(client->over());
}

// Reads the whole body, then waits for what never comes.
struct WaitsAfterTheBody : Handler {
  bool reading = false;
  std::size_t bytes = 0;
  ErrorCode ended_by = ErrorCode::other;
  Completion<Result<void>> never;
  Async<void> handle(ServerExchange& exchange) override {
    exchange.watch_client(co_await this_scope());
    reading = true;
    while (true) {
      Result<Chunk> piece = co_await exchange.body->read();
      if (!piece || piece->empty()) break;
      bytes += piece->size();
    }
    Result<void> waited = co_await never;
    ended_by = waited.error().code;
  }
};

// The event that tells of the last bytes tells of the end too, and the reader takes it.
TEST(ClientGone, IsNoticedWhenItsEndComesWithTheLastBytes) {
  WaitsAfterTheBody handler;
  World world(handler);
  ASSERT_TRUE(world.server.listen(net::Address::loopback(0)).has_value());
  net::Address address = world.server.address();
  int client = ::socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(::connect(client, address.raw(), address.raw_bytes()), 0);
  auto send = [&](std::string_view bytes) {
    ASSERT_EQ(::send(client, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  };
  auto turn_until = [&](auto done) {
    for (int i = 0; i < 1000 && !done(); ++i) world.reactor.turn(5ms);
    ASSERT_TRUE(done());
  };
  send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello");
  turn_until([&] { return handler.bytes == 5; });
  send("world");
  ::shutdown(client, SHUT_WR);
  turn_until([&] { return handler.ended_by != ErrorCode::other; });
  EXPECT_EQ(handler.bytes, 10u);
  EXPECT_EQ(handler.ended_by, ErrorCode::client_gone);
  EXPECT_EQ(world.observed.resets, 1);
  ::close(client);
}

TEST(ArenaLimit, RefusesAHeadThatGoesBeyond) {
  Recorder recorder;
  World world(recorder, {.limits = {.head_bytes_max = 60000}, .arena_bytes_max = 20000});
  auto client = world.connect();
  client->send("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(8000, 'a') + "\r\n\r\n");
  world.settle();
  EXPECT_THAT(test::statuses(client->take()), ElementsAre(200));
  client->send("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(15000, 'a') + "\r\n\r\n");
  world.settle();
  EXPECT_THAT(test::statuses(client->received), ElementsAre(431));
  EXPECT_EQ(recorder.seen.size(), 1u);
}

// Every interim answer takes room in the exchange's arena.
struct Chatty : Handler {
  Async<void> handle(ServerExchange& exchange) override {
    for (int i = 0; i < 100; ++i) {
      ResponseHead early(exchange.arena);
      early.status = 103;
      early.headers.add(HeaderName("Link"), std::string(1000, 'x'));
      EXPECT_TRUE((co_await exchange.inform(early)).has_value());
    }
    ResponseHead head(exchange.arena);
    EXPECT_TRUE((co_await exchange.respond(head, nullptr)).has_value());
  }
};

TEST(ArenaLimit, LeavesOutInterimAnswersBeyond) {
  Chatty handler;
  World world(handler, {.arena_bytes_max = 50000});
  auto client = world.connect({.capacity = 1 << 20});
  client->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  world.settle();
  std::vector<int> statuses = test::statuses(client->received);
  EXPECT_GT(statuses.size(), 5u);
  EXPECT_LT(statuses.size(), 50u);
  EXPECT_EQ(statuses.back(), 200);
}

struct UpgradesAll : Handler {
  ErrorCode error = ErrorCode::other;
  Async<void> handle(ServerExchange& exchange) override {
    ResponseHead head(exchange.arena);
    head.status = 101;
    Result<net::Stream*> tunnel = co_await exchange.upgrade(head);
    if (tunnel) co_return;
    error = tunnel.error().code;
    head.status = 400;
    EXPECT_TRUE((co_await exchange.respond(head, nullptr)).has_value());
  }
};

TEST(Upgrade, IsNotForHttp10) {
  UpgradesAll handler;
  World world(handler);
  auto client = world.connect();
  client->send("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  world.settle();
  EXPECT_EQ(handler.error, ErrorCode::invalid);
  EXPECT_THAT(test::statuses(client->received), ElementsAre(400));
}

}  // namespace
}  // namespace perigee::http
