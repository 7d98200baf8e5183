#include "apps/perigee/listeners.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/log.hpp"
#include "config/source.hpp"

namespace perigee::apps {
namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.standalone"};

Result<net::PemPair> read_pair(const config::CertificateFiles& files, const std::string& key) {
  net::PemPair pair;
  Result<std::string> certificate = config::read_file(files.certificate);
  if (!certificate) return std::unexpected(std::move(certificate.error()).in(key + ".cert"));
  Result<std::string> private_key = config::read_file(files.key);
  if (!private_key) return std::unexpected(std::move(private_key.error()).in(key + ".key"));
  return net::PemPair{*std::move(certificate), *std::move(private_key)};
}

Result<std::vector<net::PemPair>> certificates_of(const config::Keystore& store,
                                                  const std::string& key) {
  std::vector<net::PemPair> pairs;
  if (store.type == config::StoreType::self_signed) {
    TRY(net::PemPair pair, net::self_signed("localhost"));
    pairs.push_back(std::move(pair));
    return pairs;
  }
  if (store.type != config::StoreType::pem) {
    return fail(
        ErrorCode::unsupported,
        key + ".type: this version reads 'pem' and 'self-signed'; convert the store with openssl");
  }
  for (std::size_t i = 0; i < store.certificates.size(); ++i) {
    TRY(net::PemPair pair,
        read_pair(store.certificates[i], key + ".certificates[" + std::to_string(i) + "]"));
    pairs.push_back(std::move(pair));
  }
  if (pairs.empty()) {
    return fail(ErrorCode::invalid,
                key + ".certificates[0].cert: a secured server needs a certificate and its key");
  }
  return pairs;
}

net::ClientAuth client_auth_of(config::ClientAuth auth) {
  switch (auth) {
    case config::ClientAuth::request:
      return net::ClientAuth::request;
    case config::ClientAuth::required:
      return net::ClientAuth::required;
    case config::ClientAuth::none:
      break;
  }
  return net::ClientAuth::none;
}

}  // namespace

Result<net::Address> listen_address(const std::string& host, std::uint16_t port) {
  if (std::optional<net::Address> literal = net::Address::literal(host, port)) return *literal;
  // Before any thread is there and only for a configured name: the resolver of the system will do.
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    return fail(ErrorCode::unresolved, "host '" + host + "': " + gai_strerror(error));
  }
  net::Address address(found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  address.set_port(port);
  return address;
}

Result<void> nobody_listens_on(const net::Address& address) {
  int fd = socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {};  // the listener itself will say what is wrong
  const int on = 1, off = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.family() == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  bool taken = bind(fd, address.raw(), address.raw_bytes()) != 0 && errno == EADDRINUSE;
  close(fd);
  if (!taken) return {};
  return fail(ErrorCode::other,
              "listening on " + address.text() +
                  ": Address already in use; stop who uses it or change the port");
}

Result<std::shared_ptr<const net::TlsServerContext>> server_tls(const config::ServerTls& tls,
                                                                bool alpn, const std::string& key) {
  net::TlsServerContext::Options options;
  TRY(options.certificates, certificates_of(tls.keystore, key + ".keystore"));
  options.sni = tls.sni;
  options.client_auth = client_auth_of(tls.client_auth);
  options.protocols = tls.protocols;
  options.ciphers = tls.ciphers;
  if (alpn) options.alpn = {"http/1.1"};
  if (!tls.truststore.path.empty()) {
    if (tls.truststore.type != config::StoreType::pem) {
      return fail(
          ErrorCode::unsupported,
          key + ".truststore.type: this version reads 'pem'; convert the store with openssl");
    }
    Result<std::string> pem = config::read_file(tls.truststore.path);
    if (!pem) return std::unexpected(std::move(pem.error()).in(key + ".truststore.path"));
    static net::TrustStores stores;
    TRY(options.client_trust, stores.pem(*pem));
  }
  Result<std::shared_ptr<const net::TlsServerContext>> made =
      net::TlsServerContext::make(std::move(options));
  if (!made) return std::unexpected(std::move(made.error()).in(key));
  for (const std::string& warning : (*made)->warnings()) kLog.warn("{}: {}", key, warning);
  return made;
}

}  // namespace perigee::apps
