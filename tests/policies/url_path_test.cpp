#include "policies/url_path.hpp"

#include <gtest/gtest.h>

namespace perigee::policies {
namespace {

struct Row {
  std::string_view given, expected;
};

TEST(UrlPath, WithoutDotsAndDoubledSlashes) {
  const Row rows[] = {
      {"/", "/"},
      {"", "/"},
      {"/a", "/a"},
      {"/a/", "/a/"},
      {"//a///b", "/a/b"},
      {"/a/./b", "/a/b"},
      {"/a/.", "/a/"},
      {"/a/../b", "/b"},
      {"/a/b/..", "/a/"},
      {"/a/b/../", "/a/"},
      {"/../../a", "/a"},
      {"/..", "/"},
      {"/a/..", "/"},
      {"/a/.b", "/a/.b"},
      {"/a/..b/", "/a/..b/"},
      {"/...", "/..."},
      {"/a/../..//b", "/b"},
      {"a", "/a"},
  };
  for (const Row& row : rows) EXPECT_EQ(normalized_path(row.given), row.expected) << row.given;
}

TEST(UrlPath, OfUrls) {
  const Row rows[] = {
      {"http://h", "http://h"},
      {"http://h?q=//", "http://h?q=//"},
      {"http://h/a//b?c=//d", "http://h/a/b?c=//d"},
      {"http://h/a/../b#x//y", "http://h/b#x//y"},
      {"http://h:80/", "http://h:80/"},
      {"//h//a", "//h/a"},
      {"/a//b/../c", "/a/c"},
      {"/a//b", "/a/b"},
      {"b", "b"},
      {"../b", "../b"},
      {"", ""},
      {"?a=http://b//c", "?a=http://b//c"},
      {"urn:a:b", "urn:a:b"},
  };
  for (const Row& row : rows) EXPECT_EQ(normalized_url(row.given), row.expected) << row.given;
}

}  // namespace
}  // namespace perigee::policies
