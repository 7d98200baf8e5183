// Slow, hanging, flooding and leaving clients: every wait ends, every store has a limit.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "tests/base/support/captured_log.hpp"
#include "tests/http/support/world.hpp"

namespace perigee::http {
namespace {

using test::FedBody;
using test::Peer;
using test::Recorder;
using test::World;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

TEST(Limits, ASlowHeadIsAnswered408) {
  Recorder recorder;
  World world(recorder, {.head_timeout = 10s});
  auto client = world.connect();
  client->send("GET /a HT");
  world.settle();
  world.advance(6s);
  client->send("TP/1.1\r\nHo");
  world.settle();
  EXPECT_EQ(client->received, "");
  world.advance(5s);  // counted from the first byte, not from the last
  EXPECT_THAT(test::statuses(client->received), ElementsAre(408));
  EXPECT_TRUE(client->ended);
  EXPECT_TRUE(recorder.seen.empty());
  world.advance(3s);
  EXPECT_EQ(world.server.connections(), 0u);
}

TEST(Limits, AHeadInTimeIsServedHoweverSlowly) {
  Recorder recorder;
  World world(recorder, {.head_timeout = 100s});
  auto client = world.connect();
  for (char byte : kGet) {
    client->send(std::string(1, byte));
    world.advance(1s);
  }
  EXPECT_THAT(test::statuses(client->received), ElementsAre(200));
}

TEST(Limits, IdleConnectionsStayWithoutATimeout) {
  Recorder recorder;
  World world(recorder);
  auto client = world.connect();
  world.advance(10h);
  client->send(kGet);
  world.settle();
  world.advance(10h);
  client->send(kGet);
  world.settle();
  EXPECT_THAT(test::statuses(client->received), ElementsAre(200, 200));
  EXPECT_EQ(world.reactor.buffers().bytes_leased(), 0u);
  EXPECT_EQ(world.reactor.timers().armed(), 0u);
}

TEST(Limits, IdleConnectionsCloseAfterTheirTimeout) {
  Recorder recorder;
  World world(recorder, {.idle_timeout = 30s});
  auto first = world.connect();
  world.advance(20s);
  auto second = world.connect();
  first->send(kGet);
  world.settle();
  world.advance(25s);
  EXPECT_FALSE(first->ended);
  EXPECT_FALSE(second->ended);
  world.advance(6s);
  EXPECT_TRUE(first->ended);
  EXPECT_TRUE(second->ended);
  EXPECT_EQ(world.server.connections(), 0u);
}

TEST(Limits, ASlowBodyEndsItsRead) {
  Recorder recorder;
  World world(recorder, {.body_idle_timeout = 60s});
  auto client = world.connect();
  client->send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhe");
  world.settle();
  world.advance(50s);
  client->send("llo");
  world.settle();
  world.advance(50s);
  EXPECT_TRUE(recorder.seen.empty());
  world.advance(11s);
  ASSERT_EQ(recorder.seen.size(), 1u);
  EXPECT_EQ(recorder.seen[0].error, ErrorCode::read_timed_out);
  EXPECT_THAT(test::statuses(client->received), ElementsAre(400));
  EXPECT_THAT(client->received, HasSubstr("\r\nConnection: close\r\n"));
}

TEST(Limits, AWaitingBodyHoldsNoBuffer) {
  Recorder recorder;
  World world(recorder);
  auto client = world.connect();
  client->send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" +
               std::string(40000, 'x'));
  world.settle();
  EXPECT_EQ(world.observed.begun, 1);
  // The peer under test reads too, and holds none either.
  EXPECT_EQ(world.reactor.buffers().bytes_leased(), 0u);
}

struct Flooding : Handler {
  std::string piece = std::string(100000, 'x');
  ErrorCode error = ErrorCode::other;
  int pieces = 0;
  struct Endless : Body {
    explicit Endless(Flooding& f) : flood(f) {}
    Async<Result<Chunk>> read() override {
      ++flood.pieces;
      return Result<Chunk>(flood.piece);
    }
    std::optional<std::uint64_t> length() const override { return std::nullopt; }
    bool ready() const override { return true; }
    Flooding& flood;
  };
  Async<void> handle(ServerExchange& exchange) override {
    Endless body(*this);
    ResponseHead head(exchange.arena);
    Result<void> sent = co_await exchange.respond(head, &body);
    error = sent.error().code;
  }
};

TEST(Limits, AClientThatDoesNotReadStopsTheBodyAndIsClosed) {
  Flooding handler;
  World world(handler, {.write_idle_timeout = 60s});
  auto client = world.connect();
  client->stop_reading();
  client->send(kGet);
  world.settle();
  EXPECT_EQ(handler.pieces, 1);  // what does not fit on the way is not asked for
  world.advance(59s);
  EXPECT_EQ(world.server.connections(), 1u);
  world.advance(2s);
  EXPECT_EQ(handler.error, ErrorCode::timed_out);
  EXPECT_EQ(world.server.connections(), 0u);
}

TEST(Limits, AClientThatReadsSlowlyIsServed) {
  Flooding handler;
  World world(handler, {.write_idle_timeout = 60s});
  auto client = world.connect();
  client->stop_reading();
  client->send(kGet);
  for (int i = 0; i < 5; ++i) {
    world.advance(50s);
    client->go_on_reading();
    for (int turn = 0; turn < 2; ++turn) world.reactor.turn(0ms);
    client->stop_reading();
  }
  EXPECT_EQ(handler.error, ErrorCode::other);
  EXPECT_EQ(world.server.connections(), 1u);
  world.server.close_all();
  world.settle();
}

TEST(Limits, AClientThatPipelinesAndNeverReadsIsClosed) {
  Recorder recorder;
  World world(recorder, {.write_idle_timeout = 60s});
  auto client = world.connect({.capacity = 2000});
  client->stop_reading();
  std::string many;
  for (int i = 0; i < 500; ++i) many += kGet;
  client->send(many);
  world.settle();
  EXPECT_LT(recorder.seen.size(), 100u);
  world.advance(61s);
  EXPECT_EQ(world.server.connections(), 0u);
}

TEST(Limits, HeadsOfTenThousandFieldsAreRefusedEarly) {
  Recorder recorder;
  World world(recorder);
  auto client = world.connect();
  client->send("GET / HTTP/1.1\r\nHost: h\r\n");
  for (int i = 0; i < 10000; ++i) client->send("a:b\r\n");
  world.settle();
  EXPECT_THAT(test::statuses(client->received), ElementsAre(431));
  EXPECT_LE(world.reactor.buffers().bytes_kept() + world.reactor.buffers().bytes_leased(),
            4 * BufferPool::kLargeBytes);
}

TEST(Limits, AHeadLargerThanTheLargestBlockIsRefusedWhateverTheLimits) {
  Recorder recorder;
  World world(recorder, {.limits = {.head_bytes_max = 1 << 20, .line_bytes_max = 1 << 20}});
  auto client = world.connect();
  client->send("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(200000, 'a') + "\r\n\r\n");
  world.settle();
  EXPECT_THAT(test::statuses(client->received), ElementsAre(431));

  auto below = world.connect();
  below->send("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(60000, 'a') + "\r\n\r\n");
  world.settle();
  EXPECT_THAT(test::statuses(below->received), ElementsAre(200));
}

TEST(Limits, RequestsPerConnection) {
  Recorder recorder;
  World world(recorder, {.requests_per_connection_max = 3});
  auto client = world.connect();
  for (int i = 0; i < 5; ++i) client->send(kGet);
  world.settle();
  EXPECT_EQ(recorder.seen.size(), 3u);
  EXPECT_THAT(client->received, HasSubstr("Connection: close"));
  EXPECT_TRUE(client->ended);
}

// Over real sockets.
struct Loopback : testing::Test {
  explicit Loopback(ServerOptions options = {.connections_max = 3})
      : world{recorder, std::move(options)} {
    EXPECT_TRUE(server().listen(net::Address::loopback(0)).has_value());
  }
  Server& server() { return world.server; }
  std::unique_ptr<Peer> connect() {
    Result<std::unique_ptr<net::Socket>> made = fail(ErrorCode::other, "");
    Task task;
    task.start(store(made));
    turn_until([&] { return !task.running(); });
    EXPECT_TRUE(made.has_value());
    return std::make_unique<Peer>(world.reactor, *std::move(made));
  }
  Async<void> store(Result<std::unique_ptr<net::Socket>>& into) {
    into = co_await net::connect(world.reactor, server().address(), {});
  }
  template <class Done>
  void turn_until(Done done) {
    SystemClock real;
    Instant limit = real.now() + 10s;
    while (!done() && real.now() < limit) world.reactor.turn(5ms);
    EXPECT_TRUE(done());
  }

  Recorder recorder;
  World world;
};

TEST_F(Loopback, PausesAcceptingAtTheLimitAndGoesOn) {
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 5; ++i) {
    peers.push_back(connect());
    peers.back()->send(kGet);
  }
  turn_until([&] { return recorder.seen.size() == 3; });
  for (int i = 0; i < 5; ++i) world.reactor.turn(1ms);
  EXPECT_EQ(recorder.seen.size(), 3u);
  EXPECT_EQ(server().connections(), 3u);
  peers.erase(peers.begin(), peers.begin() + 2);
  turn_until([&] { return recorder.seen.size() == 5; });
  EXPECT_EQ(server().connections(), 3u);
}

TEST_F(Loopback, AFullServerIsToldOnceInTenSeconds) {
  log::testing::CapturedLog log;
  std::vector<std::unique_ptr<Peer>> peers;
  int accepted = 2;
  auto fill = [&] {
    while (peers.size() < 4) peers.push_back(connect());
    ++accepted;
    turn_until([&] { return world.observed.opened == accepted; });
    return log.take();
  };
  std::string told = fill();
  EXPECT_THAT(told, HasSubstr("server 'http' on 127.0.0.1:"));
  EXPECT_THAT(told, HasSubstr(": 3 connections are open on this worker"));
  for (int i = 0; i < 3; ++i) {
    peers.erase(peers.begin());
    EXPECT_EQ(fill(), "");
  }
  world.advance(10s);
  peers.erase(peers.begin());
  EXPECT_THAT(fill(), HasSubstr("; 4 times since the last such line"));
}

struct ShakingHands : Loopback {
  ShakingHands() : Loopback({.handshakes_max = 2, .proxy_protocol = true}) {}
};

TEST_F(ShakingHands, WhoLeavesAHandshakeHoldsThePlaceOfAnotherForTwoSeconds) {
  log::testing::CapturedLog log;
  auto silent = connect(), too = connect();
  std::string told;
  turn_until([&] { return !(told += log.take()).empty(); });
  EXPECT_THAT(told, HasSubstr(": 2 clients of this worker are in the middle of a handshake"));
  auto client = connect();
  client->send("PROXY UNKNOWN\r\n" + kGet);
  world.advance(1900ms);
  EXPECT_FALSE(silent->over());
  EXPECT_EQ(client->received, "") << "not accepted yet";
  world.advance(100ms);
  turn_until([&] { return silent->over() && too->over() && !client->received.empty(); });
  EXPECT_THAT(test::statuses(client->received), ElementsAre(200));
}

TEST_F(ShakingHands, WhoEndsOneInTimeMakesRoom) {
  std::vector<std::unique_ptr<Peer>> clients;
  for (std::size_t i = 0; i < 6; ++i) {
    clients.push_back(connect());
    clients.back()->send("PROXY UNKNOWN\r\n" + kGet);
  }
  turn_until([&] { return recorder.seen.size() == 6; });
}

TEST_F(Loopback, AHalfClosedClientWithItsRequestInOnePacketIsAnswered) {
  auto client = connect();
  client->send(kGet);
  client->end();
  turn_until([&] { return client->over(); });
  EXPECT_THAT(test::statuses(client->received), ElementsAre(200));
}

TEST_F(Loopback, ServesManyRequestsOnOneConnection) {
  auto client = connect();
  for (std::size_t i = 1; i <= 100; ++i) {
    client->send(kGet);
    turn_until([&] { return test::statuses(client->received).size() == i; });
  }
  EXPECT_EQ(world.observed.opened, 1);
}

TEST_F(Loopback, TellsWhenItIsEmpty) {
  int empty = 0;
  auto client = connect();
  client->send(kGet);
  turn_until([&] { return recorder.seen.size() == 1; });
  server().when_empty([&] { ++empty; });
  EXPECT_EQ(empty, 0);
  server().stop_accepting();
  EXPECT_EQ(empty, 0);
  server().close_idle();
  turn_until([&] { return client->over(); });
  EXPECT_EQ(empty, 0) << "the port is open yet";
  world.advance(200ms);
  turn_until([&] { return empty == 1; });
}

// The client has sent everything but the last packet of the handshake, which comes with its
// request.
TEST_F(Loopback, WhoseHandshakeIsHalfDoneIsServedBeforeItStops) {
  const net::Address address = server().address();
  const int waiting = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int off = 0;
  ASSERT_EQ(::setsockopt(waiting, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off), 0);
  ASSERT_EQ(::connect(waiting, address.raw(), address.raw_bytes()), 0);
  int empty = 0;
  server().stop_accepting();
  server().close_idle();
  server().when_empty([&] { ++empty; });
  world.settle();
  EXPECT_EQ(empty, 0);
  ASSERT_EQ(::send(waiting, kGet.data(), kGet.size(), 0), static_cast<ssize_t>(kGet.size()));
  turn_until([&] { return recorder.seen.size() == 1; });
  world.settle();
  std::array<char, 4096> bytes{};
  ssize_t got = ::recv(waiting, bytes.data(), bytes.size(), MSG_DONTWAIT);
  ASSERT_GT(got, 0);
  EXPECT_THAT(std::string_view(bytes.data(), static_cast<std::size_t>(got)),
              HasSubstr("HTTP/1.1 200"));
  ::close(waiting);
  world.advance(200ms);
  turn_until([&] { return empty == 1; });
}

TEST_F(Loopback, WhoKnocksAtAPortThatClosesIsNotLetIn) {
  const net::Address address = server().address();
  server().stop_accepting();
  const int late = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  EXPECT_EQ(::connect(late, address.raw(), address.raw_bytes()), -1);
  EXPECT_EQ(errno, EINPROGRESS);
  world.settle();
  EXPECT_EQ(server().connections(), 0u);
  ::close(late);
}

TEST_F(Loopback, WhoWaitsInTheBacklogIsServedBeforeItStops) {
  const net::Address address = server().address();
  std::vector<int> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(waiting.back(), address.raw(), address.raw_bytes()), 0);
  }
  int empty = 0;
  server().stop_accepting();
  server().close_idle();
  server().when_empty([&] { ++empty; });
  // The first two ask only now, the third never does.
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(::send(waiting[i], kGet.data(), kGet.size(), 0), static_cast<ssize_t>(kGet.size()));
    turn_until([&] { return recorder.seen.size() == static_cast<std::size_t>(i + 1); });
    world.settle();
    std::array<char, 4096> bytes{};
    ssize_t got = ::recv(waiting[i], bytes.data(), bytes.size(), MSG_DONTWAIT);
    ASSERT_GT(got, 0);
    std::string_view answer(bytes.data(), static_cast<std::size_t>(got));
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
    EXPECT_THAT(answer, HasSubstr("Connection: close"));
  }
  EXPECT_EQ(empty, 0);
  world.advance(1s);
  turn_until([&] { return empty == 1; });
  for (int fd : waiting) ::close(fd);
}

