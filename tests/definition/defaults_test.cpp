// The defaults of api-definition.md 1.1 to 1.12, and that each member reaches the model.
#include "definition/names.hpp"
#include "tests/definition/support/definitions.hpp"

namespace perigee::definition {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Definition, GivesTheDefaultsOfTheTopLevel) {
  Parsed parsed = read_api(definition({}));
  ASSERT_TRUE(parsed.api) << printed(parsed.problems);
  EXPECT_THAT(parsed.problems, IsEmpty()) << printed(parsed.problems);
  const Api& api = *parsed.api;
  EXPECT_EQ(parsed.api_id, "a1");
  EXPECT_EQ(api.id, "a1");
  EXPECT_EQ(api.name, "orders");
  EXPECT_EQ(api.version, "1");
  EXPECT_EQ(api.type, ApiType::proxy);
  EXPECT_EQ(api.definition_version, DefinitionVersion::v4);
  EXPECT_EQ(api.pointer, "");
  EXPECT_THAT(api.tags, IsEmpty());
  EXPECT_FALSE(api.analytics);
  EXPECT_FALSE(api.failover);
  EXPECT_EQ(api.flow_execution.mode, FlowMode::default_);
  EXPECT_FALSE(api.flow_execution.match_required);
  EXPECT_THAT(api.properties, IsEmpty());
  EXPECT_THAT(api.resources, IsEmpty());
  EXPECT_THAT(api.response_templates, IsEmpty());
  EXPECT_FALSE(api.dynamic_property);
}

TEST(Definition, GivesTheDefaultsOfAListener) {
  Api api = api_of({});
  ASSERT_EQ(api.listeners.size(), 1u);
  const HttpListener& listener = api.listeners[0];
  EXPECT_EQ(listener.pointer, kListener);
  ASSERT_EQ(listener.paths.size(), 1u);
  EXPECT_EQ(listener.paths[0].path, "/orders/");
  EXPECT_EQ(listener.paths[0].host, "");
  EXPECT_FALSE(listener.paths[0].override_access);
  EXPECT_EQ(listener.paths[0].pointer, "/listeners/0/paths/0");
  EXPECT_THAT(listener.servers, IsEmpty());
  EXPECT_THAT(listener.path_mappings, IsEmpty());
  EXPECT_FALSE(listener.cors);
  EXPECT_FALSE(listener.reject_null_byte);
  ASSERT_EQ(listener.entrypoints.size(), 1u);
  EXPECT_EQ(listener.entrypoints[0].type, "http-proxy");
}

TEST(Definition, ReadsEveryMemberOfAListener) {
  Api api = api_of({.listener = R"("servers": ["second"], "pathMappings": ["/a/:id"],
                                   "requestValidation": {"rejectNullByte": true})",
                    .path = R"("host": " API.Example.com:8082 ", "path": "//a//b",
                               "overrideAccess": "true")"});
  const HttpListener& listener = api.listeners[0];
  EXPECT_THAT(listener.servers, ElementsAre("second"));
  EXPECT_THAT(listener.path_mappings, ElementsAre("/a/:id"));
  EXPECT_EQ(listener.path_mappings_pointer, "/listeners/0/pathMappings");
  EXPECT_TRUE(listener.reject_null_byte);
  EXPECT_EQ(listener.paths[0].host, "api.example.com:8082");
  EXPECT_EQ(listener.paths[0].path, "/a/b/");
  EXPECT_TRUE(listener.paths[0].override_access);
}

TEST(Definition, ReadsCors) {
  Api defaults = api_of({.listener = R"("cors": {})"});
  const Cors& none = *defaults.listeners[0].cors;
  EXPECT_FALSE(none.enabled);
  EXPECT_EQ(none.max_age_seconds, -1);
  EXPECT_FALSE(none.allow_credentials);
  EXPECT_FALSE(none.run_policies);
  EXPECT_FALSE(none.allow_private_network);
  EXPECT_EQ(none.pointer, "/listeners/0/cors");

  Api api = api_of({.listener = R"("cors": {"enabled": true, "allowOrigin": ["*"],
      "allowMethods": ["GET"], "allowHeaders": ["x-a"], "exposeHeaders": ["x-b"], "maxAge": 60,
      "allowCredentials": true, "runPolicies": true, "allowPrivateNetwork": true})"});
  const Cors& cors = *api.listeners[0].cors;
  EXPECT_TRUE(cors.enabled);
  EXPECT_THAT(cors.allow_origin, ElementsAre("*"));
  EXPECT_THAT(cors.allow_methods, ElementsAre("GET"));
  EXPECT_THAT(cors.allow_headers, ElementsAre("x-a"));
  EXPECT_THAT(cors.expose_headers, ElementsAre("x-b"));
  EXPECT_EQ(cors.max_age_seconds, 60);
  EXPECT_TRUE(cors.allow_credentials && cors.run_policies && cors.allow_private_network);
}

