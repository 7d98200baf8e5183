// Expression language, section 6: methods of texts, numbers, lists, maps and statics.
#include "tests/el/support/rows.hpp"

namespace perigee::el {
namespace {

using test::check;
using test::compile_error;

TEST(ElMethods, Texts) {
  check({
      {"{('abc'.length())}", "3"},
      {"{('h\xc3\xa9'.length())}", "2"},
      {"{('\xf0\x9f\x98\x80'.length())}", "2"},  // two UTF-16 units
      {"{(''.isEmpty())}", "true"},
      {"{(' \t'.isBlank())}", "true"},
      {"{('abc'.charAt(1))}", "b"},
      {"{('abc'.charAt(3))}", "error: position 3"},
      {"{('abc'.codePointAt(0))}", "97"},
      {"{('abc'.substring(1))}", "bc"},
      {"{('abc'.substring(3))}", ""},
      {"{('abc'.substring(0, 2))}", "ab"},
      {"{('h\xc3\xa9llo'.substring(2))}", "llo"},
      {"{('abc'.substring('1'))}", "bc"},
      {"{('abc'.substring(4))}", "error: position 4"},
      {"{('abc'.substring(2, 1))}", "error"},
      {"{('abc'.substring(-1))}", "error"},
      {"{('abcb'.indexOf('b'))}", "1"},
      {"{('abcb'.indexOf('b', 2))}", "3"},
      {"{('abcb'.indexOf('x'))}", "-1"},
      {"{('abcb'.indexOf(98))}", "1"},
      {"{('\xc3\xa9x'.indexOf('x'))}", "1"},
      {"{('abcb'.lastIndexOf('b'))}", "3"},
      {"{('abcb'.lastIndexOf('b', 2))}", "1"},
      {"{('abc'.contains('bc'))}", "true"},
      {"{('abc'.contains(null))}", "error: argument 1 is null"},
      {"{('abc'.startsWith('b', 1))}", "true"},
      {"{('abc'.startsWith('ab'))}", "true"},
      {"{('abc'.endsWith('bc'))}", "true"},
      {"{('abc'.equals('abc'))}", "true"},
      {"{('abc'.equals(null))}", "false"},
      {"{('aBc'.equalsIgnoreCase('AbC'))}", "true"},
      {"{('\xc3\x89'.equalsIgnoreCase('\xc3\xa9'))}", "true"},
      {"{('abc'.compareTo('abd'))}", "-1"},
      {"{('abc'.compareTo('a'))}", "2"},
      {"{('a'.compareToIgnoreCase('B'))}", "-1"},
      {"{('\xc3\x89T\xc3\x89'.toLowerCase())}", "\xc3\xa9t\xc3\xa9"},
      {"{('stra\xc3\x9f"
       "e'.toUpperCase())}",
       "STRASSE"},
      {"{('  a '.trim() + '|')}", "a|"},
      {"{(' a '.strip())}", "a"},
      {"{(' a '.stripLeading() + '|')}", "a |"},
      {"{(' a '.stripTrailing())}", " a"},
      {"{('aXbX'.replace('X', '--'))}", "a--b--"},
      {"{('ab'.replace('', '-'))}", "-a-b-"},
      {"{('a.b'.replace('.', ''))}", "ab"},
      {"{('ab'.repeat(3))}", "ababab"},
      {"{('ab'.concat('c'))}", "abc"},
      {"{('abc'.hashCode())}", "96354"},
      {"{('a'.toString())}", "a"},
      {"{('%s-%d'.formatted('x', 5))}", "x-5"},
      {"{('hi'.getBytes())}", "104,105"},
      {"{('\xc3\xa9'.getBytes('UTF-8'))}", "-61,-87"},
      {"{('hi'.getBytes().length)}", "2"},
      {"{('hi'.getBytes('EBCDIC'))}", "error: charset"},
      {"{('hi'.length)}", "error: a text has no property 'length'"},
      {"{('abc'.substring())}", "error: does not take 0 arguments"},
      {"{('abc'.intValue())}", "error: 'intValue' is not allowed on a text"},
  });
}

TEST(ElMethods, SplitFollowsJava) {
  check({
      {"{('a,b,c'.split(','))}", "a,b,c"},
      {"{('a,b,c'.split(',').length)}", "3"},
      {"{('a,b,,'.split(',').length)}", "2"},  // trailing empty texts go
      {"{(',a'.split(',').length)}", "2"},     // leading ones stay
      {"{('a,b,,'.split(',', -1).length)}", "4"},
      {"{('a,b,c'.split(',', 2)[1])}", "b,c"},
      {"{('abc'.split(''))}", "a,b,c"},
      {"{('abc'.split('x')[0])}", "abc"},
      {"{(''.split(',').length)}", "1"},
      {"{(','.split(',').length)}", "0"},
      {"{('a1b22c'.split('[0-9]+'))}", "a,b,c"},
      {"{('Bearer abc'.split(' ')[1])}", "abc"},
      {"{('a|b'.split('\\|')[1])}", "b"},
      {"{('a.b'.split('.').length)}", "0"},  // a dot is a pattern
  });
}

TEST(ElMethods, ReplaceAllFollowsJava) {
  check({
      {"{('a1b2'.replaceAll('[0-9]', '#'))}", "a#b#"},
      {"{('a1b2'.replaceFirst('[0-9]', '#'))}", "a#b2"},
      {"{('john doe'.replaceAll('(\\w+) (\\w+)', '$2 $1'))}", "doe john"},
      {"{('ab'.replaceAll('(?<x>a)', '[${x}]'))}", "[a]b"},
      {"{('ab'.replaceAll('x*', '-'))}", "-a-b-"},
      {"{('ab'.replaceAll('a', '\\$'))}", "$b"},
      {"{('ab'.replaceAll('a', '$1'))}", "error: names no group"},
      {"{('ab'.replaceAll('(a', ''))}", "error: regular expression"},
      {"{(#request.path.replaceAll('^/stores', ''))}", "/123/items"},
      {"{('abc'.matches('a.c'))}", "true"},
      {"{('abc'.matches('b'))}", "false"},
  });
}

TEST(ElMethods, Numbers) {
  check({
      {"{(5.9.intValue())}", "5"},
      {"{((-5.9).intValue())}", "-5"},
      {"{(1e20.intValue())}", "2147483647"},
      {"{(5.longValue())}", "5"},
      {"{(5.doubleValue())}", "5.0"},
      {"{(300.byteValue())}", "44"},
      {"{(5.compareTo(6))}", "-1"},
      {"{(5.toString() + 1)}", "51"},
      {"{(5.equals(5))}", "true"},
      {"{(1.5.isNaN())}", "false"},
      {"{(5.length())}", "error: not allowed on a number"},
  });
}

TEST(ElMethods, Collections) {
  check({
      {"{({1,2}.size())}", "2"},
      {"{({1,2}.contains(2))}", "true"},
      {"{({1,2}.contains('2'))}", "false"},
      {"{({}.isEmpty())}", "true"},
      {"{({1,2}.get(1))}", "2"},
      {"{({1,2}.get(2))}", "error: index 2"},
      {"{({1,2}.add(3))}", "error: 'add' is not allowed"},
      {"{({1,2}.stream())}", "error: 'stream' is not allowed"},
      {"{({1,2}.toString())}", "[1, 2]"},
      {"{({1,2}.equals({1,2}))}", "true"},
      {"{({a:1}.get('a'))}", "1"},
      {"{({a:1}.get('b'))}", "<null>"},
      {"{({a:1}.getOrDefault('b', 7))}", "7"},
      {"{({a:1,b:2}.keySet())}", "a,b"},
      {"{({a:1,b:2}.values())}", "1,2"},
      {"{({a:1}.containsValue(1))}", "true"},
      {"{({a:1}.entrySet().![getKey() + getValue()])}", "a1"},
      {"{({a:1}.put('b', 2))}", "error: 'put' is not allowed"},
      {"{({a:1}.toString())}", "{a=1}"},
      {"{#context.attributes['jwt.claims'].scope.contains('write')}", "true"},
      {"{#properties.size()}", "5"},
      {"{#properties.containsKey('ratelimit')}", "true"},
  });
}

TEST(ElMethods, NumberStatics) {
  check({
      {"{T(java.lang.Integer).parseInt('12')}", "12"},
      {"{T(Integer).parseInt('-7')}", "-7"},
      {"{T(Integer).parseInt('+7')}", "7"},
      {"{T(Integer).parseInt('ff', 16)}", "255"},
      {"{T(Integer).parseInt(' 1')}", "error: not a number"},
      {"{T(Integer).parseInt('1.5')}", "error"},
      {"{T(Integer).parseInt('2147483648')}", "error"},
      {"{T(Integer).parseInt(null)}", "error: argument 1 is null"},
      {"{T(Integer).valueOf('5')}", "5"},
      {"{T(Integer).toHexString(-1)}", "ffffffff"},
      {"{T(Integer).toBinaryString(5)}", "101"},
      {"{T(Integer).max(3, 4)}", "4"},
      {"{T(Long).parseLong('2147483648')}", "2147483648"},
      {"{T(Long).toHexString(255L)}", "ff"},
      {"{T(Short).parseShort('40000')}", "error"},
      {"{T(Double).parseDouble(' 1.5 ')}", "1.5"},
      {"{T(Double).valueOf('1e2')}", "100.0"},
      {"{T(Double).parseDouble('x')}", "error"},
      {"{T(Float).parseFloat('2.5')}", "2.5"},
      {"{T(Double).compare(1.0, 2.0)}", "-1"},
      {"{(new java.lang.Integer('5') + 1)}", "6"},
      {"{(new Long('5') + 1)}", "6"},
  });
}

TEST(ElMethods, Math) {
  check({
      {"{T(Math).abs(-4.5)}", "4.5"},
      {"{T(Math).abs(-2147483648L)}", "2147483648"},
      {"{T(Math).max(3, 9)}", "9"},
      {"{T(Math).max(3, 9.5)}", "9.5"},
      {"{T(Math).min(3, 9L)}", "3"},
      {"{T(Math).floor(1.7)}", "1.0"},
      {"{T(Math).ceil(1.2)}", "2.0"},
      {"{T(Math).round(1.5)}", "2"},
      {"{T(Math).round(-1.5)}", "-1"},
      {"{T(Math).sqrt(9)}", "3.0"},
      {"{T(Math).pow(2, 10)}", "1024.0"},
      {"{T(Math).floorMod(-7, 3)}", "2"},
      {"{T(Math).negateExact(5)}", "-5"},
      {"{T(Math).negateExact(-2147483647 - 1)}", "error: integer overflow"},
      {"{T(Math).incrementExact(2147483647L)}", "2147483648"},
      {"{T(Math).incrementExact(2147483647)}", "error: integer overflow"},
      {"{T(Math).decrementExact(1)}", "0"},
      {"{T(Math).expm1(0)} {T(Math).log1p(0)}", "0.0 0.0"},
      {"{T(Math).sinh(0)} {T(Math).cosh(0)} {T(Math).tanh(0)}", "0.0 1.0 0.0"},
      {"{T(Math).floorDiv(-7, 3)}", "-3"},
      {"{T(Math).signum(-2.5)}", "-1.0"},
      {"{T(Math).addExact(2147483647, 1)}", "error: integer overflow"},
      {"{T(Math).abs('-5')}", "5"},
      {"{T(Math).abs('x')}", "error: a text is not a number"},
      {"{(T(Math).random() < 1.0)}", "true"},
      {"{T(Math).PI}", "error: a type has no property 'PI'"},
  });
}

TEST(ElMethods, TextStatics) {
  check({
      {"{T(String).valueOf(5)}", "5"},
      {"{T(String).valueOf({1,2})}", "[1, 2]"},
      {"{T(String).join('-', 'a', 'b')}", "a-b"},
      {"{T(String).join('-', {'a', 'b'})}", "a-b"},
      {"{T(String).join(', ', #request.headers['X-Multi'])}", "one, two"},
      {"{(new String('x'))}", "x"},
      {"{(new java.lang.String('hi'.getBytes(), 'UTF-8'))}", "hi"},
  });
}

TEST(ElMethods, SearchesOfLongTextsAreBounded) {
  check({
      {"{('a'.repeat(4000000).contains('a'.repeat(2000000) + 'b'))}", "false"},
      {"{('a'.repeat(4000000).indexOf('a'.repeat(2000000) + 'b'))}", "-1"},
      {"{('a'.repeat(4000000).replace('a'.repeat(2000000) + 'b', '').length())}", "4000000"},
      {"{('a'.repeat(4000000).lastIndexOf('b' + 'a'.repeat(2000000)))}",
       "error: more than 200000 steps"},
  });
}

TEST(ElMethods, Format) {
  check({
      {"{T(String).format('%s|%5s|%-5s|', 'a', 'b', 'c')}", "a|    b|c    |"},
      {"{T(String).format('%S %c %b', 'a', 'x', true)}", "A x true"},
      {"{T(String).format('%d %05d %,d %+d', 7, 42, 1234567, 5)}", "7 00042 1,234,567 +5"},
      {"{T(String).format('%d %05d %(d', -7, -42, -5)}", "-7 -0042 (5)"},
      {"{T(String).format('%x %X %o %08x', 255, 255, 8, 255)}", "ff FF 10 000000ff"},
      {"{T(String).format('%x', -1)}", "ffffffff"},
      {"{T(String).format('%f %.2f %8.1f', 1.5, 2.345, 3.0)}", "1.500000 2.35      3.0"},
      {"{T(String).format('%,.2f', 1234.5)}", "1,234.50"},
      {"{T(String).format('%.1e', 12345.0)}", "1.2e+04"},
      {"{T(String).format('%2$s %1$s', 'a', 'b')}", "b a"},
      {"{T(String).format('100%%%n')}", "100%\n"},
      {"{T(String).format('%.2s', 'abc')}", "ab"},
      {"{T(String).format('%s', null)}", "null"},
      {"{T(String).format('%d', 'a')}", "error: needs an integer"},
      {"{T(String).format('%f', 1)}", "error: needs a decimal number"},
      {"{T(String).format('%s %s', 'a')}", "error: has no argument"},
      {"{T(String).format('%')}", "error: ends inside"},
      {"{T(String).format('%9999d', 1)}", "error: too wide"},
      {"{T(String).format(#request.id + '%s', 'a')}", "req-1a"},
  });
  check({
      {"{T(String).format('%B %C %E', true, 'x', 1234.5)}", "TRUE X 1.234500E+03"},
      {"{T(String).format('%h %H', 'abc', 'abc')}", "17862 17862"},
      {"{T(String).format('%g %g %.3g', 1234.5, 0.00001, 12.5)}", "1234.50 1.00000e-05 12.5"},
      {"{T(String).format('%f', 1.0 / 0)}", "Infinity"},
      {"{T(String).format('%.2f', new java.math.BigDecimal('2.345'))}", "2.35"},
      {"{T(String).format('%tY', 'x')}", "error: needs a date, not a text"},
      {"{T(String).format('%tY', null)}", "null"},
  });
  for (const char* conversion : {"%a", "%A", "%tx"}) {
    std::string text = "{T(String).format('" + std::string(conversion) + "', 1)}";
    EXPECT_NE(compile_error(text).find("column 12: the conversion '" + std::string(conversion) +
                                       "' is not supported by this version"),
              std::string::npos)
        << compile_error(text);
  }
}

TEST(ElMethods, Base64) {
  check({
      {"{T(java.util.Base64).getEncoder().encodeToString('hello?>'.getBytes())}", "aGVsbG8/Pg=="},
      {"{T(java.util.Base64).getUrlEncoder().encodeToString('hello?>'.getBytes())}",
       "aGVsbG8_Pg=="},
      {"{T(java.util.Base64).getUrlEncoder().withoutPadding().encodeToString('hello?>'.getBytes())"
       "}",
       "aGVsbG8_Pg"},
      {"{(new String(T(java.util.Base64).getDecoder().decode('aGVsbG8=')))}", "hello"},
      {"{(new String(T(java.util.Base64).getDecoder().decode('aGVsbG8')))}", "hello"},
      {"{(new String(T(java.util.Base64).getUrlDecoder().decode('aGVsbG8_Pg')))}", "hello?>"},
      {"{(new String(T(java.util.Base64).getMimeDecoder().decode('aGV\nsbG8=')))}", "hello"},
      {"{T(java.util.Base64).getDecoder().decode('a')}", "error: is not Base64"},
      {"{T(java.util.Base64).getDecoder().decode('a*b=')}", "error: is not Base64"},
      {"{T(java.util.Base64).getDecoder().decode('YQ==')}", "97"},
      {"{T(java.util.Base64).getEncoder().encode('a'.getBytes())}", "89,81,61,61"},
      {"{T(java.util.Base64).getEncoder().encodeToString('a')}", "error: needs bytes"},
      {"{T(java.util.Base64).getEncoder().decode('YQ==')}", "error: 'decode' is not allowed"},
      {"{(new String(T(java.util.Base64).getDecoder().decode('dXNlcjpwYXNz')).split(':')[0])}",
       "user"},
  });
}

TEST(ElMethods, UrlCodec) {
  check({
      {"{T(java.net.URLEncoder).encode('a b&c/\xc3\xa9*', 'UTF-8')}", "a+b%26c%2F%C3%A9*"},
      {"{T(java.net.URLDecoder).decode('a+b%26c', 'UTF-8')}", "a b&c"},
      {"{T(java.net.URLDecoder).decode('%zz', 'UTF-8')}", "error: wrong % escape"},
      {"{T(java.net.URLDecoder).decode('%2', 'UTF-8')}", "error"},
      {"{T(java.net.URLEncoder).encode('a', 'latin9')}", "error: charset"},
  });
}

TEST(ElMethods, ImpureCallsAreNotFolded) {
  auto compiled = Template::compile("{T(java.util.UUID).randomUUID()}");
  ASSERT_TRUE(compiled);
  FakeClock clock;
  JsonVariables variables(test::sample_context(), clock);
  Arena arena;
  EXPECT_NE(**compiled->text(variables, arena), **compiled->text(variables, arena));
  auto now = Template::compile("{T(System).currentTimeMillis()}");
  ASSERT_TRUE(now);
  EXPECT_EQ(**now->integer(variables, arena), 1'700'000'000'000);
  clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(**now->integer(variables, arena), 1'700'000'002'000);
}

TEST(ElMethods, RandomStaysInItsBounds) {
  auto compiled = Template::compile("{(new java.util.Random().nextInt(3))}");
  ASSERT_TRUE(compiled) << compiled.error().message;
  FakeClock clock;
  JsonVariables variables(test::sample_context(), clock);
  Arena arena;
  std::array<int, 3> seen{};
  for (int i = 0; i < 300; ++i) {
    auto number = compiled->integer(variables, arena);
    ASSERT_TRUE(number && *number && **number >= 0 && **number < 3);
    ++seen[static_cast<std::size_t>(**number)];
  }
  for (int count : seen) EXPECT_GT(count, 0);
  EXPECT_EQ(test::eval("{(new java.util.Random().nextInt(0))}").substr(0, 6), "error:");
}

TEST(ElMethods, TextFormOfDoubles) {
  check({
      {"{(55.0)}", "55.0"},
      {"{(1.0E10)}", "1.0E10"},
      {"{(3.14)}", "3.14"},
      {"{(100.0)}", "100.0"},
      {"{(1234567.0)}", "1234567.0"},
      {"{(12345678.0)}", "1.2345678E7"},
      {"{(0.001)}", "0.001"},
      {"{(0.0001)}", "1.0E-4"},
      {"{(-0.5)}", "-0.5"},
      {"{(1.0E-10)}", "1.0E-10"},
      {"{(0.0)}", "0.0"},
      {"{(1.7976931348623157E308)}", "1.7976931348623157E308"},
  });
}

TEST(ElStatics, Bits) {
  check({
      {"{T(java.lang.Integer).bitCount(7)}", "3"},
      {"{T(java.lang.Integer).bitCount(-1)} {T(Long).bitCount(-1)}", "32 64"},
      {"{T(Integer).bitCount('7')}", "3"},
      {"{T(Integer).bitCount(3000000000L)}", "error: "},
      {"{T(Integer).bitCount(null)}", "error: null"},
      {"{T(Integer).bitCount(1, 2)}", "error: "},
      {"{T(Short).bitCount(1)}", "error: 'bitCount' is not allowed"},
      {"{T(Integer).numberOfLeadingZeros(1)} {T(Long).numberOfLeadingZeros(1)}", "31 63"},
      {"{T(Integer).numberOfLeadingZeros(0)} {T(Integer).numberOfTrailingZeros(0)}", "32 32"},
      {"{T(Long).numberOfTrailingZeros(8)}", "3"},
      {"{T(Integer).highestOneBit(100)} {T(Integer).lowestOneBit(100)}", "64 4"},
      {"{T(Integer).highestOneBit(-5)} {T(Integer).highestOneBit(0)}", "-2147483648 0"},
      {"{T(Integer).lowestOneBit(0)} {T(Long).lowestOneBit(-8)}", "0 8"},
      {"{T(Integer).reverse(1)} {T(Long).reverse(2)}", "-2147483648 4611686018427387904"},
      {"{T(Integer).reverseBytes(1)} {T(Long).reverseBytes(1)}", "16777216 72057594037927936"},
      {"{T(Integer).rotateLeft(1, 33)} {T(Integer).rotateLeft(1, -1)}", "2 -2147483648"},
      {"{T(Integer).rotateRight(1, 1)} {T(Long).rotateRight(2, 65)}", "-2147483648 1"},
      {"{T(Integer).compareUnsigned(-1, 1)} {T(Long).compareUnsigned(1, -1)}", "1 -1"},
      {"{T(Integer).divideUnsigned(-1, 2)} {T(Integer).remainderUnsigned(-1, 2)}", "2147483647 1"},
      {"{T(Long).divideUnsigned(-1, 2)}", "9223372036854775807"},
      {"{T(Integer).divideUnsigned(1, 0)}", "error: division by zero"},
      {"{T(Long).remainderUnsigned(1, 0)}", "error: division by zero"},
      {"{T(Double).isInfinite(1 / 0.0)} {T(Double).isFinite(1.5)} {T(Float).isFinite(0.0 / 0)}",
       "true true false"},
  });
}

}  // namespace
}  // namespace perigee::el
