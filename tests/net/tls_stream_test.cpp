// TLS as a stream: bulk, back-pressure, ends good and bad, and what an idle one costs.
#include "net/tls_stream.hpp"

#include <malloc.h>

#include "tests/net/support/secured.hpp"

namespace perigee::net {
namespace {

using namespace testing;
using ::testing::AnyOf;
using ::testing::HasSubstr;

class TlsStreams : public ::testing::Test {
 protected:
  // Through a channel that is too narrow for unread tickets, which TLS 1.3 sends afterwards.
  Ends meet_narrow(std::size_t capacity) {
    return shake_hands(reactor_, serve({.protocols = {"TLSv1.2"}}), trust_authority(),
                       "api.example", make_pipe(reactor_, {.capacity = capacity}));
  }
  Ends meet(Pipe pipe = {}) {
    return shake_hands(reactor_, serve({}), trust_authority(), "api.example", std::move(pipe));
  }
  SystemClock clock_;
  Reactor reactor_{clock_};
};

std::string pattern(std::size_t bytes) {
  std::string text(bytes, '\0');
  std::uint32_t state = 1;
  for (char& c : text) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return text;
}

// Reads to the end; `large` as a relay of big bodies does.
Async<Result<std::string>> read_all(Reactor& reactor, Stream& stream, bool large = false) {
  std::string all;
  for (;;) {
    Buffer buffer(reactor.buffers());
    if (large) buffer.grow();
    CO_TRY(const std::size_t got, co_await stream.read(buffer));
    if (got == 0) co_return all;
    all += buffer.unread();
  }
}

Async<Result<void>> write_and_end(Stream& stream, const std::string& text, std::size_t piece) {
  for (std::string_view rest = text; !rest.empty();
       rest.remove_prefix(std::min(piece, rest.size()))) {
    CO_TRY(co_await stream.write(rest.substr(0, piece)));
  }
  stream.end();
  co_return Result<void>{};
}

struct Transfer {
  std::size_t bytes, piece;
  PipeOptions pipe;
  bool large;
  std::string name;
};
class TlsTransfers : public TlsStreams, public ::testing::WithParamInterface<Transfer> {};
INSTANTIATE_TEST_SUITE_P(
    Table, TlsTransfers,
    ::testing::Values(Transfer{4 << 20, 64 << 10, {}, true, "Bulk"},
                      Transfer{1 << 20, 1 << 20, {.capacity = 1000}, false, "NarrowChannel"},
                      Transfer{40'000, 40'000, {.read_bytes_max = 1}, false, "OneByteReads"},
                      Transfer{2'000, 1, {.capacity = 7}, false, "OneByteWrites"},
                      Transfer{20'000, 16384, {.capacity = 1}, false, "OneByteOnTheWay"},
                      Transfer{300'000, 16385, {}, true, "JustOverARecord"}),
    [](const auto& it) { return it.param.name; });

// One end: shakes hands, then writes `sends` and reads to the end at the same time. The stream
// stays, because its last bytes may still be on their way.
Async<Result<std::string>> exchange(Reactor& reactor, Async<StreamResult> handshake,
                                    const std::string& sends, const Transfer& transfer,
                                    std::unique_ptr<Stream>& stream) {
  CO_TRY(stream, co_await handshake);
  Result<void> written;
  Task writer;
  writer.start([](Stream& to, const std::string& text, std::size_t piece,
                  Result<void>& result) -> Async<void> {
    result = co_await write_and_end(to, text, piece);
  }(*stream, sends, transfer.piece, written));
  Result<std::string> got = co_await read_all(reactor, *stream, transfer.large);
  CO_TRY(co_await writer.join());
  CO_TRY(written);
  EXPECT_EQ(stream->counters().bytes_written, sends.size());
  co_return got;
}

TEST_P(TlsTransfers, BothWaysAtOnce) {
  const Transfer& transfer = GetParam();
  const std::string up = pattern(transfer.bytes), down = pattern(transfer.bytes + 1);
  Pipe pipe = make_pipe(reactor_, transfer.pipe);
  std::unique_ptr<Stream> streams[2];
  Running<Result<std::string>> server(
      exchange(reactor_, tls_accept(serve({}), reactor_, std::move(pipe.first)), down, transfer,
               streams[0]));
  Running<Result<std::string>> client(exchange(
      reactor_, tls_connect(trust_authority(), reactor_, std::move(pipe.second), "api.example"), up,
      transfer, streams[1]));
  ASSERT_TRUE(turn_until(reactor_, [&] { return server.done() && client.done(); }));
  EXPECT_TRUE(server.value() == up);
  EXPECT_TRUE(client.value() == down);
  EXPECT_EQ(reactor_.buffers().bytes_leased(), 0u);
}

// A stream that counts what passes.
class Counted final : public Stream {
 public:
  explicit Counted(std::unique_ptr<Stream> under) : under_(std::move(under)) {}
  Async<Result<std::size_t>> read(Buffer& into) override { return under_->read(into); }
  bool readable() const override { return under_->readable(); }
  Async<Result<void>> write(std::span<const std::string_view> slices) override {
    ++writes;
    return under_->write(slices);
  }
  void end() override { under_->end(); }
  void close(bool reset) override { under_->close(reset); }
  bool closed() const override { return under_->closed(); }
  bool hung_up() const override { return under_->hung_up(); }
  void listen_for_hangup(HangupListener* listener) override { under_->listen_for_hangup(listener); }
  Address local() const override { return under_->local(); }
  Address remote() const override { return under_->remote(); }
  const TlsInfo& tls() const override { return under_->tls(); }
  const StreamCounters& counters() const override { return under_->counters(); }
  int writes = 0;

 private:
  std::unique_ptr<Stream> under_;
};

TEST_F(TlsStreams, SmallSlicesShareARecordAndRecordsAWrite) {
  Pipe pipe = make_pipe(reactor_, {.capacity = 1 << 20});
  auto counted = std::make_unique<Counted>(std::move(pipe.first));
  Counted& plain = *counted;
  pipe.first = std::move(counted);
  Ends ends = meet(std::move(pipe));
  ASSERT_TRUE(ends.good());
  constexpr std::size_t kRecordCost = 22;  // TLS 1.3: header 5, type 1, tag 16

  auto sent = [&](std::span<const std::string_view> slices) {
    const std::uint64_t bytes_before = plain.counters().bytes_written;
    plain.writes = 0;
    Running<Result<void>> writing((*ends.server)->write(slices));
    EXPECT_TRUE(writing.done());
    return plain.counters().bytes_written - bytes_before;
  };
  const std::string_view small[] = {"head", "", "body"};
  EXPECT_EQ(sent(small), 8 + kRecordCost);
  EXPECT_EQ(plain.writes, 1);
  const std::string body = pattern(64 * 1024 - 100), head(100, 'h');
  const std::string_view big[] = {head, body};
  EXPECT_EQ(sent(big), 64 * 1024 + 4 * kRecordCost);
  EXPECT_EQ(plain.writes, 1);
  EXPECT_EQ(sent({}), 0u);
}

TEST_F(TlsStreams, AnIdleStreamHoldsNoBuffer) {
  Ends ends = meet();
  ASSERT_TRUE(ends.good());
  EXPECT_TRUE(write_all(reactor_, **ends.client, "x"));
  EXPECT_EQ(read_some(reactor_, **ends.server), "x");
  Buffer buffer(reactor_.buffers());
  Running<Result<std::size_t>> waiting((*ends.server)->read(buffer));
  settle(reactor_);
  EXPECT_FALSE(waiting.done());
  EXPECT_EQ(reactor_.buffers().bytes_leased(), 0u);
}

TEST_F(TlsStreams, ReadableTellsOfDecryptedBytes) {
  Ends ends = meet();
  ASSERT_TRUE(ends.good());
  EXPECT_TRUE(write_all(reactor_, **ends.client, std::string(20'000, 'x')));
  settle(reactor_);
  EXPECT_TRUE((*ends.server)->readable());
  std::size_t got = 0;
  while ((*ends.server)->readable()) got += read_some(reactor_, **ends.server)->size();
  EXPECT_EQ(got, 20'000u);
}

// Ends
// ----------------------------------------------------------------------------------------------

TEST_F(TlsStreams, EndsOneSideAndGoesOnWithTheOther) {
  Ends ends = meet();
  ASSERT_TRUE(ends.good());
  (*ends.client)->end();
  EXPECT_EQ(read_some(reactor_, **ends.server), "");
  EXPECT_TRUE((*ends.server)->hung_up());
  EXPECT_TRUE(write_all(reactor_, **ends.server, "still here"));
  (*ends.server)->end();
  EXPECT_EQ(read_some(reactor_, **ends.client), "still here");
  EXPECT_EQ(read_some(reactor_, **ends.client), "");
  EXPECT_EQ(write_all(reactor_, **ends.client, "more").error().code, ErrorCode::closed);
}

TEST_F(TlsStreams, CloseSaysGoodbye) {
  Ends ends = meet();
  ASSERT_TRUE(ends.good());
  EXPECT_TRUE(write_all(reactor_, **ends.client, "last words"));
  (*ends.client)->close();
  EXPECT_TRUE((*ends.client)->closed());
  EXPECT_EQ(read_some(reactor_, **ends.server), "last words");
  EXPECT_EQ(read_some(reactor_, **ends.server), "");
}

TEST_F(TlsStreams, EndWaitsForAFullChannel) {
  Ends ends = meet_narrow(100);
  ASSERT_TRUE(ends.good());
  const std::string text = pattern(100'000);
  Running<Result<void>> writing((*ends.client)->write(text));
  settle(reactor_);
  ASSERT_FALSE(writing.done());
  (*ends.client)->end();  // while the write is under way
  Running<Result<std::string>> reading(read_all(reactor_, **ends.server));
  ASSERT_TRUE(turn_until(reactor_, [&] { return reading.done(); }));
  // The pieces that were not records yet are refused, and the peer sees an orderly end.
  ASSERT_TRUE(reading.value());
  EXPECT_TRUE(text.starts_with(*reading.value()));
  EXPECT_TRUE(writing.done());
}

TEST_F(TlsStreams, EndIsSentLaterWhenTheChannelIsFull) {
  constexpr std::size_t kRecordCost = 29;  // TLS 1.2: header 5, nonce 8, tag 16
  Ends ends = meet_narrow(8 + kRecordCost);
  ASSERT_TRUE(ends.good());
  Running<Result<void>> writing((*ends.client)->write(std::string_view("12345678")));
  ASSERT_TRUE(writing.done());
  (*ends.client)->end();
  Running<Result<std::string>> reading(read_all(reactor_, **ends.server));
  ASSERT_TRUE(turn_until(reactor_, [&] { return reading.done(); }));
  EXPECT_EQ(reading.value(), "12345678");
}

TEST_F(TlsStreams, HangingUpWithoutGoodbyeIsAnError) {
  Pipe pipe = make_pipe(reactor_);
  auto counted = std::make_unique<Counted>(std::move(pipe.second));
  Counted& plain = *counted;
  pipe.second = std::move(counted);
  Ends ends = meet(std::move(pipe));
  ASSERT_TRUE(ends.good());
  EXPECT_TRUE(write_all(reactor_, **ends.client, "half a "));
  plain.end();
  EXPECT_EQ(read_some(reactor_, **ends.server), "half a ");
  auto end = read_some(reactor_, **ends.server);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, ErrorCode::closed);
  EXPECT_THAT(end.error().message, HasSubstr("hung up without a close_notify"));
}

TEST_F(TlsStreams, AResetIsAReset) {
  Ends ends = meet();
  ASSERT_TRUE(ends.good());
  (*ends.client)->close(true);
  EXPECT_EQ(read_some(reactor_, **ends.server).error().code, ErrorCode::reset);
}

TEST_F(TlsStreams, BrokenRecordsEndTheConnectionWithAnAlert) {
  Pipe pipe = make_pipe(reactor_);
  auto counted = std::make_unique<Counted>(std::move(pipe.second));
  Counted& plain = *counted;
  pipe.second = std::move(counted);
  Ends ends = meet(std::move(pipe));
  ASSERT_TRUE(ends.good());
  EXPECT_TRUE(
      write_all(reactor_, plain, std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, '?')));
  auto broken = read_some(reactor_, **ends.server);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, ErrorCode::tls);
  EXPECT_THAT(broken.error().message, HasSubstr("bad record mac"));
  EXPECT_EQ(read_some(reactor_, **ends.server).error().message, broken.error().message);
  EXPECT_EQ(write_all(reactor_, **ends.server, "x").error().code, ErrorCode::closed);
  (*ends.server)->close();
  EXPECT_THAT(read_some(reactor_, **ends.client).error().message,
              HasSubstr("alert \"bad record mac\" (20)"));
}

TEST_F(TlsStreams, ACancelledReadLeavesTheStreamGood) {
  Ends ends = meet();
  ASSERT_TRUE(ends.good());
  Buffer buffer(reactor_.buffers());
  Running<Result<std::size_t>> reading((*ends.server)->read(buffer));
  reading.scope().cancel(Error(ErrorCode::cancelled, "enough"));
  ASSERT_TRUE(reading.done());
  EXPECT_EQ(reading.value().error().code, ErrorCode::cancelled);
  EXPECT_TRUE(write_all(reactor_, **ends.client, "later"));
  EXPECT_EQ(read_some(reactor_, **ends.server), "later");
}

TEST_F(TlsStreams, ACancelledWriteSpoilsWritingOnly) {
  Ends ends = meet_narrow(100);
  ASSERT_TRUE(ends.good());
  const std::string text = pattern(1000);
  {
    Running<Result<void>> writing((*ends.server)->write(text));
    ASSERT_FALSE(writing.done());
    writing.scope().cancel(Error(ErrorCode::cancelled, "enough"));
    ASSERT_TRUE(writing.done());
    EXPECT_EQ(writing.value().error().code, ErrorCode::cancelled);
  }
  EXPECT_EQ(write_all(reactor_, **ends.server, "more").error().code, ErrorCode::closed);
  EXPECT_TRUE(write_all(reactor_, **ends.client, "but reading works"));
  EXPECT_EQ(read_some(reactor_, **ends.server), "but reading works");
}

// Handshakes that fail
// ------------------------------------------------------------------------------

class TlsStrangers : public TlsStreams {
 protected:
  Error server_error_after(std::string_view bytes, bool ends = false) {
    Pipe pipe = make_pipe(reactor_);
    Running<StreamResult> accepting(tls_accept(serve({}), reactor_, std::move(pipe.first)));
    EXPECT_TRUE(write_all(reactor_, *pipe.second, bytes));
    if (ends) pipe.second->end();
    EXPECT_TRUE(turn_until(reactor_, [&] { return accepting.done(); }));
    EXPECT_FALSE(accepting.value());
    return accepting.value() ? Error() : accepting.value().error();
  }
};

TEST_F(TlsStrangers, PlainHttpIsToldApart) {
  const Error error = server_error_after("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(error.code, ErrorCode::tls);
  EXPECT_EQ(error.fault, Fault::client);
  EXPECT_THAT(error.message, HasSubstr("http request; the peer does not seem to speak TLS here"));
}

TEST_F(TlsStrangers, GarbageIsRefused) {
  EXPECT_THAT(server_error_after(pattern(300)).message,
              AnyOf(HasSubstr("wrong version number"), HasSubstr("unsupported protocol"),
                    HasSubstr("does not seem to speak TLS")));
}

TEST_F(TlsStrangers, AHelloThatStopsIsClosed) {
  const Error error =
      server_error_after(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01", 8), true);
  EXPECT_EQ(error.code, ErrorCode::closed);
  EXPECT_THAT(error.message, HasSubstr("closed the connection during the handshake"));
}

TEST_F(TlsStrangers, APlainServerIsToldApart) {
  Pipe pipe = make_pipe(reactor_);
  Running<StreamResult> connecting(
      tls_connect(trust_authority(), reactor_, std::move(pipe.first), "api.example"));
  EXPECT_TRUE(write_all(reactor_, *pipe.second, "HTTP/1.1 400 Bad Request\r\n\r\n"));
  ASSERT_TRUE(turn_until(reactor_, [&] { return connecting.done(); }));
  ASSERT_FALSE(connecting.value());
  EXPECT_THAT(connecting.value().error().message,
              HasSubstr("TLS with \"api.example\" (127.0.0.1:2): wrong version number; the peer "
                        "does not seem to speak TLS here"));
}

TEST_F(TlsStrangers, ADeadlineEndsASilentHandshake) {
  FakeClock clock;
  Reactor reactor(clock);
  Pipe pipe = make_pipe(reactor);
  Running<StreamResult> accepting(
      [](Reactor& on, std::unique_ptr<Stream> plain) -> Async<StreamResult> {
        Deadline deadline(on, co_await this_scope(), 10s, ErrorCode::timed_out, "handshake",
                          Fault::client);
        co_return co_await tls_accept(serve({}), on, std::move(plain));
      }(reactor, std::move(pipe.first)));
  settle(reactor);
  EXPECT_FALSE(accepting.done());
  EXPECT_EQ(reactor.buffers().bytes_leased(), 0u);
  clock.advance(10s);
  settle(reactor);
  ASSERT_TRUE(accepting.done());
  EXPECT_EQ(accepting.value().error().code, ErrorCode::timed_out);
  settle(reactor);
  EXPECT_TRUE(pipe.second->hung_up());
}

TEST_F(TlsStrangers, AnAbandonedHandshakeFreesEverything) {
  Pipe pipe = make_pipe(reactor_);
  {
    Running<StreamResult> accepting(tls_accept(serve({}), reactor_, std::move(pipe.first)));
    EXPECT_TRUE(write_all(reactor_, *pipe.second, std::string_view("\x16\x03\x01\x02\x00", 5)));
    settle(reactor_);
  }
  EXPECT_EQ(reactor_.buffers().bytes_leased(), 0u);
}

// Memory
// --------------------------------------------------------------------------------------------

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PERIGEE_OTHER_MALLOC 1
#endif
#endif

TEST_F(TlsStreams, AnIdleConnectionCostsAtMost16KiB) {
#ifdef PERIGEE_OTHER_MALLOC
  GTEST_SKIP() << "the sanitizer's allocator is not measured";
#else
  constexpr std::size_t kConnections = 300;
  auto in_use = [] { return static_cast<std::size_t>(::mallinfo2().uordblks); };
  auto server = serve({.alpn = {"http/1.1"}});
  auto client = trust_authority({.alpn = {"http/1.1"}});
  std::vector<Pair> plain(kConnections);
  auto connect_all = [&](std::vector<Ends>& to) {
    for (Pair& pair : plain) {
      pair = connected_pair(reactor_);
      to.push_back(shake_hands(reactor_, server, client, "api.example",
                               {std::move(pair.server), std::move(pair.client)}));
      EXPECT_TRUE(to.back().good());
      // One exchange, as on a connection that is kept alive.
      EXPECT_TRUE(write_all(reactor_, **to.back().client, "question"));
      EXPECT_EQ(read_some(reactor_, **to.back().server), "question");
      EXPECT_TRUE(write_all(reactor_, **to.back().server, "answer"));
      EXPECT_EQ(read_some(reactor_, **to.back().client), "answer");
    }
  };
  std::vector<Ends> ends;
  ends.reserve(kConnections);
  connect_all(ends);  // warms caches and pools up
  ends.clear();

  const std::size_t before = in_use();
  connect_all(ends);
  const std::size_t both = in_use() - before;
  for (Ends& one : ends) one.client = fail(ErrorCode::other, "gone");
  const std::size_t servers = in_use() - before;
  const std::size_t per_server = servers / kConnections;
  const std::size_t per_client = (both - servers) / kConnections;
  std::printf("user memory per idle TLS connection: server %zu bytes, client %zu bytes\n",
              per_server, per_client);
  EXPECT_LE(per_server, 16u * 1024);
  EXPECT_LE(per_client, 16u * 1024);
#endif
}

}  // namespace
}  // namespace perigee::net