TEST(Definition, GivesTheDefaultsOfAnEndpoint) {
  Api api = api_of({});
  ASSERT_EQ(api.endpoint_groups.size(), 1u);
  const EndpointGroup& group = api.endpoint_groups[0];
  EXPECT_EQ(group.name, "main");
  EXPECT_EQ(group.type, "http-proxy");
  EXPECT_EQ(group.load_balancer, LoadBalancer::round_robin);
  EXPECT_EQ(group.pointer, kGroup);
  ASSERT_EQ(group.endpoints.size(), 1u);
  const Endpoint& endpoint = group.endpoints[0];
  EXPECT_EQ(endpoint.name, "one");
  EXPECT_EQ(endpoint.weight, 1);
  EXPECT_FALSE(endpoint.secondary);
  EXPECT_THAT(endpoint.tenants, IsEmpty());
  EXPECT_EQ(endpoint.target, "http://10.0.0.5:8080/base");
  EXPECT_FALSE(endpoint.health_check);
  EXPECT_EQ(endpoint.pointer, kEndpoint);
  EXPECT_EQ(endpoint.options.pointer, kEndpoint);
}

TEST(Definition, GivesTheDefaultsOfHttpOptions) {
  const EndpointOptions options = api_of({}).endpoint_groups[0].endpoints[0].options;
  const HttpOptions& http = options.http;
  EXPECT_EQ(http.version, HttpVersion::http_1_1);
  EXPECT_TRUE(http.keep_alive);
  EXPECT_EQ(http.keep_alive_timeout, 30s);
  EXPECT_EQ(http.connect_timeout, 5s);
  EXPECT_EQ(http.read_timeout, 10s);
  EXPECT_EQ(http.idle_timeout, 60s);
  EXPECT_EQ(http.connections_max, 100);
  EXPECT_EQ(http.wait_queue_max, -1);
  EXPECT_EQ(http.connection_lifetime_max, 0s);
  EXPECT_FALSE(http.pipelining);
  EXPECT_TRUE(http.use_compression);
  EXPECT_FALSE(http.propagate_client_accept_encoding);
  EXPECT_FALSE(http.propagate_client_host);
  EXPECT_FALSE(http.follow_redirects);
  EXPECT_TRUE(http.clear_text_upgrade);
  EXPECT_EQ(http.http2_multiplexing_limit, -1);
  EXPECT_EQ(http.http2_connection_window_bytes, -1);
  EXPECT_EQ(http.http2_stream_window_bytes, -1);
  EXPECT_EQ(http.http2_frame_bytes_max, 16'384);
  EXPECT_FALSE(options.ssl.trust_all);
  EXPECT_TRUE(options.ssl.hostname_verifier);
  EXPECT_EQ(options.ssl.trust_store.type, StoreType::none);
  EXPECT_EQ(options.ssl.key_store.type, StoreType::none);
  EXPECT_FALSE(options.proxy.enabled);
  EXPECT_FALSE(options.proxy.use_system_proxy);
  EXPECT_EQ(options.proxy.type, ProxyType::http);
  EXPECT_THAT(options.headers, IsEmpty());
}

TEST(Definition, ReadsEveryHttpOption) {
  Api api = api_of({.own = R"("http": {"version": "HTTP_2", "keepAlive": false,
      "keepAliveTimeout": 1, "connectTimeout": "2", "readTimeout": 3, "idleTimeout": 4,
      "maxConcurrentConnections": 5, "maxWaitQueueSize": 6, "maxConnectionLifetime": 7,
      "pipelining": true, "useCompression": false, "propagateClientAcceptEncoding": true,
      "propagateClientHost": true, "followRedirects": true, "clearTextUpgrade": false,
      "http2MultiplexingLimit": 8, "http2ConnectionWindowSize": 9, "http2StreamWindowSize": 10,
      "http2MaxFrameSize": 16385})"});
  const HttpOptions& http = api.endpoint_groups[0].endpoints[0].options.http;
  EXPECT_EQ(http.version, HttpVersion::http_2);
  EXPECT_FALSE(http.keep_alive);
  EXPECT_EQ(http.keep_alive_timeout, 1ms);
  EXPECT_EQ(http.connect_timeout, 2ms);
  EXPECT_EQ(http.read_timeout, 3ms);
  EXPECT_EQ(http.idle_timeout, 4ms);
  EXPECT_EQ(http.connections_max, 5);
  EXPECT_EQ(http.wait_queue_max, 6);
  EXPECT_EQ(http.connection_lifetime_max, 7ms);
  EXPECT_TRUE(http.pipelining);
  EXPECT_FALSE(http.use_compression);
  EXPECT_TRUE(http.propagate_client_accept_encoding);
  EXPECT_TRUE(http.propagate_client_host);
  EXPECT_TRUE(http.follow_redirects);
  EXPECT_FALSE(http.clear_text_upgrade);
  EXPECT_EQ(http.http2_multiplexing_limit, 8);
  EXPECT_EQ(http.http2_connection_window_bytes, 9);
  EXPECT_EQ(http.http2_stream_window_bytes, 10);
  EXPECT_EQ(http.http2_frame_bytes_max, 16'385);
}

TEST(Definition, ReadsStoresProxyAndHeaders) {
  Api api = api_of({.own = R"("ssl": {"trustAll": true, "hostnameVerifier": false,
        "trustStore": {"type": "pkcs12", "content": "AAAA", "password": "p", "alias": "a"},
        "keyStore": {"type": "PEM", "keyPath": "/k", "certContent": "-----"}},
      "proxy": {"enabled": true, "host": "h", "port": "3128", "username": "u", "password": "w",
        "type": "SOCKS5"},
      "headers": [{"name": "Host", "value": "b"}])"});
  const EndpointOptions& options = api.endpoint_groups[0].endpoints[0].options;
  std::string pointer = std::string(kEndpoint) + "/sharedConfigurationOverride";
  EXPECT_EQ(options.pointer, pointer);
  EXPECT_TRUE(options.ssl.trust_all);
  EXPECT_FALSE(options.ssl.hostname_verifier);
  EXPECT_EQ(options.ssl.trust_store.type, StoreType::pkcs12);
  EXPECT_EQ(options.ssl.trust_store.content, "AAAA");
  EXPECT_EQ(options.ssl.trust_store.password, "p");
  EXPECT_EQ(options.ssl.trust_store.alias, "a");
  EXPECT_EQ(options.ssl.trust_store.pointer, pointer + "/ssl/trustStore");
  EXPECT_EQ(options.ssl.key_store.type, StoreType::pem);
  EXPECT_EQ(options.ssl.key_store.key_path, "/k");
  EXPECT_EQ(options.ssl.key_store.cert_content, "-----");
  EXPECT_TRUE(options.proxy.enabled);
  EXPECT_EQ(options.proxy.type, ProxyType::socks5);
  EXPECT_EQ(options.proxy.host, "h");
  EXPECT_EQ(options.proxy.port, 3128);
  EXPECT_EQ(options.proxy.username, "u");
  EXPECT_EQ(options.proxy.password, "w");
  ASSERT_EQ(options.headers.size(), 1u);
  EXPECT_EQ(options.headers[0].name, "Host");
  EXPECT_EQ(options.headers[0].value, "b");
}

TEST(Definition, ReadsAnalyticsAndFailover) {
  Api defaults = api_of({.top = R"("analytics": {}, "failover": {})"});
  EXPECT_TRUE(defaults.analytics->enabled);
  EXPECT_FALSE(defaults.analytics->logging.entrypoint || defaults.analytics->logging.endpoint);
  EXPECT_FALSE(defaults.analytics->tracing_enabled || defaults.analytics->tracing_verbose);
  EXPECT_FALSE(defaults.failover->enabled);
  EXPECT_EQ(defaults.failover->retries_max, 2);
  EXPECT_EQ(defaults.failover->slow_call_duration, 2s);
  EXPECT_EQ(defaults.failover->open_state_duration, 10s);
  EXPECT_EQ(defaults.failover->failures_max, 5);
  EXPECT_TRUE(defaults.failover->per_subscription);

  Api api = api_of({.top = R"("analytics": {"enabled": false,
        "logging": {"mode": {"entrypoint": true, "endpoint": true},
                    "phase": {"request": true, "response": true},
                    "content": {"headers": true, "payload": true, "messagePayload": true},
                    "condition": "{#request.headers['x'] != null}"},
        "tracing": {"enabled": true, "verbose": true}},
      "failover": {"enabled": true, "maxRetries": 1, "slowCallDuration": 500,
        "openStateDuration": 7, "maxFailures": 3, "perSubscription": false,
        "failureCondition": "{#true}", "forceNextEndpointOnFailure": true})"});
  const Analytics& analytics = *api.analytics;
  EXPECT_FALSE(analytics.enabled);
  const Logging& logging = analytics.logging;
  EXPECT_TRUE(logging.entrypoint && logging.endpoint && logging.request && logging.response);
  EXPECT_TRUE(logging.headers && logging.payload);
  EXPECT_EQ(logging.condition, "{#request.headers['x'] != null}");
  EXPECT_EQ(logging.pointer, "/analytics/logging");
  EXPECT_TRUE(analytics.tracing_enabled && analytics.tracing_verbose);
  const Failover& failover = *api.failover;
  EXPECT_TRUE(failover.enabled && failover.force_next_endpoint_on_failure);
  EXPECT_TRUE(failover.circuit_breaker);
  EXPECT_EQ(failover.retries_max, 1);
  EXPECT_EQ(failover.slow_call_duration, 500ms);
  EXPECT_EQ(failover.open_state_duration, 7ms);
  EXPECT_EQ(failover.failures_max, 3);
  EXPECT_FALSE(failover.per_subscription);
  EXPECT_EQ(failover.failure_condition, "{#true}");
  EXPECT_EQ(failover.pointer, "/failover");
}

TEST(Definition, ReadsPropertiesResourcesAndServices) {
  Api api = api_of({.top = R"("properties": [{"key": "k", "value": 5},
                                             {"key": "s", "value": "v", "encrypted": true,
                                              "dynamic": true}],
      "resources": [{"name": "c", "type": "cache", "configuration": {"ttl": 1}},
                    {"name": "d", "type": "cache", "enabled": false}],
      "services": {"dynamicProperty": {"type": "http-dynamic-properties"}},
      "tags": ["eu"], "flowExecution": {"mode": "BEST_MATCH", "matchRequired": true})"});
  ASSERT_EQ(api.properties.size(), 2u);
  EXPECT_EQ(api.properties[0].value, "5");
  EXPECT_FALSE(api.properties[0].encrypted || api.properties[0].dynamic);
  EXPECT_TRUE(api.properties[1].encrypted && api.properties[1].dynamic);
  EXPECT_EQ(api.properties[1].pointer, "/properties/1");
  ASSERT_EQ(api.resources.size(), 2u);
  EXPECT_TRUE(api.resources[0].enabled);
  EXPECT_EQ(api.resources[0].configuration.value["ttl"].integer(), 1);
  EXPECT_EQ(api.resources[0].configuration.pointer(), "/resources/0/configuration");
  EXPECT_FALSE(api.resources[1].enabled);
  EXPECT_TRUE(api.dynamic_property->enabled);
  EXPECT_THAT(api.tags, ElementsAre("eu"));
  EXPECT_EQ(api.flow_execution.mode, FlowMode::best_match);
  EXPECT_TRUE(api.flow_execution.match_required);
}

TEST(Definition, ReadsResponseTemplatesWithBothNamesOfTheStatus) {
  Api api = api_of({.top = R"("responseTemplates": {"DEFAULT": {
      "application/json": {"status": 503, "body": "{}", "headers": {"X-Why": "key"}},
      "*/*": {"statusCode": 500, "propagateErrorKeyToLogs": true}}})"});
  ASSERT_EQ(api.response_templates.size(), 2u);
  const ResponseTemplate& json = api.response_templates[0];
  EXPECT_EQ(json.error_key, "DEFAULT");
  EXPECT_EQ(json.media_type, "application/json");
  EXPECT_EQ(json.status, 503);
  EXPECT_EQ(json.body, "{}");
  ASSERT_EQ(json.headers.size(), 1u);
  EXPECT_EQ(json.headers[0].value, "key");
  EXPECT_FALSE(json.propagate_error_key_to_logs);
  EXPECT_EQ(json.pointer, "/responseTemplates/DEFAULT/application~1json");
  const ResponseTemplate& any = api.response_templates[1];
  EXPECT_EQ(any.media_type, "*/*");
  EXPECT_EQ(any.status, 500);
  EXPECT_FALSE(any.body);
  EXPECT_TRUE(any.propagate_error_key_to_logs);
}

TEST(Definition, GivesTheDefaultsOfAFlow) {
  Api api = api_of({});
  ASSERT_EQ(api.flows.size(), 1u);
  const Flow& flow = api.flows[0];
  EXPECT_TRUE(flow.enabled);
  ASSERT_TRUE(flow.http);
  EXPECT_EQ(flow.http->path, "/");
  EXPECT_EQ(flow.http->path_operator, PathOperator::starts_with);
  EXPECT_FALSE(flow.http->methods);
  EXPECT_EQ(flow.condition, "");
  EXPECT_EQ(flow.pointer, kFlow);
  ASSERT_EQ(flow.request.size(), 1u);
  EXPECT_THAT(flow.response, IsEmpty());
  const Step& step = flow.request[0];
  EXPECT_EQ(step.policy, "transform-headers");
  EXPECT_TRUE(step.enabled);
  EXPECT_TRUE(step.configuration.value.absent());
  EXPECT_EQ(step.condition, "");
  EXPECT_EQ(step.pointer, kStep);
}

TEST(Definition, ReadsEveryMemberOfFlowAndStep) {
  Api api = api_of({.flow = R"("id": "f", "enabled": false, "tags": ["t"],
        "response": [{"policy": "mock"}], "subscribe": [], "publish": null)",
                    .selector = R"("path": "/a/:id", "pathOperator": "equals",
                                   "methods": ["GET", "delete", "OTHER"])",
                    .step = R"("name": "n", "description": "d", "enabled": false,
        "configuration": {"scope": "REQUEST"}, "condition": "{#c}", "messageCondition": "m")"});
  const Flow& flow = api.flows[0];
  EXPECT_EQ(flow.id, "f");
  EXPECT_FALSE(flow.enabled);
  EXPECT_THAT(flow.tags, ElementsAre("t"));
  ASSERT_EQ(flow.response.size(), 1u);
  EXPECT_EQ(flow.response[0].pointer, "/flows/0/response/0");
  EXPECT_EQ(flow.http->path, "/a/:id");
  EXPECT_EQ(flow.http->path_operator, PathOperator::equals);
  MethodSet methods;
  for (Method each : {Method::get, Method::delete_, Method::other}) {
    methods.set(static_cast<std::size_t>(each));
  }
  EXPECT_EQ(flow.http->methods, methods);
  const Step& step = flow.request[0];
  EXPECT_EQ(step.name, "n");
  EXPECT_EQ(step.description, "d");
  EXPECT_FALSE(step.enabled);
  EXPECT_EQ(step.configuration.value["scope"].text(), "REQUEST");
  EXPECT_EQ(step.condition, "{#c}");
}

