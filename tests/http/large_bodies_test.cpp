// Bodies beyond 4 GiB: wherever their bytes are counted (lifecycle.md 8.7). No byte of them is
// made; scripts/long.d/bodies_beyond_4gib sends real ones through the gateway.
#include <gmock/gmock.h>
#include <sys/mman.h>

#include "http/h1_write.hpp"
#include "tests/http/support/world.hpp"

namespace perigee::http {
namespace {

constexpr std::uint64_t kBeyond = (std::uint64_t{1} << 32) + 7;

// Address space that reads as zeros and takes no memory, as nobody reads it.
class Emptiness {
 public:
  Emptiness()
      : begin_(::mmap(nullptr, kBeyond, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                      0)) {}
  ~Emptiness() { ::munmap(begin_, kBeyond); }
  Emptiness(const Emptiness&) = delete;
  Emptiness& operator=(const Emptiness&) = delete;
  bool there() const { return begin_ != MAP_FAILED; }
  std::string_view bytes() const { return {static_cast<const char*>(begin_), kBeyond}; }

 private:
  void* begin_;
};

TEST(LargeBodies, LengthsAreReadWhole) {
  for (std::uint64_t length : {kBeyond, std::uint64_t{999'999'999'999'999'999}}) {
    const std::string field = "Content-Length: " + std::to_string(length) + "\r\n\r\n";
    Arena arena;
    H1Head info;
    RequestHead request(arena);
    EXPECT_EQ(parse_request("PUT / HTTP/1.1\r\nHost: h\r\n" + field, {}, request, info).result,
              Parse::done);
    EXPECT_EQ(info.content_length, length);
    ResponseHead response(arena);
    const std::string answer = "HTTP/1.1 200 OK\r\n" + field;
    EXPECT_EQ(parse_response(answer, {}, Method::get, response, info).result, Parse::done);
    EXPECT_EQ(info.content_length, length);
    EXPECT_EQ(told_length(response.headers), length);
  }
}

TEST(LargeBodies, AChunkMayBeLargerThan4GiB) {
  Emptiness data;
  ASSERT_TRUE(data.there());
  ChunkedDecoder decoder;
  Result<ChunkedDecoder::Step> step = decoder.feed("100000007;x\r\n", nullptr);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->consumed, 13u);
  // All but the last seven bytes: a decoder that counts in 32 bits would take these for the chunk.
  std::string_view most = data.bytes().substr(0, kBeyond - 7);
  step = decoder.feed(most, nullptr);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->consumed, most.size());
  EXPECT_EQ(step->data.size(), most.size());
  step = decoder.feed("seventh\r\n0\r\n\r\n", nullptr);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->data, "seventh");
  EXPECT_TRUE(step->end);
}

// What a body says of itself, when three of its bytes are read.
class Asker final : public Handler {
 public:
  Async<void> handle(ServerExchange& exchange) override {
    told = exchange.body->length();
    Result<Chunk> piece = co_await exchange.body->read();
    if (piece) left = exchange.body->length();
    ResponseHead answer(exchange.arena);
    exchange.close_after();
    Result<void> sent = co_await exchange.respond(answer, nullptr);
    static_cast<void>(sent);
  }
  std::optional<std::uint64_t> told, left;
};

TEST(LargeBodies, WhatIsLeftOfThemIsCounted) {
  Asker handler;
  test::World world(handler);
  std::unique_ptr<test::Peer> client = world.connect();
  client->send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(kBeyond) +
               "\r\n\r\nabc");
  world.settle();
  EXPECT_EQ(handler.told, kBeyond);
  EXPECT_EQ(handler.left, kBeyond - 3);
  client->reset();
  world.settle();
}

// Takes everything and keeps what is short.
class Sink final : public net::Stream {
 public:
  Async<Result<std::size_t>> read(Buffer&) override { return Result<std::size_t>(0); }
  bool readable() const override { return false; }
  Async<Result<void>> write(std::span<const std::string_view> slices) override {
    for (std::string_view slice : slices) {
      bytes += slice.size();
      if (slice.size() < 100) text += slice;
    }
    return Result<void>{};
  }
  void end() override {}
  void close(bool) override {}
  bool closed() const override { return false; }
  bool hung_up() const override { return false; }
  void listen_for_hangup(net::HangupListener*) override {}
  net::Address local() const override { return net::Address::loopback(1); }
  net::Address remote() const override { return net::Address::loopback(2); }
  const net::TlsInfo& tls() const override { return tls_; }
  const net::StreamCounters& counters() const override { return counters_; }

  std::uint64_t bytes = 0;
  std::string text;

 private:
  net::TlsInfo tls_;
  net::StreamCounters counters_;
};

struct Sending {
  // Sends all of `body` with this framing at once.
  Result<void> send(std::string_view body, const WireFraming& framing) {
    BytesBody bytes(body);
    Async<Result<bool>> all = sender.send_first("head", &bytes, framing);
    EXPECT_TRUE(all.here());
    Result<bool> sent = all.take();
    if (!sent) return std::unexpected(std::move(sent.error()));
    EXPECT_TRUE(*sent);
    return {};
  }
  FakeClock clock;
  net::Reactor reactor{clock};
  Arena arena;
  Sink sink;
  BodySender sender{reactor, sink, arena, 0s, Fault::client};
};

TEST(LargeBodies, AreSentAsTheirFramingSays) {
  Emptiness data;
  ASSERT_TRUE(data.there());
  Sending by_length;
  ASSERT_TRUE(by_length.send(data.bytes(), {.kind = WireFraming::Kind::length, .length = kBeyond}));
  EXPECT_EQ(by_length.sink.bytes, 4 + kBeyond);
  EXPECT_EQ(by_length.sender.body_bytes(), kBeyond);
  Sending chunked;
  ASSERT_TRUE(chunked.send(data.bytes(), {.kind = WireFraming::Kind::chunked}));
  EXPECT_EQ(chunked.sink.text, "head100000007\r\n\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.sender.body_bytes(), kBeyond);
}

TEST(LargeBodies, DoNotFitIntoTheLengthThatTheyHaveIn32Bits) {
  Emptiness data;
  ASSERT_TRUE(data.there());
  Sending sending;
  Result<void> sent = sending.send(
      data.bytes(), {.kind = WireFraming::Kind::length, .length = kBeyond & 0xffffffff});
  ASSERT_FALSE(sent);
  EXPECT_THAT(sent.error().message, ::testing::HasSubstr("longer than its Content-Length"));
}

}  // namespace
}  // namespace perigee::http
