// Discovery among sentinels that say what a real one says only at rare moments, or never.
#include "tests/redis/support/scripted.hpp"
#include "tests/redis/support/world.hpp"

namespace perigee::redis {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string text(std::string_view value) {
  return "$" + std::to_string(value.size()) + "\r\n" + std::string(value) + "\r\n";
}
std::string list(const std::vector<std::string>& values) {
  std::string all = "*" + std::to_string(values.size()) + "\r\n";
  for (const std::string& value : values) all += text(value);
  return all;
}

constexpr std::string_view kPromotes = "+failover-state-wait-promotion";

// What it names, which the test may change at any time.
struct FakeSentinel {
  explicit FakeSentinel(net::Reactor& reactor)
      : server(reactor, [this](const ScriptedServer::Words& words) { return answer(words); }) {}
  Endpoint endpoint() const { return {"127.0.0.1", server.port()}; }

  std::string answer(const ScriptedServer::Words& words) {
    if (silent) return {};
    if (words[0] == "SUBSCRIBE") return "*3\r\n" + text("subscribe") + text(words[1]) + ":1\r\n";
    if (words[0] != "SENTINEL") {
      if (old && words[0] == "HELLO") return "-ERR unknown command `HELLO`\r\n";
      return words[0] == "HELLO" ? ScriptedServer::greeting(words) : "+OK\r\n";
    }
    if (words[1] == "MASTER") {
      ++asked;
      if (!master.empty()) return master;
      return list({"name", words[2], "config-epoch", std::to_string(epoch), "num-slaves", "2"});
    }
    if (words[1] == "SENTINELS") return others;
    return address.empty() ? list({names.host, std::to_string(names.port)}) : address;
  }

  void publish(std::string_view channel, const std::string& payload) {
    server.publish("*3\r\n" + text("message") + text(channel) + text(payload));
  }

  void publish_promotion(const Endpoint& replica, const std::string& of) {
    publish(kPromotes, "slave " + replica.text() + " " + replica.host + " " +
                           std::to_string(replica.port) + " @ " + of + " 127.0.0.1 1");
  }

  Endpoint names;
  std::int64_t epoch = 0;
  bool silent = false;
  bool old = false;             // knows no HELLO
  std::string master, address;  // odd answers; empty: good ones
  std::string others = "*0\r\n";
  int asked = 0;
  ScriptedServer server;
};

class Discoveries : public World {
 protected:
  struct FakePrimary : ScriptedServer {
    explicit FakePrimary(net::Reactor& reactor)
        : ScriptedServer(reactor, [this](const Words& words) { return answer(words); }) {}
    Endpoint endpoint() const { return {"127.0.0.1", port()}; }
    std::string answer(const Words& words) const {
      if (words[0] != "ROLE" || role == "master") return greeting(words);
      return list({role, "127.0.0.1", "1", "connected", "1"});
    }
    std::string role = "master";
  };
  Options options(std::size_t configured) {
    Options options{.master = "mymaster"};
    for (std::size_t i = 0; i < configured; ++i)
      options.sentinels.push_back(sentinels[i].endpoint());
    options.validate_every = 100ms;
    return options;
  }
  bool until_connected_to(const FakePrimary& to) {
    return until([&] { return link_->connected() && primary() == to.endpoint().text(); });
  }
  void TearDown() override {
    World::TearDown();
    sentinels.clear();
  }

