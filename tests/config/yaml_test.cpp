#include "config/yaml.hpp"

namespace perigee::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> flat(std::string_view text) {
  const auto result = flatten_yaml(text);
  if (!result) return {"error " + result.error().message};
  std::vector<std::string> rows;
  for (const YamlEntry& entry : result->entries) {
    rows.push_back(entry.key + "=" + entry.text + "@" + std::to_string(entry.line));
  }
  return rows;
}

std::string refused(std::string_view text, const YamlLimits& limits = {}) {
  const auto result = flatten_yaml(text, limits);
  return result ? "accepted" : result.error().message;
}

TEST(Yaml, JoinsMapsWithDotsAndListsWithIndexes) {
  EXPECT_THAT(flat("servers:\n  - ssl:\n      keystore:\n        certificates:\n"
                   "          - cert: a\n          - key: b\nhttp: { port: 1 }\n"),
              ElementsAre("servers[0].ssl.keystore.certificates[0].cert=a@5",
                          "servers[0].ssl.keystore.certificates[1].key=b@6", "http.port=1@7"));
  EXPECT_THAT(flat("a: [[1, 2], [3]]"), ElementsAre("a[0][0]=1@1", "a[0][1]=2@1", "a[1][0]=3@1"));
}

TEST(Yaml, TellsNullEmptyBlockPlainAndQuotedApart) {
  const auto result = flatten_yaml("a:\nb: ~\nc: null\nd: ''\ne: {}\nf: []\ng: yes\nh: \"null\"\n");
  ASSERT_TRUE(result);
  std::vector<YamlKind> kinds;
  for (const YamlEntry& entry : result->entries) kinds.push_back(entry.kind);
  using enum YamlKind;
  EXPECT_THAT(kinds,
              ElementsAre(null, null, null, quoted, empty_block, empty_block, plain, quoted));
  EXPECT_EQ(result->entries[7].text, "null");
}

TEST(Yaml, TurnsIntegerKeysIntoIndexes) {
  EXPECT_THAT(flat("http:\n  errors:\n    404: { message: gone }\n"),
              ElementsAre("http.errors[404].message=gone@3"));
  EXPECT_THAT(flat("http:\n  errors:\n    \"[404]\": { message: gone }\n"),
              ElementsAre("http.errors[404].message=gone@3"));
  EXPECT_THAT(flat("users: { '404': pw }"), ElementsAre("users.404=pw@1"));
}

TEST(Yaml, FollowsAliasesAndMergeKeys) {
  EXPECT_THAT(flat("base: &b { port: 1, host: x }\nother: *b\n"),
              ElementsAre("base.port=1@1", "base.host=x@1", "other.port=1@1", "other.host=x@1"));
  EXPECT_THAT(flat("base: &b { port: 1, host: x }\nown:\n  <<: *b\n  port: 2\n"),
              ElementsAre("base.port=1@1", "base.host=x@1", "own.port=2@4", "own.host=x@1"));
  EXPECT_THAT(flat("a: &a { x: 1 }\nb: &b { x: 2, y: 2 }\nc: { <<: [*a, *b] }\n"),
              ElementsAre("a.x=1@1", "b.x=2@2", "b.y=2@2", "c.x=1@1", "c.y=2@2"));
}

TEST(Yaml, RefusesADocumentThatTheParserCannotBegin) {
  EXPECT_EQ(refused("a: 1\n---\n, b"), "3: not valid YAML: a document cannot begin like this");
  EXPECT_EQ(refused(", a: 1"), "1: not valid YAML: a document cannot begin like this");
  EXPECT_EQ(refused("a: 1\n---\n---\nb: 2\n"), "accepted");
  EXPECT_EQ(refused(""), "accepted");
}

TEST(Yaml, ReadsEveryDocumentOfAFile) {
  EXPECT_THAT(flat("a: 1\n---\na: 2\n"), ElementsAre("a=1@1", "a=2@3"));
  EXPECT_THAT(flat(""), IsEmpty());
  EXPECT_THAT(flat("# only a comment\n"), IsEmpty());
}

