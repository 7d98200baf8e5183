// Upgraded connections: WebSocket handshakes and the byte tunnel (lifecycle.md 8.7).
#include "proxy/tunnel.hpp"

#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHandshake =
    "GET /a/chat?room=1 HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: a2V5\r\n"
    "Sec-WebSocket-Protocol: chat\r\n";
constexpr const char* kAccepted =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: chat\r\n\r\n";

class Tunnel : public Gateway {
 protected:
  void SetUp() override {
    Gateway::SetUp();
    Options options;
    options.websocket_enabled = true;
    start(options);
    deploy({api()});
  }
  // A tunnel that stands; client() and peer() are its ends.
  void open() {
    client_ = &ask(std::string(kHandshake) + "\r\n");
    peer_ = &asked();
    peer_->received.clear();
    peer_->send(kAccepted);
    EXPECT_EQ(answer(client()).status, 101);
  }
  Peer& client() { return *client_; }
  Peer& peer() { return *peer_; }
  void expect_over() {
    EXPECT_TRUE(until([&] { return server->connections() == 0; }));
    EXPECT_EQ(proxy->client().connections(), 0u);
    EXPECT_TRUE(until([&] { return client().over() && peer().over(); }));
  }

 private:
  Peer* client_ = nullptr;
  Peer* peer_ = nullptr;
};

TEST_F(Tunnel, AHandshakeIsPassedOnAndAnswered) {
  Peer& asking = ask(std::string(kHandshake) + "Keep-Alive: 5\r\nTE: x\r\n\r\n");
  std::string head = asked().head();
  EXPECT_THAT(head, HasSubstr("GET /chat?room=1 HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nUpgrade: websocket\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nConnection: Upgrade\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nSec-WebSocket-Key: a2V5\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nSec-WebSocket-Protocol: chat\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Keep-Alive")));
  EXPECT_THAT(head, Not(HasSubstr("TE:")));
  backend->connections[0]->send(kAccepted);
  Answer got = answer(asking);
  EXPECT_EQ(got.status, 101);
  EXPECT_EQ(got.header("Connection"), "Upgrade");
  EXPECT_EQ(got.header("Upgrade"), "websocket");
  EXPECT_EQ(got.header("Sec-WebSocket-Accept"), "x");
  EXPECT_EQ(got.header("Sec-WebSocket-Protocol"), "chat");
}

TEST_F(Tunnel, TheWordUpgradeMayStandInAnyConnectionField) {
  Peer& asking =
      ask("GET /a/chat HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nUpgrade: websocket\r\n"
          "Connection: x, upgrade\r\nSec-WebSocket-Key: a2V5\r\n\r\n");
  std::string head = asked().head();
  EXPECT_THAT(head, HasSubstr("\r\nUpgrade: websocket\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nConnection: Upgrade\r\n"));
  backend->connections[0]->send(kAccepted);
  EXPECT_EQ(answer(asking).status, 101);
}

TEST_F(Tunnel, BytesPassBothWays) {
  open();
  client().send("from client");
  EXPECT_TRUE(until([&] { return peer().received == "from client"; }));
  peer().send("from backend");
  EXPECT_TRUE(until([&] { return client().received == "from backend"; }));
}

TEST_F(Tunnel, BytesThatCameWithTheHandshakeAreNotLost) {
  Peer& asking = ask(std::string(kHandshake) + "\r\nearly from client");
  Peer& peer = asked();
  std::size_t head = peer.head().size();
  peer.send(std::string(kAccepted) + "early from backend");
  EXPECT_EQ(answer(asking).status, 101);
  EXPECT_TRUE(until([&] { return asking.received == "early from backend"; }));
  EXPECT_TRUE(until([&] { return peer.received.substr(head) == "early from client"; }));
}

