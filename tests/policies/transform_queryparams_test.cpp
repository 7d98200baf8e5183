// transform-queryparams: the query that comes out.
#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::testing::Exchanges;
using testing::Made;
using testing::make;

struct Row {
  std::string_view rule, query, configuration, expected;
};

const Row kRows[] = {
    {"nothing configured", "a=1&b", "{}", "a=1&b"},
    {"nothing changed, nothing touched", "a=1;;b#c", R"({"removeQueryParameters": ["x"]})",
     "a=1;;b#c"},
    {"clear", "a=1&b=2", R"({"clearAll": true})", ""},
    {"clear, then set", "a=1&b=2",
     R"({"clearAll": true, "addQueryParameters": [{"name": "c", "value": "3"}]})", "c=3"},
    {"set", "a=1", R"({"addQueryParameters": [{"name": "c", "value": "3"}]})", "a=1&c=3"},
    {"set the first one", "", R"({"addQueryParameters": [{"name": "c", "value": "3"}]})", "c=3"},
    {"set replaces all of the name, where the first was", "a=1&b=2&a=3&c",
     R"({"addQueryParameters": [{"name": "a", "value": "x"}]})", "a=x&b=2&c"},
    {"names are case-sensitive", "A=1", R"({"addQueryParameters": [{"name": "a", "value": "x"}]})",
     "A=1&a=x"},
    {"append", "a=1&b=2",
     R"({"addQueryParameters": [{"name": "a", "value": "x", "appendToExistingArray": true}]})",
     "a=1&b=2&a=x"},
    {"append what is not there", "b=2",
     R"({"addQueryParameters": [{"name": "a", "value": "x", "appendToExistingArray": true}]})",
     "b=2&a=x"},
    {"remove", "a=1&b=2&a=3", R"({"removeQueryParameters": ["a"]})", "b=2"},
    {"remove all", "a=1", R"({"removeQueryParameters": ["a"]})", ""},
    {"remove comes last", "a=1",
     R"({"addQueryParameters": [{"name": "c", "value": "3"}], "removeQueryParameters": ["c"]})",
     "a=1"},
    {"remove is skipped after clear", "a=1",
     R"({"clearAll": true, "addQueryParameters": [{"name": "c", "value": "3"}],
         "removeQueryParameters": ["c"]})",
     "c=3"},
    {"spaces are encoded, in names too", "",
     R"({"addQueryParameters": [{"name": "a b", "value": "c d"}]})", "a%20b=c%20d"},
    {"nothing else is", "",
     R"({"addQueryParameters": [{"name": "a[]", "value": "1&b=2;c=+%41/?:@"}]})",
     "a[]=1&b=2;c=+%41/?:@"},
    {"but what no request line can hold", "",
     R"({"addQueryParameters": [{"name": "a", "value": "\r\nX: \u0000\u00e9#\u007f"}]})",
     "a=%0D%0AX:%20%00%C3%A9%23%7F"},
    {"values are not decoded", "a=%41&b=+",
     R"({"addQueryParameters": [{"name": "c", "value": "1"}]})", "a=%41&b=+&c=1"},
    {"a parameter without '=' stays one",
     "a&b=", R"({"addQueryParameters": [{"name": "c", "value": ""}]})", "a&b=&c="},
    {"both separators, and what comes behind '#'", "a=1;b=2&&c#d=4",
     R"({"removeQueryParameters": ["b"]})", "a=1&c"},
    {"expressions see earlier changes", "a=1",
     R"({"addQueryParameters": [{"name": "a", "value": "2"},
                                {"name": "b", "value": "{#request.params['a'][0]}"}]})",
     "a=2&b=2"},
    {"and what was cleared", "a=1",
     R"({"clearAll": true, "addQueryParameters": [
         {"name": "b", "value": "<{#request.params['a']}>"}]})",
     "b=<>"},
    {"an expression that fails or gives nothing is left out", "a=1",
     R"({"addQueryParameters": [{"name": "a", "value": "{#request.headers['n'][0]}"},
                                {"name": "a", "value": "{#context.attributes['n']}"},
                                {"name": "c", "value": "3"}]})",
     "a=1&c=3"},
    {"no name, no value", "a=1",
     R"({"addQueryParameters": [{"name": " ", "value": "1"}, {"name": "b"}, null],
         "removeQueryParameters": ["", " "]})",
     "a=1"},
};

TEST(TransformQueryParameters, Rules) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.rule);
    Exchanges x;
    Made made = make("transform-queryparams", row.configuration, x);
    ASSERT_TRUE(made.policy);
    x.request.query = row.query;
    x.request.has_query = !row.query.empty();
    EXPECT_TRUE(x.finished(made.policy->on_request(x.exchange())).continues());
    EXPECT_EQ(x.request.query, row.expected);
    EXPECT_EQ(x.request.has_query, !row.expected.empty());
  }
}

TEST(TransformQueryParameters, HoldsALargeQuery) {
  Exchanges x;
  Made made = make("transform-queryparams", R"({"removeQueryParameters": ["a"]})", x);
  std::string query;
  for (int i = 0; i < 20'000; ++i) query += "a=1&b=2&";
  x.request.query = query;
  EXPECT_TRUE(x.finished(made.policy->on_request(x.exchange())).continues());
  EXPECT_EQ(x.request.query.size(), 20'000u * 4 - 1);
}

TEST(TransformQueryParameters, NeedsWhatItsExpressionsNeed) {
  Exchanges x;
  Made made = make("transform-queryparams",
                   R"({"addQueryParameters": [{"name": "a", "value": "{#request.content}"}]})", x);
  EXPECT_EQ(made.policy->needs(policy::Phase::request).bits, el::Needs::request_body);
  EXPECT_EQ(made.policy->needs(policy::Phase::response).bits, 0);
}

}  // namespace
}  // namespace perigee::policies
