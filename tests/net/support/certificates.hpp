// Certificates for tests, made in memory: P-256, whatever dates and names.
#pragma once

#include <string>
#include <vector>

#include "net/tls.hpp"

namespace perigee::net::testing {

struct NamePart {
  std::string type, value;  // "OU" or an OID
  bool beside = false;      // in one set with the part before it
};

struct CertificateOptions {
  std::string common_name;
  std::vector<NamePart> before_name;  // what the subject says before its common name
  std::vector<std::string> names;     // subject alternative names: "DNS:a.example", "IP:10.0.0.1"
  std::string not_before = "20200101000000Z", not_after = "20991231235959Z";
  bool is_ca = false;
  const PemPair* issuer = nullptr;  // null = self-signed
};

PemPair make_certificate(const CertificateOptions& options);
// The key of `pair` under a password.
std::string encrypted_key(const PemPair& pair, const std::string& password);
// The bytes of a PKCS#12 file: with the key of `pair`, or only its certificate.
std::string pkcs12(const PemPair& pair, const std::string& password, bool with_key = true);

}  // namespace perigee::net::testing
