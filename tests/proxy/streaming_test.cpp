// Bodies and interim answers on their way through: nothing is held back, nothing piles up.
#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Streaming : public Gateway {
 protected:
  void SetUp() override {
    Gateway::SetUp();
    deploy({api()});
  }
};

TEST_F(Streaming, EachPieceOfAnAnswerIsPassedOnAtOnce) {
  Peer& client = get();
  Peer& peer = asked();
  peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n");
  EXPECT_TRUE(until([&] { return client.received.ends_with("\r\n\r\n"); }));
  for (const char* piece : {"one", "two", "six"}) {
    peer.send("3\r\n" + std::string(piece) + "\r\n");
    EXPECT_TRUE(until([&] { return client.received.ends_with(std::string(piece) + "\r\n"); }));
  }
  peer.send("0\r\nX-Sum: 11\r\n\r\n");
  EXPECT_TRUE(until([&] { return client.received.ends_with("0\r\nX-Sum: 11\r\n\r\n"); }));
  EXPECT_EQ(answer(client).body, "onetwosix");
}

TEST_F(Streaming, EachPieceOfAnUploadIsPassedOnAtOnce) {
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  Peer& peer = asked();
  for (const char* piece : {"one", "two"}) {
    client.send("3\r\n" + std::string(piece) + "\r\n");
    EXPECT_TRUE(until([&] { return peer.received.ends_with(std::string(piece) + "\r\n"); }));
  }
  client.send("0\r\nX-Sum: 11\r\n\r\n");
  EXPECT_TRUE(until([&] { return peer.received.ends_with("0\r\nX-Sum: 11\r\n\r\n"); }));
  peer.send(kOk);
  EXPECT_EQ(answer(client).body, "ok");
}

TEST_F(Streaming, AnEarlyAnswerReachesTheClientWhileTheUploadRuns) {
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nhalf");
  Peer& peer = asked();
  peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n");
  EXPECT_TRUE(until([&] { return client.received.ends_with("5\r\nearly\r\n"); }));
  client.send("rest");
  EXPECT_TRUE(until([&] { return peer.received.ends_with("\r\n\r\nhalfrest"); }));
  peer.send("0\r\n\r\n");
  EXPECT_EQ(answer(client).body, "early");
  // Both connections are as good as new.
  client.send("GET /a/y HTTP/1.1\r\nHost: h\r\n\r\n");
  peer.received.clear();
  asked().send(kOk);
  EXPECT_EQ(answer(client).body, "ok");
}

TEST_F(Streaming, AnAnswerThatIsOverEndsTheUpload) {
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nhalf");
  asked().send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(answer(client).status, 413);
  EXPECT_TRUE(until([&] { return backend->connections[0]->over(); }));
}

TEST_F(Streaming, InterimAnswersAreRelayedInOrder) {
  Peer& client = get();
  Peer& peer = asked();
  peer.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
  Answer hints = answer(client);
  EXPECT_EQ(hints.status, 103);
  EXPECT_EQ(hints.header("Link"), "</a.css>");
  peer.send(std::string("HTTP/1.1 102 Processing\r\n\r\n") + kOk);
  EXPECT_EQ(answer(client).status, 102);
  Answer last = answer(client);
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.header("Link"), "-");
  EXPECT_EQ(last.body, "ok");
}

TEST_F(Streaming, InterimAnswersAreNotForOldClients) {
  Peer& client = ask("GET /a/x HTTP/1.0\r\n\r\n");
  asked().send(std::string("HTTP/1.1 103 Early Hints\r\n\r\n") + kOk);
  EXPECT_EQ(answer(client).status, 200);
}

