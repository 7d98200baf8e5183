// Expression language, section 4: literals, operators and their semantics.
#include "tests/el/support/rows.hpp"

namespace perigee::el {
namespace {

using test::check;
using test::compile_error;

TEST(ElGrammar, Literals) {
  check({
      {"{('a')}", "a"},
      {"{(\"a\")}", "a"},
      {"{('it''s')}", "it's"},
      {"{(\"a\"\"b\")}", "a\"b"},
      {"{('a\"b')}", "a\"b"},
      {"{('')}", ""},
      {"{('''')}", "'"},
      {"{(12)}", "12"},
      {"{(12L)}", "12"},
      {"{(12l)}", "12"},
      {"{(0xFF)}", "255"},
      {"{(0xFFL)}", "255"},
      {"{(1.5)}", "1.5"},
      {"{(1.5f)}", "1.5"},
      {"{(1.5d)}", "1.5"},
      {"{(1e3)}", "1000.0"},
      {"{(1.5E-3)}", "0.0015"},
      {"{(2d)}", "2.0"},
      {"{(true)}", "true"},
      {"{(FALSE)}", "false"},
      {"{(null)}", "<null>"},
      {"{(2147483648)}", "error: write an L"},
      {"{(2147483648L)}", "2147483648"},
      {"{(99999999999999999999L)}", "error: 64 bits"},
      {"{('a)}", "error: not closed"},
      {"{(1a)}", "error: cannot go on"},
      {"{(1.e)}", "error"},
  });
}

TEST(ElGrammar, Precedence) {
  check({
      {"{(1 + 2 * 3)}", "7"},
      {"{((1 + 2) * 3)}", "9"},
      {"{(10 - 2 - 3)}", "5"},
      {"{(2 * 3 ^ 2)}", "18"},
      {"{(-2 ^ 2)}", "4"},  // unary binds closer than the power
      {"{(1 + 1 == 2 && 3 > 2)}", "true"},
      {"{(true or false and false)}", "true"},
      {"{(not true or true)}", "true"},
      {"{(1 == 1 ? 2 + 3 : 4)}", "5"},
      {"{(true ? false ? 1 : 2 : 3)}", "2"},
      {"{(10 div 3 mod 2)}", "1"},
      {"{(1 + 2 + 'a' + 1 + 2)}", "3a12"},
      {"{(1 - 2 + 3 - 4)}", "-2"},
      {"{(1 < 2 < 3)}", "error: '<' stands where"},
  });
}

TEST(ElGrammar, KeywordsIgnoreCase) {
  check({
      {"{(true AND NOT false)}", "true"},
      {"{(1 EQ 1)}", "true"},
      {"{(1 Ne 1)}", "false"},
      {"{(1 LT 2 or 1 gt 2)}", "true"},
      {"{(1 le 1)}", "true"},
      {"{(1 GE 2)}", "false"},
      {"{(7 MOD 4)}", "3"},
      {"{(7 Div 2)}", "3"},
      {"{('a' MATCHES 'A')}", "false"},
      {"{(2 BETWEEN {1,3})}", "true"},
      {"{('a' InstanceOf T(String))}", "true"},
  });
}

TEST(ElGrammar, Arithmetic) {
  check({
      {"{(7 / 2)}", "3"},
      {"{(-7 / 2)}", "-3"},
      {"{(-7 % 3)}", "-1"},
      {"{(7 % -3)}", "1"},
      {"{(7 / 2.0)}", "3.5"},
      {"{(7.5 % 2)}", "1.5"},
      {"{(2147483647 + 1)}", "-2147483648"},
      {"{(2147483647 + 1L)}", "2147483648"},
      {"{(9223372036854775807L + 1)}", "-9223372036854775808"},
      {"{(-2147483647 - 1)}", "-2147483648"},
      {"{((-2147483647 - 1) / -1)}", "-2147483648"},
      {"{((-9223372036854775807L - 1) / -1)}", "-9223372036854775808"},
      {"{((-9223372036854775807L - 1) % -1)}", "0"},
      {"{(1 / 0)}", "error: division by zero"},
      {"{(1 % 0)}", "error: division by zero"},
      {"{(1.0 / 0)}", "Infinity"},
      {"{(0.0 / 0)}", "NaN"},
      {"{(2 ^ 31)}", "2147483648"},
      {"{(2 ^ 0.5)}", "1.4142135623730951"},
      {"{(2L ^ 3)}", "8"},
      {"{(+5)}", "5"},
      {"{(-(5))}", "-5"},
      {"{(-'a')}", "error: cannot negate"},
      {"{('a' * 2)}", "error: cannot multiply"},
      {"{(null + 1)}", "error: cannot add"},
      {"{(true + 1)}", "error: cannot add"},
      {"{(0.1 + 0.2)}", "0.30000000000000004"},
      {"{(1 +)}", "error"},
  });
}

TEST(ElGrammar, PlusWithText) {
  check({
      {"{('a' + 1)}", "a1"},
      {"{(1 + 'a')}", "1a"},
      {"{('a' + null)}", "anull"},
      {"{(null + 'a')}", "nulla"},
      {"{('a' + true)}", "atrue"},
      {"{('a' + 1.0)}", "a1.0"},
      {"{('a' + {1, 2})}", "a1,2"},
      {"{(#request.headers['X-Tier'] + '-s')}", "gold-s"},
      {"{('m' + {a: 1, b: 'x'})}", "m{a=1, b=x}"},
      {"{('m' + {:})}", "m{}"},
      {"{('c' + #context.attributes['jwt.claims'])}",
       "c{iss=https://idp.acme.test, scope=[read, write]}"},
  });
}

TEST(ElGrammar, Equality) {
  check({
      {"{(1 == 1.0)}", "true"},
      {"{(1 == 1L)}", "true"},
      {"{(1 == '1')}", "false"},
      {"{('a' == 'a')}", "true"},
      {"{('a' == 'A')}", "false"},
      {"{(null == null)}", "true"},
      {"{(null == 'a')}", "false"},
      {"{('a' != null)}", "true"},
      {"{({1,2} == {1,2})}", "true"},
      {"{({1,2} == {2,1})}", "false"},
      {"{({1,2} == {1,2,3})}", "false"},
      {"{({a:1} == {a:1.0})}", "true"},
      {"{(true == 'true')}", "false"},
      {"{(true == true)}", "true"},
      {"{({'a'} == 'a')}", "false"},
      {"{(0xFFL eq 255)}", "true"},
      {"{(1 ne 2)}", "true"},
  });
}

TEST(ElGrammar, Comparison) {
  check({
      {"{('b' > 'a')}", "true"},
      {"{('a' < 'B')}", "false"},
      {"{('a' <= 'a')}", "true"},
      {"{(1 < 1.5)}", "true"},
      {"{(2L >= 2)}", "true"},
      {"{(null < 1)}", "true"},
      {"{(null < 'a')}", "true"},
      {"{(1 > null)}", "true"},
      {"{(null <= null)}", "true"},
      {"{(null < null)}", "false"},
      {"{(1 < 'a')}", "error: cannot compare a number and a text"},
      {"{('1' < 2)}", "error"},
      {"{({1} < {2})}", "error"},
      // By UTF-16 unit: a character outside the basic plane is below U+FF5E.
      {"{('\xf0\x9f\x98\x80' < '\xef\xbd\x9e')}", "true"},
      {"{(5 between {1,5})}", "true"},
      {"{(5 between {6,9})}", "false"},
      {"{('b' between {'a','c'})}", "true"},
      {"{(5 between {1})}", "error: two values"},
      {"{(5 between 1)}", "error"},
      {"{(0 between {1, 'a'})}", "error: cannot compare"},
  });
}

TEST(ElGrammar, Logic) {
  check({
      {"{(true && false)}", "false"},
      {"{(true || #nope.x)}", "true"},
      {"{(false && #nope.x)}", "false"},
      {"{(#nope.x || true)}", "error"},
      {"{('yes' and 'on')}", "true"},
      {"{(null and true)}", "error: not null"},
      {"{(false or null)}", "error: not null"},
      {"{(!null)}", "error"},
      {"{(!'off')}", "true"},
      {"{(1 and true)}", "error: a number is not a boolean"},
      {"{('x' and true)}", "error: a text of 1 byte is not a boolean"},
      {"{(!!true)}", "true"},
      {"{(not not false)}", "false"},
  });
}

TEST(ElGrammar, TernaryAndElvis) {
  check({
      {"{(true ? 'a' : #nope.x)}", "a"},
      {"{(false ? #nope.x : 'b')}", "b"},
      {"{('yes' ? 'a' : 'b')}", "a"},
      {"{(null ? 'a' : 'b')}", "error"},
      {"{('x' ? 'a' : 'b')}", "error"},
      {"{(null ?: 'd')}", "d"},
      {"{('' ?: 'd')}", "d"},
      {"{('v' ?: #nope.x)}", "v"},
      {"{(0 ?: 'd')}", "0"},
      {"{(false ?: 'd')}", "false"},
      {"{(null ?: null ?: 'd')}", "d"},
      {"{(true ? 'a')}", "error: ':' of a ternary"},
  });
}

TEST(ElGrammar, SafeNavigation) {
  check({
      {"{#nope?.x}", "<null>"},
      {"{#nope?.x?.y}", "<null>"},
      {"{#nope?.x.y}", "error: on null"},  // the rest is evaluated on null
      {"{#nope?.length()}", "<null>"},
      {"{#nope?.![#this]}", "<null>"},
      {"{#nope?.?[true]}", "<null>"},
      {"{#nope.x}", "error: the property 'x' cannot be read on null"},
      {"{#nope.length()}", "error: on null"},
      {"{#nope['x']}", "error: null has no index"},
      {"{#nope.?[true]}", "error"},
      {"{#request?.id}", "req-1"},
  });
  check("{}", {{"{#subscription?.id}", "<null>"},
               {"{#subscription.id}", "error: #subscription is null"}});
}

TEST(ElGrammar, Indexes) {
  check({
      {"{({'a','b'}[1])}", "b"},
      {"{({'a','b'}['1'])}", "b"},
      {"{({'a','b'}[2])}", "error: index 2 is outside of a list of size 2"},
      {"{({'a','b'}[-1])}", "error: outside"},
      {"{({'a','b'}[null])}", "error"},
      {"{('abc'[1])}", "b"},
      {"{('abc'[3])}", "error: outside"},
      {"{('h\xc3\xa9llo'[1])}", "\xc3\xa9"},
      {"{({a: 1}['a'])}", "1"},
      {"{({a: 1}[a])}", "1"},  // a bare word is the text itself
      {"{({a: 1}.a)}", "1"},
      {"{({a: 1}['b'])}", "<null>"},
      {"{({'x-1': 1}[x-1])}", "error"},
      {"{#properties[ratelimit]}", "10"},
      {"{({'a','b'}[a])}", "error: 'a' is not known here"},
      {"{(5[0])}", "error: a number has no index"},
  });
}

TEST(ElGrammar, InlineListsAndMaps) {
  check({
      {"{({})}", ""},
      {"{({1, 2, 3})}", "1,2,3"},
      {"{({1, {2, 3}})}", "{({1, {2, 3}})}"},  // the recogniser allows one level of braces
      {"{({:}.isEmpty())}", "true"},
      {"{({a: 1, 'b': 2, \"c\": 3}.size())}", "3"},
      {"{({a: 1}.containsKey('a'))}", "true"},
      {"{({1: 'x'}['1'])}", "x"},
      {"{({a: #request.id}.a)}", "req-1"},
      {"{({1, 2)}", "{({1, 2)}"},  // the brace is not closed: text
      {"{({1 2})}", "error: '2' stands where"},
      {"{({a: 1, b})}", "error: ':' after a key"},
      {"{({a: 1})}", "error: a map has no text form"},
  });
}

TEST(ElGrammar, SelectionAndProjection) {
  check({
      {"{({1,2,3,4}.?[#this % 2 == 0])}", "2,4"},
      {"{({1,2,3,4}.^[#this > 1])}", "2"},
      {"{({1,2,3,4}.$[#this > 1])}", "4"},
      {"{({1,2}.^[#this > 5])}", "<null>"},
      {"{({1,2}.?[#this > 5])}", ""},
      {"{({1,2}.![#this * 2])}", "2,4"},
      {"{({'a','bb'}.![length()])}", "1,2"},
      {"{({1,2}.?[null])}", "error: selection is null"},
      {"{({1,2}.?['x'])}", "error"},
      {"{(5.?[true])}", "error"},
      {"{('a'.![#this])}", "error: needs a list or a map"},
      {"{({a:1,b:2}.?[value > 1].keySet())}", "b"},
      {"{({a:1,b:2}.![key + value])}", "a1,b2"},
      {"{({a:1,b:2}.^[value > 0].b)}", "<null>"},
      {"{#jsonPath(#request.content, '$.items').?[p > 15].![id]}", "2"},
      {"{#request.paths.![length()]}", "0,6,3,5"},
      {"{#request.headers.?[key == 'host'].size()}", "1"},
      {"{#this}", "<null>"},
      {"{#root}", "<null>"},
  });
}

TEST(ElGrammar, Instanceof) {
  check({
      {"{('a' instanceof T(String))}", "true"},
      {"{(1 instanceof T(Integer))}", "true"},
      {"{(1L instanceof T(Integer))}", "false"},
      {"{(1 instanceof T(java.lang.Number))}", "true"},
      {"{({1} instanceof T(java.util.List))}", "true"},
      {"{({a:1} instanceof T(java.util.Map))}", "true"},
      {"{(null instanceof T(String))}", "false"},
      {"{('a' instanceof 'b')}", "error: needs T(..)"},
  });
}

TEST(ElGrammar, Matches) {
  check({
      {"{('abc' matches 'a.c')}", "true"},
      {"{('abcd' matches 'a.c')}", "false"},
      {"{(null matches 'a')}", "error: not null"},
      {"{(123 matches '[0-9]+')}", "true"},
      {"{(#request.id matches #request.id)}", "true"},
      {"{('a' matches '(a)\\1')}", "error: back-references"},
      {"{('a' matches '(?=a)a')}", "error: look-around"},
      {"{('a' matches 1)}", "error"},
  });
}

TEST(ElGrammar, RefusesWithTheColumn) {
  EXPECT_NE(compile_error("{#a = 1}").find("column 5: assignment is not supported"),
            std::string::npos);
  EXPECT_NE(compile_error("{(@bean)}").find("column 3: bean references"), std::string::npos);
  EXPECT_NE(compile_error("{#a b}").find("column 5: 'b' stands where"), std::string::npos);
  EXPECT_NE(compile_error("{#}").find("column 3: the expression ends where the name"),
            std::string::npos);
  EXPECT_NE(compile_error("{#a.}").find("a property or a method"), std::string::npos);
  EXPECT_NE(compile_error("{#a[}").find("a value"), std::string::npos);
  EXPECT_NE(compile_error("{#a[1}").find("']' after an index"), std::string::npos);
  EXPECT_NE(compile_error("{#a.b(1}").find("',' or ')'"), std::string::npos);
  EXPECT_NE(compile_error("{#a++}").find("'++' is not supported"), std::string::npos);
  EXPECT_NE(compile_error("{(1}").find("parenthesis at column 2"), std::string::npos);
  EXPECT_NE(compile_error("{#group[[0]]}"), "");
  EXPECT_NE(compile_error("{(new int[2]{1, 2})}").find("column 3: a new array takes a size or"),
            std::string::npos);
  EXPECT_NE(compile_error("{(new int[2][2])}").find("column 3: a new array has one dimension"),
            std::string::npos);
  EXPECT_NE(compile_error("{(new int[])}").find("'{' of the values of a new array"),
            std::string::npos);
}

TEST(ElGrammar, NewArrays) {
  check({
      {"{(new int[]{1, 2, 3})}", "1,2,3"},
      {"{(new int[]{1, 2, 3}[1])}", "2"},
      {"{(new int[]{1, 2, 3}.length)}", "3"},
      {"{(new int[]{}.length)}", "0"},
      {"{(new String[]{'a', 5, null}[1] + 'x')}", "5x"},
      {"{(new java.lang.String[]{'a', 'b'})}", "a,b"},
      {"{(new int[]{'7', 8L})}", "7,8"},
      {"{(new int[]{'x'})}", "error: a text of 1 byte is not an integer"},
      {"{(new int[]{null})}", "error: a number is needed, not null"},
      {"{(new double[]{1, '2.5'})}", "1.0,2.5"},
      {"{(new boolean[]{'yes', false})}", "true,false"},
      {"{(new int[2])}", "0,0"},
      {"{(new boolean[1 + 1])}", "false,false"},
      {"{(new String[2][0])}", "error"},
      {"{(new long[2].length)}", "2"},
      {"{(new int[-1])}", "error: the size of an array is no count"},
      {"{(new int[2000000000])}", "error: more than 200000 steps"},
      {"{(new java.io.File[2])}", "error: new java.io.File[] is not allowed"},
      {"{T(String).format('%s %s', new String[]{'a', 'b'})}", "a b"},
      {"{(new int[]{1, 2}.size())}", "error: 'size' is not allowed"},
  });
}

}  // namespace
}  // namespace perigee::el
