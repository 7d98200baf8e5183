#include "policies/ip_block.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace perigee::policies {

IpBlock::Bytes IpBlock::bytes_of(const net::Address& address) {
  Bytes bytes{};
  if (address.family() == AF_INET6) {
    auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.raw());
    std::memcpy(bytes.data(), &v6->sin6_addr, 16);
  } else {
    auto* v4 = reinterpret_cast<const sockaddr_in*>(address.raw());
    std::memcpy(bytes.data(), &v4->sin_addr, 4);
  }
  return bytes;
}

std::optional<IpBlock> IpBlock::parse(std::string_view text, bool with_ends) {
  std::size_t slash = text.find('/');
  std::optional<net::Address> address = net::Address::literal(text.substr(0, slash), 0);
  if (!address) return std::nullopt;
  IpBlock block;
  block.bytes_ = bytes_of(*address);
  block.family_ = address->family();
  unsigned bits_max = block.family_ == AF_INET6 ? 128 : 32;
  block.bits_ = bits_max;
  if (slash == std::string_view::npos) return block;
  std::string_view bits = text.substr(slash + 1);
  auto [end, error] = std::from_chars(bits.begin(), bits.end(), block.bits_);
  if (error != std::errc() || end != bits.end() || block.bits_ > bits_max) return std::nullopt;
  block.with_ends_ = with_ends || block.family_ == AF_INET6;
  return block;
}

bool IpBlock::contains(const net::Address& address) const {
  if (address.family() != family_) return false;
  Bytes bytes = bytes_of(address);
  for (unsigned i = 0; i * 8 < bits_; ++i) {
    unsigned shared = std::min(bits_ - i * 8, 8U);
    auto mask = static_cast<std::uint8_t>(0xFF << (8 - shared));
    if (((bytes[i] ^ bytes_[i]) & mask) != 0) return false;
  }
  return with_ends_ || (!empty() && !is_end(bytes));
}

// All bits behind the shared ones are zero, or all are one. Of IPv4.
bool IpBlock::is_end(const Bytes& address) const {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value = value << 8 | address[i];
  std::uint32_t host = bits_ == 0 ? ~0U : (1U << (32 - bits_)) - 1;
  return (value & host) == 0 || (value & host) == host;
}

}  // namespace perigee::policies
