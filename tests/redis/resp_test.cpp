// RESP: replies of both versions, however they are cut; what no server sends is refused.
#include <limits>

#include "redis/command.hpp"
#include "redis/failure.hpp"
#include "redis/reply_parser.hpp"

namespace perigee::redis {
namespace {

using ::testing::HasSubstr;

std::string shown(Value value);

std::string shown_elements(Value value) {
  std::string text;
  for (Value element : value) text += (text.empty() ? "" : " ") + shown(element);
  return text;
}

// A reply as a test writes it down.
std::string shown(Value value) {
  switch (value.kind()) {
    case ReplyKind::null:
      return "null";
    case ReplyKind::text:
      return "\"" + std::string(value.text()) + "\"";
    case ReplyKind::status:
      return "+" + std::string(value.text());
    case ReplyKind::error:
      return "-" + std::string(value.text());
    case ReplyKind::integer:
      return std::to_string(value.integer());
    case ReplyKind::real:
      return "," + std::to_string(value.real());
    case ReplyKind::boolean:
      return value.integer() == 1 ? "true" : "false";
    case ReplyKind::list:
      return "[" + shown_elements(value) + "]";
    case ReplyKind::map:
      return "{" + shown_elements(value) + "}";
    case ReplyKind::push:
      return ">" + shown_elements(value);
  }
  return "?";
}

// What comes of bytes that arrive `step` at a time: the replies, then "!" and the error.
std::string read(std::string_view bytes, std::size_t step, ReplyParser::Limits limits = {}) {
  ReplyParser parser(limits);
  std::string all;
  const auto note = [&](const std::string& what) { all += (all.empty() ? "" : "; ") + what; };
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    std::string_view piece = bytes.substr(at, step);
    while (!piece.empty()) {
      const Result<std::size_t> used = parser.feed(piece);
      if (!used) {
        note("! " + used.error().message);
        return all;
      }
      piece.remove_prefix(*used);
      if (parser.complete()) note(shown(parser.take().value()));
    }
  }
  return all;
}

struct Row {
  std::string_view bytes;
  std::string_view reply;
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.reply; }

class Replies : public ::testing::TestWithParam<Row> {};
INSTANTIATE_TEST_SUITE_P(
    Resp2, Replies,
    ::testing::Values(Row{"+OK\r\n", "+OK"}, Row{"+\r\n", "+"},
                      Row{"-ERR no such thing\r\n", "-ERR no such thing"}, Row{":0\r\n", "0"},
                      Row{":-9223372036854775808\r\n", "-9223372036854775808"},
                      Row{":9223372036854775807\r\n", "9223372036854775807"},
                      Row{"$0\r\n\r\n", "\"\""}, Row{"$5\r\na\r\nbc\r\n", "\"a\r\nbc\""},
                      Row{"$-1\r\n", "null"}, Row{"*-1\r\n", "null"}, Row{"*0\r\n", "[]"},
                      Row{"*3\r\n:1\r\n$1\r\na\r\n*2\r\n+b\r\n$-1\r\n", "[1 \"a\" [+b null]]"},
                      Row{"*1\r\n*1\r\n*0\r\n", "[[[]]]"},
                      Row{"*2\r\n-ERR in\r\n:1\r\n", "[-ERR in 1]"},
                      Row{"+a\r\n+b\r\n:3\r\n", "+a; +b; 3"}));
INSTANTIATE_TEST_SUITE_P(
    Resp3, Replies,
    ::testing::Values(
        Row{"_\r\n", "null"}, Row{"#t\r\n", "true"}, Row{"#f\r\n", "false"},
        Row{",1.5\r\n", ",1.500000"}, Row{",inf\r\n", ",inf"}, Row{",-inf\r\n", ",-inf"},
        Row{"(3492890328409238509324850943850943825024385\r\n",
            "\"3492890328409238509324850943850943825024385\""},
        Row{"!11\r\nERR a\r\nlong\r\n", "-ERR a\r\nlong"}, Row{"=7\r\ntxt:a\r\n\r\n", "\"a\r\n\""},
        Row{"=4\r\ntxt:\r\n", "\"\""}, Row{"%2\r\n+a\r\n:1\r\n+b\r\n%0\r\n", "{+a 1 +b {}}"},
        Row{"~2\r\n:1\r\n:2\r\n", "[1 2]"}, Row{">2\r\n+message\r\n:1\r\n:5\r\n", ">+message 1; 5"},
        Row{":+7\r\n", "7"},
        Row{"|1\r\n+ttl\r\n:3600\r\n*2\r\n|1\r\n+a\r\n*1\r\n+b\r\n:1\r\n:2\r\n", "[1 2]"},
        Row{"|0\r\n:1\r\n", "1"},
        Row{"*1\r\n|2\r\n+k\r\n$1\r\nv\r\n+l\r\n_\r\n$1\r\nx\r\n", "[\"x\"]"}));

TEST_P(Replies, AreReadHoweverTheyAreCut) {
  for (const std::size_t step : {1UL, 2UL, 3UL, 7UL, 1000UL})
    EXPECT_EQ(read(GetParam().bytes, step), GetParam().reply) << step;
}

class Garbage : public ::testing::TestWithParam<Row> {};
INSTANTIATE_TEST_SUITE_P(
    Table, Garbage,
    ::testing::Values(
        Row{"\r\n", "an empty line"}, Row{"+OK\n", "without a carriage return"},
        Row{"+O\rK\r\n", "a carriage return within a line"},
        Row{"HTTP/1.1 400\r\n", "\"HTTP/1.1 400\""}, Row{"\x01\xff\r\n", "\"??\""},
        Row{":\r\n", "\"\" is no 64-bit number"}, Row{":1a\r\n", "\"1a\" is no 64-bit number"},
        Row{":9223372036854775808\r\n", "is no 64-bit number"},
        Row{": 1\r\n", "is no 64-bit number"}, Row{",1.5.1\r\n", "is no real number"},
        Row{"#x\r\n", "\"#x\""}, Row{"_x\r\n", "\"_x\""}, Row{"$-2\r\n", "is no length"},
        Row{"$?\r\n", "is no length"}, Row{"$\r\n", "is no length"},
        Row{"$1\r\nab\r\n", "does not end where its length says"},
        Row{"$1\r\na\nb", "does not end where its length says"},
        Row{"=3\r\ntxt\r\n", "without its format"}, Row{"*-2\r\n", "is no number of elements"},
        Row{"*?\r\n", "is no number of elements"}, Row{"%-1\r\n", "is no number of elements"},
        Row{"*1\r\n>0\r\n", "a push within a reply"},
        Row{";4\r\nabcd\r\n", "where a value was expected"}));

TEST_P(Garbage, IsRefused) {
  for (const std::size_t step : {1UL, 1000UL}) {
    const std::string got = read(GetParam().bytes, step);
    EXPECT_THAT(got, HasSubstr("! RESP: ")) << step;
    EXPECT_THAT(got, HasSubstr(std::string(GetParam().reply))) << step;
  }
}

struct LimitRow {
  std::string name;
  std::string good, bad;
  std::string_view said;
};
void PrintTo(const LimitRow& row, std::ostream* out) { *out << row.said; }
class ReplyLimits : public ::testing::TestWithParam<LimitRow> {};

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  while (times-- > 0) all += text;
  return all;
}

