// Paths of flows: every rule of api-definition.md 1.7, and the plain matcher against RE2.
#include "plan/path_pattern.hpp"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <random>

namespace perigee::plan {
namespace {

using enum definition::PathOperator;

struct Row {
  std::string_view rule;
  std::string_view path;
  definition::PathOperator op;
  std::vector<std::string_view> matching;
  std::vector<std::string_view> others;
};

const Row kRows[] = {
    {"the root, as a prefix, is everything", "/", starts_with, {"", "/", "/a", "//", "x"}, {}},
    {"no path is the root", "", starts_with, {"", "/", "/a"}, {}},
    {"the root alone", "/", equals, {"", "/"}, {"/a", "//", "x"}},
    {"a prefix ends anywhere",
     "/ab",
     starts_with,
     {"/ab", "/ab/", "/abc", "/ab/c"},
     {"/a", "/aab", "", "ab"}},
    {"the last slash is optional",
     "/ab",
     equals,
     {"/ab", "/ab/"},
     {"/abc", "/ab/c", "/ab//", "/AB"}},
    {"also when it is written", "/ab/", equals, {"/ab", "/ab/"}, {"/abc", "/ab/c"}},
    {"and in a prefix", "/ab/", starts_with, {"/ab", "/abc", "/ab/c"}, {"/a"}},
    {"empty parts are dropped", "//a///b/", equals, {"/a/b", "/a/b/"}, {"//a///b/", "/a//b"}},
    {"without a first slash", "a/b", equals, {"/a/b"}, {"a/b"}},
    {"the prefix of two parts",
     "/a/b",
     starts_with,
     {"/a/b", "/a/bc", "/a/b/c"},
     {"/a/", "/a/c", "/ab"}},
    {"a dot is any character", "/a.c", equals, {"/a.c", "/abc", "/a%c"}, {"/ac", "/abbc", "/a\nc"}},
    {"a dot may be a slash", "/a.b", equals, {"/a/b"}, {}},
    {"a parameter is one segment",
     "/u/:id",
     equals,
     {"/u/1", "/u/1/", "/u/a b"},
     {"/u", "/u/", "/u/1/2", "/u//"}},
    {"with more behind it", "/u/:id/x", equals, {"/u/1/x", "/u/x/x/"}, {"/u/x", "/u//x", "/u/1/y"}},
    {"a prefix ends with a parameter",
     "/u/:id",
     starts_with,
     {"/u/1", "/u/1/2", "/u/1#"},
     {"/u/", "/u"}},
    {"the characters of a segment",
     "/:p",
     equals,
     {"/azAZ09-._~%!$&'()*+,;=:@| "},
     {"/a\"", "/a<", "/a\\", "/a[", "/a^", "/\xC3\xA9"}},
    {"the name of a parameter says nothing", "/:a.b(c", equals, {"/x"}, {"/x/y"}},
    {"a colon inside is a colon", "/a:b", equals, {"/a:b"}, {"/ax"}},
    {"case counts", "/Ab", starts_with, {"/Ab"}, {"/ab", "/AB"}},
    {"escapes are not decoded", "/a%20b", equals, {"/a%20b"}, {"/a b"}},
    {"regular expressions", "/a[0-9]+", equals, {"/a1", "/a12/"}, {"/a", "/ax", "/a1x"}},
    {"as prefixes", "/a[0-9]+", starts_with, {"/a1", "/a1x", "/a1/x"}, {"/a", "/x/a1"}},
    {"any depth", "/a/.*", equals, {"/a/", "/a/b/c"}, {"/a", "/b/"}},
    {"alternatives reach over the whole pattern",
     "/a|b",
     equals,
     {"/a", "b/", "b"},
     {"/b", "/a/", "/ax", "xb"}},
    {"of a prefix too", "/a|b", starts_with, {"/a", "/ax", "bx"}, {"/b", "xb"}},
    {"grouped", "/(a|b)/c", equals, {"/a/c", "/b/c/"}, {"/c/c"}},
    {"an expression beside a parameter", "/v\\d/:id", equals, {"/v1/x"}, {"/v/x", "/v1"}},
};

TEST(PathPattern, Rules) {
  for (const Row& row : kRows) {
    auto pattern = PathPattern::compile(row.path, row.op);
    ASSERT_TRUE(pattern) << row.rule << ": " << pattern.error().message;
    for (std::string_view path : row.matching)
      EXPECT_TRUE(pattern->matches(path)) << row.rule << ": '" << path << "'";
    for (std::string_view path : row.others)
      EXPECT_FALSE(pattern->matches(path)) << row.rule << ": '" << path << "'";
  }
}

TEST(PathPattern, KnowsThatItMatchesAll) {
  EXPECT_TRUE(PathPattern::compile("/", starts_with)->matches_all());
  EXPECT_TRUE(PathPattern::compile("///", starts_with)->matches_all());
  EXPECT_FALSE(PathPattern::compile("/", equals)->matches_all());
  EXPECT_FALSE(PathPattern::compile("/.*", starts_with)->matches_all());
}

TEST(PathPattern, RefusesWhatNoEngineOfOursCanRun) {
  for (std::string_view path : {"/a(", "/a[", "/(?=x)a", "/(a)\\1", "/a**"}) {
    auto pattern = PathPattern::compile(path, starts_with);
    ASSERT_FALSE(pattern) << path;
    EXPECT_EQ(pattern.error().code, ErrorCode::invalid);
    EXPECT_NE(pattern.error().message.find(path), std::string::npos) << pattern.error().message;
  }
}

// The regular expression of the reference, straight from the rules.
std::string reference_regex(const std::vector<std::string>& parts) {
  std::string regex = "/";
  for (const std::string& part : parts) {
    regex += part.starts_with(':') ? R"([A-Za-z0-9\-._~%!$&'()*+,;=:@| ]+)" : part;
    regex += '/';
  }
  return regex + "?";
}

class Random {
 public:
  std::size_t below(std::size_t end) { return engine_() % end; }
  std::string word(std::string_view letters, std::size_t size_max) {
    std::string text;
    for (std::size_t size = below(size_max + 1); text.size() < size;)
      text += letters[below(letters.size())];
    return text;
  }

