#include "pair/message.hpp"

#include <strings.h>

#include <cstdlib>
#include <optional>

namespace perigee::bench {
namespace {

// The text after the first header whose line begins like this, without case.
std::optional<std::string_view> line_after(std::string_view head, std::string_view beginning) {
  for (std::size_t at = head.find('\n'); at != head.npos; at = head.find('\n', at + 1)) {
    const std::string_view rest = head.substr(at + 1);
    if (rest.size() >= beginning.size() &&
        strncasecmp(rest.data(), beginning.data(), beginning.size()) == 0)
      return rest.substr(beginning.size(), rest.find('\r') - beginning.size());
  }
  return std::nullopt;
}

}  // namespace

std::string render_request(std::string_view target, std::size_t body_bytes) {
  std::string text = (body_bytes > 0 ? "POST " : "GET ") + std::string(target) +
                     " HTTP/1.1\r\n"
                     "Host: api.example.com\r\n"
                     "User-Agent: Mozilla/5.0 (X11; Linux x86_64) bench/1.0\r\n"
                     "Accept: application/json, text/plain, */*\r\n"
                     "Accept-Encoding: gzip, deflate, br\r\n"
                     "Accept-Language: en-GB,en;q=0.9\r\n"
                     "X-Api-Key: 6f1c1f0e-5b52-4f1b-9f0e-2b6d2f7a4c11\r\n"
                     "X-Request-Id: 0b7f2f1e-4a34-4c3b-8df2-7f1b5b7a9a10\r\n"
                     "Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
                     "Cookie: session=f3b1c2d4e5f60718293a4b5c6d7e8f90; theme=dark\r\n";
  if (body_bytes > 0)
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body_bytes) + "\r\n";
  return text + "\r\n" + std::string(body_bytes, 'y');
}

std::string render_response(std::size_t body_bytes) {
  return "HTTP/1.1 200 OK\r\n"
         "Server: backend/1.0\r\n"
         "Date: Mon, 01 Jan 2029 00:00:00 GMT\r\n"
         "Content-Type: application/json; charset=utf-8\r\n"
         "Cache-Control: no-store\r\n"
         "ETag: \"33a64df551425fcc55e4d42a148795d9f25f89d4\"\r\n"
         "X-Powered-By: bench\r\n"
         "Content-Length: " +
         std::to_string(body_bytes) + "\r\n\r\n" + std::string(body_bytes, 'x');
}

std::string check(std::string_view head, const Expectation& expected) {
  if (line_after(head, "transfer-encoding:"))
    return "the proxy changed the framing to chunked; only Content-Length is measured";
  const auto bytes = static_cast<std::size_t>(number_in(head, "content-length", 0));
  if (bytes != expected.body_bytes)
    return "a body of " + std::to_string(bytes) + " bytes arrived, expected " +
           std::to_string(expected.body_bytes);
  const std::size_t target = head.find(' ') + 1;
  if (!head.substr(target).starts_with(expected.target_prefix))
    return "the request line does not name " + expected.target_prefix;
  if (!expected.header.empty() && !line_after(head, expected.header))
    return "no header line " + expected.header;
  return {};
}

int status_of(std::string_view response_head) {
  if (response_head.size() <= 12) return 0;
  return std::atoi(std::string(response_head.substr(9, 3)).c_str());
}

std::int64_t number_in(std::string_view head, std::string_view header, std::int64_t otherwise) {
  const auto text = line_after(head, std::string(header) + ":");
  return text ? std::strtoll(std::string(*text).c_str(), nullptr, 10) : otherwise;
}

}  // namespace perigee::bench
