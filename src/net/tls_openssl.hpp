// What the TLS files share of OpenSSL: ownership, error texts, and what its callbacks know.
// Internal.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "net/certificate_subject.hpp"
#include "net/names_dns.hpp"
#include "net/tls.hpp"

namespace perigee::net {

template <auto free_function>
struct OpensslFree {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};
using OwnedBio = std::unique_ptr<BIO, OpensslFree<&BIO_free>>;
using OwnedCertificate = std::unique_ptr<X509, OpensslFree<&X509_free>>;
using OwnedContext = std::unique_ptr<SSL_CTX, OpensslFree<&SSL_CTX_free>>;
using OwnedKey = std::unique_ptr<EVP_PKEY, OpensslFree<&EVP_PKEY_free>>;
using OwnedSession = std::unique_ptr<SSL_SESSION, OpensslFree<&SSL_SESSION_free>>;
using OwnedSsl = std::unique_ptr<SSL, OpensslFree<&SSL_free>>;
using OwnedTrust = std::unique_ptr<X509_STORE, OpensslFree<&X509_STORE_free>>;

// tls_certificate.cpp -----------------------------------------------------------------------------

// The text of OpenSSL's first (most precise) error; clears its queue.
std::string openssl_reason();
OwnedBio bio_of(std::string_view text);
std::string subject_of(const X509* certificate);
std::string sha256_hex(std::string_view bytes);

struct Credentials {
  OwnedCertificate leaf;
  std::vector<OwnedCertificate> chain;  // without the leaf
  OwnedKey key;
  std::string fingerprint;  // of the leaf
};
Result<Credentials> parse_credentials(const PemPair& pem);
// What a server is asked for by: DNS names of the SAN, else the CN. In lower case.
std::vector<std::string> dns_names(X509* certificate);
Result<void> use_credentials(SSL_CTX* context, const Credentials& credentials);

// tls_subject.cpp ---------------------------------------------------------------------------------

CertificateSubject read_subject(const X509_NAME* name);

// tls_trust.cpp -----------------------------------------------------------------------------------

// Reads once, when it is first asked, on a thread of its own: who asks waits without holding his
// loop up.
class TrustReader {
 public:
  using Read = std::function<Result<void>()>;
  explicit TrustReader(Read read) : read_(std::move(read)) {}
  ~TrustReader();  // waits for a reading that is under way
  TrustReader(const TrustReader&) = delete;
  TrustReader& operator=(const TrustReader&) = delete;
  // What the reading came to; a failure stays.
  Async<Result<void>> ready(Reactor& reactor);

 private:
  class Waiting;
  Async<Result<void>> wait(Reactor& reactor);
  void run();

  Read read_;
  std::atomic<bool> done_{false};
  Result<void> result_;  // written before done_
  std::mutex mutex_;     // of what follows, and of becoming done
  std::vector<Waiting*> waiting_;
  std::thread thread_;
};

class TrustStore {
 public:
  OwnedTrust store;
  std::size_t certificates = 0;
  std::string fingerprint;              // of its source
  std::unique_ptr<TrustReader> reader;  // null: all is there. It fills the store: destroyed first
  Async<Result<void>> ready(Reactor& reactor) const {
    return reader ? reader->ready(reactor) : Async<Result<void>>(Result<void>{});
  }
};

// tls_tickets.cpp ---------------------------------------------------------------------------------

// Makes and opens tickets with the keys of the connection's context (TlsServerContext::Impl).
void use_ticket_keys(SSL_CTX* context, const TicketKeys& keys);
std::shared_ptr<TicketKeys> process_ticket_keys();

// tls_sessions.cpp --------------------------------------------------------------------------------

// Sessions of this thread by context and server name; the least recently used goes.
constexpr std::size_t kSessionsPerThread = 64;
void remember_session(std::uint64_t context, std::string_view server_name, OwnedSession session);
SSL_SESSION* recall_session(std::uint64_t context, std::string_view server_name);  // borrowed
void forget_session(std::uint64_t context, std::string_view server_name);

// tls_context.cpp ---------------------------------------------------------------------------------

struct TlsServerContext::Impl {
  std::vector<OwnedContext> contexts;                            // one per certificate
  std::unordered_map<std::string, std::size_t> exact, wildcard;  // "*.a.example" as "a.example"
  std::string alpn;                                              // as on the wire
  bool alpn_required = false;
  std::shared_ptr<TicketKeys> ticket_keys;
  TrustStores::Ptr client_trust;
  std::vector<std::string> warnings;
};

struct TlsClientContext::Impl {
  OwnedContext context;
  std::uint64_t id = 0;  // never used again, unlike an address
  TrustStores::Ptr trust;
  bool verify = true, verify_host = true;
  std::vector<std::string> warnings;
};

// tls_stream.cpp ----------------------------------------------------------------------------------

// What the callbacks know of their connection (SSL_get_app_data).
struct TlsConnection {
  Reactor* reactor = nullptr;
  const TlsServerContext::Impl* server = nullptr;  // one of the two
  const TlsClientContext::Impl* client = nullptr;
  std::shared_ptr<const void> owner;  // of that
  std::string server_name;            // a client's
  std::string refusal;                // why the peer's certificate was not accepted
};

// tls_verify.cpp ----------------------------------------------------------------------------------

// Verify callback: notes in the connection which check failed on which certificate.
int note_refusal(int ok, X509_STORE_CTX* store);
// What the call that has just failed means; clears OpenSSL's queue.
Error tls_error(const TlsConnection& connection);

}  // namespace perigee::net
