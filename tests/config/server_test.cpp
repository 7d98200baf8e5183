// Each row of runtime.md 2.1: its default, and a value through every way it can be written.
#include <set>

#include "config/keys.hpp"
#include "tests/config/support/configured.hpp"

namespace perigee::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

std::string text(bool value) { return value ? "true" : "false"; }
std::string text(const std::vector<std::string>& list) {
  std::string all;
  for (const std::string& part : list) all += part + ";";
  return all;
}
std::string text(ClientAuth auth) {
  return auth == ClientAuth::none ? "none" : auth == ClientAuth::request ? "request" : "required";
}
std::string text(StoreType type) { return std::to_string(static_cast<int>(type)); }
std::string text(const std::optional<std::string>& value) { return value.value_or("-"); }

struct Row {
  std::string key;
  std::string value;     // written
  std::string fallback;  // read when absent
  std::string read;      // read of `value`
  std::function<std::string(const HttpServer&)> of;
};

#define OF(expression) [](const HttpServer& s) { return expression; }
const std::vector<Row> kRows = {
    {"id", "front", "http", "front", OF(s.id)},
    {"port", "9000", "8082", "9000", OF(std::to_string(s.port))},
    {"host", "127.0.0.1", "0.0.0.0", "127.0.0.1", OF(s.host)},
    {"instances", "3", "0", "3", OF(std::to_string(s.instances))},
    {"idleTimeout", "30", "0", "30", OF(std::to_string(s.idle_timeout.count()))},
    {"tcpKeepAlive", "false", "true", "false", OF(text(s.tcp_keep_alive))},
    {"compressionSupported", "true", "false", "true", OF(text(s.compresses))},
    {"maxHeaderSize", "16384", "8192", "16384", OF(std::to_string(s.header_bytes_max))},
    {"maxChunkSize", "4096", "8192", "4096", OF(std::to_string(s.chunk_bytes_max))},
    {"maxInitialLineLength", "8192", "4096", "8192", OF(std::to_string(s.initial_line_bytes_max))},
    {"handle100Continue", "true", "false", "true", OF(text(s.handles_100_continue))},
    {"alpn", "true", "false", "true", OF(text(s.alpn))},
    {"ssl.clientAuth", "NONE", "none", "none", OF(text(s.tls.client_auth))},
    {"ssl.clientAuth", "REQUIRED", "none", "required", OF(text(s.tls.client_auth))},
    {"ssl.clientAuth", "request", "none", "request", OF(text(s.tls.client_auth))},
    {"ssl.clientAuth", "true", "none", "required", OF(text(s.tls.client_auth))},
    {"ssl.clientAuth", "false", "none", "none", OF(text(s.tls.client_auth))},
    {"ssl.tlsProtocols", "TLSv1.2, TLSv1.3", "", "TLSv1.2;TLSv1.3;", OF(text(s.tls.protocols))},
    {"ssl.tlsCiphers", "TLS_A,TLS_B", "", "TLS_A;TLS_B;", OF(text(s.tls.ciphers))},
    {"ssl.sni", "true", "false", "true", OF(text(s.tls.sni))},
    {"ssl.keystore.type", "PEM", "0", "1", OF(text(s.tls.keystore.type))},
    {"ssl.keystore.type", "pkcs12", "0", "2", OF(text(s.tls.keystore.type))},
    {"ssl.keystore.type", "self-signed", "0", "3", OF(text(s.tls.keystore.type))},
    {"ssl.keystore.path", "/a.p12", "", "/a.p12;", OF(text(s.tls.keystore.paths))},
    {"ssl.keystore.path[0]", "/a.p12", "", "/a.p12;", OF(text(s.tls.keystore.paths))},
    {"ssl.keystore.password", "pw", "-", "pw", OF(text(s.tls.keystore.password))},
    {"ssl.keystore.certificates[0].cert", "/c.pem", "", "/c.pem",
     OF(s.tls.keystore.certificates.empty() ? "" : s.tls.keystore.certificates[0].certificate)},
    {"ssl.keystore.certificates[0].key", "/k.pem", "", "/k.pem",
     OF(s.tls.keystore.certificates.empty() ? "" : s.tls.keystore.certificates[0].key)},
    {"ssl.keystore.kubernetes", "/ns/secrets/n", "", "/ns/secrets/n;",
     OF(text(s.tls.keystore.kubernetes))},
    {"ssl.keystore.watch", "false", "true", "false", OF(text(s.tls.keystore.watch))},
    {"ssl.keystore.defaultAlias", "a", "", "a", OF(s.tls.keystore.default_alias)},
    {"ssl.truststore.type", "pem-folder", "0", "4", OF(text(s.tls.truststore.type))},
    {"ssl.truststore.path", "/t", "", "/t", OF(s.tls.truststore.path)},
    {"ssl.truststore.password", "pw", "-", "pw", OF(text(s.tls.truststore.password))},
    {"ssl.truststore.watch", "no", "true", "false", OF(text(s.tls.truststore.watch))},
    {"ssl.crl.path", "/crl", "", "/crl", OF(s.tls.crl_path)},
    {"ssl.crl.watch", "false", "true", "false", OF(text(s.tls.crl_watch))},
    {"websocket.enabled", "true", "false", "true", OF(text(s.websocket.enabled))},
    {"websocket.subProtocols", "a,b", "", "a;b;", OF(text(s.websocket.sub_protocols))},
    {"websocket.perMessageWebSocketCompressionSupported", "false", "true", "false",
     OF(text(s.websocket.per_message_compression))},
    {"websocket.perFrameWebSocketCompressionSupported", "false", "true", "false",
     OF(text(s.websocket.per_frame_compression))},
    {"websocket.maxWebSocketFrameSize", "1000", "65536", "1000",
     OF(std::to_string(s.websocket.frame_bytes_max))},
    {"websocket.maxWebSocketMessageSize", "1000", "262144", "1000",
     OF(std::to_string(s.websocket.message_bytes_max))},
    {"haproxy.proxyProtocol", "true", "false", "true", OF(text(s.proxy_protocol))},
    {"haproxy.proxyProtocolTimeout", "500", "10000", "500",
     OF(std::to_string(s.proxy_protocol_timeout.count()))},
};
#undef OF

