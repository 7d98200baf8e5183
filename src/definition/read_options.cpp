// What endpoints are told about their connections: api-definition.md 1.3 and 2.3.
#include <array>

#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

// -1 (or any negative number) leaves it to the protocol or unbounded.
constexpr Range kCountOrNone{.low = -1};

// What v4 and v2 have in common.
HttpOptions read_common_http(Object& from) {
  HttpOptions http;
  http.version = from.choice("version", kHttpVersionNames, http.version);
  http.keep_alive = from.boolean("keepAlive", http.keep_alive);
  http.keep_alive_timeout = from.duration("keepAliveTimeout", http.keep_alive_timeout);
  http.connect_timeout = from.duration("connectTimeout", http.connect_timeout);
  http.read_timeout = from.duration("readTimeout", http.read_timeout);
  http.idle_timeout = from.duration("idleTimeout", http.idle_timeout);
  http.connections_max = from.integer("maxConcurrentConnections", http.connections_max, {.low = 1});
  http.wait_queue_max = from.integer("maxWaitQueueSize", http.wait_queue_max, kCountOrNone);
  http.connection_lifetime_max =
      from.duration("maxConnectionLifetime", http.connection_lifetime_max);
  http.pipelining = from.boolean("pipelining", http.pipelining);
  http.use_compression = from.boolean("useCompression", http.use_compression);
  http.propagate_client_accept_encoding =
      from.boolean("propagateClientAcceptEncoding", http.propagate_client_accept_encoding);
  http.follow_redirects = from.boolean("followRedirects", http.follow_redirects);
  http.clear_text_upgrade = from.boolean("clearTextUpgrade", http.clear_text_upgrade);
  return http;
}