 private:
  std::mt19937 engine_{20240229};
};

TEST(PathPattern, PlainMatcherEqualsTheRegularExpression) {
  Random random;
  std::size_t matched = 0;
  for (int round = 0; round < 4000; ++round) {
    std::vector<std::string> parts;
    std::string path;
    for (std::size_t count = random.below(4); parts.size() < count;) {
      std::string part = random.below(3) == 0 ? ":p" : random.word("ab.%-", 2);
      if (part.empty()) part = "a";
      path += "/" + part;
      parts.push_back(part);
    }
    RE2 regex(reference_regex(parts));
    ASSERT_TRUE(regex.ok()) << regex.pattern();
    auto prefix = PathPattern::compile(path, starts_with),
         whole = PathPattern::compile(path, equals);
    ASSERT_TRUE(prefix && whole);
    for (int input = 0; input < 25; ++input) {
      std::string text = (random.below(8) ? "/" : "") + random.word("ab/.\"%", 7);
      bool starts = regex.Match(text, 0, text.size(), RE2::ANCHOR_START, nullptr, 0);
      bool equal = regex.Match(text, 0, text.size(), RE2::ANCHOR_BOTH, nullptr, 0);
      EXPECT_EQ(prefix->matches(text), starts) << path << " on '" << text << "'";
      EXPECT_EQ(whole->matches(text), equal) << path << " on '" << text << "'";
      matched += starts + equal;
    }
  }
  EXPECT_GT(matched, 10'000u);  // the inputs are not all misses
}

}  // namespace
}  // namespace perigee::plan
