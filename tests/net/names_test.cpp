#include "net/names.hpp"

#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include "tests/net/support/dns_server.hpp"
#include "tests/net/support/loop.hpp"

namespace perigee::net {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

using Asking = Running<Result<Addresses>>;

std::vector<std::string> texts(const Result<Addresses>& addresses) {
  std::vector<std::string> result;
  if (!addresses) return {"error: " + addresses.error().message};
  for (const Address& address : **addresses) result.push_back(address.text());
  return result;
}

// A resolver and a worker on one thread and one fake clock; c-ares talks to a real server.
class NamesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(folder_ / "hosts") << "";
    write_resolv_conf("");
  }
  void TearDown() override {
    names_.reset();
    resolver_.reset();
    std::filesystem::remove_all(folder_);
  }
  void write_resolv_conf(const std::string& text) {
    std::ofstream(folder_ / "resolv.conf") << text;
  }
  Resolver::Options options() {
    return {.servers = {server_.address()},
            .resolv_conf = (folder_ / "resolv.conf").string(),
            .hosts_file = (folder_ / "hosts").string()};
  }
  void start(Resolver::Options with) {
    resolver_ = std::make_unique<Resolver>(ops_, std::move(with));
    names_ = std::make_unique<Names>(worker_, *resolver_);
  }
  void start() { start(options()); }
  // Turns both loops until `done()`.
  template <class Done>
  bool turn_both(Done done) {
    return turn_until(ops_, [&] {
      worker_.turn(0ms);
      return done();
    });
  }
  void settle_both() {
    for (int i = 0; i < 3; ++i) {
      ops_.turn(0ms);
      worker_.turn(0ms);
    }
  }
  void advance(Duration by) {
    clock_.advance(by);
    settle_both();
  }
  Result<Addresses> ask(const std::string& name, std::uint16_t port = 80) {
    Asking asking(names_->resolve(name, port));
    EXPECT_TRUE(turn_both([&] { return asking.done(); })) << name;
    return asking.done() ? asking.value() : fail(ErrorCode::timed_out, "no answer in this test");
  }

  std::filesystem::path folder_ = [] {
    std::string name = ::testing::TempDir() + "/perigee_names_XXXXXX";
    return std::filesystem::path(::mkdtemp(name.data()));
  }();
  DnsServer server_;
  FakeClock clock_;
  Reactor ops_{clock_}, worker_{clock_};
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<Names> names_;
};

// Without the DNS
// -----------------------------------------------------------------------------------

TEST_F(NamesTest, AnswersLiteralsAndLocalhostAtOnce) {
  start();
  for (const auto& [name, expected] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"10.1.2.3", {"10.1.2.3:80"}},
           {"::1", {"[::1]:80"}},
           {"[2001:db8::1]", {"[2001:db8::1]:80"}},
           {"localhost", {"127.0.0.1:80", "[::1]:80"}},
           {"LocalHost.", {"127.0.0.1:80", "[::1]:80"}},
           {"a.localhost", {"127.0.0.1:80", "[::1]:80"}}}) {
    auto answer = names_->resolve(name, 80);
    ASSERT_TRUE(answer.here()) << name;
    EXPECT_EQ(texts(answer.take()), expected);
  }
  EXPECT_EQ(resolver_->stats().queries, 0u);
}

TEST_F(NamesTest, RefusesWhatIsNoHostName) {
  start();
  const std::string long_name(300, 'a');
  for (const std::string& name :
       {std::string(""), std::string("a b"), std::string("a/b"), std::string("a\0b", 3), long_name,
        std::string("http://a"), std::string(".")}) {
    auto answer = names_->resolve(name, 80);
    ASSERT_TRUE(answer.here());
    EXPECT_THAT(answer.take().error().message, HasSubstr("is not a host name"));
  }
}

TEST_F(NamesTest, ReadsTheHostsFileAndItsChanges) {
  std::ofstream(folder_ / "hosts") << "# static\n10.9.9.9 db Db.Example # comment\n"
                                      "fe80::1%lo bad\n2001:db8::9\tdb\nnonsense line\n";
  start();
  EXPECT_THAT(texts(ask("db", 5432)), ElementsAre("10.9.9.9:5432", "[2001:db8::9]:5432"));
  EXPECT_THAT(texts(ask("DB.example.")), ElementsAre("10.9.9.9:80"));
  EXPECT_EQ(server_.asked("db"), 0);
  std::ofstream(folder_ / "hosts") << "10.9.9.10 db and more\n";
  EXPECT_THAT(texts(ask("db")), ElementsAre("10.9.9.9:80", "[2001:db8::9]:80"));
  advance(5s);
  EXPECT_THAT(texts(ask("db")), ElementsAre("10.9.9.10:80"));
}