TEST_F(Tunnel, IsCountedWhileItStands) {
  EXPECT_EQ(sample(report::kServerActiveWebSockets).value, 0u);
  open();
  EXPECT_EQ(sample(report::kServerActiveWebSockets).value, 1u);
  EXPECT_EQ(sample(report::kClientActiveWebSockets).value, 1u);
  server->close_all();
  expect_over();
  EXPECT_EQ(sample(report::kServerActiveWebSockets).value, 0u);
  EXPECT_EQ(sample(report::kClientActiveWebSockets).value, 0u);
}

TEST_F(Tunnel, TimesAreThoseOfTheHandshake) {
  open();
  clock.advance(30s);  // less than the idle time-out
  client().send("late");
  EXPECT_TRUE(until([&] { return peer().received == "late"; }));
  server->close_all();
  expect_over();
  for (const report::Family* family : {&report::kServerResponseTime, &report::kClientResponseTime,
                                       &report::kApiRequestTime, &report::kApiUpstreamTime}) {
    report::Sample got = sample(*family);
    EXPECT_EQ(got.count, 1u) << family->name;
    EXPECT_LT(Duration(got.sum), 30s) << family->name;
  }
}

TEST_F(Tunnel, TheBackendsEndEndsBoth) {
  open();
  peer().send("bye");
  peer().close();
  EXPECT_TRUE(until([&] { return client().ended; }));
  EXPECT_EQ(client().received, "bye");
  client().close();
  expect_over();
}

TEST_F(Tunnel, TheClientsEndEndsBoth) {
  open();
  client().send("bye");
  client().close();
  EXPECT_TRUE(until([&] { return peer().ended; }));
  EXPECT_EQ(peer().received, "bye");
  peer().close();
  expect_over();
}

TEST_F(Tunnel, AClientThatOnlyListensIsNotWaitedForAfterTheBackendsEnd) {
  open();
  peer().end();
  EXPECT_TRUE(until([&] { return client().ended; }));
  EXPECT_EQ(server->connections(), 1u);
  pass(kTunnelLinger);
  expect_over();
}

TEST_F(Tunnel, ABackendThatOnlyListensIsNotWaitedForAfterTheClientsEnd) {
  open();
  client().end();
  EXPECT_TRUE(until([&] { return peer().ended; }));
  peer().send("last words");
  EXPECT_TRUE(until([&] { return client().received == "last words"; }));
  pass(kTunnelLinger);
  expect_over();
}

TEST_F(Tunnel, AResetOfEitherSideEndsBoth) {
  open();
  peer().reset();
  EXPECT_TRUE(until([&] { return client().over(); }));
  expect_over();
}

TEST_F(Tunnel, AResetOfTheClientEndsBoth) {
  open();
  client().reset();
  EXPECT_TRUE(until([&] { return peer().over(); }));
  expect_over();
}

TEST_F(Tunnel, NoRequestTimeoutAppliesToIt) {
  open();
  for (int i = 0; i < 4; ++i) {
    pass(40s);
    client().send("x");
    EXPECT_TRUE(until([&] { return peer().received.size() == static_cast<std::size_t>(i + 1); }));
  }
  EXPECT_FALSE(client().over());
}

TEST_F(Tunnel, TheIdleTimeoutOfTheEndpointEndsIt) {
  open();
  pass(30s);
  peer().send("x");
  EXPECT_TRUE(until([&] { return client().received == "x"; }));
  pass(59s);
  EXPECT_FALSE(client().over());
  pass(1s);
  expect_over();
}

TEST_F(Tunnel, AnIdleOneHoldsNoBuffer) {
  open();
  client().send("x");
  EXPECT_TRUE(until([&] { return peer().received == "x"; }));
  settle();
  EXPECT_EQ(reactor->buffers().bytes_leased(), 0u);
}

TEST_F(Tunnel, ASideThatDoesNotReadHoldsTheOtherBack) {
  open();
  client().stop_reading();
  const std::string piece(1 << 16, 'x');
  std::size_t sent = 0;
  for (; peer().sent() && sent < 64u << 20; sent += piece.size()) {
    peer().send(piece);
    settle();
  }
  EXPECT_LT(sent, 64u << 20) << "nothing held it back";
  client().go_on_reading();
  EXPECT_TRUE(until([&] { return client().received.size() == sent; }));
}

