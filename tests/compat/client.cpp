#include "tests/compat/client.hpp"

#include <fmt/format.h>

#include <charconv>

#include "http/headers.hpp"

namespace perigee::compat {
namespace {

std::string value_of(const NameValues& headers, std::string_view name) {
  for (const auto& [each, value] : headers) {
    if (http::equals_ignoring_case(each, name)) return value;
  }
  return {};
}

std::string chunked(const std::string& body) {
  std::string bytes;
  if (!body.empty()) bytes = fmt::format("{:x}\r\n{}\r\n", body.size(), body);
  return bytes + "0\r\n\r\n";
}

std::optional<std::size_t> number(std::string_view text, int base) {
  std::size_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

void unchunk(std::string_view rest, ClientAnswer& answer) {
  for (;;) {
    std::size_t line = rest.find("\r\n");
    if (line == std::string_view::npos) return;
    std::optional<std::size_t> size = number(rest.substr(0, line), 16);
    if (!size || rest.size() < line + 2 + *size + 2) return;
    answer.body += rest.substr(line + 2, *size);
    answer.whole = *size == 0;
    if (answer.whole) return;
    rest.remove_prefix(line + 2 + *size + 2);
  }
}

void read_head(std::string_view head, ClientAnswer& answer) {
  std::size_t line = head.find("\r\n");
  std::string_view status = head.substr(0, line);
  constexpr std::size_t kVersionBytes = 9;  // "HTTP/1.1 "
  if (status.size() > kVersionBytes)
    answer.status = static_cast<int>(number(status.substr(kVersionBytes, 3), 10).value_or(0));
  head.remove_prefix(line + 2);
  while (!head.empty()) {
    line = head.find("\r\n");
    std::size_t colon = head.find(':');
    if (colon < line) {
      std::string_view value = head.substr(colon + 1, line - colon - 1);
      while (value.starts_with(' ')) value.remove_prefix(1);
      answer.headers.emplace_back(head.substr(0, colon), value);
    }
    head.remove_prefix(line + 2);
  }
}

}  // namespace

std::string request_bytes(const Request& request) {
  std::string bytes = request.method + " " + request.path + " HTTP/1.1\r\n";
  if (value_of(request.headers, "Host").empty()) bytes += "Host: gateway.example\r\n";
  for (const auto& [name, value] : request.headers) bytes += name + ": " + value + "\r\n";
  bool is_chunked = !value_of(request.headers, "Transfer-Encoding").empty();
  bool has_length = !value_of(request.headers, "Content-Length").empty();
  if (!request.body.empty() && !is_chunked && !has_length)
    bytes += fmt::format("Content-Length: {}\r\n", request.body.size());
  return bytes + "\r\n" + (is_chunked ? chunked(request.body) : request.body);
}

ClientAnswer read_answer(std::string_view bytes, bool to_head, bool ended) {
  for (;;) {
    ClientAnswer answer;
    std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return answer;
    read_head(bytes.substr(0, end + 2), answer);
    std::string_view rest = bytes.substr(end + 4);
    bool interim = answer.status >= 100 && answer.status < 200 && answer.status != 101;
    if (interim) {
      bytes = rest;
      continue;
    }
    std::optional<std::size_t> length = number(value_of(answer.headers, "Content-Length"), 10);
    bool no_body = to_head || answer.status == 101 || answer.status == 204 || answer.status == 304;
    if (no_body) {
      answer.whole = true;
    } else if (!value_of(answer.headers, "Transfer-Encoding").empty()) {
      unchunk(rest, answer);
    } else {
      answer.body = rest.substr(0, length.value_or(rest.size()));
      answer.whole = length ? rest.size() >= *length : ended;
    }
    return answer;
  }
}

Client::Client(net::Reactor& reactor, std::unique_ptr<net::Stream> stream, const Request& request)
    : reactor_(reactor),
      stream_(std::move(stream)),
      request_(request_bytes(request)),
      to_head_(request.method == "HEAD") {
  talking_.start(talk());
}

Async<void> Client::talk() {
  Result<void> sent = co_await stream_->write(request_);
  Buffer buffer(reactor_.buffers());
  while (sent && !over()) {
    Result<std::size_t> got = co_await stream_->read(buffer);
    ended_ = !got || *got == 0;
    received_ += buffer.unread();
    buffer.drop();
    answer_ = read_answer(received_, to_head_, ended_);
  }
  ended_ = true;
}

}  // namespace perigee::compat
