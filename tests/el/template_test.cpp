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
  Template refused = Template::refused("{#a.}", Error(ErrorCode::evaluation, "broken"));
  FakeClock clock;
  JsonVariables variables(test::sample_context(), clock);
  Arena arena;
  auto result = refused.condition(variables, arena);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "broken");
  EXPECT_FALSE(refused.text(variables, arena));
  EXPECT_FALSE(refused.integer(variables, arena));
  EXPECT_FALSE(refused.value(variables, arena));
  EXPECT_FALSE(refused.is_constant());
  EXPECT_EQ(refused.source(), "{#a.}");
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
       "column 2: there is no function #jsonPth, it fails when it is reached; did you mean "
       "'jsonPath'?"},
      {"{#request.method.getClass()}",
       "column 18: the method 'getClass' is not allowed, it fails when it is reached"},
      {"{#request.headers.add('a', 'b')}",
       "column 19: the method 'add' is not allowed, it fails when it is reached"},
      {"{#request.params.trim()}",
       "column 18: the method 'trim' is not allowed, it fails when it is reached"},
      {"{#request.headers.containKey('a')}",
       "column 19: the method 'containKey' is not allowed, it fails when it is reached; did you "
       "mean 'containsKey'?"},
      {"{#request.headers.anything}", ""},
      {"{#context.attributes.anything}", ""},
      {"{#api.properties['a'] + #properties.b + #endpoints['c'] + #dictionaries['d']['e']}", ""},
      {"{#request.params['a'].?[#this == 'x'].size() > 0 && #root == null}", ""},
      {"{#error.key} {#parameters['a']} {#subscription?.id} {#secrets.get('/a/b')}", ""},
      {"#reqest.method", ""},
  };
  for (const test::Row& row : rows) EXPECT_EQ(warnings_of(row.text), row.expected) << row.text;
}

