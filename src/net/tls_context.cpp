#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "base/ascii.hpp"
#include "net/tls_openssl.hpp"

namespace perigee::net {

namespace {

std::unexpected<Error> openssl_failed(std::string_view what) {
  return fail(ErrorCode::tls, fmt::format("{}: {}", what, openssl_reason()));
}

// What both sides have in common.
Result<OwnedContext> make_context(const SSL_METHOD* method) {
  ERR_clear_error();
  OwnedContext context(SSL_CTX_new(method));
  if (!context) return openssl_failed("no TLS context");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // NO_AUTO_CHAIN: what we send is what was configured, and nothing from a trust store.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  return context;
}

Result<std::string> alpn_on_the_wire(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& protocol : protocols) {
    if (protocol.empty() || protocol.size() > 255) {
      return fail(ErrorCode::invalid,
                  fmt::format("ALPN protocol \"{}\": expected 1 to 255 bytes", protocol));
    }
    wire += static_cast<char>(protocol.size());
    wire += protocol;
  }
  return wire;
}

// Protocol versions and ciphers
// ---------------------------------------------------------------------

struct Versions {
  bool tls12 = true, tls13 = true;
};

Result<Versions> choose_versions(const std::vector<std::string>& names,
                                 std::vector<std::string>& warnings) {
  if (names.empty()) return Versions{};
  Versions chosen{false, false};
  for (const std::string& name : names) {
    const std::string lower = ascii_lower(name);
    if (lower == "tlsv1.2") {
      chosen.tls12 = true;
    } else if (lower == "tlsv1.3") {
      chosen.tls13 = true;
    } else {
      warnings.push_back(
          fmt::format("TLS protocol \"{}\" is left out; expected TLSv1.2 or TLSv1.3", name));
    }
  }
  if (chosen.tls12 || chosen.tls13) return chosen;
  return fail(ErrorCode::invalid, fmt::format("none of the TLS protocols {} is served; expected "
                                              "TLSv1.2 or TLSv1.3",
                                              fmt::join(names, ", ")));
}

struct Suites {
  std::string tls12, tls13;  // in OpenSSL's form
};

// The name of one cipher, and none of OpenSSL's groups and rules ("ALL", "!RC4").
bool is_cipher(SSL_CTX* every, const std::string& name) {
  if (SSL_CTX_set_cipher_list(every, name.c_str()) != 1) return false;
  STACK_OF(SSL_CIPHER)* chosen = SSL_CTX_get_ciphers(every);
  for (int i = 0; i < sk_SSL_CIPHER_num(chosen); ++i) {
    if (name == SSL_CIPHER_get_name(sk_SSL_CIPHER_value(chosen, i))) return true;
  }
  return false;
}

Suites translate(const std::vector<std::string>& names, std::vector<std::string>& warnings) {
  OwnedContext every(SSL_CTX_new(TLS_server_method()));
  Suites suites;
  for (const std::string& name : names) {
    const char* translated = OPENSSL_cipher_name(name.c_str());
    const std::string own = std::string_view(translated) == "(NONE)" ? name : translated;
    const bool is_tls13 = own.starts_with("TLS_");
    ERR_clear_error();
    const bool known = is_tls13 ? SSL_CTX_set_ciphersuites(every.get(), own.c_str()) == 1
                                : is_cipher(every.get(), own);
    if (!known) {
      warnings.push_back(
          fmt::format("TLS cipher \"{}\" is not known and left out; expected an IANA name such as "
                      "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                      name));
      continue;
    }
    std::string& list = is_tls13 ? suites.tls13 : suites.tls12;
    list += fmt::format("{}{}", list.empty() ? "" : ":", own);
  }
  ERR_clear_error();
  return suites;
}

// What to offer, sorted out once for all the contexts of a server.
struct Offer {
  Versions versions;
  Suites suites;
  bool own_ciphers = false;
};

Result<Offer> choose_offer(const std::vector<std::string>& protocols,
                           const std::vector<std::string>& ciphers,
                           std::vector<std::string>& warnings) {
  Offer offer;
  TRY(offer.versions, choose_versions(protocols, warnings));
  if (ciphers.empty()) return offer;
  offer.own_ciphers = true;
  offer.suites = translate(ciphers, warnings);
  offer.versions.tls12 &= !offer.suites.tls12.empty();
  offer.versions.tls13 &= !offer.suites.tls13.empty();
  if (!offer.versions.tls12 && !offer.versions.tls13) {
    return fail(ErrorCode::invalid,
                fmt::format("none of the TLS ciphers {} is usable with the chosen protocols",
                            fmt::join(ciphers, ", ")));
  }
  return offer;
}

void apply(SSL_CTX* context, const Offer& offer) {
  SSL_CTX_set_min_proto_version(context, offer.versions.tls12 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(context, offer.versions.tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  if (!offer.own_ciphers) return;
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_dh_auto(context, 1);
  if (offer.versions.tls12) SSL_CTX_set_cipher_list(context, offer.suites.tls12.c_str());
  if (offer.versions.tls13) SSL_CTX_set_ciphersuites(context, offer.suites.tls13.c_str());
}

// A server's callbacks
// ------------------------------------------------------------------------------

const TlsServerContext::Impl& server_of(SSL* ssl) {
  return *static_cast<const TlsConnection*>(SSL_get_app_data(ssl))->server;
}

SSL_CTX* context_for(const TlsServerContext::Impl& server, std::string_view asked) {
  std::string name = ascii_lower(asked);
  if (name.ends_with('.')) name.pop_back();
  if (auto exact = server.exact.find(name); exact != server.exact.end()) {
    return server.contexts[exact->second].get();
  }
  const std::size_t dot = name.find('.');
  if (dot == name.npos) return nullptr;
  auto wildcard = server.wildcard.find(name.substr(dot + 1));
  return wildcard == server.wildcard.end() ? nullptr : server.contexts[wildcard->second].get();
}

int on_server_name(SSL* ssl, int*, void*) {
  const char* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!asked) return SSL_TLSEXT_ERR_NOACK;
  if (SSL_CTX* chosen = context_for(server_of(ssl), asked)) SSL_set_SSL_CTX(ssl, chosen);
  return SSL_TLSEXT_ERR_OK;
}

int on_alpn(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_bytes,
            const unsigned char* offered, unsigned offered_bytes, void*) {
  const TlsServerContext::Impl& server = server_of(ssl);
  unsigned char* common = nullptr;
  const int found = SSL_select_next_proto(
      &common, chosen_bytes, reinterpret_cast<const unsigned char*>(server.alpn.data()),
      static_cast<unsigned>(server.alpn.size()), offered, offered_bytes);
  if (found != OPENSSL_NPN_NEGOTIATED) {
    return server.alpn_required ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK;
  }
  *chosen = common;
  return SSL_TLSEXT_ERR_OK;
}

// A server's contexts
// -------------------------------------------------------------------------------

Result<void> set_client_auth(SSL_CTX* context, const TlsServerContext::Options& options) {
  if (options.client_auth == ClientAuth::none) return {};
  const int fatal =
      options.client_auth == ClientAuth::required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | fatal, &note_refusal);
  X509_STORE* store = options.client_trust->store.get();
  SSL_CTX_set1_verify_cert_store(context, store);
  std::unique_ptr<STACK_OF(X509_NAME), void (*)(STACK_OF(X509_NAME)*)> names(
      sk_X509_NAME_new_null(),
      [](STACK_OF(X509_NAME) * list) { sk_X509_NAME_pop_free(list, &X509_NAME_free); });
  std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> anchors(
      X509_STORE_get1_all_certs(store),
      [](STACK_OF(X509) * list) { sk_X509_pop_free(list, &X509_free); });
  for (int i = 0; i < sk_X509_num(anchors.get()); ++i) {
    X509_NAME* name = X509_NAME_dup(X509_get_subject_name(sk_X509_value(anchors.get(), i)));
    if (!name || sk_X509_NAME_push(names.get(), name) == 0) {
      X509_NAME_free(name);
      return openssl_failed("the names of the trust store");
    }
  }
  SSL_CTX_set_client_CA_list(context, names.release());
  return {};
}

// A session resumes only where it would have been made: same certificate, same demands on clients.
void set_session_scope(SSL_CTX* context, const TlsServerContext::Options& options,
                       const Credentials& credentials) {
  std::string scope = credentials.fingerprint;
  scope += static_cast<char>('0' + static_cast<int>(options.client_auth));
  if (options.client_trust) scope += options.client_trust->fingerprint;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned bytes = 0;
  EVP_Digest(scope.data(), scope.size(), digest, &bytes, EVP_sha256(), nullptr);
  SSL_CTX_set_session_id_context(context, digest,
                                 std::min<unsigned>(bytes, SSL_MAX_SID_CTX_LENGTH));
}

Result<void> add_certificate(TlsServerContext::Impl& server,
                             const TlsServerContext::Options& options, const Offer& offer,
                             const PemPair& pem) {
  TRY(Credentials credentials, parse_credentials(pem));
  TRY(OwnedContext context, make_context(TLS_server_method()));
  TRY(use_credentials(context.get(), credentials));
  TRY(set_client_auth(context.get(), options));
  apply(context.get(), offer);
  set_session_scope(context.get(), options, credentials);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // tickets only
  use_ticket_keys(context.get(), *server.ticket_keys);
  if (options.sni) SSL_CTX_set_tlsext_servername_callback(context.get(), &on_server_name);
  if (!server.alpn.empty()) SSL_CTX_set_alpn_select_cb(context.get(), &on_alpn, nullptr);

  const std::size_t index = server.contexts.size();
  for (const std::string& name : dns_names(credentials.leaf.get())) {
    if (name.starts_with("*.")) {
      server.wildcard.try_emplace(name.substr(2), index);
    } else {
      server.exact.try_emplace(name, index);
    }
  }
  server.contexts.push_back(std::move(context));
  return {};
}

}  // namespace

Result<std::shared_ptr<const TlsServerContext>> TlsServerContext::make(Options options) {
  if (options.certificates.empty()) {
    return fail(ErrorCode::invalid, "a TLS server needs a certificate and its key");
  }
  if (options.client_auth != ClientAuth::none && !options.client_trust) {
    return fail(ErrorCode::invalid, "client authentication needs a trust store");
  }
  auto impl = std::make_unique<Impl>();
  impl->client_trust = options.client_trust;
  impl->ticket_keys = options.ticket_keys ? options.ticket_keys : process_ticket_keys();
  impl->alpn_required = options.alpn_required;
  TRY(impl->alpn, alpn_on_the_wire(options.alpn));
  TRY(const Offer offer, choose_offer(options.protocols, options.ciphers, impl->warnings));
  for (std::size_t i = 0; i < options.certificates.size(); ++i) {
    if (auto added = add_certificate(*impl, options, offer, options.certificates[i]); !added) {
      return std::unexpected(std::move(added.error()).in(fmt::format("certificates[{}]", i)));
    }
  }
  return std::shared_ptr<const TlsServerContext>(new TlsServerContext(std::move(impl)));
}

TlsServerContext::TlsServerContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsServerContext::~TlsServerContext() = default;
const std::vector<std::string>& TlsServerContext::warnings() const { return impl_->warnings; }

// A client's context
// --------------------------------------------------------------------------------

namespace {

int on_session(SSL* ssl, SSL_SESSION* session) {
  const auto& connection = *static_cast<const TlsConnection*>(SSL_get_app_data(ssl));
  remember_session(connection.client->id, connection.server_name, OwnedSession(session));
  return 1;  // the session is ours now
}

struct KnownClients {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<const TlsClientContext>> by_options;
};

KnownClients& known_clients() {
  static KnownClients known;
  return known;
}

std::string key_of(const TlsClientContext::Options& options) {
  const std::string secret = fmt::format("{}\n{}\n{}", options.client.certificate,
                                         options.client.key, options.client.password);
  return fmt::format("{}|{}|{}|{}|{}|{}|{}", static_cast<const void*>(options.trust.get()),
                     options.trust_all, options.verify_host, sha256_hex(secret),
                     fmt::join(options.alpn, ","), fmt::join(options.protocols, ","),
                     fmt::join(options.ciphers, ","));
}

Result<void> use_client_certificate(SSL_CTX* context, const PemPair& pem) {
  TRY(const Credentials credentials, parse_credentials(pem));
  return use_credentials(context, credentials);
}

Result<std::unique_ptr<TlsClientContext::Impl>> make_client(
    const TlsClientContext::Options& options) {
  static std::atomic<std::uint64_t> last_id{0};
  auto impl = std::make_unique<TlsClientContext::Impl>();
  impl->id = ++last_id;
  impl->trust = options.trust;
  impl->verify = !options.trust_all;
  impl->verify_host = !options.trust_all && options.verify_host;
  TRY(impl->context, make_context(TLS_client_method()));
  SSL_CTX* context = impl->context.get();
  SSL_CTX_set_verify(context, impl->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, &note_refusal);
  if (options.trust) SSL_CTX_set1_verify_cert_store(context, options.trust->store.get());
  if (!options.client.certificate.empty()) {
    if (Result<void> used = use_client_certificate(context, options.client); !used)
      return std::unexpected(std::move(used.error()).in("client certificate"));
  }
  TRY(const Offer offer, choose_offer(options.protocols, options.ciphers, impl->warnings));
  apply(context, offer);
  TRY(const std::string alpn, alpn_on_the_wire(options.alpn));
  if (!alpn.empty()) {
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(alpn.data()),
                            static_cast<unsigned>(alpn.size()));
  }
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context, &on_session);
  return impl;
}

}  // namespace

Result<std::shared_ptr<const TlsClientContext>> TlsClientContext::make(Options options) {
  if (!options.trust && !options.trust_all) {
    return fail(ErrorCode::invalid, "a TLS client needs a trust store, unless it trusts all");
  }
  KnownClients& known = known_clients();
  const std::string key = key_of(options);
  std::lock_guard lock(known.mutex);
  if (auto context = known.by_options[key].lock()) return context;
  std::erase_if(known.by_options, [](const auto& entry) { return entry.second.expired(); });
  auto impl = make_client(options);
  if (!impl) return std::unexpected(std::move(impl.error()));
  std::shared_ptr<const TlsClientContext> context(new TlsClientContext(*std::move(impl)));
  known.by_options[key] = context;
  return context;
}

TlsClientContext::TlsClientContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsClientContext::~TlsClientContext() = default;
const std::vector<std::string>& TlsClientContext::warnings() const { return impl_->warnings; }

}  // namespace perigee::net
