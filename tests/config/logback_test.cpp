// What is read of a logback.xml (runtime.md 2.10).
#include "config/logback.hpp"

#include "config/check.hpp"
#include "tests/config/support/configured.hpp"

namespace perigee::config {
namespace {

using log::Level;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

// As the reference ships it.
const std::string kShipped = R"(<?xml version="1.0" encoding="UTF-8"?>
<!-- declare gravitee.home -->
<configuration scan="true">
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder>
      <pattern>%d{HH:mm:ss.SSS} [%thread] [%X{api}] %-5level %logger{36} - %msg%n</pattern>
    </encoder>
  </appender>
  <appender name="FILE" class="ch.qos.logback.core.rolling.RollingFileAppender">
    <rollingPolicy class="ch.qos.logback.core.rolling.TimeBasedRollingPolicy">
      <fileNamePattern>${gravitee.home}/logs/gravitee_%d{yyyy-MM-dd}.log</fileNamePattern>
      <maxHistory>30</maxHistory>
    </rollingPolicy>
    <encoder>
      <pattern>%d{HH:mm:ss.SSS} [%thread] [%X{api}] %-5level %logger{36} - %msg%n</pattern>
    </encoder>
  </appender>
  <appender name="async-file" class="ch.qos.logback.classic.AsyncAppender">
    <appender-ref ref="FILE" />
  </appender>
  <logger name="io.gravitee" level="DEBUG" />
  <logger name="org.reflections" level="OFF"/>
  <root level="ERROR">
    <appender-ref ref="STDOUT" />
    <appender-ref ref="async-file" />
  </root>
</configuration>
)";

struct Read {
  Log log;
  Diagnostics diagnostics;
  std::vector<std::string> told() const { return lines(diagnostics, Severity::warning); }
};

Read read(const std::string& xml) {
  Read result;
  const auto names = [](const std::string& name) -> std::optional<std::string> {
    if (name == "LEVEL") return "TRACE";
    if (name == "gravitee.home") return "/opt/gravitee";
    return std::nullopt;
  };
  parse_logback("logback.xml", xml, names, result.log, result.diagnostics);
  return result;
}

std::string console(const std::string& encoder) {
  return "<configuration>\n<appender name='C' class='ch.qos.logback.core.ConsoleAppender'>\n" +
         encoder + "\n</appender>\n<root><appender-ref ref='C'/></root></configuration>";
}

TEST(Logback, IsReadAsTheReferenceShipsIt) {
  const Read got = read(kShipped);
  EXPECT_THAT(got.log.levels,
              UnorderedElementsAre(Pair("ROOT", Level::error), Pair("io.gravitee", Level::debug),
                                   Pair("org.reflections", Level::off)));
  EXPECT_EQ(got.log.format, log::Format::pattern);
  EXPECT_EQ(got.log.pattern, "%d{HH:mm:ss.SSS} [%thread] [%X{api}] %-5level %logger{36} - %msg%n");
  EXPECT_TRUE(got.log.console);
  EXPECT_TRUE(got.log.file);
  EXPECT_THAT(lines(got.diagnostics, Severity::info),
              ElementsAre(HasSubstr("INFO logback.xml: without effect here: <rollingPolicy>;")));
}

TEST(Logback, OfTheHomeCountsBelowOurOwnKeys) {
  const std::string path = "/opt/gravitee/config/logback.xml";
  const std::string yaml = "/opt/gravitee/config/gravitee.yml";
  const Loaded loaded =
      load(Given{.definitions = {"-Dgravitee.conf=" + yaml, "-Dperigee.log.level.io.gravitee=INFO"},
                 .files = {{yaml, ""}, {path, kShipped}}});
  EXPECT_EQ(loaded.settings.log.levels.at("io.gravitee"), Level::info);
  EXPECT_EQ(loaded.settings.log.levels.at("ROOT"), Level::error);
  EXPECT_TRUE(loaded.settings.log.file);
  EXPECT_THAT(load("").settings.log, Log{});
}

TEST(Logback, KnowsJsonEncoders) {
  for (auto encoder : {"<encoder class='net.logstash.logback.encoder.LogstashEncoder'/>",
                       "<encoder class='ch.qos.logback.classic.encoder.JsonEncoder'/>",
                       "<encoder class='ch.qos.logback.core.encoder.LayoutWrappingEncoder'><layout "
                       "class='ch.qos.logback.contrib.json.classic.JsonLayout'/></encoder>"}) {
    const Read got = read(console(encoder));
    EXPECT_EQ(got.log.format, log::Format::json) << encoder;
    EXPECT_THAT(got.told(), IsEmpty()) << encoder;
    EXPECT_FALSE(got.log.file);
  }
}

TEST(Logback, ResolvesPropertiesAndVariables) {
  const Read got = read(
      "<configuration><property name='p' value='%m in ${gravitee.home} ${NONE} ${NONE:-x}'/>"
      "<appender name='C' class='ConsoleAppender'><encoder><pattern>${p}</pattern></encoder>"
      "</appender><root level='${LEVEL}'><appender-ref ref='${C:-C}'/></root>"
      "<logger name='a.b' level='${NONE:-${LEVEL}}'/></configuration>");
  EXPECT_EQ(got.log.pattern, "%m in /opt/gravitee ${NONE} x");
  EXPECT_THAT(got.log.levels,
              UnorderedElementsAre(Pair("ROOT", Level::trace), Pair("a.b", Level::trace)));
}

TEST(Logback, PropertiesDoNotUnfoldWithoutEnd) {
  std::string doubling = "<property name='p0' value='0123456789'/>";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "${p" + std::to_string(i - 1) + "}";
    doubling += "<property name='p" + std::to_string(i) + "' value='" + before + before + "'/>";
  }
  const std::string appender =
      "<appender name='C' class='ConsoleAppender'><encoder><pattern>${p59}</pattern></encoder>"
      "</appender><root><appender-ref ref='C'/></root></configuration>";
  const Read got = read("<configuration>" + doubling + appender);
  EXPECT_THAT(got.log.pattern, HasSubstr("0123456789${p"));
  EXPECT_LT(got.log.pattern.size(), 200'000u);

  // Each stands for many that are told later, and the last for nothing.
  std::string late;
  for (int i = 0; i < 8; ++i) {
    std::string many;
    for (int j = 0; j < 100; ++j) many += "${q" + std::to_string(i + 1) + ":-}";
    late += "<property name='q" + std::to_string(i) + "' value='" + (i < 7 ? many : "x") + "'/>";
  }
  EXPECT_LT(read("<configuration>" + late + appender).log.pattern.size(), 200'000u);
}

TEST(Logback, ManyReferencesInARowAreNoDepth) {
  std::string many;
  for (int i = 0; i < 200'000; ++i) many += "${NONE:-x}";
  const Read got = read(console("<encoder><pattern>" + many + "</pattern></encoder>"));
  EXPECT_TRUE(got.log.pattern.starts_with("xxx"));
}

TEST(Logback, MayWriteToAFileOnly) {
  const Read got = read(
      "<configuration><appender name='F' class='ch.qos.logback.core.FileAppender'><encoder>"
      "<pattern>%m</pattern></encoder></appender><root><appender-ref ref='F'/></root>"
      "</configuration>");
  EXPECT_FALSE(got.log.console);
  EXPECT_TRUE(got.log.file);
}

TEST(Logback, APatternGivesFewWarnings) {
  std::string nested;
  for (int i = 0; i < 20'000; ++i) nested += "%green(";
  EXPECT_EQ(read(console("<encoder><pattern>" + nested + "</pattern></encoder>")).told().size(),
            20u);
}

TEST(Logback, AppendersMayPassOnManyTimes) {
  std::string chain = "<appender name='A0' class='ConsoleAppender'/>";
  for (int i = 1; i < 15'000; ++i) {
    chain += "<appender name='A" + std::to_string(i) +
             "' class='AsyncAppender'><appender-ref ref='A" + std::to_string(i - 1) +
             "'/></appender>";
  }
  const Read got =
      read("<configuration>" + chain + "<root><appender-ref ref='A14999'/></root></configuration>");
  EXPECT_TRUE(got.log.console);
  EXPECT_FALSE(got.log.file);
}

TEST(Logback, ThatWritesNowhereStillWritesToTheConsole) {
  const Read got = read("<configuration><root level='INFO'/></configuration>");
  EXPECT_TRUE(got.log.console);
  EXPECT_THAT(got.told(), ElementsAre(HasSubstr("no ConsoleAppender and no FileAppender")));
  EXPECT_THAT(read("<configuration><appender name='A' class='AsyncAppender'><appender-ref ref='A'/>"
                   "</appender><root><appender-ref ref='A'/></root></configuration>")
                  .told(),
              ElementsAre(HasSubstr("no ConsoleAppender")));
}

TEST(Logback, NamesTheLineOfWhatItCannotDo) {
  const Read got = read(
      "<configuration>\n<logger name='a' level='LOUD'/>\n"
      "<appender name='C' class='ConsoleAppender'>\n<encoder>\n<pattern>%caller %m</pattern>\n"
      "</encoder>\n</appender>\n<root>\n<appender-ref ref='C'/>\n</root>\n</configuration>");
  EXPECT_THAT(got.told(), ElementsAre(HasSubstr("logback.xml:2: level of 'a': expected one of ALL"),
                                      HasSubstr("logback.xml:5: %caller: left out")));
}

TEST(Logback, ThatIsBrokenLeavesTheDefaults) {
  struct Case {
    std::string xml;
    std::string told;
  };
  for (const auto& [xml, told] :
       std::vector<Case>{{"<configuration>\n<root level='ERROR'>\n</configuration>",
                          "ERROR logback.xml:3: mismatched tag; nothing of it is used"},
                         {"", "logback.xml:1: no element found"},
                         {"<beans/>", "logback.xml:1: expected <configuration>, got <beans>"},
                         {"<!DOCTYPE c [<!ENTITY a 'b'>]>\n<configuration/>",
                          "logback.xml:1: a document type is not allowed here"},
                         {std::string(1, '\0'), "logback.xml:1: "}}) {
    const Read got = read(xml);
    EXPECT_EQ(got.log, Log{}) << xml;
    EXPECT_THAT(got.told(), ElementsAre(HasSubstr(told)));
    EXPECT_TRUE(got.diagnostics.at(0).stops_reload);
    EXPECT_FALSE(got.diagnostics.at(0).fatal);
  }
  EXPECT_FALSE(
      read("<configuration><root level='LOUD'/></configuration>").diagnostics.at(0).stops_reload);
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "<a>";
  EXPECT_THAT(read(deep).told(), ElementsAre(HasSubstr("nested too deeply")));
}

TEST(Logback, IsCheckedOffline) {
  CheckOptions options;
  options.read = [](const std::string&) { return Result<std::string>("<configuration"); };
  EXPECT_THAT(lines(check_file("conf/logback.xml", options), Severity::error),
              ElementsAre(HasSubstr("conf/logback.xml:1: unclosed token")));
}

}  // namespace
}  // namespace perigee::config