// Answers of the DNS
// --------------------------------------------------------------------------------

TEST_F(NamesTest, GivesAllAddressesOfBothFamiliesInOrder) {
  server_.set("api.example", {.a = {{"10.0.0.3"}, {"10.0.0.1"}, {"10.0.0.2"}},
                              .aaaa = {{"2001:db8::2"}, {"2001:db8::1"}}});
  start();
  EXPECT_THAT(texts(ask("api.example", 8443)),
              ElementsAre("10.0.0.3:8443", "10.0.0.1:8443", "10.0.0.2:8443", "[2001:db8::2]:8443",
                          "[2001:db8::1]:8443"));
  auto other = options();
  other.prefer_ipv4 = false;
  names_.reset();
  start(other);
  EXPECT_THAT(texts(ask("api.example", 1)), ElementsAre("[2001:db8::2]:1", "[2001:db8::1]:1",
                                                        "10.0.0.3:1", "10.0.0.1:1", "10.0.0.2:1"));
}

TEST_F(NamesTest, OneFamilyIsEnough) {
  server_.set("four.example", {.a = {{"10.0.0.1"}}});
  server_.set("six.example", {.aaaa = {{"2001:db8::1"}}});
  start();
  EXPECT_THAT(texts(ask("four.example")), ElementsAre("10.0.0.1:80"));
  EXPECT_THAT(texts(ask("six.example")), ElementsAre("[2001:db8::1]:80"));
}

TEST_F(NamesTest, KeepsAnAnswerForItsTtlAndThenSeesTheChange) {
  server_.set("api.example", {.a = {{"10.0.0.1", 30}}});
  start();
  EXPECT_THAT(texts(ask("api.example")), ElementsAre("10.0.0.1:80"));
  server_.set("api.example", {.a = {{"10.0.0.2", 30}}});
  advance(29s);
  auto cached = names_->resolve("api.example", 81);
  ASSERT_TRUE(cached.here());
  EXPECT_THAT(texts(cached.take()), ElementsAre("10.0.0.1:81"));
  EXPECT_EQ(server_.asked("api.example"), 1);
  advance(1s);
  EXPECT_THAT(texts(ask("api.example")), ElementsAre("10.0.0.2:80"));
  EXPECT_THAT(texts(ask("api.example", 81)), ElementsAre("10.0.0.2:81"));
  EXPECT_EQ(server_.asked("api.example"), 2);
}

TEST_F(NamesTest, BoundsTtlsAndTakesTheShortestOfTheWay) {
  server_.set("zero.example", {.a = {{"10.0.0.1", 0}}});
  server_.set("long.example", {.a = {{"10.0.0.1", 1'000'000}}});
  server_.set("alias.example",
              {.a = {{"10.0.0.1", 300}}, .alias = {{"real.example", 20}, {"realer.example", 90}}});
  start();
  auto is_cached = [&](const char* name) { return names_->resolve(name, 80).here(); };
  for (const char* name : {"zero.example", "long.example", "alias.example"}) {
    EXPECT_THAT(texts(ask(name)), ElementsAre("10.0.0.1:80"));
  }
  advance(999ms);
  EXPECT_TRUE(is_cached("zero.example"));
  advance(1ms);
  EXPECT_FALSE(is_cached("zero.example"));
  advance(18s);
  EXPECT_TRUE(is_cached("alias.example"));
  advance(1s);
  EXPECT_FALSE(is_cached("alias.example"));
  advance(1h - 21s);
  EXPECT_TRUE(is_cached("long.example"));
  advance(1s);
  EXPECT_FALSE(is_cached("long.example"));
}

TEST_F(NamesTest, ANameThatDoesNotExistIsRememberedForAShortTime) {
  start();
  const Result<Addresses> gone = ask("new.example");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::unresolved);
  EXPECT_EQ(gone.error().fault, Fault::upstream);
  EXPECT_TRUE(gone.error().retry_is_safe);
  EXPECT_EQ(gone.error().message, "name \"new.example\": the DNS has no such name");
  server_.set("new.example", {.a = {{"10.0.0.1"}}});
  EXPECT_FALSE(ask("new.example"));
  EXPECT_EQ(server_.asked("new.example"), 1);
  advance(1s);
  EXPECT_TRUE(ask("new.example"));
}