constexpr ReplyParser::Limits kNarrow{
    .line_bytes_max = 8, .text_bytes_max = 10, .values_max = 12, .reply_bytes_max = 100};
INSTANTIATE_TEST_SUITE_P(
    Table, ReplyLimits,
    ::testing::Values(
        LimitRow{"Line", "+1234567\r\n", "+12345678\r\n", "a line is longer than 8"},
        LimitRow{"LineWithoutEnd", "+", repeated("+", 40), "a line is longer than 8"},
        LimitRow{"Text", "$10\r\n0123456789\r\n", "$11\r\n", "a text is longer than 10"},
        LimitRow{"HugeText", "$0\r\n\r\n", "$9999999\r\n", "a text is longer than 10"},
        LimitRow{"Depth", repeated("*1\r\n", 8) + ":1\r\n", repeated("*1\r\n", 9),
                 "nested deeper than 8"},
        LimitRow{"Values", "*11\r\n" + repeated(":1\r\n", 11), "*12\r\n" + repeated(":1\r\n", 12),
                 "more values than 12"},
        LimitRow{"AnnouncedValues", "*0\r\n", "*13\r\n", "more values than 12"},
        LimitRow{"Pairs", "%5\r\n" + repeated(":1\r\n", 10), "%6\r\n" + repeated(":1\r\n", 12),
                 "more values than 12"},
        LimitRow{"Attributes", "|0\r\n:1\r\n", repeated("|0\r\n", 30), "more bytes than 100"},
        LimitRow{"ManyTexts", "*5\r\n" + repeated("$2\r\nab\r\n", 5),
                 "*9\r\n" + repeated("$9\r\n123456789\r\n", 9), "more bytes than 100"}),
    [](const auto& it) { return it.param.name; });

