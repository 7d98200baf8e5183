// TLS by OpenSSL: contexts (immutable, shared by workers, made on the build thread) and streams (a
// worker's).
//
// A TlsStream reads and writes records through memory BIOs over the plain stream's own buffers;
// idle streams give back OpenSSL's buffers (SSL_MODE_RELEASE_BUFFERS). Session tickets use keys
// shared by all workers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/reactor.hpp"
#include "net/stream.hpp"

namespace perigee::net {

enum class ClientAuth : std::uint8_t { none, request, required };

struct PemPair {
  std::string certificate;  // PEM text, may hold a chain
  std::string key;          // PEM text
};

class TrustStore;  // parsed CA certificates, shared

// Trust stores by source, each parsed once, lazily, never on a worker (the system bundle costs 33
// ms). Thread-safe; get() blocks its (build) thread while parsing.
class TrustStores {
 public:
  TrustStores();
  ~TrustStores();
  using Ptr = std::shared_ptr<const TrustStore>;
  Result<Ptr> system();                        // the distribution's bundle
  Result<Ptr> pem(std::string_view pem_text);  // same text, same store
  std::size_t parsed() const;                  // stores parsed so far

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class TlsServerContext {
 public:
  struct Options {
    std::vector<PemPair>
        certificates;  // by SNI: exact, then wildcard, else the first (runtime.md 2.1)
    bool sni = true;
    ClientAuth client_auth = ClientAuth::none;
    TrustStores::Ptr client_trust;
    std::vector<std::string> protocols;  // "TLSv1.2", "TLSv1.3"; empty = both
    std::vector<std::string> ciphers;    // IANA names; unknown ones are reported in warnings()
    std::vector<std::string> alpn;  // in order of preference: "h2", "http/1.1"; empty = no ALPN
  };
  static Result<std::shared_ptr<const TlsServerContext>> make(Options options);
  ~TlsServerContext();
  const std::vector<std::string>& warnings() const;
  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit TlsServerContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class TlsClientContext {
 public:
  struct Options {
    TrustStores::Ptr trust;  // null with trust_all
    bool trust_all = false;
    bool verify_host = true;
    PemPair client;  // empty = none
    std::vector<std::string> alpn;
  };
  static Result<std::shared_ptr<const TlsClientContext>> make(Options options);
  ~TlsClientContext();
  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit TlsClientContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Both do the handshake and give the secured stream, which owns `plain`. Errors: tls, with the
// reason that OpenSSL gives (for a refused certificate: which check failed), reset, closed. The
// caller holds a Deadline.
Async<Result<std::unique_ptr<Stream>>> tls_accept(std::shared_ptr<const TlsServerContext> context,
                                                  Reactor& reactor, std::unique_ptr<Stream> plain);
// Session resumption: sessions are kept per context and server name on this thread (bounded).
Async<Result<std::unique_ptr<Stream>>> tls_connect(std::shared_ptr<const TlsClientContext> context,
                                                   Reactor& reactor, std::unique_ptr<Stream> plain,
                                                   std::string server_name);

// A certificate and key for `common_name`, made now (keystore type self-signed, and tests).
Result<PemPair> self_signed(std::string_view common_name);

}  // namespace perigee::net
