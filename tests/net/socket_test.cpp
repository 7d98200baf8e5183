#include "net/socket.hpp"

#include <sys/socket.h>

#include "tests/net/support/bytes.hpp"
#include "tests/net/support/loop.hpp"

namespace perigee::net {
namespace {

using testing::connected_pair;
using testing::Pair;
using testing::pattern;
using testing::read_all;
using testing::Running;
using testing::settle;
using testing::turn_until;

class SocketTest : public testing::DescriptorsComeBack {
 protected:
  FakeClock clock;
};

using ReadResult = Result<std::size_t>;

struct Told final : HangupListener {
  void on_hangup() override {
    ++times;
    if (then) then();
  }
  void on_readable() override { ++readable; }
  int times = 0;
  int readable = 0;
  std::function<void()> then;
};

TEST_F(SocketTest, ReadsAndWritesThatNeedNotWaitHaveNoFrame) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  const std::size_t frames = FrameRecycler::alive();
  Async<Result<void>> writing = pair.client->write("hello");
  ASSERT_TRUE(writing.here());
  EXPECT_TRUE(writing.take());
  ASSERT_TRUE(turn_until(reactor, [&] { return pair.server->readable(); }));
  Buffer buffer(reactor.buffers());
  Async<ReadResult> reading = pair.server->read(buffer);
  ASSERT_TRUE(reading.here());
  EXPECT_EQ(reading.take().value(), 5u);
  EXPECT_EQ(buffer.unread(), "hello");
  EXPECT_EQ(FrameRecycler::alive(), frames);
  EXPECT_EQ(pair.client->counters().bytes_written, 5u);
  EXPECT_EQ(pair.server->counters().bytes_read, 5u);
}

TEST_F(SocketTest, AShortReadClearsReadable) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  ASSERT_TRUE(pair.client->write("hello").here());
  ASSERT_TRUE(turn_until(reactor, [&] { return pair.server->readable(); }));
  Buffer buffer(reactor.buffers());
  EXPECT_EQ(pair.server->read(buffer).take().value(), 5u);
  EXPECT_FALSE(pair.server->readable());
}

TEST_F(SocketTest, DataAndEndInOneEventAreBothRead) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  ASSERT_TRUE(pair.client->write("bye").here());
  pair.client->end();
  ASSERT_TRUE(turn_until(reactor, [&] { return pair.server->hung_up(); }));
  Buffer buffer(reactor.buffers());
  EXPECT_EQ(pair.server->read(buffer).take().value(), 3u);
  ASSERT_TRUE(pair.server->readable());
  EXPECT_EQ(pair.server->read(buffer).take().value(), 0u);
  EXPECT_EQ(pair.server->read(buffer).take().value(), 0u) << "the end stays";
}

TEST_F(SocketTest, AWaitingReadHoldsNoBuffer) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  Buffer buffer(reactor.buffers());
  Running<ReadResult> reading(pair.server->read(buffer));
  EXPECT_FALSE(reading.done());
  EXPECT_FALSE(buffer.leased());
  ASSERT_TRUE(pair.client->write("x").here());
  ASSERT_TRUE(turn_until(reactor, [&] { return reading.done(); }));
  EXPECT_EQ(reading.value().value(), 1u);
}

TEST_F(SocketTest, GathersManySlicesAndSkipsEmptyOnes) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  std::vector<std::string> parts;
  std::string all;
  for (int i = 0; i < 300; ++i) {
    parts.push_back(i % 3 == 0 ? "" : std::to_string(i) + ",");
    all += parts.back();
  }
  const std::vector<std::string_view> slices(parts.begin(), parts.end());
  EXPECT_TRUE(pair.client->write(std::span(slices)).take());
  EXPECT_TRUE(pair.client->write("").take());
  pair.client->end();
  Running<Result<std::string>> reading(read_all(*pair.server, reactor.buffers()));
  ASSERT_TRUE(turn_until(reactor, [&] { return reading.done(); }));
  EXPECT_EQ(reading.value().value(), all);
}

Async<Result<void>> write_three(Stream& stream, std::string a, std::string b, std::string c) {
  {
    const std::string_view slices[] = {a, b, c};
    CO_TRY(co_await stream.write(std::span(slices)));
  }
  CO_TRY(co_await stream.write(a));
  stream.end();
  co_return Result<void>{};
}