TEST_P(ReplyLimits, Hold) {
  for (const std::size_t step : {1UL, 1000UL}) {
    EXPECT_THAT(read(GetParam().good, step, kNarrow), ::testing::Not(HasSubstr("!"))) << step;
    EXPECT_THAT(read(GetParam().bad, step, kNarrow), HasSubstr(std::string(GetParam().said)))
        << step;
  }
}

TEST(Replies, OfManyValuesAreAsGoodAsThoseOfAFew) {
  std::string bytes = "*300\r\n", expected = "[";
  for (int i = 0; i < 300; ++i) {
    bytes += "*1\r\n:" + std::to_string(i) + "\r\n";
    expected += (i ? " [" : "[") + std::to_string(i) + "]";
  }
  EXPECT_EQ(read(bytes, 5), expected + "]");
}

Reply parsed(std::string_view bytes) {
  ReplyParser parser;
  EXPECT_TRUE(parser.feed(bytes));
  EXPECT_TRUE(parser.complete());
  return parser.take();
}

TEST(Values, OfAnotherKindOrBeyondTheEndAreNothing) {
  const Reply reply = parsed("*3\r\n$2\r\n42\r\n:7\r\n*1\r\n$1\r\nx\r\n");
  EXPECT_EQ(reply.size(), 3U);
  EXPECT_EQ(reply.at(0).number(), 42);
  EXPECT_EQ(reply.at(0).integer(), 0);
  EXPECT_EQ(reply.at(1).number(), 7);
  EXPECT_EQ(reply.at(1).text(), "");
  EXPECT_EQ(reply.at(2).number(), std::nullopt);
  EXPECT_EQ(reply.at(2).at(0).text(), "x");
  EXPECT_EQ(reply.at(2).at(0).number(), std::nullopt);
  EXPECT_TRUE(reply.at(3).is_null());
  EXPECT_TRUE(reply.at(3).at(0).field("a").is_null());
  EXPECT_EQ(reply.at(1).size(), 0U);
  EXPECT_EQ(reply.at(1).begin(), reply.at(1).end());
  EXPECT_TRUE(Reply().is_null());
  EXPECT_TRUE(Reply().at(0).is_null());
}

TEST(Values, FindFieldsOfMapsAndOfLists) {
  for (const auto* bytes : {"%2\r\n$2\r\nip\r\n$1\r\na\r\n$4\r\nport\r\n$2\r\n80\r\n",
                            "*4\r\n$2\r\nip\r\n$1\r\na\r\n$4\r\nport\r\n$2\r\n80\r\n"}) {
    const Reply reply = parsed(bytes);
    EXPECT_EQ(reply.value().field("ip").text(), "a");
    EXPECT_EQ(reply.value().field("port").number(), 80);
    EXPECT_TRUE(reply.value().field("a").is_null()) << "a value is no name";
  }
  EXPECT_TRUE(parsed("*1\r\n$2\r\nip\r\n").value().field("ip").is_null()) << "odd";
}

