// request-content-limit: what is refused at once, and what while it streams.
#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::Verdict;
using policy::testing::Exchanges;
using policy::testing::SlowBody;
using testing::Made;
using testing::make;

constexpr std::string_view kLimit10 = R"({"limit": 10})";

std::string shown(const Verdict& verdict) {
  if (!verdict.failed()) return "next";
  const policy::Failure& failure = verdict.failure();
  std::string text = std::to_string(failure.status) + "|" + failure.key;
  for (const auto& [name, value] : failure.parameters)
    text.append("|").append(name).append("=").append(value);
  return text;
}

struct Row {
  std::string_view rule;
  std::string_view length;  // Content-Length; "-": none
  std::string_view expected;
};

const Row kRows[] = {
    {"less", "9", "next"},
    {"exactly", "10", "next"},
    {"more", "11", "413|REQUEST_CONTENT_LIMIT_TOO_LARGE|length=11|limit=10"},
    {"more than any number", "99999999999999999999999",
     "413|REQUEST_CONTENT_LIMIT_TOO_LARGE|length=18446744073709551615|limit=10"},
    {"nothing", "0", "next"},
    {"no number", "ten", "400|"},
    {"no whole number", "1.5", "400|"},
    {"a negative number", "-1", "400|"},
    {"a number and more", "1 ", "400|"},
    {"no body at all", "-", "411|REQUEST_CONTENT_LIMIT_LENGTH_REQUIRED|limit=10"},
    {"an empty length is none", "", "411|REQUEST_CONTENT_LIMIT_LENGTH_REQUIRED|limit=10"},
};

TEST(RequestContentLimit, LooksAtTheLengthThatIsTold) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.rule);
    Exchanges x;
    Made made = make("request-content-limit", kLimit10, x);
    ASSERT_TRUE(made.policy);
    if (row.length != "-") x.request.headers.add(http::HeaderName("Content-Length"), row.length);
    Verdict verdict = x.finished(made.policy->on_request(x.exchange()));
    EXPECT_EQ(shown(verdict), row.expected);
    if (verdict.failed() && verdict.failure().status == 413) {
      EXPECT_EQ(verdict.failure().cause, ErrorCode::limit);
    }
  }
}

struct Streamed {
  std::vector<std::string> pieces;
  std::string_view expected;
};

TEST(RequestContentLimit, CountsABodyWithoutALength) {
  const Streamed rows[] = {
      {{}, ""},
      {{"0123456789"}, "0123456789"},
      {{"01234", "56789"}, "0123456789"},
      {{"01234", "567890"}, "01234!"},
      {{"0", "1", "2345678901"}, "01!"},
      {{"01234567890"}, "!"},
  };
  for (const Streamed& row : rows) {
    SCOPED_TRACE(row.expected);
    Exchanges x;
    Made made = make("request-content-limit", kLimit10, x);
    SlowBody body(x.reactor, row.pieces);
    x.exchange().request_body.set(&body);
    EXPECT_TRUE(x.finished(made.policy->on_request(x.exchange())).continues());
    http::Body* counted = x.exchange().request_body.stream();
    ASSERT_NE(counted, &body);
    EXPECT_EQ(counted->length(), std::nullopt);
    std::string got;
    for (;;) {
      Result<http::Chunk> piece = x.finished(counted->read());
      if (!piece) {
        got += "!";
        EXPECT_EQ(piece.error().code, ErrorCode::limit);
        EXPECT_EQ(piece.error().fault, Fault::client);
        EXPECT_EQ(piece.error().status, 413);
        EXPECT_EQ(piece.error().key, "REQUEST_CONTENT_LIMIT_TOO_LARGE");
        break;
      }
      if (piece->empty()) break;
      got += *piece;
    }
    EXPECT_EQ(got, row.expected);
  }
}

TEST(RequestContentLimit, KnowsHowLongAGatheredBodyIs) {
  for (std::string_view body : {"0123456789", "01234567890"}) {
    Exchanges x;
    Made made = make("request-content-limit", kLimit10, x);
    x.exchange().request_body.replace(body);
    EXPECT_EQ(
        shown(x.finished(made.policy->on_request(x.exchange()))),
        body.size() == 10 ? "next" : "413|REQUEST_CONTENT_LIMIT_TOO_LARGE|length=11|limit=10");
  }
}

// Who gathers the body later gets the same refusal.
TEST(RequestContentLimit, AlsoWhenALaterStepGathersTheBody) {
  Exchanges x;
  Made made = make("request-content-limit", kLimit10, x);
  SlowBody body(x.reactor, {"01234567890"});
  x.exchange().request_body.set(&body);
  EXPECT_TRUE(x.finished(made.policy->on_request(x.exchange())).continues());
  Result<std::string_view> all = x.finished(x.exchange().request_body.buffer());
  ASSERT_FALSE(all);
  EXPECT_EQ(shown(policy::body_failure(all.error())), "413|REQUEST_CONTENT_LIMIT_TOO_LARGE");
  EXPECT_FALSE(policy::body_failure(all.error()).has_reason());
}

TEST(RequestContentLimit, RefusesLimitsThatAreNone) {
  Exchanges x;
  EXPECT_EQ(make("request-content-limit", "{}", x).errors.front(),
            "/limit: required, but it is missing");
  EXPECT_EQ(make("request-content-limit", R"({"limit": null})", x).errors.size(), 1u);
  EXPECT_FALSE(make("request-content-limit", R"({"limit": -1})", x).policy);
  EXPECT_TRUE(make("request-content-limit", R"({"limit": "4294967296"})", x).policy);
}

}  // namespace
}  // namespace perigee::policies
