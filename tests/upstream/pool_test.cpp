// The connections of one worker to one endpoint: which is taken, how many, how long, and who waits.
#include "tests/upstream/support/world.hpp"

namespace perigee::upstream::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class PoolTest : public Upstream {
 protected:
  std::shared_ptr<const Endpoint> limited(std::size_t connections, std::size_t waiting = 10) {
    EndpointOptions options = options_to(backend.port());
    options.connections_max = connections;
    options.waiting_max = waiting;
    return endpoint(std::move(options));
  }
  void TearDown() override {
    backend.connections.clear();
    backend.close();
    Upstream::TearDown();
  }
  RawBackend backend{reactor};
};

TEST_F(PoolTest, UsesAConnectionAgain) {
  auto to = endpoint_to(backend.port());
  for (int i = 0; i < 3; ++i) exchange(backend, *to, 0);
  settle();
  EXPECT_EQ(backend.connections.size(), 1u);
  EXPECT_EQ(client.pool(*to).idle(), 1u);
}

TEST_F(PoolTest, TakesTheConnectionThatWasGivenBackLast) {
  auto to = endpoint_to(backend.port());
  auto first = std::make_unique<Going>(client, *to);
  auto second = std::make_unique<Going>(client, *to);
  asked(backend, 0).send(kOk);
  asked(backend, 1).send(kOk);
  ASSERT_TRUE(until([&] { return first->done() && second->done(); }));
  EXPECT_EQ(first->body(reactor), "ok");
  EXPECT_EQ(second->body(reactor), "ok");
  second.reset();
  first.reset();
  exchange(backend, *to, 0);  // of the first call, given back last
  EXPECT_EQ(backend.connections.size(), 2u);
}

TEST_F(PoolTest, ClosesAfterEachExchangeWithoutKeepAlive) {
  EndpointOptions options = options_to(backend.port());
  options.keep_alive = false;
  auto to = endpoint(std::move(options));
  exchange(backend, *to, 0);
  exchange(backend, *to, 1);
  EXPECT_TRUE(until([&] { return backend.connections[0]->ended; }));
  EXPECT_EQ(client.connections(), 0u);
}

TEST_F(PoolTest, ClosesAConnectionWhoseAnswerSaysSo) {
  auto to = endpoint_to(backend.port());
  Going going(client, *to);
  asked(backend).send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.body(reactor), "ok");
  going.call.finish();
  EXPECT_EQ(client.connections(), 0u);
}

TEST_F(PoolTest, WaitsInLineForAConnectionInTheOrderOfComing) {
  auto to = limited(1);
  auto first = std::make_unique<Going>(client, *to);
  Going second(client, *to), third(client, *to);
  asked(backend).send(kOk);
  ASSERT_TRUE(until([&] { return first->done(); }));
  EXPECT_EQ(observed.queued, 2);
  EXPECT_EQ(first->body(reactor), "ok");
  first.reset();
  EXPECT_FALSE(second.done());
  ASSERT_TRUE(until([&] { return observed.queued == 1; }));
  backend.connections[0]->received.clear();
  asked(backend).send(kOk);
  ASSERT_TRUE(until([&] { return second.done(); }));
  EXPECT_FALSE(third.done());
  EXPECT_EQ(second.body(reactor), "ok");
  second.call.finish();
  backend.connections[0]->received.clear();
  asked(backend).send(kOk);
  ASSERT_TRUE(until([&] { return third.done(); }));
  EXPECT_EQ(third.body(reactor), "ok");
  EXPECT_EQ(backend.connections.size(), 1u);
}

TEST_F(PoolTest, TellsHowLongACallWaited) {
  auto to = limited(1);
  auto first = std::make_unique<Going>(client, *to);
  Going second(client, *to);
  asked(backend).send(kOk);
  ASSERT_TRUE(until([&] { return first->done(); }));
  pass(3s);
  EXPECT_EQ(first->body(reactor), "ok");
  first.reset();
  EXPECT_TRUE(until([&] { return !observed.waited.empty(); }));
  EXPECT_THAT(observed.waited, ::testing::ElementsAre(Duration(3s)));
}

TEST_F(PoolTest, TellsTheBytesOfEachExchangeWhenItIsOver) {
  auto to = endpoint_to(backend.port());
  exchange(backend, *to, 0);
  std::size_t answer = std::string_view(kOk).size();
  EXPECT_EQ(observed.bytes_read, answer);
  std::uint64_t asked_bytes = observed.bytes_written;
  EXPECT_GT(asked_bytes, 0u);
  exchange(backend, *to, 0);
  client.close_idle();
  EXPECT_EQ(observed.bytes_read, 2 * answer);
  EXPECT_EQ(observed.bytes_written, 2 * asked_bytes);
}

