#include "tests/net/support/dns_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.hpp"

namespace perigee::net::testing {

namespace {

constexpr int kA = 1, kCname = 5;
constexpr std::size_t kHeaderBytes = 12;

std::string u16(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string encoded_name(const std::string& name) {
  std::string wire;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t dot = std::min(name.find('.', at), name.size());
    wire += static_cast<char>(dot - at);
    wire += name.substr(at, dot - at);
    at = dot + 1;
  }
  return wire + '\0';
}

std::string decoded_name(const std::string& query) {
  std::string name;
  for (std::size_t at = kHeaderBytes; at < query.size() && query[at] != 0;) {
    const auto bytes = static_cast<unsigned char>(query[at]);
    if (!name.empty()) name += '.';
    name += query.substr(at + 1, bytes);
    at += bytes + 1u;
  }
  for (char& c : name) c = static_cast<char>(std::tolower(c));
  return name;
}

std::string address_bytes(const std::string& text, int type) {
  std::string bytes(type == kA ? 4 : 16, '\0');
  PERIGEE_ASSERT(inet_pton(type == kA ? AF_INET : AF_INET6, text.c_str(), bytes.data()) == 1);
  return bytes;
}

std::string record(const std::string& owner, int type, int ttl, const std::string& data) {
  return encoded_name(owner) + u16(static_cast<unsigned>(type)) + u16(1) +
         u16(static_cast<unsigned>(ttl) >> 16) + u16(static_cast<unsigned>(ttl) & 0xffff) +
         u16(static_cast<unsigned>(data.size())) + data;
}

int bound(int kind, std::uint16_t port) {
  const int fd = ::socket(AF_INET, kind | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  PERIGEE_ASSERT(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t bytes = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &bytes);
  return ntohs(address.sin_port);
}

bool read_exactly(int fd, std::string& into) {
  return ::recv(fd, into.data(), into.size(), MSG_WAITALL) == static_cast<ssize_t>(into.size());
}

}  // namespace

DnsServer::DnsServer() {
  tcp_ = bound(SOCK_STREAM, 0);
  port_ = port_of(tcp_);
  udp_ = bound(SOCK_DGRAM, port_);
  PERIGEE_ASSERT(::listen(tcp_, 16) == 0);
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { run(); });
}

DnsServer::~DnsServer() {
  const std::uint64_t one = 1;
  PERIGEE_ASSERT(::write(stop_, &one, sizeof one) == sizeof one);
  thread_.join();
  for (int fd : {udp_, tcp_, stop_}) ::close(fd);
}

void DnsServer::set(const std::string& name, DnsScript script) {
  std::lock_guard lock(mutex_);
  scripts_[name] = std::move(script);
}

int DnsServer::asked(const std::string& name) {
  std::lock_guard lock(mutex_);
  return asked_[name];
}

int DnsServer::asked_by_tcp() {
  std::lock_guard lock(mutex_);
  return asked_by_tcp_;
}

void DnsServer::run() {
  for (;;) {
    pollfd fds[] = {{stop_, POLLIN, 0}, {udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
    ::poll(fds, 3, -1);
    if (fds[0].revents) return;
    if (fds[1].revents) serve_udp();
    if (fds[2].revents) serve_tcp();
  }
}

void DnsServer::serve_udp() {
  std::string query(1500, '\0');
  sockaddr_in from{};
  socklen_t from_bytes = sizeof from;
  const ssize_t got = ::recvfrom(udp_, query.data(), query.size(), 0,
                                 reinterpret_cast<sockaddr*>(&from), &from_bytes);
  if (got <= 0) return;
  query.resize(static_cast<std::size_t>(got));
  const std::string reply = answer(query, false);
  if (reply.empty()) return;
  ::sendto(udp_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), from_bytes);
}

// Answers every query of one connection, one byte short of a whole first write: the client must put
// the pieces together.
void DnsServer::serve_tcp() {
  const int fd = ::accept4(tcp_, nullptr, nullptr, SOCK_CLOEXEC);
  std::string length(2, '\0');
  while (read_exactly(fd, length)) {
    std::string query(
        static_cast<unsigned char>(length[0]) * 256u + static_cast<unsigned char>(length[1]), '\0');
    if (!read_exactly(fd, query)) break;
    {
      std::lock_guard lock(mutex_);
      ++asked_by_tcp_;
    }
    const std::string reply = answer(query, true);
    const std::string framed = u16(static_cast<unsigned>(reply.size())) + reply;
    if (::send(fd, framed.data(), 3, MSG_NOSIGNAL) < 0 ||
        ::send(fd, framed.data() + 3, framed.size() - 3, MSG_NOSIGNAL) < 0) {
      break;
    }
  }
  ::close(fd);
}

std::string DnsServer::answer(const std::string& query, bool by_tcp) {
  const std::string name = decoded_name(query);
  const std::size_t type_at = kHeaderBytes + name.size() + 2;
  if (query.size() < type_at + 4) return "";
  const int type = static_cast<unsigned char>(query[type_at + 1]);
  std::lock_guard lock(mutex_);
  if (type == kA) ++asked_[name];
  auto found = scripts_.find(name);
  DnsScript script = found == scripts_.end() ? DnsScript{.failure = 3} : found->second;
  if (script.silent) return "";

  std::string records, owner = name;
  unsigned count = 0;
  const bool truncated = script.truncated && !by_tcp;
  if (script.failure == 0 && !truncated) {
    for (const DnsRecord& alias : script.alias) {
      records += record(owner, kCname, alias.ttl, encoded_name(alias.data));
      owner = alias.data;
      ++count;
    }
    for (const DnsRecord& address : type == kA ? script.a : script.aaaa) {
      records += record(owner, type, address.ttl, address_bytes(address.data, type));
      ++count;
    }
  }
  constexpr unsigned kResponse = 0x8180, kTruncated = 0x0200;
  const unsigned flags =
      kResponse | (truncated ? kTruncated : 0u) | static_cast<unsigned>(script.failure);
  return query.substr(0, 2) + u16(flags) + u16(1) + u16(count) + u16(0) + u16(0) +
         query.substr(kHeaderBytes, type_at + 4 - kHeaderBytes) + records;
}

}  // namespace perigee::net::testing