  FakePrimary a{reactor_}, b{reactor_};
  std::deque<FakeSentinel> sentinels = [this] {
    std::deque<FakeSentinel> three;
    for (int i = 0; i < 3; ++i) three.emplace_back(reactor_).names = a.endpoint();
    return three;
  }();
};

TEST_F(Discoveries, UseTheFirstValidAnswerUntilAHigherEpochComes) {
  sentinels[0].silent = true;
  sentinels[1].names = b.endpoint();
  sentinels[1].epoch = 4;
  sentinels[1].silent = true;
  start(options(3));
  ASSERT_TRUE(until_connected_to(a)) << "the silent ones are not waited for";
  sentinels[1].silent = false;
  ASSERT_TRUE(until_connected_to(b));
  EXPECT_EQ(directory_->state().config_epoch, 4);
  pass(500ms);
  EXPECT_EQ(primary(), b.endpoint().text()) << "the others are late, not right";
}

TEST_F(Discoveries, AreHeardOfByALinkThatIsMadeAtThatMoment) {
  Options with = options(1);
  with.idle_max = 10min;  // it is told, it does not look again
  directory_ = std::make_unique<Directory>(reactor_, with);
  std::vector<std::unique_ptr<Link>> links;
  while (!directory_->state().primary && links.size() < 1000) {
    links.push_back(
        std::make_unique<Link>(Link::Init{.reactor = reactor_, .directory = *directory_}));
    reactor_.turn(20ms);
  }
  EXPECT_TRUE(until(
      [&] { return std::ranges::all_of(links, [](const auto& it) { return it->connected(); }); }));
}

TEST_F(Discoveries, FollowTheEpochOfThePrimaryThatTheyHave) {
  start(options(3));
  ASSERT_TRUE(until_connected_to(a));
  for (FakeSentinel& sentinel : sentinels) sentinel.epoch = 7;
  ASSERT_TRUE(until([&] { return directory_->state().config_epoch == 7; }));
  EXPECT_FALSE(directory_->state().last_switch);
  EXPECT_EQ(observed_.connected, 1);
}

TEST_F(Discoveries, GoBackwardsOnlyWithTheMajorityAndAfterAWhile) {
  for (FakeSentinel& sentinel : sentinels) sentinel.epoch = 5;
  Options with = options(3);
  with.backwards_after = 400ms;
  start(with);
  ASSERT_TRUE(until_connected_to(a));
  sentinels[0].names = b.endpoint();
  sentinels[0].epoch = 0;
  pass(800ms);
  EXPECT_EQ(primary(), a.endpoint().text()) << "one of three";
  // All were set up anew.
  for (FakeSentinel& sentinel : sentinels) {
    sentinel.names = b.endpoint();
    sentinel.epoch = 0;
  }
  pass(200ms);
  EXPECT_EQ(primary(), a.endpoint().text());
  ASSERT_TRUE(until_connected_to(b));
  EXPECT_THAT(log_.take(), HasSubstr("named by most sentinels with configuration epoch 0"));
}

// A real sentinel names it up to a second later.
TEST_F(Discoveries, FollowAReplicaWhileItIsPromoted) {
  for (FakeSentinel& sentinel : sentinels) sentinel.epoch = 5;
  Options with = options(3);
  with.backwards_after = 1min;
  start(with);
  ASSERT_TRUE(until_connected_to(a));
  b.role = "slave";
  ASSERT_TRUE(until([&] {
    sentinels[1].publish_promotion(b.endpoint(), "mymaster");
    return primary() == b.endpoint().text();
  }));
  pass(300ms);
  EXPECT_FALSE(link_->connected()) << "it is no primary yet";
  b.role = "master";
  ASSERT_TRUE(until_connected_to(b));
  for (FakeSentinel& sentinel : sentinels) {
    sentinel.names = b.endpoint();
    sentinel.epoch = 9;
  }
  ASSERT_TRUE(until([&] { return directory_->state().config_epoch == 9; }));
  EXPECT_EQ(observed_.connected, 2) << "it has stayed there";
}

TEST_F(Discoveries, LeaveAReplicaThatIsNotPromotedAfterAll) {
  Options with = options(3);
  with.backwards_after = 400ms;
  start(with);
  ASSERT_TRUE(until_connected_to(a));
  b.role = "slave";
  ASSERT_TRUE(until([&] {
    sentinels[1].publish_promotion(b.endpoint(), "mymaster");
    return primary() == b.endpoint().text();
  }));
  EXPECT_TRUE(until_connected_to(a));
}

TEST_F(Discoveries, IgnorePromotionsThatAreNotOurs) {
  start(options(1));
  ASSERT_TRUE(until_connected_to(a));
  pass(200ms);  // it is listened to
  const std::string host = b.endpoint().host, port = std::to_string(b.endpoint().port);
  sentinels[0].publish_promotion(b.endpoint(), "mymaster2");
  for (const std::string& payload :
       {std::string(), std::string(100'000, ' '), "slave x " + host, "slave x " + host + " " + port,
        "slave x " + host + " 0 @ mymaster", "slave x " + host + " " + port + "x @ mymaster",
        "slave x " + host + " 99999999999999999999 @ mymaster", "slave x  " + port + " @ mymaster",
        "mymaster " + host + " " + port + " " + host + " " + port}) {
    sentinels[0].publish(kPromotes, payload);
    pass(50ms);
  }
  EXPECT_EQ(primary(), a.endpoint().text());
  EXPECT_EQ(observed_.connected, 1);
  sentinels[0].publish_promotion(b.endpoint(), "mymaster");
  EXPECT_TRUE(until_connected_to(b)) << "it was listened to";
}

TEST_F(Discoveries, SpeakResp2WithOldSentinels) {
  sentinels[0].old = true;
  Options with = options(1);
  with.sentinel.password = "pw";
  start(with);
  EXPECT_TRUE(until_connected_to(a));
}

TEST_F(Discoveries, SurviveTheLossOfAllSentinels) {
  start(options(3));
  ASSERT_TRUE(until_connected_to(a));
  for (FakeSentinel& sentinel : sentinels) sentinel.silent = true;
  ASSERT_TRUE(until([&] { return !directory_->state().problem.empty(); }));
  EXPECT_TRUE(link_->connected());
  const std::string log = log_.take();
  EXPECT_THAT(log, AllOf(HasSubstr("ERROR io.gravitee.gateway.redis - no sentinel says who the "
                                   "primary \"mymaster\" is"),
                         HasSubstr(a.endpoint().text() + " was the last")));
  for (FakeSentinel& sentinel : sentinels) sentinel.silent = false;
  ASSERT_TRUE(until([&] { return directory_->state().problem.empty(); }));
  EXPECT_THAT(log_.take(),
              AllOf(HasSubstr("name the primary \"mymaster\" again"),
                    HasSubstr("sentinel " + sentinels[1].endpoint().text() + " answers again")));
  EXPECT_EQ(observed_.connected, 1);
}

struct AnswerRow {
  std::string name;
  std::string master, address;
  std::string problem;
};
void PrintTo(const AnswerRow& row, std::ostream* out) { *out << row.problem; }
class OddAnswers : public Discoveries, public ::testing::WithParamInterface<AnswerRow> {};
constexpr auto kUnclear = "refused: its answer is not understood";
const std::string kGood = list({"config-epoch", "1"});
INSTANTIATE_TEST_SUITE_P(
    Table, OddAnswers,
    ::testing::Values(
        AnswerRow{"UnknownName", "-ERR No such master with that name\r\n", "*-1\r\n",
                  "unknown_master: it knows no primary \"mymaster\""},
        AnswerRow{"NoAddress", kGood, "*-1\r\n", "unknown_master: it knows no primary"},
        AnswerRow{"NoEpoch", list({"name", "mymaster"}), "", kUnclear},
        AnswerRow{"EpochIsNoNumber", list({"config-epoch", "x"}), "", kUnclear},
        AnswerRow{"NotAList", "+OK\r\n", "+OK\r\n", kUnclear},
        AnswerRow{"PortIsNoNumber", kGood, list({"127.0.0.1", "x"}), kUnclear},
        AnswerRow{"PortIsZero", kGood, list({"127.0.0.1", "0"}), kUnclear},
        AnswerRow{"PortIsTooHigh", kGood, list({"127.0.0.1", "65536"}), kUnclear},
        AnswerRow{"HostIsEmpty", kGood, list({"", "6379"}), kUnclear},
        AnswerRow{"HostIsTooLong", kGood, list({std::string(256, 'a'), "6379"}), kUnclear},
        AnswerRow{"HostHasBlanks", kGood, list({"a\nb", "6379"}), kUnclear},
        AnswerRow{"Denied", "-NOPERM no permissions to run the 'sentinel' command\r\n", "",
                  "denied: NOPERM no permissions"},
        AnswerRow{"Garbage", "!\r\n", "", "garbled: RESP: "},
        AnswerRow{"UnknownCommand", "-ERR unknown command 'SENTINEL'\r\n", "",
                  "refused: ERR unknown command 'SENTINEL'"}),
    [](const auto& it) { return it.param.name; });

TEST_P(OddAnswers, AreToldAndNotAskedForInAHurry) {
  sentinels[0].master = GetParam().master;
  sentinels[0].address = GetParam().address;
  start(options(1));
  ASSERT_TRUE(until([&] { return !directory_->state().problem.empty(); }));
  const DirectoryState state = directory_->state();
  ASSERT_EQ(state.sentinels.size(), 1U);
  EXPECT_THAT(state.sentinels[0].problem, HasSubstr(GetParam().problem));
  EXPECT_FALSE(state.primary);
  EXPECT_EQ(call({"PING"}).error().kind, FailureKind::not_connected);
  pass(300ms);
  EXPECT_LE(sentinels[0].asked, 4);
}

TEST_F(Discoveries, ArePatientWithANameThatNobodyKnows) {
  for (FakeSentinel& sentinel : sentinels)
    sentinel.master = "-ERR No such master with that name\r\n";
  start(options(3));
  pass(1500ms);
  EXPECT_LE(sentinels[0].asked, 2);
  EXPECT_THAT(log_.take(), HasSubstr("none of the 3 sentinels that answer knows a primary"));
}

std::string other(const std::string& host, int port, std::string_view flags = "sentinel") {
  return list({"ip", host, "port", std::to_string(port), "flags", std::string(flags)});
}

TEST_F(Discoveries, LearnSentinelsThatAreUp) {
  const int port = sentinels[1].server.port();
  sentinels[0].others = "*4\r\n" + other("127.0.0.1", port) +
                        other("127.0.0.7", port, "s_down,sentinel") + other("", port) + "+odd\r\n";
  start(options(1));
  ASSERT_TRUE(until([&] { return directory_->state().sentinels.size() == 2; }));
  pass(300ms);
  const DirectoryState state = directory_->state();
  ASSERT_EQ(state.sentinels.size(), 2U);
  EXPECT_FALSE(state.sentinels[0].learned);
  EXPECT_TRUE(state.sentinels[1].learned);
  EXPECT_TRUE(state.sentinels[1].reachable);
  EXPECT_EQ(state.sentinels[1].names, a.endpoint().text());
}

TEST_F(Discoveries, LearnABoundedNumber) {
  std::string all = "*1000\r\n";
  for (int i = 0; i < 1000; ++i)
    all += other("127.1." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1), 1);
  sentinels[0].others = all;
  start(options(1));
  ASSERT_TRUE(until_connected_to(a));
  pass(500ms);
  EXPECT_EQ(directory_->state().sentinels.size(), 32U);
  EXPECT_TRUE(link_->connected());
}

TEST_F(Discoveries, ForgetWhatTheyLearnedWhenItStaysAway) {
  sentinels[0].others = "*1\r\n" + other("127.0.0.1", sentinels[1].server.port());
  sentinels[1].silent = true;
  Options with = options(1);
  with.learned_kept = 600ms;
  start(with);
  ASSERT_TRUE(until([&] { return directory_->state().sentinels.size() == 2; }));
  sentinels[0].others = "*0\r\n";
  pass(300ms);
  EXPECT_EQ(directory_->state().sentinels.size(), 2U);
  ASSERT_TRUE(until([&] { return directory_->state().sentinels.size() == 1; }));
  EXPECT_TRUE(link_->connected());
}

TEST_F(Discoveries, SayThatANameHasNoAddress) {
  const TestFolder folder;
  folder.write("hosts", "127.0.0.1 known.test\n");
  folder.write("resolv.conf", "nameserver 127.0.0.1\n");
  Options with = options(0);
  with.sentinels = {{"unknown..test", 26379}};
  with.resolver.hosts_file = folder.path("hosts");
  with.resolver.resolv_conf = folder.path("resolv.conf");
  start(with);
  ASSERT_TRUE(until([&] { return !directory_->state().problem.empty(); }));
  EXPECT_THAT(directory_->state().problem, HasSubstr("unknown..test:26379: "));
  EXPECT_THAT(directory_->state().sentinels, IsEmpty());
}

TEST_F(Discoveries, AreAnsweredWithoutAPrimaryAtOnce) {
  for (FakeSentinel& sentinel : sentinels) sentinel.silent = true;
  start(options(3));
  const Command command{"PING"};
  Running<Outcome> calling(link_->call(command, kPatience));
  ASSERT_TRUE(calling.done());
  EXPECT_EQ(calling.value().error().kind, FailureKind::not_connected);
}

}  // namespace
}  // namespace perigee::redis