HttpOptions read_http(Object from) {
  HttpOptions http = read_common_http(from);
  http.propagate_client_host = from.boolean("propagateClientHost", http.propagate_client_host);
  http.http2_multiplexing_limit =
      from.integer("http2MultiplexingLimit", http.http2_multiplexing_limit, kCountOrNone);
  http.http2_connection_window_bytes =
      from.integer("http2ConnectionWindowSize", http.http2_connection_window_bytes, kCountOrNone);
  http.http2_stream_window_bytes =
      from.integer("http2StreamWindowSize", http.http2_stream_window_bytes, kCountOrNone);
  http.http2_frame_bytes_max = from.integer("http2MaxFrameSize", http.http2_frame_bytes_max,
                                            {.low = 16'384, .high = 16'777'215});
  from.finish();
  return http;
}

// compat: propagateClientHost is none of its members, the Host is always the backend's.
HttpOptions read_v2_http(Object from) {
  HttpOptions http = read_common_http(from);
  http.header_bytes_max = from.integer("maxHeaderSize", 8'192, {.low = 1});
  http.chunk_bytes_max = from.integer("maxChunkSize", 8'192, {.low = 1});
  from.finish();
  return http;
}

enum class StoreUse { trust, key, key_or_none };

// A store whose type names it but whose content is missing breaks the endpoint: upstream fails to
// build its client, too. An unknown type must not silently become "trust everyone the platform
// does".
void check_store(Object& from, Store& store, StoreUse use) {
  bool one = !store.path.empty() || !store.content.empty();
  bool key = !store.key_path.empty() || !store.key_content.empty();
  bool cert = !store.cert_path.empty() || !store.cert_content.empty();
  if (use == StoreUse::key_or_none && !one && !key && !cert) {
    from.warning("", "the key store is empty: no client certificate is sent");
    store.type = StoreType::none;
  } else if (store.type == StoreType::pem && use != StoreUse::trust) {
    if (!key) from.error("keyPath", "a PEM key store needs 'keyPath' or 'keyContent'");
    if (!cert) from.error("certPath", "a PEM key store needs 'certPath' or 'certContent'");
  } else if (!one) {
    from.error("path", "a store of type '" + std::string(to_string(store.type)) +
                           "' needs 'path' or 'content'");
  }
}

Store read_store(Object from, StoreUse use) {
  Store store;
  if (!from.present()) return store;
  store.pointer = from.pointer();
  std::string type = from.text("type");
  std::size_t index = type.empty() ? 0 : index_of(type, kStoreTypeNames);
  if (index == kNoName) {
    from.error("type", "unknown store type '" + type + "'" + did_you_mean(type, kStoreTypeNames) +
                           "; valid: " + listed(kStoreTypeNames));
  } else {
    store.type = static_cast<StoreType>(index);
  }
  store.path = from.text("path");
  store.content = from.text("content");
  store.password = from.text("password");
  store.alias = from.text("alias");
  store.key_password = from.text("keyPassword");
  store.key_path = from.text("keyPath");
  store.key_content = from.text("keyContent");
  store.cert_path = from.text("certPath");
  store.cert_content = from.text("certContent");
  if (store.type != StoreType::none) check_store(from, store, use);
  from.finish();
  return store;
}

SslOptions read_ssl(Object from, SslOptions ssl = {}, StoreUse key_use = StoreUse::key) {
  ssl.trust_all = from.boolean("trustAll", ssl.trust_all);
  ssl.hostname_verifier = from.boolean("hostnameVerifier", ssl.hostname_verifier);
  ssl.trust_store = read_store(from.object("trustStore"), StoreUse::trust);
  ssl.key_store = read_store(from.object("keyStore"), key_use);
  from.finish();
  return ssl;
}

// compat: a block switches the check of the host name off, unless it says otherwise; without a
// block it is on. A legacy `pem` is a trust store, and goes before the one that says so.
SslOptions read_v2_ssl(Object from) {
  if (!from.present()) return {};
  std::string pem = from.text("pem");
  SslOptions ssl = read_ssl(from, {.hostname_verifier = false}, StoreUse::key_or_none);
  if (pem.empty() || pem == "null") return ssl;
  ssl.trust_store = {.type = StoreType::pem, .content = pem, .pointer = from.pointer("pem")};
  return ssl;
}

ProxyOptions read_proxy(Object from) {
  ProxyOptions proxy;
  proxy.enabled = from.boolean("enabled", false);
  proxy.use_system_proxy = from.boolean("useSystemProxy", false);
  proxy.type = from.choice("type", kProxyTypeNames, ProxyType::http);
  proxy.host = from.text("host");
  proxy.port = static_cast<std::uint16_t>(from.integer("port", 0, {.low = 0, .high = 65'535}));
  proxy.username = from.text("username");
  proxy.password = from.text("password");
  if (proxy.enabled && !proxy.use_system_proxy) {
    if (proxy.host.empty()) from.error("host", "an enabled proxy needs a host");
    if (proxy.port == 0) from.error("port", "an enabled proxy needs a port from 1 to 65535");
  }
  from.finish();
  return proxy;
}

// compat: `principal` is the user's older name.
ProxyOptions read_v2_proxy_options(Object from) {
  std::string principal = from.text("principal");
  ProxyOptions proxy = read_proxy(from);
  if (proxy.username.empty()) proxy.username = std::move(principal);
  return proxy;
}

}  // namespace

std::vector<Header> read_headers(Object& from, std::string_view member) {
  std::vector<Header> headers;
  for (const JsonNode& node : from.items(member, from.reading().limits.list_items_max)) {
    Object item = from.open(Json(node));
    headers.push_back({item.required_text("name"), item.text("value")});
    item.finish();
  }
  return headers;
}

std::vector<Header> read_header_members(Object from) {
  std::vector<Header> headers;
  std::size_t limit = from.reading().limits.list_items_max;
  if (from.json().members().size() > limit) {
    from.error("", "more than " + std::to_string(limit) + " headers, which is the limit");
    return headers;
  }
  for (const JsonMember& member : from.json().members()) {
    headers.push_back({std::string(member.name), from.text_at(Json(member.value))});
  }
  return headers;
}

std::vector<Header> read_v2_headers(Object& from) {
  Json json = from.value("headers");
  return json.is_object() ? read_header_members(from.open(json)) : read_headers(from, "headers");
}

EndpointOptions read_v2_endpoint_options(Object& holder) {
  EndpointOptions options;
  options.pointer = holder.pointer();
  options.http = read_v2_http(holder.object("http"));
  options.ssl = read_v2_ssl(holder.object("ssl"));
  options.proxy = read_v2_proxy_options(holder.object("proxy"));
  options.headers = read_v2_headers(holder);
  std::string host = holder.text("hostHeader");
  if (!is_blank(host)) options.headers.push_back({"Host", std::move(host)});
  return options;
}

EndpointOptions read_endpoint_options(Object from) {
  EndpointOptions options;
  options.pointer = from.pointer();
  options.http = read_http(from.object("http"));
  options.ssl = read_ssl(from.object("ssl"));
  options.proxy = read_proxy(from.object("proxy"));
  options.headers = read_headers(from, "headers");
  from.finish();
  return options;
}

}  // namespace perigee::definition
