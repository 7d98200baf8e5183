#include "config/load.hpp"

#include "tests/config/support/configured.hpp"

namespace perigee::config {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

// 1.1 Precedence -----------------------------------------------------------------------------

TEST(Precedence, IsEnvironmentThenDefinitionThenFileThenDefault) {
  Given given{.yaml = "http: { port: 3 }"};
  EXPECT_EQ(load("").settings.servers[0].port, 8082);
  EXPECT_EQ(load(given).settings.servers[0].port, 3);
  given.definitions = {"-Dhttp.port=2"};
  EXPECT_EQ(load(given).settings.servers[0].port, 2);
  given.environment = {{"GRAVITEE_HTTP_PORT", "1"}};
  EXPECT_EQ(load(given).settings.servers[0].port, 1);
}

TEST(Precedence, LetsTheCommandLineWinOverJavaOpts) {
  Given given{.yaml = "", .environment = {{"JAVA_OPTS", "-Xmx256m -Dhttp.port=2 '-Dzone=a b'"}}};
  const Loaded loaded = load(given);
  EXPECT_EQ(loaded.settings.servers[0].port, 2);
  EXPECT_EQ(loaded.settings.identity.zone, "a b");
  EXPECT_THAT(lines(loaded.diagnostics, Severity::info),
              Contains("INFO JAVA_OPTS: without effect here: -Xmx256m"));
  given.definitions = {"-Dhttp.port=1", "-Dhttp.port=7"};
  EXPECT_EQ(load(given).settings.servers[0].port, 7) << "the last one wins";
}

TEST(Precedence, MergesSeveralFilesKeyByKeyAndElementByElement) {
  const Loaded loaded =
      load(Given{.definitions = {"-Dgravitee.conf=a.yml, ${gravitee.home}/b.yml"},
                 .files = {{"a.yml", "http: { port: 1, host: a }\ntags: [x, y]\n"},
                           {"/opt/gravitee/b.yml", "http: { port: 2 }\ntags: [z]\n"}}});
  EXPECT_EQ(loaded.settings.servers[0].port, 2);
  EXPECT_EQ(loaded.settings.servers[0].host, "a");
  EXPECT_THAT(loaded.settings.identity.tags, ElementsAre("z", "y"));
  EXPECT_THAT(loaded.tree.files(), ElementsAre("a.yml", "/opt/gravitee/b.yml"));
  EXPECT_EQ(loaded.tree.find("http.port")->origin, "/opt/gravitee/b.yml:1");
}

TEST(Precedence, TakesTheSystemFileBeforeTheOneUnderHome) {
  const std::map<std::string, std::string> both = {
      {"gravitee.yml", "zone: system"}, {"/opt/gravitee/config/gravitee.yml", "zone: home"}};
  EXPECT_EQ(load(Given{.files = both}).settings.identity.zone, "system");
  EXPECT_EQ(load(Given{.files = {*both.begin()}}).settings.identity.zone, "home");
}

TEST(Precedence, StartsWithoutAFileButNotWithoutANamedOne) {
  const Loaded none = load(Given{.files = {{"unrelated", ""}}});
  EXPECT_FALSE(none.fatal());
  EXPECT_THAT(lines(none.diagnostics, Severity::warning),
              Contains(HasSubstr("no configuration file")));
  const Loaded named = load(Given{.definitions = {"-Dgravitee.conf=gone.yml"}});
  EXPECT_TRUE(named.fatal());
  EXPECT_THAT(lines(named.diagnostics, Severity::error),
              Contains(HasSubstr("gone.yml: cannot be opened")));
}

TEST(Precedence, FindsTheHome) {
  EXPECT_EQ(load("").settings.home, "/opt/gravitee");
  EXPECT_EQ(load(Given{.definitions = {"-Dgravitee.home=/d"}}).settings.home, "/d");
  const Loaded loaded = load(Given{.environment = {{"GRAVITEE_HOME", "/e"}}});
  EXPECT_EQ(loaded.settings.home, "/e");
  EXPECT_EQ(loaded.settings.sync.local_path, "/e/apis");
  EXPECT_THAT(lines(loaded.diagnostics, Severity::warning), IsEmpty());
}

TEST(Precedence, LeavesBareVariablesAloneAndWarns) {
  Given given{.yaml = "zone: file",
              .environment = {{"ZONE", "bare"}, {"HTTP_PORT", "tcp://x"}, {"PATH", "/bin"}}};
  const Loaded off = load(given);
  EXPECT_EQ(off.settings.identity.zone, "file");
  EXPECT_THAT(lines(off.diagnostics, Severity::warning),
              ElementsAre(HasSubstr("HTTP_PORT: http.port: looks like this key"),
                          HasSubstr("ZONE: zone: looks like this key")));
  given.environment = {{"ZONE", "bare"}, {"PERIGEE_COMPAT_BAREENVIRONMENT", "true"}};
  EXPECT_EQ(load(given).settings.identity.zone, "bare");
  given.definitions = {"-Dzone=defined"};
  EXPECT_EQ(load(given).settings.identity.zone, "defined");
}

TEST(Precedence, DoesNotCallAPrefixedVariableBare) {
  for (const auto* name : {"PERIGEE_LIMITS_MAXHEADERS", "perigee_limits_maxHeaders"}) {
    const Loaded loaded = load(Given{.environment = {{name, "50"}}});
    EXPECT_EQ(loaded.settings.limits.headers_max, 50) << name;
    EXPECT_THAT(lines(loaded.diagnostics, Severity::warning),
                testing::Not(Contains(HasSubstr("looks like this key"))))
        << name;
  }
}

TEST(Precedence, SkipsAnEmptyVariableOfANumber) {
  const Loaded loaded =
      load(Given{.yaml = "http: { port: 3 }", .environment = {{"GRAVITEE_HTTP_PORT", ""}}});
  EXPECT_EQ(loaded.settings.servers[0].port, 3);
  // An empty text is a value.
  EXPECT_EQ(load(Given{.yaml = "policy: { api-key: { header: X } }",
                       .environment = {{"GRAVITEE_POLICY_APIKEY_HEADER", ""}}})
                .settings.requests.api_key_header,
            "");
}

// 1.2 Values ---------------------------------------------------------------------------------

TEST(Values12, ANullIsAbsentForNumbersAndEmptyForText) {
  const Loaded loaded = load("http:\n  port:\n  ssl: { keystore: { password: } }\n");
  EXPECT_EQ(loaded.settings.servers[0].port, 8082);
  EXPECT_EQ(loaded.settings.servers[0].tls.keystore.password, "");
  EXPECT_EQ(said(loaded, "http.port")->severity, Severity::warning);
  EXPECT_EQ(said(loaded, "http.port")->origin, "gravitee.yml:2");
  EXPECT_FALSE(loaded.fatal());
}

TEST(Values12, WhatTheChartRendersEmptyIsNoWarning) {
  const Loaded loaded = load("tags:\ntenant:\napi:\nratelimit: { redis: { host: , port: } }\n");
  EXPECT_THAT(lines(loaded.diagnostics, Severity::warning), IsEmpty());
  for (const auto key : {"tags", "tenant", "api", "ratelimit.redis.host", "ratelimit.redis.port"}) {
    ASSERT_NE(said(loaded, key), nullptr) << key;
    EXPECT_EQ(said(loaded, key)->severity, Severity::debug) << key;
  }
}

TEST(Values12, AnEmptyBlockWrittenByHandIsAWarning) {
  const Loaded loaded = load("services:\nhttp: {}\n");
  EXPECT_THAT(lines(loaded.diagnostics, Severity::warning),
              ElementsAre("WARNING gravitee.yml:1: services: empty; counts as absent"));
}

TEST(Values12, NumbersMayCarryUnderscoresAndBooleansBeYaml11) {
  const Loaded loaded = load(
      "http: { requestTimeout: 30_000, alpn: yes, tcpKeepAlive: off, maxHeaderSize: 1.6384e+04 }");
  EXPECT_EQ(loaded.settings.requests.timeout, 30s);
  EXPECT_TRUE(loaded.settings.servers[0].alpn);
  EXPECT_FALSE(loaded.settings.servers[0].tcp_keep_alive);
  EXPECT_EQ(loaded.settings.servers[0].header_bytes_max, 16384U);
}

TEST(Values12, AScalarMayStandForAList) {
  const Loaded loaded = load(
      "tags: 'a, b,!c'\norganizations: o1,o2\nenvironments: e1\n"
      "http: { ssl: { tlsProtocols: 'TLSv1.2, TLSv1.3', tlsCiphers: A }, websocket: { "
      "subProtocols: 'x,y' } }\n"
      "services: { sync: { kubernetes: { namespaces: 'n1,n2' } } }\n");
  const Settings& settings = loaded.settings;
  EXPECT_THAT(settings.identity.tags, ElementsAre("a", "b", "!c"));
  EXPECT_THAT(settings.identity.organizations, ElementsAre("o1", "o2"));
  EXPECT_THAT(settings.identity.environments, ElementsAre("e1"));
  EXPECT_THAT(settings.servers[0].tls.protocols, ElementsAre("TLSv1.2", "TLSv1.3"));
  EXPECT_THAT(settings.servers[0].tls.ciphers, ElementsAre("A"));
  EXPECT_THAT(settings.servers[0].websocket.sub_protocols, ElementsAre("x", "y"));
  EXPECT_THAT(settings.sync.kubernetes_namespaces, ElementsAre("n1", "n2"));
}

TEST(Values12, AListEndsAtItsFirstEmptyElement) {
  EXPECT_THAT(load("tags: [a, '', c]").settings.identity.tags, ElementsAre("a"));
}

TEST(Values12, AStrongerScalarWinsOverAWeakerList) {
  const Loaded loaded =
      load(Given{.yaml = "tags: [a, b]", .environment = {{"GRAVITEE_TAGS", "c"}}});
  EXPECT_THAT(loaded.settings.identity.tags, ElementsAre("c"));
  const Loaded element =
      load(Given{.yaml = "tags: [a, b]", .environment = {{"GRAVITEE_TAGS_1", "c"}}});
  EXPECT_THAT(element.settings.identity.tags, ElementsAre("a", "c"));
}

TEST(Values12, MapsAreEnumeratedFromTheEnvironmentToo) {
  const Loaded loaded = load(Given{
      .yaml =
          "services: { core: { http: { authentication: { users: { admin: one, Bob: two } } } } }",
      .environment = {{"GRAVITEE_SERVICES_CORE_HTTP_AUTHENTICATION_USERS_BOB", "env"},
                      {"gravitee_services_core_http_authentication_users_Carol", "new"},
                      {"GRAVITEE_METADATA_REGION", "eu"}}});
  EXPECT_THAT(loaded.settings.node_api.users,
              ElementsAre(Pair("Bob", "env"), Pair("Carol", "new"), Pair("admin", "one")));
  EXPECT_THAT(loaded.settings.identity.metadata, ElementsAre(Pair("region", "eu")));
}

// 1.3 References -----------------------------------------------------------------------------

TEST(References13, GoThroughTheWholePrecedenceList) {
  const Loaded loaded =
      load(Given{.yaml = "zone: '${a.b}'\na: { b: file }\ntenant: '${HOST_NAME}-${env.HOST_NAME}'\n"
                         "services: { sync: { local: { path: '${gravitee.home}/x' } } }\n",
                 .environment = {{"GRAVITEE_A_B", "environment"}, {"HOST_NAME", "pod"}}});
  EXPECT_EQ(loaded.settings.identity.zone, "environment");
  EXPECT_EQ(loaded.settings.identity.tenant, "pod-pod");
  EXPECT_EQ(loaded.settings.sync.local_path, "/opt/gravitee/x");
}

TEST(References13, ResolveInsideVariablesAndNumbers) {
  const Loaded loaded =
      load(Given{.yaml = "", .environment = {{"GRAVITEE_HTTP_PORT", "${P:8${Q:0}}"}}});
  EXPECT_EQ(loaded.settings.servers[0].port, 80);
}

TEST(References13, ThatNameNothingStayLiteralWithAWarning) {
  const Loaded loaded = load("zone: 'x-${NOWHERE}'");
  EXPECT_EQ(loaded.settings.identity.zone, "x-${NOWHERE}");
  EXPECT_THAT(lines(loaded.diagnostics, Severity::warning),
              ElementsAre(AllOf(HasSubstr("gravitee.yml:1: zone"), HasSubstr("${NOWHERE}"))));
  EXPECT_FALSE(loaded.fatal());
}

TEST(References13, InACircleAreFatal) {
  const Loaded loaded = load("zone: '${tenant}'\ntenant: '${zone}'\n");
  EXPECT_TRUE(loaded.fatal());
  EXPECT_THAT(said(loaded, "zone", Severity::error)->message, HasSubstr("zone -> tenant -> zone"));
}

TEST(References13, ToSecretProvidersMakeTheKeyAbsentWithOneError) {
  for (const std::string reference :
       {"secret://vault/a/b:topsecret", "kubernetes://ns/secrets/n/topsecret"}) {
    const Loaded loaded = load("zone: '" + reference + "'\n");
    EXPECT_EQ(loaded.settings.identity.zone, "");
    EXPECT_EQ(loaded.tree.find("zone"), nullptr);
    EXPECT_FALSE(loaded.fatal());
    const auto errors = lines(loaded.diagnostics, Severity::error);
    EXPECT_THAT(errors, ElementsAre(AllOf(HasSubstr("zone"), Not(HasSubstr("topsecret")))));
    EXPECT_THAT(loaded.tree.rows(false), Contains(Pair("zone", "********")));
  }
}

TEST(References13, ExpressionsStayLiteralText) {
  const Loaded loaded = load("zone: \"#{T(java.lang.Runtime)}\"");
  EXPECT_EQ(loaded.settings.identity.zone, "#{T(java.lang.Runtime)}");
  EXPECT_EQ(said(loaded, "zone")->severity, Severity::warning);
}

// Problems -----------------------------------------------------------------------------------

TEST(Problems, UnknownKeysNameTheNearestKeyAndTheLine) {
  const Loaded loaded = load("http:\n  port: 1\n  max_header_size: 3\nzzzzzzzzzz: 1\n");
  EXPECT_THAT(lines(loaded.diagnostics, Severity::warning),
              ElementsAre("WARNING gravitee.yml:3: http.max_header_size: unknown key; did you mean "
                          "'http.maxHeaderSize'?",
                          "WARNING gravitee.yml:4: zzzzzzzzzz: unknown key"));
  EXPECT_FALSE(loaded.fatal());
}

TEST(Problems, UnknownVariablesNameTheRightSpelling) {
  const Loaded loaded = load(Given{.environment = {{"GRAVITEE_POLICY_API_KEY_HEADER", "X"},
                                                   {"GRAVITEE_X_SERVICE_HOST", "10.0.0.1"},
                                                   {"GRAVITEE_X_PORT", "tcp://10.0.0.1:1"}}});
  EXPECT_THAT(
      lines(loaded.diagnostics, Severity::warning),
      ElementsAre("WARNING GRAVITEE_POLICY_API_KEY_HEADER: sets no known key; the variable of "
                  "'policy.api-key.header' is GRAVITEE_POLICY_APIKEY_HEADER"));
}

TEST(Problems, NoKnownVariableIsCalledUnknown) {
  const Loaded loaded = load(Given{.environment = {{"GRAVITEE_DISTRIBUTEDSYNC_TYPE", "redis"},
                                                   {"GRAVITEE_REPOSITORIES_RATELIMIT_TYPE", "none"},
                                                   {"gravitee_healthcheck_threads", "3"}}});
  EXPECT_THAT(lines(loaded.diagnostics, Severity::warning), IsEmpty());
  EXPECT_EQ(loaded.tree.find("distributed-sync.type")->text, "redis");
}

TEST(Problems, TwoVariablesOfOneKeyAreNamed) {
  const Loaded loaded =
      load(Given{.environment = {{"GRAVITEE_HTTP_PORT", "1"}, {"gravitee_http_port", "2"}}});
  EXPECT_EQ(loaded.settings.servers[0].port, 2);
  EXPECT_THAT(
      lines(loaded.diagnostics, Severity::warning),
      ElementsAre(
          "WARNING GRAVITEE_HTTP_PORT: http.port: not read: gravitee_http_port sets the same key"));
}

TEST(Problems, UnknownDefinitionsOfJavaAreNoMistake) {
  const Loaded loaded =
      load(Given{.environment = {{"JAVA_OPTS", "-Djava.net.preferIPv4Stack=true"}},
                 .definitions = {"-Dhttp.prot=1"}});
  EXPECT_THAT(lines(loaded.diagnostics, Severity::warning),
              ElementsAre("WARNING -Dhttp.prot: unknown key; did you mean 'http.port'?"));
}

TEST(Problems, WrongTypesNameKeyOriginValueAndWhatWasExpected) {
  const Loaded loaded = load(Given{.yaml = "http:\n  port: abc\n  alpn: maybe\n  ssl: { "
                                           "clientAuth: sometimes }\n  maxHeaderSize: 0\n",
                                   .environment = {{"GRAVITEE_SERVICES_SYNC_UNIT", "WEEKS"}},
                                   .definitions = {"-Dperigee.limits.headTimeout=soon"}});
  EXPECT_TRUE(loaded.fatal());
  EXPECT_THAT(
      lines(loaded.diagnostics, Severity::error),
      testing::UnorderedElementsAre(
          "ERROR gravitee.yml:2: http.port: expected a port, 0 to 65535, got 'abc'",
          "ERROR gravitee.yml:3: http.alpn: expected true or false, got 'maybe'",
          "ERROR gravitee.yml:4: http.ssl.clientAuth: expected one of "
          "none|request|required|true|false, "
          "got 'sometimes'",
          "ERROR gravitee.yml:5: http.maxHeaderSize: expected a whole number, 1 or more, got '0'",
          "ERROR GRAVITEE_SERVICES_SYNC_UNIT: services.sync.unit: expected one of "
          "NANOSECONDS|MICROSECONDS|"
          "MILLISECONDS|SECONDS|MINUTES|HOURS|DAYS, got 'WEEKS'",
          "ERROR -Dperigee.limits.headTimeout: expected milliseconds, "
          "or a number "
          "with ms, s, m, h or d, got 'soon'"));
}

TEST(Problems, WrongTypesOfKeysNotActedOnAreWarnings) {
  const Loaded loaded = load("reporters: { tcp: { port: abc } }");
  EXPECT_FALSE(loaded.fatal());
  EXPECT_EQ(said(loaded, "reporters.tcp.port")->severity, Severity::warning);
}

TEST(Problems, NeverPrintASecret) {
  const Loaded loaded = load(
      "perigee: { reports: { logs: { enabled: '${cloud.token}' } } }\n"
      "cloud: { token: topsecret }\n"
      "services: { sync: { delay: 'x${cloud.token}' } }\nhttp: { port: 'http://u:topsecret@h' }\n");
  EXPECT_THAT(lines(loaded.diagnostics, Severity::debug), Not(Contains(HasSubstr("topsecret"))));
  EXPECT_EQ(lines(loaded.diagnostics, Severity::error).size(), 3U);
}

TEST(Problems, AValueWhereABlockBelongsIsNamed) {
  EXPECT_THAT(said(load("services: 3"), "services")->message, HasSubstr("expected a block"));
}

TEST(Problems, ABrokenFileIsFatalWithItsLine) {
  const Loaded loaded = load("http:\n  port: 1\n bad: [\n");
  EXPECT_TRUE(loaded.fatal());
  EXPECT_THAT(lines(loaded.diagnostics, Severity::error),
              ElementsAre(testing::StartsWith("ERROR gravitee.yml:3: not valid YAML")));
}

TEST(Problems, AKeyWrittenTwiceIsFatalWithBothLines) {
  const Loaded loaded = load("http:\n  port: 1\nzone: a\nhttp:\n  port: 2\n");
  EXPECT_TRUE(loaded.fatal());
  EXPECT_THAT(
      lines(loaded.diagnostics, Severity::error),
      ElementsAre("ERROR gravitee.yml:4: http: written twice; first at line 1. Keep one of them"));
}

TEST(Problems, ManyUnknownKeysAreSummedUp) {
  std::string yaml;
  for (int i = 0; i < 500; ++i) yaml += "unknown" + std::to_string(i) + ": 1\n";
  const auto warnings = lines(load(yaml).diagnostics, Severity::warning);
  EXPECT_EQ(warnings.size(), 101U);
  EXPECT_EQ(warnings.back(), "WARNING 400 more unknown keys");
}

TEST(Problems, KafkaIsAnErrorThatDoesNotStopTheGateway) {
  const Loaded loaded = load("kafka: { enabled: true }");
  EXPECT_EQ(said(loaded, "kafka.enabled", Severity::error)->fatal, false);
  EXPECT_FALSE(loaded.fatal());
}

// 3.4 ----------------------------------------------------------------------------------------

TEST(ConfigurationRows, ShowEffectiveValuesSortedAndMasked) {
  const Given given{
      .yaml =
          "zone: '${X}'\nhttp: { port: 1 }\ncloud: { token: t }\n"
          "management: { mongodb: { uri: 'mongodb://u:p@h' } }\n",
      .environment = {{"GRAVITEE_HTTP_PORT", "2"}, {"X", "z"}, {"GRAVITEE_LICENSE_KEY", "k"}}};
  EXPECT_THAT(
      load(given).tree.rows(false),
      ElementsAre(Pair("cloud.token", "********"), Pair("http.port", "2"),
                  Pair("management.mongodb.uri", "mongodb://u:********@h"), Pair("zone", "z"),
                  Pair("HTTP_PORT", "2"), Pair("LICENSE_KEY", "********")));
  EXPECT_THAT(load(given).tree.rows(true),
              AllOf(Contains(Pair("cloud.token", "t")), Contains(Pair("LICENSE_KEY", "k"))));
}

}  // namespace
}  // namespace perigee::config
