// url-rewriting: what it replaces in headers and bodies.
#include "policies/catalog.hpp"
#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::Verdict;
using policy::testing::Exchanges;
using testing::Made;

std::string configuration(std::string_view from, std::string_view to, std::string_view more = "") {
  return R"({"fromRegex": )" + json_quoted(from) + R"(, "toReplacement": )" + json_quoted(to) +
         std::string(more) + "}";
}

struct Row {
  std::string_view rule, from, to, body, expected;
};
const Row kRows[] = {
    {"every match", "http://in/", "https://out/", "a http://in/x b http://in/y",
     "a https://out/x b https://out/y"},
    {"nothing matches", "zzz", "x", "abc", "abc"},
    {"groups by number", "http://([a-z]+)/(\\d+)", "/{#group[1]}/{#group[0]}", "see http://in/12.",
     "see /12/in."},
    {"groups by name", "(?<host>in|out)\\.example", "{#groupName['host']}.test",
     "in.example out.example", "in.test out.test"},
    {"an unmatched group is nothing", "a(b)?", "<{#group[0]}>", "ab a", "<b> <>"},
    {"other variables", "x", "{#request.method}", "x-x", "GET-GET"},
    {"to nothing", "x", "", "axbx", "ab"},
    {"a dollar is plain", "x", "$1\\", "x", "$1\\"},
    {"empty matches", "b*", "-", "abc", "-a--c-"},
    {"characters are kept whole", "z*", "-", "\xc3\xa4", "-\xc3\xa4-"},
    {"an empty body stays empty", ".*", "x", "", ""},
    {"lines", "(?m)^#.*$", "//", "#a\nb\n#c", "//\nb\n//"},
};
TEST(UrlRewriting, Bodies) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.rule);
    Exchanges x;
    Made made = testing::make("url-rewriting", configuration(row.from, row.to), x);
    ASSERT_TRUE(made.policy) << made.errors.front();
    x.response.headers.add(http::HeaderId::content_length, "99");
    x.exchange().response_body.replace(row.body);
    EXPECT_TRUE(x.finished(made.policy->on_response(x.exchange())).continues());
    EXPECT_EQ(x.exchange().response_body.bytes(), row.expected);
    if (row.body != row.expected)
      EXPECT_EQ(x.response.headers.get(http::HeaderId::content_length),
                std::to_string(row.expected.size()));
  }
}

TEST(UrlRewriting, EveryValueOfEveryHeader) {
  Exchanges x;
  Made made = testing::make("url-rewriting", configuration("http://in(:\\d+)?", "https://out"), x);
  ASSERT_TRUE(made.policy);
  x.response.headers.add(std::string_view("Location"), "http://in:80/a");
  x.response.headers.add(std::string_view("Link"), "<http://in/1>, <http://in/2>");
  x.response.headers.add(std::string_view("Link"), "<http://in/3>");
  x.response.headers.add(std::string_view("X-Other"), "kept");
  x.request.headers.add(std::string_view("Origin"), "http://in");
  EXPECT_TRUE(x.finished(made.policy->on_response(x.exchange())).continues());
  std::vector<std::string> values;
  for (const http::Header& header : x.response.headers.entries())
    values.push_back(std::string(header.name()) + ": " + std::string(header.value()));
  EXPECT_THAT(values, ::testing::ElementsAre("Location: https://out/a",
                                             "Link: <https://out/1>, <https://out/2>",
                                             "Link: <https://out/3>", "X-Other: kept"));
  EXPECT_EQ(x.request.headers.get(std::string_view("Origin")), "http://in");
}

TEST(UrlRewriting, EachPartCanBeOff) {
  for (bool headers : {true, false}) {
    for (bool body : {true, false}) {
      Exchanges x;
      std::string more = std::string(R"(, "rewriteResponseHeaders": )") +
                         (headers ? "true" : "false") + R"(, "rewriteResponseBody": )" +
                         (body ? "true" : "false");
      Made made = testing::make("url-rewriting", configuration("a", "b", more), x);
      ASSERT_TRUE(made.policy);
      x.response.headers.add(std::string_view("X"), "a");
      x.exchange().response_body.replace("a");
      EXPECT_TRUE(x.finished(made.policy->on_response(x.exchange())).continues());
      EXPECT_EQ(x.response.headers.get(std::string_view("X")), headers ? "b" : "a");
      EXPECT_EQ(x.exchange().response_body.bytes(), body ? "b" : "a");
      EXPECT_EQ(made.policy->needs(policy::Phase::response).has(el::Needs::response_body), body);
      EXPECT_EQ(made.policy->needs(policy::Phase::request).bits, 0);
    }
  }
}

TEST(UrlRewriting, AnAnswerWithoutABodyStaysSo) {
  Exchanges x;
  Made made = testing::make("url-rewriting", configuration(".*", "x"), x);
  EXPECT_TRUE(x.finished(made.policy->on_response(x.exchange())).continues());
  EXPECT_FALSE(x.exchange().response_body.buffered());
}

TEST(UrlRewriting, Failures) {
  struct Failing {
    std::string_view from, to, header, body, reason;
  };
  const std::string many(12'000, 'a');
  const Failing rows[] = {
      {"a", "{#nothing.x}", "", "a", "nothing"},
      {"a", "{#group[3]}", "", "a", "3"},
      {"a", "{#context.attributes['lines']}", "a", "", "HTTP does not allow"},
      {"a", "", "", many, "more than 10000 times"},
      {"a", "0123456789", "",
       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
       "aaaaaaaaaaaaaaaaa",
       "bufferedBodyBytes"},
  };
  for (const Failing& row : rows) {
    Exchanges x;
    Made made = testing::make("url-rewriting", configuration(row.from, row.to), x);
    ASSERT_TRUE(made.policy);
    x.exchange().attributes.set("lines", "a\r\nb: c");
    if (!row.header.empty()) x.response.headers.add(std::string_view("X"), row.header);
    x.exchange().response_body.replace(row.body);
    Verdict verdict = x.finished(made.policy->on_response(x.exchange()));
    ASSERT_TRUE(verdict.failed()) << row.to;
    EXPECT_EQ(verdict.failure().status, 500);
    EXPECT_THAT(verdict.failure().reason, ::testing::HasSubstr(row.reason));
  }
}

TEST(UrlRewriting, RefusesWhatBreaksItsSchema) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"{}", "/fromRegex: required"},
      {R"({"fromRegex": "a"})", "/toReplacement: required"},
      {R"({"fromRegex": "(", "toReplacement": "x"})", "/fromRegex: the regular expression '('"},
      {R"({"fromRegex": "a", "toReplacement": []})", "/toReplacement: found an array"},
      {R"({"fromRegex": "a", "toReplacement": "b", "rewriteResponseBody": "maybe"})",
       "/rewriteResponseBody"},
  };
  for (auto [text, error] : rows) {
    Exchanges x;
    Made made = testing::make("url-rewriting", text, x);
    ASSERT_FALSE(made.policy) << text;
    EXPECT_TRUE(made.errors.front().starts_with(error)) << made.errors.front();
  }
}

}  // namespace
}  // namespace perigee::policies