TEST_F(SocketTest, PartialWritesGoOnWhenTheKernelHasRoom) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  const int tiny = 4096;
  ASSERT_EQ(::setsockopt(pair.client->fd(), SOL_SOCKET, SO_SNDBUF, &tiny, sizeof tiny), 0);
  const std::string a = pattern(1), b = pattern(600'001), c = pattern(77'777);
  Running<Result<void>> writing(write_three(*pair.client, a, b, c));
  settle(reactor);
  EXPECT_FALSE(writing.done()) << "back-pressure";
  EXPECT_LT(pair.client->counters().bytes_written, a.size() + b.size());
  Running<Result<std::string>> reading(read_all(*pair.server, reactor.buffers()));
  ASSERT_TRUE(turn_until(reactor, [&] { return reading.done() && writing.done(); }));
  EXPECT_TRUE(writing.value());
  EXPECT_TRUE(reading.value().value() == a + b + c + a);
  EXPECT_EQ(reactor.buffers().bytes_leased(), 0u);
}

Async<Result<std::size_t>> count_reads(Socket& socket, BufferPool& pool, std::size_t& most) {
  Buffer buffer(pool);
  std::uint64_t turn = 0;
  std::size_t in_turn = 0, all = 0;
  for (;;) {
    CO_TRY(const std::size_t bytes, co_await socket.read(buffer));
    if (bytes == 0) co_return all;
    all += bytes;
    buffer.consume(bytes);
    if (std::exchange(turn, socket.reactor().turns()) != turn) in_turn = 0;
    most = std::max(most, ++in_turn);
  }
}

TEST_F(SocketTest, ABulkReaderGetsItsShareOfATurn) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  const int large = 4 << 20;
  ::setsockopt(pair.client->fd(), SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
  ::setsockopt(pair.server->fd(), SOL_SOCKET, SO_RCVBUF, &large, sizeof large);
  const std::string bulk = pattern(2 << 20);
  Running<Result<void>> writing(pair.client->write(bulk));
  settle(reactor);
  std::size_t most = 0;
  Running<ReadResult> reading(count_reads(*pair.server, reactor.buffers(), most));
  ASSERT_TRUE(turn_until(reactor, [&] { return writing.done(); }));
  pair.client->end();
  ASSERT_TRUE(turn_until(reactor, [&] { return reading.done(); }));
  EXPECT_EQ(reading.value().value(), bulk.size());
  EXPECT_GE(most, Socket::kReadsPerTurn);
  // A waiting read is served beside the share: once by again(), once by an event.
  EXPECT_LE(most, Socket::kReadsPerTurn + 2);
}

TEST_F(SocketTest, HalfCloseEndsOneDirectionOnly) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  pair.client->end();
  Running<Result<std::string>> at_server(read_all(*pair.server, reactor.buffers()));
  ASSERT_TRUE(turn_until(reactor, [&] { return at_server.done(); }));
  EXPECT_EQ(at_server.value().value(), "");
  EXPECT_TRUE(pair.server->hung_up());
  EXPECT_TRUE(pair.server->write("still here").take());
  pair.server->end();
  Running<Result<std::string>> at_client(read_all(*pair.client, reactor.buffers()));
  ASSERT_TRUE(turn_until(reactor, [&] { return at_client.done(); }));
  EXPECT_EQ(at_client.value().value(), "still here");
}

TEST_F(SocketTest, AResetEndsTheWaitingReadWithReset) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  Buffer buffer(reactor.buffers());
  Running<ReadResult> reading(pair.server->read(buffer));
  pair.client->close(true);
  EXPECT_TRUE(pair.client->closed());
  ASSERT_TRUE(turn_until(reactor, [&] { return reading.done(); }));
  ASSERT_FALSE(reading.value());
  EXPECT_EQ(reading.value().error().code, ErrorCode::reset);
  EXPECT_THAT(reading.value().error().message, ::testing::HasSubstr("127.0.0.1:"));
}

TEST_F(SocketTest, AResetEndsTheWaitingWriteWithReset) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  const std::string bulk = pattern(8 << 20);
  Running<Result<void>> writing(pair.server->write(bulk));
  settle(reactor);
  ASSERT_FALSE(writing.done());
  pair.client->close(true);
  ASSERT_TRUE(turn_until(reactor, [&] { return writing.done(); }));
  ASSERT_FALSE(writing.value());
  EXPECT_EQ(writing.value().error().code, ErrorCode::reset);
  Async<Result<void>> again = pair.server->write("x");
  ASSERT_TRUE(again.here());
  EXPECT_EQ(again.take().error().code, ErrorCode::reset);
}

TEST_F(SocketTest, AnOrderlyCloseIsNoReset) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  Buffer buffer(reactor.buffers());
  Running<ReadResult> reading(pair.server->read(buffer));
  pair.client.reset();
  ASSERT_TRUE(turn_until(reactor, [&] { return reading.done(); }));
  EXPECT_EQ(reading.value().value(), 0u);
}

