// Names when the DNS is in trouble.
#include "tests/net/support/names_world.hpp"

namespace perigee::net {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NamesStale : public NamesTest {
 protected:
  void SetUp() override {
    NamesTest::SetUp();
    server_.set("api.example", {.a = {{"10.0.0.1", 10}}});
    start();
    EXPECT_THAT(texts(ask("api.example")), ElementsAre("10.0.0.1:80"));
  }
  static std::size_t lines_with(const std::string& log, std::string_view part) {
    std::size_t found = 0;
    for (auto at = log.find(part); at != log.npos; at = log.find(part, at + 1)) ++found;
    return found;
  }
};

TEST_F(NamesStale, OldAddressesServeWhileRefreshesFail) {
  ::testing::internal::CaptureStderr();
  server_.set("api.example", {.failure = 2});
  for (std::uint64_t i = 1; i <= 5; ++i) {
    advance(10s);
    EXPECT_THAT(texts(ask("api.example")), ElementsAre("10.0.0.1:80"));
    EXPECT_TRUE(names_->resolve("api.example", 80).here());
    EXPECT_TRUE(turn_both([&] { return resolver_->stats().failures == i; }));
  }
  EXPECT_GE(resolver_->stats().stale_answers, 5u);
  server_.set("api.example", {.a = {{"10.0.0.2", 10}}});
  advance(10s);
  // The query that finds out does not delay anyone: this is still the old answer.
  EXPECT_THAT(texts(ask("api.example")), ElementsAre("10.0.0.1:80"));
  EXPECT_TRUE(turn_both([&] {
    advance(100ms);
    return texts(ask("api.example")) == std::vector<std::string>{"10.0.0.2:80"};
  }));
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines_with(log, "Name \"api.example\" cannot be refreshed"), 1u) << log;
  EXPECT_EQ(lines_with(log, "Name \"api.example\" resolves again"), 1u) << log;
}

TEST_F(NamesStale, ASilentServerDelaysOnlyTheFirst) {
  server_.set("api.example", {.silent = true});
  advance(10s);
  Asking first(names_->resolve("api.example", 80));
  EXPECT_TRUE(turn_both([&] { return server_.asked("api.example") == 2; }));
  advance(499ms);
  EXPECT_FALSE(first.done());
  advance(1ms);
  ASSERT_TRUE(first.done());
  EXPECT_THAT(texts(first.value()), ElementsAre("10.0.0.1:80"));
  advance(1s);
  Asking second(names_->resolve("api.example", 80));
  settle_both();
  ASSERT_TRUE(second.done());
  EXPECT_THAT(texts(second.value()), ElementsAre("10.0.0.1:80"));
}

TEST_F(NamesStale, AnAnswerThatTheNameIsGoneIsBelieved) {
  server_.set("api.example", {.failure = 3});
  advance(10s);
  EXPECT_EQ(ask("api.example").error().code, ErrorCode::unresolved);
}

TEST_F(NamesStale, OldAddressesServeForALimitedTime) {
  server_.set("api.example", {.failure = 2});
  advance(10s);
  EXPECT_TRUE(ask("api.example"));
  advance(24h);
  EXPECT_EQ(ask("api.example").error().code, ErrorCode::unresolved);
}

TEST_F(NamesTest, NobodyWaitsLongerThanTheBound) {
  server_.set("hole.example", {.silent = true});
  start();
  Asking asking(names_->resolve("hole.example", 80));
  EXPECT_TRUE(turn_both([&] { return server_.asked("hole.example") == 1; }));
  advance(9999ms);
  EXPECT_FALSE(asking.done());
  advance(1ms);
  ASSERT_TRUE(asking.done());
  EXPECT_EQ(asking.value().error().code, ErrorCode::timed_out);
  EXPECT_EQ(asking.value().error().message, "name \"hole.example\": no answer within 10 s");
}

TEST_F(NamesTest, TriesTheNextServer) {
  SystemClock real;
  Reactor ops(real), worker(real);
  DnsServer silent;
  silent.set("api.example", {.silent = true});
  server_.set("api.example", {.a = {{"10.0.0.1"}}});
  auto with = options();
  with.servers = {silent.address(), server_.address()};
  with.query_timeout = 60ms;
  Resolver resolver(ops, with);
  Names names(worker, resolver);
  Asking asking(names.resolve("api.example", 80));
  ASSERT_TRUE(turn_until(ops, [&] {
    worker.turn(0ms);
    return asking.done();
  }));
  EXPECT_THAT(texts(asking.value()), ElementsAre("10.0.0.1:80"));
  EXPECT_EQ(silent.asked("api.example"), 1);
}

TEST_F(NamesTest, EndsWhenNoServerAnswers) {
  SystemClock real;
  Reactor ops(real), worker(real);
  server_.set("hole.example", {.silent = true});
  auto with = options();
  with.query_timeout = 30ms;
  Resolver resolver(ops, with);
  Names names(worker, resolver);
  Asking asking(names.resolve("hole.example", 80));
  ASSERT_TRUE(turn_until(ops, [&] {
    worker.turn(0ms);
    return asking.done();
  }));
  EXPECT_EQ(asking.value().error().code, ErrorCode::timed_out);
  EXPECT_THAT(asking.value().error().message, HasSubstr("no DNS server answered in time"));
  EXPECT_EQ(server_.asked("hole.example"), 2);  // both tries
}

TEST_F(NamesTest, UnusableServersAreNamed) {
  auto with = options();
  with.servers = {"not an address"};
  start(with);
  EXPECT_THAT(ask("api.example").error().message, HasSubstr("DNS servers \"not an address\""));
}

}  // namespace
}  // namespace perigee::net
