// Expression language, section 2.1 (xmlContent) and section 5 (#xpath).
#include "tests/el/support/rows.hpp"

namespace perigee::el {
namespace {

using test::check;

std::string body(std::string_view xml) {
  std::string json = R"({"request": {"content": ")";
  for (char c : xml) json += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
  return json + R"("}})";
}

// xmlContent of a body, as Java shows a map.
std::string map_of(std::string_view xml) {
  return test::eval("{('' + #request.xmlContent)}", body(xml));
}

TEST(ElXmlContent, IsNestedMaps) {
  EXPECT_EQ(map_of("<a>1</a>"), "{a=1}");
  EXPECT_EQ(map_of("<order id='7'><item>a</item><item>b</item></order>"),
            "{order={id=7, item=[a, b]}}");
  EXPECT_EQ(map_of("<a/>"), "{a=}");
  EXPECT_EQ(map_of("<a> 1 </a>"), "{a= 1 }");
  EXPECT_EQ(map_of("<a><b>1</b><c><d>2</d></c></a>"), "{a={b=1, c={d=2}}}");
  EXPECT_EQ(map_of("<a><b>1</b><c/><b>2</b><b><x/></b></a>"), "{a={b=[1, 2, {x=}], c=}}");
  EXPECT_EQ(map_of("<a x='1' y='2'/>"), "{a={x=1, y=2}}");
  EXPECT_EQ(map_of("<a x='1'>t</a>"), "{a={x=1, =t}}");
  EXPECT_EQ(map_of("<a x='1'><x>2</x></a>"), "{a={x=[1, 2]}}");
  EXPECT_EQ(map_of("<a>s<b/> <b/>t</a>"), "{a={=[s, t], b=[, ]}}");
  EXPECT_EQ(map_of("<a>1<!--c-->2<![CDATA[<]]></a>"), "{a=12<}");
  EXPECT_EQ(map_of("<x:a xmlns:x='u' x:k='1'><x:b>2</x:b></x:a>"), "{a={k=1, b=2}}");
  EXPECT_EQ(map_of("<?xml version='1.0'?><!DOCTYPE a><?p?><a>1</a>"), "{a=1}");
}

TEST(ElXmlContent, IsAnEmptyMapForWhatCannotBeRead) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "<a>";
  for (std::string_view xml :
       {std::string_view(""), std::string_view("text"), std::string_view("{}"),
        std::string_view("<a>"), std::string_view("<a>&e;</a>"),
        std::string_view("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"), std::string_view(deep)}) {
    EXPECT_EQ(map_of(xml), "{}") << xml;
  }
}

