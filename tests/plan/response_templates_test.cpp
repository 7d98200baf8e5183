// Which response template words an error (lifecycle.md section 10, step 4).
#include "plan/response_templates.hpp"

#include <gtest/gtest.h>

namespace perigee::plan {
namespace {

ResponseTemplates templates(
    std::initializer_list<std::pair<const char*, const char*>> keys_and_types) {
  ResponseTemplates made;
  int status = 501;
  for (auto [key, type] : keys_and_types) made.add(key, type, {.status = status++});
  return made;
}

// The place of the template found in `made`, from 1; 0 for the standard answer.
int found(const ResponseTemplates& made, std::string_view key,
          std::initializer_list<std::string_view> accept, std::string_view parent = "") {
  const ResponseTemplate* one = made.find(key, parent, accept);
  return one ? one->status - 500 : 0;
}

TEST(ResponseTemplates, ByKeyThenParentThenDefault) {
  ResponseTemplates made = templates({{"KEY", "*/*"}, {"PARENT", "*/*"}, {"DEFAULT", "*/*"}});
  EXPECT_EQ(found(made, "KEY", {}), 1);
  EXPECT_EQ(found(made, "OTHER", {}, "PARENT"), 2);
  EXPECT_EQ(found(made, "KEY", {}, "PARENT"), 1);
  EXPECT_EQ(found(made, "OTHER", {}, "NEITHER"), 3);
  EXPECT_EQ(found(made, "key", {}), 3);
  EXPECT_EQ(found(templates({{"KEY", "*/*"}}), "OTHER", {}), 0);
}

TEST(ResponseTemplates, TheBestMediaTypeWithATemplateOfExactlyThatText) {
  ResponseTemplates made = templates({{"K", "application/json"}, {"K", "text/xml"}, {"K", "*/*"}});
  struct Row {
    std::initializer_list<std::string_view> accept;
    int expected;
  };
  const Row rows[] = {
      {{}, 3},
      {{"application/json"}, 1},
      {{"text/xml"}, 2},
      {{"text/html"}, 3},
      {{"*/*"}, 3},
      {{"application/*"}, 3},  // no wildcards but that one
      {{"text/xml, application/json"}, 2},
      {{"text/xml;q=0.5, application/json"}, 1},
      {{"text/xml;q=0.5, application/json;q=0.4"}, 2},
      {{"text/xml;q=0.50", "application/json;q=0.501"}, 1},
      {{"text/html, text/xml;q=0.1"}, 2},
      {{"application/json;charset=utf-8;q=0.9, text/xml;q=1.0"}, 2},
      {{"application/json; q=nonsense"}, 1},
      {{", ,"}, 3},
      {{""}, 3},
      {{"Application/JSON"}, 3},
  };
  for (const Row& row : rows)
    EXPECT_EQ(found(made, "K", row.accept), row.expected)
        << (row.accept.size() ? *row.accept.begin() : "");
}

TEST(ResponseTemplates, WithoutAnyTypeTheStandardAnswer) {
  ResponseTemplates made = templates({{"K", "application/json"}, {"DEFAULT", "*/*"}});
  EXPECT_EQ(found(made, "K", {"text/html"}), 0);  // DEFAULT is for other keys
}

TEST(ResponseTemplates, AHostileAcceptIsBounded) {
  ResponseTemplates made = templates({{"K", "a/b"}});
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "x/y;q=0.1,";
  many += "a/b";
  EXPECT_EQ(found(made, "K", {many}), 0);
}

}  // namespace
}  // namespace perigee::plan
