#include "net/tls.hpp"

#include "net/tls_stream.hpp"

namespace perigee::net {

namespace {

// "a.example." is "a.example", "[::1]" is "::1".
std::string host_of(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  if (auto ip = Address::literal(name, 0)) return ip->ip();
  return name;
}

Result<void> expect_peer(SSL* ssl, const TlsClientContext::Impl& context, const std::string& name) {
  const bool is_ip = Address::literal(name, 0).has_value();
  if (!is_ip && !name.empty() && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1) {
    return fail(ErrorCode::invalid, "the server name \"" + name + "\" is not usable");
  }
  if (!context.verify_host) return {};
  if (name.empty()) return fail(ErrorCode::invalid, "no server name to verify");
  X509_VERIFY_PARAM* expected = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int set = is_ip ? X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str())
                        : X509_VERIFY_PARAM_set1_host(expected, name.data(), name.size());
  if (set != 1) return fail(ErrorCode::invalid, "the server name \"" + name + "\" is not usable");
  return {};
}

}  // namespace

// The context outlives the stream through OpenSSL's own count for the SSL_CTX and through `owner`
// for what the callbacks look at.
Async<Result<std::unique_ptr<Stream>>> tls_accept(std::shared_ptr<const TlsServerContext> context,
                                                  Reactor& reactor, std::unique_ptr<Stream> plain) {
  SSL_CTX* first = context->impl().contexts.front().get();
  auto stream = std::make_unique<TlsStream>(
      reactor, std::move(plain),
      TlsConnection{.server = &context->impl(), .owner = std::move(context)});
  CO_TRY(stream->open(first));
  SSL_set_accept_state(stream->ssl());
  CO_TRY(co_await stream->handshake());
  co_return std::unique_ptr<Stream>(std::move(stream));
}

Async<Result<std::unique_ptr<Stream>>> tls_connect(std::shared_ptr<const TlsClientContext> context,
                                                   Reactor& reactor, std::unique_ptr<Stream> plain,
                                                   std::string server_name) {
  const TlsClientContext::Impl& impl = context->impl();
  if (impl.trust) {
    CO_TRY(co_await impl.trust->ready(reactor));
  }
  const std::string name = host_of(std::move(server_name));
  auto stream = std::make_unique<TlsStream>(
      reactor, std::move(plain),
      TlsConnection{.client = &impl, .owner = std::move(context), .server_name = name});
  CO_TRY(stream->open(impl.context.get()));
  CO_TRY(expect_peer(stream->ssl(), impl, name));
  if (SSL_SESSION* session = recall_session(impl.id, name)) SSL_set_session(stream->ssl(), session);
  SSL_set_connect_state(stream->ssl());
  if (auto done = co_await stream->handshake(); !done) {
    forget_session(impl.id, name);
    co_return std::unexpected(std::move(done.error()));
  }
  // OpenSSL tells of no new ticket in a resumed handshake of TLS 1.2, but spoils the old session.
  SSL* ssl = stream->ssl();
  if (SSL_session_reused(ssl) == 1 && SSL_version(ssl) == TLS1_2_VERSION) {
    remember_session(impl.id, name, OwnedSession(SSL_get1_session(ssl)));
  }
  co_return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace perigee::net
