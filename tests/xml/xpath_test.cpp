#include "xml/xpath.hpp"

namespace perigee::xml {
namespace {

constexpr std::string_view kShop =
    R"(<?xml version="1.0"?><!--top--><shop open="yes" xml:lang="en-GB">
<item id="1" kind="a"><name>Tea</name><price>10.5</price></item>
<item id="2" kind="b"><name>Cup <b>of</b> clay</name><price>20</price><!--c1--></item>
<item id="3" kind="a"><name>Pot</name><price>30</price><?ship fast?></item>
<x:note xmlns:x="u">n&amp;m</x:note><empty/>
</shop>)";

// The result with its kind: "nodes: a,b", "boolean: true", "number: 3", "text: ..".
std::string found(std::string_view path, std::string_view xml, Budget budget) {
  Arena arena;
  auto compiled = XPath::compile(path);
  if (!compiled) return "error: " + compiled.error().message;
  auto document = Document::parse(xml, arena, Names::qualified);
  EXPECT_TRUE(document) << document.error().message;
  auto value = (*compiled)->evaluate(*document, arena, budget);
  if (!value) return "error: " + value.error().message;
  if (value->kind != XPathValue::Kind::nodes) {
    constexpr std::string_view kKinds[] = {"", "boolean: ", "number: ", "text: "};
    return std::string(kKinds[static_cast<int>(value->kind)]) +
           std::string(*to_text(*value, arena, budget));
  }
  std::string all = "nodes: ";
  for (const Node* node : value->nodes) {
    if (node != value->nodes[0]) all += ',';
    auto text = text_of(*node, arena, budget);
    if (!text) return "error: " + text.error().message;
    all += node->kind == NodeKind::element && node->first_attribute
               ? std::string(node->name) + std::string(node->first_attribute->value)
               : std::string(*text);
  }
  return all;
}

std::string found(std::string_view path, std::string_view xml = kShop) {
  return found(path, xml, {.steps = 1'000'000, .bytes = 1'000'000});
}

struct Row {
  std::string_view path;
  std::string_view expected;
};
void check(std::initializer_list<Row> rows) {
  for (const Row& row : rows) EXPECT_EQ(found(row.path), row.expected) << row.path;
}

TEST(XPath, Paths) {
  check({
      {"/shop/item/price", "nodes: 10.5,20,30"},
      {"shop/item/price", "nodes: 10.5,20,30"},
      {"//price", "nodes: 10.5,20,30"},
      {".//price", "nodes: 10.5,20,30"},
      {"/shop//name", "nodes: Tea,Cup of clay,Pot"},
      {"/shop/*/name/..", "nodes: item1,item2,item3"},
      {"//item/@id", "nodes: 1,2,3"},
      {"//@kind", "nodes: a,b,a"},
      {"//item[@id = '2']/@*", "nodes: 2,b"},
      {"/item", "nodes: "},
      {"//none", "nodes: "},
      {"/", "nodes: \nTea10.5\nCup of clay20\nPot30\nn&m\n"},
      {"//name/text()", "nodes: Tea,Cup , clay,Pot"},
      {"//comment()", "nodes: top,c1"},
      {"//processing-instruction()", "nodes: fast"},
      {"//processing-instruction('ship')", "nodes: fast"},
      {"//processing-instruction('none')", "nodes: "},
      {"//b | //item[1]/name", "nodes: Tea,of"},
      {"//name | //name", "nodes: Tea,Cup of clay,Pot"},
      {"(//price)[2]", "nodes: 20"},
      {"(//item)[last()]/name", "nodes: Pot"},
      {"//item/self::node()[@id=3]", "nodes: item3"},
      {"//item[1]/namespace::*", "nodes: "},
      {"id('1')/name", "nodes: "},
  });
}

TEST(XPath, Axes) {
  check({
      {"//b/parent::name", "nodes: Cup of clay"},
      {"//b/ancestor::*[1]", "nodes: Cup of clay"},
      {"//b/ancestor::*[last()]", "nodes: shopyes"},
      {"//b/ancestor-or-self::*[1]", "nodes: of"},
      {"//item[2]/preceding-sibling::*", "nodes: item1"},
      {"//item[3]/preceding-sibling::*[1]", "nodes: item2"},
      {"//item[1]/following-sibling::item", "nodes: item2,item3"},
      {"//item[2]/following::price", "nodes: 30"},
      {"//item[2]/preceding::price", "nodes: 10.5"},
      {"//item[3]/preceding::price[1]", "nodes: 20"},
      {"//b/preceding::name", "nodes: Tea"},
      {"//item[2]/descendant::b", "nodes: of"},
      {"//item[2]/descendant-or-self::*/@id", "nodes: 2"},
      {"//item[1]/@id/following::price[1]", "nodes: 10.5"},
      {"//item[2]/@id/preceding::price", "nodes: 10.5"},
      {"//@id/..", "nodes: item1,item2,item3"},
      {"//@id/following-sibling::*", "nodes: "},
      {"/shop/child::item[position() = 2]", "nodes: item2"},
      {"/shop/attribute::open", "nodes: yes"},
      {"/self::shop", "nodes: "},
      {"/..", "nodes: "},
      {"//price[. > 15][1]", "nodes: 20,30"},
      {"(//price[. > 15])[1]", "nodes: 20"},
  });
}

TEST(XPath, Predicates) {
  check({
      {"//item[@kind='a']/name", "nodes: Tea,Pot"},
      {"//item[@kind='a'][2]/name", "nodes: Pot"},
      {"//item[2][@kind='a']", "nodes: "},
      {"//item[price > 15 and price < 25]", "nodes: item2"},
      {"//item[not(@kind='a') or price=30]", "nodes: item2,item3"},
      {"//item[name]", "nodes: item1,item2,item3"},
      {"//item[name/b]", "nodes: item2"},
      {"//item[position() mod 2 = 1]", "nodes: item1,item3"},
      {"//item[last()]", "nodes: item3"},
      {"//item[1.5]", "nodes: "},
      {"//item['']", "nodes: "},
      {"//item['x'][0 = 0]", "nodes: item1,item2,item3"},
      {"//*[local-name() = 'note']", "nodes: n&m"},
      {"//*[name() = 'x:note']", "nodes: n&m"},
      {"//note", "nodes: "},
  });
}

TEST(XPath, Operators) {
  check({
      {"1 + 2 * 3", "number: 7"},
      {"(1 + 2) * 3", "number: 9"},
      {"10 div 4", "number: 2.5"},
      {"7 mod 3", "number: 1"},
      {"-7 mod 3", "number: -1"},
      {"1 div 0", "number: Infinity"},
      {"-1 div 0", "number: -Infinity"},
      {"0 div 0", "number: NaN"},
      {"- - 2", "number: 2"},
      {"-(-0)", "number: 0"},
      {"2 - 3 - 4", "number: -5"},
      {"3 -1", "number: 2"},
      {"1000000 * 1000000", "number: 1000000000000"},
      {"0.1", "number: 0.1"},
      {".5 + 5.", "number: 5.5"},
      {"1 div 3", "number: 0.3333333333333333"},
      {"'a' = 'a'", "boolean: true"},
      {"'1' = 1", "boolean: true"},
      {"'a' < 'b'", "boolean: false"},
      {"1 < 2 = true()", "boolean: true"},
      {"true() = 'x'", "boolean: true"},
      {"1 != 1", "boolean: false"},
      {"0 div 0 = 0 div 0", "boolean: false"},
      {"false() or 1", "boolean: true"},
      {"'x' and ''", "boolean: false"},
      {"true() or count(1)", "boolean: true"},
      {"//price = 20", "boolean: true"},
      {"//price != 20", "boolean: true"},
      {"//price > 30", "boolean: false"},
      {"30 <= //price", "boolean: true"},
      {"15 > //price", "boolean: true"},
      {"//none = ''", "boolean: false"},
      {"//none = false()", "boolean: true"},
      {"//item/@kind = //item/@kind", "boolean: true"},
      {"//price = //name", "boolean: false"},
      {"//price < //price", "boolean: true"},
      {"//item/name = 'Tea'", "boolean: true"},
      {"shop div shop", "number: NaN"},  // names where an operand is expected
      {"//item[@id=1]/price*2", "number: 21"},
      {"count(//*) * 2", "number: 26"},
  });
}

TEST(XPath, Functions) {
  check({
      {"count(//item)", "number: 3"},
      {"sum(//price)", "number: 60.5"},
      {"sum(//name)", "number: NaN"},
      {"name(//x)", "text: "},
      {"name(/*)", "text: shop"},
      {"name(//@id)", "text: id"},
      {"local-name(//*[name()='x:note'])", "text: note"},
      {"namespace-uri(/*)", "text: "},
      {"string(//price)", "text: 10.5"},
      {"string(//none)", "text: "},
      {"string(1.0)", "text: 1"},
      {"string(true())", "text: true"},
      {"string(//item[2]/name)", "text: Cup of clay"},
      {"concat('a', 1, true())", "text: a1true"},
      {"starts-with('abc', 'ab')", "boolean: true"},
      {"contains('abc', '')", "boolean: true"},
      {"substring-before('1999/04', '/')", "text: 1999"},
      {"substring-after('1999/04', '/')", "text: 04"},
      {"substring-after('1999', '/')", "text: "},
      {"substring('12345', 2, 3)", "text: 234"},
      {"substring('12345', 2)", "text: 2345"},
      {"substring('12345', 1.5, 2.6)", "text: 234"},
      {"substring('12345', 0, 3)", "text: 12"},
      {"substring('12345', 0 div 0, 3)", "text: "},
      {"substring('12345', 1, 0 div 0)", "text: "},
      {"substring('12345', -42, 1 div 0)", "text: 12345"},
      {"substring('12345', -1 div 0, 1 div 0)", "text: "},
      {"substring('h\xc3\xa9llo', 2, 1)", "text: \xc3\xa9"},
      {"string-length('h\xc3\xa9')", "number: 2"},
      {"string-length()", "number: 33"},
      {"normalize-space('  a \n b ')", "text: a b"},
      {"translate('bar', 'abc', 'AB')", "text: BAr"},
      {"translate('--aaa--', 'abc-', 'ABC')", "text: AAA"},
      {"translate('\xc3\xa9t\xc3\xa9', '\xc3\xa9', 'e')", "text: ete"},
      {"boolean(//none)", "boolean: false"},
      {"boolean('false')", "boolean: true"},
      {"not(1)", "boolean: false"},
      {"lang('en')", "boolean: false"},
      {"boolean(//item[lang('EN')])", "boolean: true"},
      {"boolean(//item[lang('en-gb')])", "boolean: true"},
      {"boolean(//item[lang('e')])", "boolean: false"},
      {"number(' -12.50 ')", "number: -12.5"},
      {"number('1e3')", "number: NaN"},
      {"number('+1')", "number: NaN"},
      {"number('')", "number: NaN"},
      {"number('-')", "number: NaN"},
      {"number(true())", "number: 1"},
      {"floor(-1.5)", "number: -2"},
      {"ceiling(-1.5)", "number: -1"},
      {"round(-1.5)", "number: -1"},
      {"round(2.5)", "number: 3"},
      {"round(0 div 0)", "number: NaN"},
      {"last()", "number: 1"},
      {"position()", "number: 1"},
      {"//*[div]", "nodes: "},
      {"//and | //or", "nodes: "},
  });
}

TEST(XPath, RefusesWithThePosition) {
  check({
      {"", "error: position 1: a value or a path is expected, not the end"},
      {"//", "error: position 3: a step is expected, not the end"},
      {"/a/", "error: position 4: a step is expected, not the end"},
      {"a b", "error: position 3: an operator is expected, not 'b'"},
      {"a[1", "error: position 4: ']' of a predicate is expected, not the end"},
      {"(1", "error: position 3: ')' of a parenthesis is expected, not the end"},
      {"'a", "error: position 1: a quote is not closed"},
      {"1 +", "error: position 4: a value or a path is expected, not the end"},
      {"$v", "error: position 1: variables ($name) are not known here"},
      {"a#", "error: position 2: '#' is not expected"},
      {"x:a",
       "error: position 1: prefixes of namespaces are not known here; write *[name() = "
       "'x:a'] or use local-name()"},
      {"x:*",
       "error: position 1: prefixes of namespaces are not known here; write *[name() = "
       "'x:*'] or use local-name()"},
      {"sideways::a", "error: position 1: there is no axis 'sideways'"},
      {"document('x')", "error: position 1: there is no function 'document'"},
      {"count()", "error: position 1: 'count' does not take 0 arguments"},
      {"translate('a', 'b')", "error: position 1: 'translate' does not take 2 arguments"},
      {"child::document()", "error: position 8: there is no type of node 'document'"},
      {".[1]", "error: position 2: the end or an operator is expected, not '['"},
      {"count(1)", "error: count() and sum() need nodes"},
      {"(1)[1]", "error: a predicate needs nodes before it"},
      {"('a')/b", "error: a path needs nodes to start from"},
      {"1 | a", "error: '|' needs nodes on both sides"},
      {"name('a')", "error: name() and local-name() need nodes"},
  });
}

TEST(XPath, ItsTextHasLimits) {
  auto parentheses = [](std::size_t count) {
    return std::string(count, '(') + "1" + std::string(count, ')');
  };
  EXPECT_EQ(found(parentheses(kXPathNestingMax - 1)), "number: 1");
  EXPECT_EQ(found(parentheses(kXPathNestingMax)),
            "error: position 65: it is nested deeper than 64");
  EXPECT_EQ(found("1" + std::string(kXPathBytesMax - 1, ' ')), "number: 1");
  EXPECT_EQ(found("1" + std::string(kXPathBytesMax, ' ')), "error: it is longer than 1000 bytes");
  std::string sum = "1";
  while (sum.size() + 2 <= kXPathBytesMax) sum += "+1";
  EXPECT_EQ(found(sum), "number: 500");
  EXPECT_EQ(found(std::string(kXPathBytesMax - 1, '-') + "1"), "number: -1");
}

std::string many(std::string_view element, std::size_t count) {
  std::string xml = "<r>";
  for (std::size_t i = 0; i < count; ++i) xml += element;
  return xml + "</r>";
}

TEST(XPath, AnEvaluationHasABudget) {
  constexpr std::string_view kOver = "error: it looks at too many nodes, or makes too much text";
  std::string wide = many("<a>1</a><b>2</b>", 10'000);
  EXPECT_EQ(found("count(//a)", wide), "number: 10000");
  EXPECT_EQ(found("//a = //b", wide), kOver);
  EXPECT_EQ(found("count(//a[count(//b) > 1])", wide), kOver);
  EXPECT_EQ(found("count(//a/following::*/preceding::*)", wide), kOver);
  EXPECT_EQ(found("count(//a[preceding-sibling::b = 3])", wide), kOver);

  // Long texts cost by their length, however they are looked through.
  std::string text(200'000, 'a'), number(200'000, '1');
  std::string longs = "<r>" + many("<n/>", 100).substr(3);
  longs.insert(3, "<a>" + text + "</a><b>" + text + "b</b><c>" + number + "</c>");
  constexpr Budget kSmall{.steps = 20'000, .bytes = 1'000'000};
  EXPECT_EQ(found("contains(/r/a, /r/b)", longs, kSmall), "boolean: false");
  EXPECT_EQ(found("count(//n[/r/b = 'x'])", longs, kSmall), kOver);
  EXPECT_EQ(found("count(//n[/r/c > 1])", longs, kSmall), kOver);
  EXPECT_EQ(found("count(//n[string-length(/r/b) = 1])", longs, kSmall), kOver);
  EXPECT_EQ(found("translate(/r/a, 'abcdefghijklmnopqrstuvwxyz', '')", longs, kSmall), kOver);
  EXPECT_EQ(found("translate('a', /r/a, '')", longs, kSmall),
            "error: translate() takes at most 1000 bytes");

  std::string deep, end;
  for (int i = 0; i < 200; ++i) deep += "<a>x" + std::string(100, 'y'), end += "</a>";
  EXPECT_EQ(found("count(//a[contains(., 'z')])", deep + end), kOver);
  EXPECT_EQ(found("//a", wide, {.steps = 10, .bytes = 1000}), kOver);
  EXPECT_EQ(found("string(/)", wide, {.steps = 100'000, .bytes = 1000}), kOver);
  EXPECT_EQ(found("concat(/r/a, 'abc')", wide, {.steps = 100'000, .bytes = 3}), kOver);
  EXPECT_EQ(found("translate(/r/a, '1', 'x')", wide, {.steps = 100'000, .bytes = 3}), kOver);
}

}  // namespace
}  // namespace perigee::xml