TEST_F(SocketTest, BytesAreToldEveryTimeWhenNobodyReads) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  Told told;
  pair.server->listen_for_hangup(&told);
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(pair.client->write("x").here());
    ASSERT_TRUE(turn_until(reactor, [&] { return told.readable == i; }));
  }
  Buffer buffer(reactor.buffers());
  EXPECT_EQ(pair.server->read(buffer).take().value(), 3u);
  Running<ReadResult> reading(pair.server->read(buffer));
  ASSERT_TRUE(pair.client->write("y").here());
  ASSERT_TRUE(turn_until(reactor, [&] { return reading.done(); }));
  EXPECT_EQ(told.readable, 3) << "those were the reader's";
  EXPECT_EQ(told.times, 0);
}

TEST_F(SocketTest, BytesAreToldThoughTheSameEventWakesAWriter) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  Told told;
  pair.server->listen_for_hangup(&told);
  const std::string bulk = pattern(8 << 20);
  Running<Result<void>> writing(pair.server->write(bulk));
  settle(reactor);
  ASSERT_FALSE(writing.done());
  ASSERT_TRUE(pair.client->write("x").here());
  Running<Result<std::string>> reading(read_all(*pair.client, reactor.buffers()));
  ASSERT_TRUE(turn_until(reactor, [&] { return writing.done(); }));
  EXPECT_GE(told.readable, 1);
}

TEST_F(SocketTest, HangupIsToldOnceWhenNobodyReads) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  Told told;
  pair.server->listen_for_hangup(&told);
  pair.client->end();
  ASSERT_TRUE(turn_until(reactor, [&] { return told.times > 0; }));
  pair.client->close(true);
  settle(reactor);
  EXPECT_EQ(told.times, 1);
}

TEST_F(SocketTest, HangupIsToldThoughBytesAreUnread) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  Told told;
  pair.server->listen_for_hangup(&told);
  ASSERT_TRUE(pair.client->write("pipelined").here());
  settle(reactor);
  EXPECT_EQ(told.times, 0);
  pair.client->close();
  ASSERT_TRUE(turn_until(reactor, [&] { return told.times > 0; }));
  Running<Result<std::string>> reading(read_all(*pair.server, reactor.buffers()));
  ASSERT_TRUE(turn_until(reactor, [&] { return reading.done(); }));
  EXPECT_EQ(reading.value().value(), "pipelined");
}

TEST_F(SocketTest, HangupIsTheReadersWhenOneWaits) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  Told told;
  pair.server->listen_for_hangup(&told);
  Buffer buffer(reactor.buffers());
  Running<ReadResult> reading(pair.server->read(buffer));
  pair.client->close();
  ASSERT_TRUE(turn_until(reactor, [&] { return reading.done(); }));
  settle(reactor);
  EXPECT_EQ(told.times, 0);
}

TEST_F(SocketTest, AListenerThatStoppedIsNotTold) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  Told told;
  pair.server->listen_for_hangup(&told);
  pair.server->listen_for_hangup(nullptr);
  pair.client->close();
  ASSERT_TRUE(turn_until(reactor, [&] { return pair.server->hung_up(); }));
  EXPECT_EQ(told.times, 0);
}

TEST_F(SocketTest, AListenerMayDestroyTheSocketWhoseWriterWaits) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  const std::string bulk = pattern(8 << 20);
  Told told;
  told.then = [&] { pair.server.reset(); };
  pair.server->listen_for_hangup(&told);
  Running<Result<void>> writing(pair.server->write(bulk));
  settle(reactor);
  ASSERT_FALSE(writing.done());
  pair.client->end();
  ASSERT_TRUE(turn_until(reactor, [&] { return writing.done(); }));
  EXPECT_EQ(writing.value().error().code, ErrorCode::closed);
  EXPECT_EQ(told.times, 1);
}

TEST_F(SocketTest, ACancelledReadLeavesTheSocketUsable) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  Buffer buffer(reactor.buffers());
  {
    Running<ReadResult> reading(pair.server->read(buffer));
    reading.scope().cancel(Error(ErrorCode::cancelled, "told to stop"));
    ASSERT_TRUE(reading.done());
    EXPECT_EQ(reading.value().error().code, ErrorCode::cancelled);
  }
  {
    Running<ReadResult> destroyed_while_waiting(pair.server->read(buffer));
    EXPECT_FALSE(destroyed_while_waiting.done());
  }
  ASSERT_TRUE(pair.client->write("later").here());
  Running<ReadResult> reading(pair.server->read(buffer));
  ASSERT_TRUE(turn_until(reactor, [&] { return reading.done(); }));
  EXPECT_EQ(buffer.unread(), "later");
  EXPECT_TRUE(pair.server->write("answer").take());
}

