// An IPv4 or IPv6 address with a port.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace perigee::net {

class Address {
 public:
  Address() = default;  // 0.0.0.0:0
  Address(const sockaddr* raw, socklen_t bytes);
  // An IP literal: "127.0.0.1", "::1", "[::1]", with an optional %zone.
  static std::optional<Address> literal(std::string_view ip, std::uint16_t port);
  static Address any_ipv4(std::uint16_t port);
  static Address any_ipv6(std::uint16_t port);  // dual stack when bound without V6ONLY
  static Address loopback(std::uint16_t port);  // 127.0.0.1

  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t raw_bytes() const {
    return family() == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  }
  int family() const { return storage_.v4.sin_family; }
  std::uint16_t port() const { return ntohs(storage_.v4.sin_port); }
  void set_port(std::uint16_t port) { storage_.v4.sin_port = htons(port); }
  std::string ip() const;               // "127.0.0.1", "::1"
  std::size_t ip_into(char* to) const;  // at most 46 bytes; returns the length
  std::string text() const;             // "127.0.0.1:80", "[::1]:80"
  bool operator==(const Address& other) const;

 private:
  union {
    sockaddr_in v4;
    sockaddr_in6 v6;
  } storage_ = {.v4 = {.sin_family = AF_INET}};
};

}  // namespace perigee::net
