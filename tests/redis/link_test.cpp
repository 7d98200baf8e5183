// A link to a standalone Redis: how it is greeted, calls, time-outs, and coming back.
#include <thread>

#include "tests/redis/support/scripted.hpp"
#include "tests/redis/support/world.hpp"

namespace perigee::redis {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Links : public World {};

// Greeting -----------------------------------------------------------------------------------

TEST_F(Links, SpeakResp3AndSayWhoTheyAre) {
  const RedisServer server;
  Options options = options_of(server);
  options.client_name = "perigee-node-1";
  start_connected(std::move(options));
  EXPECT_EQ(said({"SET", "k", "v"}), "OK");
  EXPECT_EQ(said({"GET", "k"}), "v");
  EXPECT_THAT(said({"CLIENT", "LIST"}),
              AllOf(HasSubstr("name=perigee-node-1"), HasSubstr("resp=3")));
  EXPECT_EQ(server.calls("script|load"), 1);
  EXPECT_EQ(directory_->state().links_connected, 1U);
  EXPECT_EQ(directory_->state().problem, "");
  EXPECT_THAT(log_.take(), HasSubstr("connected to 127.0.0.1:" + std::to_string(server.port()) +
                                     " on 1 worker"));
}

TEST_F(Links, SpeakResp2WithAServerThatKnowsNoHello) {
  const RedisServer server({"rename-command HELLO \"\"", "requirepass secret"});
  Options options = options_of(server);
  options.data.password = "secret";
  options.client_name = "perigee-old";
  start_connected(std::move(options));
  EXPECT_EQ(said({"INCRBY", "n", 5}), "5");
  EXPECT_THAT(said({"CLIENT", "LIST"}), AllOf(HasSubstr("name=perigee-old"), HasSubstr("resp=2")));
  EXPECT_THAT(log_.take(), Not(HasSubstr("secret")));
}

struct LoginRow {
  std::string name;
  std::vector<std::string> server;
  Credentials credentials;
  std::string problem;  // empty: it connects
};
void PrintTo(const LoginRow& row, std::ostream* out) { *out << row.problem; }
class Logins : public World, public ::testing::WithParamInterface<LoginRow> {};
const std::vector<std::string> kPassword{"requirepass secret"};
const std::vector<std::string> kNoHello{"rename-command HELLO \"\""};
const std::vector<std::string> kUser{"requirepass secret", "user gateway on >pw ~* +@all"};
INSTANTIATE_TEST_SUITE_P(
    Table, Logins,
    ::testing::Values(
        LoginRow{"None", {}, {}, ""}, LoginRow{"Password", kPassword, {"", "secret"}, ""},
        LoginRow{"User", kUser, {"gateway", "pw"}, ""},
        LoginRow{"DefaultUserByName", kUser, {"default", "secret"}, ""},
        LoginRow{"Unneeded", {}, {"", "secret"}, ""},
        LoginRow{"UnneededWithoutHello", kNoHello, {"", "secret"}, ""},
        LoginRow{"WrongPassword", kPassword, {"", "wrong"}, "denied: .*WRONGPASS"},
        LoginRow{"UnknownUser", kUser, {"nobody", "secret"}, "denied: .*WRONGPASS"},
        LoginRow{"Missing", kPassword, {}, "denied: .*NOAUTH"},
        LoginRow{
            "MayNotAskForTheRole", {"user gateway on >pw ~* +@all -role"}, {"gateway", "pw"}, ""}),
    [](const auto& it) { return it.param.name; });

TEST_P(Logins, WorkOrSayWhyNot) {
  const RedisServer server(GetParam().server);
  Options options = options_of(server);
  options.data = GetParam().credentials;
  start(std::move(options));
  ASSERT_TRUE(until([&] { return link_->connected() || !directory_->state().problem.empty(); }));
  EXPECT_EQ(link_->connected(), GetParam().problem.empty());
  if (GetParam().problem.empty()) return;
  EXPECT_THAT(directory_->state().problem, ::testing::ContainsRegex(GetParam().problem));
  EXPECT_EQ(call({"PING"}).error().kind, FailureKind::not_connected);
  // Patient, and one line of the log.
  pass(600ms);
  EXPECT_LE(server.calls("hello"), 1);
  const std::string log = log_.take();
  EXPECT_THAT(log, AllOf(HasSubstr("ERROR"), HasSubstr("no connection to 127.0.0.1")));
  EXPECT_EQ(std::ranges::count(log, '\n'), 2) << log;  // and who the primary is
}

TEST_F(Links, AskForInfoWhereTheRoleIsDenied) {
  const RedisServer replica({"user gateway on >pw ~* +@all -@admin", "replicaof 127.0.0.1 1"});
  Options options = options_of(replica);
  options.data = {"gateway", "pw"};
  start(std::move(options));
  ASSERT_TRUE(until([&] { return !directory_->state().problem.empty(); }));
  EXPECT_THAT(directory_->state().problem, HasSubstr("its role is \"slave\""));
  replica.cli("REPLICAOF NO ONE");
  ASSERT_TRUE(until([&] { return link_->connected(); }));
  net::testing::settle(reactor_);
  EXPECT_THAT(log_.take(), HasSubstr("may not ask for its ROLE (+role)"));
}

TEST_F(Links, WarnOnceOfAPasswordThatIsNotNeeded) {
  const RedisServer server(kNoHello);
  Options options = options_of(server);
  options.data.password = "secret";
  start_connected(std::move(options));
  EXPECT_THAT(log_.take(), AllOf(HasSubstr("wants no password"), Not(HasSubstr("secret"))));
}

// The user of redis-client.md section 2 may do only what the reference's script does.
TEST_F(Links, MakeDoWithTheLeastPrivileges) {
  const RedisServer server(
      {"user gateway on >pw ~ratelimit:* -@all +@connection +ping +role +eval "
       "+evalsha +script|load +hexists +hincrby +hmset +hmget +pexpireat"});
  Options options = options_of(server);
  options.data = {"gateway", "pw"};
  start_connected(std::move(options));
  const Script script("return redis.call('HINCRBY', KEYS[1], 'counter', ARGV[1])");
  EXPECT_EQ(said({script, "ratelimit:a", {3}}), "3");
  EXPECT_EQ(link_->clock_offset(), 0s);
  EXPECT_THAT(log_.take(), HasSubstr("may not ask for TIME"));
  const Outcome denied = add(1);
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, FailureKind::denied);
  EXPECT_TRUE(link_->connected());
}

