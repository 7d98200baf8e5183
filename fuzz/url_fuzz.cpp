// room: http
//
// A URL that is taken reads back as itself.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.hpp"
#include "http/url.hpp"

using namespace perigee;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(bytes), size);
  Result<http::Url> url = http::parse_url(text);
  if (!url) return 0;
  Result<http::Url> again = http::parse_url(url->text());
  PERIGEE_ASSERT(again.has_value());
  PERIGEE_ASSERT(again->text() == url->text());
  PERIGEE_ASSERT(again->host == url->host && again->port == url->port && again->path == url->path);
  return 0;
}
