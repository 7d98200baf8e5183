#include "upstream/forward_proxy.hpp"

#include <netinet/in.h>

#include "base/base64.hpp"
#include "http/h1_parser.hpp"
#include "net/address.hpp"

namespace perigee::upstream {
namespace {

constexpr std::size_t kSocksTextMax = 255;  // what one byte of length can say
constexpr http::H1Limits kAnswerLimits{
    .head_bytes_max = 8192, .line_bytes_max = 4096, .headers_max = 100};

std::unexpected<Error> failed(ErrorCode code, std::string what) {
  Error error(code, std::move(what), Fault::upstream);
  error.retry_is_safe = true;  // of the request nothing was sent
  return std::unexpected(std::move(error));
}

std::unexpected<Error> broke(std::string_view what) {
  return failed(ErrorCode::invalid, "it breaks its protocol: " + std::string(what));
}

// The talk before the tunnel. What comes behind its last answer would be taken for the backend's
// first words, which has none before ours.
class Talk {
 public:
  Talk(net::Reactor& reactor, net::Stream& stream)
      : stream_(stream), received_(reactor.buffers()) {}

  Async<Result<void>> say(std::string words) { co_return co_await stream_.write(words); }
  // Waits until there are so many bytes, and gives them.
  Async<Result<std::string>> hear(std::size_t bytes) {
    while (received_.size() < bytes) {
      CO_TRY(co_await more());
    }
    std::string heard(received_.unread().substr(0, bytes));
    received_.consume(bytes);
    co_return heard;
  }
  Async<Result<void>> more() {
    received_.compact();
    if (received_.leased() && received_.size() == received_.capacity())
      co_return broke("its answer is too long");
    CO_TRY(std::size_t got, co_await stream_.read(received_));
    if (got == 0) co_return failed(ErrorCode::closed, "it closed the connection");
    co_return Result<void>{};
  }
  Buffer& received() { return received_; }
  Result<void> over() const {
    if (!received_.empty()) return broke("it speaks before it is spoken to");
    return {};
  }

