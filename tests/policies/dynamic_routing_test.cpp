// dynamic-routing: which rule is taken, what its expressions see, and how it fails.
#include "policies/catalog.hpp"
#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::Verdict;
using policy::testing::Exchanges;
using testing::Made;

struct Row {
  std::string_view rule;
  std::string_view rules;
  std::string_view path_info;
  std::string_view endpoint;  // "!400 ..": a failure
};
const Row kRows[] = {
    {"the first that matches",
     R"([{"pattern": "/a/.*", "url": "x:/1"}, {"pattern": "/a/b", "url": "x:/2"}])", "/a/b",
     "x:/1"},
    {"the whole path has to match",
     R"([{"pattern": "/a", "url": "x:/1"}, {"pattern": "/a.*", "url": "x:/2"}])", "/a/b", "x:/2"},
    {"an alternative matches the whole, too",
     R"j([{"pattern": "/a|/a/(b)", "url": "x:/{#group[0]}"}])j", "/a/b", "x:/b"},
    {"groups by number",
     R"j([{"pattern": "/(.*)/(.*)", "url": "http://h/{#group[1]}/{#group[0]}"}])j", "/a/b",
     "http://h/b/a"},
    {"groups by name",
     R"([{"pattern": "/(?<version>v[0-9]+)/.*", "url": "h:/{#groupName['version']}"}])", "/v12/x",
     "h:/v12"},
    {"an unmatched group is nothing", R"([{"pattern": "/a(b)?", "url": "h:/<{#group[0]}>"}])", "/a",
     "h:/<>"},
    {"decoded paths match", R"([{"pattern": "/foo bar", "url": "h:/x"}])", "/foo%20bar", "h:/x"},
    {"paths as they came match, too", R"([{"pattern": "/foo%20bar", "url": "h:/x"}])", "/foo%20bar",
     "h:/x"},
    {"groups are as they came", R"j([{"pattern": "/foo/(.*)", "url": "h:/{#group[0]}"}])j",
     "/foo/%3Dbar", "h:/%3Dbar"},
    {"groups of a path that matches only decoded",
     R"j([{"pattern": "/([0-9;]+)", "url": "h:/{#group[0]}"}])j", "/1%3B2", "h:/1;2"},
    {"endpoints by name", R"([{"pattern": ".*", "url": "{#endpoints['second']}/x"}])", "/a",
     "second:/x"},
    {"patterns with expressions",
     R"j([{"pattern": "/{#context.attributes['seg']}/(.*)", "url": "h:/{#group[0]}"}])j",
     "/one/two", "h:/two"},
    {"a URL that comes to nothing",
     R"([{"pattern": ".*", "url": "{#context.attributes['none']}"}])", "/a", ""},
    {"no rules", "[]", "/a", ""},
    {"null rules", "null", "/a", ""},
    {"no rule matches", R"([{"pattern": "/b", "url": "x:/1"}])", "/a",
     "!400 No routing rule is matching path"},
    {"a path that cannot be decoded", R"([{"pattern": ".*", "url": "x:/1"}])", "/a%zz",
     "!500 Invalid path"},
    {"a pattern made wrong", R"([{"pattern": "/{#context.attributes['bad']}", "url": "x:/1"}])",
     "/a", "!500 Invalid pattern syntax"},
    {"a pattern that cannot be evaluated", R"([{"pattern": "{#nothing.x}", "url": "x:/1"}])", "/a",
     "!500 Internal Server Error"},
    {"a URL that cannot be evaluated", R"([{"pattern": "/a", "url": "{#group[4]}"}])", "/a",
     "!500 Internal Server Error"},
};

TEST(DynamicRouting, Rules) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.rule);
    Exchanges x;
    x.api.endpoint_references = {{"second", "second:"}};
    Made made = testing::make("dynamic-routing", R"({"rules": )" + std::string(row.rules) + "}", x);
    ASSERT_TRUE(made.policy) << made.errors.front();
    x.exchange().path_info = row.path_info;
    x.exchange().attributes.set("seg", "one");
    x.exchange().attributes.set("bad", "(");
    Verdict verdict = x.finished(made.policy->on_request(x.exchange()));
    if (row.endpoint.starts_with('!')) {
      ASSERT_TRUE(verdict.failed());
      EXPECT_EQ("!" + std::to_string(verdict.failure().status) + " " + verdict.failure().message,
                row.endpoint);
      EXPECT_EQ(verdict.failure().key, "");
      continue;
    }
    EXPECT_TRUE(verdict.continues());
    EXPECT_EQ(x.exchange().attributes.text("request.endpoint").value_or(""), row.endpoint);
  }
}

TEST(DynamicRouting, SetsTheAttributeUnderItsFullName) {
  Exchanges x;
  Made made =
      testing::make("dynamic-routing", R"({"rules": [{"pattern": ".*", "url": "h:/x"}]})", x);
  x.exchange().path_info = "/";
  EXPECT_TRUE(x.finished(made.policy->on_request(x.exchange())).continues());
  EXPECT_EQ(x.exchange().attributes.entries()[0].name, "gravitee.attribute.request.endpoint");
  EXPECT_EQ(x.eval("{#context.attributes['request.endpoint']}"), "h:/x");
}

TEST(DynamicRouting, DoesNothingInTheResponsePhase) {
  Exchanges x;
  Made made = testing::make("dynamic-routing",
                            R"({"rules": [{"pattern": "/b", "url": "{#request.content}"}]})", x);
  EXPECT_TRUE(x.finished(made.policy->on_response(x.exchange())).continues());
  EXPECT_EQ(made.policy->needs(policy::Phase::request).bits, el::Needs::request_body);
  EXPECT_EQ(made.policy->needs(policy::Phase::response).bits, 0);
}

struct Mutation {
  std::string_view configuration;
  std::string_view error;
};
const Mutation kMutations[] = {
    {R"({"rules": {}})", "/rules: found an object"},
    {R"({"rules": [5]})", "/rules/0: found the number 5"},
    {R"({"rules": [{"url": "x"}]})", "/rules/0/pattern: required"},
    {R"({"rules": [{"pattern": "x"}]})", "/rules/0/url: required"},
    {R"({"rules": [{"pattern": "x", "url": null}]})", "/rules/0/url: required, but it is missing"},
    {R"({"rules": [{"pattern": "(", "url": "x"}]})",
     "/rules/0/pattern: the regular expression '('"},
    {R"j({"rules": [{"pattern": "(?=x)", "url": "x"}]})j",
     "/rules/0/pattern: the regular expression"},
    {R"({"rules": [{"pattern": ["x"], "url": "x"}]})", "/rules/0/pattern: found an array"},
};
TEST(DynamicRouting, RefusesWhatBreaksItsSchema) {
  for (const Mutation& mutation : kMutations) {
    Exchanges x;
    Made made = testing::make("dynamic-routing", mutation.configuration, x);
    ASSERT_FALSE(made.policy) << mutation.configuration;
    EXPECT_TRUE(made.errors.front().starts_with(mutation.error)) << made.errors.front();
  }
}

}  // namespace
}  // namespace perigee::policies
