// Expression language, section 1: finding expressions, results, errors.
#include <atomic>
#include <thread>

#include "tests/el/support/rows.hpp"

namespace perigee::el {
namespace {

using test::check;
using test::eval;
using test::holds;

TEST(ElTemplate, FindsExpressionsInText) {
  check({
      {"", ""},
      {"no expression", "no expression"},
      {"{#api.id}", "api-1"},
      {"{ #api.id }", "api-1"},
      {"{ \t\n#api.id\n}", "api-1"},
      {"a{#api.id}b{#api.name}c", "aapi-1bStoresc"},
      {"{#api.id}{#api.name}", "api-1Stores"},
      {"{(1 + 1)}", "2"},
      {"{ ( 1 + 1 ) }", "2"},
      {"{#api.id\n+ '-x'}", "api-1-x"},
      {"{({1, 2}.size())}", "2"},
  });
}

TEST(ElTemplate, LeavesOtherBracesAlone) {
  check({
      {"{", "{"},
      {"}", "}"},
      {"{}", "{}"},
      {"{\"a\": {\"b\": {\"c\": 1}}}", "{\"a\": {\"b\": {\"c\": 1}}}"},
      {"{ \"T\": 1 }", "{ \"T\": 1 }"},
      {"{\"id\": \"{#api.id}\"}", "{\"id\": \"api-1\"}"},
      {"${HOME} #{x}", "${HOME} #{x}"},
      {"{{#api.id}}", "{api-1}"},
      {"{total: 5}", "{total: 5}"},
  });
}

TEST(ElTemplate, KeepsTheTrapsOfTheRecogniser) {
  check({
      {"{Total: 5}", "error: column"},       // T needs only to be the letter
      {"{#api.name", "error: '{#' begins"},  // unclosed
      {"text {#api.name", "error: column 6:"},
      {"{#api.id.startsWith('{')}", "error: '{#' begins"},  // a brace in a literal
      {"{#api.id == '}'}", "error: is not closed"},         // ends at the brace in the literal
      {"{ #api.name", "{ #api.name"},                       // not the two characters: text
      {"{(1 + {2, {3}}.size())", "{(1 + {2, {3}}.size())"},
      {"{T{a{b}}}", "{T{a{b}}}"},
      {"{#api{a{#api.id}}}", "error: '{#' begins"},  // two levels, starts with {#
      {"{(x{a{#api.id}})}",
       "{(x{aapi-1})}"},  // two levels, starts with {(: text, the inner part counts
  });
}

TEST(ElTemplate, NullContributesNothingToText) {
  check({
      {"a{#nope}b", "ab"},
      {"{#nope}", "<null>"},
      {"{#nope}{#nope}", ""},
      {"{#request.headers['X-Multi']}!", "one,two!"},
      {"x{#context.attributes['jwt.claims']}", "error: a map has no text form"},
  });
}

TEST(ElTemplate, ConvertsToWhatIsAskedFor) {
  EXPECT_EQ(holds("true"), "true");
  EXPECT_EQ(holds("no"), "false");
  EXPECT_EQ(holds("{#nope}"), "false");  // no value
  EXPECT_EQ(holds(""), "false");
  EXPECT_EQ(holds("tr{('ue')}"), "true");  // the concatenated text is converted
  EXPECT_EQ(holds("{(1 == 1)}{(1 == 1)}").substr(0, 6), "error:");
  EXPECT_EQ(holds("{#request.headers['X-Tier']}").substr(0, 6), "error:");
}

TEST(ElTemplate, ErrorsCarryExpressionColumnAndReason) {
  EXPECT_EQ(eval("ab {#request.nope}"),
            "error: expression 'ab {#request.nope}': column 14: #request has no property 'nope'");
  EXPECT_EQ(
      eval("{#api.id +}"),
      "error: expression '{#api.id +}': column 11: the expression ends where a value is expected");
}

TEST(ElTemplate, KnowsWhetherItIsConstant) {
  auto constant = Template::compile("plain {x}");
  ASSERT_TRUE(constant);
  EXPECT_TRUE(constant->is_constant());
  EXPECT_EQ(constant->constant_text(), "plain {x}");
  auto variable = Template::compile("plain {#api.id}");
  ASSERT_TRUE(variable);
  EXPECT_FALSE(variable->is_constant());
  EXPECT_EQ(variable->source(), "plain {#api.id}");
}

TEST(ElTemplate, ARefusedOneAlwaysFails) {
  Template refused = Template::refused(Error(ErrorCode::evaluation, "broken"));
  FakeClock clock;
  JsonVariables variables(test::sample_context(), clock);
  Arena arena;
  auto result = refused.condition(variables, arena);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "broken");
  EXPECT_FALSE(refused.is_constant());
}

TEST(ElTemplate, RefusesWhatIsTooLarge) {
  EXPECT_NE(test::compile_error(std::string(kTextBytesMax + 1, 'a')), "");
  EXPECT_EQ(test::compile_error(std::string(kTextBytesMax, 'a')), "");
  auto nested = [](std::size_t depth) {
    return "{" + std::string(depth, '(') + "1" + std::string(depth, ')') + "}";
  };
  EXPECT_EQ(test::compile_error(nested(kNestingMax - 1)), "");
  EXPECT_NE(test::compile_error(nested(kNestingMax)).find("nested deeper"), std::string::npos);
  EXPECT_NE(test::compile_error("{(" + std::string(300, '!') + "true)}").find("nested deeper"),
            std::string::npos);
  std::string chain = "{#a";
  for (std::size_t i = 0; i <= kChainMax; ++i) chain += ".b";
  EXPECT_NE(test::compile_error(chain + "}").find("hang on each other"), std::string::npos);
}

TEST(ElTemplate, ALongSumOrConditionIsNotDeep) {
  std::string sum = "{(#request.id", condition = "{(#request.id == 'x'";
  for (int i = 0; i < 3000; ++i) {
    sum += "+'a'";
    condition += "|| false";
  }
  EXPECT_EQ(eval(sum + ")}").size(), 3005u);
  EXPECT_EQ(holds(condition + ")}"), "false");
}

TEST(ElTemplate, ADeepChainIsEvaluated) {
  std::string chain = "{(#context.attributes['count']";
  for (std::size_t i = 0; i < kChainMax - 10; ++i) chain += " - 1";
  EXPECT_EQ(eval(chain + ")}"), "-983");
}

TEST(ElTemplate, IsSharedByThreads) {
  auto compiled = Template::compile(
      "{#request.path.replaceAll('[0-9]+', #request.method) matches '/stores/GET/.*'}");
  ASSERT_TRUE(compiled) << compiled.error().message;
  std::atomic<int> held = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        FakeClock clock;
        JsonVariables variables(test::sample_context(), clock);
        Arena arena;
        for (int turn = 0; turn < 100; ++turn) {
          auto result = compiled->condition(variables, arena);
          held += result && *result;
          arena.clear();
        }
      });
    }
  }
  EXPECT_EQ(held, 400);
}

