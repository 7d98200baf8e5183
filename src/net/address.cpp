#include "net/address.hpp"

#include <arpa/inet.h>
#include <net/if.h>

#include <charconv>
#include <cstring>

namespace perigee::net {

namespace {

// Connections to a dual-stack listener come from ::ffff:1.2.3.4; that is 1.2.3.4 to everyone else.
std::optional<sockaddr_in> mapped_ipv4(const sockaddr_in6& v6) {
  if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) return std::nullopt;
  sockaddr_in v4{.sin_family = AF_INET, .sin_port = v6.sin6_port};
  std::memcpy(&v4.sin_addr, &v6.sin6_addr.s6_addr[12], sizeof v4.sin_addr);
  return v4;
}

std::optional<std::uint32_t> zone_id(const std::string& zone) {
  std::uint32_t id = 0;
  const char* end = zone.data() + zone.size();
  if (auto [at, error] = std::from_chars(zone.data(), end, id); error == std::errc() && at == end) {
    return id;
  }
  id = ::if_nametoindex(zone.c_str());
  return id == 0 ? std::nullopt : std::optional(id);
}

}  // namespace

Address::Address(const sockaddr* raw, socklen_t bytes) {
  if (raw->sa_family == AF_INET && bytes >= sizeof(sockaddr_in)) {
    std::memcpy(&storage_.v4, raw, sizeof(sockaddr_in));
  } else if (raw->sa_family == AF_INET6 && bytes >= sizeof(sockaddr_in6)) {
    std::memcpy(&storage_.v6, raw, sizeof(sockaddr_in6));
    if (auto v4 = mapped_ipv4(storage_.v6)) storage_.v4 = *v4;
  }
}

std::optional<Address> Address::literal(std::string_view ip, std::uint16_t port) {
  if (ip.size() >= 2 && ip.front() == '[' && ip.back() == ']') {
    ip = ip.substr(1, ip.size() - 2);
    if (ip.find(':') == ip.npos) return std::nullopt;
  }
  const std::size_t percent = ip.find('%');
  const std::string host(ip.substr(0, percent));
  if (host.find('\0') != host.npos) return std::nullopt;
  sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(port)};
  if (percent == ip.npos && ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    return Address(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  }
  sockaddr_in6 v6{.sin6_family = AF_INET6, .sin6_port = htons(port)};
  if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) return std::nullopt;
  if (percent != ip.npos) {
    auto zone = zone_id(std::string(ip.substr(percent + 1)));
    if (!zone) return std::nullopt;
    v6.sin6_scope_id = *zone;
  }
  return Address(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
}

Address Address::any_ipv4(std::uint16_t port) {
  Address address;
  address.set_port(port);
  return address;
}

Address Address::any_ipv6(std::uint16_t port) {
  const sockaddr_in6 v6{.sin6_family = AF_INET6, .sin6_port = htons(port)};
  return Address(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
}

Address Address::loopback(std::uint16_t port) {
  Address address = any_ipv4(port);
  address.storage_.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::size_t Address::ip_into(char* to) const {
  char* const from = to;
  if (family() == AF_INET6) {
    ::inet_ntop(AF_INET6, &storage_.v6.sin6_addr, to, INET6_ADDRSTRLEN);
    return std::strlen(to);
  }
  // By hand: inet_ntop goes through sprintf, and this stands in headers of every request.
  const std::uint32_t bits = ntohl(storage_.v4.sin_addr.s_addr);
  for (int shift = 24; shift >= 0; shift -= 8) {
    to = std::to_chars(to, to + 3, (bits >> shift) & 0xff).ptr;
    if (shift > 0) *to++ = '.';
  }
  return static_cast<std::size_t>(to - from);
}

std::string Address::ip() const {
  char text[INET6_ADDRSTRLEN];
  return std::string(text, ip_into(text));
}

std::string Address::text() const {
  const std::string host = ip();
  return (family() == AF_INET6 ? "[" + host + "]" : host) + ":" + std::to_string(port());
}

bool Address::operator==(const Address& other) const {
  if (family() != other.family() || port() != other.port()) return false;
  if (family() != AF_INET6) return storage_.v4.sin_addr.s_addr == other.storage_.v4.sin_addr.s_addr;
  return storage_.v6.sin6_scope_id == other.storage_.v6.sin6_scope_id &&
         IN6_ARE_ADDR_EQUAL(&storage_.v6.sin6_addr, &other.storage_.v6.sin6_addr);
}

}  // namespace perigee::net
