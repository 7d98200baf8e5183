// room: http
//
// However the bytes are cut, the decoder gives the same body, ends at the same place, or refuses
// both times.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.hpp"
#include "http/h1_parser.hpp"

using namespace perigee;

namespace {

struct Decoded {
  std::string body;
  std::size_t consumed = 0;
  bool ended = false;
  bool refused = false;
};

// Gives the decoder `step` bytes more each time it asks for more.
Decoded decode(const std::string& text, std::size_t step) {
  Arena arena;
  http::Headers trailers(arena);
  http::ChunkedDecoder decoder;
  Decoded decoded;
  std::size_t there = 0;
  while (!decoded.ended) {
    Result<http::ChunkedDecoder::Step> taken = decoder.feed(
        std::string_view(text).substr(decoded.consumed, there - decoded.consumed), &trailers);
    if (!taken) {
      decoded.refused = true;
      break;
    }
    decoded.body.append(taken->data);
    decoded.consumed += taken->consumed;
    decoded.ended = taken->end;
    if (taken->consumed > 0 || decoded.ended) continue;
    if (there == text.size()) break;
    there = std::min(text.size(), there + step);
  }
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size > 16 * 1024) return 0;
  std::string text(reinterpret_cast<const char*>(bytes), size);
  Decoded whole = decode(text, text.size() + 1);
  Decoded cut = decode(text, 1);
  PERIGEE_ASSERT(whole.refused == cut.refused);
  PERIGEE_ASSERT(whole.refused || (whole.ended == cut.ended && whole.body == cut.body));
  PERIGEE_ASSERT(!whole.ended || whole.consumed == cut.consumed);
  return 0;
}
