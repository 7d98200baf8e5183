// Keystores and truststores: from what the configuration names to PEM text. Errors
// name the key and the file.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "net/tls.hpp"

namespace perigee::apps {

// The first is that of clients that ask for no name or an unknown one.
Result<std::vector<net::PemPair>> read_keystore(const config::Keystore& store,
                                                const std::string& key);
// The certificates of a truststore that has a path.
Result<std::string> read_truststore(const config::Truststore& store, const std::string& key);

// The files whose change makes these stores others; without those that are not to be watched.
std::vector<std::string> watched_files(const config::ServerTls& tls);

}  // namespace perigee::apps