TEST(Definition, UsesTheFirstSelectorOfEachType) {
  Api api = api_of({.flow = R"("selectors": [
      {"type": "CONDITION", "condition": "{#first}"}, {"type": "HTTP", "path": "/first"},
      {"type": "http", "path": "/second"}, {"type": "condition", "condition": "{#second}"}])"});
  EXPECT_EQ(api.flows[0].condition, "{#first}");
  EXPECT_EQ(api.flows[0].condition_pointer, "/flows/0/selectors/0/condition");
  EXPECT_EQ(api.flows[0].http->path, "/first");
  EXPECT_EQ(api.flows[0].http->pointer, "/flows/0/selectors/1");
}

TEST(Definition, ReadsPlans) {
  Api api =
      api_of({.plan = R"("mode": "STANDARD", "status": "DEPRECATED", "tags": ["t"],
        "selectionRule": "#context.attributes['a'] == 1",
        "flows": [{"request": [{"policy": "mock"}]}])",
              .security = R"("type": "API_KEY", "configuration": {"propagateApiKey": true})"});
  const ApiPlan& plan = api.plans[0];
  EXPECT_EQ(plan.id, "p1");
  EXPECT_EQ(plan.name, "open");
  EXPECT_EQ(plan.mode, PlanMode::standard);
  EXPECT_EQ(plan.status, PlanStatus::deprecated);
  EXPECT_EQ(plan.security, "api-key");
  EXPECT_TRUE(plan.security_configuration.value["propagateApiKey"].boolean());
  EXPECT_EQ(plan.selection_rule, "{#context.attributes['a'] == 1}");
  EXPECT_THAT(plan.tags, ElementsAre("t"));
  EXPECT_EQ(plan.flows[0].request[0].pointer, "/plans/0/flows/0/request/0");
  EXPECT_EQ(plan.pointer, kPlan);
  EXPECT_EQ(plan.security_pointer, "/plans/0/security/type");
  EXPECT_EQ(plan.selection_rule_pointer, "/plans/0/selectionRule");
}

TEST(Definition, LeavesASelectionRuleWithBracesAlone) {
  EXPECT_EQ(api_of({.plan = R"("selectionRule": "{#a}")"}).plans[0].selection_rule, "{#a}");
  EXPECT_EQ(api_of({.plan = R"("selectionRule": " ")"}).plans[0].selection_rule, "");
}

}  // namespace
}  // namespace perigee::definition