TEST(Yaml, ReportsANameWrittenTwice) {
  const auto result = flatten_yaml("http:\n  port: 1\n  host: x\n  port: 2\n");
  ASSERT_TRUE(result);
  ASSERT_EQ(result->duplicates.size(), 1U);
  EXPECT_EQ(result->duplicates[0].key, "http.port");
  EXPECT_EQ(result->duplicates[0].first_line, 2);
  EXPECT_EQ(result->duplicates[0].line, 4);
}

TEST(Yaml, NamesTheLineOfAMistake) {
  EXPECT_THAT(refused("a: 1\nb: [1, 2\nc: 3\n"), HasSubstr("not valid YAML"));
  EXPECT_THAT(refused("a: 1\n  b: 2\n"), testing::StartsWith("2: not valid YAML"));
  EXPECT_THAT(refused("- a\n- b\n"), HasSubstr("1: expected a mapping"));
  EXPECT_THAT(refused("just text"), HasSubstr("1: expected a mapping"));
  EXPECT_THAT(refused("a: 1\n? {b: c}\n: d\n"), HasSubstr("a key must be plain text"));
  EXPECT_THAT(refused("a: { <<: 3 }"), HasSubstr("'<<' expects a mapping"));
  EXPECT_THAT(refused("a: *nowhere\n"), HasSubstr("not valid YAML"));
}

TEST(Yaml, SaysWhatToLookAt) {
  const std::string tab = "not valid YAML: a tab in the indentation; it takes blanks only";
  EXPECT_EQ(refused("a:\n\tb: 1\n"), "2: " + tab);
  EXPECT_EQ(refused("a:\n  b: 1\n \tc: 2\n"), "3: " + tab);
  EXPECT_THAT(refused("a:\n  b: 1\n   c: 2\n"), HasSubstr("is this line indented as those"));
  EXPECT_THAT(refused("a:\n  b:1\n  c: 2\n"), HasSubstr("a blank follow each ':' above it"));
  EXPECT_THAT(refused("a:\n  b: c: d\n"), HasSubstr("stands in quotes"));
  EXPECT_THAT(refused("a:\n  b: 1\n c: 2\n"), HasSubstr("indented as none of those above"));
  EXPECT_THAT(refused("a: {b: 1\nc: 2\n"), HasSubstr("nothing closes a '{' above"));
  EXPECT_THAT(refused("a: [b\nc: 2\n"), HasSubstr("nothing closes a '[' above"));
  EXPECT_THAT(refused("a: @b\n"), HasSubstr("a text that begins with this character"));
}

TEST(Yaml, RefusesAQuoteThatNothingCloses) {
  const std::string begin = "not valid YAML: nothing closes the quote (";
  const std::string end = ") that begins on this line";
  const std::string twice = "2: " + begin + "\"" + end;
  EXPECT_EQ(refused("a: 1\nb: \"abc\nc: 3\nd: 4\n"), twice);
  EXPECT_EQ(refused("a: 1\nb: \"abc\nc: 3\n  "), twice);
  EXPECT_EQ(refused("a: 1\nb: \"abc\nc: 3"), twice);
  EXPECT_EQ(refused("a: 1\nb: \"abc\\\"\n"), twice);
  EXPECT_EQ(refused("a: 1\nb: \"abc\\\n"), twice);
  EXPECT_EQ(refused("a: \"x\"\nb: { c: \"abc\n"), twice);
  EXPECT_EQ(refused("a: 1\n\"b: 2\nc: 3\n"), twice);
  EXPECT_EQ(refused("\xEF\xBB\xBF"
                    "a: 1\nb: &x !!str \"abc\n"),
            twice);
  EXPECT_EQ(refused("a: |\n \"\nb: 'it''s\nc: 3\n"), "3: " + begin + "'" + end);
}

TEST(Yaml, ReadsQuotedTextOfSeveralLines) {
  EXPECT_THAT(flat("a: \"one\n  two\n\n  three\"\nb: 'it''s\n  \"so\"'\n"),
              ElementsAre("a=one two\nthree@1", "b=it's \"so\"@5"));
  EXPECT_THAT(flat("a: \"x\\\\\"\nb: \"y\\\"\""), ElementsAre("a=x\\@1", "b=y\"@2"));
  EXPECT_THAT(flat("a: |\n  \"open\n  it's\n"), ElementsAre("a=\"open\nit's\n@1"));
  EXPECT_THAT(flat("a: !!str don't # \"\n"), ElementsAre("a=don't@1"));
}

