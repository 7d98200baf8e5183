// The traffic servers: `servers[i].*`, or the one under `http.*` (runtime.md 2.1).
#include "config/read_store.hpp"
#include "config/reader.hpp"
#include "config/settings.hpp"

namespace perigee::config {
namespace {

void read_tls(const Reader& reader, ServerTls& tls) {
  reader.read_choice<ClientAuth>("ssl.clientAuth", tls.client_auth,
                                 {{"none", ClientAuth::none},
                                  {"false", ClientAuth::none},
                                  {"request", ClientAuth::request},
                                  {"required", ClientAuth::required},
                                  {"true", ClientAuth::required}});
  reader.read("ssl.clientAuthHeader.name", tls.client_auth_header);
  reader.read("ssl.tlsProtocols", tls.protocols);
  reader.read("ssl.tlsCiphers", tls.ciphers);
  reader.read("ssl.sni", tls.sni);
  read_keystore(reader, "ssl.keystore.", tls.keystore);
  read_truststore(reader, "ssl.truststore.", tls.truststore);
  reader.read("ssl.crl.path", tls.crl_path);
  reader.read("ssl.crl.watch", tls.crl_watch);
}

void read_websocket(const Reader& reader, WebSocket& websocket) {
  reader.read("websocket.enabled", websocket.enabled);
  reader.read("websocket.subProtocols", websocket.sub_protocols);
  reader.read("websocket.perMessageWebSocketCompressionSupported",
              websocket.per_message_compression);
  reader.read("websocket.perFrameWebSocketCompressionSupported", websocket.per_frame_compression);
  reader.read("websocket.maxWebSocketFrameSize", websocket.frame_bytes_max);
  reader.read("websocket.maxWebSocketMessageSize", websocket.message_bytes_max);
}

HttpServer read_server(const Reader& reader, std::string id) {
  HttpServer server;
  server.key = id;
  server.id = std::move(id);
  reader.read("id", server.id);
  reader.read("host", server.host);
  reader.read("port", server.port);
  reader.read("instances", server.instances);
  reader.read_count("idleTimeout", server.idle_timeout);
  reader.read("tcpKeepAlive", server.tcp_keep_alive);
  reader.read("compressionSupported", server.compresses);
  reader.read("maxHeaderSize", server.header_bytes_max);
  reader.read("maxChunkSize", server.chunk_bytes_max);
  reader.read("maxInitialLineLength", server.initial_line_bytes_max);
  reader.read("handle100Continue", server.handles_100_continue);
  reader.read("alpn", server.alpn);
  reader.read("secured", server.secured);
  read_tls(reader, server.tls);
  read_websocket(reader, server.websocket);
  reader.read("haproxy.proxyProtocol", server.proxy_protocol);
  reader.read_count("haproxy.proxyProtocolTimeout", server.proxy_protocol_timeout);
  return server;
}

// A TLS server needs something to show; without it the port would open and refuse everybody.
void check_certificates(const Reader& reader, const HttpServer& server, Diagnostics& diagnostics) {
  const Keystore& store = server.tls.keystore;
  if (!server.secured || store.type == StoreType::self_signed) return;
  // A secret reference that is not resolved yet has been reported as an error already.
  if (reader.tree().values().contains(reader.key("ssl.keystore.secret"))) return;
  const bool missing =
      store.type == StoreType::pem ? store.certificates.empty() : store.paths.empty();
  if (!missing || !store.kubernetes.empty()) return;
  const std::string wanted = store.type == StoreType::pem
                                 ? "ssl.keystore.certificates[0].cert and .key"
                                 : "ssl.keystore.path";
  diagnostics.push_back(
      {Severity::error, reader.key("secured"), reader.find("secured")->origin,
       "a TLS server needs " + reader.key(wanted) + " (or ssl.keystore.type: self-signed)", true});
}

void check_tcp(const Reader& reader, Diagnostics& diagnostics) {
  bool secured = false;
  bool sni = false;
  reader.read("secured", secured);
  reader.read("ssl.sni", sni);
  const std::string& origin = reader.find("type")->origin;
  if (secured && sni) {
    diagnostics.push_back({Severity::warning, reader.key("type"), origin,
                           "TCP servers are not served by this version; the other servers are"});
  } else {
    diagnostics.push_back({Severity::error, reader.key("type"), origin,
                           "a tcp server needs " + reader.key("secured") + " and " +
                               reader.key("ssl.sni") +
                               " to be true: the API is found by server name",
                           true});
  }
}

// With a list of servers only the request time-outs and error texts are still read from `http.`.
void tell_ignored(const Tree& tree, Diagnostics& diagnostics) {
  for (const auto& [name, value] : tree.below("http")) {
    if (value->spec == nullptr || !value->spec->pattern.starts_with("(http|")) continue;
    diagnostics.push_back(
        {Severity::info, "http." + name, value->origin,
         "ignored, because servers[0].type makes servers[i] the list of servers"});
  }
}

const Value* any_below(const Tree& tree, const std::string& prefix) {
  const auto at = tree.values().lower_bound(prefix);
  return at != tree.values().end() && at->first.starts_with(prefix) ? &at->second : nullptr;
}

void read_one_of_list(const Reader& reader, const std::string& name, const Value& first,
                      Settings& settings, Diagnostics& diagnostics) {
  const Value* type = reader.find("type");
  if (type == nullptr) {
    if (reader.tree().values().contains(reader.key("type"))) return;  // wrong, and reported
    diagnostics.push_back(
        {Severity::error, reader.key("type"), first.origin, "missing; expected http or tcp", true});
  } else if (equals_ignoring_case(trimmed(type->text), "tcp")) {
    check_tcp(reader, diagnostics);
  } else {
    settings.servers.push_back(read_server(reader, name));
    check_certificates(reader, settings.servers.back(), diagnostics);
  }
}

}  // namespace

void read_servers(const Tree& tree, Settings& settings, Diagnostics& diagnostics) {
  settings.servers.clear();
  if (!any_below(tree, "servers[")) {
    const Reader reader(tree, "http.");
    settings.servers.push_back(read_server(reader, "http"));
    return check_certificates(reader, settings.servers.back(), diagnostics);
  }
  for (std::size_t i = 0;; ++i) {
    const std::string name = "servers[" + std::to_string(i) + "]";
    const Value* first = any_below(tree, name + ".");
    if (first == nullptr) break;
    read_one_of_list(Reader(tree, name + "."), name, *first, settings, diagnostics);
  }
  tell_ignored(tree, diagnostics);
  if (settings.servers.empty() && !any_fatal(diagnostics)) {
    diagnostics.push_back({Severity::error, "servers", any_below(tree, "servers[")->origin,
                           "none of them is of type http, so that nothing would listen; add one",
                           true});
  }
}

}  // namespace perigee::config
