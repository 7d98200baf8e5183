// Rows of runtime.md 2.4 to 2.7, 2.10 and 2.13 whose reading is more than copying; that each key is
// read at all, from every source, is keys_test.cpp.
#include "tests/config/support/configured.hpp"

namespace perigee::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const std::string kCore = "services: { core: { http: ";

TEST(NodeApi, KnowsBasicNoneAndNothingElse) {
  EXPECT_TRUE(load("").settings.node_api.basic_authentication);
  EXPECT_FALSE(load(kCore + "{ authentication: { type: none } } } }")
                   .settings.node_api.basic_authentication);
  const Loaded odd = load(kCore + "{ authentication: { type: digest } } } }");
  EXPECT_FALSE(odd.settings.node_api.enabled);
  EXPECT_FALSE(odd.fatal());
  EXPECT_THAT(lines(odd.diagnostics, Severity::error),
              ElementsAre(HasSubstr("expected one of basic|none")));
}

TEST(NodeApi, ReadsClientAuthenticationUnlikeTheTrafficServers) {
  EXPECT_EQ(load("").settings.node_api.client_auth, ClientAuth::request);
  EXPECT_EQ(load(kCore + "{ ssl: { clientAuth: true } } } }").settings.node_api.client_auth,
            ClientAuth::required);
  EXPECT_EQ(load(kCore + "{ ssl: { clientAuth: request } } } }").settings.node_api.client_auth,
            ClientAuth::none);
}

TEST(NodeApi, WarnsOfTheWellKnownPasswordOnAnOpenAddress) {
  const std::string users = "authentication: { users: { admin: adminadmin } }";
  const auto warnings = [&](const std::string& more) {
    return lines(load(kCore + "{ " + users + more + " } } }").diagnostics, Severity::warning);
  };
  EXPECT_THAT(warnings(""), IsEmpty());
  EXPECT_THAT(warnings(", host: 127.0.0.1"), IsEmpty());
  EXPECT_THAT(warnings(", host: 0.0.0.0"), ElementsAre(HasSubstr("well-known default password")));
  EXPECT_THAT(warnings(", host: 0.0.0.0, enabled: false"), IsEmpty());
}

TEST(Metrics, ReadLabelsPerCategory) {
  const Loaded loaded = load(
      "services: { metrics: { labels: [local], include: { http.server: [http_path, remote] },\n"
      "  exclude: { http.client: [LOCAL], eventbus: [local] } } }\n");
  EXPECT_THAT(loaded.settings.metrics.labels, ElementsAre("local"));
  EXPECT_THAT(loaded.settings.metrics.include,
              ElementsAre(Pair("http.server", ElementsAre("http_path", "remote"))));
  EXPECT_THAT(loaded.settings.metrics.exclude,
              ElementsAre(Pair("http.client", ElementsAre("LOCAL"))));
  EXPECT_THAT(lines(loaded.diagnostics, Severity::warning), IsEmpty());
}

TEST(Metrics, TellLabelsThatNoMetricHas) {
  const Loaded loaded = load(
      "services:\n  metrics:\n    labels: [local, pool_type]\n"
      "    exclude:\n      http.client:\n        - local\n        - metod\n");
  EXPECT_THAT(lines(loaded.diagnostics, Severity::warning),
              ElementsAre(HasSubstr("services.metrics.exclude.http.client[1]: no metric has a "
                                    "label 'metod'; known are local, remote,")));
  EXPECT_THAT(lines(load("services: { metrics: { labels: 'locale,remote' } }").diagnostics,
                    Severity::warning),
              ElementsAre(HasSubstr("services.metrics.labels: no metric has a label 'locale'")));
}

TEST(Metrics, TheVersionOfTheNamesIsNoNumber) {
  EXPECT_EQ(load("services: { metrics: { prometheus: { naming: { version: 3.10 } } } }")
                .settings.metrics.naming_version,
            "3.10");
}

TEST(Delays, HonourTheirUnits) {
  const Loaded loaded = load(
      "services: { sync: { delay: 2, unit: MINUTES }, health: { delay: 3, unit: seconds },\n"
      "  monitoring: { unit: SECONDS } }\ngracefulShutdown: { delay: 20, unit: SECONDS }\n");
  EXPECT_EQ(loaded.settings.sync.delay, 2min);
  EXPECT_EQ(loaded.settings.health.delay, 3s);
  EXPECT_EQ(loaded.settings.monitoring.delay, 5000s);
  EXPECT_EQ(loaded.settings.shutdown.delay, 20s);
  EXPECT_EQ(load("").settings.sync.delay, 5s);
}

TEST(LocalSync, HasAnOlderNameThatLoses) {
  EXPECT_TRUE(load("services: { local: { enabled: true, path: /a } }").settings.sync.local_enabled);
  const Loaded both =
      load("services: { local: { enabled: false, path: /a }, sync: { local: { enabled: true } } }");
  EXPECT_TRUE(both.settings.sync.local_enabled);
  EXPECT_EQ(both.settings.sync.local_path, "/a");
}

TEST(Tenant, MayBeDefinedInEitherSpelling) {
  EXPECT_EQ(load(Given{.definitions = {"-Dgravitee.tenant=t"}}).settings.identity.tenant, "t");
  EXPECT_EQ(load(Given{.definitions = {"-Dtenant=t"}}).settings.identity.tenant, "t");
}

TEST(Shutdown, ReadsDurations) {
  const Loaded loaded = load("perigee: { shutdown: { drainTimeout: 5s, gracePeriod: 50s } }");
  EXPECT_EQ(loaded.settings.shutdown.drain_timeout, 5s);
  EXPECT_EQ(loaded.settings.shutdown.grace_period, 50s);
  EXPECT_EQ(load("").settings.shutdown.grace_period, std::nullopt);
}

TEST(Logs, ReadLevelsOfLoggersWithDots) {
  const Loaded loaded = load(Given{.yaml = "perigee: { log: { format: json, level: { root: error, "
                                           "io.gravitee.gateway: debug, quiet: off } } }",
                                   .environment = {{"PERIGEE_LOG_LEVEL_IO_VERTX", "TRACE"}}});
  EXPECT_EQ(loaded.settings.log.format, log::Format::json);
  EXPECT_THAT(loaded.settings.log.levels,
              ElementsAre(Pair("ROOT", log::Level::error), Pair("io.gravitee", log::Level::info),
                          Pair("io.gravitee.gateway", log::Level::debug),
                          Pair("io.vertx", log::Level::trace), Pair("quiet", log::Level::off)));
  EXPECT_THAT(lines(loaded.diagnostics, Severity::warning), IsEmpty());
}

TEST(Limits, SaturateInsteadOfWrapping) {
  const Loaded loaded = load(
      "http: { instances: 99999999999 }\nperigee: { limits: { headTimeout: 9999999999d } }\n"
      "handlers: { request: { transaction: { overrideMode: KEEP } } }\n");
  EXPECT_EQ(loaded.settings.servers[0].instances, std::numeric_limits<int>::max());
  EXPECT_GT(loaded.settings.limits.head_timeout, 24h * 365);
  EXPECT_EQ(loaded.settings.requests.transaction.mode, OverrideMode::keep);
}

}  // namespace
}  // namespace perigee::config
