// The defaults of api-definition.md 2.1 to 2.5, and that each member reaches the model.
#include "tests/definition/support/v2_definitions.hpp"

namespace perigee::definition {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const Endpoint& endpoint_of(const Api& api) { return api.endpoint_groups[0].endpoints[0]; }
const HttpListener& listener_of(const Api& api) { return api.listeners[0]; }

TEST(V2, GivesTheDefaultsOfTheTopLevel) {
  Parsed parsed = read_api(v2_definition({}));
  ASSERT_TRUE(parsed.api) << printed(parsed.problems);
  EXPECT_THAT(parsed.problems, IsEmpty()) << printed(parsed.problems);
  const Api& api = *parsed.api;
  EXPECT_EQ(parsed.api_id, "a2");
  EXPECT_EQ(api.name, "orders");
  EXPECT_EQ(api.version, "undefined");
  EXPECT_EQ(api.type, ApiType::proxy);
  EXPECT_EQ(api.definition_version, DefinitionVersion::v2);
  EXPECT_EQ(api.engine, Engine::v3);
  EXPECT_EQ(api.pointer, "");
  EXPECT_THAT(api.tags, IsEmpty());
  EXPECT_FALSE(api.analytics);
  EXPECT_FALSE(api.failover);
  EXPECT_FALSE(api.dynamic_property);
  EXPECT_EQ(api.flow_execution.mode, FlowMode::default_);
  EXPECT_FALSE(api.flow_execution.match_required);
  EXPECT_THAT(api.properties, IsEmpty());
  EXPECT_THAT(api.resources, IsEmpty());
  EXPECT_THAT(api.response_templates, IsEmpty());
}

TEST(V2, ReadsEveryMemberOfTheTopLevel) {
  Api api = v2_api_of({.top = R"("version": 3, "flow_mode": "best_match", "tags": ["eu"],
      "path_mappings": ["/a/:id"],
      "resources": [{"name": "c", "type": "cache", "configuration": "{\"ttl\": 1}"}],
      "response_templates": {"DEFAULT": {"*/*": {"status": 500, "body": "b"}}},
      "properties": [{"key": "k", "value": "v", "encrypted": true, "dynamic": true}],
      "definition_context": {"origin": "management"},
      "services": {"dynamic-property": {"enabled": false, "schedule": "0 * * * * *",
        "provider": "HTTP", "configuration": {"url": "http://a"}}})"});
  EXPECT_EQ(api.version, "3");
  EXPECT_EQ(api.flow_execution.mode, FlowMode::best_match);
  EXPECT_THAT(api.tags, ElementsAre("eu"));
  EXPECT_THAT(listener_of(api).path_mappings, ElementsAre("/a/:id"));
  EXPECT_EQ(listener_of(api).path_mappings_pointer, "/path_mappings");
  EXPECT_EQ(api.resources.at(0).configuration.value["ttl"].integer(), 1);
  EXPECT_EQ(api.response_templates.at(0).status, 500);
  EXPECT_TRUE(api.properties.at(0).encrypted && api.properties.at(0).dynamic);
  EXPECT_EQ(api.dynamic_property->type, "http");
  EXPECT_FALSE(api.dynamic_property->enabled);
}

TEST(V2, ReadsTheEngine) {
  struct {
    std::string_view written;
    Engine engine;
  } rows[] = {{"v3", Engine::v3},
              {"V3", Engine::v3},
              {"v4-emulation-engine", Engine::v4_emulation},
              {"V4_EMULATION_ENGINE", Engine::v4_emulation},
              {"jupiter", Engine::v4_emulation}};
  for (auto& [written, engine] : rows) {
    std::string top = R"("execution_mode": ")" + std::string(written) + "\"";
    EXPECT_EQ(v2_api_of({.top = top}).engine, engine) << written;
  }
}

TEST(V2, ReadsPropertiesThatAreAnObject) {
  Api api = v2_api_of({.top = R"("properties": {"a/b": "1", "n": 2, "null": null})"});
  ASSERT_EQ(api.properties.size(), 3u);
  EXPECT_EQ(api.properties[0].key, "a/b");
  EXPECT_EQ(api.properties[0].value, "1");
  EXPECT_EQ(api.properties[0].pointer, "/properties/a~1b");
  EXPECT_FALSE(api.properties[0].encrypted);
  EXPECT_EQ(api.properties[1].value, "2");
  EXPECT_EQ(api.properties[2].value, "");
}

TEST(V2, GivesTheDefaultsOfTheProxy) {
  Api api = v2_api_of({});
  ASSERT_EQ(api.listeners.size(), 1u);
  const HttpListener& listener = listener_of(api);
  EXPECT_EQ(listener.pointer, "/proxy");
  ASSERT_EQ(listener.paths.size(), 1u);
  EXPECT_EQ(listener.paths[0].host, "");
  EXPECT_EQ(listener.paths[0].path, "/orders/");
  EXPECT_FALSE(listener.paths[0].override_access);
  EXPECT_EQ(listener.paths[0].pointer, "/proxy/context_path");
  EXPECT_THAT(listener.servers, IsEmpty());
  EXPECT_THAT(listener.path_mappings, IsEmpty());
  EXPECT_FALSE(listener.cors);
  EXPECT_FALSE(listener.reject_null_byte);
  ASSERT_EQ(listener.entrypoints.size(), 1u);
  EXPECT_EQ(listener.entrypoints[0].type, "http-proxy");
}

TEST(V2, ReadsEveryMemberOfTheProxy) {
  Api api = v2_api_of({.proxy = R"("virtual_hosts": [
        {"host": "API.example.com", "path": "//a//b", "override_entrypoint": true}, {"path": "/c"}],
      "servers": ["second"], "cors": {"enabled": true, "allowOrigin": ["*"]},
      "request_validation": {"rejectNullByte": true}, "strip_context_path": true,
      "preserve_host": true)"});
  const HttpListener& listener = listener_of(api);
  ASSERT_EQ(listener.paths.size(), 2u);
  EXPECT_EQ(listener.paths[0].host, "api.example.com");
  EXPECT_EQ(listener.paths[0].path, "/a/b/");
  EXPECT_TRUE(listener.paths[0].override_access);
  EXPECT_EQ(listener.paths[0].pointer, "/proxy/virtual_hosts/0");
  EXPECT_EQ(listener.paths[1].path, "/c/");
  EXPECT_THAT(listener.servers, ElementsAre("second"));
  EXPECT_TRUE(listener.cors->enabled);
  EXPECT_EQ(listener.cors->pointer, "/proxy/cors");
  EXPECT_TRUE(listener.reject_null_byte);
}

TEST(V2, ReadsFailover) {
  Api defaults = v2_api_of({.proxy = R"("failover": {})"});
  EXPECT_TRUE(defaults.failover->enabled);
  EXPECT_EQ(defaults.failover->retries_max, 1);
  EXPECT_EQ(defaults.failover->slow_call_duration, 10s);
  EXPECT_FALSE(defaults.failover->circuit_breaker);
  EXPECT_EQ(defaults.failover->pointer, "/proxy/failover");

  Api api = v2_api_of({.proxy = R"("failover": {"maxAttempts": 3, "retryTimeout": 500,
                                                "cases": ["TIMEOUT"]})"});
  EXPECT_EQ(api.failover->retries_max, 3);
  EXPECT_EQ(api.failover->slow_call_duration, 500ms);
  EXPECT_FALSE(v2_api_of({.proxy = R"("failover": null)"}).failover);
}

struct LoggingRow {
  std::string_view members;
  bool entrypoint, endpoint, request, response, headers, payload;
  std::string_view condition;
};

TEST(V2, ReadsLogging) {
  LoggingRow rows[] = {
      {R"("logging": {})", false, false, false, false, false, false, ""},
      {R"("logging": {"mode": "CLIENT", "scope": "REQUEST", "content": "HEADERS"})", true, false,
       true, false, true, false, ""},
      {R"("logging": {"mode": "PROXY", "scope": "RESPONSE", "content": "PAYLOADS"})", false, true,
       false, true, false, true, ""},
      {R"("logging": {"mode": "client_proxy", "scope": "REQUEST_RESPONSE",
          "content": "HEADERS_PAYLOADS", "condition": "{#c}"})",
       true, true, true, true, true, true, "{#c}"},
      {R"("logging": {"mode": "NONE", "condition": "null"})", false, false, false, false, false,
       false, ""},
      {R"("loggingMode": "CLIENT_PROXY")", true, true, false, false, false, false, ""},
      {R"("loggingMode": "CLIENT", "logging": {"mode": "PROXY"})", false, true, false, false, false,
       false, ""}};
  for (const LoggingRow& row : rows) {
    SCOPED_TRACE(row.members);
    Api api = v2_api_of({.proxy = row.members});
    ASSERT_TRUE(api.analytics);
    EXPECT_TRUE(api.analytics->enabled);
    const Logging& logging = api.analytics->logging;
    EXPECT_EQ(logging.entrypoint, row.entrypoint);
    EXPECT_EQ(logging.endpoint, row.endpoint);
    EXPECT_EQ(logging.request, row.request);
    EXPECT_EQ(logging.response, row.response);
    EXPECT_EQ(logging.headers, row.headers);
    EXPECT_EQ(logging.payload, row.payload);
    EXPECT_EQ(logging.condition, row.condition);
  }
  EXPECT_EQ(v2_api_of({.proxy = rows[0].members}).analytics->logging.pointer, "/proxy/logging");
  EXPECT_EQ(v2_api_of({.proxy = rows[5].members}).analytics->logging.pointer, "/proxy/loggingMode");
}

