#include "policies/ant_pattern.hpp"

#include <gtest/gtest.h>

namespace perigee::policies {
namespace {

struct Row {
  std::string_view pattern, path;
  bool expected;
};

const Row kRows[] = {
    // Without wildcards.
    {"/a/b", "/a/b", true},
    {"/a/b", "/a/c", false},
    {"/a/b", "/A/b", false},
    {"/a/b", "/a", false},
    {"/a", "/a/b", false},
    {"/", "/", true},
    {"/", "/a", false},
    {"", "", true},
    {"a", "/a", false},
    {"/a", "a", false},
    // A slash at the end counts, several slashes are one.
    {"/a/", "/a", false},
    {"/a", "/a/", false},
    {"/a/", "/a/", true},
    {"/a//b", "/a/b", true},
    {"/a/b", "//a///b", true},
    // One character, any characters, inside a segment.
    {"/a?c", "/abc", true},
    {"/a?c", "/ac", false},
    {"/a?c", "/a/c", false},
    {"/a?", "/aé", true},
    {"/a*", "/a", true},
    {"/a*", "/abc", true},
    {"/a*", "/abc/d", false},
    {"/*.json", "/x.json", true},
    {"/*.json", "/x.jso", false},
    {"/*a*b", "/xaab", true},
    {"/*a*b", "/xaabc", false},
    {"/*", "/", true},
    {"/*", "/a", true},
    {"/*", "/a/", false},
    {"/a/*", "/a", false},
    {"/a/*", "/a/", true},
    {"/a/*", "/a/b", true},
    {"/a/*", "/a/b/c", false},
    {"/*/b", "/a/b", true},
    // Any segments.
    {"/**", "/", true},
    {"/**", "/a/b/c/", true},
    {"/a/**", "/a", true},
    {"/a/**", "/a/", true},
    {"/a/**", "/a/b/c", true},
    {"/a/**", "/ab", false},
    {"/**/b", "/b", true},
    {"/**/b", "/a/x/b", true},
    {"/**/b", "/a/b/c", false},
    {"/**/b", "/a/b/", false},
    {"/a/**/b/**/c", "/a/b/c", true},
    {"/a/**/b/**/c", "/a/x/b/y/z/b/c", true},
    {"/a/**/b/**/c", "/a/x/c", false},
    {"/**/b/*/c", "/b/b/x/c", true},
    {"/**/**/b", "/b", true},
    {"/**/*.json", "/a/b/c.json", true},
    {"/a**", "/abc", true},
    {"/a**", "/a/b", false},
    // Variables.
    {"/a/{id}", "/a/12", true},
    {"/a/{id}", "/a/", false},
    {"/a/{id}/c", "/a/b/c", true},
    {"/a/{id}.json", "/a/12.json", true},
    {"/a/{id}.json", "/a/12.xml", false},
    {"/a/{id:[0-9]+}", "/a/12", true},
    {"/a/{id:[0-9]+}", "/a/1x", false},
    {"/a/{id:[0-9]{2}}-*", "/a/12-x", true},
    {"/a/{id:[0-9]{2}}-*", "/a/123-x", false},
    {"/a/{x:a|b}.?", "/a/b.c", true},
    {"/a/{x:a|b}.?", "/a/bxc", false},
};

TEST(AntPattern, Matches) {
  for (const Row& row : kRows) {
    Result<AntPattern> pattern = AntPattern::compile(row.pattern);
    ASSERT_TRUE(pattern) << row.pattern;
    EXPECT_EQ(pattern->matches(AntPattern::Path(row.path)), row.expected)
        << row.pattern << " " << row.path;
  }
}

TEST(AntPattern, RefusesWhatIsNone) {
  for (std::string pattern : {std::string("/a/{id"), std::string("/a/{x:{{1}}}"),
                              std::string("/{x:(}"), "/" + std::string(AntPattern::kBytesMax, 'a')})
    EXPECT_FALSE(AntPattern::compile(pattern)) << pattern;
}

// Nothing that grows with more than the product of the lengths.
TEST(AntPattern, EndsSoonOnHostilePaths) {
  std::string pattern, path;
  for (int i = 0; i < 100; ++i) pattern += "/**/a*a*b";
  for (int i = 0; i < 2'000; ++i) path += "/aaa";
  EXPECT_FALSE(AntPattern::compile(pattern)->matches(AntPattern::Path(path)));
  EXPECT_FALSE(AntPattern::compile("/" + std::string(2'000, '*') + "b")
                   ->matches(AntPattern::Path("/" + std::string(8'000, 'a'))));
}

}  // namespace
}  // namespace perigee::policies
