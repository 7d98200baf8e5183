// What the configuration says about listening: addresses and certificates.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "net/address.hpp"
#include "net/tls.hpp"

namespace perigee::apps {

// An IP literal, "localhost", or a name of this host's interfaces file.
// `key` is put before ".host" in errors.
Result<net::Address> listen_address(const std::string& host, std::uint16_t port,
                                    const std::string& key);

// An error when another process listens there: listeners of one user may share a port, so that
// workers can, and a second gateway would take half of the first one's connections without a word.
Result<void> nobody_listens_on(const net::Address& address);

// The TLS context of a keystore and truststore. Errors name the key and the file.
Result<std::shared_ptr<const net::TlsServerContext>> server_tls(const config::ServerTls& tls,
                                                                bool alpn, const std::string& key);

// The same of the node API.
inline constexpr const char* kNodeTls = "services.core.http.ssl";
config::ServerTls node_stores(const config::NodeApi& settings);
Result<std::shared_ptr<const net::TlsServerContext>> node_tls(const config::NodeApi& settings);

}  // namespace perigee::apps
