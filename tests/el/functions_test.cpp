// Expression language, section 5: jsonPath, jsonEscape, xmlEscape; and regular expressions.
#include "el/regex.hpp"
#include "tests/el/support/rows.hpp"

namespace perigee::el {
namespace {

using test::check;

constexpr std::string_view kBody = R"({"request": {"path": "/", "content":
  "{\"a\":{\"b\":1,\"n\":null},\"t\":[\"x\",\"y\",\"z\"],\"items\":[{\"id\":1,\"p\":10.5,\"k\":\"ab\"},{\"id\":2,\"p\":20.0,\"k\":\"cd\"},{\"id\":3}],\"we ird\":{\"it's\":7},\"big\":3000000000}"}})";

TEST(ElJsonPath, DefinitePaths) {
  check(kBody, {
                   {"{#jsonPath(#request.content, '$.a.b')}", "1"},
                   {"{#jsonPath(#request.content, 'a.b')}", "1"},
                   {"{#jsonPath(#request.content, '$[\"a\"][\"b\"]')}", "1"},
                   {"{#jsonPath(#request.content, \"$['we ird']['it\\'s']\")}", "7"},
                   {"{#jsonPath(#request.content, '$.t[0]')}", "x"},
                   {"{#jsonPath(#request.content, '$.t[-1]')}", "z"},
                   {"{#jsonPath(#request.content, '$.big')}", "3000000000"},
                   {"{#jsonPath(#request.content, '$.a.n')}", "<null>"},
                   {"{#jsonPath(#request.content, '$.none')}", "<null>"},  // a missing leaf
                   {"{#jsonPath(#request.content, '$.t[9]')}", "<null>"},
                   {"{#jsonPath(#request.content, '$.none.x')}",
                    "error: a part of the path before its last one"},
                   {"{#jsonPath(#request.content, '$.a.b.c')}", "error: expects an object"},
                   {"{#jsonPath(#request.content, '$.a[0]')}", "error: expects an array"},
                   {"{#jsonPath(#request.content, '$.a')}", "error: a map has no text form"},
                   {"{#jsonPath(#request.content, '$').a.b}", "1"},
                   {"{#jsonPath(#request.content, '$.a').b}", "1"},
                   {"{#jsonPath(#request.jsonContent, '$.a.b')}", "1"},
                   {"{#jsonPath({x: 5}, '$.x')}", "5"},
                   {"{#jsonPath({1, 2}, '$[1]')}", "2"},
                   {"{#jsonPath('[1, 2]', '$[1]')}", "2"},
                   {"{#jsonPath(#request.content, '$.' + 'a.b')}", "1"},
               });
}

TEST(ElJsonPath, IndefinitePathsGiveLists) {
  check(kBody, {
                   {"{#jsonPath(#request.content, '$.t[*]')}", "x,y,z"},
                   {"{#jsonPath(#request.content, '$.t[0,2]')}", "x,z"},
                   {"{#jsonPath(#request.content, '$.t[1:]')}", "y,z"},
                   {"{#jsonPath(#request.content, '$.t[:2]')}", "x,y"},
                   {"{#jsonPath(#request.content, '$.t[-2:]')}", "y,z"},
                   {"{#jsonPath(#request.content, '$.t[1:2]')}", "y"},
                   {"{#jsonPath(#request.content, '$.items[*].id')}", "1,2,3"},
                   {"{#jsonPath(#request.content, '$.items[*].p')}", "10.5,20.0"},
                   {"{#jsonPath(#request.content, '$..id')}", "1,2,3"},
                   {"{#jsonPath(#request.content, '$..nothing')}", ""},
                   {"{#jsonPath(#request.content, '$..nothing').isEmpty()}", "true"},
                   {"{#jsonPath(#request.content, '$.a[\"b\",\"n\"]')}", "1,null"},
                   {"{#jsonPath(#request.content, '$.items..[0].id')}", "1"},
                   {"{#jsonPath(#request.content, '$.none[*]')}", "error: before its last one"},
                   {"{#jsonPath(#request.content, '$.t.length()')}", "3"},
                   {"{#jsonPath(#request.content, '$.items[*].id.sum()')}", "6.0"},
                   {"{#jsonPath(#request.content, '$.items[*].p.max()')}", "20.0"},
                   {"{#jsonPath(#request.content, '$.a.keys()')}", "b,n"},
               });
}