std::string warnings_of(std::string_view text) {
  auto compiled = Template::compile(text);
  if (!compiled) return "error: " + compiled.error().message;
  std::string all;
  for (const std::string& warning : compiled->warnings()) all += (all.empty() ? "" : "|") + warning;
  return all;
}

TEST(ElTemplate, WarnsOfNamesThatDoNotExist) {
  const test::Row rows[] = {
      {"{#request.heders['A'][0]}",
       "column 11: #request has no property 'heders'; did you mean 'headers'?"},
      {"a {#api.nme} b {#node.xyzzy}",
       "column 9: #api has no property 'nme'; did you mean 'name'?|"
       "column 23: #node has no property 'xyzzy'"},
      {"{#request.ssl.client.cnn}",
       "column 22: #request.ssl.client has no property 'cnn'; did you mean 'cn'?"},
      {"{#reqest.method}",
       "column 2: there is no variable 'reqest', it is null; did you mean 'request'?"},
      {"{#xyzzy?.a}", "column 2: there is no variable 'xyzzy', it is null"},
      {"{#jsonPth(#request.content, '$')}",
       "column 2: there is no function #jsonPth, it fails when it is reached"},
      {"{#request.method.getClass()}",
       "column 18: the method 'getClass' is not allowed, it fails when it is reached"},
      {"{#request.headers.anything}", ""},
      {"{#context.attributes.anything}", ""},
      {"{#api.properties['a'] + #properties.b + #endpoints['c'] + #dictionaries['d']['e']}", ""},
      {"{#request.params['a'].?[#this == 'x'].size() > 0 && #root == null}", ""},
      {"{#error.key} {#parameters['a']} {#subscription?.id} {#secrets.get('/a/b')}", ""},
      {"#reqest.method", ""},
  };
  for (const test::Row& row : rows) EXPECT_EQ(warnings_of(row.text), row.expected) << row.text;
}

TEST(ElTemplate, WarningsAreBounded) {
  std::string text;
  for (std::size_t i = 0; i < kWarningsMax + 5; ++i) text += "{#xyzzy}";
  auto compiled = Template::compile(text);
  ASSERT_TRUE(compiled);
  EXPECT_EQ(compiled->warnings().size(), kWarningsMax);
}

TEST(ElTemplate, EvaluationHasABudget) {
  check({
      {"{(#request.id.repeat(2147483647))}", "error: bytes of text"},
      {"{('x'.repeat(16000000) + 'x'.repeat(16000000))}", "error: bytes of text"},
      {"{(#request.id.repeat(-1))}", "error: not negative"},
  });
  // 100 x 100 x 100 items.
  std::string list = "'x'.repeat(100).split('')";
  std::string cube = "{(" + list + ".![" + list + ".![" + list + ".![#request.id]]].length)}";
  EXPECT_NE(eval(cube).find("more than 200000 steps"), std::string::npos) << eval(cube);
}

}  // namespace
}  // namespace perigee::el
