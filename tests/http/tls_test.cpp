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
