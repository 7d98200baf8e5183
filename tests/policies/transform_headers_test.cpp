// transform-headers: every rule of its page, and what its parser refuses.
#include "policies/catalog.hpp"
#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::Verdict;
using policy::testing::Exchanges;
using ::testing::ElementsAre;
using testing::Made;
using testing::make;

Made make(std::string_view configuration, Exchanges& x) {
  return make("transform-headers", configuration, x);
}

Made make(std::string_view configuration) {
  static Exchanges x;
  return make(configuration, x);
}

std::string shown(const http::Headers& headers) {
  std::string text;
  for (const http::Header& header : headers.entries()) {
    if (header.removed) continue;
    text.append(text.empty() ? "" : "|").append(header.name()).append(":").append(header.value());
  }
  return text;
}

struct Row {
  std::string_view rule;
  std::string_view configuration;
  std::string_view expected;
};

// All begin with A:1|B:2|b:3|Host:h.
const Row kRows[] = {
    {"nothing configured", "{}", "A:1|B:2|b:3|Host:h"},
    {"null lists", R"({"addHeaders": null, "appendHeaders": null, "removeHeaders": null,
       "whitelistHeaders": null, "scope": null})",
     "A:1|B:2|b:3|Host:h"},
    {"set creates", R"({"addHeaders": [{"name": "C", "value": "c"}]})", "A:1|B:2|b:3|Host:h|C:c"},
    {"set replaces all values and writes its own case",
     R"({"addHeaders": [{"name": "b", "value": "c"}]})", "A:1|b:c|Host:h"},
    {"in the order of the list",
     R"({"addHeaders": [{"name": "C", "value": "1"}, {"name": "c", "value": "2"}]})",
     "A:1|B:2|b:3|Host:h|c:2"},
    {"append adds a value", R"({"appendHeaders": [{"name": "A", "value": "x"}]})",
     "A:1|B:2|b:3|Host:h|A:x"},
    {"set comes before append, wherever they stand",
     R"({"appendHeaders": [{"name": "A", "value": "x"}], "addHeaders": [{"name": "A", "value": "y"}]})",
     "A:y|B:2|b:3|Host:h|A:x"},
    {"remove takes all values", R"({"removeHeaders": ["B"]})", "A:1|Host:h"},
    {"remove comes last",
     R"({"addHeaders": [{"name": "C", "value": "c"}], "removeHeaders": ["c", "A"]})",
     "B:2|b:3|Host:h"},
    {"the list of what stays", R"({"whitelistHeaders": ["B"]})", "B:2|b:3"},
    {"an empty list keeps all", R"({"whitelistHeaders": []})", "A:1|B:2|b:3|Host:h"},
    {"a list of nothing keeps nothing", R"({"whitelistHeaders": [null, " "]})", ""},
    {"it has no wildcards", R"({"whitelistHeaders": ["A*", "Host"]})", "Host:h"},
    {"removed although it may stay", R"({"whitelistHeaders": ["A", "B"], "removeHeaders": ["A"]})",
     "B:2|b:3"},
    {"added and not among what stays",
     R"({"addHeaders": [{"name": "C", "value": "c"}], "whitelistHeaders": ["A"]})", "A:1"},
    {"blank and null names do nothing",
     R"({"addHeaders": [{"name": " ", "value": "x"}, {"name": null, "value": "x"}, {"value": "x"}],
         "appendHeaders": [{"name": "", "value": "x"}], "removeHeaders": [null, "", "\t"]})",
     "A:1|B:2|b:3|Host:h"},
    {"a null value does nothing",
     R"({"addHeaders": [{"name": "A", "value": null}, {"name": "B"}]})", "A:1|B:2|b:3|Host:h"},
    {"an empty value is a value", R"({"addHeaders": [{"name": "A", "value": ""}]})",
     "A:|B:2|b:3|Host:h"},
    {"a value that comes to nothing does nothing",
     R"({"addHeaders": [{"name": "A", "value": "{#context.attributes['nothing']}"}]})",
     "A:1|B:2|b:3|Host:h"},
    {"text around nothing is a value",
     R"({"addHeaders": [{"name": "A", "value": "<{#context.attributes['nothing']}>"}]})",
     "A:<>|B:2|b:3|Host:h"},
    {"later values see earlier changes",
     R"({"addHeaders": [{"name": "A", "value": "new"},
                        {"name": "C", "value": "{#request.headers['A'][0]}-{#response.headers['A'][0]}"}]})",
     "A:new|B:2|b:3|Host:h|C:?"},
    {"entries that are null do nothing", R"({"addHeaders": [null]})", "A:1|B:2|b:3|Host:h"},
    {"numbers and booleans are texts",
     R"({"addHeaders": [{"name": "A", "value": 5}, {"name": 7, "value": true}], "removeHeaders": [7]})",
     "A:5|B:2|b:3|Host:h"},
    {"a scope changes nothing", R"({"scope": "RESPONSE_CONTENT", "removeHeaders": ["B"]})",
     "A:1|Host:h"},
    {"unknown members change nothing", R"({"comment": {}})", "A:1|B:2|b:3|Host:h"},
};