// Addresses ----------------------------------------------------------------------------------

TEST_F(Links, TryEveryAddressOfAName) {
  const RedisServer server({}, "::1");
  start_connected({.standalone = {"localhost", server.port()}});  // 127.0.0.1 comes first
  EXPECT_EQ(said({"PING"}), "PONG");
}

TEST_F(Links, TakeIpv6WithoutBrackets) {
  const RedisServer server({}, "::1");
  start_connected({.standalone = {"::1", server.port()}});
  EXPECT_THAT(log_.take(), HasSubstr("connected to [::1]:" + std::to_string(server.port())));
}

TEST_F(Links, PassOverAnAddressThatIsNoPrimary) {
  const RedisServer primary({}, "127.0.0.2");
  const RedisServer replica({"replicaof 127.0.0.2 " + std::to_string(primary.port())}, "127.0.0.1",
                            primary.port());
  const TestFolder folder;
  folder.write("hosts", "127.0.0.1 redis.test\n127.0.0.2 redis.test\n");
  Options options{.standalone = {"redis.test", primary.port()}};
  options.resolver.hosts_file = folder.path("hosts");
  start_connected(std::move(options));
  EXPECT_EQ(said({"SET", "k", "v"}), "OK");
  EXPECT_EQ(primary.calls("set"), 1);
}

TEST_F(Links, WaitForAServerThatComesLate) {
  const std::uint16_t port = free_port();
  start({.standalone = {"127.0.0.1", port}});
  pass(300ms);
  EXPECT_FALSE(link_->connected());
  EXPECT_THAT(directory_->state().problem, HasSubstr("unreachable"));
  EXPECT_EQ(call({"PING"}).error().executed, Executed::no);
  const RedisServer server({}, "127.0.0.1", port);
  const Instant since = clock_.now();
  ASSERT_TRUE(until([&] { return link_->connected(); }));
  EXPECT_LT(clock_.now() - since, kSoon);
  EXPECT_EQ(std::ranges::count(log_.take(), '\n'), 3);  // the primary, no connection, connected
}

// Calls --------------------------------------------------------------------------------------

TEST_F(Links, SendTheCommandsOfATurnInOneWriteAndTellRepliesApart) {
  const RedisServer server;
  start_connected(options_of(server));
  const std::string before = server.info("total_reads_processed");
  std::vector<Command> commands;
  for (std::int64_t i = 0; i < 100; ++i)
    commands.push_back({adding(), i % 2 ? "odd" : "even", {i}});
  commands.push_back({"NONSENSE"});
  std::vector<std::unique_ptr<Running<Outcome>>> calls;
  for (const Command& command : commands)
    calls.push_back(std::make_unique<Running<Outcome>>(link_->call(command, kPatience)));
  ASSERT_TRUE(
      until([&] { return std::ranges::all_of(calls, [](auto& it) { return it->done(); }); }));
  EXPECT_EQ(calls[98]->value()->integer(), 49 * 50);
  EXPECT_EQ(calls[99]->value()->integer(), 50 * 50);
  EXPECT_EQ(calls[100]->value().error().kind, FailureKind::refused);
  EXPECT_THAT(calls[100]->value().error().message, HasSubstr("unknown command 'NONSENSE'"));
  // The other reads are those of INFO.
  EXPECT_LE(std::stoll(server.info("total_reads_processed")) - std::stoll(before), 4);
  EXPECT_EQ(observed_.replies, 101);
}

