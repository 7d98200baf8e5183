// CertificateSubject: whom a certificate is for, as expressions read it (the reference's text
// forms).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace perigee::net {

struct CertificateSubject {
  struct Attribute {
    std::string oid;              // "2.5.4.11"
    std::string_view short_name;  // "OU"; empty for an unknown one
    std::string value;            // with '\' before what would separate attributes
  };

  std::string dn;                     // RFC 2253: the certificate's last attribute first
  std::vector<Attribute> attributes;  // in the order of dn
};

}  // namespace perigee::net
