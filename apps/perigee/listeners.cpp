#include "apps/perigee/listeners.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "apps/perigee/stores.hpp"
#include "base/log.hpp"

namespace perigee::apps {
namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.standalone"};

// " (a.p12, b.p12)", for errors that OpenSSL finds in what was read.
std::string named(const config::Keystore& store) {
  std::string files;
  auto add = [&](const std::string& file) { files += (files.empty() ? " (" : ", ") + file; };
  for (const std::string& path : store.paths) add(path);
  for (const config::CertificateFiles& pair : store.certificates) {
    add(pair.certificate);
    add(pair.key);
  }
  return files.empty() ? files : files + ")";
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

Result<net::Address> listen_address(const std::string& host, std::uint16_t port,
                                    const std::string& key) {
  if (std::optional<net::Address> literal = net::Address::literal(host, port)) return *literal;
  // Before any thread is there and only for a configured name: the resolver of the system will do.
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    return fail(ErrorCode::unresolved,
                key + ".host: '" + host + "': " + gai_strerror(error) +
                    "; expected an address of this machine, or 0.0.0.0 for all");
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
  TRY(options.certificates, read_keystore(tls.keystore, key + ".keystore"));
  options.sni = tls.sni;
  options.client_auth = client_auth_of(tls.client_auth);
  options.protocols = tls.protocols;
  options.ciphers = tls.ciphers;
  if (alpn) options.alpn = {"http/1.1"};
  if (!tls.truststore.path.empty()) {
    TRY(const std::string pem, read_truststore(tls.truststore, key + ".truststore"));
    static net::TrustStores stores;
    Result<net::TrustStores::Ptr> trust = stores.pem(pem);
    if (!trust) {
      return std::unexpected(
          std::move(std::move(trust.error()).in(tls.truststore.path)).in(key + ".truststore.path"));
    }
    options.client_trust = *trust;
  }
  if (!options.client_trust && options.client_auth == net::ClientAuth::required) {
    return fail(ErrorCode::invalid, key +
                                        ".truststore.path: missing; it names the certificates "
                                        "that clients are verified with (" +
                                        key + ".clientAuth)");
  }
  // Without them no client's certificate could be accepted, so none is asked for.
  if (!options.client_trust) options.client_auth = net::ClientAuth::none;
  Result<std::shared_ptr<const net::TlsServerContext>> made =
      net::TlsServerContext::make(std::move(options));
  if (!made)
    return std::unexpected(std::move(made.error()).in(key + ".keystore" + named(tls.keystore)));
  for (const std::string& warning : (*made)->warnings()) kLog.warn("{}: {}", key, warning);
  return made;
}

config::ServerTls node_stores(const config::NodeApi& settings) {
  return {.client_auth = settings.client_auth,
          .keystore = settings.keystore,
          .truststore = settings.truststore};
}

Result<std::shared_ptr<const net::TlsServerContext>> node_tls(const config::NodeApi& settings) {
  return server_tls(node_stores(settings), settings.alpn, kNodeTls);
}

}  // namespace perigee::apps
