// room: redis
//
// However the bytes are cut, the parser gives the same replies or refuses at the same place, and
// whatever is asked of a reply stays within it.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.hpp"
#include "redis/failure.hpp"
#include "redis/reply_parser.hpp"

using namespace perigee;

namespace {

constexpr redis::ReplyParser::Limits kLimits{
    .line_bytes_max = 300, .text_bytes_max = 1000, .values_max = 200, .reply_bytes_max = 4000};

// Its depth is the parser's.
void look_at(redis::Value value, std::string& seen) {
  seen += static_cast<char>('a' + static_cast<int>(value.kind()));
  seen.append(value.text()).append(std::to_string(value.integer()));
  std::size_t elements = 0;
  for (redis::Value element : value) {
    ++elements;
    look_at(element, seen);
  }
  PERIGEE_ASSERT(elements == value.size());
  PERIGEE_ASSERT(value.at(elements).is_null());
  PERIGEE_ASSERT(elements == 0 || value.at(elements - 1).kind() >= redis::ReplyKind::null);
  static_cast<void>(value.field("ip").number());
}

std::string read(std::string_view bytes, std::size_t step) {
  redis::ReplyParser parser(kLimits);
  std::string seen;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    std::string_view piece = bytes.substr(at, step);
    while (!piece.empty()) {
      const Result<std::size_t> used = parser.feed(piece);
      if (!used) return seen + "!";
      PERIGEE_ASSERT(*used > 0 && *used <= piece.size());
      piece.remove_prefix(*used);
      if (!parser.complete()) continue;
      const redis::Reply reply = parser.take();
      look_at(reply.value(), seen);
      if (reply.is_error()) PERIGEE_ASSERT(redis::failure_of(reply.text()).message.size() <= 300);
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size > 16 * 1024) return 0;
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  const std::string whole = read(text, text.size() + 1);
  PERIGEE_ASSERT(whole == read(text, 1));
  PERIGEE_ASSERT(whole == read(text, 13));
  return 0;
}
