#include "config/values.hpp"

namespace perigee::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(Values, ReadsWholeNumbers) {
  struct Case {
    std::string_view text;
    std::optional<std::int64_t> number;
  };
  for (const Case& c : std::vector<Case>{
           {"0", 0},
           {"8082", 8082},
           {" 42 ", 42},
           {"-1", -1},
           {"+7", 7},
           {"30_000", 30000},
           {"0x1F", 31},
           {"1.048576e+06", 1048576},
           {"8082.0", 8082},
           {"9223372036854775807", INT64_MAX},
           {"010", std::nullopt},
           {"", std::nullopt},
           {"_", std::nullopt},
           {"-", std::nullopt},
           {"--1", std::nullopt},
           {"abc", std::nullopt},
           {"80a", std::nullopt},
           {"1.5", std::nullopt},
           {"1e30", std::nullopt},
           {"9223372036854775808", std::nullopt},
           {"0x", std::nullopt},
           {"0x-1", std::nullopt},
           {"nan", std::nullopt},
       }) {
    EXPECT_EQ(to_integer(c.text), c.number) << c.text;
  }
}

TEST(Values, ReadsDecimals) {
  EXPECT_EQ(to_decimal("1.5"), 1.5);
  EXPECT_EQ(to_decimal("80"), 80.0);
  EXPECT_EQ(to_decimal("inf"), std::nullopt);
  EXPECT_EQ(to_decimal("1.5x"), std::nullopt);
  EXPECT_EQ(to_decimal(""), std::nullopt);
}

TEST(Values, ReadsTheBooleansOfYaml11AndOfTheEnvironment) {
  for (const auto text : {"true", "TRUE", "yes", "Yes", "on", "ON", "1", " true "}) {
    EXPECT_EQ(to_boolean(text), true) << text;
  }
  for (const auto text : {"false", "no", "NO", "off", "Off", "0"}) {
    EXPECT_EQ(to_boolean(text), false) << text;
  }
  for (const auto text : {"", "y", "n", "2", "truth", "enabled"}) {
    EXPECT_EQ(to_boolean(text), std::nullopt) << text;
  }
}

TEST(Values, ReadsDurations) {
  EXPECT_EQ(to_duration("500"), 500ms);
  EXPECT_EQ(to_duration("500ms"), 500ms);
  EXPECT_EQ(to_duration("30s"), 30s);
  EXPECT_EQ(to_duration("5m"), 5min);
  EXPECT_EQ(to_duration("2h"), 2h);
  EXPECT_EQ(to_duration("1d"), 24h);
  for (const auto text : {"", "s", "-1s", "1w", "1.5s", "ten"}) {
    EXPECT_EQ(to_duration(text), std::nullopt) << text;
  }
}

TEST(Values, ReadsJavaUnitsRoundedUp) {
  EXPECT_EQ(in_unit(1, "NANOSECONDS"), 1ms);
  EXPECT_EQ(in_unit(1500, "MICROSECONDS"), 2ms);
  EXPECT_EQ(in_unit(7, "MILLISECONDS"), 7ms);
  EXPECT_EQ(in_unit(20, "seconds"), 20s);
  EXPECT_EQ(in_unit(2, "MINUTES"), 2min);
  EXPECT_EQ(in_unit(3, "HOURS"), 3h);
  EXPECT_EQ(in_unit(1, "DAYS"), 24h);
  EXPECT_EQ(in_unit(1, "WEEKS"), std::nullopt);
  // Bounded, so that adding two of them cannot overflow.
  EXPECT_LT(*in_unit(INT64_MAX, "DAYS"), 24h * 366 * 101);
}

TEST(Values, SplitsListsOnCommas) {
  EXPECT_THAT(split_list(" a, b ,,c,"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split_list("  "), ElementsAre());
}

}  // namespace
}  // namespace perigee::config
