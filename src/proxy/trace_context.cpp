#include "proxy/trace_context.hpp"

#include <algorithm>

#include "base/uuid.hpp"

namespace perigee::proxy {
namespace {

constexpr std::size_t kTraceparentBytes = 55;  // of version 00

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_id(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

// Zeros stand for no id.
std::uint64_t random_id(policy::Worker& worker) {
  return std::max<std::uint64_t>(worker.random(), 1);
}

std::string_view new_traceparent(Arena& arena, policy::Worker& worker) {
  std::span<char> text = arena.array<char>(kTraceparentBytes);
  char* at = std::ranges::copy(std::string_view("00-"), text.data()).out;
  at = write_hex(at, worker.random(), 16);
  at = write_hex(at, random_id(worker), 16);
  *at++ = '-';
  at = write_hex(at, random_id(worker), 16);
  std::ranges::copy(std::string_view("-00"), at);
  return {text.data(), text.size()};
}

}  // namespace

bool is_valid_traceparent(std::string_view text) {
  if (text.size() < kTraceparentBytes) return false;
  std::string_view version = text.substr(0, 2);
  bool longer = text.size() > kTraceparentBytes;
  if (longer && (version == "00" || text[kTraceparentBytes] != '-')) return false;
  return text[2] == '-' && text[35] == '-' && text[52] == '-' && is_hex(version) &&
         version != "ff" && is_id(text.substr(3, 32)) && is_id(text.substr(36, 16)) &&
         is_hex(text.substr(53, 2));
}

std::string_view continue_trace(http::RequestHead& request, policy::Worker& worker) {
  http::Headers& headers = request.headers;
  std::optional<std::string_view> given = headers.get(http::HeaderId::traceparent);
  if (given && is_valid_traceparent(*given) && headers.count(http::HeaderId::traceparent) == 1) {
    if (given->size() == kTraceparentBytes) return *given;
    // What a later version has behind is not understood, and so not passed on.
    std::string_view known = headers.arena().join({"00", given->substr(2, kTraceparentBytes - 2)});
    headers.set_made(http::HeaderId::traceparent, known);
    return known;
  }
  std::string_view made = new_traceparent(headers.arena(), worker);
  headers.set_made(http::HeaderId::traceparent, made);
  // What vendors wrote there is about the trace that ends here.
  headers.remove(http::HeaderName("tracestate"));
  return made;
}

}  // namespace perigee::proxy
