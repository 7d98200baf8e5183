// Api: one API definition as plain data, the same for v4 and v2 documents.
//
// The model owns the JSON documents that its `Configuration` views look into; copies of an Api
// share them. Defaults here are the runtime defaults of the reference, not those of its console.
// Every part that a later stage may have to refuse carries the JSON pointer where it stands, and
// where v4 and v2 name a member differently, the pointer of that member.
#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace perigee::definition {

using std::chrono::milliseconds;

// An opaque plugin configuration, given as an object or as a string that contains JSON. `inside` is
// to be put before the pointers of `value`: the pointer of the string that holds its document.
struct Configuration {
  Json value;  // absent when there is none
  std::string inside;
  std::string pointer() const { return inside + value.pointer(); }
};

// Listeners.

struct ListenerPath {
  std::string host;        // lower case; empty = any host
  std::string path = "/";  // begins and ends with '/', no runs of '/'
  bool override_access = false;
  std::string pointer;
};

struct Cors {
  bool enabled = false;
  std::vector<std::string> allow_origin;
  std::vector<std::string> allow_methods;
  std::vector<std::string> allow_headers;
  std::vector<std::string> expose_headers;
  std::int32_t max_age_seconds = -1;  // negative = header not sent
  bool allow_credentials = false;
  bool run_policies = false;
  bool allow_private_network = false;
  std::string pointer;
};

struct Entrypoint {
  std::string type;
  Configuration configuration;
  std::string pointer;
};

// Only the first listener of an API supplies cors, path_mappings and reject_null_byte.
struct HttpListener {
  std::vector<ListenerPath> paths;
  std::vector<std::string> servers;  // empty = every server
  std::vector<std::string> path_mappings;
  std::optional<Cors> cors;
  bool reject_null_byte = false;
  std::vector<Entrypoint> entrypoints;
  std::string pointer;
  std::string path_mappings_pointer;
};

// Endpoints.

enum class HttpVersion : std::uint8_t { http_1_1, http_2 };