TEST(ElXmlContent, TextInManyPiecesIsOneText) {
  std::string pieces = "<a>", whole = "{a=";
  for (int i = 0; i < 30'000; ++i) pieces += "x<!---->", whole += 'x';
  EXPECT_EQ(map_of(pieces + "</a>"), whole + "}");
}

TEST(ElXmlContent, IsReadAsOtherMaps) {
  check(body("<o k='1'><i>a</i><i>b</i></o>"), {
                                                   {"{#request.xmlContent.o.k}", "1"},
                                                   {"{#request.xmlContent['o']['i'][1]}", "b"},
                                                   {"{#request.xmlContent.o.i}", "a,b"},
                                                   {"{#request.xmlContent.o.i.size()}", "2"},
                                                   {"{#request.xmlContent.none}", "<null>"},
                                                   {"{#request.xmlContent.none?.x}", "<null>"},
                                                   {"{#request.xmlContent.none.x}", "error"},
                                                   {"{#request.xmlContent}", "error: no text form"},
                                                   {"{#response?.xmlContent}", "<null>"},
                                               });
  check(R"({"response": {"content": "<a>1</a>"}})", {{"{#response.xmlContent.a}", "1"}});
}

TEST(ElXml, NeedsTheBody) {
  EXPECT_TRUE(test::needs("{#request.xmlContent.a}").has(Needs::request_body));
  EXPECT_TRUE(test::needs("{#response.xmlContent.a}").has(Needs::response_body));
  EXPECT_TRUE(test::needs("{#xpath(#request.content, '/a')}").has(Needs::request_body));
  EXPECT_FALSE(test::needs("{#xpath('<a/>', '/a')}").has(Needs::request_body));
}

TEST(ElXPath, GivesWhatTheTypeAsksFor) {
  check({
      {"{#xpath('<a><b>1</b><b>2</b></a>', '/a/b')}", "1"},
      {"{#xpath('<a><b>1</b><b>2</b></a>', '//b', 'string')}", "1"},
      {"{#xpath('<a/>', '//b')}", ""},
      {"{#xpath('<a><b>1</b></a>', 'count(//b)')}", "1"},
      {"{#xpath('<a><b>1</b></a>', '//b', 'number') + 1}", "2.0"},
      {"{#xpath('<a/>', '//b', 'number')}", "NaN"},
      {"{#xpath('<a/>', '//b', 'boolean')}", "false"},
      {"{#xpath('<a/>', '/a', 'boolean')}", "true"},
      {"{#xpath('<a><b>1</b><b>2</b></a>', '//b', 'node')}", "1"},
      {"{#xpath('<a/>', '//b', 'node')}", "<null>"},
      {"{#xpath('<a><b>1</b><b>2</b></a>', '//b', 'node_list')}", "1,2"},
      {"{#xpath('<a><b>1</b><b>2</b></a>', '//b', 'document_list')[1]}", "2"},
      {"{#xpath('<a/>', '//b', 'node_list').size()}", "0"},
      {"{#xpath('<a k=\"v\"/>', '//@k')}", "v"},
      {"{#xpath({'<a>1</a>'}, '/a')}", "1"},
      {"{#xpath('<a>1</a>', '/' + 'a')}", "1"},
      {"{#xpath('<a>1</a>', '/a', 'num' + 'ber')}", "1.0"},
      {"{#xpath('<x:a xmlns:x=\"u\">1</x:a>', '//*[local-name() = ''a'']')}", "1"},
      {"{#xpath('<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/\"><a>1</a>', '/a')}", "1"},
  });
}

TEST(ElXPath, FailsWithTheReason) {
  check({
      {"{#xpath('not xml', '//a')}",
       "error: column 2: #xpath: the text is no XML: line 1: syntax error"},
      {"{#xpath('', '//a')}", "error: no element found"},
      {"{#xpath(null, '//a')}", "error: #xpath needs XML, not null"},
      {"{#xpath({x: 1}, '//a')}", "error: a map has no text form"},
      {"{#xpath('<a/>', null)}", "error: #xpath needs a path, not null"},
      {"{#xpath('<a/>', '1', 'node')}", "error: #xpath: the path gives no nodes"},
      {"{#xpath('<a/>', '/a', #nope)}", "error: #xpath needs a type, string, boolean"},
      {"{#xpath('<a/>')}", "error: #xpath takes a document, a path and a type"},
      {"{#xpath('<a/>', '/a', 'text')}", "error: #xpath has no type 'text', only string, boolean"},
      {"{#xpath('<a/>', '/a[')}", "error: the XPath '/a[': position 4: a value or a path"},
      {"{#xpath('<a/>', '/a' + '[')}", "error: the XPath '/a[': position 4: a value or a path"},
      {"{#xpath('<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>x</a>', '/a')}",
       "error: its document type declares something"},
  });
}

TEST(ElXPath, WarnsOfAWrongPath) {
  auto compiled = Template::compile("x {#xpath(#request.content, '/a[')}");
  ASSERT_TRUE(compiled);
  ASSERT_EQ(compiled->warnings().size(), 1u);
  EXPECT_EQ(compiled->warnings()[0],
            "column 4: the XPath '/a[': position 4: a value or a path is expected, not the end, it "
            "fails when it is reached");
}

TEST(ElXPath, SharesTheBudgetOfItsExpression) {
  std::string many = "<r>";
  for (int i = 0; i < 20'000; ++i) many += "<a/>";
  many += "</r>";
  check(body(many),
        {{"{#xpath(#request.content, 'count(//a)')}", "20000"},
         {"{({1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}.![#xpath(#request.content, 'count(//a)')])}",
          "error: "},
         {"{#xpath(#request.content, 'count(//a[count(//a) = 1])')}",
          "error: it looks at too many nodes"}});
}

}  // namespace
}  // namespace perigee::el
