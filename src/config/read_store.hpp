// Key and trust stores are written alike wherever a server has them.
#pragma once

#include "config/reader.hpp"
#include "config/settings.hpp"

namespace perigee::config {

void read_keystore(const Reader& reader, Keystore& store);      // below "ssl.keystore."
void read_truststore(const Reader& reader, Truststore& store);  // below "ssl.truststore."

}  // namespace perigee::config
