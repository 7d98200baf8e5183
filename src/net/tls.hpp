// TLS by OpenSSL: contexts (immutable, shared by workers, made on the build thread) and streams (a
// worker's).
//
// A TlsStream gives OpenSSL its records from, and takes them into, leased buffers that are returned
// as soon as they are empty; an idle stream holds none, of ours or of OpenSSL's
// (SSL_MODE_RELEASE_BUFFERS). Session tickets use keys that all contexts of the process share.
// Nothing of OpenSSL is initialised before the first call.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/reactor.hpp"
#include "net/stream.hpp"

namespace perigee::net {

enum class ClientAuth : std::uint8_t { none, request, required };

struct PemPair {
  std::string certificate;  // PEM text, may hold a chain (leaf first)
  std::string key;          // PEM text; empty = the key stands in `certificate`
  std::string password;     // of an encrypted key
};

class TrustStore;  // parsed CA certificates, shared

// Trust stores by source, each parsed once and never on a worker. Thread-safe. The system's bundle
// costs 33 ms: it is parsed for the first connect, which waits for a thread that does it; pem()
// blocks its (build) thread while parsing.
class TrustStores {
 public:
  TrustStores();
  ~TrustStores();
  using Ptr = std::shared_ptr<const TrustStore>;
  // SSL_CERT_FILE and SSL_CERT_DIR when they are set, else the distribution's bundle. For clients.
  // Error: not_found when there is no such file; one without a certificate fails the connects.
  Result<Ptr> system();
  // Same text, same store, as long as someone holds it. Any certificate of it is an anchor, an
  // intermediate or a leaf too.
  Result<Ptr> pem(std::string_view pem_text);
  std::size_t parsed() const;  // how often something was parsed

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Keys of session tickets: random, in memory only, renewed by time. Thread-safe. A ticket is good
// for one to two rotations and is renewed when its key is no longer the newest.
class TicketKeys;
std::shared_ptr<TicketKeys> make_ticket_keys(Duration rotation = 1h);

class TlsServerContext {
 public:
  struct Options {
    std::vector<PemPair>
        certificates;  // by SNI: exact, then wildcard, else the first (runtime.md 2.1)
    bool sni = true;   // false: always the first
    ClientAuth client_auth = ClientAuth::none;
    TrustStores::Ptr client_trust;       // needed unless client_auth is none
    std::vector<std::string> protocols;  // "TLSv1.2", "TLSv1.3"; empty = both
    // IANA names (or OpenSSL's); unknown ones are reported in warnings(). Empty = OpenSSL's
    // default; otherwise they stand in the server's order of preference, and without one for
    // TLS 1.3 there is no TLS 1.3, nor TLS 1.2 without one for that.
    std::vector<std::string> ciphers;
    std::vector<std::string> alpn;  // in order of preference: "h2", "http/1.1"; empty = no ALPN
    bool alpn_required = false;     // no common protocol ends the handshake, instead of no ALPN
    std::shared_ptr<TicketKeys> ticket_keys;  // null = the process's
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
    bool trust_all = false;  // compat: then the host name is not checked either
    bool verify_host = true;
    PemPair client;  // empty = none
    std::vector<std::string> alpn;
    std::vector<std::string> protocols, ciphers;  // as a server's
  };
  // The same options give the same context while someone holds it: OpenSSL's cost some 20 KiB, and
  // thousands of endpoints use the defaults.
  static Result<std::shared_ptr<const TlsClientContext>> make(Options options);
  ~TlsClientContext();
  const std::vector<std::string>& warnings() const;
  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit TlsClientContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Both do the handshake and give the secured stream, which owns `plain`. Errors: tls, with the
// reason (for a refused certificate: which check failed; for an alert: its name), reset, closed.
// The caller holds a Deadline.
//
// The stream: end() sends close_notify; read() gives 0 only after the peer's, and `closed` when the
// peer just hung up (a truncation attack looks like that). counters() count plain text.
Async<Result<std::unique_ptr<Stream>>> tls_accept(std::shared_ptr<const TlsServerContext> context,
                                                  Reactor& reactor, std::unique_ptr<Stream> plain);
// `server_name` is what SNI asks for (unless it is an IP address) and what the certificate must
// name. Session resumption: sessions are kept per context and server name on this thread (bounded).
Async<Result<std::unique_ptr<Stream>>> tls_connect(std::shared_ptr<const TlsClientContext> context,
                                                   Reactor& reactor, std::unique_ptr<Stream> plain,
                                                   std::string server_name);

// A certificate and RSA key for `common_name` (a DNS name or an IP address), made now (keystore
// type self-signed, and tests).
Result<PemPair> self_signed(std::string_view common_name);

}  // namespace perigee::net
