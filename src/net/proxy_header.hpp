// The header of the PROXY protocol, with which a load balancer tells whose connection it passes on:
// https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, sections 2.1 (version 1, a line of
// text) and 2.2 (version 2, binary).
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "net/reactor.hpp"
#include "net/stream.hpp"

namespace perigee::net {

// Of version 2, with its TLVs; version 1 ends itself at 107.
inline constexpr std::size_t kProxyHeaderBytesMax = 8192;

struct ProxyHeader {
  std::size_t bytes = 0;
  // None when the balancer speaks for itself (LOCAL), or does not know or cannot say (UNKNOWN,
  // UNSPEC, Unix sockets).
  struct Addresses {
    Address source, destination;
  };
  std::optional<Addresses> addresses;
};

enum class ProxyParse : std::uint8_t { done, more, refused };

struct ProxyOutcome {
  ProxyParse result = ProxyParse::more;
  std::string_view why;  // of refused
};

// Reads a header from the start of what has come so far. Refuses as soon as no bytes to come could
// make it one. TLVs are passed over.
ProxyOutcome parse_proxy_header(std::string_view bytes, ProxyHeader& header);

// Reads the header off `plain` and gives the stream behind it, which owns `plain`, begins with the
// first byte behind the header and has the addresses that the header names. Errors (Fault::client):
// invalid for anything else, closed when the peer ends before its first byte, and what reading
// gives. The caller holds a Deadline.
Async<Result<std::unique_ptr<Stream>>> accept_proxied(Reactor& reactor,
                                                      std::unique_ptr<Stream> plain);

}  // namespace perigee::net
