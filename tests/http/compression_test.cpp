// Answers that are compressed on their way to the client.
#include "http/compression.hpp"

#include <zlib.h>

#include "tests/http/support/world.hpp"

namespace perigee::http {
namespace {

using test::FedBody;
using test::World;
using testing::HasSubstr;
using testing::Not;

// All that can be had from the bytes so far; `whole` when the stream has its end.
std::string inflated(std::string_view bytes, bool* whole = nullptr) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 32), Z_OK);  // gzip or zlib, by the first bytes
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  std::array<char, 4096> room;
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = room.size();
    result = inflate(&stream, Z_SYNC_FLUSH);
    text.append(room.data(), room.size() - stream.avail_out);
  }
  EXPECT_TRUE(result == Z_STREAM_END || result == Z_BUF_ERROR) << result;
  if (whole) *whole = result == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  return text;
}

std::string unchunked(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    std::size_t line = text.find("\r\n");
    std::size_t size = std::stoul(std::string(text.substr(0, line)), nullptr, 16);
    if (size == 0) break;
    bytes += text.substr(line + 2, size);
    text.remove_prefix(line + 2 + size + 2);
  }
  return bytes;
}

struct Wish {
  std::string accept;
  ContentCoding coding;
};
class Preferred : public testing::TestWithParam<Wish> {};