struct HttpOptions {
  HttpVersion version = HttpVersion::http_1_1;
  bool keep_alive = true;
  milliseconds keep_alive_timeout{30'000};
  milliseconds connect_timeout{5'000};
  milliseconds read_timeout{10'000};  // 0 = none
  milliseconds idle_timeout{60'000};  // 0 = none
  std::int32_t connections_max = 100;
  std::int32_t wait_queue_max = -1;         // negative = unbounded
  milliseconds connection_lifetime_max{0};  // 0 = none
  bool pipelining = false;
  bool use_compression = true;
  bool propagate_client_accept_encoding = false;  // effective only without use_compression
  bool propagate_client_host = false;
  bool follow_redirects = false;
  bool clear_text_upgrade = true;
  std::int32_t http2_multiplexing_limit = -1;
  std::int32_t http2_connection_window_bytes = -1;
  std::int32_t http2_stream_window_bytes = -1;
  std::int32_t http2_frame_bytes_max = 16'384;
  // Of the backend's answer; v2 only.
  std::optional<std::int32_t> header_bytes_max;
  std::optional<std::int32_t> chunk_bytes_max;
};

enum class StoreType : std::uint8_t { none, pem, pkcs12, jks };

// A trust store or a key store. Which members have a meaning depends on type and use.
struct Store {
  StoreType type = StoreType::none;
  std::string path;
  std::string content;  // PEM text, else base64
  std::string password;
  std::string alias;
  std::string key_password;
  std::string key_path;  // PEM key stores
  std::string key_content;
  std::string cert_path;
  std::string cert_content;
  std::string pointer;
};

struct SslOptions {
  bool trust_all = false;
  bool hostname_verifier = true;
  Store trust_store;  // none = the platform's authorities
  Store key_store;    // none = no client certificate
};

enum class ProxyType : std::uint8_t { http, socks4, socks5 };

struct ProxyOptions {
  bool enabled = false;
  bool use_system_proxy = false;
  ProxyType type = ProxyType::http;
  std::string host;
  std::uint16_t port = 0;
  std::string username;
  std::string password;
};

struct Header {
  std::string name;
  std::string value;
};

// The effective options of an endpoint: the group's or its own, never a mixture.
struct EndpointOptions {
  HttpOptions http;
  SslOptions ssl;
  ProxyOptions proxy;
  std::vector<Header> headers;
  std::string pointer;  // of the object they were read from; of the endpoint when there is none
};

// A service of an API, a group or an endpoint, as it stands in the document.
struct Service {
  std::string type;
  bool enabled = true;
  bool override_configuration = false;
  Configuration configuration;
  std::string pointer;
};

// What `http-health-check` is told; already chosen between the endpoint's and the group's.
struct HealthCheck {
  std::string schedule;  // cron with seconds
  std::string target;
  std::string method;
  std::vector<Header> headers;
  std::string body;
  bool override_endpoint_path = false;
  std::string assertion;
  std::int32_t success_threshold = 2;
  std::int32_t failure_threshold = 3;
  std::string pointer;
};

struct Endpoint {
  std::string name;
  std::string type;         // v4: "http-proxy"; v2: "http" or "grpc"
  std::int32_t weight = 1;  // at least 1
  bool secondary = false;
  std::vector<std::string> tenants;  // empty = every tenant
  std::string target;                // may hold expressions
  EndpointOptions options;
  std::optional<HealthCheck> health_check;
  std::string pointer;
};

enum class LoadBalancer : std::uint8_t {
  round_robin,
  random,
  weighted_round_robin,
  weighted_random
};

struct EndpointGroup {
  std::string name;
  std::string type;
  LoadBalancer load_balancer = LoadBalancer::round_robin;
  std::vector<Endpoint> endpoints;
  std::optional<Service> health_check;
  std::string pointer;
};

// Flows.

enum class PathOperator : std::uint8_t { starts_with, equals };

// `other` stands for every method without a name of its own here.
enum class Method : std::uint8_t {
  connect,
  delete_,
  get,
  head,
  options,
  patch,
  post,
  put,
  trace,
  other
};
inline constexpr std::size_t kMethodCount = 10;
using MethodSet = std::bitset<kMethodCount>;

struct HttpSelector {
  std::string path = "/";
  PathOperator path_operator = PathOperator::starts_with;
  std::optional<MethodSet> methods;  // nullopt = every method
  std::string pointer;
};

struct Step {
  std::string name;
  std::string description;
  bool enabled = true;
  std::string policy;
  Configuration configuration;
  std::string condition;  // empty = always
  std::string pointer;
};

struct Flow {
  std::string id;
  std::string name;
  bool enabled = true;
  std::optional<HttpSelector> http;  // nullopt = every request
  std::string condition;             // of the condition selector; empty = always
  std::string condition_pointer;
  std::vector<Step> request;
  std::vector<Step> response;
  std::vector<std::string> tags;
  // Of a platform flow: only for APIs with one of these sharding tags. nullopt = every API.
  std::optional<std::vector<std::string>> consumer_tags;
  std::string pointer;
};

enum class FlowMode : std::uint8_t { default_, best_match };

struct FlowExecution {
  FlowMode mode = FlowMode::default_;
  bool match_required = false;
  std::string pointer;
};

// Plans.

enum class PlanMode : std::uint8_t { standard, push };
enum class PlanStatus : std::uint8_t { unknown, staging, published, deprecated, closed };

struct ApiPlan {
  std::string id;
  std::string name;
  PlanMode mode = PlanMode::standard;
  PlanStatus status = PlanStatus::unknown;
  std::string security;  // policy id: "key-less", "api-key", ...; empty for push plans
  Configuration security_configuration;
  std::string selection_rule;  // an expression with its braces; empty = none
  std::vector<std::string> tags;
  std::vector<Flow> flows;
  std::string pointer;
  std::string security_pointer;  // of its type
  std::string selection_rule_pointer;
};

// The rest of an API.

struct Logging {
  bool entrypoint = false;
  bool endpoint = false;
  bool request = false;
  bool response = false;
  bool headers = false;
  bool payload = false;
  std::string condition;  // empty = always
  std::string pointer;
};

struct Analytics {
  bool enabled = true;
  Logging logging;
  bool tracing_enabled = false;
  bool tracing_verbose = false;
  std::string pointer;
};

struct Failover {
  bool enabled = false;
  std::int32_t retries_max = 2;            // beyond the first attempt
  milliseconds slow_call_duration{2'000};  // of one attempt
  bool circuit_breaker = true;             // false in v2: the members below have no meaning
  milliseconds open_state_duration{10'000};
  std::int32_t failures_max = 5;
  bool per_subscription = true;
  std::string failure_condition;
  bool force_next_endpoint_on_failure = false;
  std::string pointer;
};

struct Property {
  std::string key;
  std::string value;
  bool encrypted = false;
  bool dynamic = false;
  std::string pointer;
};

struct Resource {
  std::string name;
  std::string type;
  bool enabled = true;
  Configuration configuration;
  std::string pointer;
};

struct ResponseTemplate {
  std::string error_key;   // or "DEFAULT"
  std::string media_type;  // as written in Accept, or "*/*"
  int status = 0;
  std::vector<Header> headers;
  std::optional<std::string> body;  // may hold expressions
  bool propagate_error_key_to_logs = false;
  std::string pointer;
};

enum class DefinitionVersion : std::uint8_t { v2, v4 };
// Which engine of the reference an API runs on: api-definition.md 2.6.
enum class Engine : std::uint8_t { v4, v4_emulation, v3 };
enum class ApiType : std::uint8_t {
  proxy,
  message,
  native,
  llm_proxy,
  mcp_proxy,
  a2a_proxy,
  edge,
  authz
};

struct Api {
  std::string id;
  std::string name;
  std::string version;  // the user's label, {#api.version}
  DefinitionVersion definition_version = DefinitionVersion::v4;
  Engine engine = Engine::v4;
  ApiType type = ApiType::proxy;
  std::vector<std::string> tags;
  std::vector<HttpListener> listeners;
  std::vector<EndpointGroup> endpoint_groups;  // the first one is the default group
  std::optional<Analytics> analytics;          // nullopt: no logging, no tracing, metrics only
  std::optional<Failover> failover;
  std::vector<ApiPlan> plans;  // all of the document, also those that are not deployed
  FlowExecution flow_execution;
  std::vector<Flow> flows;
  std::vector<Property> properties;
  std::vector<Resource> resources;
  std::vector<ResponseTemplate> response_templates;
  std::optional<Service> dynamic_property;  // run by the control plane only
  std::string pointer;                      // "" unless the definition is part of a larger document

  std::vector<std::shared_ptr<const JsonDocument>> documents;
};

}  // namespace perigee::definition
