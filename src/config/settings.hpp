// The gateway's settings, typed: what runtime.md section 2 says, with its defaults.
//
// Filled once by load.hpp and then only read. A default here is the one in keys_table.cpp; a test
// holds the two together.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"

namespace perigee::config {

using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace std::chrono_literals;

enum class ClientAuth : std::uint8_t { none, request, required };
enum class StoreType : std::uint8_t { jks, pem, pkcs12, self_signed, pem_folder };

struct CertificateFiles {
  std::string certificate;  // may hold a chain
  std::string key;
  bool operator==(const CertificateFiles&) const = default;
};

struct Keystore {
  StoreType type = StoreType::jks;
  std::vector<std::string> paths;  // jks, pkcs12
  std::optional<std::string> password;
  std::vector<CertificateFiles> certificates;  // pem
  std::vector<std::string> kubernetes;         // "/<ns>/secrets/<name>"
  std::string default_alias;
  std::optional<std::string> key_password;  // of PEM keys; a client's only
  bool watch = true;
  bool operator==(const Keystore&) const = default;
};

struct Truststore {
  StoreType type = StoreType::jks;
  std::string path;  // empty: no trust store
  std::optional<std::string> password;
  bool watch = true;
  bool operator==(const Truststore&) const = default;
};

// One redis-server or sentinel.
struct RedisNode {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const RedisNode&) const = default;
};

// Where counts are shared; for data nodes and sentinels alike where not said otherwise.
struct Redis {
  RedisNode node{"localhost", 6379};  // without sentinels
  std::string username;
  std::string password;
  std::vector<RedisNode> sentinels;
  std::string sentinel_master;
  std::string sentinel_username;
  std::string sentinel_password;
  bool secured = false;
  bool trust_all = true;
  bool verify_host = false;
  std::vector<std::string> protocols;  // "TLSv1.2"; empty: the library's
  std::vector<std::string> ciphers;    // IANA names; empty: the library's
  std::optional<Keystore> keystore;    // the client's certificate
  Truststore truststore;               // without a path: the system's
  milliseconds operation_timeout = 10ms;
  milliseconds connect_timeout = 500ms;
  bool operator==(const Redis&) const = default;
};

struct ServerTls {
  ClientAuth client_auth = ClientAuth::none;
  std::string client_auth_header;      // holds the client's certificate as URL-encoded PEM
  std::vector<std::string> protocols;  // "TLSv1.2"; empty: the library's
  std::vector<std::string> ciphers;    // IANA names; empty: the library's
  bool sni = false;
  Keystore keystore;
  Truststore truststore;
  std::string crl_path;
  bool crl_watch = true;
  bool operator==(const ServerTls&) const = default;
};

struct WebSocket {
  bool enabled = false;
  std::vector<std::string> sub_protocols;
  bool per_message_compression = true;
  bool per_frame_compression = true;
  std::size_t frame_bytes_max = 65536;
  std::size_t message_bytes_max = 262144;
  bool operator==(const WebSocket&) const = default;
};

struct HttpServer {
  std::string key = "http";  // what its keys stand below: or servers[i]
  std::string id = "http";
  std::string host = "0.0.0.0";
  std::uint16_t port = 8082;
  int instances = 0;        // below 1: one per usable CPU
  seconds idle_timeout{0};  // 0: never
  bool tcp_keep_alive = true;
  bool compresses = false;
  std::size_t header_bytes_max = 8192;
  std::size_t chunk_bytes_max = 8192;
  std::size_t initial_line_bytes_max = 4096;
  bool handles_100_continue = false;  // true: we answer 100; false: the API's backend does
  bool alpn = false;
  bool secured = false;
  ServerTls tls;
  WebSocket websocket;
  bool proxy_protocol = false;
  milliseconds proxy_protocol_timeout = 10s;
  bool operator==(const HttpServer&) const = default;
};

// The technical API under /_node.
struct NodeApi {
  bool enabled = true;
  std::string host = "localhost";
  std::uint16_t port = 18082;
  seconds idle_timeout{0};
  bool basic_authentication = true;
  std::map<std::string, std::string> users;  // name to password
  bool secured = false;
  bool alpn = false;
  ClientAuth client_auth = ClientAuth::request;
  Keystore keystore;
  Truststore truststore;
  bool heapdump = false;
  bool threaddump = false;
  std::vector<std::string> anonymous_paths;  // answered without credentials
  bool operator==(const NodeApi&) const = default;
};

