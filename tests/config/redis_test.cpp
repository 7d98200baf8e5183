// The store of shared counts (runtime.md 2.2).
#include "tests/config/support/configured.hpp"

namespace perigee::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kUsed = "ratelimit: { type: redis }\n";
// More below ratelimit.redis.
std::string with(const std::string& keys) {
  return "ratelimit: { type: redis, redis: { " + keys + " } }";
}

TEST(Redis, HasTheDefaultsOfTheReference) {
  const Loaded loaded = load(kUsed);
  EXPECT_THAT(lines(loaded.diagnostics, Severity::warning), IsEmpty());
  const Redis& redis = loaded.settings.redis;
  EXPECT_EQ(redis.node, (RedisNode{"localhost", 6379}));
  EXPECT_THAT(redis.sentinels, IsEmpty());
  EXPECT_FALSE(redis.secured);
  EXPECT_TRUE(redis.trust_all);
  EXPECT_FALSE(redis.verify_host);
  EXPECT_EQ(redis.operation_timeout, 10ms);
  EXPECT_EQ(redis.connect_timeout, 500ms);
}

TEST(Redis, IsReadWhole) {
  const Loaded loaded = load(with(
      "host: r, port: 7000, username: u, password: p, ssl: true, trustAll: false,\n"
      "hostnameVerificationAlgorithm: HTTPS, tlsProtocols: 'TLSv1.2,TLSv1.3', tlsCiphers: [A, B],\n"
      "keystore: { type: pem, keyPassword: k, certificates: [{ cert: c.pem, key: k.pem }] },\n"
      "truststore: { type: pkcs12, path: t.p12, password: tp },\n"
      "operation: { timeout: 20 }, tcp: { connectTimeout: 5000 }"));
  EXPECT_THAT(lines(loaded.diagnostics, Severity::warning), IsEmpty());
  const Redis& redis = loaded.settings.redis;
  EXPECT_EQ(redis.node, (RedisNode{"r", 7000}));
  EXPECT_EQ(redis.username, "u");
  EXPECT_EQ(redis.password, "p");
  EXPECT_TRUE(redis.secured);
  EXPECT_FALSE(redis.trust_all);
  EXPECT_TRUE(redis.verify_host);
  EXPECT_THAT(redis.protocols, ElementsAre("TLSv1.2", "TLSv1.3"));
  EXPECT_THAT(redis.ciphers, ElementsAre("A", "B"));
  ASSERT_TRUE(redis.keystore);
  EXPECT_EQ(redis.keystore->type, StoreType::pem);
  EXPECT_EQ(redis.keystore->key_password, "k");
  EXPECT_THAT(redis.keystore->certificates, ElementsAre(CertificateFiles{"c.pem", "k.pem"}));
  EXPECT_EQ(redis.truststore.type, StoreType::pkcs12);
  EXPECT_EQ(redis.truststore.path, "t.p12");
  EXPECT_EQ(redis.truststore.password, "tp");
  EXPECT_EQ(redis.operation_timeout, 20ms);
  EXPECT_EQ(redis.connect_timeout, 5s);
}

TEST(Redis, HasSentinelsUpToTheFirstWithoutAHost) {
  const Loaded loaded = load(Given{
      .yaml = with("host: , port: , sentinel: { master: m, username: su, password: sp, nodes: [{ "
                   "host: a, port: 1 }, { host: b }, { host: '' }, { host: d }] }"),
      .environment = {{"GRAVITEE_RATELIMIT_REDIS_SENTINEL_NODES_1_PORT", "2"}}});
  EXPECT_FALSE(loaded.fatal());
  const Redis& redis = loaded.settings.redis;
  EXPECT_THAT(redis.sentinels, ElementsAre(RedisNode{"a", 1}, RedisNode{"b", 2}));
  EXPECT_EQ(redis.sentinel_master, "m");
  EXPECT_EQ(redis.sentinel_username, "su");
  EXPECT_EQ(redis.sentinel_password, "sp");
  EXPECT_EQ(load(with("sentinel: { master: m, nodes: [{ host: a }] }"))
                .settings.redis.sentinels.at(0)
                .port,
            26379);
}

