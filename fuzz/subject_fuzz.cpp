// room: net
//
// The subject of a certificate: whatever a name holds, its text separates what it should.
#include <openssl/x509.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/assert.hpp"
#include "net/tls_openssl.hpp"

using namespace perigee;

namespace {

// How many attributes a reader of RFC 2253 finds.
std::size_t attributes_in(std::string_view dn) {
  std::size_t count = dn.empty() ? 0 : 1;
  for (std::size_t i = 0; i < dn.size(); ++i) {
    if (dn[i] == '\\') {
      ++i;
    } else {
      count += dn[i] == ',' || dn[i] == '+';
    }
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const unsigned char* at = bytes;
  std::unique_ptr<X509_NAME, net::OpensslFree<&X509_NAME_free>> name(
      d2i_X509_NAME(nullptr, &at, static_cast<long>(size)));
  ERR_clear_error();
  if (!name) return 0;
  const net::CertificateSubject subject = net::read_subject(name.get());
  PERIGEE_ASSERT(subject.attributes.size() ==
                 static_cast<std::size_t>(X509_NAME_entry_count(name.get())));
  PERIGEE_ASSERT(attributes_in(subject.dn) == subject.attributes.size());
  PERIGEE_ASSERT(subject.dn.find('\0') == subject.dn.npos);
  return 0;
}