class ServerKey : public testing::TestWithParam<Row> {
 protected:
  static std::string read(const Loaded& loaded) {
    if (loaded.fatal() || loaded.settings.servers.size() != 1) {
      return testing::PrintToString(lines(loaded.diagnostics, Severity::error));
    }
    return GetParam().of(loaded.settings.servers[0]);
  }
};

TEST_P(ServerKey, OfTheSingleServer) {
  const Row& row = GetParam();
  const std::string key = "http." + row.key;
  if (row.key == "id") {  // only servers of a list have one
    EXPECT_EQ(read(load("http: { id: front }")), row.fallback);
    return;
  }
  EXPECT_EQ(read(load("")), row.fallback);
  EXPECT_EQ(read(load(nested_yaml(key, quoted(row.value)))), row.read);
  EXPECT_EQ(read(load(Given{.environment = {{variable_of(key, true), row.value}}})), row.read);
  EXPECT_EQ(read(load(Given{.environment = {{variable_of(key, false), row.value}}})), row.read);
  EXPECT_EQ(read(load(Given{.environment = {{"gravitee." + key, row.value}}})), row.read);
  EXPECT_EQ(read(load(Given{.definitions = {"-D" + key + "=" + row.value}})), row.read);
}

TEST_P(ServerKey, OfAServerInTheList) {
  const Row& row = GetParam();
  const std::string key = "servers[0]." + row.key;
  const std::string base = "servers: [{type: http}]\nhttp: { port: 1, maxHeaderSize: 1 }\n";
  EXPECT_EQ(read(load(base)), row.key == "id" ? "servers[0]" : row.fallback);
  EXPECT_EQ(read(load(base + "---\n" + nested_yaml(key, quoted(row.value)))), row.read);
  EXPECT_EQ(read(load(Given{.yaml = base, .environment = {{variable_of(key, true), row.value}}})),
            row.read);
  EXPECT_EQ(read(load(Given{.yaml = base, .environment = {{variable_of(key, false), row.value}}})),
            row.read);
  EXPECT_EQ(read(load(Given{.yaml = base, .definitions = {"-D" + key + "=" + row.value}})),
            row.read);
}