TEST_P(Preferred, IsWhatTheClientLikesBest) {
  Arena arena;
  Headers headers(arena);
  std::string_view lines = GetParam().accept;  // '|' stands between field lines
  while (!lines.empty()) {
    std::size_t end = std::min(lines.find('|'), lines.size());
    headers.add(HeaderName("accept-encoding"), lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  EXPECT_EQ(preferred_coding(headers), GetParam().coding) << GetParam().accept;
}

constexpr auto kGzip = ContentCoding::gzip, kDeflate = ContentCoding::deflate,
               kIdentity = ContentCoding::identity;
INSTANTIATE_TEST_SUITE_P(
    Table, Preferred,
    testing::Values(
        Wish{"", kIdentity}, Wish{"gzip", kGzip}, Wish{"GZIP", kGzip}, Wish{"x-gzip", kGzip},
        Wish{"deflate", kDeflate}, Wish{"gzip, deflate, br", kGzip}, Wish{"deflate, gzip", kGzip},
        Wish{"deflate;q=0.9, gzip;q=0.8", kDeflate}, Wish{"br", kIdentity}, Wish{"*", kGzip},
        Wish{"gzip;q=0, *", kDeflate}, Wish{"*;q=0", kIdentity}, Wish{"gzip;q=0", kIdentity},
        Wish{"gzip;q=0.000", kIdentity}, Wish{"gzip;q=0.001", kGzip}, Wish{"gzip; q=1.000", kGzip},
        Wish{"gzip ;\tQ=0.5", kGzip}, Wish{"identity", kIdentity},
        Wish{"identity;q=1, gzip;q=0.5", kIdentity}, Wish{"identity;q=0.5, gzip;q=1.0", kGzip},
        Wish{"gzip, identity", kGzip}, Wish{"identity;q=0, br", kIdentity},
        Wish{"br|gzip;q=0.1", kGzip}, Wish{"gzip;q=1.001", kIdentity}, Wish{"gzip;q=2", kIdentity},
        Wish{"gzip;q=-1", kIdentity}, Wish{"gzip;q=", kIdentity}, Wish{"gzip;q", kIdentity},
        Wish{"gzip;q=0.1234", kIdentity}, Wish{"gzip;q=0x1", kIdentity},
        Wish{"gzip;q=1e0", kIdentity}, Wish{",,;,gzip,", kGzip}, Wish{"gzip;a=b", kGzip},
        Wish{"gzipped", kIdentity}, Wish{"gzip gzip", kIdentity}));

// Answers what the test says.
struct Answerer final : Handler {
  Async<void> handle(ServerExchange& exchange) override {
    ResponseHead head(exchange.arena);
    head.status = status;
    for (const auto& [name, value] : fields) head.headers.add(HeaderName(name), value);
    // Policies may change what the backend is told.
    exchange.request.headers.remove(HeaderId::accept_encoding);
    std::optional<BytesBody> bytes;
    if (!body && !text.empty()) bytes.emplace(text);
    Body* sent = body ? body : bytes ? &*bytes : nullptr;
    Result<void> done = co_await exchange.respond(head, sent);
    if (done || exchange.responded()) co_return;
    head.status = 502;
    BytesBody sorry("sorry");
    done = co_await exchange.respond(head, &sorry);
  }
  int status = 200;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string text = "hello hello hello hello";
  Body* body = nullptr;
};

struct Compression : testing::Test {
  std::string ask(std::string_view accept = "gzip", std::string_view method = "GET",
                  std::string_view version = "1.1") {
    client = world.connect();
    client->send(std::string(method) + " / HTTP/" + std::string(version) +
                 "\r\nHost: h\r\nAccept-Encoding: " + std::string(accept) + "\r\n\r\n");
    world.settle();
    std::size_t end = client->received.find("\r\n\r\n");
    head = client->received.substr(0, end + 4);
    return body();
  }
  std::string body() const { return client->received.substr(head.size()); }

  Answerer answerer;
  World world{answerer, ServerOptions{.compress = true}};
  std::unique_ptr<test::Peer> client;
  std::string head;
};

TEST_F(Compression, TheAnswerIsChunkedAndTellsSo) {
  answerer.fields = {{"Content-Length", "23"},
                     {"ETag", "\"v1\""},
                     {"Accept-Ranges", "bytes"},
                     {"Content-MD5", "x"},
                     {"Repr-Digest", "y"}};
  bool whole = false;
  EXPECT_EQ(inflated(unchunked(ask("br, gzip")), &whole), answerer.text);
  EXPECT_TRUE(whole);
  EXPECT_THAT(head, HasSubstr("\r\nContent-Encoding: gzip\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nVary: Accept-Encoding\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nETag: W/\"v1\"\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(head, Not(HasSubstr("Accept-Ranges")));
  EXPECT_THAT(head, Not(HasSubstr("Content-MD5")));
  EXPECT_THAT(head, Not(HasSubstr("Repr-Digest")));
  EXPECT_EQ(world.reactor.buffers().bytes_leased(), 0u);
}

TEST_F(Compression, DeflateIsTheZlibFormat) {
  std::string bytes = unchunked(ask("deflate"));
  EXPECT_EQ(inflated(bytes), answerer.text);
  EXPECT_EQ(bytes[0] & 0x0f, 8);
  EXPECT_THAT(head, HasSubstr("\r\nContent-Encoding: deflate\r\n"));
}

TEST_F(Compression, AnHttp10ClientGetsTheEndByClosing) {
  bool whole = false;
  EXPECT_EQ(inflated(ask("gzip", "GET", "1.0"), &whole), answerer.text);
  EXPECT_TRUE(whole);
  EXPECT_TRUE(client->ended);
  EXPECT_THAT(head, Not(HasSubstr("chunked")));
}

TEST_F(Compression, WhoDoesNotTakeItIsToldThatItMatters) {
  answerer.fields = {{"Vary", "Origin"}, {"ETag", "\"v1\""}};
  EXPECT_EQ(ask("identity"), answerer.text);
  EXPECT_THAT(head, HasSubstr("\r\nVary: Accept-Encoding\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nVary: Origin\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nContent-Length: 23\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nETag: \"v1\"\r\n"));
}

TEST_F(Compression, VaryIsToldOnce) {
  answerer.fields = {{"Vary", "Origin, accept-encoding"}};
  EXPECT_EQ(inflated(unchunked(ask())), answerer.text);
  EXPECT_THAT(head, Not(HasSubstr("Accept-Encoding")));
  answerer.fields = {{"Vary", "*"}};
  ask();
  EXPECT_THAT(head, Not(HasSubstr("Accept-Encoding")));
}

struct LeftAlone {
  int status;
  std::vector<std::pair<std::string, std::string>> fields;
};
class CompressionLeaves : public Compression, public testing::WithParamInterface<LeftAlone> {};

TEST_P(CompressionLeaves, AsItCame) {
  answerer.status = GetParam().status;
  answerer.fields = GetParam().fields;
  std::string came = ask();
  bool has_body = answerer.status != 204 && answerer.status != 304;
  EXPECT_EQ(came, has_body ? answerer.text : "");
  EXPECT_THAT(head, Not(HasSubstr("gzip")));
  EXPECT_THAT(head, Not(HasSubstr("Vary")));
}

INSTANTIATE_TEST_SUITE_P(
    Table, CompressionLeaves,
    testing::Values(LeftAlone{200, {{"Content-Encoding", "br"}}},
                    LeftAlone{200, {{"Content-Encoding", "identity"}}},
                    LeftAlone{200,
                              {{"Cache-Control", "private"}, {"Cache-Control", "No-Transform"}}},
                    LeftAlone{200, {{"Cache-Control", "max-age=1, no-transform"}}},
                    LeftAlone{206, {{"Content-Range", "bytes 0-22/100"}}}, LeftAlone{204, {}},
                    LeftAlone{304, {{"Cache-Control", "no-transform"}}}));

TEST_F(Compression, EmptyBodiesAreLeftAlone) {
  answerer.text = "";
  EXPECT_EQ(ask(), "");
  EXPECT_THAT(head, HasSubstr("\r\nContent-Length: 0\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("gzip")));
  EXPECT_THAT(head, Not(HasSubstr("Vary")));
}

// A cache takes them for what GET would have told (RFC 9110 sections 9.3.2 and 15.4.5).
TEST_F(Compression, HeadAnd304TellThatTheWishMatters) {
  EXPECT_EQ(ask("gzip", "HEAD"), "");
  EXPECT_THAT(head, HasSubstr("\r\nContent-Length: 23\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nVary: Accept-Encoding\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("gzip")));

  answerer.text = "";  // as a backend answers HEAD
  answerer.fields = {{"Content-Length", "23"}};
  ask("identity", "HEAD");
  EXPECT_THAT(head, HasSubstr("\r\nVary: Accept-Encoding\r\n"));
  answerer.fields = {{"Content-Length", "0"}};
  ask("gzip", "HEAD");
  EXPECT_THAT(head, Not(HasSubstr("Vary")));
  answerer.fields = {{"Content-Length", "23"}, {"Content-Encoding", "br"}};
  ask("gzip", "HEAD");
  EXPECT_THAT(head, Not(HasSubstr("Vary")));

  answerer.status = 304;
  answerer.fields = {{"ETag", "\"v1\""}};
  EXPECT_EQ(ask(), "");
  EXPECT_THAT(head, HasSubstr("\r\nVary: Accept-Encoding\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nETag: \"v1\"\r\n"));
}

TEST_F(Compression, IsOffUnlessItIsAskedFor) {
  World plain(answerer);
  auto other = plain.connect();
  other->send("GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
  plain.settle();
  EXPECT_THAT(other->received, testing::EndsWith(answerer.text));
  EXPECT_THAT(other->received, Not(HasSubstr("Vary")));
}

// Server-sent events: each arrives before the next is there, and nothing is held in between.
TEST_F(Compression, EachPieceArrivesWhenItIsThere) {
  FedBody events;
  answerer.body = &events;
  ask();
  EXPECT_THAT(head, HasSubstr("gzip"));
  std::string all;
  for (int i = 0; i < 50; ++i) {
    std::string event = "data: " + std::to_string(i) + "\n\n";
    all += event;
    events.feed(event);
    world.settle();
    ASSERT_EQ(inflated(unchunked(body())), all);
    // An idle stream of events holds no buffer.
    ASSERT_EQ(world.reactor.buffers().bytes_leased(), 0u);
  }
  events.feed("");
  world.settle();
  bool whole = false;
  EXPECT_EQ(inflated(unchunked(body()), &whole), all);
  EXPECT_TRUE(whole);
  EXPECT_THAT(client->received, testing::EndsWith("0\r\n\r\n"));
}

// A piece that is far larger than a buffer, in and out, and compresses badly.
TEST_F(Compression, LargeBodiesArriveWholeAndInPiecesOfABuffer) {
  std::uint32_t random = 1;
  for (answerer.text.clear(); answerer.text.size() < 3'000'000;)
    answerer.text += static_cast<char>((random = random * 1664525u + 1013904223u) >> 24);
  ask();
  for (int i = 0; i < 4000 && !client->received.ends_with("0\r\n\r\n"); ++i)
    world.reactor.turn(0ms);
  bool whole = false;
  EXPECT_EQ(inflated(unchunked(body()), &whole), answerer.text);
  EXPECT_TRUE(whole);
  EXPECT_EQ(world.reactor.buffers().bytes_leased(), 0u);
}

// The client of a pipe takes everything at once; what would run in one turn is spread over many.
TEST_F(Compression, OtherFlowsHaveTheirTurn) {
  // Some 20 KB compressed: no wait for the client ends a turn.
  answerer.text.assign(20'000'000, 'x');
  std::uint64_t before = world.reactor.turns();
  ask();
  for (int i = 0; i < 200 && !client->received.ends_with("0\r\n\r\n"); ++i) world.reactor.turn(0ms);
  EXPECT_GE(world.reactor.turns() - before, 20'000'000u / (256 * 1024 + 64 * 1024));
  EXPECT_EQ(inflated(unchunked(body())), answerer.text);
}

TEST_F(Compression, ASlowReaderMakesTheBodyWait) {
  std::uint32_t random = 1;
  for (answerer.text.clear(); answerer.text.size() < 1'000'000;)
    answerer.text += static_cast<char>((random = random * 1664525u + 1013904223u) >> 24);
  client = world.connect({.capacity = 1000});
  client->stop_reading();
  client->send("GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
  for (int i = 0; i < 100; ++i) world.reactor.turn(0ms);
  EXPECT_LE(world.reactor.buffers().bytes_leased(), 2 * BufferPool::kSmallBytes);
  client->go_on_reading();
  for (int i = 0; i < 20000 && !client->received.ends_with("0\r\n\r\n"); ++i)
    world.reactor.turn(0ms);
  EXPECT_EQ(inflated(unchunked(client->received.substr(client->received.find("\r\n\r\n") + 4))),
            answerer.text);
}

TEST_F(Compression, ABodyThatBreaksOffDoesNotLookWhole) {
  FedBody broken;
  answerer.body = &broken;
  ask();
  broken.feed("begun");
  world.settle();
  broken.fail(ErrorCode::reset, Fault::upstream);
  world.settle();
  EXPECT_TRUE(client->over());
  EXPECT_THAT(client->received, Not(testing::EndsWith("0\r\n\r\n")));
  EXPECT_EQ(world.server.exchanges(), 0u);
}

// Nothing of the first try may lie about the second.
TEST_F(Compression, AnotherAnswerMayBeGivenWhenNothingWasSent) {
  FedBody broken;
  broken.fail(ErrorCode::reset, Fault::upstream);
  answerer.body = &broken;
  bool whole = false;
  EXPECT_EQ(inflated(unchunked(ask()), &whole), "sorry");
  EXPECT_TRUE(whole);
  EXPECT_THAT(head, testing::StartsWith("HTTP/1.1 502"));
  EXPECT_EQ(head.find("Content-Encoding"), head.rfind("Content-Encoding"));
}

TEST_F(Compression, TrailersFollow) {
  Arena arena;
  Headers trailers(arena);
  trailers.add(HeaderName("X-End"), "1");
  FedBody fed;
  fed.trail(&trailers);
  answerer.body = &fed;
  ask();
  fed.feed("a");
  fed.feed("");
  world.settle();
  EXPECT_THAT(client->received, testing::EndsWith("\r\n0\r\nX-End: 1\r\n\r\n"));
  EXPECT_EQ(inflated(unchunked(body())), "a");
}

TEST_F(Compression, AClientThatLeavesLeavesNothing) {
  FedBody fed;
  answerer.body = &fed;
  ask();
  fed.feed("a");
  world.settle();
  world.server.close_all();
  fed.feed("b");
  world.settle();
  client.reset();
  world.settle();
  EXPECT_EQ(world.reactor.buffers().bytes_leased(), 0u);
}

}  // namespace
}  // namespace perigee::http
