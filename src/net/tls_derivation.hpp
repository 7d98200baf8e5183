// How long making a key out of a password takes: who writes a store says so in it, and a definition
// may come with one. Beyond kIterationsMax a store is not opened. Internal.
#pragma once

#include <openssl/pkcs12.h>

#include <string>

#include "base/result.hpp"

namespace perigee::net {

inline constexpr long kIterationsMax = 1'000'000;  // about a second; tools write 2'048 to 100'000

Result<void> check_iterations(const X509_ALGOR* algorithm);
// Of the store and of everything inside of it.
Result<void> check_iterations(PKCS12* store, const std::string& password);

}  // namespace perigee::net
