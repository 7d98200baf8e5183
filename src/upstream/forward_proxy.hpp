// A forward proxy between the gateway and a backend (api-definition.md 1.3): HTTP, SOCKS4, SOCKS5.
//
// Through an HTTP proxy, requests to "http" targets are sent to the proxy itself, with the whole
// URL; everything else goes through a tunnel. Credentials stand in no error.
#pragma once

#include <memory>
#include <string>

#include "http/url.hpp"
#include "net/reactor.hpp"
#include "net/stream.hpp"

namespace perigee::upstream {

struct ForwardProxy {
  enum class Type : std::uint8_t { http, socks4, socks5 };
  Type type = Type::http;
  std::string host;
  std::uint16_t port = 0;
  std::string username;  // empty: none
  std::string password;

  std::string remote() const { return host + ":" + std::to_string(port); }
  // Requests to this target are sent to the proxy itself.
  bool takes_requests(const http::Url& target) const {
    return type == Type::http && target.scheme == "http";
  }
  // The value of Proxy-Authorization; empty without a user.
  std::string authorization() const;
  // Everything above as text, for comparing. Holds the password.
  std::string fingerprint() const;
};

// Whether it can be used at all: names, lengths and bytes that its protocol has room for.
Result<void> check_proxy(const ForwardProxy& proxy);

// Asks the proxy at the other end of `stream` for a tunnel to the host and port of `target`, and
// gives the stream, which leads there now. Nobody has spoken on it. The caller holds a Deadline.
// Errors (Fault::upstream, safe to retry): refused, unreachable, other (the proxy does not want
// to), invalid (it breaks its protocol), closed, reset.
Async<Result<std::unique_ptr<net::Stream>>> tunnel_through(const ForwardProxy& proxy,
                                                           const http::Url& target,
                                                           net::Reactor& reactor,
                                                           std::unique_ptr<net::Stream> stream);

}  // namespace perigee::upstream
