#include "net/proxy_header.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace perigee::net {

namespace {

constexpr std::string_view kTextStart = "PROXY ";
constexpr std::size_t kTextBytesMax = 107;
constexpr std::string_view kBinaryStart("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kBinaryStartBytes = 16;  // with command, family and length

constexpr ProxyOutcome kMore{ProxyParse::more, {}};
constexpr ProxyOutcome kDone{ProxyParse::done, {}};
ProxyOutcome refused(std::string_view why) { return {ProxyParse::refused, why}; }

bool begins(std::string_view bytes, std::string_view start) {
  std::size_t there = std::min(bytes.size(), start.size());
  return bytes.substr(0, there) == start.substr(0, there);
}

Address ipv4(const void* ip, std::uint16_t port) {
  sockaddr_in raw{.sin_family = AF_INET, .sin_port = htons(port)};
  std::memcpy(&raw.sin_addr, ip, sizeof raw.sin_addr);
  return {reinterpret_cast<const sockaddr*>(&raw), sizeof raw};
}

Address ipv6(const void* ip, std::uint16_t port) {
  sockaddr_in6 raw{.sin6_family = AF_INET6, .sin6_port = htons(port)};
  std::memcpy(&raw.sin6_addr, ip, sizeof raw.sin6_addr);
  return {reinterpret_cast<const sockaddr*>(&raw), sizeof raw};
}

// Section 2.1: no leading zeros, at most 65535.
std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  return port;
}

// Without the zones and brackets that Address::literal() takes.
std::optional<Address> address_of(int family, std::string_view ip, std::string_view port_text) {
  std::optional<std::uint16_t> port = port_of(port_text);
  char text[INET6_ADDRSTRLEN] = {};
  if (!port || ip.size() >= sizeof text || ip.find('\0') != ip.npos) return std::nullopt;
  std::memcpy(text, ip.data(), ip.size());
  in6_addr raw{};  // the larger of the two
  if (::inet_pton(family, text, &raw) != 1) return std::nullopt;
  return family == AF_INET ? ipv4(&raw, *port) : ipv6(&raw, *port);
}

// "TCP4 192.0.2.1 192.0.2.2 50000 443", one space between.
ProxyOutcome parse_line(std::string_view line, ProxyHeader& header) {
  auto word = [&line] {
    std::size_t space = std::min(line.find(' '), line.size());
    std::string_view first = line.substr(0, space);
    line.remove_prefix(std::min(space + 1, line.size()));
    return first;
  };
  std::string_view family = word();
  if (family == "UNKNOWN") return kDone;  // what follows it means nothing
  if (family != "TCP4" && family != "TCP6") return refused("a family other than TCP4 and TCP6");
  std::string_view source = word(), destination = word(), source_port = word();
  int number = family == "TCP4" ? AF_INET : AF_INET6;
  std::optional<Address> from = address_of(number, source, source_port);
  std::optional<Address> to = address_of(number, destination, line);
  if (!from || !to) return refused("a malformed address or port");
  header.addresses = {*from, *to};
  return kDone;
}

ProxyOutcome parse_text(std::string_view bytes, ProxyHeader& header) {
  std::string_view window = bytes.substr(0, kTextBytesMax);
  std::size_t end = window.find_first_of("\r\n");
  if (end == window.npos)
    return window.size() < kTextBytesMax ? kMore : refused("a line of more than 107 bytes");
  if (window[end] == '\n') return refused("a line that ends with LF alone");
  if (end + 1 == kTextBytesMax) return refused("a line of more than 107 bytes");
  if (end + 1 == window.size()) return kMore;
  if (window[end + 1] != '\n') return refused("a CR without LF");
  header.bytes = end + 2;
  return parse_line(window.substr(kTextStart.size(), end - kTextStart.size()), header);
}

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}
std::uint16_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

// What stands in front of the TLVs: addresses, then ports. `family` as on the wire.
std::size_t address_bytes(unsigned family) {
  constexpr std::size_t kBytes[] = {0, 12, 36, 216};
  return kBytes[family];
}

ProxyOutcome parse_addresses(unsigned family, std::string_view block, ProxyHeader& header) {
  const char* at = block.data();
  if (family == 1) {
    header.addresses = {ipv4(at, number_at(block, 8)), ipv4(at + 4, number_at(block, 10))};
  } else if (family == 2) {
    header.addresses = {ipv6(at, number_at(block, 32)), ipv6(at + 16, number_at(block, 34))};
  }
  return kDone;
}

