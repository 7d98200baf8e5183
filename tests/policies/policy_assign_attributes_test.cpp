// policy-assign-attributes: what later expressions see.
#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::testing::Exchanges;
using testing::Made;
using testing::make;

struct Row {
  std::string_view rule;
  std::string_view attributes;  // of the configuration
  std::string_view expression;  // evaluated afterwards
  std::string_view expected;
};

// Every request has the headers A: 1, A: 2, a query a=1&a=2 and the body {"b": {"c": [1, 2]}}.
const Row kRows[] = {
    {"a text", R"([{"name": "x", "value": "plain"}])", "{#context.attributes['x']}", "plain"},
    {"an empty text", R"([{"name": "x", "value": ""}])", "<{#context.attributes['x']}>", "<>"},
    {"under the name as it is given", R"([{"name": "gravitee.attribute.x", "value": "1"}])",
     "{#context.attributes['x']}{#context.attributes['gravitee.attribute.x']}", "11"},
    {"a number stays one", R"([{"name": "x", "value": "{#request.params['a'].size()}"}])",
     "{#context.attributes['x'] + 1}", "3"},
    {"text around it does not", R"([{"name": "x", "value": "{#request.params['a'].size()} "}])",
     "{#context.attributes['x'] + 1}", "2 1"},
    {"a boolean", R"([{"name": "x", "value": "{#request.method == 'GET'}"}])",
     "{#context.attributes['x'] ? 'yes' : 'no'}", "yes"},
    {"a list", R"([{"name": "x", "value": "{#request.headers['A']}"}])",
     "{#context.attributes['x'][1]}", "2"},
    {"a list that is written", R"([{"name": "x", "value": "{({1, 2, 3})}"}])",
     "{#context.attributes['x'].size()}", "3"},
    {"a map", R"([{"name": "x", "value": "{#request.headers}"}])",
     "{#context.attributes['x']['A'][0]}", "1"},
    {"an object of JSON", R"([{"name": "x", "value": "{#request.jsonContent}"}])",
     "{#context.attributes['x']['b']['c'][1]}", "2"},
    {"a part of JSON", R"([{"name": "x", "value": "{#jsonPath(#request.content, '$.b.c')}"}])",
     "{#context.attributes['x'][0]}", "1"},
    {"in order, and later ones see earlier ones",
     R"([{"name": "x", "value": "1"}, {"name": "y", "value": "{#context.attributes['x']}2"},
         {"name": "x", "value": "3"}])",
     "{#context.attributes['x']}{#context.attributes['y']}", "312"},
    {"nothing leaves what was there",
     R"([{"name": "x", "value": "1"}, {"name": "x", "value": "{#context.attributes['nothing']}"}])",
     "{#context.attributes['x']}", "1"},
    {"a failure is skipped",
     R"([{"name": "x", "value": "{#request.headers['nothing'][0]}"}, {"name": "y", "value": "1"}])",
     "{#context.attributes['x']}{#context.attributes['y']}", "1"},
    {"no name, no value, nothing", R"([{"name": " ", "value": "1"}, {"name": "x"}, null])",
     "<{#context.attributes['x']}>", "<>"},
};

TEST(PolicyAssignAttributes, KeepsTheTypeOfValues) {
  for (const Row& row : kRows) {
    for (bool of_request : {true, false}) {
      SCOPED_TRACE(row.rule);
      Exchanges x;
      Made made =
          make("policy-assign-attributes",
               R"({"scope": "RESPONSE", "attributes": )" + std::string(row.attributes) + "}", x);
      ASSERT_TRUE(made.policy);
      x.request.headers.add(http::HeaderName("A"), "1");
      x.request.headers.add(http::HeaderName("A"), "2");
      x.request.query = "a=1&a=2";
      x.exchange().request_body.replace(R"({"b": {"c": [1, 2]}})");
      policy::Verdict verdict = of_request ? x.finished(made.policy->on_request(x.exchange()))
                                           : x.finished(made.policy->on_response(x.exchange()));
      EXPECT_TRUE(verdict.continues());
      EXPECT_EQ(x.eval(row.expression), row.expected);
    }
  }
}

// The arena is all that may hold it: the request's own bytes are overwritten.
TEST(PolicyAssignAttributes, ValuesOutliveWhatTheyWereMadeOf) {
  Exchanges x;
  Made made = make("policy-assign-attributes",
                   R"({"attributes": [{"name": "x", "value": "{#request.content.split(',')}"},
                                      {"name": "y", "value": "{#request.content}"}]})",
                   x);
  ASSERT_TRUE(made.policy);
  std::string_view body = x.arena.copy("a,b");
  x.exchange().request_body.replace(body);
  EXPECT_TRUE(x.finished(made.policy->on_request(x.exchange())).continues());
  x.exchange().request_body.replace("other");
  EXPECT_EQ(x.eval("{#context.attributes['x'][1]}{#context.attributes['y']}"), "ba,b");
}

TEST(PolicyAssignAttributes, TellsOfFailures) {
  Exchanges x;
  Made made = make("policy-assign-attributes",
                   R"({"attributes": [{"name": "x", "value": "{#request.headers['n'][0]}"}]})", x);
  EXPECT_TRUE(x.finished(made.policy->on_request(x.exchange())).continues());
  ASSERT_EQ(x.exchange().warnings().size(), 1u);
  EXPECT_EQ(x.exchange().warnings()[0].key, "ASSIGN_ATTRIBUTES_FAILURE");
}

}  // namespace
}  // namespace perigee::policies
