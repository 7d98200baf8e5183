// IpBlock: an address, or a block of addresses ("10.0.0.0/8", "2001:db8::/32").
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "net/address.hpp"

namespace perigee::policies {

class IpBlock {
 public:
  // `with_ends`: whether the first and the last address of an IPv4 block (of its network and
  // broadcast) belong to it; without, blocks of one and of two addresses are empty.
  static std::optional<IpBlock> parse(std::string_view text, bool with_ends);

  bool contains(const net::Address& address) const;
  bool empty() const { return !with_ends_ && bits_ > 30; }

 private:
  using Bytes = std::array<std::uint8_t, 16>;
  static Bytes bytes_of(const net::Address& address);
  bool is_end(const Bytes& address) const;

  Bytes bytes_{};
  int family_ = AF_INET;
  unsigned bits_ = 0;      // that all its addresses share
  bool with_ends_ = true;  // of all but blocks of IPv4
};

}  // namespace perigee::policies