INSTANTIATE_TEST_SUITE_P(Rows, ServerKey, testing::ValuesIn(kRows));

// Rows that are known and not acted on: what is said about them, under both prefixes.
struct Told {
  std::string key;
  std::string value;
  std::string line;  // empty: silence
};
const std::vector<Told> kTold = {
    {"maxFormAttributeSize", "2048", "INFO"},
    {"tracingPolicy", "PROPAGATE", "INFO"},
    {"ssl.openssl", "true", ""},
    {"ssl.keystore.secret", "secret://kubernetes/tls", "ERROR"},
    {"ssl.truststore.secret", "secret://kubernetes/ca", "ERROR"},
};

class ServerKeyNotActedOn : public testing::TestWithParam<Told> {};

TEST_P(ServerKeyNotActedOn, IsSaid) {
  for (const std::string prefix : {"http.", "servers[0]."}) {
    const std::string key = prefix + GetParam().key;
    const std::string base = prefix == "http." ? "" : "servers: [{type: http}]\n---\n";
    const Loaded loaded = load(base + nested_yaml(key, quoted(GetParam().value)));
    EXPECT_FALSE(loaded.fatal());
    const Diagnostic* told = said(loaded, key);
    EXPECT_EQ(told ? to_string(told->severity) : "", GetParam().line) << key;
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, ServerKeyNotActedOn, testing::ValuesIn(kTold));

// No row of 2.1 is without a test: those above, or the one that is named here.
TEST(Servers, HaveATestForEveryRow) {
  std::set<std::string> tested = {
      "type",                            // OfAnotherTypeOrNoneAreFatal
      "secured",                         // WithTlsNeedACertificate
      "http.ssl.clientAuthHeader.name",  // ReadTheHeaderOfTheClientCertificate...
      "http.requestTimeout",             // HaveATimeoutOfThirtySecondsOrNone
      "http.requestTimeoutGraceDelay",   // HaveAGraceAfterTheirTimeout
      "http.errors[404].message",        // HaveTheTextOfTheirNotFoundAnswer
      "http.errors[404].contentType",    // the same
      "tcp.*",                           // Keys.OfLaterVersionsAreToldOnceAtInfo
      "kafka.enabled",
      "kafka.*",                     // Problems.KafkaIsAnErrorThatDoesNotStopTheGateway
      "edge.*",                      // Keys.OfLaterVersionsAreToldOnceAtInfo
      "ssl.keystore.path[i]",        // Values12.AScalarMayStandForAList
      "ssl.keystore.kubernetes[i]",  // the same
      "ssl.tlsProtocols[i]",
      "ssl.tlsCiphers[i]",
      "websocket.subProtocols[i]",
  };
  const auto as_pattern = [](std::string key) {
    for (auto at = key.find("[0]"); at != key.npos; at = key.find("[0]")) key.replace(at, 3, "[i]");
    return key;
  };
  for (const Row& row : kRows) tested.insert(as_pattern(row.key));
  for (const Told& row : kTold) tested.insert(row.key);
  for (const KeySpec& spec : key_table()) {
    if (spec.section != "2.1") continue;
    for (const std::string& key : expanded(spec)) {
      std::string short_key = key;
      if (key.starts_with("servers[i].")) short_key = key.substr(11);
      if (key.starts_with("http.") && !tested.contains(key)) short_key = key.substr(5);
      EXPECT_TRUE(tested.contains(short_key)) << key;
    }
  }
}

TEST(Servers, NeedNoFileAtAll) {
  const Loaded loaded = load(Given{.environment = {{"GRAVITEE_SERVERS_0_TYPE", "http"},
                                                   {"GRAVITEE_SERVERS_0_PORT", "1"},
                                                   {"GRAVITEE_SERVERS_1_TYPE", "http"},
                                                   {"GRAVITEE_SERVERS_1_PORT", "2"}}});
  ASSERT_EQ(loaded.settings.servers.size(), 2U);
  EXPECT_EQ(loaded.settings.servers[0].port, 1);
  EXPECT_EQ(loaded.settings.servers[1].port, 2);
}

TEST(Servers, ReadTheHeaderOfTheClientCertificateOnlyForTheSingleServer) {
  const auto single = load("http: { ssl: { clientAuthHeader: { name: X-Cert } } }");
  EXPECT_EQ(single.settings.servers[0].tls.client_auth_header, "X-Cert");
}

TEST(Servers, WithTlsNeedACertificate) {
  const Loaded none = load("http: { secured: true }");
  EXPECT_TRUE(none.fatal());
  EXPECT_THAT(said(none, "http.secured", Severity::error)->message,
              HasSubstr("http.ssl.keystore.path"));
  const Loaded pem = load("http: { secured: true, ssl: { keystore: { type: pem } } }");
  EXPECT_THAT(said(pem, "http.secured", Severity::error)->message,
              HasSubstr("certificates[0].cert"));
  for (const auto keystore :
       {"{ type: self-signed }", "{ path: /a.jks }", "{ kubernetes: /n/secrets/s }",
        "{ type: pem, certificates: [{cert: a, key: b}] }"}) {
    const Loaded loaded =
        load(std::string("http: { secured: true, ssl: { keystore: ") + keystore + "} }");
    EXPECT_FALSE(loaded.fatal()) << keystore;
    EXPECT_TRUE(loaded.settings.servers[0].secured);
  }
}

TEST(Servers, OfTypeTcpMustHaveTlsAndSni) {
  const Loaded plain = load("servers:\n  - type: http\n  - type: tcp\n    port: 4082\n");
  EXPECT_TRUE(plain.fatal());
  EXPECT_EQ(said(plain, "servers[1].type", Severity::error)->origin, "gravitee.yml:3");
  const Loaded secured =
      load("servers: [{type: http}, {type: tcp, secured: true, ssl: {sni: true}}]");
  EXPECT_FALSE(secured.fatal());
  EXPECT_EQ(secured.settings.servers.size(), 1U);
  EXPECT_EQ(said(secured, "servers[1].type")->severity, Severity::warning);
}

TEST(Servers, OfAnotherTypeOrNoneAreFatal) {
  const Loaded odd = load("servers: [{type: udp, port: 1}]");
  EXPECT_TRUE(odd.fatal());
  EXPECT_THAT(said(odd, "servers[0].type", Severity::error)->message,
              HasSubstr("expected one of http|tcp"));
  const Loaded missing = load("servers:\n  - type: http\n  - port: 2\n");
  EXPECT_TRUE(missing.fatal());
  EXPECT_THAT(to_string(*said(missing, "servers[1].type")), HasSubstr("gravitee.yml:3"));
  EXPECT_TRUE(load("servers: [{port: 1}]").fatal());
}

TEST(Servers, OfAListTellWhatIsIgnoredUnderHttp) {
  const Loaded loaded = load("servers: [{type: http}]\nhttp: { port: 1, requestTimeout: 5 }\n");
  EXPECT_EQ(loaded.settings.servers[0].port, 8082);
  EXPECT_EQ(loaded.settings.requests.timeout, 5ms);
  EXPECT_THAT(lines(loaded.diagnostics, Severity::info),
              ElementsAre(HasSubstr("gravitee.yml:2: http.port: ignored")));
}

TEST(Servers, HaveAPortEach) {
  const auto refused = [](const std::string& yaml) {
    const Loaded loaded = load("http: { requestTimeout: 1 }\n" + yaml);
    EXPECT_EQ(loaded.fatal(), !lines(loaded.diagnostics, Severity::error).empty());
    return lines(loaded.diagnostics, Severity::error);
  };
  EXPECT_THAT(
      refused("servers:\n  - { type: http, port: 1 }\n  - type: http\n    port: 1\n"),
      ElementsAre("ERROR gravitee.yml:5: servers[1].port: 1 is that of servers[0].port too; "
                  "give each listener a port of its own"));
  EXPECT_THAT(refused("services: { core: { http: { host: '::', port: 8082 } } }"),
              ElementsAre(HasSubstr(":2: services.core.http.port: 8082 is that of http.port too")));
  EXPECT_THAT(refused("servers: [{ type: http, port: 18082 }]"),
              ElementsAre(HasSubstr(":2: services.core.http.port: 18082 is that of servers[0]")));
  for (const auto* yaml :
       {"services: { core: { http: { enabled: false, port: 8082 } } }",
        "servers: [{ type: http, port: 0 }, { type: http, port: 0 }]",
        "servers: [{ type: http, port: 1, host: 10.0.0.1 }, { type: http, port: 1, host: ::1 }]",
        "servers: [{ type: http, port: 1, host: 0.0.0.0 }, { type: http, port: 1, host: ::1 }]"}) {
    EXPECT_THAT(refused(yaml), testing::IsEmpty()) << yaml;
  }
}

TEST(Requests, HaveNoWordOnAnAbsentTimeoutAfterAMistakeThatWasTold) {
  for (const auto* yaml : {"http:\n  port: [\n", "http: { requestTimeout: soon }"}) {
    const Loaded loaded = load(yaml);
    EXPECT_TRUE(loaded.fatal());
    for (const Diagnostic& diagnostic : loaded.diagnostics)
      EXPECT_FALSE(diagnostic.message.contains("not set")) << to_string(diagnostic);
  }
  EXPECT_TRUE(
      said(load("http: { requestTimeout: , port: x }"), "http.requestTimeout", Severity::info));
}

TEST(Requests, HaveATimeoutOfThirtySecondsOrNone) {
  const Loaded absent = load("");
  EXPECT_EQ(absent.settings.requests.timeout, 30s);
  EXPECT_EQ(said(absent, "http.requestTimeout")->severity, Severity::info);
  for (const auto value : {"0", "-1"}) {
    const Loaded off = load(std::string("http: { requestTimeout: ") + value + " }");
    EXPECT_EQ(off.settings.requests.timeout, std::nullopt);
    EXPECT_EQ(said(off, "http.requestTimeout")->severity, Severity::warning);
    EXPECT_EQ(off.settings.shutdown.drain_timeout, 30s);
  }
  EXPECT_EQ(load("http: { requestTimeout: 4000 }").settings.shutdown.drain_timeout, 4s);
  EXPECT_EQ(absent.settings.requests.timeout_grace, 30ms);
}

TEST(Requests, HaveAGraceAfterTheirTimeout) {
  EXPECT_EQ(load("http: { requestTimeoutGraceDelay: 75 }").settings.requests.timeout_grace, 75ms);
  EXPECT_EQ(load("http: { requestTimeoutGraceDelay: 0 }").settings.requests.timeout_grace, 0ms);
  EXPECT_EQ(said(load("http: { requestTimeoutGraceDelay: -1 }"), "http.requestTimeoutGraceDelay")
                ->severity,
            Severity::error);
}

TEST(Requests, HaveTheTextOfTheirNotFoundAnswer) {
  EXPECT_EQ(load("").settings.requests.not_found_message,
            "No context-path matches the request URI.");
  const Loaded loaded = load("http: { errors: { '[404]': { message: gone, contentType: a/b } } }");
  EXPECT_EQ(loaded.settings.requests.not_found_message, "gone");
  EXPECT_EQ(loaded.settings.requests.not_found_content_type, "a/b");
}

}  // namespace
}  // namespace perigee::config