ProxyOutcome parse_binary(std::string_view bytes, ProxyHeader& header) {
  if (bytes.size() > 12 && byte_at(bytes, 12) != 0x20 && byte_at(bytes, 12) != 0x21)
    return refused("a version other than 2, or a command other than LOCAL and PROXY");
  if (bytes.size() < kBinaryStartBytes) return kMore;
  bool local = byte_at(bytes, 12) == 0x20;
  unsigned family = byte_at(bytes, 13) >> 4, transport = byte_at(bytes, 13) & 0x0f;
  std::size_t length = number_at(bytes, 14);
  if (kBinaryStartBytes + length > kProxyHeaderBytesMax)
    return refused("a header that is too long");
  // Section 2.2: the family of LOCAL is ignored.
  if (!local) {
    if (family > 3) return refused("an unknown address family");
    if (transport > 1) return refused("a transport other than a stream");
    if (length < address_bytes(family)) return refused("a length below that of its addresses");
  }
  header.bytes = kBinaryStartBytes + length;
  if (bytes.size() < header.bytes) return kMore;
  return local ? kDone : parse_addresses(family, bytes.substr(kBinaryStartBytes, length), header);
}

// A stream that begins behind a header and has the addresses of it.
class ProxiedStream final : public Stream {
 public:
  ProxiedStream(BufferPool& pool, std::unique_ptr<Stream> plain)
      : plain_(std::move(plain)),
        received_(pool),
        local_(plain_->local()),
        remote_(plain_->remote()) {}

  Async<Result<void>> read_header() {
    ProxyHeader header;
    while (true) {
      ProxyOutcome outcome = parse_proxy_header(received_.unread(), header);
      if (outcome.result == ProxyParse::done) break;
      if (outcome.result == ProxyParse::refused)
        co_return fail(ErrorCode::invalid, std::string(outcome.why), Fault::client);
      CO_TRY(std::size_t got, co_await plain_->read(received_));
      if (got > 0) continue;
      if (received_.empty())
        co_return fail(ErrorCode::closed, "ended before the first byte", Fault::client);
      co_return fail(ErrorCode::invalid, "ended within the header", Fault::client);
    }
    received_.consume(header.bytes);
    if (received_.empty()) received_.drop();
    if (header.addresses) {
      remote_ = header.addresses->source;
      local_ = header.addresses->destination;
    }
    co_return Result<void>{};
  }

  Async<Result<std::size_t>> read(Buffer& into) override {
    if (received_.empty() || plain_->closed()) return plain_->read(into);
    std::size_t bytes = std::min(into.room().size(), received_.size());
    into.append(received_.unread().substr(0, bytes));
    received_.consume(bytes);
    if (received_.empty()) received_.drop();
    return Result<std::size_t>(bytes);
  }
  bool readable() const override {
    return plain_->readable() || (!received_.empty() && !plain_->closed());
  }
  using Stream::write;
  Async<Result<void>> write(std::span<const std::string_view> slices) override {
    return plain_->write(slices);
  }
  Async<Result<void>> write_soon(std::span<const std::string_view> slices) override {
    return plain_->write_soon(slices);
  }
  void end() override { plain_->end(); }
  void close(bool reset) override {
    received_.drop();
    plain_->close(reset);
  }
  bool closed() const override { return plain_->closed(); }
  bool hung_up() const override { return plain_->hung_up(); }
  void listen_for_hangup(HangupListener* listener) override { plain_->listen_for_hangup(listener); }
  Address local() const override { return local_; }
  Address remote() const override { return remote_; }
  const TlsInfo& tls() const override { return plain_->tls(); }
  const StreamCounters& counters() const override { return plain_->counters(); }

 private:
  std::unique_ptr<Stream> plain_;
  Buffer received_;  // read together with the header
  Address local_, remote_;
};

}  // namespace

ProxyOutcome parse_proxy_header(std::string_view bytes, ProxyHeader& header) {
  header = {};
  if (bytes.empty()) return kMore;
  if (begins(bytes, kTextStart)) return parse_text(bytes, header);
  if (begins(bytes, kBinaryStart)) return parse_binary(bytes, header);
  return refused("its first bytes begin no such header");
}

Async<Result<std::unique_ptr<Stream>>> accept_proxied(Reactor& reactor,
                                                      std::unique_ptr<Stream> plain) {
  auto proxied = std::make_unique<ProxiedStream>(reactor.buffers(), std::move(plain));
  CO_TRY(co_await proxied->read_header());
  co_return std::unique_ptr<Stream>(std::move(proxied));
}

}  // namespace perigee::net
