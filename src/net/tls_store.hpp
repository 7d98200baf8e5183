// PKCS#12 files as PEM, which everything else here speaks.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/tls.hpp"

namespace perigee::net {

struct StoredPair {
  PemPair pair;       // with the file's other certificates as its chain
  std::string alias;  // friendlyName; may be empty
};

// The first key of the file with its certificate. Errors do not name the file.
Result<StoredPair> pkcs12_pair(std::string_view bytes, const std::string& password);
// Every certificate, for a trust store.
Result<std::string> pkcs12_certificates(std::string_view bytes, const std::string& password);

}  // namespace perigee::net
