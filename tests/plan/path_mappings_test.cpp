// Path mappings (api-definition.md 1.13).
#include "plan/path_mappings.hpp"

#include <gtest/gtest.h>

namespace perigee::plan {
namespace {

TEST(PathMappings, TheOneWithTheFewestParametersThatFits) {
  PathMappings mappings;
  for (const char* text :
       {"/users/:id/:part", "/users/:id", "/users/me", "/files/.*", "/a+b(c)", "/", "/x.y"})
    ASSERT_TRUE(mappings.add(text)) << text;
  struct Row {
    std::string_view path, expected;
  };
  const Row rows[] = {
      {"/users/me", "/users/me"},
      {"/users/me/", "/users/me"},
      {"/users/42", "/users/:id"},
      {"/users/42/", "/users/:id"},
      {"/users/42/orders", "/users/:id/:part"},
      {"/users/42/orders/7", ""},
      {"/files/a/b/c", "/files/.*"},
      {"/a+b(c)", "/a+b(c)"},
      {"/aab(c)", ""},
      {"/", "/"},
      {"", "/"},
      {"/x.y", "/x.y"},
      {"/xzy", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(mappings.match(row.path), row.expected) << row.path;
}

TEST(PathMappings, NoneFitsWithoutAny) {
  PathMappings mappings;
  EXPECT_TRUE(mappings.empty());
  EXPECT_EQ(mappings.match("/a"), "");
}

}  // namespace
}  // namespace perigee::plan