TEST(ElJsonPath, Functions) {
  check(kBody,
        {
            {"{#jsonPath(#request.content, '$.items[*].id.stddev()')}", "0.8164965809277263"},
            {"{#jsonPath(#request.content, '$.items[*].id.avg()')}", "2.0"},
            {"{#jsonPath(#request.content, '$.items[*].id.sum(10, $.a.b)')}", "17.0"},
            {"{#jsonPath(#request.content, '$.t.concat()')}", "xyz"},
            {"{#jsonPath(#request.content, '$.concat($.t[0], \"-\", $.a.b)')}", "x-1"},
            {"{#jsonPath(#request.content, '$.t.append(\"w\")')}", "x,y,z,w"},
            {"{#jsonPath(#request.content, '$.t.index(1)')}", "y"},
            {"{#jsonPath(#request.content, '$.t.index(-1)')}", "z"},
            {"{#jsonPath(#request.content, '$.t.index(7)')}", "<null>"},
            {"{#jsonPath(#request.content, '$.t.index()')}", "error: needs a place"},
            {"{#jsonPath(#request.content, '$.t.first()')}", "x"},
            {"{#jsonPath(#request.content, '$.length($.t)')}", "3"},
            {"{#jsonPath(#request.content, '$.t.sum()')}", "error: an array of numbers"},
            {"{#jsonPath(#request.content, '$.t.none()')}",
             "error: the function 'none', which does not exist"},
            {"{#jsonPath(#request.content, '$.t.index(1')}", "error: misses a ')'"},
            {"{#jsonPath(#request.content, '$.t.index(x)')}", "error: which is not a value"},
        });
  std::string nested = "$.a";
  for (int i = 0; i < 40; ++i) nested = "$.sum(" + nested + ")";
  EXPECT_NE(test::eval("{#jsonPath('{}', '" + nested + "')}").find("too deep a function"),
            std::string::npos);
}

TEST(ElJsonPath, SetOperators) {
  constexpr std::string_view kTags =
      R"({"request": {"content": "[{\"n\":1,\"t\":[\"a\"]},{\"n\":2,\"t\":[\"a\",\"c\"]},{\"n\":3,\"t\":[]},{\"n\":4}]"}})";
  check(kTags, {
                   {"{#jsonPath(#request.content, '$[?(@.t subsetof [\"a\",\"b\"])].n')}", "1,3"},
                   {"{#jsonPath(#request.content, '$[?(@.t anyof [\"c\",\"b\"])].n')}", "2"},
                   {"{#jsonPath(#request.content, '$[?(@.t noneof [\"c\",\"b\"])].n')}", "1,3"},
                   {"{#jsonPath(#request.content, '$[?(@.t likes [\"c\"])].n')}",
                    "error: an operator in its filter that does not exist"},
               });
}

TEST(ElJsonPath, Filters) {
  check(
      kBody,
      {
          {"{#jsonPath(#request.content, '$.items[?(@.id == 2)].p')}", "20.0"},
          {"{#jsonPath(#request.content, '$.items[?(@.id != 2)].id')}", "1,3"},
          {"{#jsonPath(#request.content, '$.items[?(@.p)].id')}", "1,2"},
          {"{#jsonPath(#request.content, '$.items[?(!@.p)].id')}", "3"},
          {"{#jsonPath(#request.content, '$.items[?(@.p > 15)].id')}", "2"},
          {"{#jsonPath(#request.content, '$.items[?(@.p >= 10.5 && @.id < 2)].id')}", "1"},
          {"{#jsonPath(#request.content, '$.items[?(@.id == 1 || @.id == 3)].id')}", "1,3"},
          {"{#jsonPath(#request.content, '$.items[?((@.id == 1 || @.id == 3) && @.p)].id')}", "1"},
          {"{#jsonPath(#request.content, '$.items[?(@.k == \"cd\")].id')}", "2"},
          {"{#jsonPath(#request.content, '$.items[?(@.k =~ /A./i)].id')}", "1"},
          {"{#jsonPath(#request.content, '$.items[?(@.id in [1, 3])].id')}", "1,3"},
          {"{#jsonPath(#request.content, '$.items[?(@.id nin [1, 3])].id')}", "2"},
          {"{#jsonPath(#request.content, '$.items[?(@.id == $.a.b)].id')}", "1"},
          {"{#jsonPath(#request.content, '$.t[?(@ == \"y\")]')}", "y"},
          {"{#jsonPath(#request.content, '$.items[?(@.id == 9)].p')}", ""},
          {"{#jsonPath(#request.content, '$.items[?(@.id == \"2\")].p')}", ""},
      });
}

TEST(ElJsonPath, Errors) {
  check({
      {"{#jsonPath(null, '$.a')}", "error: needs JSON, not null"},
      {"{#jsonPath('oops', '$.a')}", "error"},
      {"{#jsonPath('{', '$.a')}", "error"},
      {"{#jsonPath('5', '$.a')}", "error"},
      {"{#jsonPath('{}', null)}", "error: needs a path"},
      {"{#jsonPath('{}')}", "error: takes a document and a path"},
      {"{#jsonPath('{}', '$.')}", "error: misses a name"},
      {"{#jsonPath('{}', '$[')}", "error"},
      {"{#jsonPath('{}', '$[?(@.a ==)]')}", "error"},
      {"{#jsonPath('{}', '$.a b')}", "error: something unexpected"},
      {"{#jsonPath('{}', '')}", "error: is empty"},
  });
  for (std::string_view context :
       {R"({"request": {"content": "oops"}})", R"({"request": {"content": ""}})"}) {
    check(context, {{"{#jsonPath(#request.content, '$.a')}", "error: needs JSON"},
                    {"{#jsonPath(#request.content + '', '$.a')}", "error: #jsonPath: invalid JSON"},
                    {"{#request.jsonContent.size()}", "0"}});
  }
}