TEST(V2, GivesTheDefaultsOfGroupAndEndpoint) {
  Api api = v2_api_of({.group = R"("name": null)"});
  ASSERT_EQ(api.endpoint_groups.size(), 1u);
  const EndpointGroup& group = api.endpoint_groups[0];
  EXPECT_EQ(group.name, "default");
  EXPECT_EQ(group.load_balancer, LoadBalancer::round_robin);
  EXPECT_EQ(group.pointer, kV2Group);
  const Endpoint& endpoint = endpoint_of(api);
  EXPECT_EQ(endpoint.name, "one");
  EXPECT_EQ(endpoint.type, "http");
  EXPECT_EQ(endpoint.target, "http://10.0.0.5:8080/base");
  EXPECT_EQ(endpoint.weight, 1);
  EXPECT_FALSE(endpoint.secondary);
  EXPECT_THAT(endpoint.tenants, IsEmpty());
  EXPECT_FALSE(endpoint.health_check);
  EXPECT_EQ(endpoint.pointer, kV2Endpoint);
  EXPECT_EQ(endpoint.options.pointer, kV2Endpoint);
}

TEST(V2, ReadsEveryMemberOfGroupAndEndpoint) {
  Api api = v2_api_of({.endpoint = R"("type": "GRPC", "weight": -1, "backup": true,
                                      "tenants": ["a"], "tenant": "b")",
                       .group = R"("load_balancing": {"type": "WEIGHTED_RANDOM"})"});
  EXPECT_EQ(api.endpoint_groups[0].load_balancer, LoadBalancer::weighted_random);
  EXPECT_EQ(endpoint_of(api).type, "grpc");
  EXPECT_EQ(endpoint_of(api).weight, 1);
  EXPECT_TRUE(endpoint_of(api).secondary);
  EXPECT_THAT(endpoint_of(api).tenants, ElementsAre("a"));
  EXPECT_THAT(endpoint_of(v2_api_of({.endpoint = R"("tenant": "b")"})).tenants, ElementsAre("b"));
}