 private:
  net::Stream& stream_;
  Buffer received_;
};

std::string port_bytes(std::uint16_t port) {
  return {static_cast<char>(port >> 8), static_cast<char>(port & 0xff)};
}

// 4 or 16 bytes in the order of the network; empty when the host is a name.
std::string ip_bytes(const std::string& host) {
  std::optional<net::Address> literal = net::Address::literal(host, 0);
  if (!literal) return {};
  if (literal->family() == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in*>(literal->raw())->sin_addr;
    return {reinterpret_cast<const char*>(&v4), sizeof v4};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6*>(literal->raw())->sin6_addr;
  return {reinterpret_cast<const char*>(&v6), sizeof v6};
}

// The SOCKS4 memo of 1992 and its extension 4A for names.
Async<Result<void>> socks4(Talk& talk, const ForwardProxy& proxy, const http::Url& target) {
  std::string ip = ip_bytes(target.host);
  if (ip.size() > 4) co_return failed(ErrorCode::unreachable, "SOCKS4 has no IPv6 addresses");
  const bool name = ip.empty();
  if (name) ip = std::string("\0\0\0\1", 4);
  std::string words = "\x04\x01" + port_bytes(target.port) + ip + proxy.username + '\0';
  if (name) words += target.host + '\0';
  CO_TRY(co_await talk.say(std::move(words)));
  CO_TRY(std::string answer, co_await talk.hear(8));
  if (answer[0] != 0) co_return broke("it speaks no SOCKS4");
  switch (answer[1]) {
    case 90:
      co_return talk.over();
    case 91:
      co_return failed(ErrorCode::refused, "it rejects the connection, or cannot make it (91)");
    case 92:
    case 93:
      co_return failed(ErrorCode::other, "it does not know the user (" +
                                             std::to_string(static_cast<int>(answer[1])) + ")");
    default:
      co_return broke("it speaks no SOCKS4");
  }
}

// RFC 1929.
Async<Result<void>> socks5_login(Talk& talk, const ForwardProxy& proxy) {
  auto counted = [](const std::string& text) { return static_cast<char>(text.size()) + text; };
  CO_TRY(co_await talk.say("\x01" + counted(proxy.username) + counted(proxy.password)));
  CO_TRY(std::string answer, co_await talk.hear(2));
  if (answer[0] != 1) co_return broke("its answer to the password has a wrong version");
  if (answer[1] != 0) co_return failed(ErrorCode::other, "it refuses the user name and password");
  co_return Result<void>{};
}

// RFC 1928 section 3.
Async<Result<void>> socks5_greeting(Talk& talk, const ForwardProxy& proxy) {
  const bool with_login = !proxy.username.empty();
  CO_TRY(co_await talk.say(with_login ? std::string("\x05\x02\x00\x02", 4)
                                      : std::string("\x05\x01\x00", 3)));
  CO_TRY(std::string answer, co_await talk.hear(2));
  if (answer[0] != 5) co_return broke("it speaks no SOCKS5");
  if (answer[1] == 0) co_return Result<void>{};
  if (answer[1] == 2 && with_login) co_return co_await socks5_login(talk, proxy);
  if (answer[1] == '\xff') {
    co_return failed(ErrorCode::other,
                     with_login ? "it takes no user name with a password, nor none"
                                : "it wants to know who asks; set username and password");
  }
  co_return broke("it chose a method that was not offered");
}

// RFC 1928 section 6.
Result<void> socks5_reply(char code) {
  switch (code) {
    case 0:
      return {};
    case 1:
      return failed(ErrorCode::other, "it has failed (general failure)");
    case 2:
      return failed(ErrorCode::other, "its rules do not allow the connection");
    case 3:
      return failed(ErrorCode::unreachable, "the network cannot be reached from it");
    case 4:
      return failed(ErrorCode::unreachable, "the host cannot be reached from it");
    case 5:
      return failed(ErrorCode::refused, "the connection that it makes is refused");
    case 6:
      return failed(ErrorCode::unreachable, "the host is too far from it (TTL expired)");
    case 7:
    case 8:
      return failed(ErrorCode::other, "it does not do what was asked for");
    default:
      return broke("its answer has an unknown code");
  }
}

// The address that the answer ends with says nothing to us.
Async<Result<void>> socks5_bound_address(Talk& talk, char type) {
  std::size_t bytes = 0;
  if (type == 1) {
    bytes = 4;
  } else if (type == 4) {
    bytes = 16;
  } else if (type == 3) {
    CO_TRY(std::string length, co_await talk.hear(1));
    bytes = static_cast<unsigned char>(length[0]);
  } else {
    co_return broke("its answer has an unknown type of address");
  }
  CO_TRY(co_await talk.hear(bytes + 2));
  co_return talk.over();
}

Async<Result<void>> socks5(Talk& talk, const ForwardProxy& proxy, const http::Url& target) {
  CO_TRY(co_await socks5_greeting(talk, proxy));
  const std::string ip = ip_bytes(target.host);
  std::string words("\x05\x01\x00", 3);
  if (ip.empty()) {
    words += '\x03';
    words += static_cast<char>(target.host.size());
    words += target.host;
  } else {
    words += ip.size() == 4 ? '\x01' : '\x04';
    words += ip;
  }
  CO_TRY(co_await talk.say(words + port_bytes(target.port)));
  CO_TRY(std::string answer, co_await talk.hear(4));
  if (answer[0] != 5) co_return broke("it speaks no SOCKS5");
  CO_TRY(socks5_reply(answer[1]));
  co_return co_await socks5_bound_address(talk, answer[3]);
}

Result<void> connect_answer(int status) {
  if (status >= 200 && status < 300) return {};
  std::string told = "it answered " + std::to_string(status);
  if (status == 407) told += " (Proxy Authentication Required); set username and password, rightly";
  bool beyond = status == 502 || status == 503 || status == 504;
  return failed(beyond ? ErrorCode::unreachable : ErrorCode::other, std::move(told));
}

// RFC 9110 section 9.3.6.
Async<Result<void>> http_connect(Talk& talk, const ForwardProxy& proxy, const http::Url& target) {
  const std::string host = target.host_is_ipv6 ? "[" + target.host + "]" : target.host;
  const std::string authority = host + ":" + std::to_string(target.port);
  std::string words = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
  if (const std::string who = proxy.authorization(); !who.empty())
    words += "Proxy-Authorization: " + who + "\r\n";
  CO_TRY(co_await talk.say(words + "\r\n"));
  for (;;) {
    Arena arena;
    http::ResponseHead head(arena);
    http::H1Head info;
    http::H1Outcome outcome = http::parse_response(talk.received().unread(), kAnswerLimits,
                                                   http::Method::connect, head, info);
    if (outcome.result == http::Parse::refused) co_return broke(outcome.why);
    if (outcome.result == http::Parse::done && head.status >= 200) {
      talk.received().consume(info.bytes);
      CO_TRY(connect_answer(head.status));
      co_return talk.over();
    }
    if (outcome.result == http::Parse::done) co_return broke("an interim answer to CONNECT");
    CO_TRY(co_await talk.more());
  }
}

}  // namespace

std::string ForwardProxy::authorization() const {
  return username.empty() ? std::string() : "Basic " + encode_base64(username + ":" + password);
}

std::string ForwardProxy::fingerprint() const {
  std::string text = std::to_string(static_cast<int>(type));
  for (const std::string& part : {host, std::to_string(port), username, password})
    text.append(1, '\x1f').append(part);
  return text;
}

Result<void> check_proxy(const ForwardProxy& proxy) {
  auto wrong = [](std::string what) { return fail(ErrorCode::invalid, "proxy: " + what); };
  if (proxy.host.empty()) return wrong("its host is empty");
  if (proxy.port == 0) return wrong("its port is 0; expected 1 to 65535");
  if (proxy.username.empty() && !proxy.password.empty()) return wrong("a password without a user");
  switch (proxy.type) {
    case ForwardProxy::Type::http:
      if (proxy.username.find(':') != std::string::npos)
        return wrong("HTTP has no user names with ':' in them");
      return {};
    case ForwardProxy::Type::socks4:
      if (!proxy.password.empty()) return wrong("SOCKS4 has no passwords; use SOCKS5");
      if (proxy.username.find('\0') != std::string::npos) return wrong("a zero in the user name");
      return {};
    case ForwardProxy::Type::socks5:
      break;
  }
  if (proxy.username.size() > kSocksTextMax || proxy.password.size() > kSocksTextMax)
    return wrong("user name and password may have 255 bytes each in SOCKS5");
  if (!proxy.username.empty() && proxy.password.empty())
    return wrong("SOCKS5 has no user without a password");
  return {};
}

Async<Result<std::unique_ptr<net::Stream>>> tunnel_through(const ForwardProxy& proxy,
                                                           const http::Url& target,
                                                           net::Reactor& reactor,
                                                           std::unique_ptr<net::Stream> stream) {
  Result<void> made;
  {
    Talk talk(reactor, *stream);
    switch (proxy.type) {
      case ForwardProxy::Type::http:
        made = co_await http_connect(talk, proxy, target);
        break;
      case ForwardProxy::Type::socks4:
        made = co_await socks4(talk, proxy, target);
        break;
      case ForwardProxy::Type::socks5:
        made = co_await socks5(talk, proxy, target);
        break;
    }
  }
  if (!made) co_return std::unexpected(std::move(made.error()).in("proxy " + proxy.remote()));
  co_return std::move(stream);
}

}  // namespace perigee::upstream
