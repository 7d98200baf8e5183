// What an endpoint is made with: its target, time-outs, TLS and proxy (api-definition.md 1.3).
#include <algorithm>

#include "base/base64.hpp"
#include "http/url.hpp"
#include "net/tls_store.hpp"
#include "plan/evaluator.hpp"

namespace perigee::plan {
namespace {

using definition::StoreType;

Result<std::string> content_or_file(const std::string& path, const std::string& content,
                                    Evaluator& evaluator) {
  if (path.empty()) return evaluator.secret(content, "content");
  TRY(std::string file, evaluator.text(path, "path"));
  return evaluator.file(file);
}

// As in Java, a store of type jks may hold PKCS#12. Contents are base64, in lines perhaps.
Result<std::string> store_bytes(const definition::Store& store, Evaluator& evaluator) {
  TRY(std::string bytes, content_or_file(store.path, store.content, evaluator));
  if (!store.path.empty()) return bytes;
  std::erase_if(bytes, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  bytes = decode_base64(bytes);
  if (bytes.empty()) return fail(ErrorCode::invalid, "its content is no base64");
  return bytes;
}

Result<std::string> trusted(const definition::Store& store, Evaluator& evaluator) {
  if (store.type == StoreType::pem) return content_or_file(store.path, store.content, evaluator);
  TRY(std::string bytes, store_bytes(store, evaluator));
  TRY(std::string password, evaluator.secret(store.password, "password"));
  return net::pkcs12_certificates(bytes, password);
}

Result<net::PemPair> client_pair(const definition::Store& store, Evaluator& evaluator) {
  net::PemPair pair;
  if (store.type == StoreType::pem) {
    TRY(pair.certificate, content_or_file(store.cert_path, store.cert_content, evaluator));
    TRY(pair.key, content_or_file(store.key_path, store.key_content, evaluator));
    return pair;
  }
  TRY(std::string bytes, store_bytes(store, evaluator));
  TRY(std::string password, evaluator.secret(store.password, "password"));
  TRY(std::string key_password, evaluator.secret(store.key_password, "keyPassword"));
  if (!key_password.empty() && key_password != password)
    return fail(ErrorCode::invalid, "keyPassword is not password: PKCS#12 has one for all");
  TRY(net::StoredPair stored, net::pkcs12_pair(bytes, password));
  if (!store.alias.empty() && store.alias != stored.alias)
    return fail(ErrorCode::invalid, "its first key, the only one that is read, is '" +
                                        stored.alias + "' and not '" + store.alias + "'");
  return std::move(stored.pair);
}

// What the TLS of an endpoint is made of: the contents of its files, so that a new file is a
// change.
struct TlsParts {
  bool trust_all = false;
  bool verify_host = true;
  bool own_trust = false;
  std::string trust;
  net::PemPair client;

  std::string text() const {
    std::string all;
    for (bool flag : {trust_all, verify_host, own_trust}) all += flag ? '1' : '0';
    for (const std::string* part : {&trust, &client.certificate, &client.key})
      all.append(1, '\x1f').append(*part);
    return all;
  }
};

Result<TlsParts> tls_parts(const definition::SslOptions& ssl, Evaluator& evaluator) {
  TlsParts parts{.trust_all = ssl.trust_all,
                 .verify_host = ssl.hostname_verifier && !ssl.trust_all};
  parts.own_trust = !ssl.trust_all && ssl.trust_store.type != StoreType::none;
  if (parts.own_trust) {
    Result<std::string> trust = trusted(ssl.trust_store, evaluator);
    if (!trust) return std::unexpected(std::move(trust.error()).in("trustStore"));
    parts.trust = *std::move(trust);
  }
  if (ssl.key_store.type != StoreType::none) {
    Result<net::PemPair> client = client_pair(ssl.key_store, evaluator);
    if (!client) return std::unexpected(std::move(client.error()).in("keyStore"));
    parts.client = *std::move(client);
  }
  return parts;
}

// TlsClientContext shares what is equal.
Result<std::shared_ptr<const net::TlsClientContext>> make_tls(TlsParts parts,
                                                              net::TrustStores& stores) {
  net::TlsClientContext::Options options{.trust_all = parts.trust_all,
                                         .verify_host = parts.verify_host,
                                         .client = std::move(parts.client)};
  if (parts.own_trust) {
    TRY(options.trust, stores.pem(parts.trust));
  } else if (!parts.trust_all) {
    TRY(options.trust, stores.system());
  }
  return net::TlsClientContext::make(std::move(options));
}

// api-definition.md 1.3: keepAliveTimeout and idleTimeout are cut to whole seconds. But a part of a
// second is not none at all, which 0 says.
Duration whole_seconds(std::chrono::milliseconds time) {
  if (time > 0ms && time < 1s) return 1s;
  return std::chrono::duration_cast<std::chrono::seconds>(time);
}

std::string numbers_of(const upstream::EndpointOptions& options) {
  std::string text;
  for (Duration time : {options.connect_timeout, options.read_timeout, options.idle_timeout,
                        options.keep_alive_timeout, options.lifetime_max})
    text += std::to_string(time.count()) + ' ';
  for (std::size_t number :
       {std::size_t(options.keep_alive), options.connections_max, options.waiting_max})
    text += std::to_string(number) + ' ';
  return text;
}

Result<std::shared_ptr<const upstream::ForwardProxy>> proxy_of(
    Compilation& compilation, const definition::EndpointOptions& options, Evaluator& evaluator) {
  const definition::ProxyOptions& from = options.proxy;
  if (!from.enabled) return nullptr;
  if (from.use_system_proxy) {
    if (!compilation.context.system_proxy)
      compilation.problems.warning(options.pointer + "/proxy/useSystemProxy",
                                   "the proxy is left out: the configuration has no "
                                   "system.proxy.host and system.proxy.port");
    return compilation.context.system_proxy;
  }
  auto proxy = std::make_shared<upstream::ForwardProxy>();
  proxy->type = static_cast<upstream::ForwardProxy::Type>(from.type);
  proxy->port = from.port;
  TRY(proxy->host, evaluator.text(from.host, "host"));
  TRY(proxy->username, evaluator.text(from.username, "username"));
  TRY(proxy->password, evaluator.secret(from.password, "password"));
  TRY(upstream::check_proxy(*proxy));
  return proxy;
}

}  // namespace

Result<upstream::EndpointOptions> endpoint_options(Compilation& compilation,
                                                   const definition::Endpoint& endpoint,
                                                   const std::string& target,
                                                   Evaluator& evaluator) {
  const definition::HttpOptions& http = endpoint.options.http;
  upstream::EndpointOptions options;
  TRY(options.target, http::parse_url(target));
  if (options.target.scheme.starts_with("grpc") || endpoint.type == "grpc")
    return fail(ErrorCode::unsupported, "gRPC to the backend is not supported by this version");
  options.connect_timeout = http.connect_timeout;
  options.read_timeout = http.read_timeout;
  options.idle_timeout = whole_seconds(http.idle_timeout);
  options.keep_alive_timeout = whole_seconds(http.keep_alive_timeout);
  options.keep_alive = http.keep_alive;
  options.connections_max = static_cast<std::size_t>(std::max(1, http.connections_max));
  if (http.wait_queue_max >= 0) options.waiting_max = static_cast<std::size_t>(http.wait_queue_max);
  options.lifetime_max = http.connection_lifetime_max;
  options.fingerprint = numbers_of(options) + options.target.text();
  TRY(options.proxy, proxy_of(compilation, endpoint.options, evaluator));
  if (options.proxy) options.fingerprint += '\x1f' + options.proxy->fingerprint();
  if (options.target.secured() || compilation.reroutes || http.follow_redirects) {
    TRY(TlsParts parts, tls_parts(endpoint.options.ssl, evaluator));
    options.fingerprint += '\x1f' + parts.text();
    TRY(options.tls_elsewhere, make_tls(std::move(parts), compilation.context.trust_stores));
  }
  if (options.target.secured()) options.tls = options.tls_elsewhere;
  return options;
}

}  // namespace perigee::plan
