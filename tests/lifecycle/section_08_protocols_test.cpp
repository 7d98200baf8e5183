// lifecycle.md 8.7: gRPC, WebSocket, Expect, HEAD, CONNECT and TRACE.
#include "base/json.hpp"
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHandshake =
    "GET /a/chat?room=1 HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: a2V5\r\n"
    "Sec-WebSocket-Protocol: chat, superchat\r\nX-Token: t\r\n";
constexpr const char* kAccepted =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: chat\r\nX-Backend: b\r\n\r\n";
const NameValues kEnabled = {{"http.websocket.enabled", "true"}};
constexpr const char* kShowsKey =
    R"(,"responseTemplates":{"DEFAULT":{"*/*":{"status":500,)"
    R"("body":"{#error.statusCode} {#error.key} {#error.message}"}}})";

class LifecycleProtocols : public Lifecycle {
 protected:
  void serve_websockets(const std::string& definition = v4()) {
    configure(kEnabled);
    serve({definition});
  }
  Peer& shake_hands(const std::string& more = "") { return ask(kHandshake + more + "\r\n"); }
  // Both ends of a tunnel that stands.
  std::pair<Peer*, Peer*> tunnel() {
    Peer& client = shake_hands();
    Peer& peer = asked();
    peer.received.clear();
    peer.send(kAccepted);
    EXPECT_EQ(answer(client).status, 101);
    return {&client, &peer};
  }
  std::vector<std::string> reasons_against(const std::string& definition) {
    apply("refused.json", definition);
    deployments->publish();
    const std::vector<plan::Refusal>& refusals = proxy->plan().plan().refusals();
    return refusals.empty() ? std::vector<std::string>{} : refusals.front().reasons;
  }
};

}  // namespace

// gRPC backends wait for HTTP/2: such definitions are refused with a reason.
TEST_F(LifecycleProtocols, S8_7_GrpcBackendsAreRefusedWithAReason) {
  EXPECT_THAT(reasons_against(v4({.target = "grpc://127.0.0.1:1"})),
              ::testing::ElementsAre(HasSubstr("gRPC to the backend is not supported")));
  EXPECT_EQ(answer(get()).status, 404);
}

// So is a URL of request.endpoint, when it is called.
TEST_F(LifecycleProtocols, S8_7_GrpcUrlsOfV2AreNotCalledByHttp1) {
  serve({v2({.flows = list({v2_flow({step("set", R"({"name":"request.endpoint","value":)"
                                                 R"("grpc://127.0.0.1:1/x"})")},
                                    {})})})});
  Answer got = answer(get());
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(got.body, "");
}

TEST_F(LifecycleProtocols, S8_7_Http2BackendsAreRefusedWithAReason) {
  EXPECT_THAT(reasons_against(v4({.http = R"({"version":"HTTP_2"})"})),
              ::testing::Contains(HasSubstr("HTTP/2 to the backend is not supported")));
}

// Needs http.websocket.enabled: true, default false.
TEST_F(LifecycleProtocols, S8_7_WebSocketsAreOffByDefault) {
  serve({v4()});
  shake_hands();
  EXPECT_THAT(asked().head(), Not(HasSubstr("Upgrade")));
}

// Request phase runs as usual; the backend gets the client's sub-protocols, query and headers
// except Keep-Alive, Proxy-*, TE, Trailer.
TEST_F(LifecycleProtocols, S8_7_WebSocketHandshakesPassTheRequestPhase) {
  serve_websockets(v4({.flows = list({flow({.request = {note("request")}})})}));
  shake_hands("Keep-Alive: 5\r\nProxy-Authorization: x\r\nTE: trailers\r\nTrailer: X\r\n");
  std::string head = asked().head();
  EXPECT_THAT(head, ::testing::StartsWith("GET /chat?room=1 HTTP/1.1\r\n"));
  for (const char* line : {"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                           "Sec-WebSocket-Key: a2V5", "Sec-WebSocket-Protocol: chat, superchat",
                           "X-Token: t", "X-Note: request"})
    EXPECT_THAT(head, HasSubstr("\r\n" + std::string(line) + "\r\n"));
  for (const char* name : {"Keep-Alive", "Proxy-", "TE:", "Trailer"})
    EXPECT_THAT(head, Not(HasSubstr(name)));
}

// Connect to the backend first, copy the handshake response headers, then upgrade the client.
TEST_F(LifecycleProtocols, S8_7_TheClientIsUpgradedAfterTheBackend) {
  serve_websockets(v4({.flows = list({flow({.response = {note("response")}})})}));
  Peer& client = shake_hands();
  Peer& peer = asked();
  settle();
  EXPECT_EQ(client.received, "");
  peer.send(kAccepted);
  Answer got = answer(client);
  EXPECT_EQ(got.status, 101);
  EXPECT_EQ(got.header("Sec-WebSocket-Accept"), "x");
  EXPECT_EQ(got.header("Sec-WebSocket-Protocol"), "chat");
  EXPECT_EQ(got.header("X-Backend"), "b");
  EXPECT_EQ(got.header("X-Note"), "response");
}

// Then pass frames both ways (response flows do not see them).
TEST_F(LifecycleProtocols, S8_7_FramesPassBothWays) {
  serve_websockets(v4({.flows = list({flow({.response = {step("gather"), note("once")}})})}));
  auto [client, peer] = tunnel();
  const std::string from_client("\x81\x85mask-----", 11), from_backend("\x82\x03\0\xff\0", 5);
  client->send(from_client);
  EXPECT_TRUE(until([&] { return peer->received == from_client; }));
  peer->send(from_backend);
  EXPECT_TRUE(until([&] { return client->received == from_backend; }));
}

// Close both on either close.
TEST_F(LifecycleProtocols, S8_7_EitherCloseClosesBoth) {
  serve_websockets();
  auto [client, peer] = tunnel();
  peer->close();
  EXPECT_TRUE(until([&] { return client->ended; }));
  client->close();
  auto [second, second_peer] = [&] {
    Peer& opened = shake_hands();
    Peer& at = asked(1);
    at.send(kAccepted);
    EXPECT_EQ(answer(opened).status, 101);
    return std::pair(&opened, &at);
  }();
  second->close();
  EXPECT_TRUE(until([&] { return second_peer->ended; }));
  second_peer->close();
  EXPECT_TRUE(until([&] { return server->connections() == 0; }));
}

// Handshake refused by the backend: that status. (Known departure: with the backend's whole answer
// instead of HTTP_PROXY_WEBSOCKET_UPGRADE_FAILURE and the reason.)
TEST_F(LifecycleProtocols, S8_7_ARefusedHandshakeKeepsItsStatus) {
  serve_websockets(v4({.top = kShowsKey}));
  Peer& client = shake_hands();
  asked().send("HTTP/1.1 403 Keep Out\r\nX-Why: full\r\nContent-Length: 5\r\n\r\nno no");
  Answer got = answer(client);
  EXPECT_EQ(got.status, 403);
  EXPECT_EQ(got.header("X-Why"), "full");
  EXPECT_EQ(got.body, "no no");
}

// Other failure: 500 HTTP_PROXY_WEBSOCKET_FAILURE.
TEST_F(LifecycleProtocols, S8_7_AHandshakeThatFailsIs500) {
  configure(kEnabled);
  serve({v4({.target = "$CLOSED"}),
         v4({.id = "shown", .path = "/shown/", .target = "$CLOSED", .top = kShowsKey})});
  Answer got = answer(shake_hands());
  EXPECT_EQ(got.status, 500);
  EXPECT_EQ(got.body, "Endpoint Websocket connection in error");
  std::string shown = kHandshake;
  shown.replace(0, 7, "GET /shown/");
  EXPECT_EQ(answer(ask(shown + "\r\n")).body,
            "500 HTTP_PROXY_WEBSOCKET_FAILURE Endpoint Websocket connection in error");
}

// v2 (policies/connector-http.md): cannot connect: 502; section 12: as any backend failure.
TEST_F(LifecycleProtocols, S8_7_OfV2AHandshakeThatFailsIs502) {
  for (const char* engine : {"v3", "v4-emulation-engine"}) {
    serve_websockets(v2({.engine = engine, .target = "$CLOSED"}));
    Answer got = answer(shake_hands());
    EXPECT_EQ(got.status, 502) << engine;
    EXPECT_EQ(got.body, "");
  }
}

// No request timeout after the upgrade.
TEST_F(LifecycleProtocols, S8_7_NoRequestTimeoutAfterTheUpgrade) {
  configure({{"http.websocket.enabled", "true"}, {"http.requestTimeout", "1000"}});
  serve({v4()});
  auto [client, peer] = tunnel();
  pass(30s);
  peer->send("x");
  EXPECT_TRUE(until([&] { return client->received == "x"; }));
}

// The header is forwarded to the backend as is; the gateway does not wait for the backend's 100.
TEST_F(LifecycleProtocols, S8_7_ExpectIsForwarded) {
  serve({v4()});
  Peer& client =
      ask("POST /a/x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  Peer& peer = asked();
  EXPECT_THAT(peer.head(), HasSubstr("\r\nExpect: 100-continue\r\n"));
  settle();
  EXPECT_EQ(client.received, "");
  client.send("body");
  EXPECT_TRUE(until([&] { return peer.received.ends_with("\r\n\r\nbody"); }));
  peer.send(kOk);
  EXPECT_EQ(answer(client).status, 200);
}

// http.handle100Continue true: the gateway answers 100 Continue itself as soon as it reads the
// body.
TEST_F(LifecycleProtocols, S8_7_TheGatewayAnswers100WhenToldTo) {
  configure({{"http.handle100Continue", "true"}});
  serve({v4()});
  Peer& client =
      ask("POST /a/x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(answer(client).status, 100);
  client.send("body");
  asked().send(kOk);
  EXPECT_EQ(answer(client).status, 200);
}

namespace {

const bool kMethods = add_cases({
    {.name = "S8_7_HeadHasNoBodyWhateverPoliciesSet",
     .rule = "HEAD: no body is written whatever the policies set.",
     .apis = {v4({.flows = list({flow(
                      {.request = {step("mock", R"({"status":"200","content":"hello"})")}})})})},
     .turns = {{.ask = "HEAD /a/x", .says = "", .has = {{"Content-Length", "5"}}},
               {.ask = "GET /a/x", .says = "hello"}}},
    {.name = "S8_7_HeadKeepsTheContentLength",
     .rule = "HEAD: Content-Length is kept.",
     .turns = {{.ask = "HEAD /a/x",
                .backend_says = {"HTTP/1.1 200 OK\r\nContent-Length: 12345678901\r\n\r\n"},
                .has = {{"Content-Length", "12345678901"}},
                .backend = "HEAD /x"}}},
    {.name = "S8_7_TraceIsForwarded",
     .rule = "CONNECT/TRACE: treated as ordinary methods, forwarded.",
     .turns = {{.ask = "TRACE /a/x", .backend = "TRACE /x"}}},
    {.name = "S8_7_ConnectIsAnswered501",
     .rule = "(Decided otherwise for CONNECT, docs/decisions.md: 501 for a well-formed target.)",
     .turns = {{.ask = "CONNECT h.example:443", .status = 501, .backend = "-"}}},
});

}  // namespace

}  // namespace perigee::lifecycle
