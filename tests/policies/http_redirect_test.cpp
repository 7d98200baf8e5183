// http-redirect: which rule answers, and with what.
#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::Verdict;
using policy::testing::Exchanges;
using testing::Made;
using testing::make;

struct Row {
  std::string_view rule, rules, path, expected;
};

const Row kRows[] = {
    {"no rule", "[]", "/a", "next"},
    {"the whole path", R"~([{"path": "/a", "location": "http://h/b"}])~", "/a", "301 http://h/b"},
    {"not a part of it", R"~([{"path": "/a", "location": "http://h/b"}])~", "/a/b", "next"},
    {"nor its end", R"~([{"path": "a", "location": "http://h/b"}])~", "/a", "next"},
    {"the first rule that matches",
     R"~([{"path": "/x", "location": "http://h/1"}, {"path": "/.*", "location": "http://h/2", "status": 302},
         {"path": "/a", "location": "http://h/3"}])~",
     "/a", "302 http://h/2"},
    {"the status may be a text", R"~([{"path": "/a", "location": "b", "status": "308"}])~", "/a",
     "308 b"},
    {"groups count from 0",
     R"~([{"path": "/(.*)/(.*)", "location": "http://h/{#group[1]}/{#group[0]}"}])~", "/a/b",
     "301 http://h/b/a"},
    {"groups with names",
     R"~([{"path": "/(?<first>[a-z]+)/(?<second>.*)", "location": "http://h/{#groupName['second']}"}])~",
     "/a/b", "301 http://h/b"},
    {"alternatives: of the whole match",
     R"~([{"path": "/(a|ab)(c|bcd)?", "location": "{#group[0]}"}])~", "/ab", "301 ab"},
    {"the path as it came", R"~([{"path": "/(.*)", "location": "http://h/{#group[0]}"}])~",
     "/a%20b", "301 http://h/a%20b"},
    {"a pattern with expressions",
     R"~([{"path": "/{#request.headers['X-A'][0]}/(.*)", "location": "http://h/{#group[0]}"}])~",
     "/one/two", "301 http://h/two"},
    {"a pattern that comes to nothing matches nothing",
     R"~([{"path": "{#context.attributes['n']}", "location": "http://h/"}])~", "/a", "next"},
    {"a location that comes to nothing is none",
     R"~([{"path": "/a", "location": "{#context.attributes['n']}"}])~", "/a", "next"},
    {"the location is normalised",
     R"~([{"path": "/(.*)", "location": "http://h//x/../{#group[0]}?q=//#/.."}])~", "/y",
     "301 http://h/y?q=//#/.."},
    {"a pattern with a bad expression is a 500",
     R"~([{"path": "{#request.headers['n'][0]}", "location": "b"}])~", "/a", "500"},
    {"a bad pattern out of an expression is a 500",
     R"~([{"path": "{#request.headers['X-Bad'][0]}", "location": "b"}])~", "/a", "500"},
    {"a location that fails is a 500",
     R"~([{"path": "/a", "location": "{#request.headers['n'][0]}"}])~", "/a", "500"},
    {"a location that would split the head is a 500",
     R"~([{"path": "/a", "location": "{#context.attributes['lines']}"}])~", "/a", "500"},
    {"the cache is accepted", R"~([], "cache": {"maxItems": 5, "timeToLive": 10})~", "/a", "next"},
};

std::string shown(const Verdict& verdict, Exchanges& x) {
  if (verdict.continues()) return "next";
  if (verdict.failed() && verdict.failure().key.empty())
    return std::to_string(verdict.failure().status);
  int status = verdict.ends() ? x.response.status : verdict.failure().status;
  return std::to_string(status) + " " +
         std::string(x.response.headers.get(http::HeaderName("Location")).value_or("-"));
}

TEST(HttpRedirect, Rules) {
  for (const Row& row : kRows) {
    for (bool old_engine : {false, true}) {
      SCOPED_TRACE(row.rule);
      Exchanges x;
      x.api.old_engine = old_engine;
      Made made = make("http-redirect", R"~({"rules": )~" + std::string(row.rules) + "}", x);
      ASSERT_TRUE(made.policy) << made.errors.front();
      x.request.headers.add(http::HeaderName("X-A"), "one");
      x.request.headers.add(http::HeaderName("X-Bad"), "(");
      x.exchange().path_info = row.path;
      x.exchange().attributes.set("lines", "http://h/\r\nInjected: b");
      Verdict verdict = x.finished(made.policy->on_request(x.exchange()));
      EXPECT_EQ(shown(verdict, x), row.expected);
      if (row.expected == "500" || row.expected == "next") {
        EXPECT_FALSE(x.response.headers.has(http::HeaderName("Location")));
      }
    }
  }
}

TEST(HttpRedirect, IsAFailureWithAKeyInTheOldEngineOnly) {
  for (bool old_engine : {false, true}) {
    Exchanges x;
    x.api.old_engine = old_engine;
    Made made = make("http-redirect",
                     R"~({"rules": [{"path": "/a", "location": "b", "status": 302}]})~", x);
    x.exchange().path_info = "/a";
    Verdict verdict = x.finished(made.policy->on_request(x.exchange()));
    EXPECT_EQ(verdict.ends(), !old_engine);
    ASSERT_EQ(verdict.failed(), old_engine);
    if (!old_engine) continue;
    EXPECT_EQ(verdict.failure().key, "REQUEST_REDIRECTED");
    EXPECT_EQ(verdict.failure().status, 302);
    EXPECT_EQ(verdict.failure().message, "");
  }
}

struct Mutation {
  std::string_view rule, error;
};

TEST(HttpRedirect, RefusesRulesThatCannotWork) {
  const Mutation rows[] = {
      {R"~({"location": "b"})~", "/rules/0/path: required, but it is missing"},
      {R"~({"path": "/a"})~", "/rules/0/location: required, but it is missing"},
      {R"~({"path": "(", "location": "b"})~", "/rules/0/path: "},
      {R"~({"path": "(?=a)", "location": "b"})~", "/rules/0/path: "},
      {R"~({"path": "a", "location": "b", "status": 299})~", "/rules/0/status: "},
      {R"~({"path": "a", "location": "b", "status": 309})~", "/rules/0/status: "},
  };
  Exchanges x;
  for (const Mutation& row : rows) {
    Made made = make("http-redirect", R"~({"rules": [)~" + std::string(row.rule) + "]}", x);
    ASSERT_FALSE(made.policy) << row.rule;
    EXPECT_TRUE(made.errors.front().starts_with(row.error)) << made.errors.front();
    EXPECT_EQ(made.errors.size(), 1u);
  }
}

}  // namespace
}  // namespace perigee::policies