TEST(Commands, AreArraysOfTexts) {
  const Script script("return 1");
  EXPECT_EQ(script.sha(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
  std::string out;
  encode({"SET", "k\r\n", -7}, out);
  EXPECT_EQ(out, "*3\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$2\r\n-7\r\n");
  const Command call(script, "key", {std::numeric_limits<std::int64_t>::min(), ""});
  out.clear();
  encode(call, out);
  EXPECT_EQ(out, "*6\r\n$7\r\nEVALSHA\r\n$40\r\n" + script.sha() +
                     "\r\n$1\r\n1\r\n$3\r\nkey\r\n$20\r\n-9223372036854775808\r\n$0\r\n\r\n");
  out.clear();
  encode(call.with_text(), out);
  EXPECT_THAT(out, ::testing::StartsWith("*6\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n1\r\n"));
}

struct FailureRow {
  std::string_view error;
  FailureKind kind;
  Executed executed;
};
void PrintTo(const FailureRow& row, std::ostream* out) { *out << row.error.substr(0, 20); }
class ErrorReplies : public ::testing::TestWithParam<FailureRow> {};
INSTANTIATE_TEST_SUITE_P(
    Table, ErrorReplies,
    ::testing::Values(
        FailureRow{"READONLY You can't write against a read only replica.",
                   FailureKind::not_primary, Executed::no},
        FailureRow{"READONLY You can't write against a read only replica. script: f1, on "
                   "@user_script:1.",
                   FailureKind::not_primary, Executed::no},
        FailureRow{"ERR Error running script (call to f_1): @user_script:1: @user_script: 1: "
                   "-READONLY You can't write against a read only replica.",
                   FailureKind::not_primary, Executed::no},
        FailureRow{"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to "
                   "'no'.",
                   FailureKind::not_primary, Executed::no},
        FailureRow{"LOADING Redis is loading the dataset in memory", FailureKind::loading,
                   Executed::no},
        FailureRow{"NOREPLICAS Not enough good replicas to write.", FailureKind::no_replicas,
                   Executed::no},
        FailureRow{"NOSCRIPT No matching script. Please use EVAL.", FailureKind::no_script,
                   Executed::no},
        FailureRow{"BUSY Redis is busy running a script.", FailureKind::busy, Executed::no},
        FailureRow{"BUSYKEY Target key name already exists.", FailureKind::refused,
                   Executed::unknown},
        FailureRow{"OOM command not allowed when used memory > 'maxmemory'.",
                   FailureKind::out_of_memory, Executed::no},
        FailureRow{"MISCONF Redis is configured to save RDB snapshots", FailureKind::misconfigured,
                   Executed::no},
        FailureRow{"MOVED 3999 127.0.0.1:6381", FailureKind::cluster, Executed::no},
        FailureRow{"ASK 3999 127.0.0.1:6381", FailureKind::cluster, Executed::no},
        FailureRow{"CLUSTERDOWN The cluster is down", FailureKind::cluster, Executed::no},
        FailureRow{"CROSSSLOT Keys in request don't hash to the same slot", FailureKind::cluster,
                   Executed::no},
        FailureRow{"WRONGPASS invalid username-password pair or user is disabled.",
                   FailureKind::denied, Executed::no},
        FailureRow{"NOAUTH Authentication required.", FailureKind::denied, Executed::no},
        FailureRow{"NOPERM User u has no permissions to run the 'time' command",
                   FailureKind::denied, Executed::no},
        FailureRow{"NOPERM User u has no permissions script: f1, on @user_script:1.",
                   FailureKind::denied, Executed::unknown},
        FailureRow{"UNBLOCKED client unblocked via CLIENT UNBLOCK", FailureKind::refused,
                   Executed::unknown},
        FailureRow{"EXECABORT Transaction discarded", FailureKind::refused, Executed::unknown},
        FailureRow{"WRONGTYPE Operation against a key", FailureKind::refused, Executed::unknown},
        FailureRow{"", FailureKind::refused, Executed::unknown}));

TEST_P(ErrorReplies, SayWhetherTheCommandWasExecuted) {
  const Failure failure = failure_of(GetParam().error);
  EXPECT_EQ(to_string(failure.kind), to_string(GetParam().kind));
  EXPECT_EQ(failure.executed, GetParam().executed);
  EXPECT_EQ(failure.message, GetParam().error);
}

TEST(Failures, RepeatNoArgumentsAndNoControlCharacters) {
  EXPECT_EQ(
      failure_of("ERR unknown command 'HELLO', with args beginning with: '3' 'secret'").text(),
      "refused: ERR unknown command 'HELLO'");
  EXPECT_EQ(failure_of("ERR a\x1b[0m\tb").message, "ERR a?[0m?b");
  EXPECT_EQ(failure_of(std::string(5000, 'x')).message.size(), 300U);
  EXPECT_EQ(Failure(Error(ErrorCode::timed_out, "late")).text(), "timed_out: late");
}

}  // namespace
}  // namespace perigee::redis
