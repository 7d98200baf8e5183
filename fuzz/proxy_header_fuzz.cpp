// room: net
//
// However a PROXY header is cut, it is the same header, within its bounds, or none.
#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"
#include "net/proxy_header.hpp"

using namespace perigee;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view all(reinterpret_cast<const char*>(bytes), size);
  net::ProxyHeader whole;
  net::ProxyOutcome outcome = net::parse_proxy_header(all, whole);
  if (outcome.result == net::ProxyParse::done) {
    PERIGEE_ASSERT(whole.bytes > 0 && whole.bytes <= size);
    PERIGEE_ASSERT(whole.bytes <= net::kProxyHeaderBytesMax);
  }
  for (std::size_t cut = 0; cut < size; ++cut) {
    net::ProxyHeader header;
    net::ProxyOutcome part = net::parse_proxy_header(all.substr(0, cut), header);
    if (part.result == net::ProxyParse::more) continue;
    PERIGEE_ASSERT(part.result == outcome.result);
    if (part.result == net::ProxyParse::refused) continue;
    PERIGEE_ASSERT(cut >= whole.bytes && header.bytes == whole.bytes);
    PERIGEE_ASSERT(header.addresses.has_value() == whole.addresses.has_value());
    if (!header.addresses) continue;
    PERIGEE_ASSERT(header.addresses->source == whole.addresses->source);
    PERIGEE_ASSERT(header.addresses->destination == whole.addresses->destination);
  }
  return 0;
}
