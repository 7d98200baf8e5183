// The ":name" parts of flow paths: lifecycle.md 6.
#include "plan/path_parameters.hpp"

#include "tests/plan/support/workshop.hpp"

namespace perigee::plan {
namespace {

using namespace testing;
using enum definition::PathOperator;

std::string filled(const PathParameters& parameters, std::string_view path,
                   http::Method method = http::Method::get) {
  Arena arena;
  policy::Attributes values(arena);
  parameters.fill(method, path, arena, values);
  std::string text;
  for (const auto& entry : values.entries())
    text.append(entry.name).append("=").append(entry.value.as_text()).append(" ");
  return text;
}

struct Row {
  std::string_view pattern;
  definition::PathOperator op;
  std::string_view path;
  std::string_view expected;
};

const Row kRows[] = {
    {"/a/:id", equals, "/a/12", "id=12 "},
    {"/a/:id", equals, "/a/12/", "id=12 "},
    {"/a/:id", equals, "/a/12/x", ""},
    {"/a/:id", starts_with, "/a/12/x", "id=12 "},
    {"/a/:id", starts_with, "/b/12", ""},
    {"/:a/x/:b", equals, "/1/x/2", "a=1 b=2 "},
    {"/a/:id", equals, "/a/b%20c", "id=b c "},
    {"/a/:id", equals, "/a/caf%C3%A9", "id=caf\xC3\xA9 "},
    {"/a/:id", equals, "/a/100%", "id=100% "},
    {"/a/:id", equals, "/a/%4g", "id=%4g "},
    {"/a/:id", equals, "/a/b%2Fc", ""},
    {"/a/:id", starts_with, "/a/b%2Fc", "id=b "},
    {"/%61/:id", equals, "/%61/1", ""},
    {"/a/:an-id.x", equals, "/a/1", "an-id.x=1 "},
    {"/(a|b)/:id", equals, "/b/7", "id=7 "},
    {"/a/b", equals, "/a/b", ""},
    {"/a.c/:id", equals, "/abc/1", "id=1 "},
    {"/a/:id", equals, "/a/", ""},
    {"/a/:id", equals, "a/1", ""},
    {"/a/:id/b", starts_with, "/a/1/bc", "id=1 "},
    {"/(a)(b)?/:id/[0-9]+/:x", starts_with, "/a/7/12/y/z", "id=7 x=y "},
};

TEST(PathParameters, Rows) {
  for (const Row& row : kRows) {
    PathParameters parameters;
    ASSERT_TRUE(parameters.add(row.pattern, row.op, kAllMethods)) << row.pattern;
    EXPECT_EQ(filled(parameters, row.path), row.expected) << row.pattern << " " << row.path;
  }
}

TEST(PathParameters, TheLastPatternWinsAndMethodsCount) {
  PathParameters parameters;
  ASSERT_TRUE(parameters.add("/:a", starts_with, kAllMethods));
  ASSERT_TRUE(parameters.add("/x/:a", starts_with, method_bit(http::Method::get)));
  EXPECT_EQ(filled(parameters, "/x/y"), "a=y ");
  EXPECT_EQ(filled(parameters, "/x/y", http::Method::post), "a=x ");
}

TEST(PathParameters, WithoutOneThereIsNothingToDo) {
  PathParameters parameters;
  ASSERT_TRUE(parameters.add("/a/b", equals, kAllMethods));
  EXPECT_TRUE(parameters.empty());
}

TEST(PathParameters, OfAllEnabledFlows) {
  Workshop shop;
  auto revision = shop.revision(
      {.plan = R"("flows": [{"selectors": [{"type": "http", "path": "/:plan"}]}])",
       .flow = R"("selectors": [{"type": "http", "path": "/x/:api", "methods": ["GET"]}])"});
  EXPECT_EQ(filled(revision->path_parameters, "/x/y"), "plan=x api=y ");
  EXPECT_EQ(filled(revision->path_parameters, "/x/y", http::Method::put), "plan=x ");
  auto disabled = shop.revision(
      {.flow = R"("enabled": false, "selectors": [{"type": "http", "path": "/x/:api"}])"});
  EXPECT_TRUE(disabled->path_parameters.empty());
}

// The class takes the parameter's own group in.
TEST(PathParameters, InsideOfAClassAreRefused) {
  Result<void> added = PathParameters().add("/(a[x/:id", equals, kAllMethods);
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().message, ::testing::HasSubstr("a parameter inside of a '['"));
}

TEST(PathParameters, TooManyGroupsAreRefused) {
  std::string parameters, groups = "/:p";
  for (int i = 0; i < 40; ++i) {
    parameters += "/:p" + std::to_string(i);
    groups += "/(a)";
  }
  for (const std::string& path : {parameters, groups}) {
    auto added = PathParameters().add(path, equals, kAllMethods);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, ErrorCode::limit);
  }
}

}  // namespace
}  // namespace perigee::plan
