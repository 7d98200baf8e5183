// FreeMarker is bounded, whatever the template and the model are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/freemarker/support/render.hpp"

namespace perigee::freemarker {
namespace {

using namespace testing;
using ::testing::HasSubstr;

std::string repeated(std::string_view text, std::size_t count) {
  std::string made;
  for (std::size_t i = 0; i < count; ++i) made += text;
  return made;
}

TEST(FreeMarker, IsBounded) {
  EXPECT_THAT(render(std::string(kTemplateBytesMax + 1, 'x')), HasSubstr("longer than"));
  EXPECT_THAT(render("0123456789", 9), HasSubstr("the output has more than 9 bytes"));
  EXPECT_EQ(render("0123456789", 10), "0123456789");
  EXPECT_THAT(render("<#list 1..999999 as x></#list>"), HasSubstr("more than 200000 items"));
  for (const char* endless : {"1..huge", "1..(huge * huge)", "(huge * huge)..(huge * huge)"})
    EXPECT_THAT(render("<#list " + std::string(endless) + " as x></#list>"),
                HasSubstr("more than 200000 items"))
        << endless;
  EXPECT_THAT(render("<#list 1..1000 as x><#list 1..1000 as y></#list></#list>"),
              HasSubstr("loops turn more than"));
  EXPECT_THAT(
      render("<#assign x = 'xxxxxxxxxxxxxxxx'><#list 1..100 as i><#assign x = x + x></#list>"),
      HasSubstr("makes more than"));
  EXPECT_THAT(render("<#assign x = [1, 2]><#list 1..100 as i><#assign x = x + x></#list>"),
              HasSubstr("more than"));
  EXPECT_THAT(render("<#attempt><#list 1..999999 as x></#list><#recover>no</#attempt>"),
              HasSubstr("failed"));
  EXPECT_THAT(render("${'a'?left_pad(999999999)}"), HasSubstr("padding"));
  for (const char* builtin : {"eval", "eval_json"}) {
    auto nested = [&](std::size_t depth) {
      return render("${'" + repeated("[", depth) + repeated("]", depth) + "'?" + builtin +
                    "?size}");
    };
    EXPECT_EQ(nested(kJsonDepthMax), "1");
    EXPECT_THAT(nested(kJsonDepthMax + 1), HasSubstr("nested"));
    EXPECT_THAT(render(std::string("<#assign x = '[' + ''?right_pad(100000, '0,') + '0]'><#list ") +
                       "1..100 as i><#assign y = x?" + builtin + "></#list>"),
                HasSubstr("makes more than"));
  }
  EXPECT_THAT(render("${" + repeated("(", 5000) + "1" + repeated(")", 5000) + "}"),
              HasSubstr("deeper than"));
  EXPECT_THAT(render("${" + repeated("-", 5000) + "1}"), HasSubstr("too many signs"));
  EXPECT_THAT(render("${1" + repeated(" + 1", 5000) + "}"), HasSubstr("deeper than"));
  EXPECT_THAT(render("${a" + repeated(".a", 5000) + "}"), HasSubstr("deeper than"));
  EXPECT_THAT(render("${a" + repeated("!a", 5000) + "}"), HasSubstr("deeper than"));
  EXPECT_THAT(render(repeated("<#if yes>", 5000) + repeated("</#if>", 5000)),
              HasSubstr("deeper than"));
  EXPECT_EQ(render("${1" + repeated(" + 1", 100) + "}"), "101");
}

TEST(FreeMarker, HasTheLimitsThatItIsGiven) {
  const std::pair<Limits, std::string_view> rows[] = {
      {{.steps_max = 3}, "it needs more than 3 steps (perigee.limits.templateSteps)"},
      {{.loop_turns_max = 2},
       "its loops turn more than 2 times (perigee.limits.templateLoopTurns)"},
      {{.built_bytes_max = 5}, "it makes more than 5 bytes (perigee.limits.templateBytes)"},
      {{.output_bytes_max = 5}, "the output has more than 5 bytes"}};
  static const JsonDocument document = *JsonDocument::parse(kModel);
  auto compiled = Template::compile("<#list list as x>${x + x}</#list>");
  ASSERT_TRUE(compiled);
  Arena arena;
  EXPECT_EQ(*compiled->render(JsonModel(document.root()), arena, {}), "aabbcc");
  for (const auto& [limits, says] : rows) {
    auto made = compiled->render(JsonModel(document.root()), arena, limits);
    ASSERT_FALSE(made) << says;
    EXPECT_EQ(made.error().code, ErrorCode::limit) << says;
    EXPECT_THAT(made.error().message, HasSubstr(says));
  }
}

// What a stranger sends is a megabyte of one text, and an object of many members.
const Row kOfLargeModels[] = {
    {"<#list 1..5000 as i><#list many as k, v><#break></#list></#list>", "makes more than"},
    {"<#list 1..5000 as i>${many?keys?size}</#list>", "more than"},
    {"<#list 1..200000 as i><#assign x = many.m4999></#list>", "steps"},
    {"<#list 1..5000 as i><#if long == twin></#if></#list>", "steps"},
    {"<#assign l = [long]><#list 1..5 as i><#assign l = l + l></#list>${l?sort?size}", "steps"},
    {"${long?matches('(x|a)*a.{900}b.*')}", "takes longer than 300 ms"},
    {"${long?replace('a.*b|a', '', 'r')}", "takes longer than 300 ms"},
    // These are done, and take no minutes.
    {"${'x'?left_pad(100000, long)?length?c}", "100000"},
    {"${long?contains(part)?c} ${long?index_of(part)}", "false -1"},
};

TEST(FreeMarker, IsBoundedForLargeModels) {
  const std::string as = repeated("a", 1 << 20);
  std::string model = R"({"long": ")" + as + R"(", "twin": ")" + as + R"(", "part": "b)" +
                      as.substr(0, as.size() / 2) + R"(", "many": {"m": 0)";
  for (int i = 0; i < 5000; ++i) model += ", \"m" + std::to_string(i) + "\": 0";
  const JsonDocument document = *JsonDocument::parse(model + "}}");
  for (const Row& row : kOfLargeModels) {
    SCOPED_TRACE(row.text);
    EXPECT_THAT(render_with(document, row.text), HasSubstr(row.expected));
  }
}

}  // namespace
}  // namespace perigee::freemarker
