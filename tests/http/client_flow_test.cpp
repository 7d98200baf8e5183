// The client's codec against an upstream that hangs, breaks off, answers early or switches
// protocols.
#include <gmock/gmock.h>

#include "tests/http/support/client_world.hpp"

namespace perigee::http {
namespace {

using test::Client;
using test::FedBody;
using test::Going;
using test::kOk;
using testing::ElementsAre;
using testing::EndsWith;

TEST_F(Client, RelaysInterimAnswers) {
  auto going = exchange("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" +
                        std::string(kOk));
  EXPECT_THAT(going->interims.seen, ElementsAre(100, 103));
  EXPECT_EQ(going->response.status, 200);
  EXPECT_FALSE(going->response.headers.has(HeaderName("link")));
  EXPECT_EQ(going->body, "ok");
}

TEST_F(Client, BoundsInterimAnswers) {
  std::string many;
  for (int i = 0; i < 20; ++i) many += "HTTP/1.1 102 Processing\r\n\r\n";
  auto going = exchange(many + std::string(kOk));
  ASSERT_TRUE(going->done());
  EXPECT_EQ(going->error(), ErrorCode::limit);
  EXPECT_EQ(going->interims.seen.size(), 16u);
}

TEST_F(Client, TellsWhenARetryIsSafe) {
  for (bool by_reset : {false, true}) {
    connect();
    Going going(*connection, "GET");
    going.start();
    settle();
    if (by_reset) {
      upstream->reset();
    } else {
      upstream->end();
    }
    settle();
    ASSERT_TRUE(going.done());
    EXPECT_EQ(going.error(), by_reset ? ErrorCode::reset : ErrorCode::closed);
    EXPECT_TRUE(going.started->error().retry_is_safe);
    EXPECT_EQ(going.started->error().fault, Fault::upstream);
  }
  // Part of an answer came, or part of the body went.
  connect();
  auto begun = exchange("HTTP/1.1 2");
  upstream->end();
  settle();
  EXPECT_EQ(begun->error(), ErrorCode::closed);
  EXPECT_FALSE(begun->started->error().retry_is_safe);

  connect();
  FedBody body;
  body.feed("hi");
  Going upload(*connection, "PUT", &body);
  upload.start();
  settle();
  upstream->reset();
  settle();
  ASSERT_TRUE(upload.done());
  EXPECT_FALSE(upload.started->error().retry_is_safe);
}

TEST_F(Client, WaitsForTheAnswerNoLongerThanAllowed) {
  Going going(*connection, "GET", nullptr, 10s);
  going.start();
  settle();
  advance(9s);
  EXPECT_FALSE(going.done());
  advance(2s);
  ASSERT_TRUE(going.done());
  EXPECT_EQ(going.error(), ErrorCode::read_timed_out);
  EXPECT_FALSE(going.started->error().retry_is_safe);
  going.finish();
  settle();
  EXPECT_TRUE(upstream->over());
}

TEST_F(Client, WaitsForTheBodyNoLongerThanAllowed) {
  auto going = exchange("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok");
  advance(59s);
  EXPECT_EQ(going->body_error, ErrorCode::other);
  advance(2s);
  EXPECT_EQ(going->body_error, ErrorCode::read_timed_out);
}

TEST_F(Client, GivesUpOnAnUpstreamThatTakesNothing) {
  for (bool at_once : {false, true}) {
    connect({.capacity = 100});
    upstream->stop_reading();
    FedBody body;
    if (at_once) body.feed(std::string(1000, 'x'));
    Going going(*connection, "PUT", &body);
    going.start();
    settle();
    if (!at_once) body.feed(std::string(1000, 'x'));
    advance(61s);
    ASSERT_TRUE(going.done()) << at_once;
    EXPECT_EQ(going.error(), ErrorCode::timed_out);
    EXPECT_EQ(going.started->error().fault, Fault::upstream);
  }
}

TEST_F(Client, UploadsWhileItWaitsForTheAnswer) {
  FedBody body;
  Going going(*connection, "POST", &body);
  going.start();
  settle();
  EXPECT_THAT(upstream->take(), EndsWith("Transfer-Encoding: chunked\r\n\r\n"));
  body.feed("one");
  settle();
  EXPECT_EQ(upstream->take(), "3\r\none\r\n");
  body.feed("");
  settle();
  EXPECT_EQ(upstream->take(), "0\r\n\r\n");
  upstream->send(std::string(kOk));
  settle();
  EXPECT_EQ(going.body, "ok");
  going.finish();
  EXPECT_TRUE(connection->reusable());
}

TEST_F(Client, TakesAnEarlyAnswerAndUploadsOn) {
  FedBody body;
  Going going(*connection, "POST", &body);
  going.start();
  settle();
  upstream->send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok");
  settle();
  EXPECT_EQ(going.response.status, 200);
  body.feed("late");
  body.feed("");
  settle();
  EXPECT_THAT(upstream->received, EndsWith("4\r\nlate\r\n0\r\n\r\n"));
  upstream->send("ok");
  settle();
  EXPECT_TRUE(going.read_whole);
  going.finish();
  EXPECT_TRUE(connection->reusable());
}

TEST_F(Client, DoesNotReuseWhenTheAnswerCameBeforeTheUploadsEnd) {
  FedBody body;
  Going going(*connection, "POST", &body);
  going.start();
  settle();
  upstream->send(std::string(kOk));
  settle();
  EXPECT_TRUE(going.read_whole);
  going.finish();
  settle();
  EXPECT_FALSE(connection->reusable());
  EXPECT_TRUE(upstream->over());
}

TEST_F(Client, TakesAnAnswerFromAnUpstreamThatRefusesTheBodyAndCloses) {
  connect({.capacity = 2000});
  FedBody body;
  body.feed(std::string(10000, 'x'));
  body.feed(std::string(10000, 'x'));
  Going going(*connection, "POST", &body);
  upstream->stop_reading();
  going.start();
  upstream->send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
  settle();
  EXPECT_EQ(going.done(), false);  // the first piece is still on its way
  upstream->go_on_reading();
  settle();
  ASSERT_TRUE(going.done());
  EXPECT_EQ(going.response.status, 413);
}

TEST_F(Client, TellsThatTheRequestsBodyFailed) {
  for (bool at_once : {false, true}) {
    connect();
    FedBody body;
    if (at_once) body.fail(ErrorCode::client_gone, Fault::client);
    Going going(*connection, "POST", &body);
    going.start();
    settle();
    if (!at_once) {
      body.feed("part");
      body.fail(ErrorCode::client_gone, Fault::client);
    }
    settle();
    ASSERT_TRUE(going.done()) << at_once;
    EXPECT_EQ(going.error(), ErrorCode::client_gone);
    ASSERT_NE(going.exchange->body_error(), nullptr);
    EXPECT_EQ(going.exchange->body_error()->fault, Fault::client);
    going.finish();
    settle();
    EXPECT_TRUE(upstream->over());
    // Never a whole request.
    EXPECT_EQ(upstream->received.find("0\r\n\r\n"), std::string::npos);
  }
}

TEST_F(Client, EndsWithItsScope) {
  Going going(*connection, "GET");
  going.start();
  settle();
  going.scope().cancel(Error(ErrorCode::client_gone, "told to", Fault::client));
  ASSERT_TRUE(going.done());
  EXPECT_EQ(going.error(), ErrorCode::client_gone);
  going.finish();
  settle();
  EXPECT_TRUE(upstream->broken);
}

TEST_F(Client, GivesUpABodyThatNobodyReadToItsEnd) {
  Going going(*connection, "GET");
  going.read_body = false;
  going.start();
  settle();
  upstream->send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok");
  settle();
  ASSERT_TRUE(going.done());
  going.finish();
  settle();
  EXPECT_FALSE(connection->reusable());
  EXPECT_TRUE(upstream->over());
}

TEST_F(Client, BecomesATunnelAfter101) {
  Going asking(*connection, "GET");
  asking.ask_upgrade().start();
  settle();
  upstream->send("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nearly");
  settle();
  Going* going = &asking;
  ASSERT_TRUE(going->done());
  EXPECT_EQ(going->response.status, 101);
  net::Stream* tunnel = going->exchange->tunnel();
  ASSERT_NE(tunnel, nullptr);
  EXPECT_EQ(going->exchange->body(), nullptr);
  Buffer buffer(reactor.buffers());
  Async<Result<std::size_t>> early = tunnel->read(buffer);
  ASSERT_TRUE(early.here());
  EXPECT_EQ(buffer.unread(), "early");
  upstream->take();
  ASSERT_TRUE(tunnel->write("HTTP/1.1 200 OK\r\n\r\n").here());
  settle();
  EXPECT_EQ(upstream->take(), "HTTP/1.1 200 OK\r\n\r\n");
  buffer.drop();
  going->finish();
  EXPECT_FALSE(connection->reusable());
}

TEST_F(Client, RefusesAnUpgradeThatItDidNotAskFor) {
  auto going = exchange("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
  ASSERT_TRUE(going->done());
  EXPECT_EQ(going->error(), ErrorCode::invalid);
  EXPECT_EQ(going->exchange->tunnel(), nullptr);
  going->finish();
  EXPECT_FALSE(connection->reusable());
}

TEST_F(Client, RefusesAnUpgradeBeforeTheEndOfTheRequest) {
  FedBody body;
  Going going(*connection, "POST", &body);
  going.ask_upgrade().start();
  body.feed("part");
  settle();
  upstream->send("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
  settle();
  ASSERT_TRUE(going.done());
  EXPECT_EQ(going.error(), ErrorCode::invalid);
}

TEST_F(Client, DoesNotReuseAConnectionThatConnectMadeATunnel) {
  exchange("HTTP/1.1 200 OK\r\n\r\n", "CONNECT")->finish();
  EXPECT_FALSE(connection->reusable());
}

TEST_F(Client, SeesWhatAnIdleUpstreamSaysUnasked) {
  exchange(kOk)->finish();
  EXPECT_TRUE(connection->quiet());
  upstream->send("HTTP/1.1 408 Too Slow\r\n\r\n");
  settle();
  EXPECT_FALSE(connection->quiet());

  connect();
  exchange(kOk)->finish();
  upstream->end();
  settle();
  EXPECT_FALSE(connection->reusable());
}

TEST_F(Client, ReadsALargeAnswerInLargePieces) {
  connect({.capacity = 1 << 20});
  std::string body(300000, 'x');
  std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + body;
  auto first = exchange(answer);
  EXPECT_EQ(first->body.size(), body.size());
  EXPECT_LE(first->pieces.size(), 7u);
  first->finish();
  // The next one is expected to be large too: its head and first 64 KiB come with one read.
  auto second = exchange(answer);
  EXPECT_GE(second->pieces.at(0).size(), 65536u);
  second->finish();
  auto small = exchange(kOk);
  small->finish();
  EXPECT_EQ(reactor.buffers().bytes_leased(), 0u);
}

}  // namespace
}  // namespace perigee::http