TEST_F(Tunnel, ARemovedApiEndsItAfterItsPatience) {
  open();
  deploy({});
  pass(9999ms);
  EXPECT_FALSE(client().over());
  pass(1ms);
  expect_over();
}

TEST_F(Tunnel, AClosingServerEndsIt) {
  open();
  server->close_all();
  expect_over();
}

// ---- The gateway leaves (runtime.md 4.3)

const std::string kGoingAway("\x88\x02\x03\xe9", 4);

TEST_F(Tunnel, AnIdleOneIsToldThatTheGatewayLeaves) {
  open();
  peer().send(std::string("\x81\x02hi", 4));
  EXPECT_TRUE(until([&] { return client().received.size() == 4; }));
  proxy->tunnels().leave();
  EXPECT_TRUE(until([&] { return client().ended; }));
  EXPECT_EQ(client().received.substr(4), kGoingAway);
  // The client's own close frame reaches the backend.
  client().send("closes");
  client().close();
  EXPECT_TRUE(until([&] { return peer().ended; }));
  EXPECT_EQ(peer().received, "closes");
  peer().close();
  expect_over();
}

TEST_F(Tunnel, AFrameIsNotCutByTheCloseFrame) {
  open();
  const std::string frame = std::string("\x82\x7e\x01\x00", 4) + std::string(256, 'x');
  peer().send(frame.substr(0, 3));
  EXPECT_TRUE(until([&] { return client().received.size() == 3; }));
  proxy->tunnels().leave();
  settle();
  peer().send(frame.substr(3, 200));
  EXPECT_TRUE(until([&] { return client().received.size() == 203; }));
  peer().send(frame.substr(203));
  EXPECT_TRUE(until([&] { return client().ended; }));
  EXPECT_EQ(client().received, frame + kGoingAway);
  client().close();
  expect_over();
}

TEST_F(Tunnel, AClientThatStaysAfterTheCloseFrameIsCutOff) {
  open();
  proxy->tunnels().leave();
  EXPECT_TRUE(until([&] { return client().ended; }));
  pass(kTunnelLinger - 1ms);
  EXPECT_EQ(server->connections(), 1u);
  pass(1ms);
  expect_over();
}

TEST_F(Tunnel, OneThatIsOpenedWhileTheGatewayLeavesIsToldAtOnce) {
  proxy->tunnels().leave();
  open();
  EXPECT_TRUE(until([&] { return client().ended; }));
  EXPECT_EQ(client().received, kGoingAway);
  client().close();
  expect_over();
}

TEST_F(Tunnel, TheGatewayLeavesWhileTheClientDoesNotRead) {
  open();
  client().stop_reading();
  const std::string piece =
      std::string("\x82\x7f\0\0\0\0\0\x01\0\0", 10) + std::string(1 << 16, 'x');
  for (std::size_t sent = 0; peer().sent() && sent < 64u << 20; sent += piece.size()) {
    peer().send(piece);
    settle();
  }
  proxy->tunnels().leave();
  settle();
  client().go_on_reading();
  EXPECT_TRUE(until([&] { return client().ended; }));
  EXPECT_THAT(client().received, ::testing::EndsWith(kGoingAway));
  EXPECT_EQ((client().received.size() - kGoingAway.size()) % piece.size(), 0u);
  client().close();
  expect_over();
}

TEST(Frames, StandBetweenTwoAfterEachOfThem) {
  const std::string small("\x81\x05hello", 7), masked("\x81\x85mask-----", 11), empty("\x89\0", 2);
  const std::string large = std::string("\x82\x7f\0\0\0\0\0\x01\0\0", 10) + std::string(65536, 0);
  const std::string middle = std::string("\x82\xfe\x00\xc8mask", 8) + std::string(200, 0);
  Frames frames;
  for (const std::string& frame : {small, masked, empty, large, middle, small}) {
    for (std::size_t i = 0; i < frame.size(); ++i) {
      EXPECT_EQ(frames.between_two(), i == 0);
      frames.pass(frame.substr(i, 1));
    }
    EXPECT_EQ(frames.pass(frame + frame), 2 * frame.size());
    EXPECT_TRUE(frames.between_two());
  }
}