TEST_F(Links, CallSeveralCommandsInOnePipeline) {
  const RedisServer server;
  start_connected(options_of(server));
  const std::vector<Command> commands{
      {"ZADD", "nodes", 5, "a"}, {"ZADD", "nodes", "x", "b"}, {"ZCARD", "nodes"}};
  std::vector<Outcome> outcomes(3);
  Task task;
  task.start(link_->call(commands, outcomes, kPatience));
  ASSERT_TRUE(until([&] { return !task.running(); }));
  EXPECT_EQ(outcomes[0]->integer(), 1);
  EXPECT_THAT(outcomes[1].error().message, HasSubstr("not a valid float"));
  EXPECT_EQ(outcomes[2]->integer(), 1);
}

TEST_F(Links, ReadALongReply) {
  const RedisServer server;
  start_connected(options_of(server));
  const std::string text(300'000, 'x');
  EXPECT_EQ(said({"SET", "k", text}), "OK");
  EXPECT_EQ(said({"GET", "k"}), text);
}

TEST_F(Links, BoundWhatIsOutstanding) {
  const RedisServer server;
  Options options = options_of(server);
  options.commands_outstanding_max = 4;
  options.bytes_outstanding_max = 10'000;
  start_connected(std::move(options));
  const std::string big(10'000, 'x');
  const Command small{"PING"}, long_one{"SET", "k", big};
  std::vector<std::unique_ptr<Running<Outcome>>> calls;
  for (int i = 0; i < 5; ++i)
    calls.push_back(std::make_unique<Running<Outcome>>(link_->call(small, kPatience)));
  EXPECT_TRUE(calls[4]->done());
  EXPECT_EQ(calls[4]->value().error().kind, FailureKind::too_many);
  EXPECT_EQ(calls[4]->value().error().executed, Executed::no);
  ASSERT_TRUE(until([&] { return calls[3]->done(); }));
  Running<Outcome> first(link_->call(long_one, kPatience)), second(link_->call(small, kPatience));
  EXPECT_EQ(second.value().error().kind, FailureKind::too_many);
  ASSERT_TRUE(until([&] { return first.done(); }));
  EXPECT_EQ(said(small), "PONG");
}

TEST_F(Links, AnswerACancelledCallAndTheOthersToo) {
  const RedisServer server;
  start_connected(options_of(server));
  const Command first{"INCR", "n"}, second{"INCR", "m"};
  Running<Outcome> cancelled(link_->call(first, kPatience)), other(link_->call(second, kPatience));
  cancelled.scope().cancel(Error(ErrorCode::client_gone, "gone"));
  ASSERT_TRUE(cancelled.done());
  EXPECT_EQ(cancelled.value().error().kind, FailureKind::cancelled);
  EXPECT_EQ(cancelled.value().error().executed, Executed::unknown);
  ASSERT_TRUE(until([&] { return other.done(); }));
  EXPECT_EQ(other.value()->integer(), 1);
  EXPECT_EQ(said({"GET", "n"}), "1") << "it was sent";
}

// Scripts ------------------------------------------------------------------------------------

TEST_F(Links, SendTheTextOfAForgottenScriptOnce) {
  const RedisServer server;
  start_connected(options_of(server));
  EXPECT_EQ(add(1)->integer(), 1);
  EXPECT_EQ(server.calls("eval"), 0);
  server.cli("SCRIPT FLUSH");
  const Command command(adding(), "n", {1});
  std::vector<std::unique_ptr<Running<Outcome>>> calls;
  for (int i = 0; i < 10; ++i)
    calls.push_back(std::make_unique<Running<Outcome>>(link_->call(command, kPatience)));
  ASSERT_TRUE(
      until([&] { return std::ranges::all_of(calls, [](auto& it) { return it->done(); }); }));
  for (const auto& it : calls) ASSERT_TRUE(it->value()) << it->value().error().text();
  EXPECT_EQ(add(1)->integer(), 12) << "none twice";
  EXPECT_EQ(server.calls("eval"), 1);
  server.cli("SCRIPT FLUSH");
  EXPECT_EQ(add(1)->integer(), 13);
  EXPECT_EQ(server.calls("eval"), 2);
}

TEST_F(Links, SendTheTextOfAScriptThatWasNotLoaded) {
  const RedisServer server;
  start_connected(options_of(server));
  const Script other("return {KEYS[1], ARGV[1], 7}");
  const Outcome outcome = call({other, "key", {"argument"}});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->at(0).text(), "key");
  EXPECT_EQ(outcome->at(1).text(), "argument");
  EXPECT_EQ(outcome->at(2).integer(), 7);
  EXPECT_EQ(server.calls("eval"), 1);
}

// Time-outs and losses -----------------------------------------------------------------------

TEST_F(Links, DropTheReplyOfACallWhoseTimeHasPassed) {
  RedisServer server;
  start_connected(options_of(server));
  server.stop();
  const Instant since = clock_.now();
  const Outcome late = add(1, 20ms);
  EXPECT_GE(clock_.now() - since, 20ms);
  EXPECT_EQ(late.error().kind, FailureKind::timed_out);
  EXPECT_EQ(late.error().executed, Executed::unknown);
  EXPECT_TRUE(link_->connected());
  server.resume();
  EXPECT_EQ(said({"GET", "n"}), "1") << "the reply of the first is not taken for this one's";
  EXPECT_EQ(observed_.connected, 1);
}

TEST_F(Links, BlameNoServerForALongTurnOfOurs) {
  const RedisServer server;
  start_connected(options_of(server));
  const Command command{"PING"};
  std::unique_ptr<Running<Outcome>> early;
  reactor_.defer([&] {
    std::this_thread::sleep_for(300ms);  // the loop knows nothing of it yet
    early = std::make_unique<Running<Outcome>>(link_->call(command, 100ms));
    std::this_thread::sleep_for(300ms);
  });
  ASSERT_TRUE(until([&] { return early && early->done(); }));
  EXPECT_TRUE(early->value()) << early->value().error().text();
  EXPECT_TRUE(link_->connected());
}

TEST_F(Links, CloseWhenTheOldestReplyIsTooOld) {
  RedisServer server;
  start_connected(options_of(server));
  const std::uint64_t epoch = link_->epoch();
  server.stop();
  const Instant since = clock_.now();
  const Outcome lost = add(1, 5s);
  EXPECT_GE(clock_.now() - since, 250ms);
  EXPECT_EQ(lost.error().text(), "lost: no reply for 250 ms");
  EXPECT_EQ(lost.error().executed, Executed::unknown);
  EXPECT_FALSE(link_->connected());
  EXPECT_GT(link_->epoch(), epoch);
  server.resume();
  ASSERT_TRUE(until([&] { return link_->connected(); }));
  EXPECT_EQ(observed_.connected, 2);
}

TEST_F(Links, NoticeAnIdleServerThatHangs) {
  RedisServer server;
  Options options = options_of(server);
  options.idle_max = 100ms;
  start_connected(std::move(options));
  pass(300ms);
  EXPECT_GE(server.calls("ping"), 2);  // the first is that of the greeting
  EXPECT_EQ(observed_.connected, 1);
  server.stop();
  const Instant since = clock_.now();
  ASSERT_TRUE(until([&] { return !link_->connected(); }));
  EXPECT_LT(clock_.now() - since, kSoon);
  server.resume();
}

TEST_F(Links, ComeBackToAServerThatWasRestarted) {
  RedisServer server;
  start_connected(options_of(server));
  EXPECT_EQ(add(5)->integer(), 5);
  const std::uint64_t epoch = link_->epoch();
  server.stop();  // so that it dies with the call
  const Command command(adding(), "n", {1});
  Running<Outcome> calling(link_->call(command, kPatience));
  net::testing::settle(reactor_);
  server.kill();
  ASSERT_TRUE(until([&] { return calling.done(); }));
  EXPECT_EQ(calling.value().error().kind, FailureKind::lost);
  EXPECT_EQ(calling.value().error().executed, Executed::unknown);
  EXPECT_EQ(call(command).error().kind, FailureKind::not_connected);
  EXPECT_GT(link_->epoch(), epoch);
  server.start();
  ASSERT_TRUE(until([&] { return link_->connected(); }));
  EXPECT_EQ(add(1)->integer(), 1) << "it was empty";
  EXPECT_THAT(log_.take(), HasSubstr("is lost: lost: "));
}

TEST_F(Links, EndTheirCallsWhenTheyDie) {
  RedisServer server;
  start_connected(options_of(server));
  server.stop();
  const Command command{"PING"};
  Running<Outcome> calling(link_->call(command, kPatience));
  net::testing::settle(reactor_);
  link_.reset();
  ASSERT_TRUE(calling.done());
  EXPECT_EQ(calling.value().error().kind, FailureKind::lost);
}

TEST_F(Links, OutliveTheDirectory) {
  const RedisServer server;
  start_connected(options_of(server));
  directory_.reset();
  EXPECT_EQ(said({"PING"}), "PONG");
}

}  // namespace
}  // namespace perigee::redis