void fill(http::Headers& headers) {
  for (auto [name, value] : {std::pair<std::string_view, std::string_view>{"A", "1"},
                             {"B", "2"},
                             {"b", "3"},
                             {"Host", "h"}})
    headers.add(name, value);
}

TEST(TransformHeaders, RulesOnBothSides) {
  for (const Row& row : kRows) {
    for (bool of_request : {true, false}) {
      SCOPED_TRACE(row.rule);
      auto made = make(row.configuration);
      ASSERT_TRUE(made.policy);
      Exchanges x;
      fill(x.request.headers);
      fill(x.response.headers);
      Verdict verdict = of_request ? x.finished(made.policy->on_request(x.exchange()))
                                   : x.finished(made.policy->on_response(x.exchange()));
      EXPECT_TRUE(verdict.continues());
      std::string expected(row.expected);
      if (auto at = expected.find('?'); at != expected.npos)
        expected.replace(at, 1, of_request ? "new-1" : "1-new");
      EXPECT_EQ(shown(of_request ? x.request.headers : x.response.headers), expected);
      EXPECT_EQ(shown(of_request ? x.response.headers : x.request.headers), "A:1|B:2|b:3|Host:h");
    }
  }
}

TEST(TransformHeaders, AnExpressionThatFailsIsA500) {
  const std::string_view rows[] = {
      R"({"addHeaders": [{"name": "A", "value": "{#request.headers['nothing'][0]}"}]})",
      R"({"appendHeaders": [{"name": "A", "value": "{#nothing.at.all}"}]})",
      R"({"addHeaders": [{"name": "A", "value": "{#context.attributes['lines']}"}]})",
  };
  for (std::string_view configuration : rows) {
    Exchanges x;
    auto made = make(configuration, x);
    ASSERT_TRUE(made.policy);
    x.exchange().attributes.set("lines", "a\r\nInjected: b");
    Verdict verdict = x.finished(made.policy->on_request(x.exchange()));
    ASSERT_TRUE(verdict.failed()) << configuration;
    EXPECT_EQ(verdict.failure().status, 500);
    EXPECT_EQ(verdict.failure().key, "TRANSFORM_HEADERS_FAILURE");
    EXPECT_EQ(verdict.failure().message, "Unable to apply headers transformation");
    EXPECT_EQ(verdict.failure().cause, ErrorCode::evaluation);
    EXPECT_NE(verdict.failure().reason, "");
    EXPECT_EQ(x.request.headers.live(), 0u);
  }
}

TEST(TransformHeaders, SaysWhatItsValuesNeed) {
  auto needs = [](std::string_view value) {
    auto made = make(R"({"addHeaders": [{"name": "A", "value": "x"}],
                         "appendHeaders": [{"name": "A", "value": ")" +
                     std::string(value) + R"("}]})");
    EXPECT_TRUE(made.policy);
    return made.policy ? made.policy->needs(policy::Phase::request).bits : 255;
  };
  EXPECT_EQ(needs("plain"), 0);
  EXPECT_EQ(needs("{#request.headers['A']}"), 0);
  EXPECT_EQ(needs("{#request.content}"), el::Needs::request_body);
  EXPECT_EQ(needs("{#response.jsonContent.a}"), el::Needs::response_body);
  EXPECT_EQ(needs("{#request.ssl.client.dn}"), el::Needs::tls);
  EXPECT_EQ(make("null").policy->needs(policy::Phase::response).bits, 0);
}

TEST(TransformHeaders, ItsExpressionsNeverWait) {
  auto made = make(R"({"addHeaders": [{"name": "A", "value": "{#request.content}"}]})");
  Exchanges x;
  x.exchange().request_body.replace("body");
  EXPECT_TRUE(made.policy->on_request(x.exchange()).here());
  EXPECT_EQ(x.request.headers.get(std::string_view("A")), "body");
}

struct Mutation {
  std::string_view configuration;
  std::string_view pointer;
};

// The schema's types and values, broken one by one.
const Mutation kMutations[] = {
    {"[]", ": found an array, expected an object"},
    {R"("text")", ": found"},
    {"5", ": found"},
    {R"({"scope": "NOWHERE"})", "/scope: unknown value 'NOWHERE'"},
    {R"({"scope": "request"})", "/scope"},
    {R"({"scope": 1})", "/scope"},
    {R"({"scope": []})", "/scope"},
    {R"({"addHeaders": {}})", "/addHeaders: found an object"},
    {R"({"addHeaders": "A"})", "/addHeaders"},
    {R"({"addHeaders": 1})", "/addHeaders"},
    {R"({"addHeaders": true})", "/addHeaders"},
    {R"({"addHeaders": ["A"]})", "/addHeaders/0"},
    {R"({"addHeaders": [{"name": "A", "value": "x"}, []]})", "/addHeaders/1"},
    {R"({"addHeaders": [{"name": {}, "value": "x"}]})", "/addHeaders/0/name"},
    {R"({"addHeaders": [{"name": "A", "value": {}}]})", "/addHeaders/0/value"},
    {R"({"addHeaders": [{"name": "A", "value": ["x"]}]})", "/addHeaders/0/value"},
    {R"({"addHeaders": [{"name": "A b", "value": "x"}]})",
     "/addHeaders/0/name: found the text 'A b'"},
    {R"({"addHeaders": [{"name": "A:", "value": "x"}]})", "/addHeaders/0/name"},
    {R"({"addHeaders": [{"name": "A\r\n", "value": "x"}]})", "/addHeaders/0/name"},
    {R"({"addHeaders": [{"name": "\u00e9", "value": "x"}]})", "/addHeaders/0/name"},
    {R"({"addHeaders": [{"name": "A", "value": "x\r\nB: y"}]})", "/addHeaders/0/value"},
    {R"({"addHeaders": [{"name": "A", "value": "x\u0000"}]})", "/addHeaders/0/value"},
    {R"({"appendHeaders": {}})", "/appendHeaders"},
    {R"({"appendHeaders": [5]})", "/appendHeaders/0"},
    {R"({"appendHeaders": [{"name": "A", "value": []}]})", "/appendHeaders/0/value"},
    {R"({"removeHeaders": "A"})", "/removeHeaders"},
    {R"({"removeHeaders": {}})", "/removeHeaders"},
    {R"({"removeHeaders": [{}]})", "/removeHeaders/0"},
    {R"({"removeHeaders": ["A", []]})", "/removeHeaders/1"},
    {R"({"removeHeaders": ["A", "b c"]})", "/removeHeaders/1"},
    {R"({"whitelistHeaders": 7})", "/whitelistHeaders"},
    {R"({"whitelistHeaders": [{"name": "A"}]})", "/whitelistHeaders/0"},
    {R"({"whitelistHeaders": ["A@"]})", "/whitelistHeaders/0"},
};

TEST(TransformHeaders, RefusesWhatBreaksItsSchema) {
  for (const Mutation& mutation : kMutations) {
    auto made = make(mutation.configuration);
    ASSERT_FALSE(made.policy) << mutation.configuration;
    EXPECT_TRUE(made.errors.front().starts_with(mutation.pointer))
        << mutation.configuration << "\n " << made.errors.front();
  }
}

std::vector<std::string> warnings_of(std::string_view configuration) {
  Made made = make(configuration);
  EXPECT_TRUE(made.policy) << configuration;
  return made.warnings;
}

TEST(TransformHeaders, WarnsOfMembersItDoesNotKnow) {
  EXPECT_THAT(warnings_of(R"({"addHeader": [], "comment": {}})"),
              ElementsAre("/addHeader: unknown member, ignored; did you mean 'addHeaders'?",
                          "/comment: unknown member, ignored"));
  EXPECT_THAT(warnings_of(R"({"appendHeaders": [{}, {"nam": "X", "value": "x"}]})"),
              ElementsAre("/appendHeaders/1/nam: unknown member, ignored; did you mean 'name'?"));
  EXPECT_THAT(
      warnings_of(R"({"scope": "REQUEST", "addHeaders": [{"name": "A", "value": "{#api.id}"}],
                              "appendHeaders": [], "removeHeaders": [], "whitelistHeaders": []})"),
      ElementsAre());
}

TEST(TransformHeaders, WarnsOfNamesInItsExpressions) {
  EXPECT_THAT(
      warnings_of(R"({"addHeaders": [{"name": "A", "value": "{#request.heders['B']}"}]})"),
      ElementsAre("/addHeaders/0/value: column 11: #request has no property 'heders'; did you mean "
                  "'headers'?"));
}

TEST(TransformHeaders, ItsWarningsAreBounded) {
  std::string configuration = R"({"a0": 0)";
  for (int i = 1; i < 150; ++i) configuration += ",\"a" + std::to_string(i) + "\":0";
  std::vector<std::string> warnings = warnings_of(configuration + "}");
  ASSERT_EQ(warnings.size(), Problems::kListedMax + 1);
  EXPECT_EQ(warnings.back(), ": 50 more warnings are not listed");
}

TEST(KeyLess, SecuresAPlanWithoutAsking) {
  Exchanges x;
  Made made = make("key-less", R"({"key": 1})", x);
  EXPECT_THAT(made.warnings, ElementsAre("/key: unknown member, ignored"));
  ASSERT_TRUE(made.policy);
  const policy::Security* security = made.policy->security();
  ASSERT_NE(security, nullptr);
  EXPECT_EQ(security->order(), 1000);
  EXPECT_FALSE(security->needs_subscription());
  auto token = x.finished(security->token(x.exchange()));
  ASSERT_TRUE(token);
  EXPECT_EQ(token->state, policy::Token::State::found);
  EXPECT_EQ(token->kind, policy::Token::Kind::none);
  EXPECT_TRUE(x.finished(made.policy->on_request(x.exchange())).continues());
  EXPECT_EQ(made.policy->needs(policy::Phase::request).bits, 0);
}

TEST(Catalog, HasTheBuiltInPolicies) {
  EXPECT_THAT(catalog().ids(),
              ::testing::IsSupersetOf({"http-redirect", "ip-filtering", "key-less", "latency",
                                       "mock", "policy-assign-attributes", "policy-interrupt",
                                       "policy-override-request-method", "request-content-limit",
                                       "resource-filtering", "transform-headers",
                                       "transform-queryparams"}));
}

}  // namespace
}  // namespace perigee::policies
