// A server over TLS: the same exchanges, and handshakes within limits.
#include <gmock/gmock.h>

#include "tests/http/support/world.hpp"

namespace perigee::http {
namespace {

using test::Peer;
using test::Recorder;
using test::World;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

std::shared_ptr<const net::TlsServerContext> server_context() {
  static const net::PemPair pair = *net::self_signed("localhost");
  net::TlsServerContext::Options options;
  options.certificates = {pair};
  return *net::TlsServerContext::make(std::move(options));
}

struct Tls : testing::Test {
  std::unique_ptr<Peer> connect(Recorder&, World& world) {
    net::Pipe pipe = net::make_pipe(world.reactor);
    world.server.serve(std::move(pipe.first));
    net::TlsClientContext::Options options;
    options.trust_all = true;
    Result<std::unique_ptr<net::Stream>> secured = fail(ErrorCode::other, "");
    Task task;
    task.start(store(*net::TlsClientContext::make(std::move(options)), world.reactor,
                     std::move(pipe.second), secured));
    for (int i = 0; i < 50 && task.running(); ++i) world.reactor.turn(0ms);
    EXPECT_TRUE(secured.has_value());
    return std::make_unique<Peer>(world.reactor, *std::move(secured));
  }
  static Async<void> store(std::shared_ptr<const net::TlsClientContext> context,
                           net::Reactor& reactor, std::unique_ptr<net::Stream> plain,
                           Result<std::unique_ptr<net::Stream>>& into) {
    into = co_await net::tls_connect(context, reactor, std::move(plain), "localhost");
  }
};

TEST_F(Tls, ServesRequestAfterRequest) {
  Recorder recorder;
  World world(recorder, {}, server_context());
  auto client = connect(recorder, world);
  for (std::size_t i = 1; i <= 3; ++i) {
    client->send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 40000\r\n\r\n" +
                 std::string(40000, 'x'));
    world.settle();
    ASSERT_EQ(recorder.seen.size(), i);
    EXPECT_EQ(recorder.seen.back().body.size(), 40000u);
  }
  EXPECT_THAT(test::statuses(client->received), ElementsAre(200, 200, 200));
  EXPECT_EQ(world.reactor.buffers().bytes_leased(), 0u);
  client->end();
  world.settle();
  EXPECT_EQ(world.server.connections(), 0u);
}

struct Schemes : Recorder {
  Async<void> handle(ServerExchange& exchange) override {
    schemes.push_back(std::string(exchange.request.scheme));
    return Recorder::handle(exchange);
  }
  std::vector<std::string> schemes;
};

TEST_F(Tls, TheSchemeIsThatOfTheConnectionWhateverTheTargetClaims) {
  Schemes recorder;
  World secured(recorder, {}, server_context());
  auto client = connect(recorder, secured);
  client->send(kGet + "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n");
  secured.settle();
  World plain(recorder);
  auto other = plain.connect();
  other->send(kGet + "GET https://h/ HTTP/1.1\r\nHost: h\r\n\r\n");
  plain.settle();
  EXPECT_THAT(recorder.schemes, ElementsAre("https", "https", "http", "http"));
}

// Loses the second half of what is written, once told to.
class Halving final : public net::Stream {
 public:
  Halving(std::unique_ptr<net::Stream> stream, const bool& halve)
      : stream_(std::move(stream)), halve_(halve) {}
  Async<Result<std::size_t>> read(Buffer& into) override { return stream_->read(into); }
  bool readable() const override { return stream_->readable(); }
  using Stream::write;
  Async<Result<void>> write(std::span<const std::string_view> slices) override {
    if (!halve_) return stream_->write(slices);
    return stream_->write(slices[0].substr(0, slices[0].size() / 2));
  }
  void end() override { stream_->end(); }
  void close(bool reset) override { stream_->close(reset); }
  bool closed() const override { return stream_->closed(); }
  bool hung_up() const override { return stream_->hung_up(); }
  void listen_for_hangup(net::HangupListener* listener) override {
    stream_->listen_for_hangup(listener);
  }
  net::Address local() const override { return stream_->local(); }
  net::Address remote() const override { return stream_->remote(); }
  const net::TlsInfo& tls() const override { return stream_->tls(); }
  const net::StreamCounters& counters() const override { return stream_->counters(); }

 private:
  std::unique_ptr<net::Stream> stream_;
  const bool& halve_;
};

// A part of a record is no head yet, but it is held: it has as long as a head has.
TEST_F(Tls, APartOfARecordHasItsTimeToo) {
  Recorder recorder;
  World world(recorder, {.head_timeout = 10s}, server_context());
  net::Pipe pipe = net::make_pipe(world.reactor);
  world.server.serve(std::move(pipe.first));
  bool halve = false;
  auto halving = std::make_unique<Halving>(std::move(pipe.second), halve);
  net::TlsClientContext::Options options;
  options.trust_all = true;
  Result<std::unique_ptr<net::Stream>> secured = fail(ErrorCode::other, "");
  Task task;
  task.start(store(*net::TlsClientContext::make(std::move(options)), world.reactor,
                   std::move(halving), secured));
  for (int i = 0; i < 50 && task.running(); ++i) world.reactor.turn(0ms);
  ASSERT_TRUE(secured.has_value());
  halve = true;
  Peer client(world.reactor, *std::move(secured));
  client.send(kGet);
  world.settle();
  EXPECT_EQ(client.received, "");
  world.advance(9s);
  EXPECT_EQ(world.server.connections(), 1u);
  world.advance(2s);
  EXPECT_EQ(world.server.connections(), 0u);
  EXPECT_TRUE(recorder.seen.empty());
}

TEST_F(Tls, EndsHandshakesThatTakeTooLong) {
  Recorder recorder;
  World world(recorder, {.handshake_timeout = 10s}, server_context());
  auto silent = world.connect();
  world.advance(9s);
  EXPECT_FALSE(silent->over());
  world.advance(2s);
  EXPECT_TRUE(silent->over());
}

TEST_F(Tls, AServerThatStopsWaitsForNoHandshake) {
  Recorder recorder;
  World world(recorder, {}, server_context());
  auto silent = world.connect();
  world.settle();
  int empty = 0;
  world.server.when_empty([&] { ++empty; });
  world.server.stop_accepting();
  EXPECT_EQ(empty, 0);
  world.server.close_all();
  world.settle();
  EXPECT_TRUE(silent->over());
  EXPECT_EQ(empty, 1);
}

TEST_F(Tls, GarbageInsteadOfAHandshakeIsClosed) {
  Recorder recorder;
  World world(recorder, {}, server_context());
  auto client = world.connect();
  client->send(kGet);
  world.settle();
  EXPECT_TRUE(client->over());
  EXPECT_TRUE(recorder.seen.empty());
  EXPECT_EQ(world.server.connections(), 0u);
}

}  // namespace
}  // namespace perigee::http
