#include "xml/document.hpp"

namespace perigee::xml {
namespace {

// "<a x=1>text<b/></a>" in a form without ambiguity: a[x=1]('text' b()).
std::string shown(const Node& node) {
  switch (node.kind) {
    case NodeKind::text:
      return "'" + std::string(node.value) + "'";
    case NodeKind::comment:
      return "!" + std::string(node.value);
    case NodeKind::instruction:
      return "?" + std::string(node.name) + ":" + std::string(node.value);
    default:
      break;
  }
  std::string attributes, children;
  for (const Node* at = node.first_attribute; at; at = at->next)
    attributes += "[" + std::string(at->name) + "=" + std::string(at->value) + "]";
  for (const Node* at = node.first_child; at; at = at->next)
    children += (at->previous ? " " : "") + shown(*at);
  return std::string(node.name) + attributes + "(" + children + ")";
}

std::string parsed(std::string_view text, Names names = Names::qualified,
                   const Limits& limits = {}) {
  Arena arena;
  auto document = Document::parse(text, arena, names, limits);
  return document ? shown(document->root()) : "error: " + document.error().message;
}

TEST(XmlDocument, IsATreeOfNodes) {
  EXPECT_EQ(parsed("<a/>"), "(a())");
  EXPECT_EQ(parsed("<?xml version=\"1.0\"?>\n<a x='1' y=\"&lt;2\">t<b/>u</a>"),
            "(a[x=1][y=<2]('t' b() 'u'))");
  EXPECT_EQ(parsed("<a>1&amp;2<![CDATA[<3>]]>&#x41;</a>"), "(a('1&2<3>A'))");
  EXPECT_EQ(parsed("<?p q?><a><!--c--><?i d?></a><!--e-->"), "(?p:q a(!c ?i:d) !e)");
  EXPECT_EQ(parsed("<a>1\r\n2</a>"), "(a('1\n2'))");
}

TEST(XmlDocument, NamesKeepOrLoseTheirPrefix) {
  constexpr std::string_view kText = "<x:a xmlns:x='u' xmlns='v' x:k='1'><b/></x:a>";
  EXPECT_EQ(parsed(kText), "(x:a[x:k=1](b()))");
  EXPECT_EQ(parsed(kText, Names::local), "(a[k=1](b()))");
  EXPECT_EQ(parsed("<x:a/>"), "(x:a())");
  EXPECT_EQ(parsed("<x:a/>", Names::local), "error: 1: unbound prefix");
  EXPECT_EQ(parsed("<x:a xmlns:x='u&#10;v'/>", Names::local).substr(0, 6), "error:");
}

TEST(XmlDocument, TheEncodingOfThePrologIsNotUsed) {
  EXPECT_EQ(parsed("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xc3\xa9</a>"),
            "(a('\xc3\xa9'))");
  EXPECT_EQ(parsed("<?xml version='1.0' encoding='made-up'?><a/>"), "(a())");
  EXPECT_EQ(parsed("<a>\xff</a>").substr(0, 6), "error:");
}

TEST(XmlDocument, WhatIsNotWellFormedIsRefusedWithItsLine) {
  EXPECT_EQ(parsed(""), "error: 1: no element found");
  EXPECT_EQ(parsed("text"), "error: 1: syntax error");
  EXPECT_EQ(parsed("<a>\n</b>"), "error: 2: mismatched tag");
  EXPECT_EQ(parsed("<a/><b/>"), "error: 1: junk after document element");
  EXPECT_EQ(parsed("<a x='1' x='2'/>"), "error: 1: duplicate attribute");
  EXPECT_EQ(parsed("<a>&none;</a>"), "error: 1: undefined entity");
  EXPECT_EQ(parsed("<a>&#0;</a>").substr(0, 6), "error:");
}

TEST(XmlDocument, ADocumentTypeIsDroppedUnlessItDeclares) {
  EXPECT_EQ(parsed("<!DOCTYPE a><a/>"), "(a())");
  EXPECT_EQ(parsed("<!DOCTYPE a PUBLIC '-//X' 'http://127.0.0.1:1/x.dtd'><a/>"), "(a())");
  EXPECT_EQ(parsed("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a>&e;</a>"),
            "error: 1: it refers to the entity 'e'");
  for (std::string_view inside :
       {"<!ENTITY e 'x'>", "<!ENTITY e SYSTEM 'file:///etc/passwd'>",
        "<!ENTITY % p SYSTEM 'http://127.0.0.1:1/'> %p;", "<!ATTLIST a x CDATA 'y'>", ""}) {
    std::string text = "<!DOCTYPE a [" + std::string(inside) + "]><a>&e;</a>";
    EXPECT_EQ(parsed(text), "error: 1: its document type declares something") << text;
  }
}

TEST(XmlDocument, EntitiesCannotUnfold) {
  std::string text = "<!DOCTYPE l [<!ENTITY l0 'ha'>";
  for (int i = 1; i < 30; ++i) {
    std::string before = "&l" + std::to_string(i - 1) + ";";
    text += "<!ENTITY l" + std::to_string(i) + " '" + before + before + "'>";
  }
  EXPECT_EQ(parsed(text + "]><l a='&l29;'>&l29;</l>"),
            "error: 1: its document type declares something");
}

std::string repeated(std::string_view part, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += part;
  return text;
}

TEST(XmlDocument, HasLimits) {
  auto nested = [](std::size_t depth) { return repeated("<a>", depth) + repeated("</a>", depth); };
  EXPECT_EQ(parsed(nested(kDepthMax)).substr(0, 6), "(a(a(a");
  EXPECT_EQ(parsed(nested(kDepthMax + 1)), "error: 1: its elements are nested deeper than 256");
  EXPECT_EQ(parsed(repeated("<a>", 1'000'000)),
            "error: 1: its elements are nested deeper than 256");

  // The root and the outermost element count too.
  const Limits limits;
  const std::string too_many =
      "error: 1: it has more than 65536 elements, attributes and texts (perigee.limits.xmlNodes)";
  EXPECT_EQ(parsed("<a>" + repeated("<b/>", limits.nodes_max - 2) + "</a>").substr(0, 3), "(a(");
  EXPECT_EQ(parsed("<a>" + repeated("<b/>", limits.nodes_max - 1) + "</a>"), too_many);
  std::string attributes = "<a";
  for (std::size_t i = 0; i < limits.nodes_max; ++i) attributes += " a" + std::to_string(i) + "=''";
  EXPECT_EQ(parsed(attributes + "/>"), too_many);

  std::string large = "<a>" + std::string(limits.bytes_max - 7, 'x') + "</a>";
  EXPECT_EQ(parsed(large).size(), limits.bytes_max - 7 + 7);
  EXPECT_EQ(parsed(large + " "),
            "error: 1: it is longer than 16777216 bytes (perigee.limits.xmlBytes)");
}

TEST(XmlDocument, HasTheLimitsThatItIsGiven) {
  EXPECT_EQ(parsed("<a><b/></a>", Names::local, {.nodes_max = 3}), "(a(b()))");
  EXPECT_EQ(
      parsed("<a><b/></a>", Names::local, {.nodes_max = 2}),
      "error: 1: it has more than 2 elements, attributes and texts (perigee.limits.xmlNodes)");
  EXPECT_EQ(parsed("<a/>", Names::local, {.bytes_max = 4}), "(a())");
  EXPECT_EQ(parsed("<a/>", Names::local, {.bytes_max = 3}),
            "error: 1: it is longer than 3 bytes (perigee.limits.xmlBytes)");
}

TEST(XmlDocument, OrderIsThatOfTheDocument) {
  Arena arena;
  auto document = Document::parse("<a x='1' y='2'>t<b/></a>", arena, Names::qualified);
  ASSERT_TRUE(document);
  const Node& a = document->element();
  const Node* x = a.first_attribute;
  EXPECT_LT(document->root().order, a.order);
  EXPECT_LT(a.order, x->order);
  EXPECT_LT(x->order, x->next->order);
  EXPECT_LT(x->next->order, a.first_child->order);
  EXPECT_LT(a.first_child->order, a.last_child->order);
  EXPECT_EQ(document->node_count(), 6u);
}

}  // namespace
}  // namespace perigee::xml
