// Names: literals, the hosts file, and the DNS when it is well.
#include <fstream>

#include "tests/net/support/names_world.hpp"

namespace perigee::net {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
  folder_.write("hosts",
                "# static\n10.9.9.9 db Db.Example # comment\n"
                "fe80::1%lo bad\n2001:db8::9\tdb\nnonsense line\n");
  start();
  EXPECT_THAT(texts(ask("db", 5432)), ElementsAre("10.9.9.9:5432", "[2001:db8::9]:5432"));
  EXPECT_THAT(texts(ask("DB.example.")), ElementsAre("10.9.9.9:80"));
  EXPECT_EQ(server_.asked("db"), 0);
  folder_.write("hosts", "10.9.9.10 db and more\n");
  EXPECT_THAT(texts(ask("db")), ElementsAre("10.9.9.9:80", "[2001:db8::9]:80"));
  advance(5s);
  EXPECT_THAT(texts(ask("db")), ElementsAre("10.9.9.10:80"));
}

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

}  // namespace
}  // namespace perigee::net