TEST_F(NamesTest, SaysWhatTheServerSaid) {
  server_.set("broken.example", {.failure = 2});
  server_.set("refused.example", {.failure = 5});
  server_.set("empty.example", {});
  start();
  for (const char* name : {"broken.example", "refused.example"}) {
    EXPECT_THAT(ask(name).error().message, HasSubstr("is unreachable or reports a failure"));
  }
  EXPECT_EQ(ask("refused.example").error().code, ErrorCode::unresolved);
  EXPECT_THAT(ask("empty.example").error().message, HasSubstr("no A and no AAAA record"));
}

TEST_F(NamesTest, FollowsTheSearchList) {
  write_resolv_conf("search one.example two.example\noptions ndots:2\n");
  server_.set("db.two.example", {.a = {{"10.0.0.2"}}});
  server_.set("db.ns.one.example", {.a = {{"10.0.0.1"}}});
  server_.set("far.away.com", {.a = {{"10.0.0.3"}}});
  start();
  EXPECT_THAT(texts(ask("db")), ElementsAre("10.0.0.2:80"));
  EXPECT_EQ(server_.asked("db.one.example"), 1);
  EXPECT_THAT(texts(ask("db.ns")), ElementsAre("10.0.0.1:80"));
  EXPECT_THAT(texts(ask("far.away.com")), ElementsAre("10.0.0.3:80"));
  EXPECT_EQ(server_.asked("far.away.com.one.example"), 0);
  EXPECT_FALSE(ask("db."));  // the dot ends the search before it begins
}

TEST_F(NamesTest, AsksByTcpWhenAnAnswerIsTruncated) {
  DnsScript big{.truncated = true};
  for (int i = 1; i <= 100; ++i) big.a.push_back({"10.0.1." + std::to_string(i)});
  server_.set("big.example", big);
  start();
  const Result<Addresses> answer = ask("big.example");
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)->size(), 100u);
  EXPECT_EQ((*answer)->back().text(), "10.0.1.100:80");
  EXPECT_EQ(server_.asked_by_tcp(), 2);
}

// When the DNS is in trouble
// ------------------------------------------------------------------------

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

// Sharing and limits
// --------------------------------------------------------------------------------

TEST_F(NamesTest, ConcurrentQuestionsAreOneQuery) {
  server_.set("api.example", {.silent = true});
  start();
  Reactor second_worker(clock_);
  Names second(second_worker, *resolver_);
  std::vector<std::unique_ptr<Asking>> asking;
  for (int i = 0; i < 10; ++i) {
    asking.push_back(std::make_unique<Asking>(names_->resolve("api.example", 80)));
    asking.push_back(std::make_unique<Asking>(second.resolve("API.example", 81)));
  }
  EXPECT_TRUE(turn_both([&] { return server_.asked("api.example") == 1; }));
  second_worker.turn(0ms);
  settle_both();
  EXPECT_EQ(resolver_->stats().queries, 1u);
  advance(10s);
  second_worker.turn(0ms);
  for (auto& one : asking) {
    ASSERT_TRUE(one->done());
    EXPECT_EQ(one->value().error().code, ErrorCode::timed_out);
  }
}

TEST_F(NamesTest, ACancelledWaitDisturbsNobody) {
  server_.set("api.example", {.a = {{"10.0.0.1"}}});
  start();
  Asking first(names_->resolve("api.example", 80)), second(names_->resolve("api.example", 80));
  auto third = std::make_unique<Asking>(names_->resolve("api.example", 80));
  first.scope().cancel(Error(ErrorCode::client_gone, "left"));
  ASSERT_TRUE(first.done());
  EXPECT_EQ(first.value().error().code, ErrorCode::client_gone);
  third.reset();
  EXPECT_TRUE(turn_both([&] { return second.done(); }));
  EXPECT_THAT(texts(second.value()), ElementsAre("10.0.0.1:80"));
}

TEST_F(NamesTest, AWaiterMayDestroyTheOthersAndAskAgain) {
  server_.set("api.example", {.a = {{"10.0.0.1"}}});
  start();
  std::vector<std::unique_ptr<Asking>> others;
  bool done = false;
  auto flow = [&]() -> Async<Result<Addresses>> {
    auto answer = co_await names_->resolve("api.example", 80);
    others.clear();
    names_.reset();
    done = true;
    co_return answer;
  };
  for (int i = 0; i < 3; ++i) {
    others.push_back(std::make_unique<Asking>(names_->resolve("api.example", 80)));
  }
  Asking killer(flow());  // asked last, resumed first
  EXPECT_TRUE(turn_both([&] { return done; }));
  EXPECT_THAT(texts(killer.value()), ElementsAre("10.0.0.1:80"));
}

