// The table of runtime.md 1.2: which names of variables set which key.
#include "config/environment.hpp"

namespace perigee::config {
namespace {

struct Row {
  std::string key;
  std::string name;
  bool accepted;
};

class EnvironmentName : public testing::TestWithParam<Row> {};

TEST_P(EnvironmentName, SetsItsKeyOrNot) {
  const Environment environment({{GetParam().name, "v"}});
  const Variable* found = environment.find(GetParam().key);
  EXPECT_EQ(found != nullptr, GetParam().accepted) << GetParam().name << " for " << GetParam().key;
}

INSTANTIATE_TEST_SUITE_P(
    Table, EnvironmentName,
    testing::Values(
        Row{"http.maxHeaderSize", "GRAVITEE_http.maxHeaderSize", true},
        Row{"http.maxHeaderSize", "GRAVITEE_http_maxHeaderSize", true},
        Row{"http.maxHeaderSize", "GRAVITEE_HTTP_MAXHEADERSIZE", true},
        Row{"http.maxHeaderSize", "gravitee_http_maxHeaderSize", true},
        Row{"http.maxHeaderSize", "gravitee_HTTP_MAXHEADERSIZE", true},
        Row{"http.maxHeaderSize", "gravitee.http.maxHeaderSize", true},
        Row{"http.maxHeaderSize", "GRAVITEE.HTTP_MAXHEADERSIZE", true},
        Row{"http.maxHeaderSize", "GRAVITEE_HTTP.MAXHEADERSIZE", true},
        Row{"http.maxHeaderSize", "GRAVITEE_http_max_header_size", false},
        Row{"http.maxHeaderSize", "GRAVITEE_Http_MaxHeaderSize", false},
        Row{"http.maxHeaderSize", "Gravitee_http_maxHeaderSize", false},
        Row{"http.maxHeaderSize", "HTTP_MAXHEADERSIZE", false},
        Row{"policy.api-key.header", "GRAVITEE_policy_api-key_header", true},
        Row{"policy.api-key.header", "GRAVITEE_policy_apikey_header", true},
        Row{"policy.api-key.header", "GRAVITEE_POLICY_API-KEY_HEADER", true},
        Row{"policy.api-key.header", "GRAVITEE_POLICY_APIKEY_HEADER", true},
        Row{"policy.api-key.header", "GRAVITEE_POLICY_API_KEY_HEADER", false},
        Row{"ratelimit.redis.sentinel.nodes[0].host",
            "gravitee_ratelimit_redis_sentinel_nodes_0_host", true},
        Row{"ratelimit.redis.sentinel.nodes[0].host",
            "GRAVITEE_RATELIMIT_REDIS_SENTINEL_NODES_0_HOST", true},
        Row{"ratelimit.redis.sentinel.nodes[0].host",
            "GRAVITEE_ratelimit.redis.sentinel.nodes[0].host", true},
        Row{"ratelimit.redis.sentinel.nodes[0].host",
            "GRAVITEE_ratelimit_redis_sentinel_nodes[0]_host", true},
        Row{"ratelimit.redis.sentinel.nodes[0].host",
            "GRAVITEE_ratelimit.redis.sentinel.nodes.0.host", true},
        Row{"ratelimit.redis.sentinel.nodes[1].host",
            "GRAVITEE_RATELIMIT_REDIS_SENTINEL_NODES_0_HOST", false},
        Row{"services.sync.bulk_items", "gravitee_services_sync_bulk_items", true},
        Row{"services.sync.bulk_items", "GRAVITEE_SERVICES_SYNC_BULK_ITEMS", true},
        Row{"services.sync.bulk_items", "GRAVITEE_SERVICES_SYNC_BULKITEMS", false},
        Row{"cloud.token", "gravitee_cloud_token", true},
        Row{"cloud.token", "GRAVITEE_CLOUD_TOKEN", true},
        Row{"cloud.token", "GRAVITEE_Cloud_Token", false},
        Row{"license.key", "gravitee_license_key", true},
        Row{"license.key", "GRAVITEE_LICENSE_KEY", true},
        Row{"http.errors[404].message", "GRAVITEE_HTTP_ERRORS_404_MESSAGE", true},
        Row{"perigee.http.listenAfterSync", "PERIGEE_HTTP_LISTENAFTERSYNC", true},
        Row{"perigee.http.listenAfterSync", "perigee_http_listenAfterSync", true},
        Row{"perigee.http.listenAfterSync", "GRAVITEE_PERIGEE_HTTP_LISTENAFTERSYNC", true},
        Row{"perigee.http.listenAfterSync", "gravitee_perigee_http_listenAfterSync", true},
        Row{"http.listenAfterSync", "PERIGEE_HTTP_LISTENAFTERSYNC", false}));

TEST(Environment, PrefersTheSpellingThatComesFirstInTheList) {
  const Environment environment(
      {{"GRAVITEE_HTTP_PORT", "3"}, {"GRAVITEE_http_port", "2"}, {"GRAVITEE_http.port", "1"}});
  EXPECT_EQ(environment.find("http.port")->value, "1");
}

TEST(Environment, FindsBareVariablesByRelaxedNames) {
  const Environment environment({{"HTTP_PORT", "1"}, {"api_key", "2"}, {"TAGS", "3"}});
  EXPECT_EQ(*environment.find_bare("http.port"), "1");
  EXPECT_EQ(*environment.find_bare("api-key"), "2");
  EXPECT_EQ(*environment.find_bare("tags"), "3");
  EXPECT_EQ(environment.find_bare("zone"), nullptr);
}

TEST(Environment, KnowsServiceLinksOfKubernetes) {
  const Environment environment({{"GRAVITEE_REDIS_SERVICE_HOST", "10.0.0.1"},
                                 {"GRAVITEE_REDIS_PORT", "tcp://10.0.0.1:6379"},
                                 {"GRAVITEE_HTTP_PORT", "8082"}});
  for (const auto name :
       {"GRAVITEE_REDIS_SERVICE_HOST", "GRAVITEE_REDIS_SERVICE_PORT",
        "GRAVITEE_REDIS_SERVICE_PORT_REDIS", "GRAVITEE_REDIS_PORT", "GRAVITEE_REDIS_PORT_6379_TCP",
        "GRAVITEE_REDIS_PORT_6379_TCP_PORT", "GRAVITEE_REDIS_PORT_6379_TCP_ADDR"}) {
    EXPECT_TRUE(environment.is_service_link(name)) << name;
  }
  EXPECT_FALSE(environment.is_service_link("GRAVITEE_HTTP_PORT"));
}

TEST(Environment, SurvivesBeingMoved) {
  Environment first({{"GRAVITEE_HTTP_PORT", "1"}});
  const Environment second = std::move(first);
  EXPECT_EQ(second.find("http.port")->value, "1");
}

}  // namespace
}  // namespace perigee::config
