// room: http
//
// A head that is taken must be whole: more bytes behind it change nothing, no shorter part of it is
// taken or refused, and what we would send on for it is taken again with the same framing.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.hpp"
#include "http/h1_parser.hpp"
#include "http/h1_write.hpp"

using namespace perigee;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  // Exactly its size on the heap: a read beyond the end is seen.
  std::string text(reinterpret_cast<const char*>(bytes), size);
  Arena arena;
  http::RequestHead head(arena);
  http::H1Head info;
  http::H1Outcome outcome = http::parse_request(text, {}, head, info);
  if (outcome.result != http::Parse::done) return 0;
  PERIGEE_ASSERT(info.bytes > 0 && info.bytes <= text.size());
  for (std::size_t part = 1; part < info.bytes; part += 1 + part / 8) {
    Arena other;
    http::RequestHead shorter(other);
    http::H1Head nothing;
    PERIGEE_ASSERT(http::parse_request(text.substr(0, part), {}, shorter, nothing).result ==
                   http::Parse::more);
  }
  http::WireFraming framing;
  if (info.framing == http::Framing::chunked) framing.kind = http::WireFraming::Kind::chunked;
  if (info.framing == http::Framing::length)
    framing = {.kind = http::WireFraming::Kind::length, .length = info.content_length};
  std::string written(http::write_request_head(arena, head, framing));
  http::RequestHead again(arena);
  http::H1Head same;
  PERIGEE_ASSERT(head.version != http::Version::http_1_1 ||
                 http::parse_request(written, {.head_bytes_max = 65536}, again, same).result ==
                     http::Parse::done);
  PERIGEE_ASSERT(head.version != http::Version::http_1_1 ||
                 (same.framing == info.framing && same.content_length == info.content_length &&
                  same.bytes == written.size()));
  return 0;
}
