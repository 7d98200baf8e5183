#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/h1_parser.hpp"
#include "tests/http/support/request_cases.hpp"

namespace perigee::http {
namespace {

using test::LegalRequest;
using test::RefusedRequest;

// A copy with nothing behind it, so that AddressSanitizer sees a read too far.
class Parsed {
 public:
  explicit Parsed(std::string_view bytes, const H1Limits& limits = {})
      : copy_(bytes.begin(), bytes.end()), head(arena_) {
    copy_.shrink_to_fit();
    outcome = parse_request({copy_.data(), copy_.size()}, limits, head, info);
  }

 private:
  Arena arena_;
  std::vector<char> copy_;

 public:
  RequestHead head;
  H1Head info;
  H1Outcome outcome;
};

class Refused : public testing::TestWithParam<RefusedRequest> {};

TEST_P(Refused, WithItsStatusAndAReason) {
  Parsed parsed(GetParam().bytes);
  ASSERT_EQ(parsed.outcome.result, Parse::refused);
  EXPECT_EQ(parsed.outcome.status, GetParam().status) << parsed.outcome.why;
  EXPECT_FALSE(parsed.outcome.why.empty());
}

// However the bytes are cut, what has come so far is either waited for or refused, never accepted.
TEST_P(Refused, HoweverItIsCut) {
  const std::string& bytes = GetParam().bytes;
  bool refused = false;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    Parsed parsed(std::string_view(bytes).substr(0, size));
    ASSERT_NE(parsed.outcome.result, Parse::done) << size;
    if (refused) ASSERT_EQ(parsed.outcome.result, Parse::refused) << size;
    refused = parsed.outcome.result == Parse::refused;
    if (size > 6000) break;  // the long ones need no more looks
  }
}

template <class Case>
std::string name_of(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Requests, Refused, testing::ValuesIn(test::refused_requests()),
                         name_of<RefusedRequest>);

class Legal : public testing::TestWithParam<LegalRequest> {};

TEST_P(Legal, IsUnderstood) {
  Parsed parsed(GetParam().bytes);
  ASSERT_EQ(parsed.outcome.result, Parse::done) << parsed.outcome.why;
  EXPECT_EQ(parsed.head.target, GetParam().target);
  EXPECT_EQ(parsed.head.authority, GetParam().authority);
  if (parsed.info.framing == Framing::length)
    EXPECT_EQ(parsed.info.content_length, GetParam().body.size());
}

TEST_P(Legal, NeedsAllOfItsHead) {
  Parsed whole(GetParam().bytes);
  for (std::size_t size = 0; size < whole.info.bytes; ++size) {
    Parsed parsed(std::string_view(GetParam().bytes).substr(0, size));
    ASSERT_EQ(parsed.outcome.result, Parse::more) << size << ' ' << parsed.outcome.why;
  }
}

INSTANTIATE_TEST_SUITE_P(Requests, Legal, testing::ValuesIn(test::legal_requests()),
                         name_of<LegalRequest>);

TEST(RequestParser, SplitsTheTarget) {
  Parsed origin("GET /a/b?c=d&e HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(origin.head.path, "/a/b");
  EXPECT_EQ(origin.head.query, "c=d&e");
  EXPECT_TRUE(origin.head.has_query);
  EXPECT_EQ(origin.head.scheme, "http");

  Parsed absolute("GET https://o:8443/x?y HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(absolute.head.path, "/x");
  EXPECT_EQ(absolute.head.query, "y");
  EXPECT_EQ(absolute.head.scheme, "https");
  EXPECT_EQ(absolute.head.authority, "o:8443");

  Parsed bare("GET http://o HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(bare.head.path, "/");
  EXPECT_FALSE(bare.head.has_query);

  Parsed star("OPTIONS http://o HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(star.head.path, "*");
}

TEST(RequestParser, KeepsOrderCaseAndValuesOfFields) {
  Parsed parsed(
      "GET / HTTP/1.1\r\nHost: h\r\nX-One:  a \r\naccept:*/*\r\nX-ONE:\tb\r\n\r\nrest of the body");
  ASSERT_EQ(parsed.outcome.result, Parse::done);
  std::vector<std::string> seen;
  for (const Header& field : parsed.head.headers.entries())
    seen.push_back(std::string(field.name()) + "=" + std::string(field.value()));
  EXPECT_THAT(seen, testing::ElementsAre("Host=h", "X-One=a", "accept=*/*", "X-ONE=b"));
  EXPECT_EQ(parsed.head.headers.get(HeaderName("x-one")), "a");
  EXPECT_EQ(parsed.head.headers.count(HeaderName("x-One")), 2u);
  EXPECT_EQ(parsed.head.headers.get(HeaderId::accept), "*/*");
}

struct PersistenceCase {
  const char* request;
  bool keep_alive;
};

TEST(RequestParser, TellsWhetherTheConnectionPersists) {
  const PersistenceCase cases[] = {
      {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", true},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: CLOSE\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: x, close\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: x\r\nConnection: close\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: closed\r\n\r\n", true},
      {"GET / HTTP/1.0\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
      {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false},
  };
  for (const PersistenceCase& one : cases)
    EXPECT_EQ(Parsed(one.request).info.keep_alive, one.keep_alive) << one.request;
}

TEST(RequestParser, TellsExpectationAndUpgrade) {
  Parsed expecting(
      "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_TRUE(expecting.info.expects_continue);
  Parsed old("PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_FALSE(old.info.expects_continue);
  Parsed bodyless("GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_FALSE(bodyless.info.expects_continue);

  Parsed upgrade(
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: x\r\n\r\n");
  EXPECT_TRUE(upgrade.info.upgrade);
  Parsed no_token("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: x\r\n\r\n");
  EXPECT_FALSE(no_token.info.upgrade);
  Parsed no_field("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\n\r\n");
  EXPECT_FALSE(no_field.info.upgrade);
}

TEST(RequestParser, CountsOnlyTheHead) {
  Parsed parsed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET /next");
  EXPECT_EQ(parsed.info.bytes, 47u);
  EXPECT_EQ(parsed.info.framing, Framing::length);
  EXPECT_EQ(parsed.info.content_length, 3u);
}

TEST(RequestParser, RefusesAtTheLimitExactly) {
  H1Limits limits{.head_bytes_max = 20, .line_bytes_max = 14, .headers_max = 2};
  EXPECT_EQ(Parsed("GET / HTTP/1.1\r\nHost: h\r\n\r\n", limits).outcome.result, Parse::done);
  EXPECT_EQ(Parsed("GET /a HTTP/1.1\r\nHost: h\r\n\r\n", limits).outcome.status, 414);
  EXPECT_EQ(Parsed("GET / HTTP/1.1\r\nHost: h\r\nX: 3456789\r\n\r\n", limits).outcome.status, 431);
  EXPECT_EQ(Parsed("GET / HTTP/1.1\r\nHost: h\r\nX: 345678\r\n\r\n", limits).outcome.result,
            Parse::done);
  EXPECT_EQ(Parsed("GET / HTTP/1.1\r\nHost: h\r\na:\r\nb:\r\n\r\n", limits).outcome.status, 431);
}

// Fields that are long enough to be read sixteen bytes at a time.
TEST(RequestParser, RefusesLongFieldsAtTheLimitExactly) {
  const std::string line = "GET / HTTP/1.1\r\n", value(40, 'v');
  const std::string fields = "Host: h\r\nX-Value: " + value + "\r\n";
  for (const std::string& behind : {std::string("\r\n"), "X-More: " + value + "\r\n\r\n"}) {
    H1Limits limits{.head_bytes_max = fields.size() + behind.size() - 2};
    Parsed fitting(line + fields + behind, limits);
    EXPECT_EQ(fitting.outcome.result, Parse::done);
    EXPECT_EQ(fitting.head.headers.get(HeaderName("x-value")), value);
    EXPECT_GE(fitting.head.headers.line_bytes_max(), limits.head_bytes_max);
    --limits.head_bytes_max;
    EXPECT_EQ(Parsed(line + fields + behind, limits).outcome.status, 431);
    EXPECT_EQ(Parsed(line + (fields + behind).substr(0, limits.head_bytes_max + 1), limits)
                  .outcome.status,
              431);
  }
}

TEST(RequestParser, ReadsValuesBeyondAsciiAsTheyCame) {
  Parsed parsed("GET / HTTP/1.1\r\nHost: h\r\nX-City: M\xc3\xbcnchen, a\tb\r\nA:b\r\n\r\n");
  ASSERT_EQ(parsed.outcome.result, Parse::done);
  EXPECT_EQ(parsed.head.headers.get(HeaderName("x-city")), "M\xc3\xbcnchen, a\tb");
  EXPECT_TRUE(parsed.head.headers.entries()[1].as_received);
  EXPECT_FALSE(parsed.head.headers.entries()[2].as_received);
}

}  // namespace
}  // namespace perigee::http