TEST_F(Streaming, AnExpectingClientGetsTheBackendsContinue) {
  Peer& client =
      ask("POST /a/x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  Peer& peer = asked();
  EXPECT_THAT(peer.head(), HasSubstr("\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(client.received, "");
  peer.send("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(answer(client).status, 100);
  client.send("body");
  EXPECT_TRUE(until([&] { return peer.received.ends_with("\r\n\r\nbody"); }));
  peer.send(kOk);
  EXPECT_EQ(answer(client).body, "ok");
}

TEST_F(Streaming, AnExpectingClientGetsTheGatewaysContinueWhenToldTo) {
  start({}, {.answer_continue = true});
  deploy({api()});
  Peer& client =
      ask("POST /a/x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(answer(client).status, 100);
  client.send("body");
  asked().send(kOk);
  EXPECT_EQ(answer(client).body, "ok");
}

TEST_F(Streaming, ARefusedExpectationNeedsNoBody) {
  Peer& client =
      ask("POST /a/x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  asked().send("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(answer(client).status, 417);
}

TEST_F(Streaming, AnAnswerToHeadKeepsItsLength) {
  Peer& client = ask("HEAD /a/x HTTP/1.1\r\nHost: h\r\n\r\n");
  asked().send("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n");
  Answer got = answer(client, true);
  EXPECT_EQ(got.header("Content-Length"), "1234");
  client.send("HEAD /a/x HTTP/1.1\r\nHost: h\r\n\r\n");
  backend->connections[0]->received.clear();
  asked().send("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n");
  EXPECT_EQ(answer(client, true).status, 304);
}

TEST_F(Streaming, AnAnswerThatEndsWithItsConnectionIsChunkedForTheClient) {
  Peer& client = get();
  Peer& peer = asked();
  peer.send("HTTP/1.0 200 OK\r\n\r\nall of it");
  settle();
  peer.close();
  Answer got = answer(client);
  EXPECT_TRUE(got.whole);
  EXPECT_EQ(got.body, "all of it");
  EXPECT_EQ(got.header("Transfer-Encoding"), "chunked");
}

TEST_F(Streaming, HopByHopFieldsOfTheBackendStayBehind) {
  Peer& client = get();
  asked().send(
      "HTTP/1.1 200 OK\r\nConnection: X-Mine, keep-alive\r\nConnection: X-Also\r\nX-Mine: 1\r\n"
      "X-Also: 1\r\nKeep-Alive: timeout=5\r\n"
      "Proxy-Authenticate: Basic\r\nUpgrade: h2c\r\nX-Yours: 2\r\nContent-Length: 2\r\n\r\nok");
  Answer got = answer(client);
  for (const char* name :
       {"Connection", "X-Mine", "X-Also", "Keep-Alive", "Proxy-Authenticate", "Upgrade"})
    EXPECT_EQ(got.header(name), "-") << name;
  EXPECT_EQ(got.header("X-Yours"), "2");
}

TEST_F(Streaming, PipelinedRequestsAreAnsweredInOrder) {
  Peer& client =
      ask("GET /a/1 HTTP/1.1\r\nHost: h\r\n\r\nGET /a/2 HTTP/1.1\r\nHost: h\r\n\r\n"
          "GET /none HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(asked().head(), StartsWith("GET /1 "));
  backend->connections[0]->received.clear();
  backend->connections[0]->send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none");
  EXPECT_THAT(asked().head(), StartsWith("GET /2 "));
  EXPECT_EQ(answer(client).body, "one");
  backend->connections[0]->send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo");
  EXPECT_EQ(answer(client).body, "two");
  EXPECT_EQ(answer(client).status, 404);
}

// Sends as long as the peer's side takes; gives how much that was.
std::size_t fill(Peer& peer, const std::function<void()>& settle) {
  const std::string piece(1 << 16, 'x');
  std::size_t sent = 0;
  for (; peer.sent() && sent < 64u << 20; sent += piece.size()) {
    peer.send(piece);
    settle();
  }
  return sent;
}

TEST_F(Streaming, AClientThatDoesNotReadHoldsTheBackendBack) {
  Peer& client = get();
  client.stop_reading();
  Peer& peer = asked();
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
  std::size_t sent = fill(peer, [&] { settle(); });
  EXPECT_LT(sent, 64u << 20) << "nothing held it back";
  client.go_on_reading();
  EXPECT_TRUE(until([&] { return peer.sent(); }));
}

TEST_F(Streaming, ABackendThatDoesNotReadHoldsTheClientBack) {
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
  Peer& peer = asked();
  peer.stop_reading();
  std::size_t sent = fill(client, [&] { settle(); });
  EXPECT_LT(sent, 64u << 20) << "nothing held it back";
  peer.go_on_reading();
  EXPECT_TRUE(until([&] { return client.sent(); }));
}

TEST_F(Streaming, AClientThatNeverReadsIsGivenUp) {
  Peer& client = get();
  client.stop_reading();
  Peer& peer = asked();
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
  fill(peer, [&] { settle(); });
  pass(60s);
  EXPECT_TRUE(until([&] { return peer.over(); }));
}

TEST_F(Streaming, LargeBodiesPassUnchangedBothWays) {
  std::string body(3'000'000, ' ');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i * 7 % 26);
  std::string length = std::to_string(body.size());
  Peer& client =
      ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\n" + body);
  Peer& peer = asked();
  EXPECT_TRUE(until([&] { return peer.received.size() == peer.head().size() + body.size(); }));
  EXPECT_TRUE(peer.received.ends_with(body));
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n" + body);
  EXPECT_TRUE(answer(client).body == body);
}

}  // namespace
}  // namespace perigee::proxy::testing
