// room: http
//
// The same for the heads of answers, with the method of the request as the first byte.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.hpp"
#include "http/h1_parser.hpp"

using namespace perigee;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  auto method = static_cast<http::Method>(bytes[0] % 10);
  std::string text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  Arena arena;
  http::ResponseHead head(arena);
  http::H1Head info;
  http::H1Outcome outcome = http::parse_response(text, {}, method, head, info);
  if (outcome.result != http::Parse::done) return 0;
  PERIGEE_ASSERT(info.bytes > 0 && info.bytes <= text.size());
  PERIGEE_ASSERT(head.status >= 100 && head.status <= 999);
  bool bodiless =
      method == http::Method::head || head.status == 204 || head.status == 304 || head.status < 200;
  PERIGEE_ASSERT(!bodiless || info.framing == http::Framing::none);
  for (std::size_t part = 1; part < info.bytes; part += 1 + part / 8) {
    Arena other;
    http::ResponseHead shorter(other);
    http::H1Head nothing;
    PERIGEE_ASSERT(
        http::parse_response(text.substr(0, part), {}, method, shorter, nothing).result ==
        http::Parse::more);
  }
  return 0;
}