TEST(ElEscapes, Json) {
  check({
      {"{#jsonEscape('say \"hi\"')}", "say \\\"hi\\\""},
      {"{#jsonEscape('a/b\\c')}", "a\\/b\\\\c"},
      {"{#jsonEscape('\n\t\x01')}", "\\n\\t\\u0001"},
      {"{#jsonEscape('\xc3\xa9\xf0\x9f\x98\x80')}", "\\u00E9\\uD83D\\uDE00"},
      {"{#jsonEscape({'a', 'b/'})}", "a b\\/"},
      {"{#jsonEscape(5)}", "5"},
      {"{#jsonEscape({a: 1})}", "error"},
  });
}

TEST(ElEscapes, Xml) {
  check({
      {"{#xmlEscape('<a b=\"c\">&''')}", "&lt;a b=&quot;c&quot;&gt;&amp;&apos;"},
      {"{#xmlEscape('a\x01\tb\xc3\xa9')}", "a\tb\xc3\xa9"},
      {"{#xmlEscape('\x7f')}", "&#127;"},
      {"{#xmlEscape({'<', '>'})}", "&lt; &gt;"},
      {"{#xmlEscape(#nope)}", "<null>"},
  });
}

std::string translated(std::string_view pattern) {
  auto result = translate_java_pattern(pattern);
  return result ? *result : "error: " + result.error().message;
}

TEST(ElRegex, TranslatesWhatJavaReadsInAnotherWay) {
  EXPECT_EQ(translated("a.b"), "a[^\\n\\r\\x{85}\\x{2028}\\x{2029}]b");
  EXPECT_EQ(translated("(?s)."), "(?s).");
  EXPECT_EQ(translated("[.]\\."), "[.]\\.");
  EXPECT_EQ(translated("(?<n>a)"), "(?P<n>a)");
  EXPECT_EQ(translated("\\u0041"), "\\x{0041}");
  EXPECT_EQ(translated("\\s[\\s]\\S"), "[\\s\\x0b][\\s\\x0b][^\\s\\x0b]");
  EXPECT_EQ(translated("\\p{Alpha}[\\p{Digit}x]\\P{Upper}"), "[[:alpha:]][[:digit:]x][[:^upper:]]");
  EXPECT_EQ(translated("\\p{L}"), "\\p{L}");
  EXPECT_EQ(translated("\\Qa.b\\Ec"), "a\\.bc");
  EXPECT_EQ(translated("[]a]"), "[\\]a]");
}

// The pattern that url-rewriting's documentation shows has such a group.
TEST(ElRegex, AnAtomicGroupOfSingleCharactersIsAPlainGroup) {
  EXPECT_EQ(translated("(?>a)"), "(?:a)");
  EXPECT_EQ(translated("https?://[^\\/]*\\/((?>\\w|\\d|\\-|\\/|\\?|\\=|\\&)*)"),
            "https?://[^\\/]*\\/((?:\\w|\\d|\\-|\\/|\\?|\\=|\\&)*)");
  auto regex = Regex::compile("(?>a|\\d)+b");
  ASSERT_TRUE(regex);
  EXPECT_TRUE((*regex)->matches_all("a1a2b"));
  EXPECT_FALSE((*regex)->matches_all("acb"));
  for (std::string_view pattern :
       {"(?>ab)", "(?>a|bc)", "(?>a*)", "(?>a|)", "(?>)", "(?>(a))", "(?>a", "(?>a|", "(?>",
        "(?>[ab])", "(?>\\b)", "(?>\\u0041)", "(?>\\", "(?>^)", "(?>a{2})"}) {
    EXPECT_NE(translated(pattern).find("an atomic group may only hold single characters"),
              std::string::npos)
        << pattern;
  }
}

TEST(ElRegex, RefusesWhatItCannotDo) {
  for (std::string_view pattern :
       {"(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?>ab)", "a++", "a*+", "(a)\\1", "\\k<n>", "[a[b]]",
        "[a-z&&[^b]]", "(?x)a", "[a", "a\\", "\\u12"}) {
    EXPECT_EQ(translated(pattern).substr(0, 6), "error:") << pattern;
  }
  EXPECT_EQ(translated(std::string(kPatternBytesMax + 1, 'a')).substr(0, 6), "error:");
  EXPECT_FALSE(Regex::compile("(a"));
  EXPECT_FALSE(Regex::compile("\\p{IsNonsense}"));
}

}  // namespace
}  // namespace perigee::el