struct Metrics {
  bool enabled = false;
  bool prometheus = true;
  int scrapes_max = 3;         // at once
  std::string naming_version;  // "3.10": the older names
  std::vector<std::string> labels = {"local", "http_method", "http_code"};
  std::map<std::string, std::vector<std::string>> include;  // category to more labels
  std::map<std::string, std::vector<std::string>> exclude;
  std::size_t series_max = 10000;
  bool raw_path = false;
  bool operator==(const Metrics&) const = default;
};

struct Sync {
  bool enabled = true;
  milliseconds delay = 5s;  // after a round ends
  bool local_enabled = false;
  std::string local_path;  // load() gives <home>/apis
  bool local_open_plan = false;
  bool repository_enabled = true;
  int bulk_items = 100;
  int retry = 3;
  int fetchers = -1;  // below 1: ours to choose
  int deployers = -1;
  bool kubernetes_enabled = false;
  std::vector<std::string> kubernetes_namespaces;  // empty: our own
  bool operator==(const Sync&) const = default;
};

// What this gateway is among others.
struct Identity {
  std::vector<std::string> tags;  // sharding tags; "!tag" excludes
  std::string tenant;
  std::string zone;
  std::vector<std::string> organizations;  // hrids; empty: all
  std::vector<std::string> environments;
  std::map<std::string, std::string> metadata;
  bool operator==(const Identity&) const = default;
};

struct Health {
  bool enabled = true;
  milliseconds delay = 5s;
  double cpu_percent_max = 80;
  double memory_percent_max = 80;
  double gc_pressure_percent_max = 15;
  bool operator==(const Health&) const = default;
};

struct EndpointChecks {
  milliseconds jitter = 1s;  // checks of one API are up to so much later than their schedule
  bool operator==(const EndpointChecks&) const = default;
};

struct Monitoring {
  bool enabled = true;
  milliseconds delay = 5s;
  bool operator==(const Monitoring&) const = default;
};

enum class IdFormat : std::uint8_t { uuid, hex };
// What happens to a header that the backend's response holds already.
enum class OverrideMode : std::uint8_t { override_it, merge, keep };

struct IdHeader {
  std::string name;
  OverrideMode mode = OverrideMode::override_it;
  bool operator==(const IdHeader&) const = default;
};

struct Requests {
  std::optional<milliseconds> timeout = 30s;  // whole request; absent: none
  milliseconds timeout_grace = 30ms;
  std::string not_found_message = "No context-path matches the request URI.";
  std::string not_found_content_type = "text/plain";
  IdFormat id_format = IdFormat::uuid;
  IdHeader transaction{"X-Gravitee-Transaction-Id"};
  IdHeader request{"X-Gravitee-Request-Id"};
  bool trace_context = false;
  bool x_forwarded_prefix = false;
  bool x_forwarded_for = true;  // its first entry is the client's address
  std::string client_header = "X-Gravitee-Client-Identifier";
  std::string api_key_header = "X-Gravitee-Api-Key";  // empty: not looked for
  std::string api_key_parameter = "api-key";
  bool not_found_analytics = false;
  bool operator==(const Requests&) const = default;
};

struct Api {
  milliseconds pending_requests_timeout = 10s;
  bool allow_overlapping_context = false;
  // Of encrypted properties; the default is the control plane's own.
  std::string properties_secret = "vvLJ4Q8Khvv9tm2tIPdkGEdmgKUruAL6";
  bool validate_subscription = true;
  bool verbose_401 = false;
  bool operator==(const Api&) const = default;
};

struct Shutdown {
  milliseconds delay{0};
  milliseconds drain_timeout = 30s;          // default: the request time-out
  std::optional<milliseconds> grace_period;  // of the pod; absent: unknown
  bool listen_after_sync = false;            // concerns the start: ports open after the first round
  bool operator==(const Shutdown&) const = default;
};