TEST(ElTemplate, WarnsOfAListThatIsComparedWithOneValue) {
  const std::string never =
      ": this is a list of values, which is never equal to one value; write [0] behind it";
  const std::pair<std::string_view, std::string> rows[] = {
      {"{#request.headers['X-A'] == 'b'}", "column 18" + never},
      {"{'b' != #request.params['a']}", ""},  // no expression
      {"{('b' != #request.params['a'])}", "column 25" + never},
      {"{#request.pathParams.id eq 'b'}", "column 22" + never},
      {"{#response.headers.etag == 'b' && #request.params['n'] == 4}",
       "column 20" + never + "|column 50" + never},
      {"{#request.headers['X-A'][0] == 'b'}", ""},
      {"{#request.headers['X-A'] == null}", ""},
      {"{#request.headers['X-A'] == {'b'}}", ""},
      {"{#request.headers['X-A'] == #request.headers['X-B']}", ""},
      {"{#context.attributes['a'] == 'b'}", ""},
      {"{#request.headers.getFirst('X-A') == 'b'}", ""},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(warnings_of(text), expected) << text;
}

TEST(ElTemplate, WarnsOfWhatFailsWhenItIsReached) {
  const std::string kReached = ", it fails when it is reached";
  const std::string kAlone =
      " alone is no value" + kReached + "; a variable begins with '#', a text stands in quotes";
  const std::pair<std::string, std::string> rows[] = {
      {"{#request.method.toUppercase()}", "column 18: the method 'toUppercase' is not allowed" +
                                              kReached + "; did you mean 'toUpperCase'?"},
      {"{T(java.lang.Maths).abs(1)}", "column 2: the type 'java.lang.Maths' is not allowed" +
                                          kReached + "; did you mean 'java.lang.Math'?"},
      {"{T(java.lang.Math).abz(1)}",
       "column 20: the static method 'abz' is not allowed" + kReached + "; did you mean 'abs'?"},
      {"{T(java.lang.Integer).parsInt('1')}",
       "column 23: the static method 'parsInt' is not allowed" + kReached +
           "; did you mean 'parseInt'?"},
      {"{T(java.lang.Integer).smu(1, 2)}",
       "column 23: the static method 'smu' is not allowed" + kReached + "; did you mean 'sum'?"},
      {"{(new java.util.Dat())}", "column 3: new java.util.Dat is not allowed" + kReached +
                                      "; did you mean 'java.util.Date'?"},
      // What needs no request is tried at once.
      {"{(1/0)}", "column 4: division by zero" + kReached},
      {"{(1 + 'abc'.substring(5))}",
       "column 13: position 5 is outside of a text of length 3" + kReached},
      {"{T(java.lang.Math).abs('x')}", "column 20: a text is not a number" + kReached},
      // Names without '#'.
      {"{(payload)}", "column 3: 'payload'" + kAlone},
      {"{#request.method == GET}", "column 21: 'GET'" + kAlone},
      {"{#request.headers[X-A]}", "column 19: 'X'" + kAlone},
      {"{#request.headers[X]}", ""},
      {"{#request.headers['a'].?[length > 1 && length < 3].![length]}", ""},
      // The right side of an operator.
      {"{#request.method matches 1}",
       "column 18: 'matches' needs a regular expression on its right" + kReached},
      {"{#request.timestamp between 1}",
       "column 21: 'between' needs a list of two values, {1, 5}, on its right" + kReached},
      {"{#request.timestamp between {1, 2, 3}}",
       "column 21: 'between' needs a list of two values, {1, 5}, on its right" + kReached},
      {"{#request.method instanceof 'x'}",
       "column 18: 'instanceof' needs a type, T(java.lang.String), on its right" + kReached},
      {"{#request.timestamp between {1, 5}} {#request.method instanceof T(String)}", ""},
      // Text that looks like an expression.
      {"a {request.method} b {#request.method} {properties['x']}",
       "column 3: '{request' is text; an expression begins with '{#'|"
       "column 40: '{properties' is text; an expression begins with '{#'"},
      {R"({"request": {"a": 1}, "b": {a.request}, {request}})", ""},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(warnings_of(text), expected) << text;
}

TEST(ElTemplate, WarnsOfNamesWithoutTheirSign) {
  auto warning = [](int column, const std::string& name) {
    return "column " + std::to_string(column) + ": '" + name +
           "' alone is no value, it fails when it is reached; a variable begins with '#', a text "
           "stands in quotes";
  };
  const std::pair<std::string_view, std::string> rows[] = {
      {"{#request.method eq GET}", warning(21, "GET")},
      {"{#request.headers.X-Foo[0]}", warning(21, "Foo")},
      {"{(payload.id)}", warning(3, "payload")},
      {"a {(x)} b {(y)}", warning(5, "x") + "|" + warning(13, "y")},
      {"{#jsonPath(#request.content, path)}", warning(30, "path")},
      // Keys, and what belongs to the item of a selection.
      {"{#request.headers[x-a]}", warning(19, "x")},
      {"{#request.headers[Host][0]}", ""},
      {"{#request.jsonContent[items][0]}", ""},
      {"{#request.jsonContent.items.?[price > 5 && a.![b] == c].![id]}", ""},
      {"{(price > 5 ? #request.jsonContent.items.?[price > 5] : null)}", warning(3, "price")},
      {"{({a: 1, b: 2}[b])}", ""},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(warnings_of(text), expected) << text;
}

TEST(ElTemplate, WarnsOfTextThatLooksLikeAnExpression) {
  auto warning = [](int column, const std::string& begin) {
    return "column " + std::to_string(column) + ": '{" + begin +
           "' is text; an expression begins with '{#'";
  };
  const std::pair<std::string_view, std::string> rows[] = {
      {"{request.method}", warning(1, "request")},
      {"a {#api.id} ${properties['x']}", warning(14, "properties")},
      {"#{response.status} {context.attributes}",
       warning(2, "response") + "|" + warning(20, "context")},
      {R"({"request.method": {"api": 1}})", ""},
      {"{request}", ""},
      {"{other.thing}", ""},
      {"{ request.method}", ""},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(warnings_of(text), expected) << text;
  auto many = Template::compile(std::string(kTextBytesMax, '{'));
  ASSERT_TRUE(many);
  EXPECT_TRUE(many->warnings().empty());
}

// Errors say what stands where something else is expected, on one line.
TEST(ElTemplate, RefusesWithColumnAndReason) {
  const test::Row rows[] = {
      {"{#request.method == 'x'",
       "column 1: '{#' begins an expression whose '}' is missing; braces inside of it, in texts "
       "too, nest once only"},
      {"a\n {#request.\n foo == }",
       "expression 'a  {#request.  foo == }': column 23: the expression ends where a value is "
       "expected"},
      {"{(1 ++ 2)}", "column 5: '++' is not supported; of two signs keep them apart"},
      {"{#a--}", "column 4: '--' is not supported"},
      {"{(1 == 1 == 1)}",
       "column 10: '==' stands where ')' of the parenthesis at column 2 is expected"},
      {"{#request.headers['a'}",
       "column 22: the expression ends where ']' after an index is expected"},
      {"{T(java.lang.Math.random())}", "column 25: '(' stands where ')' after a type is expected"},
      {"{#a = 1}", "column 5: assignment is not supported; did you mean '=='?"},
      {"{#a == \xe2\x80\x99x\xe2\x80\x99}",
       "column 8: the character '\xe2\x80\x99' is not expected"},
  };
  for (const test::Row& row : rows)
    EXPECT_NE(test::compile_error(row.text).find(row.expected), std::string::npos)
        << row.text << ": " << test::compile_error(row.text);
  EXPECT_EQ(warnings_of("{(1 + +2)} {(1 - -2)}"), "");
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
