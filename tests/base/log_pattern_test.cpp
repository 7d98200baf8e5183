#include "base/log_pattern.hpp"

#include <cstdlib>
#include <ctime>

namespace perigee::log {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Tuesday, 14 November 2023, 22:13:20.042 UTC.
constexpr WallTime kThen{std::chrono::milliseconds(1'700'000'000'042)};

std::string printed(std::string_view pattern, Line line, std::vector<std::string>* told = nullptr) {
  setenv("TZ", "Europe/Zurich", 1);
  tzset();
  std::vector<std::string> warnings;
  std::string text = Pattern::compile(pattern, told ? *told : warnings).formatted(line);
  if (!told) EXPECT_THAT(warnings, IsEmpty()) << pattern;
  return text;
}

const Line kLine{
    kThen,     Level::info, "gio.worker-0", "api-1", "io.gravitee.gateway.handlers.ApiHandler",
    "deployed"};

struct Case {
  std::string pattern;
  std::string text;  // without the line feed
};
class PatternText : public testing::TestWithParam<Case> {};

TEST_P(PatternText, IsAsLogbackPrintsIt) {
  EXPECT_EQ(printed(GetParam().pattern, kLine), GetParam().text + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Table, PatternText,
    testing::Values(
        Case{
            "%d{HH:mm:ss.SSS} [%thread] [%X{api}] %-5level %logger{36} - %msg%n",
            "23:13:20.042 [gio.worker-0] [api-1] INFO  i.g.gateway.handlers.ApiHandler - deployed"},
        Case{"%m", "deployed"}, Case{"%m%n", "deployed"}, Case{"%message%nopex%n", "deployed"},
        Case{"%date", "2023-11-14 23:13:20,042"}, Case{"%d{ISO8601}", "2023-11-14 23:13:20,042"},
        Case{"%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX}", "2023-11-14T23:13:20.042+01:00"},
        Case{"%d{\"yyyy-MM-dd'T'HH:mm:ss,SSSXXX\", UTC}", "2023-11-14T22:13:20,042Z"},
        Case{"%d{EEE dd MMM yy hh:mm a Z}", "Tue 14 Nov 23 11:13 PM +0100"},
        Case{"%d{d.M.yyyy 'o''clock'}", "14.11.2023 o'clock"}, Case{"%d{ss.SSSSSS}", "20.042000"},
        Case{"%p %le %t", "INFO INFO gio.worker-0"},
        Case{"[%-6p][%6p][%.2p][%.-2p]", "[INFO  ][  INFO][FO][IN]"},
        Case{"[%-10(%p)]", "[INFO      ]"}, Case{"[%20.12logger{0}]", "[          ApiHandler]"},
        Case{"%c{0}", "ApiHandler"}, Case{"%lo", "io.gravitee.gateway.handlers.ApiHandler"},
        Case{"%logger{1}", "i.g.g.h.ApiHandler"},
        Case{"%logger{39}", "io.gravitee.gateway.handlers.ApiHandler"},
        Case{"%mdc{api:-none}", "api-1"}, Case{"100%% \\(%m\\)\\t.", "100% (deployed)\t."},
        Case{"plain", "plain"}, Case{"%m%ex{short}", "deployed"}));

TEST(PatternWarning, NamesWhatIsLeftOut) {
  std::vector<std::string> told;
  EXPECT_EQ(printed("%marker%highlight(%p) %X{nodeId:-here} %m %d{W}", kLine, &told),
            "INFO here deployed W\n");
  EXPECT_THAT(told, ElementsAre(HasSubstr("%marker: left out"), HasSubstr("%highlight(...)"),
                                HasSubstr("%X{nodeId}: has no value here"),
                                HasSubstr("no meaning is known for 'W'")));
  told.clear();
  EXPECT_EQ(printed("%d{HH:mm, Asia/Tokyo}", kLine, &told), "23:13\n");
  EXPECT_THAT(told, ElementsAre(HasSubstr("time zone 'Asia/Tokyo'")));
}

TEST(Pattern, KeepsALineOneLine) {
  Line hostile = kLine;
  hostile.message = "a\nb\x1b";
  hostile.api_id = "x\ry";
  EXPECT_EQ(printed("%X{api} %m%n", hostile), "x\\ry a\\nb\\x1b\n");
}

TEST(Pattern, CountsCharactersNotBytes) {
  Line line = kLine;
  line.message = "äöü";
  EXPECT_EQ(printed("[%5m][%.2m][%.-2m]", line), "[  äöü][öü][äö]\n");
}

TEST(Pattern, SurvivesWhatIsNone) {
  std::vector<std::string> told;
  for (auto text : {"%", "%-", "%5", "%.", "%{", "%d{", "%(", "%((((", ")", "\\", "%99999999999m",
                    "%((((((((((((((((((((((((((%m"})
    EXPECT_THAT(printed(text, kLine, &told), testing::EndsWith("\n")) << text;
}

}  // namespace
}  // namespace perigee::log