TEST(Redis, UnderRepositoriesWinsKeyByKey) {
  const Loaded loaded = load(
      "ratelimit: { redis: { host: weak, port: 1, sentinel: { nodes: [{ host: a }, { host: b }] } "
      "} "
      "}\nrepositories: { ratelimit: { type: redis, redis: { host: strong, sentinel: { master: m, "
      "nodes: [{ host: c }] } } } }\n");
  EXPECT_FALSE(loaded.fatal());
  EXPECT_EQ(loaded.settings.redis.node, (RedisNode{"strong", 1}));
  EXPECT_THAT(loaded.settings.redis.sentinels, ElementsAre(RedisNode{"c", 26379}));
}

struct Row {
  std::string name, keys, key, said;
  bool fatal = true;
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.keys; }

class RedisProblems : public testing::TestWithParam<Row> {};
INSTANTIATE_TEST_SUITE_P(
    Table, RedisProblems,
    testing::Values(
        Row{"NoMaster", "sentinel: { nodes: [{ host: a }] }", "sentinel.nodes[0].host",
            "ratelimit.redis.sentinel.master must say which primary is asked for"},
        Row{"NoHost", "sentinel: { master: m, nodes: [{ host: a }, { port: 1 }] }",
            "sentinel.nodes[1].port", "a sentinel needs a host", false},
        Row{"NoHostAtAll", "sentinel: { master: m, nodes: [{ port: 1 }] }",
            "sentinel.nodes[0].port", "a sentinel needs a host", false},
        Row{"WrongPort", "port: 99999", "port", "expected a port"},
        Row{"NoTime", "operation: { timeout: 0 }", "operation.timeout", "1 or more"},
        Row{"WrongAlgorithm", "hostnameVerificationAlgorithm: MAYBE",
            "hostnameVerificationAlgorithm", "NONE|HTTPS|LDAPS"},
        Row{"NoCertificate", "ssl: true, trustAll: false, keystore: { type: pem }", "keystore.type",
            "ratelimit.redis.keystore.certificates[0].cert and .key"},
        Row{"NoKeystoreFile", "ssl: true, trustAll: false, keystore: { type: pkcs12 }",
            "keystore.type", "ratelimit.redis.keystore.path"},
        Row{"TrustsAll", "ssl: true", "ssl", "any certificate of Redis is trusted; set", false},
        Row{"TrustsAllWithATruststore", "ssl: true, trustAll: true, truststore: { path: t }",
            "trustAll", "and the truststore is not used", false}),
    [](const auto& it) { return it.param.name; });

TEST_P(RedisProblems, AreTold) {
  const Loaded loaded = load(with(GetParam().keys));
  EXPECT_EQ(loaded.fatal(), GetParam().fatal);
  const Diagnostic* told = said(loaded, "ratelimit.redis." + GetParam().key, Severity::warning);
  ASSERT_NE(told, nullptr);
  EXPECT_THAT(to_string(*told), AllOf(HasSubstr("gravitee.yml:1"), HasSubstr(GetParam().said)));
}

TEST(Redis, ThatIsNotUsedHasNoProblems) {
  for (const auto* type : {"none", "local", "mongodb"}) {
    const Loaded loaded = load("ratelimit: { type: " + std::string(type) +
                               ", redis: { ssl: true, sentinel: { nodes: [{ host: a }] } } }");
    EXPECT_FALSE(loaded.fatal()) << type;
    EXPECT_EQ(said(loaded, "ratelimit.redis.ssl", Severity::warning), nullptr) << type;
  }
}

TEST(Redis, OfAClusterIsKnownButNotActedOn) {
  const Loaded loaded = load(with("cluster: { nodes: [{ host: a, port: 1 }] }"));
  EXPECT_FALSE(loaded.fatal());
  EXPECT_THAT(to_string(*said(loaded, "ratelimit.redis.cluster.nodes[0].host")),
              HasSubstr("does not act on it yet"));
}

}  // namespace
}  // namespace perigee::config
