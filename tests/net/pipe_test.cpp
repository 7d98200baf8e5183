#include "net/pipe.hpp"

#include "tests/net/support/loop.hpp"

namespace perigee::net {
namespace {

using testing::Running;
using testing::settle;
using ReadResult = Result<std::size_t>;

class PipeTest : public ::testing::Test {
 protected:
  FakeClock clock;
  Reactor reactor{clock};
};

struct Told final : HangupListener {
  void on_hangup() override { ++times; }
  int times = 0;
};

TEST_F(PipeTest, CarriesBytesBothWays) {
  Pipe pipe = make_pipe(reactor);
  Buffer at_second(reactor.buffers()), at_first(reactor.buffers());
  Running<ReadResult> reading(pipe.second->read(at_second));
  EXPECT_TRUE(pipe.first->write("ping").take());
  EXPECT_FALSE(reading.done()) << "an end learns of it in the next turn";
  reactor.turn(1h);
  ASSERT_TRUE(reading.done());
  EXPECT_EQ(at_second.unread(), "ping");
  EXPECT_TRUE(pipe.second->write("pong").take());
  EXPECT_EQ(pipe.first->read(at_first).take().value(), 4u);
  EXPECT_EQ(at_first.unread(), "pong");
  EXPECT_EQ(pipe.first->counters().bytes_written, 4u);
  EXPECT_EQ(pipe.first->counters().bytes_read, 4u);
  EXPECT_EQ(pipe.first->remote(), pipe.second->local());
}

TEST_F(PipeTest, AFullChannelMakesTheWriterWait) {
  Pipe pipe = make_pipe(reactor, {.capacity = 4});
  const std::string_view slices[] = {"ab", "cdef", "", "ghi"};
  Running<Result<void>> writing(pipe.first->write(std::span(slices)));
  settle(reactor);
  EXPECT_FALSE(writing.done());
  std::string all;
  Buffer buffer(reactor.buffers());
  while (all.size() < 9) {
    ASSERT_TRUE(pipe.second->readable());
    ASSERT_GT(pipe.second->read(buffer).take().value(), 0u);
    all += buffer.unread();
    buffer.consume(buffer.size());
    settle(reactor);
  }
  EXPECT_EQ(all, "abcdefghi");
  EXPECT_TRUE(writing.done());
}

TEST_F(PipeTest, GivesOneByteAtATime) {
  Pipe pipe = make_pipe(reactor, {.read_bytes_max = 1});
  EXPECT_TRUE(pipe.first->write("abc").take());
  Buffer buffer(reactor.buffers());
  for (std::size_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(pipe.second->read(buffer).take().value(), 1u);
    EXPECT_EQ(buffer.size(), i);
  }
  EXPECT_FALSE(pipe.second->readable());
}

TEST_F(PipeTest, HalfCloseEndsOneDirectionOnly) {
  Pipe pipe = make_pipe(reactor);
  EXPECT_TRUE(pipe.first->write("last").take());
  pipe.first->end();
  Buffer buffer(reactor.buffers());
  EXPECT_EQ(pipe.second->read(buffer).take().value(), 4u);
  EXPECT_EQ(pipe.second->read(buffer).take().value(), 0u);
  EXPECT_TRUE(pipe.second->hung_up());
  EXPECT_TRUE(pipe.second->write("answer").take());
  EXPECT_EQ(pipe.first->read(buffer).take().value(), 6u);
  EXPECT_FALSE(pipe.first->write("more").take());
}

TEST_F(PipeTest, AResetDropsBytesAndBreaksBothDirections) {
  Pipe pipe = make_pipe(reactor);
  EXPECT_TRUE(pipe.first->write("lost").take());
  pipe.first->close(true);
  Buffer buffer(reactor.buffers());
  EXPECT_EQ(pipe.second->read(buffer).take().error().code, ErrorCode::reset);
  EXPECT_EQ(pipe.second->write("x").take().error().code, ErrorCode::reset);
  EXPECT_EQ(pipe.first->read(buffer).take().error().code, ErrorCode::closed);
}

TEST_F(PipeTest, ClosingBreaksTheOthersWriteInTheNextTurn) {
  Pipe pipe = make_pipe(reactor, {.capacity = 4});
  Running<Result<void>> writing(pipe.first->write("too much"));
  pipe.second.reset();
  EXPECT_FALSE(writing.done());
  reactor.turn(1h);
  ASSERT_TRUE(writing.done());
  EXPECT_EQ(writing.value().error().code, ErrorCode::reset);
}

TEST_F(PipeTest, ClosingEndsOwnWaitsWithClosed) {
  Pipe pipe = make_pipe(reactor, {.capacity = 4});
  Buffer buffer(reactor.buffers());
  Running<Result<void>> writing(pipe.first->write("too much"));
  Running<ReadResult> reading(pipe.first->read(buffer));
  pipe.first.reset();
  ASSERT_TRUE(writing.done() && reading.done());
  EXPECT_EQ(writing.value().error().code, ErrorCode::closed);
  EXPECT_EQ(reading.value().error().code, ErrorCode::closed);
}

TEST_F(PipeTest, TellsHangupOnceWhenNobodyReads) {
  Pipe pipe = make_pipe(reactor);
  Told told;
  pipe.second->listen_for_hangup(&told);
  EXPECT_TRUE(pipe.first->write("unread").take());
  settle(reactor);
  EXPECT_EQ(told.times, 0);
  pipe.first->end();
  settle(reactor);
  EXPECT_EQ(told.times, 1);
  pipe.first->close(true);
  settle(reactor);
  EXPECT_EQ(told.times, 1);
}

TEST_F(PipeTest, HangupIsTheReadersWhenOneWaits) {
  Pipe pipe = make_pipe(reactor);
  Told told;
  pipe.second->listen_for_hangup(&told);
  Buffer buffer(reactor.buffers());
  Running<ReadResult> reading(pipe.second->read(buffer));
  pipe.first.reset();
  settle(reactor);
  ASSERT_TRUE(reading.done());
  EXPECT_EQ(reading.value().value(), 0u);
  EXPECT_EQ(told.times, 0);
}

TEST_F(PipeTest, ACancelledReadLeavesItUsable) {
  Pipe pipe = make_pipe(reactor);
  Buffer buffer(reactor.buffers());
  {
    Running<ReadResult> reading(pipe.second->read(buffer));
    reading.scope().cancel(Error(ErrorCode::timed_out, "late"));
    EXPECT_EQ(reading.value().error().code, ErrorCode::timed_out);
  }
  EXPECT_TRUE(pipe.first->write("x").take());
  EXPECT_EQ(pipe.second->read(buffer).take().value(), 1u);
}

}  // namespace
}  // namespace perigee::net