Async<ReadResult> read_within(Socket& socket, Buffer& into, Duration limit) {
  this_scope scope;
  Deadline deadline(socket.reactor(), co_await scope, limit, ErrorCode::read_timed_out,
                    "no byte came", Fault::client);
  co_return co_await socket.read(into);
}

TEST_F(SocketTest, ADeadlineEndsAWaitingRead) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  Buffer buffer(reactor.buffers());
  Running<ReadResult> reading(read_within(*pair.server, buffer, 5s));
  clock.advance(5s);
  reactor.turn(0ms);
  ASSERT_TRUE(reading.done());
  EXPECT_EQ(reading.value().error().code, ErrorCode::read_timed_out);
  EXPECT_FALSE(pair.server->closed());
}

TEST_F(SocketTest, ClosingEndsBothWaitsWithClosed) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  const std::string bulk = pattern(8 << 20);
  Buffer buffer(reactor.buffers());
  Running<ReadResult> reading(pair.server->read(buffer));
  Running<Result<void>> writing(pair.server->write(bulk));
  settle(reactor);
  ASSERT_FALSE(writing.done());
  pair.server->close();
  ASSERT_TRUE(reading.done() && writing.done());
  EXPECT_EQ(reading.value().error().code, ErrorCode::closed);
  EXPECT_EQ(writing.value().error().code, ErrorCode::closed);
  EXPECT_EQ(pair.server->read(buffer).take().error().code, ErrorCode::closed);
  EXPECT_EQ(pair.server->write("x").take().error().code, ErrorCode::closed);
  pair.server->end();
  pair.server->close();
}

Async<Result<void>> write_then_destroy(std::unique_ptr<Socket>& socket, std::string bulk) {
  Result<void> written = co_await socket->write(bulk);
  socket.reset();
  co_return written;
}

TEST_F(SocketTest, AFlowMayDestroyTheSocketWhoseOtherFlowWaits) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  Buffer buffer(reactor.buffers());
  Running<ReadResult> reading(pair.server->read(buffer));
  Running<Result<void>> writing(write_then_destroy(pair.server, pattern(8 << 20)));
  settle(reactor);
  ASSERT_FALSE(writing.done());
  pair.client->close(true);  // one event wakes both
  ASSERT_TRUE(turn_until(reactor, [&] { return reading.done(); }));
  EXPECT_TRUE(writing.done());
  EXPECT_FALSE(pair.server);
  EXPECT_EQ(reading.value().error().code, ErrorCode::closed);
}

TEST_F(SocketTest, KnowsItsAddresses) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  EXPECT_EQ(pair.client->local(), pair.server->remote());
  EXPECT_EQ(pair.client->remote(), pair.server->local());
  EXPECT_FALSE(pair.client->tls().secured);
  pair.client->close();
  EXPECT_EQ(pair.client->local(), Address());
}

TEST_F(SocketTest, BothSidesHaveTheirOptions) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  for (Socket* socket : {pair.client.get(), pair.server.get()}) {
    int no_delay = 0, keep_alive = 0;
    socklen_t bytes = sizeof(int);
    ::getsockopt(socket->fd(), IPPROTO_TCP, 1 /* TCP_NODELAY */, &no_delay, &bytes);
    ::getsockopt(socket->fd(), SOL_SOCKET, SO_KEEPALIVE, &keep_alive, &bytes);
    EXPECT_TRUE(no_delay);
    EXPECT_TRUE(keep_alive);
  }
}

TEST_F(SocketTest, NoticesADeadPeerAsSoonAsItsOptionsSay) {
  Reactor reactor(clock);
  auto listener = Listener::open(reactor, Address::loopback(0), {}, [](std::unique_ptr<Socket>) {});
  ASSERT_TRUE(listener);
  Running<Result<std::unique_ptr<Socket>>> connecting(connect(reactor, (*listener)->address(),
                                                              {.keep_alive_idle = 5s,
                                                               .keep_alive_interval = 2s,
                                                               .keep_alive_probes = 3,
                                                               .user_timeout = 1s}));
  ASSERT_TRUE(turn_until(reactor, [&] { return connecting.done(); }));
  const auto option = [&](int name) {
    int value = 0;
    socklen_t bytes = sizeof value;
    ::getsockopt((*connecting.value())->fd(), IPPROTO_TCP, name, &value, &bytes);
    return value;
  };
  EXPECT_EQ(option(4 /* TCP_KEEPIDLE */), 5);
  EXPECT_EQ(option(5 /* TCP_KEEPINTVL */), 2);
  EXPECT_EQ(option(6 /* TCP_KEEPCNT */), 3);
  EXPECT_EQ(option(18 /* TCP_USER_TIMEOUT */), 1000);
}

}  // namespace
}  // namespace perigee::net