TEST(Stopping, AsksClientsToLeaveWithTheirNextAnswer) {
  Recorder recorder;
  World world(recorder);
  auto old = world.connect();
  old->send(kGet);
  world.settle();
  world.server.drain_connections();
  auto young = world.connect();
  old->send(kGet);
  young->send(kGet);
  world.settle();
  EXPECT_THAT(old->received, HasSubstr("Connection: close"));
  EXPECT_TRUE(old->ended);
  EXPECT_THAT(young->take(), testing::Not(HasSubstr("Connection: close")));
  world.server.ask_to_leave();
  young->send(kGet);
  world.settle();
  EXPECT_THAT(young->received, HasSubstr("Connection: close"));
  EXPECT_TRUE(young->ended);
}

struct Hanging : Handler {
  bool watch = false;
  ErrorCode ended_by = ErrorCode::other;
  Completion<Result<void>> never;
  Async<void> handle(ServerExchange& exchange) override {
    if (watch) exchange.watch_client(co_await this_scope());
    Result<void> waited = co_await never;
    ended_by = waited.error().code;
  }
};

TEST(Stopping, ClosingAllEndsExchangesAndCountsThemBack) {
  for (bool watch : {false, true}) {
    Hanging handler;
    handler.watch = watch;
    World world(handler);
    auto busy = world.connect();
    auto idle = world.connect();
    busy->send(kGet);
    world.settle();
    EXPECT_EQ(world.server.exchanges(), 1u);
    world.server.close_idle();
    world.settle();
    EXPECT_TRUE(idle->over());
    EXPECT_EQ(world.server.connections(), 1u);
    world.server.close_all();
    world.settle();
    EXPECT_EQ(world.server.connections(), 0u);
    EXPECT_EQ(world.server.exchanges(), 0u);
    EXPECT_EQ(world.observed.ended, 1);
    EXPECT_EQ(handler.ended_by, watch ? ErrorCode::cancelled : ErrorCode::other);
  }
}

TEST(Stopping, AServerMayDieWithConnectionsInEveryState) {
  Hanging handler;
  std::size_t frames = FrameRecycler::alive();
  {
    World world(handler);
    auto busy = world.connect(), idle = world.connect(), begun = world.connect();
    busy->send(kGet);
    begun->send("GET /");
    world.settle();
  }
  EXPECT_EQ(FrameRecycler::alive(), frames);
}

}  // namespace
}  // namespace perigee::http