TEST_F(PoolTest, AnIdleConnectionHoldsNoBuffer) {
  auto to = endpoint_to(backend.port());
  exchange(backend, *to, 0);
  settle();
  EXPECT_EQ(client.pool(*to).idle(), 1u);
  EXPECT_EQ(reactor.buffers().bytes_leased(), 0u);
}

TEST_F(PoolTest, LetsNobodyJumpTheQueue) {
  auto to = limited(1);
  auto first = std::make_unique<Going>(client, *to);
  Going waiting(client, *to);
  asked(backend).send(kOk);
  ASSERT_TRUE(until([&] { return first->done(); }));
  EXPECT_EQ(first->body(reactor), "ok");
  backend.connections[0]->received.clear();
  first.reset();  // the line is served at the end of the turn
  Going late(client, *to);
  asked(backend).send(kOk);
  ASSERT_TRUE(until([&] { return waiting.done() || late.done(); }));
  EXPECT_TRUE(waiting.done());
  EXPECT_FALSE(late.done());
}

TEST_F(PoolTest, RefusesBeyondTheLimitOfTheLine) {
  auto to = limited(1, 1);
  Going first(client, *to), second(client, *to), third(client, *to);
  ASSERT_TRUE(third.done());
  EXPECT_EQ(third.error(), ErrorCode::pool_exhausted);
  EXPECT_THAT(third.result().error().message, HasSubstr("maxConcurrentConnections"));
  EXPECT_FALSE(second.done());
}

TEST_F(PoolTest, WaitsNoLongerThanTheReadTimeout) {
  auto to = limited(1);
  Going first(client, *to), second(client, *to);
  asked(backend);
  pass(9999ms);
  EXPECT_FALSE(second.done());
  pass(1ms);
  ASSERT_TRUE(second.done());
  EXPECT_EQ(second.error(), ErrorCode::connect_timed_out);
}

TEST_F(PoolTest, ForgetsAWaiterThatLeaves) {
  auto to = limited(1);
  auto first = std::make_unique<Going>(client, *to);
  auto second = std::make_unique<Going>(client, *to);
  Going third(client, *to);
  asked(backend).send(kOk);
  ASSERT_TRUE(until([&] { return first->done(); }));
  second->cancel();
  EXPECT_EQ(second->error(), ErrorCode::client_gone);
  EXPECT_EQ(observed.queued, 1);
  EXPECT_EQ(first->body(reactor), "ok");
  backend.connections[0]->received.clear();
  first.reset();
  asked(backend).send(kOk);
  EXPECT_TRUE(until([&] { return third.done(); }));
  EXPECT_EQ(backend.connections.size(), 1u);
}

TEST_F(PoolTest, GivesTheRoomOfAFailedConnectionToTheNext) {
  auto to = limited(1);
  auto first = std::make_unique<Going>(client, *to);
  Going second(client, *to);
  asked(backend);
  first->cancel();
  first.reset();
  asked(backend, 1).send(kOk);
  EXPECT_TRUE(until([&] { return second.done(); }));
  EXPECT_EQ(second.status(), 200);
}

TEST_F(PoolTest, ClosesWhatWasIdleForTheKeepAliveTimeout) {
  auto to = endpoint_to(backend.port());
  exchange(backend, *to, 0);
  pass(29s);
  EXPECT_EQ(client.connections(), 1u);
  pass(1s);
  EXPECT_EQ(client.connections(), 0u);
}

TEST_F(PoolTest, KeepsAnIdleConnectionThatIsUsedNowAndThen) {
  auto to = endpoint_to(backend.port());
  for (int i = 0; i < 5; ++i) {
    exchange(backend, *to, 0);
    pass(20s);
  }
  EXPECT_EQ(backend.connections.size(), 1u);
  pass(30s);
  EXPECT_EQ(client.connections(), 0u);
}

TEST_F(PoolTest, KeepsIdleConnectionsForEverWithoutATimeout) {
  EndpointOptions options = options_to(backend.port());
  options.keep_alive_timeout = 0s;
  auto to = endpoint(std::move(options));
  exchange(backend, *to, 0);
  pass(24h);
  EXPECT_EQ(client.connections(), 1u);
}