TEST(Frames, TellHowFarThoseTakeThatEnd) {
  const std::string frame("\x81\x05hello", 7);
  Frames frames;
  EXPECT_EQ(frames.pass(frame.substr(0, 3)), 0u);
  EXPECT_EQ(frames.pass(frame.substr(3) + frame + frame.substr(0, 1)), 11u);
  EXPECT_EQ(frames.pass(frame.substr(1, 5)), 0u);
}

TEST_F(Tunnel, ARefusedHandshakeIsAnsweredWithTheWholeAnswerOfTheBackend) {
  Peer& asking = ask(std::string(kHandshake) + "Accept: */*\r\n\r\n");
  asked().send(
      "HTTP/1.1 403 Keep Out\r\nContent-Type: text/odd\r\nX-Why: full\r\n"
      "Content-Length: 5\r\n\r\nno no");
  Answer got = answer(asking);
  EXPECT_EQ(got.status, 403);
  EXPECT_EQ(got.body, "no no");
  EXPECT_EQ(got.header("Content-Type"), "text/odd");
  EXPECT_EQ(got.header("X-Why"), "full");
}

TEST_F(Tunnel, AnOrdinaryAnswerToAHandshakeIsPassedOn) {
  Peer& asking = ask(std::string(kHandshake) + "\r\n");
  asked().send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  Answer got = answer(asking);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "hello");
}

TEST_F(Tunnel, ABackendThatFailsDuringTheHandshakeIs500) {
  Peer& asking = ask(std::string(kHandshake) + "\r\n");
  asked().reset();
  Answer got = answer(asking);
  EXPECT_EQ(got.status, 500);
  EXPECT_EQ(got.body, "Endpoint Websocket connection in error");
  EXPECT_EQ(got.header("Connection"), "close");
}

TEST_F(Tunnel, ResponseFlowsSeeTheHandshake) {
  ApiText text = api();
  text.flows = list({flow({.response = {step("note", R"({"name":"seen"})")}})});
  deploy({text});
  Peer& asking = ask(std::string(kHandshake) + "\r\n");
  asked().send(kAccepted);
  Answer got = answer(asking);
  EXPECT_EQ(got.status, 101);
  EXPECT_EQ(got.header("X-Note"), "seen");
}

// A body that comes late would meet the frames of the tunnel: two readers of one connection.
TEST_F(Tunnel, ARequestWithABodyIsNoHandshake) {
  Peer& asking = ask(std::string(kHandshake) + "Content-Length: 10\r\n\r\nhalf");
  EXPECT_THAT(asked().head(), Not(HasSubstr("Upgrade")));
  backend->connections[0]->send(kAccepted);
  EXPECT_EQ(answer(asking).status, 502);
}

TEST_F(Tunnel, OfHttp10IsNoHandshake) {
  std::string old = kHandshake;
  old.replace(old.find("HTTP/1.1"), 8, "HTTP/1.0");
  ask(old + "\r\n");
  EXPECT_THAT(asked().head(), Not(HasSubstr("Upgrade")));
}

TEST_F(Tunnel, OtherMethodsAndProtocolsAreNoHandshake) {
  ask("POST /a/x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_THAT(asked(0).head(), Not(HasSubstr("Upgrade")));
  ask("GET /a/x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
  EXPECT_THAT(asked(1).head(), Not(HasSubstr("Upgrade")));
}

TEST_F(Tunnel, IsOffByDefault) {
  start({});
  deploy({api()});
  Peer& asking = ask(std::string(kHandshake) + "\r\n");
  EXPECT_THAT(asked().head(), Not(HasSubstr("Upgrade")));
  backend->connections[0]->send("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(answer(asking).status, 426);
}

}  // namespace
}  // namespace perigee::proxy::testing