TEST(V2, GivesTheDefaultsOfHttpOptions) {
  const EndpointOptions options = endpoint_of(v2_api_of({})).options;
  const HttpOptions& http = options.http;
  EXPECT_EQ(http.version, HttpVersion::http_1_1);
  EXPECT_TRUE(http.keep_alive);
  EXPECT_EQ(http.keep_alive_timeout, 30s);
  EXPECT_EQ(http.connect_timeout, 5s);
  EXPECT_EQ(http.read_timeout, 10s);
  EXPECT_EQ(http.idle_timeout, 60s);
  EXPECT_EQ(http.connections_max, 100);
  EXPECT_FALSE(http.pipelining);
  EXPECT_TRUE(http.use_compression);
  EXPECT_FALSE(http.propagate_client_accept_encoding);
  EXPECT_FALSE(http.propagate_client_host);
  EXPECT_FALSE(http.follow_redirects);
  EXPECT_TRUE(http.clear_text_upgrade);
  EXPECT_EQ(http.header_bytes_max, 8'192);
  EXPECT_EQ(http.chunk_bytes_max, 8'192);
  EXPECT_FALSE(options.proxy.enabled);
  EXPECT_THAT(options.headers, IsEmpty());
}

TEST(V2, ReadsEveryHttpOption) {
  Api api = v2_api_of({.endpoint = R"("http": {"version": "HTTP_2", "keepAlive": false,
      "keepAliveTimeout": 1, "connectTimeout": "2", "readTimeout": 3, "idleTimeout": 4,
      "maxConcurrentConnections": 5, "pipelining": true, "useCompression": false,
      "propagateClientAcceptEncoding": true, "followRedirects": true, "clearTextUpgrade": false,
      "maxHeaderSize": 6, "maxChunkSize": 7})"});
  const HttpOptions& http = endpoint_of(api).options.http;
  EXPECT_EQ(http.version, HttpVersion::http_2);
  EXPECT_FALSE(http.keep_alive);
  EXPECT_EQ(http.keep_alive_timeout, 1ms);
  EXPECT_EQ(http.connect_timeout, 2ms);
  EXPECT_EQ(http.read_timeout, 3ms);
  EXPECT_EQ(http.idle_timeout, 4ms);
  EXPECT_EQ(http.connections_max, 5);
  EXPECT_TRUE(http.pipelining);
  EXPECT_FALSE(http.use_compression);
  EXPECT_TRUE(http.propagate_client_accept_encoding);
  EXPECT_TRUE(http.follow_redirects);
  EXPECT_FALSE(http.clear_text_upgrade);
  EXPECT_EQ(http.header_bytes_max, 6);
  EXPECT_EQ(http.chunk_bytes_max, 7);
}

TEST(V2, ChecksTheHostNameUnlessAnSslBlockStandsThere) {
  struct {
    std::string_view endpoint;
    bool verifies;
  } rows[] = {{"", true},
              {R"("ssl": null)", true},
              {R"("ssl": {})", false},
              {R"("ssl": {"trustAll": false})", false},
              {R"("ssl": {"hostnameVerifier": true})", true}};
  for (auto& [endpoint, verifies] : rows) {
    const SslOptions ssl = endpoint_of(v2_api_of({.endpoint = endpoint})).options.ssl;
    EXPECT_EQ(ssl.hostname_verifier, verifies) << endpoint;
    EXPECT_FALSE(ssl.trust_all);
    EXPECT_EQ(ssl.trust_store.type, StoreType::none);
    EXPECT_EQ(ssl.key_store.type, StoreType::none);
  }
}

TEST(V2, ReadsTheLegacyPemAsTrustStore) {
  Api api = v2_api_of({.endpoint = R"("ssl": {"pem": "-----", "trustStore": {"type": "JKS",
                                              "path": "/t", "password": "p"}})"});
  const Store& store = endpoint_of(api).options.ssl.trust_store;
  EXPECT_EQ(store.type, StoreType::pem);
  EXPECT_EQ(store.content, "-----");
  EXPECT_EQ(store.path, "");
  EXPECT_EQ(store.pointer, std::string(kV2Endpoint) + "/ssl/pem");
  for (std::string_view none : {R"("ssl": {"pem": null})", R"("ssl": {"pem": "null"})"}) {
    const SslOptions ssl = endpoint_of(v2_api_of({.endpoint = none})).options.ssl;
    EXPECT_EQ(ssl.trust_store.type, StoreType::none) << none;
  }
}

TEST(V2, ReadsStoresAndProxy) {
  Api api = v2_api_of({.endpoint = R"("ssl": {"trustAll": true,
        "trustStore": {"type": "PKCS12", "content": "AAAA", "password": "p"},
        "keyStore": {"type": "PEM", "keyPath": "/k", "certPath": "/c"}},
      "proxy": {"enabled": true, "useSystemProxy": false, "host": "h", "port": 3128,
        "username": "u", "password": "w", "type": "SOCKS4"})"});
  const EndpointOptions& options = endpoint_of(api).options;
  EXPECT_TRUE(options.ssl.trust_all);
  EXPECT_EQ(options.ssl.trust_store.type, StoreType::pkcs12);
  EXPECT_EQ(options.ssl.key_store.type, StoreType::pem);
  EXPECT_EQ(options.ssl.key_store.key_path, "/k");
  EXPECT_TRUE(options.proxy.enabled);
  EXPECT_EQ(options.proxy.type, ProxyType::socks4);
  EXPECT_EQ(options.proxy.port, 3128);
  EXPECT_EQ(options.proxy.username, "u");
}

TEST(V2, ReadsTheOlderNameOfAProxysUser) {
  struct {
    std::string_view proxy, username;
  } rows[] = {{R"("proxy": {"principal": "p"})", "p"},
              {R"("proxy": {"principal": "p", "username": ""})", "p"},
              {R"("proxy": {"principal": "p", "username": "u"})", "u"}};
  for (auto [proxy, username] : rows) {
    EXPECT_EQ(endpoint_of(v2_api_of({.endpoint = proxy})).options.proxy.username, username);
    std::string endpoint = R"("inherit": true)";
    Api api = v2_api_of({.endpoint = endpoint, .group = proxy});
    EXPECT_EQ(endpoint_of(api).options.proxy.username, username) << "of the group";
  }
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs headers_of(std::string_view members) {
  Pairs pairs;
  for (const Header& each : endpoint_of(v2_api_of({.endpoint = members})).options.headers) {
    pairs.emplace_back(each.name, each.value);
  }
  return pairs;
}

TEST(V2, ReadsHeadersOfEveryShape) {
  EXPECT_EQ(headers_of(R"("headers": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}])"),
            (Pairs{{"A", "1"}, {"A", "2"}}));
  EXPECT_EQ(headers_of(R"("headers": {"B": "1", "A": 2})"), (Pairs{{"B", "1"}, {"A", "2"}}));
  EXPECT_EQ(headers_of(R"("hostHeader": "h")"), (Pairs{{"Host", "h"}}));
  EXPECT_EQ(headers_of(R"("headers": {"Host": "a"}, "hostHeader": "h")"),
            (Pairs{{"Host", "a"}, {"Host", "h"}}));
  EXPECT_EQ(headers_of(R"("hostHeader": " ")"), Pairs{});
}

TEST(V2, GivesTheDefaultsOfAFlow) {
  Api api = v2_api_of({});
  const Flow& flow = api.flows.at(0);
  EXPECT_TRUE(flow.enabled);
  EXPECT_EQ(flow.http->path, "/");
  EXPECT_EQ(flow.http->path_operator, PathOperator::starts_with);
  EXPECT_EQ(flow.http->pointer, "/flows/0/path-operator");
  EXPECT_FALSE(flow.http->methods);
  EXPECT_EQ(flow.condition, "");
  EXPECT_FALSE(flow.consumer_tags);
  EXPECT_THAT(flow.response, IsEmpty());
  ASSERT_EQ(flow.request.size(), 1u);
  EXPECT_EQ(flow.request[0].pointer, "/flows/0/pre/0");
  EXPECT_TRUE(flow.request[0].enabled);
}

TEST(V2, ReadsEveryMemberOfAFlow) {
  Api api = v2_api_of({.flow = R"("id": "f", "enabled": false, "condition": "{#c}",
      "path-operator": {"path": "/a/:id", "operator": "EQUALS"}, "methods": ["GET"],
      "post": [{"policy": "mock", "name": "n", "description": "d", "condition": "{#s}",
                "enabled": false, "configuration": "{\"a\": 1}"}])"});
  const Flow& flow = api.flows[0];
  EXPECT_EQ(flow.id, "f");
  EXPECT_EQ(flow.name, "all");
  EXPECT_FALSE(flow.enabled);
  EXPECT_EQ(flow.condition, "{#c}");
  EXPECT_EQ(flow.condition_pointer, "/flows/0/condition");
  EXPECT_EQ(flow.http->path, "/a/:id");
  EXPECT_EQ(flow.http->path_operator, PathOperator::equals);
  EXPECT_EQ(flow.http->methods->count(), 1u);
  ASSERT_EQ(flow.response.size(), 1u);
  const Step& step = flow.response[0];
  EXPECT_EQ(step.policy, "mock");
  EXPECT_EQ(step.condition, "{#s}");
  EXPECT_FALSE(step.enabled);
  EXPECT_EQ(step.configuration.value["a"].integer(), 1);
  EXPECT_EQ(step.configuration.pointer(), "/flows/0/post/0/configuration");
}

TEST(V2, ReadsPlans) {
  Api api = v2_api_of({.plan = R"("security": "OAUTH2", "status": "deprecated", "tags": ["t"],
      "securityDefinition": "{\"oauthResource\": \"r\"}", "selectionRule": "#a == 1",
      "flows": [{"pre": [{"policy": "mock"}]}], "api": "a2", "order": 1)"});
  const ApiPlan& plan = api.plans.at(0);
  EXPECT_EQ(plan.id, "p1");
  EXPECT_EQ(plan.name, "open");
  EXPECT_EQ(plan.mode, PlanMode::standard);
  EXPECT_EQ(plan.status, PlanStatus::deprecated);
  EXPECT_EQ(plan.security, "oauth2");
  EXPECT_EQ(plan.security_pointer, "/plans/0/security");
  EXPECT_EQ(plan.security_configuration.value["oauthResource"].text(), "r");
  EXPECT_EQ(plan.security_configuration.pointer(), "/plans/0/securityDefinition");
  EXPECT_EQ(plan.selection_rule, "{#a == 1}");
  EXPECT_EQ(plan.selection_rule_pointer, "/plans/0/selectionRule");
  EXPECT_THAT(plan.tags, ElementsAre("t"));
  EXPECT_EQ(plan.flows[0].request[0].pointer, "/plans/0/flows/0/pre/0");
}

TEST(V2, ReadsTheNamesOfSecurities) {
  struct {
    std::string_view written, policy;
  } rows[] = {{"KEY_LESS", "key-less"},
              {"key-less", "key-less"},
              {"API_KEY", "api-key"},
              {"Jwt", "jwt"},
              {"OAUTH2", "oauth2"}};
  for (auto& [written, policy] : rows) {
    std::string plan = R"("security": ")" + std::string(written) + "\"";
    EXPECT_EQ(v2_api_of({.plan = plan}).plans[0].security, policy);
  }
}

TEST(V2, ReadsTheRuleOfAPlanThatTheManagementApiWrote) {
  Api api = v2_api_of({.plan = R"("selection_rule": "#a", "comment_required": false)"});
  EXPECT_EQ(api.plans[0].selection_rule, "{#a}");
  EXPECT_EQ(api.plans[0].selection_rule_pointer, "/plans/0/selection_rule");
}

TEST(V2, NeedsNoPlans) {
  std::string none = v2_definition({.top = R"("plans": null)"});
  EXPECT_THAT(read_api(none).api->plans, IsEmpty());
  EXPECT_EQ(read_api(none, {.open_plan = true}).api->plans.size(), 1u);
}

}  // namespace
}  // namespace perigee::definition
