#include "config/mask.hpp"

namespace perigee::config {
namespace {

TEST(Mask, KnowsSecretsByTheLastPartOfTheirName) {
  for (const auto key : {"ratelimit.redis.password",
                         "cloud.token",
                         "api.properties.encryption.secret",
                         "license.key",
                         "http.ssl.keystore.keyPassword",
                         "some.apiKey",
                         "some.private_key",
                         "kafka.sasl.jaas.config.jaas",
                         "x.credentials",
                         "tokens[0]",
                         "tls.passphrase",
                         "db.pwd",
                         "db.pass",
                         "x.authorization",
                         "exporter.headers[0].value",
                         "services.core.http.authentication.users.admin",
                         "RATELIMIT_REDIS_PASSWORD",
                         "CLOUD_TOKEN",
                         "LICENSE_KEY",
                         "SERVICES_CORE_HTTP_AUTHENTICATION_USERS_ADMIN"}) {
    EXPECT_TRUE(is_secret_key(key)) << key;
  }
  for (const auto key :
       {"http.port", "policy.api-key.header", "http.ssl.keystore.type", "secrets.vault.host",
        "services.core.http.authentication.type", "keys.path", "HTTP_PORT", "]", "a]"}) {
    EXPECT_FALSE(is_secret_key(key)) << key;
  }
}

TEST(Mask, HidesThePasswordInsideAUrl) {
  EXPECT_EQ(shown("management.mongodb.uri", "mongodb://user:pw@host:1/db?a=b"),
            "mongodb://user:********@host:1/db?a=b");
  EXPECT_EQ(shown("a.url", "http://host:8080/x@y"), "http://host:8080/x@y");
  EXPECT_EQ(shown("a.url", "http://token@host"), "http://********@host");
  EXPECT_EQ(shown("a.urls", "http://u:1@h,http://v:2@i"),
            "http://u:********@h,http://v:********@i");
  EXPECT_EQ(shown("cloud.token", "abc"), "********");
}

TEST(Mask, HidesSecretsInTheQueryOfAUrl) {
  EXPECT_EQ(shown("a.url", "jdbc:x://host/db?user=a&password=b&c=d"),
            "jdbc:x://host/db?user=a&password=********&c=d");
  EXPECT_EQ(shown("a.url", "jdbc:y://host;trustStorePassword=b"),
            "jdbc:y://host;trustStorePassword=********");
  EXPECT_EQ(shown("a.url", "http://host/?page=1&=x&&key"), "http://host/?page=1&=x&&key");
}

}  // namespace
}  // namespace perigee::config