TEST_F(NamesTest, EndsWaitsWhenItIsDestroyed) {
  server_.set("api.example", {.silent = true});
  start();
  Asking asking(names_->resolve("api.example", 80));
  EXPECT_TRUE(turn_both([&] { return server_.asked("api.example") == 1; }));
  names_.reset();
  ASSERT_TRUE(asking.done());
  EXPECT_EQ(asking.value().error().code, ErrorCode::cancelled);
  advance(10s);  // the answer finds nobody
}

TEST_F(NamesTest, OutlivesTheResolver) {
  server_.set("api.example", {.silent = true});
  start();
  Asking asking(names_->resolve("api.example", 80));
  EXPECT_TRUE(turn_both([&] { return server_.asked("api.example") == 1; }));
  resolver_.reset();
  EXPECT_EQ(ops_.sources(), 0u);
  EXPECT_EQ(ask("other.example").error().code, ErrorCode::limit);
  advance(15s);
  ASSERT_TRUE(asking.done());
  EXPECT_EQ(asking.value().error().code, ErrorCode::timed_out);
}

TEST_F(NamesTest, ForgetsTheLeastRecentlyAskedName) {
  for (const char* name : {"a.example", "b.example", "c.example"}) {
    server_.set(name, {.a = {{"10.0.0.1", 3600}}});
  }
  auto with = options();
  with.entries_max = 2;
  start(with);
  // Each question comes from a new worker, so that it reaches the resolver.
  auto ask_anew = [&](const char* name) {
    names_ = std::make_unique<Names>(worker_, *resolver_);
    EXPECT_TRUE(ask(name));
  };
  for (const char* name : {"a.example", "b.example", "a.example", "c.example", "a.example"}) {
    ask_anew(name);
  }
  EXPECT_EQ(resolver_->stats().entries, 2u);
  EXPECT_EQ(server_.asked("a.example"), 1);
  ask_anew("b.example");
  EXPECT_EQ(server_.asked("b.example"), 2);
}

TEST_F(NamesTest, RefusesMoreNamesThanItsLimit) {
  auto with = options();
  with.entries_max = 2;
  start(with);
  std::vector<std::unique_ptr<Asking>> asking;
  for (const std::string name : {"a.example", "b.example"}) {
    server_.set(name, {.silent = true});
    asking.push_back(std::make_unique<Asking>(names_->resolve(name, 80)));
  }
  const Result<Addresses> third = ask("c.example");
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::limit);
  advance(10s);
}

TEST_F(NamesTest, AWorkersCacheIsBounded) {
  start();
  for (int i = 0; i < 3000; ++i) {
    const std::string ip = "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    EXPECT_EQ(texts(names_->resolve(ip, 80).take()).front(), ip + ":80");
  }
}

TEST_F(NamesTest, WorkersOnTheirOwnThreads) {
  constexpr int kNames = 40, kRounds = 5;
  for (int i = 0; i < kNames; ++i) {
    server_.set("n" + std::to_string(i) + ".example", {.a = {{"10.0.0." + std::to_string(i), 0}}});
  }
  SystemClock real;
  Reactor ops(real);
  auto with = options();
  with.ttl_min = 1ms;
  auto resolver = std::make_unique<Resolver>(ops, with);
  std::thread ops_thread([&] { ops.run(); });
  std::atomic<int> good{0};
  std::vector<std::thread> workers;
  for (int w = 0; w < 3; ++w) {
    workers.emplace_back([&] {
      Reactor worker(real);
      Names names(worker, *resolver);
      auto flow = [&](int first) -> Async<void> {
        for (int i = 0; i < kNames * kRounds; ++i) {
          const int n = (first + i) % kNames;
          auto answer = co_await names.resolve("n" + std::to_string(n) + ".example", 80);
          if (answer && (**answer)[0].text() == "10.0.0." + std::to_string(n) + ":80") ++good;
        }
      };
      Task tasks[3];
      for (int i = 0; i < 3; ++i) tasks[i].start(flow(i * 7));
      EXPECT_TRUE(turn_until(worker, [&] {
        return !tasks[0].running() && !tasks[1].running() && !tasks[2].running();
      }));
      // One more is asked and not waited for.
      Task left;
      left.start(flow(0));
    });
  }
  for (std::thread& worker : workers) worker.join();
  ops.stop();
  ops_thread.join();
  resolver.reset();
  EXPECT_GE(good, 3 * 3 * kNames * kRounds);
}

}  // namespace
}  // namespace perigee::net
