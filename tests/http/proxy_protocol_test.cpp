// A server behind a balancer that speaks the PROXY protocol.
#include "tests/base/support/captured_log.hpp"
#include "tests/http/support/world.hpp"

namespace perigee::http {
namespace {

using test::Peer;
using test::Recorder;
using test::World;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

const std::string kHeader = "PROXY TCP4 192.0.2.1 198.51.100.2 50000 443\r\n";
const std::string kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

struct Remotes : Recorder {
  Async<void> handle(ServerExchange& exchange) override {
    seen_from.push_back(exchange.stream().remote().text());
    return Recorder::handle(exchange);
  }
  std::vector<std::string> seen_from;
};

struct ProxyProtocol : testing::Test {
  static ServerOptions with(ServerOptions options = {}) {
    options.proxy_protocol = true;
    return options;
  }
  Remotes recorder;
};

TEST_F(ProxyProtocol, TheRemoteAddressIsThatOfTheHeaderForEveryRequest) {
  World world(recorder, with());
  auto client = world.connect();
  client->send(kHeader + kGet + kGet);  // what follows in the same read reaches the parser
  world.settle();
  client->send(kGet);
  world.settle();
  EXPECT_THAT(test::statuses(client->received), ElementsAre(200, 200, 200));
  EXPECT_THAT(recorder.seen_from,
              ElementsAre("192.0.2.1:50000", "192.0.2.1:50000", "192.0.2.1:50000"));
  EXPECT_EQ(world.reactor.buffers().bytes_leased(), 0u);
  client->end();
  world.settle();
  EXPECT_EQ(world.server.connections(), 0u);
}

TEST_F(ProxyProtocol, BodiesBehindTheHeaderArriveWhole) {
  World world(recorder, with());
  auto client = world.connect({.read_bytes_max = 7});
  client->send(kHeader + "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 40000\r\n\r\n" +
               std::string(40000, 'x'));
  for (int i = 0; i < 8000 && recorder.seen.empty(); ++i) world.reactor.turn(0ms);
  ASSERT_EQ(recorder.seen.size(), 1u);
  EXPECT_EQ(recorder.seen[0].body.size(), 40000u);
}

TEST_F(ProxyProtocol, NoHeaderIsClosedAndCounted) {
  World world(recorder, with());
  auto client = world.connect();
  client->send(kGet);
  world.settle();
  EXPECT_TRUE(client->over());
  EXPECT_EQ(client->received, "");
  EXPECT_THAT(world.observed.refused, ElementsAre(0));
  EXPECT_TRUE(recorder.seen.empty());
  EXPECT_EQ(world.reactor.buffers().bytes_leased(), 0u);
}

TEST_F(ProxyProtocol, TheLogNamesTheServerOnceInTenSeconds) {
  log::testing::CapturedLog log;
  World world(recorder, with());
  auto strange = [&] {
    world.connect()->send(kGet);
    world.settle();
    return log.take();
  };
  std::string told = strange();
  EXPECT_THAT(told, HasSubstr("WARN"));
  EXPECT_THAT(told, HasSubstr("server 'http' on " + world.server.address().text() + " closed"));
  EXPECT_THAT(told, EndsWith("(haproxy.proxyProtocol): its first bytes begin no such header\n"));
  EXPECT_EQ(strange(), "");
  world.advance(10s);
  EXPECT_THAT(strange(), EndsWith("no such header; 2 times since the last such line\n"));
}

TEST_F(ProxyProtocol, AHeaderHasItsTime) {
  World world(recorder, with({.proxy_header_timeout = 3s}));
  auto silent = world.connect(), slow = world.connect();
  slow->send("PROXY TC");
  world.advance(2s);
  EXPECT_FALSE(silent->over());
  EXPECT_FALSE(slow->over());
  world.advance(2s);
  EXPECT_TRUE(silent->over());
  EXPECT_TRUE(slow->over());
  EXPECT_THAT(world.observed.refused, ElementsAre(0, 0));
  EXPECT_EQ(world.reactor.buffers().bytes_leased(), 0u);
}

// After the header a connection may idle as any other.
TEST_F(ProxyProtocol, TheTimeOfTheHeaderEndsWithIt) {
  World world(recorder, with({.proxy_header_timeout = 3s}));
  auto client = world.connect();
  client->send(kHeader);
  world.settle();
  EXPECT_EQ(world.server.connections(), 1u);
  world.advance(1min);
  client->send(kGet);
  world.settle();
  EXPECT_THAT(test::statuses(client->received), ElementsAre(200));
}

TEST_F(ProxyProtocol, IdleConnectionsEndAsOthersDo) {
  World world(recorder, with({.idle_timeout = 30s}));
  auto client = world.connect();
  client->send(kHeader);
  world.settle();
  world.advance(31s);
  EXPECT_TRUE(client->over());
  EXPECT_EQ(world.server.connections(), 0u);
}

TEST_F(ProxyProtocol, AProbeOfThePortIsNoFault) {
  World world(recorder, with());
  auto client = world.connect();
  client->end();
  world.settle();
  EXPECT_TRUE(client->over());
  EXPECT_TRUE(world.observed.refused.empty());
}

TEST_F(ProxyProtocol, AServerThatClosesWaitsForNoHeader) {
  World world(recorder, with());
  auto silent = world.connect();
  world.settle();
  int empty = 0;
  world.server.when_empty([&] { ++empty; });
  world.server.stop_accepting();
  world.server.close_all();
  world.settle();
  EXPECT_TRUE(silent->over());
  EXPECT_EQ(empty, 1);
}

TEST_F(ProxyProtocol, AServerThatStopsWaitsAMomentForTheHeader) {
  World world(recorder, with());
  auto silent = world.connect();
  world.settle();
  int empty = 0;
  world.server.when_empty([&] { ++empty; });
  world.server.stop_accepting();
  world.server.close_idle();
  world.settle();
  EXPECT_FALSE(silent->over());
  world.advance(1s);
  EXPECT_TRUE(silent->over());
  EXPECT_EQ(empty, 1);
}

TEST_F(ProxyProtocol, TheHeaderComesBeforeTls) {
  net::TlsServerContext::Options options;
  options.certificates = {*net::self_signed("localhost")};
  World world(recorder, with(), *net::TlsServerContext::make(std::move(options)));
  net::Pipe pipe = net::make_pipe(world.reactor);
  world.server.serve(std::move(pipe.first));
  ASSERT_TRUE(pipe.second->write(kHeader).take());
  Result<std::unique_ptr<net::Stream>> secured = fail(ErrorCode::other, "");
  net::TlsClientContext::Options client_options;
  client_options.trust_all = true;
  Task task;
  auto store = [](std::shared_ptr<const net::TlsClientContext> context, net::Reactor& reactor,
                  std::unique_ptr<net::Stream> plain,
                  Result<std::unique_ptr<net::Stream>>& into) -> Async<void> {
    into = co_await net::tls_connect(context, reactor, std::move(plain), "localhost");
  };
  task.start(store(*net::TlsClientContext::make(std::move(client_options)), world.reactor,
                   std::move(pipe.second), secured));
  for (int i = 0; i < 50 && task.running(); ++i) world.reactor.turn(0ms);
  ASSERT_TRUE(secured) << secured.error().message;
  Peer client(world.reactor, *std::move(secured));
  client.send(kGet);
  world.settle();
  EXPECT_THAT(test::statuses(client.received), ElementsAre(200));
  EXPECT_THAT(recorder.seen_from, ElementsAre("192.0.2.1:50000"));
}

}  // namespace
}  // namespace perigee::http