TEST_F(PoolTest, RenewsAConnectionBeyondItsLifetime) {
  EndpointOptions options = options_to(backend.port());
  options.lifetime_max = 10s;
  auto to = endpoint(std::move(options));
  exchange(backend, *to, 0);
  pass(9s);
  exchange(backend, *to, 0);
  pass(1s);
  exchange(backend, *to, 1);
}

TEST_F(PoolTest, DropsAnIdleConnectionThatTheBackendCloses) {
  auto to = endpoint_to(backend.port());
  exchange(backend, *to, 0);
  backend.connections[0]->close();
  EXPECT_TRUE(until([&] { return client.connections() == 0; }));
  exchange(backend, *to, 1);
}

TEST_F(PoolTest, DropsAnIdleConnectionOnWhichSomethingComesUnasked) {
  auto to = endpoint_to(backend.port());
  exchange(backend, *to, 0);
  backend.connections[0]->send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(until([&] { return client.connections() == 0; }));
  exchange(backend, *to, 1);
}

TEST_F(PoolTest, DropsAConnectionWhoseAnswerIsFollowedByMore) {
  auto to = endpoint_to(backend.port());
  Going going(client, *to);
  asked(backend).send(std::string(kOk) + "HTTP/1.1 200 OK\r\n");
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.body(reactor), "ok");
  going.call.finish();
  EXPECT_EQ(client.connections(), 0u);
}

TEST_F(PoolTest, KeepsAConnectionWhoseAnswerCameInTwoPieces) {
  auto to = endpoint_to(backend.port());
  for (int i = 0; i < 3; ++i) {
    if (i > 0) backend.connections[0]->received.clear();
    Going going(client, *to);
    asked(backend).send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
    ASSERT_TRUE(until([&] { return going.done(); }));
    backend.connections[0]->send("ok");
    EXPECT_EQ(going.body(reactor), "ok");
    going.call.finish();
    settle();
  }
  EXPECT_EQ(backend.connections.size(), 1u);
}

TEST_F(PoolTest, SplitsTheLimitOverTheWorkers) {
  EndpointOptions options = options_to(backend.port());
  options.connections_max = 3;
  options.waiting_max = 0;
  auto to = endpoint(std::move(options));
  Client half(reactor, *names, 2, {}, nullptr);
  Going first(half, *to), second(half, *to), third(half, *to);  // 3 / 2, rounded up
  ASSERT_TRUE(third.done());
  EXPECT_EQ(third.error(), ErrorCode::pool_exhausted);
  EXPECT_FALSE(second.done());
}

// ---- The end of an endpoint

TEST_F(PoolTest, ClosesIdleConnectionsOfADeadEndpointAtOnce) {
  auto to = endpoint_to(backend.port());
  exchange(backend, *to, 0);
  client.drop(to->slot(), to->generation());
  EXPECT_EQ(client.connections(), 0u);
}

TEST_F(PoolTest, ClosesConnectionsInUseOfADeadEndpointWhenTheyAreDone) {
  auto to = endpoint_to(backend.port());
  Going going(client, *to);
  asked(backend).send(kOk);
  ASSERT_TRUE(until([&] { return going.done(); }));
  client.drop(to->slot(), to->generation());
  EXPECT_EQ(client.connections(), 1u);
  EXPECT_EQ(going.body(reactor), "ok");
  going.call.finish();
  EXPECT_EQ(client.connections(), 0u);
  settle();
}

TEST_F(PoolTest, IgnoresTheDeathOfAFormerUserOfItsSlot) {
  auto to = endpoint_to(backend.port());
  exchange(backend, *to, 0);
  client.drop(to->slot(), to->generation() + 1);
  EXPECT_EQ(client.connections(), 1u);
}

TEST_F(PoolTest, ServesANewUserOfASlotWithoutTheOldConnections) {
  RawBackend other(reactor);
  auto old = endpoint_to(backend.port());
  exchange(backend, *old, 0);
  std::uint32_t slot = old->slot();
  old.reset();  // the word of it is still on its way to this worker
  auto now = endpoint_to(other.port());
  ASSERT_EQ(now->slot(), slot);
  exchange(other, *now, 0);
  EXPECT_EQ(client.connections(), 1u);
}

TEST_F(PoolTest, ForgetsADrainedPoolAfterAFailedConnection) {
  HangingBackend hanging;
  auto to = endpoint_to(hanging.port());
  auto going = std::make_unique<Going>(client, *to);
  client.drop(to->slot(), to->generation());
  going->cancel();
  going.reset();
  settle();
  EXPECT_EQ(client.connections(), 0u);
}

}  // namespace
}  // namespace perigee::upstream::testing
