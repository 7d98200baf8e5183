// Socket::write_soon(): small messages leave at the end of the loop's turn.
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "net/socket.hpp"
#include "tests/net/support/bytes.hpp"
#include "tests/net/support/loop.hpp"

namespace perigee::net {
namespace {

using testing::connected_pair;
using testing::Pair;
using testing::pattern;
using testing::read_all;
using testing::Running;
using testing::turn_until;

class WrittenSoon : public testing::DescriptorsComeBack {
 protected:
  FakeClock clock;
};

// Bytes in the kernel that nobody has read.
int arrived(const Socket& socket) {
  int bytes = -1;
  EXPECT_EQ(::ioctl(socket.fd(), FIONREAD, &bytes), 0);
  return bytes;
}

bool keeps(Stream& stream, std::string_view bytes) {
  Async<Result<void>> writing = stream.write_soon({&bytes, 1});
  return writing.here() && writing.take().has_value();
}

TEST_F(WrittenSoon, LeavesAtTheTurnsEnd) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  const std::size_t leased = reactor.buffers().bytes_leased();
  EXPECT_TRUE(keeps(*pair.client, "one,"));
  EXPECT_TRUE(keeps(*pair.client, "two"));
  EXPECT_EQ(arrived(*pair.server), 0);
  reactor.turn(1h);  // does not wait: there is something to send
  EXPECT_EQ(arrived(*pair.server), 7);
  EXPECT_EQ(pair.client->counters().bytes_written, 7u);
  EXPECT_EQ(reactor.buffers().bytes_leased(), leased);
  ASSERT_TRUE(turn_until(reactor, [&] { return pair.server->readable(); }));
  Buffer buffer(reactor.buffers());
  EXPECT_EQ(pair.server->read(buffer).take().value(), 7u);
  EXPECT_EQ(buffer.unread(), "one,two");
}

TEST_F(WrittenSoon, ManyThatKeepBytesDoNotWaitForTheTurnsEnd) {
  Reactor reactor(clock);
  std::vector<Pair> pairs;
  for (int i = 0; i < 65; ++i) pairs.push_back(connected_pair(reactor));
  for (Pair& pair : pairs) EXPECT_TRUE(keeps(*pair.client, "x"));
  EXPECT_EQ(arrived(*pairs[0].server), 1);
  EXPECT_EQ(arrived(*pairs[63].server), 1);
  EXPECT_EQ(arrived(*pairs[64].server), 0);
  reactor.turn(0ms);
  EXPECT_EQ(arrived(*pairs[64].server), 1);
}

TEST_F(WrittenSoon, WritesAndTheEndComeBehindWhatIsKept) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  EXPECT_TRUE(keeps(*pair.client, "one,"));
  EXPECT_TRUE(pair.client->write("two,").take());
  EXPECT_TRUE(keeps(*pair.client, "three"));
  pair.client->end();
  Running<Result<std::string>> reading(read_all(*pair.server, reactor.buffers()));
  ASSERT_TRUE(turn_until(reactor, [&] { return reading.done(); }));
  EXPECT_EQ(reading.value().value(), "one,two,three");
}

TEST_F(WrittenSoon, ClosingSendsWhatIsKept) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  EXPECT_TRUE(keeps(*pair.client, "bye"));
  pair.client->close();
  Running<Result<std::string>> reading(read_all(*pair.server, reactor.buffers()));
  ASSERT_TRUE(turn_until(reactor, [&] { return reading.done(); }));
  EXPECT_EQ(reading.value().value(), "bye");
}

TEST_F(WrittenSoon, MoreThanABlockIsNotKept) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  const std::string large = pattern(BufferPool::kSmallBytes + 1);
  EXPECT_TRUE(keeps(*pair.client, "head,"));
  EXPECT_TRUE(keeps(*pair.client, large));
  EXPECT_EQ(arrived(*pair.server), static_cast<int>(5 + large.size()));
}

// The kernel takes only a part: the rest goes when it has room, the end behind it, and a write of
// nothing tells when.
TEST_F(WrittenSoon, WhatTheKernelDoesNotTakeStaysKept) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  const int small = 1;  // the kernel's least
  ASSERT_EQ(::setsockopt(pair.client->fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
  const std::string block = pattern(BufferPool::kSmallBytes);
  std::string all;
  std::optional<Running<Result<void>>> flushing;
  do {
    ASSERT_TRUE(keeps(*pair.client, block));
    all += block;
    reactor.turn(0ms);
    flushing.emplace(pair.client->write(std::span<const std::string_view>()));
  } while (flushing->done());
  pair.client->end();
  Running<Result<std::string>> reading(read_all(*pair.server, reactor.buffers()));
  ASSERT_TRUE(turn_until(reactor, [&] { return reading.done(); }));
  EXPECT_TRUE(flushing->done());
  EXPECT_EQ(reading.value().value(), all);
}

TEST_F(WrittenSoon, AResetThatLostWhatWasKeptIsTheReadersNews) {
  Reactor reactor(clock);
  Pair pair = connected_pair(reactor);
  EXPECT_TRUE(keeps(*pair.client, "lost"));
  pair.server->close(true);
  Buffer buffer(reactor.buffers());
  Running<Result<std::size_t>> reading(pair.client->read(buffer));
  ASSERT_TRUE(turn_until(reactor, [&] { return reading.done(); }));
  ASSERT_FALSE(reading.value());
  EXPECT_EQ(reading.value().error().code, ErrorCode::reset);
}

}  // namespace
}  // namespace perigee::net
