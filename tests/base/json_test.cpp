#include "base/json.hpp"

namespace perigee {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;

JsonDocument parsed(std::string_view text) {
  Result<JsonDocument> document = JsonDocument::parse(text);
  if (!document) ADD_FAILURE() << document.error().message;
  return document ? std::move(*document) : *JsonDocument::parse("null");
}

std::string message_of(const auto& result) { return result ? "no error" : result.error().message; }

// Parsing.

TEST(Json, ReadsEveryType) {
  JsonDocument document = parsed(R"({"n":null,"b":true,"i":-42,"r":2.5,"t":"x","a":[1,2],"o":{}})");
  Json root = document.root();
  EXPECT_TRUE(root["n"].is_null());
  EXPECT_TRUE(root["b"].boolean());
  EXPECT_EQ(root["i"].integer(), -42);
  EXPECT_EQ(root["i"].real(), -42.0);
  EXPECT_EQ(root["r"].real(), 2.5);
  EXPECT_EQ(root["t"].text(), "x");
  EXPECT_EQ(root["a"].size(), 2u);
  EXPECT_EQ(root["a"].at(1).integer(), 2);
  EXPECT_TRUE(root["o"].is_object());
  EXPECT_EQ(root.size(), 7u);
}

TEST(Json, ReadsScalarsAtTheRoot) {
  EXPECT_EQ(parsed(" 7 ").root().integer(), 7);
  EXPECT_EQ(parsed("\"x\"").root().text(), "x");
  EXPECT_TRUE(parsed("null").root().is_null());
}

TEST(Json, TellsAbsentFromNull) {
  JsonDocument document = parsed(R"({"n":null})");
  Json null = document.root()["n"], absent = document.root()["m"];
  EXPECT_FALSE(null.absent());
  EXPECT_FALSE(null.present());
  EXPECT_TRUE(absent.absent());
  EXPECT_FALSE(absent.is_null());
  EXPECT_TRUE(absent["deeper"].at(3).absent());
  EXPECT_TRUE(document.root().at(0).absent());
}

TEST(Json, KeepsTheOrderOfMembers) {
  JsonDocument document = parsed(R"({"z":1,"a":2,"m":3})");
  std::vector<std::string_view> names;
  for (const JsonMember& member : document.root().members()) names.push_back(member.name);
  EXPECT_THAT(names, ElementsAre("z", "a", "m"));
}

TEST(Json, ReadsEscapesAndUnicode) {
  EXPECT_EQ(parsed(R"("\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00")").root().text(), "\"\\/\b\f\n\r\té😀");
  EXPECT_EQ(parsed("\"é😀\"").root().text(), "é😀");
  EXPECT_EQ(parsed(R"("a\u0000b")").root().text(), std::string_view("a\0b", 3));
}

TEST(Json, IgnoresAByteOrderMark) { EXPECT_EQ(parsed("\xef\xbb\xbf[1]").root().size(), 1u); }

TEST(Json, IntegersBeyond64BitsBecomeReals) {
  JsonDocument document = parsed(
      "[9223372036854775807,-9223372036854775808,9223372036854775808,"
      "18446744073709551615,123456789012345678901234567890,-1e2]");
  Json root = document.root();
  EXPECT_EQ(root.at(0).integer(), INT64_MAX);
  EXPECT_EQ(root.at(1).integer(), INT64_MIN);
  EXPECT_EQ(root.at(2).type(), JsonType::real);
  EXPECT_EQ(root.at(2).real(), 9223372036854775808.0);
  EXPECT_EQ(root.at(3).real(), 18446744073709551615.0);
  EXPECT_EQ(root.at(4).real(), 123456789012345678901234567890.0);
  EXPECT_EQ(root.at(5).type(), JsonType::real);
}

TEST(Json, OutlivesTheTextItCameFrom) {
  std::string text = R"({"name":"a value long enough to live on the heap"})";
  JsonDocument document = parsed(text);
  std::fill(text.begin(), text.end(), '!');
  EXPECT_EQ(document.root()["name"].text(), "a value long enough to live on the heap");
}

TEST(Json, ViewsSurviveAMoveOfTheDocument) {
  JsonDocument document = parsed(R"({"a":{"b":1}})");
  Json inner = document.root()["a"]["b"];
  JsonDocument moved = std::move(document);
  EXPECT_EQ(inner.integer(), 1);
  EXPECT_EQ(inner.pointer(), "/a/b");
}

TEST(Json, HoldsManyItems) {
  std::string text = "[0";
  for (int i = 1; i < 100'000; ++i) text += ',' + std::to_string(i);
  JsonDocument document = parsed(text + "]");
  EXPECT_EQ(document.root().size(), 100'000u);
  EXPECT_EQ(document.root().at(99'999).pointer(), "/99999");
}

// Duplicates.

std::vector<std::string> duplicates(const JsonDocument& document) {
  std::vector<std::string> pointers;
  for (Json member : document.duplicates()) pointers.push_back(member.pointer());
  return pointers;
}

TEST(JsonDuplicates, TheLastValueWinsAtThePlaceOfTheFirst) {
  JsonDocument document = parsed(R"({"a":1,"b":2,"a":{"c":3}})");
  EXPECT_EQ(document.root().dump(), R"({"a":{"c":3},"b":2})");
  EXPECT_THAT(duplicates(document), ElementsAre("/a"));
  EXPECT_EQ(document.root()["a"]["c"].pointer(), "/a/c");
}

TEST(JsonDuplicates, AreFoundInsideAndAmongManyMembers) {
  std::string text = R"({"list":[{"x":1,"x":2}],"many":{)";
  for (int i = 0; i < 100; ++i) text += "\"m" + std::to_string(i) + "\":" + std::to_string(i) + ',';
  JsonDocument document = parsed(text + R"("m7":"seven","m7":"again"}})");
  EXPECT_THAT(duplicates(document), ElementsAre("/list/0/x", "/many/m7", "/many/m7"));
  EXPECT_EQ(document.root()["many"]["m7"].text(), "again");
  EXPECT_EQ(document.root()["many"].size(), 100u);
  EXPECT_EQ(document.root()["many"]["m99"].integer(), 99);
  EXPECT_EQ(document.root()["many"]["m99"].pointer(), "/many/m99");
}

TEST(JsonDuplicates, AreNoneWhereAllNamesDiffer) {
  EXPECT_TRUE(parsed(R"({"a":{"a":1},"b":{"a":2}})").duplicates().empty());
}

// Each once as a pointer would be some 80 GB.
TEST(JsonDuplicates, OfStrangersAreCheapHoweverManyAndHoweverDeep) {
  std::string text = "{\"" + std::string(400'000, 'n') + "\":{\"a\":0";
  for (int i = 0; i < 200'000; ++i) text += R"(,"a":1)";
  JsonDocument document = parsed(text + "}}");
  EXPECT_EQ(document.duplicates().size(), 200'000u);
  EXPECT_EQ(document.root().members()[0].value.members.size, 1u);
}

// Refusals: text, and what the error must say.

struct Refused {
  std::string text;
  std::string told;
};

class JsonRefuses : public testing::TestWithParam<Refused> {};

TEST_P(JsonRefuses, NamingTheFirstWrongByte) {
  Result<JsonDocument> document = JsonDocument::parse(GetParam().text);
  ASSERT_FALSE(document.has_value()) << document->root().dump();
  EXPECT_THAT(document.error().code, AnyOf(ErrorCode::invalid, ErrorCode::unsupported));
  EXPECT_EQ(document.error().message, "invalid JSON at " + GetParam().told);
}

// A condition about a body must not be passed by with what only the backend understands.
TEST(Json, TellsWhatOtherParsersMayTake) {
  const std::string deep = std::string(300, '[') + std::string(300, ']');
  for (std::string_view text :
       {"[1] x", "{} {}", "01", "[1e999]", R"("\ud800")", "\"\xff\"", deep.c_str()})
    EXPECT_EQ(JsonDocument::parse(text).error().code, ErrorCode::unsupported) << text;
  for (std::string_view text : {"", "[1", "{a:1}", "[1 2]", R"("\x")", "[\xe9]"})
    EXPECT_EQ(JsonDocument::parse(text).error().code, ErrorCode::invalid) << text;
}

INSTANTIATE_TEST_SUITE_P(
    Texts, JsonRefuses,
    testing::Values(Refused{"", "1:1: found the end of the text, expected a value"},
                    Refused{" \n ", "2:2: found the end of the text, expected a value"},
                    Refused{"{\n  \"a\": [1,\n  2,}\n", "3:5: found '}', expected a value"},
                    Refused{"[1] x", "1:5: found 'x', expected the end of the text"},
                    Refused{"{\"é\": tru}", "1:10: found '}', expected the word true"},
                    Refused{"{\"a\" 1}", "1:6: found '1', expected ':' after the member name"},
                    Refused{"{\"a\":1 \"b\":2}", "1:8: found '\"', expected ',' or '}'"},
                    Refused{"{\"a\":1,}",
                            "1:8: found '}', expected a member name in double quotes"},
                    Refused{"{a:1}", "1:2: found 'a', expected a member name in double quotes"},
                    Refused{"[1 2]", "1:4: found '2', expected ',' or ']'"},
                    Refused{"[1", "1:3: found the end of the text, expected ',' or ']'"},
                    Refused{"[1]]", "1:4: found ']', expected the end of the text"},
                    Refused{"// no\n1", "1:1: found '/', expected a value"},
                    Refused{"'a'", "1:1: found ''', expected a value"},
                    Refused{"NaN", "1:1: found 'N', expected a value"}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, JsonRefuses,
    testing::Values(Refused{"01", "1:2: found '1', expected the end of the text"},
                    Refused{"-", "1:2: found the end of the text, expected a digit"},
                    Refused{"+1", "1:1: found '+', expected a value"},
                    Refused{"1.", "1:3: found the end of the text, expected a digit"},
                    Refused{"[1.e3]", "1:4: found 'e', expected a digit"},
                    Refused{"1e", "1:3: found the end of the text, expected a digit"},
                    Refused{".5", "1:1: found '.', expected a value"},
                    Refused{"[0x10]", "1:3: found 'x', expected ',' or ']'"},
                    Refused{"[1,1e999]",
                            "1:4: the number is out of range, expected at most 1.8e308"},
                    Refused{"-" + std::string(400, '9'),
                            "1:1: the number is out of range, expected at most 1.8e308"}));

INSTANTIATE_TEST_SUITE_P(
    Strings, JsonRefuses,
    testing::Values(
        Refused{"\"a", "1:3: found the end of the text, expected '\"' at the end of the string"},
        Refused{"\"a\nb\"",
                "1:3: found byte 0x0a, expected an escape such as \\n; control characters do not "
                "stand in strings"},
        Refused{"\"\\x\"",
                "1:3: found 'x', expected one of \" \\ / b f n r t u after the backslash"},
        Refused{"\"\\u12g4\"", "1:6: found 'g', expected four hexadecimal digits after \\u"},
        Refused{"\"\\ud800\"", "1:2: half of a surrogate pair, expected \\uD8xx\\uDCxx"},
        Refused{"\"\\udc00\"", "1:2: half of a surrogate pair, expected \\uD8xx\\uDCxx"},
        Refused{"\"\\ud800\\u0041\"", "1:2: half of a surrogate pair, expected \\uD8xx\\uDCxx"},
        Refused{"{\"\\udfff\":1}", "1:3: half of a surrogate pair, expected \\uD8xx\\uDCxx"},
        Refused{"\"\xff\"", "1:2: found byte 0xff, expected valid UTF-8"},
        Refused{"\"\xc0\xaf\"", "1:2: found byte 0xc0, expected valid UTF-8"},
        Refused{"\"\xed\xa0\x80\"", "1:2: found byte 0xed, expected valid UTF-8"},
        Refused{"\"\xf4\x90\x80\x80\"", "1:2: found byte 0xf4, expected valid UTF-8"},
        Refused{"[\xe9]", "1:2: found byte 0xe9, expected a value"},
        Refused{std::string("[1,\0]", 5), "1:4: found byte 0x00, expected a value"}));

TEST(Json, GivesPlaceAndFaultApart) {
  auto document = JsonDocument::read("[1,\n}", {});
  ASSERT_FALSE(document.has_value());
  EXPECT_EQ(document.error().place, "2:1");
  EXPECT_EQ(document.error().what, "found '}', expected a value");
  document = JsonDocument::read("[1]", {.bytes_max = 2});
  ASSERT_FALSE(document.has_value());
  EXPECT_EQ(document.error().code, ErrorCode::limit);
  EXPECT_EQ(document.error().place, "");
}

TEST(Json, RefusesAViewOfNothing) {
  EXPECT_EQ(message_of(JsonDocument::parse(std::string_view())),
            "invalid JSON at 1:1: found the end of the text, expected a value");
}

TEST(JsonLimits, RefusesTextsThatAreTooLong) {
  Result<JsonDocument> document = JsonDocument::parse("[1,2,3]", {.bytes_max = 6});
  ASSERT_FALSE(document.has_value());
  EXPECT_EQ(document.error().code, ErrorCode::limit);
  EXPECT_EQ(document.error().message, "the JSON text has 7 bytes, expected at most 6");
}

TEST(JsonLimits, RefusesTheLevelBeyondTheDepth) {
  EXPECT_TRUE(JsonDocument::parse("[[{\"a\":1}]]", {.depth_max = 3}).has_value());
  Result<JsonDocument> document = JsonDocument::parse("[[\n{\"a\":[]}]]", {.depth_max = 3});
  EXPECT_EQ(message_of(document), "invalid JSON at 2:6: nested deeper than 3 levels");
}

TEST(JsonLimits, SurvivesHostileDepth) {
  for (std::string_view open : {"[", "{\"a\":"}) {
    std::string text;
    for (int i = 0; i < 1'000'000; ++i) text += open;
    Result<JsonDocument> document = JsonDocument::parse(text);
    EXPECT_THAT(message_of(document), HasSubstr("nested deeper than 256 levels"));
  }
}

TEST(JsonLimits, TakesTheDepthItPromises) {
  std::string text = std::string(256, '[') + std::string(256, ']');
  EXPECT_TRUE(JsonDocument::parse(text).has_value());
}

// Pointers.

TEST(JsonPointer, NamesMembersAndItems) {
  JsonDocument document = parsed(R"({"endpointGroups":[{"name":"a"},{"endpoints":[[1,2]]}]})");
  Json groups = document.root()["endpointGroups"];
  EXPECT_EQ(document.root().pointer(), "");
  EXPECT_EQ(groups.at(0)["name"].pointer(), "/endpointGroups/0/name");
  EXPECT_EQ(groups.at(1)["endpoints"].at(0).at(1).pointer(), "/endpointGroups/1/endpoints/0/1");
}

TEST(JsonPointer, EscapesAsRfc6901) {
  JsonDocument document = parsed(R"({"a/b":{"~":{"":1}}})");
  EXPECT_EQ(document.root()["a/b"]["~"][""].pointer(), "/a~1b/~0/");
}

// Typed members.

class JsonMembers : public testing::Test {
 protected:
  JsonDocument document_ =
      parsed(R"({"text":"x","port":8080,"port_text":" 8080 ","whole":3.0,"half":3.5,
    "on":true,"on_text":"true","OFF":"FALSE","empty":"","null":null,"list":["a",1,true],"object":{},
    "huge":1e300,"plus":"+5","odd":"+-5","inf":"inf","words":"a text much longer than what an error shows of it é",
    "bad":["a",{}]})");
  Json root_ = document_.root();
};

TEST_F(JsonMembers, TextsAreReadAndScalarsBecomeTexts) {
  EXPECT_EQ(*root_.required_text("text"), "x");
  EXPECT_EQ(*root_.required_text("port"), "8080");
  EXPECT_EQ(*root_.required_text("on"), "true");
  EXPECT_EQ(*root_.required_text("half"), "3.5");
  EXPECT_EQ(*root_.required_text("empty"), "");
  EXPECT_EQ(*root_.text_or("absent", "else"), "else");
  EXPECT_EQ(*root_.text_or("null", "else"), "else");
  EXPECT_EQ(*root_.text_or("empty", "else"), "");
  EXPECT_EQ(*root_.optional_text("null"), std::nullopt);
  EXPECT_EQ(*root_.optional_text("text"), "x");
}

TEST_F(JsonMembers, WrongTextsAreNamed) {
  EXPECT_EQ(message_of(root_.required_text("absent")), "/absent: missing, expected a text");
  EXPECT_EQ(message_of(root_.required_text("null")), "/null: found null, expected a text");
  EXPECT_EQ(message_of(root_.text_or("object", "")), "/object: found an object, expected a text");
  EXPECT_EQ(message_of(root_.optional_text("list")), "/list: found an array, expected a text");
  EXPECT_EQ(message_of(root_["text"].required_text("x")),
            "/text: found the text \"x\", expected an object with the member \"x\"");
}

TEST_F(JsonMembers, IntegersAreReadFromWhateverMeansOne) {
  EXPECT_EQ(*root_.integer_or("port", 1), 8080);
  EXPECT_EQ(*root_.integer_or("port_text", 1), 8080);
  EXPECT_EQ(*root_.integer_or("whole", 1), 3);
  EXPECT_EQ(*root_.integer_or("plus", 1), 5);
  for (std::string_view nothing : {"absent", "null", "empty"})
    EXPECT_EQ(*root_.integer_or(nothing, 7), 7);
}

TEST_F(JsonMembers, WrongIntegersAreNamed) {
  constexpr std::string_view kExpected = ", expected a whole number of at most 64 bits";
  EXPECT_EQ(message_of(root_.integer_or("half", 1)), "/half: found 3.5" + std::string(kExpected));
  EXPECT_EQ(message_of(root_.integer_or("huge", 1)),
            "/huge: found 1e+300" + std::string(kExpected));
  EXPECT_EQ(message_of(root_.integer_or("odd", 1)),
            "/odd: found the text \"+-5\"" + std::string(kExpected));
  EXPECT_EQ(message_of(root_.integer_or("inf", 1)),
            "/inf: found the text \"inf\"" + std::string(kExpected));
  EXPECT_EQ(message_of(root_.integer_or("on", 1)), "/on: found true" + std::string(kExpected));
}

TEST_F(JsonMembers, RealsAreRead) {
  EXPECT_EQ(*root_.real_or("half", 1), 3.5);
  EXPECT_EQ(*root_.real_or("port", 1), 8080.0);
  EXPECT_EQ(*root_.real_or("port_text", 1), 8080.0);
  EXPECT_EQ(*root_.real_or("absent", 1.5), 1.5);
  EXPECT_EQ(message_of(root_.real_or("inf", 1)), "/inf: found the text \"inf\", expected a number");
}

TEST_F(JsonMembers, BooleansAreRead) {
  EXPECT_TRUE(*root_.boolean_or("on", false));
  EXPECT_TRUE(*root_.boolean_or("on_text", false));
  EXPECT_FALSE(*root_.boolean_or("OFF", true));
  EXPECT_TRUE(*root_.boolean_or("null", true));
  EXPECT_TRUE(*root_.boolean_or("empty", true));
  EXPECT_EQ(message_of(root_.boolean_or("port", true)),
            "/port: found 8080, expected true or false");
}

TEST_F(JsonMembers, ListsOfTextsAreRead) {
  EXPECT_THAT(*root_.texts("list"), ElementsAre("a", "1", "true"));
  EXPECT_TRUE(root_.texts("absent")->empty());
  EXPECT_TRUE(root_.texts("null")->empty());
  EXPECT_EQ(message_of(root_.texts("bad")), "/bad/1: found an object, expected a text");
  EXPECT_EQ(message_of(root_.texts("text")),
            "/text: found the text \"x\", expected an array of texts");
}

TEST_F(JsonMembers, ErrorsShowTheBeginningOfLongTexts) {
  EXPECT_EQ(message_of(root_.boolean_or("words", true)),
            "/words: found the text \"a text much longer than what an error sh\"..., expected true "
            "or false");
}

TEST_F(JsonMembers, MembersOfNothingAreAbsent) {
  EXPECT_EQ(*Json().integer_or("a", 4), 4);
  EXPECT_EQ(message_of(Json().required_text("a")), "/a: missing, expected a text");
}

TEST(JsonDeath, RawValuesMustFitTheirType) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  JsonDocument document = parsed("[1]");
  EXPECT_DEATH(static_cast<void>(document.root().text()), "broken invariant");
  EXPECT_DEATH(static_cast<void>(Json().integer()), "broken invariant");
}

// Writing.

TEST(JsonDump, ReadsBackAsTheSame) {
  std::string text = R"({"a":[1,-2.5,1e+300,3.0,null,true,"q\"\\\n\u0001é"],"o":{},"l":[]})";
  JsonDocument document = parsed(text);
  EXPECT_EQ(document.root().dump(), text);
  EXPECT_EQ(parsed(document.root().dump_pretty()).root().dump(), text);
}

TEST(JsonDump, PrettyIndentsByTwo) {
  EXPECT_EQ(
      parsed(R"({"a":[1,{"b":2}],"c":{},"d":[]})").root().dump_pretty(),
      "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}");
}

TEST(JsonDump, WritesTheViewItIsAskedOf) {
  EXPECT_EQ(parsed(R"({"a":[1,2]})").root()["a"].dump(), "[1,2]");
  EXPECT_EQ(Json().dump(), "");
}

TEST(JsonQuoted, EscapesWhatJsonMust) {
  EXPECT_EQ(json_quoted(std::string_view("a\"b\\c\n\r\t\x01\0/é", 13)),
            R"("a\"b\\c\n\r\t\u0001\u0000/é")");
}

TEST(JsonQuoted, IsUtf8WhateverTheTextIs) {
  EXPECT_EQ(json_quoted("\xff\xfe.json"), "\"\xef\xbf\xbd\xef\xbf\xbd.json\"");
  EXPECT_EQ(json_quoted("cut \xc3"), "\"cut \xef\xbf\xbd\"");  // half of an 'é'
  EXPECT_EQ(json_quoted("\xc3\"x"), "\"\xef\xbf\xbd\\\"x\"");
  EXPECT_EQ(json_quoted("\xed\xa0\x80"),
            "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // a surrogate
  EXPECT_EQ(json_quoted("é€𝄞"), "\"é€𝄞\"");
}

}  // namespace
}  // namespace perigee
