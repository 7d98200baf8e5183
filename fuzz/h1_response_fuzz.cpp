// room: http
//
// The same for the heads of answers, with the method of the request as the first byte: no part of a
// head that is taken is taken or refused, and what we would send on for it is taken again with the
// same framing.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.hpp"
#include "http/h1_parser.hpp"
#include "http/h1_write.hpp"

using namespace perigee;

namespace {

http::WireFraming framing_of(const http::H1Head& info) {
  switch (info.framing) {
    case http::Framing::chunked:
      return {.kind = http::WireFraming::Kind::chunked};
    case http::Framing::length:
      return {.kind = http::WireFraming::Kind::length, .length = info.content_length};
    case http::Framing::until_close:
      return {.kind = http::WireFraming::Kind::until_close};
    case http::Framing::none:
      return {};
  }
  return {};
}

void expect_the_same_again(http::Method method, const http::ResponseHead& head,
                           const http::H1Head& info) {
  Arena arena;
  std::string written(http::write_response_head(arena, head, framing_of(info)));
  http::ResponseHead again(arena);
  http::H1Head same;
  http::H1Limits wide{.head_bytes_max = 65536, .line_bytes_max = 65536, .headers_max = 1000};
  PERIGEE_ASSERT(http::parse_response(written, wide, method, again, same).result ==
                 http::Parse::done);
  PERIGEE_ASSERT(again.status == head.status && same.bytes == written.size());
  PERIGEE_ASSERT(same.framing == info.framing && same.content_length == info.content_length);
}

}  // namespace

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
  expect_the_same_again(method, head, info);
  return 0;
}
