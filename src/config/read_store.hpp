// Key and trust stores are written alike wherever they are.
#pragma once

#include "config/reader.hpp"
#include "config/settings.hpp"

namespace perigee::config {

// Below `block`: "ssl.keystore.".
void read_keystore(const Reader& reader, const std::string& block, Keystore& store);
void read_truststore(const Reader& reader, const std::string& block, Truststore& store);

}  // namespace perigee::config