std::string utf16(std::u16string_view text, bool big_endian = false) {
  std::string bytes;
  for (const char16_t unit : text) {
    const char high = static_cast<char>(unit >> 8), low = static_cast<char>(unit);
    bytes.append({big_endian ? high : low, big_endian ? low : high});
  }
  return bytes;
}

TEST(Yaml, ReadsUtf16) {
  for (const bool big_endian : {false, true}) {
    for (const auto* mark : {u"", u"\ufeff"}) {
      const std::u16string text = std::u16string(mark) + u"a: 'é€\U0001F600'\nb: 1\n";
      EXPECT_THAT(flat(utf16(text, big_endian)),
                  ElementsAre("a=\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80@1", "b=1@2"));
    }
    EXPECT_EQ(refused(utf16(u"a: 1\nb: \"abc\nc: 3\n", big_endian)),
              "2: not valid YAML: nothing closes the quote (\") that begins on this line");
  }
  const std::string half = "2: the file is not valid UTF-16; save it as UTF-8";
  EXPECT_EQ(refused(utf16(u"a:\nb: 1") + "c"), half);
  for (const char16_t alone : {u'\xd83d', u'\xde00'}) {
    EXPECT_EQ(refused(utf16(u"a:\nb" + std::u16string(1, alone) + u"c")), half);
    EXPECT_EQ(refused(utf16(u"a:\nb" + std::u16string(1, alone))), half);
  }
  const std::string wider = "1: the file is UTF-32; save it as UTF-8";
  EXPECT_EQ(refused(std::string_view(",\0\0\0{\0\0", 7)), wider);
  EXPECT_EQ(refused(std::string_view("\0\0\xFE\xFF\0\0\0a", 8)), wider);
  EXPECT_EQ(refused(std::string_view("\0\0", 2)), "1: not valid YAML: a NUL");
}

// Nine levels of nine aliases are 9^9 values from a few lines.
TEST(Yaml, RefusesAnAliasBomb) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 9; ++level) {
    const std::string below = "*a" + std::to_string(level - 1);
    bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + below;
    for (int i = 1; i < 9; ++i) bomb += ", " + below;
    bomb += "]\n";
  }
  EXPECT_THAT(refused(bomb), HasSubstr("unfolds to more than 200000 values"));
}

TEST(Yaml, RefusesAMergeBomb) {
  std::string bomb = "m0: &m0 { k: 1 }\n";
  for (int level = 1; level < 30; ++level) {
    const std::string below = "*m" + std::to_string(level - 1);
    bomb += "m" + std::to_string(level) + ": &m" + std::to_string(level) + " { <<: [" + below +
            ", " + below + ", " + below + "] }\n";
  }
  EXPECT_THAT(refused(bomb), HasSubstr("once aliases are followed"));
}

TEST(Yaml, RefusesAnAliasInsideItsOwnAnchor) {
  EXPECT_THAT(refused("a: &a [*a]\n"), HasSubstr("nested deeper than 64"));
  EXPECT_THAT(refused("a: &a { <<: *a }\n"), HasSubstr("nested deeper than 64"));
}

TEST(Yaml, RefusesWhatIsTooDeepTooLongOrTooMuch) {
  EXPECT_THAT(refused("a: " + std::string(100, '[') + std::string(100, ']')),
              HasSubstr("nested deeper than 64 levels"));
  EXPECT_THAT(refused(std::string(100'000, '[')), testing::Not(testing::StrEq("accepted")));
  EXPECT_THAT(refused("a: 1\n", {.bytes_max = 4}), HasSubstr("more than 4 bytes"));
  EXPECT_THAT(refused("a: [1, 2, 3, 4]\n", {.nodes_max = 5}), HasSubstr("more than 5 values"));
  EXPECT_THAT(refused("aaaaaaaaaa: { b: 1, c: 2 }\n", {.key_bytes_max = 20}),
              HasSubstr("unfold to more than 20 bytes"));
}

}  // namespace
}  // namespace perigee::config