// Everything that grows has its limit here: perigee.limits.*
struct Limits {
  std::size_t connections_max = 65536;
  std::size_t handshakes_max = 1024;              // of TLS, or a PROXY header awaited
  std::size_t headers_max = 100;                  // fields of one request
  std::uint64_t requests_per_connection_max = 0;  // 0: no limit
  milliseconds head_timeout = 10s;                // for a complete request head to arrive
  milliseconds body_idle_timeout = 60s;           // without a byte from the client
  milliseconds write_idle_timeout = 60s;          // without a byte taken by the peer
  std::size_t buffered_body_bytes_max = 10 << 20;
  std::size_t upstream_head_bytes_max = 65536;
  std::size_t upstream_headers_max = 200;
  std::size_t dynamic_endpoints_max = 100;  // targets that policies named, on each worker
  std::size_t dns_cache_entries_max = 10000;
  std::size_t log_lines_max = 8192;
  std::size_t arena_bytes_max = 1 << 20;      // of one exchange
  std::size_t breakers_per_api_max = 1000;    // on each worker
  std::size_t callout_destinations_max = 64;  // on each worker, as the next two
  std::size_t callout_connections_max = 64;   // to one destination
  std::size_t callouts_waiting_max = 256;     // for one of these
  std::size_t shadow_copies_max = 100;        // of one step on one worker, under way
  std::size_t shadow_bytes_max = 16 << 20;
  std::size_t template_steps_max = 2'000'000;  // of one rendering
  std::size_t template_loop_turns_max = 200'000;
  std::size_t template_bytes_max = 32 << 20;
  std::size_t jolt_steps_max = 5'000'000;  // of one transformation
  std::size_t jolt_bytes_max = 64 << 20;
  std::size_t xml_nodes_max = 65'536;  // of one document
  std::size_t xml_bytes_max = 16 << 20;
  std::size_t url_replacements_max = 10'000;  // in one answer
  std::size_t client_addresses_max = 256;     // of one request, for ip-filtering
  std::size_t listed_addresses_max = 1'000;   // that its expressions give
  bool operator==(const Limits&) const = default;
};

struct Log {
  log::Format format = log::Format::pattern;
  std::map<std::string, log::Level, std::less<>> levels = {{"ROOT", log::Level::warn},
                                                           {"io.gravitee", log::Level::info}};
  std::string pattern;  // of logback; empty: the default one
  bool console = true;
  bool file = false;  // <home>/logs/gravitee_YYYY-MM-DD.log
  bool operator==(const Log&) const = default;
};

enum class RateLimitStore : std::uint8_t { none, local, redis, mongodb, jdbc, hazelcast };

struct RateLimits {
  RateLimitStore store = RateLimitStore::none;
  bool async_enabled = true;  // false: policies that say async count strictly
  milliseconds flush_interval = 5s;
  std::size_t keys_max = 1'000'000;  // counted at once
  bool separate_counters = false;    // each step has its own
  bool retry_after = false;
  bool ietf_headers = false;
  // While the store is away.
  bool decides_alone = true;
  milliseconds outage_max = 60s;
  std::uint32_t nodes = 0;  // that share the store; 0: as many as it tells
  double overcommit = 1.0;
  bool operator==(const RateLimits&) const = default;
};

// What the operator would have expressions call or not call (expression-language.md section 6).
struct ElWhitelist {
  bool replaces = false;
  std::vector<std::string> entries;  // "method java.lang.String length"
  bool operator==(const ElWhitelist&) const = default;
};

enum class ProxyType : std::uint8_t { http, socks4, socks5 };

// What definitions and others call the system proxy.
struct SystemProxy {
  bool enabled = true;
  ProxyType type = ProxyType::http;
  std::string host;
  std::uint16_t port = 0;
  std::string username;
  std::string password;
  bool is_there() const { return enabled && (!host.empty() || port > 0); }
  bool operator==(const SystemProxy&) const = default;
};

struct Compat {
  bool bare_environment = false;
  bool configuration_secrets = false;  // /_node/configuration prints secrets in clear
  bool refined_error_keys = false;     // those of the 4.12 line
  bool operator==(const Compat&) const = default;
};

struct Settings {
  std::string home;
  std::vector<HttpServer> servers;  // never empty after a load without a fatal problem
  NodeApi node_api;
  Metrics metrics;
  Sync sync;
  Identity identity;
  Health health;
  EndpointChecks endpoint_checks;
  Monitoring monitoring;
  Requests requests;
  SystemProxy system_proxy;
  Redis redis;
  Api api;
  Shutdown shutdown;
  RateLimits rate_limits;
  Limits limits;
  Log log;
  ElWhitelist el_whitelist;
  Compat compat;
  bool operator==(const Settings&) const = default;
};

}  // namespace perigee::config
