// Stores without a driver, and values of our own keys (runtime.md 2.2, 2.3, 2.13).
#include "tests/config/support/configured.hpp"

namespace perigee::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Management, WithoutADriverIsFatalUnlessTheCloudReplacesIt) {
  for (auto type : {"mongodb", "JDBC"}) {
    const std::string yaml = std::string("management:\n  type: ") + type + "\n";
    const Loaded alone = load(yaml);
    EXPECT_TRUE(alone.fatal()) << type;
    EXPECT_THAT(to_string(*said(alone, "management.type", Severity::error)),
                HasSubstr("gravitee.yml:2: management.type: this gateway has no driver for"));
    const Loaded cloud = load(Given{.yaml = yaml, .environment = {{"GRAVITEE_CLOUD_TOKEN", "t"}}});
    EXPECT_FALSE(cloud.fatal()) << type;
    EXPECT_EQ(said(cloud, "management.type")->severity, Severity::info);
    EXPECT_TRUE(load(yaml + "cloud: { token: t, enabled: false }\n").fatal()) << type;
  }
  EXPECT_FALSE(load("management: { type: none }").fatal());
  EXPECT_FALSE(load("management: { type: http, http: { url: 'http://b' } }").fatal());
}

TEST(Management, UnderRepositoriesWins) {
  EXPECT_FALSE(
      load("management: { type: mongodb }\nrepositories: { management: { type: none } }").fatal());
  EXPECT_TRUE(
      load("management: { type: none }\nrepositories: { management: { type: jdbc } }").fatal());
}

TEST(RateLimit, WithoutADriverIsOneErrorThatDoesNotStopTheGateway) {
  for (auto type : {"mongodb", "jdbc", "hazelcast"}) {
    const Loaded loaded = load(std::string("ratelimit:\n  type: ") + type + "\n");
    EXPECT_FALSE(loaded.fatal());
    EXPECT_THAT(
        lines(loaded.diagnostics, Severity::error),
        ElementsAre(HasSubstr("gravitee.yml:2: ratelimit.type: this gateway has no driver")));
  }
  for (auto type : {"none", "redis", "local"}) {
    EXPECT_THAT(
        lines(load(std::string("ratelimit: { type: ") + type + " }").diagnostics, Severity::error),
        IsEmpty());
  }
}

TEST(OwnKeys, WithAWrongValueAreRefusedWithTheAllowedOnes) {
  const Loaded loaded = load("perigee:\n  compat:\n    errorKeys: '5.0'\n");
  EXPECT_TRUE(loaded.fatal());
  EXPECT_EQ(to_string(*said(loaded, "perigee.compat.errorKeys", Severity::error)),
            "gravitee.yml:3: perigee.compat.errorKeys: expected one of 4.9|4.12, got '5.0'");
  for (auto good : {"4.9", "4.12", "'4.12'"})
    EXPECT_FALSE(load(std::string("perigee: { compat: { errorKeys: ") + good + " } }").fatal());
}

TEST(Definitions, AreNamedOnceInAMessage) {
  const Loaded loaded = load(Given{.definitions = {"-Dhttp.port=abc"}});
  EXPECT_EQ(to_string(*said(loaded, "http.port", Severity::error)),
            "-Dhttp.port: expected a port, 0 to 65535, got 'abc'");
  const Loaded java = load(Given{.environment = {{"JAVA_OPTS", "-Dhttp.port=abc"}}});
  EXPECT_EQ(to_string(*said(java, "http.port", Severity::error)),
            "JAVA_OPTS -Dhttp.port: expected a port, 0 to 65535, got 'abc'");
}

TEST(Servers, OfTypeTcpAloneAreFatal) {
  const Loaded loaded = load("servers: [{type: tcp, secured: true, ssl: {sni: true}}]");
  EXPECT_TRUE(loaded.fatal());
  EXPECT_THAT(to_string(*said(loaded, "servers", Severity::error)),
              HasSubstr("gravitee.yml:1: servers: none of them is of type http"));
}

}  // namespace
}  // namespace perigee::config
