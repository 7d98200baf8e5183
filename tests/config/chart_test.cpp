// What the charts render loads without an error, and what their values are checked for.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "config/check.hpp"
#include "tests/config/support/configured.hpp"

namespace perigee::config {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

const std::filesystem::path kSource = std::filesystem::path(__FILE__).parent_path();

std::string data(const std::string& name) {
  return read_file((kSource / "data" / name).string()).value();
}

TEST(Chart, RendersWhatLoadsWithoutAComplaint) {
  const Loaded loaded =
      load(Given{.yaml = data("chart_rendered.yml"),
                 .environment = {{"gravitee_cloud_token", "token"},
                                 {"GRAVITEE_PLUGINS_PATH_0", "${gravitee.home}/plugins"},
                                 {"GRAVITEE_PLUGINS_PATH_1", "${gravitee.home}/plugins-ext"}}});
  EXPECT_FALSE(loaded.fatal());
  // Worth a word are the default password on an open address, and the store of rate limits that the
  // reference's chart renders instead of the wanted one.
  EXPECT_THAT(lines(loaded.diagnostics, Severity::warning),
              ElementsAre(HasSubstr("services.core.http.authentication.users.admin"),
                          HasSubstr("ratelimit.type: this gateway has no driver for 'mongodb'")));
  const Settings& settings = loaded.settings;
  EXPECT_TRUE(settings.servers.at(0).alpn);
  EXPECT_EQ(settings.node_api.host, "0.0.0.0");
  EXPECT_THAT(settings.node_api.users, ElementsAre(Pair("admin", "adminadmin")));
  EXPECT_TRUE(settings.metrics.enabled);
  EXPECT_EQ(settings.shutdown.delay, 20s);
  EXPECT_EQ(settings.sync.local_path, "/opt/gravitee/apis");
  EXPECT_FALSE(settings.sync.local_enabled);
  EXPECT_THAT(loaded.tree.list("plugins.path"),
              ElementsAre("/opt/gravitee/plugins", "/opt/gravitee/plugins-ext"));
}

TEST(Chart, RendersADeadBlockSilently) {
  const Loaded loaded = load(data("chart_rendered.yml"));
  for (const Diagnostic& diagnostic : loaded.diagnostics) {
    EXPECT_THAT(diagnostic.key, Not(HasSubstr("apikeyscache")));
    EXPECT_THAT(diagnostic.key, Not(HasSubstr("mongodb.")));
  }
}

TEST(Chart, WhatIsSwitchedOffIsNotTold) {
  const Diagnostics told = load(Given{.yaml = data("chart_rendered.yml"),
                                      .environment = {{"gravitee_cloud_token", "t"}}})
                               .diagnostics;
  EXPECT_THAT(lines(told, Severity::info), Contains(HasSubstr("services.heartbeat.enabled")));
  for (const auto off : {"alerts.alert-engine-connector-ws.enabled", "reporters.file.enabled",
                         "services.sync.kubernetes.enabled"})
    EXPECT_THAT(lines(told, Severity::info), Not(Contains(HasSubstr(off)))) << off;
  const auto about = [&](std::string_view key) {
    return std::ranges::count(told, key, &Diagnostic::key);
  };
  EXPECT_EQ(about("management.type"), 1) << "what it means in cloud mode, and nothing else";
  EXPECT_EQ(about("ratelimit.type"), 1);
}

TEST(Chart, OfTheReallyMeantStoreLoadsWithoutAComplaint) {
  const Loaded loaded =
      load(Given{.yaml = data("chart_redis.yml"), .environment = {{"REDIS_PASSWORD", "pw"}}});
  EXPECT_THAT(lines(loaded.diagnostics, Severity::warning), IsEmpty());
  EXPECT_EQ(loaded.tree.find("ratelimit.redis.password")->text, "pw");
  EXPECT_EQ(loaded.tree.find("ratelimit.redis.sentinel.nodes[0].port")->text, "26379");
}

TEST(Chart, OfNewerVersionsLoadsWithoutAComplaint) {
  EXPECT_THAT(lines(load(data("chart_newer.yml")).diagnostics, Severity::warning), IsEmpty());
}

TEST(Check, FindsTheTrapsOfAValuesFile) {
  const std::string path = (kSource / "data" / "hybrid_values.yaml").string();
  std::vector<std::string> found;
  for (std::string line : lines(check_file(path), Severity::info)) {
    if (line.starts_with("INFO") && line.contains("does not act on it yet")) continue;
    if (const auto at = line.find(path); at != std::string::npos)
      line.replace(at, path.size(), "values");
    found.push_back(line);
  }
  EXPECT_THAT(
      found,
      UnorderedElementsAre(
          HasSubstr(
              "WARNING values:30: gateway.ratelimit.type: the reference's chart does not read"),
          HasSubstr(
              "WARNING values:14: gateway.env[0].value: the cloud token stands in plain text"),
          HasSubstr(
              "ERROR values:28: gateway.gracefulShutdown.delay: the delay plus 5 s is longer than "
              "gateway.terminationGracePeriod (20 s)"),
          HasSubstr("WARNING values:3: license.key: not base64"),
          HasSubstr("INFO values:5: es.enabled: does not switch off"),
          HasSubstr("INFO values:32: gateway.ratelimit.redis.password: stands in plain text"),
          HasSubstr("ERROR values:21: services.core.http.port: expected a port, 0 to 65535, got "
                    "'ninety'"),
          HasSubstr("WARNING values:26: reporters.file.enabeld: unknown key; did you mean "
                    "'reporters.file.enabled'?"),
          HasSubstr("WARNING GRAVITEE_HTTP_MAX_HEADER_SIZE: sets no known key; the variable of "
                    "'http.maxHeaderSize' is GRAVITEE_HTTP_MAXHEADERSIZE")));
}

Diagnostics checked(const std::string& yaml) {
  return check_file("f.yaml", {.read = [&](const std::string&) { return yaml; }});
}

TEST(Check, RefusesAnApiDefinitionInYaml) {
  for (const char* yaml : {"id: a\ndefinitionVersion: 4.0.0\n", "endpointGroups:\n  - name: a\n",
                           "id: a\nproxy:\n  virtual_hosts:\n    - path: /a\n"})
    EXPECT_THAT(lines(checked(yaml), Severity::info),
                ElementsAre("ERROR f.yaml: an API definition, but in YAML: the gateway reads them "
                            "from *.json only"));
}

TEST(Check, ReadsAGraviteeYml) {
  EXPECT_THAT(lines(checked("http:\n  prot: 1\n"), Severity::warning),
              ElementsAre("WARNING f.yaml:2: http.prot: unknown key; did you mean 'http.port'?"));
  EXPECT_THAT(lines(checked("http: ["), Severity::warning),
              ElementsAre(HasSubstr("not valid YAML")));
}

TEST(Check, LeavesObjectsOfKubernetesAlone) {
  EXPECT_THAT(lines(checked("apiVersion: v1\nkind: Service\nspec: { ports: [{ port: x }] }\n"),
                    Severity::info),
              ElementsAre(HasSubstr("a Kubernetes object, no configuration; not checked")));
}

TEST(Check, NamesAFileThatIsNotThere) {
  EXPECT_THAT(lines(check_file("/does/not/exist.yml"), Severity::error),
              ElementsAre(HasSubstr("/does/not/exist.yml: cannot be opened")));
}

TEST(Check, LetsTheTopLevelRateLimitTypeWin) {
  const auto found = lines(checked("ratelimit: { type: none }\n"
                                   "gateway: { ratelimit: { type: redis, redis: { host: h } } }\n"),
                           Severity::warning);
  EXPECT_THAT(found, ElementsAre(HasSubstr("gateway.ratelimit.type: 'redis' is ignored"),
                                 HasSubstr("no effect while the type is 'none'")));
  EXPECT_THAT(
      lines(checked("ratelimit: { type: redis }\ngateway: { ratelimit: { redis: { host: h } } }\n"),
            Severity::warning),
      IsEmpty());
}

TEST(Check, AcceptsAGracePeriodThatIsLongEnough) {
  const auto errors = [](const std::string& values) {
    return lines(checked("gateway: { " + values + " }"), Severity::error);
  };
  EXPECT_THAT(errors("terminationGracePeriod: 25, gracefulShutdown: { delay: 20, unit: SECONDS }"),
              IsEmpty());
  EXPECT_EQ(
      errors("terminationGracePeriod: 24, gracefulShutdown: { delay: 20, unit: SECONDS }").size(),
      1U);
  EXPECT_EQ(errors("gracefulShutdown: { delay: 26000 }").size(), 1U)
      << "the chart's period is 30 s";
  EXPECT_THAT(errors("gracefulShutdown: { delay: 25000 }"), IsEmpty());
}

TEST(Check, TellsWhatOtherRoomsSayWhenTheGatewayStarts) {
  const auto read = [](const std::string& yaml) {
    return check_file("f.yaml", {.read = [yaml](const std::string&) { return yaml; },
                                 .review = [](const Loaded& loaded) -> Diagnostics {
                                   const std::string key = "el.whitelist.list[1]";
                                   const Value* value = loaded.tree.find(key);
                                   return {{Severity::warning, key, value ? value->origin : "none",
                                            loaded.settings.el_whitelist.entries.at(1)}};
                                 }});
  };
  EXPECT_THAT(lines(read("el:\n  whitelist:\n    list:\n    - class A\n    - class B\n"),
                    Severity::warning),
              ElementsAre("WARNING f.yaml:5: el.whitelist.list[1]: class B"));
  EXPECT_THAT(lines(read("gateway:\n  el:\n    whitelist:\n      list: [class A,\n class B]\n"),
                    Severity::warning),
              ElementsAre("WARNING f.yaml:5: el.whitelist.list[1]: class B"));
}

TEST(Check, AcceptsABase64LicenceAndATokenFromASecret) {
  const std::string good =
      "license: { key: 'aGVsbG8gd29ybGQ=' }\n"
      "gateway: { env: [{ name: gravitee_cloud_token, valueFrom: { secretKeyRef: { name: a, key: b "
      "} } }] }\n";
  EXPECT_THAT(lines(checked(good), Severity::warning), IsEmpty());
}

TEST(Check, TheValuesOfTheTargetDeploymentHaveOnlyTheirKnownTraps) {
  const char* told = std::getenv("PERIGEE_COMPAT_DIR");
  const std::filesystem::path compat =
      told ? std::filesystem::path(told) : kSource / "../../../shared/compat";
  const std::filesystem::path values = compat / "deployment/values.yaml";
  if (!std::filesystem::exists(values)) {
    ASSERT_EQ(std::getenv("CI"), nullptr) << "set PERIGEE_COMPAT_DIR";
    std::puts("not run: the compatibility data is not there (PERIGEE_COMPAT_DIR)");
    return;
  }
  EXPECT_THAT(lines(check_file(values.string()), Severity::warning),
              ElementsAre(HasSubstr("gateway.ratelimit.type"), HasSubstr("cloud token"),
                          HasSubstr("license.key: not base64")));
  EXPECT_THAT(lines(check_file(values.string()), Severity::error), IsEmpty())
      << "a gateway that is started with them has nothing against them";
  const std::string redis = (compat / "deployment/redis-sentinel.yaml").string();
  EXPECT_THAT(lines(check_file(redis), Severity::warning), IsEmpty());
}

}  // namespace
}  // namespace perigee::config
