#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "net/socket.hpp"

namespace perigee::net {

namespace {

int open_spare() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

// Accepted sockets inherit NODELAY and KEEPALIVE on Linux: set once here, not once per connection.
bool bind_and_listen(int fd, const Address& address, const Listener::Options& options) {
  const int on = 1, off = 0;
  const auto set = [fd](int level, int name, const int& value) {
    return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
  };
  return set(SOL_SOCKET, SO_REUSEADDR, on) &&
         (!options.reuse_port || set(SOL_SOCKET, SO_REUSEPORT, on)) &&
         (address.family() != AF_INET6 || set(IPPROTO_IPV6, IPV6_V6ONLY, off)) &&
         set(IPPROTO_TCP, TCP_NODELAY, options.accepted.no_delay ? on : off) &&
         set(SOL_SOCKET, SO_KEEPALIVE, options.accepted.keep_alive ? on : off) &&
         ::bind(fd, address.raw(), address.raw_bytes()) == 0 && ::listen(fd, options.backlog) == 0;
}

// A handshake that is half done when the listener closes ends with a reset, and its client may have
// sent a request by then. A kernel that does not take the filter leaves that short window open.
void drop_new_handshakes(int fd) {
  constexpr std::uint32_t kFlags = 13, kSyn = 2;  // of the TCP header
  std::array<sock_filter, 4> code = {
      {BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlags), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kSyn, 0, 1),
       BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 0xffffffff)}};
  const sock_fprog program{.len = code.size(), .filter = code.data()};
  static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
}

const char* remedy(int error) {
  switch (error) {
    case EADDRINUSE:
      return "; stop who uses it or change the port";
    case EADDRNOTAVAIL:
      return "; no interface of this machine has this address";
    case EACCES:
      return "; ports below 1024 want the capability CAP_NET_BIND_SERVICE";
    default:
      return "";
  }
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(Reactor& reactor, const Address& address,
                                                 Options options, OnAccept on_accept) {
  const auto failed = [&](int error) {
    return fail(ErrorCode::other, "listening on " + address.text() + ": " +
                                      std::generic_category().message(error) + remedy(error));
  };
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed(errno);
  if (!bind_and_listen(fd, address, options)) {
    const int error = errno;
    ::close(fd);
    return failed(error);
  }
  auto listener = std::unique_ptr<Listener>(new Listener(reactor, fd, std::move(on_accept)));
  if (!reactor.add(fd, *listener)) return failed(ENOSPC);
  listener->registered_ = true;
  listener->on_shed_ = std::move(options.on_shed);
  return listener;
}

Listener::Listener(Reactor& reactor, int fd, OnAccept on_accept)
    : reactor_(reactor),
      fd_(fd),
      spare_(open_spare()),
      on_accept_(std::move(on_accept)),
      retry_([](void* self) { static_cast<Listener*>(self)->on_events(0); }, this) {
  sockaddr_storage storage{};
  socklen_t bytes = sizeof storage;
  auto* raw = reinterpret_cast<sockaddr*>(&storage);
  PERIGEE_ASSERT(::getsockname(fd_, raw, &bytes) == 0);
  address_ = Address(raw, bytes);
}

Listener::~Listener() {
  if (registered_) reactor_.remove(fd_, *this);
  ::close(fd_);
  if (spare_ >= 0) ::close(spare_);
}

void Listener::resume() {
  if (!std::exchange(paused_, false)) return;
  reactor_.again(*this);
}

void Listener::ignore_new() { drop_new_handshakes(fd_); }

void Listener::accept_last() {
  constexpr int kAcceptsMax = 65536;  // no backlog is longer; without the filter it may refill
  for (int left = kAcceptsMax; left > 0 && !paused_ && accept_one(); --left) {
  }
}

void Listener::on_events(std::uint32_t) {
  for (int left = kAcceptsPerTurn; left > 0; --left) {
    if (paused_ || !accept_one()) return;
  }
  reactor_.again(*this);  // no new event comes for what already waits
}

bool Listener::accept_one() {
  sockaddr_storage storage{};
  socklen_t bytes = sizeof storage;
  auto* raw = reinterpret_cast<sockaddr*>(&storage);
  const int fd = ::accept4(fd_, raw, &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    on_accept_(std::make_unique<Socket>(reactor_, fd, Address(raw, bytes),
                                        SocketOptions{.no_delay = false, .keep_alive = false}));
    return true;
  }
  switch (errno) {
    case EAGAIN:
      return false;
    case EMFILE:
    case ENFILE:
      return shed_one();
    case ENOBUFS:
    case ENOMEM:
      reactor_.timers().arm(retry_, reactor_.now() + kRetryAfter);
      return false;
    default:
      return true;  // the error of a connection that died in the backlog
  }
}

bool Listener::shed_one() {
  if (spare_ >= 0) ::close(spare_);
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  const int error = errno;
  if (fd >= 0) ::close(fd);
  spare_ = open_spare();
  // The kernel asks for the descriptor before it looks whether anyone waits.
  if (fd < 0 && error == EAGAIN) return false;
  ++exhausted_;
  if (on_shed_) on_shed_();
  if (fd >= 0) return true;
  // Another thread was quicker with the descriptor: edges do not come again, so a timer does.
  reactor_.timers().arm(retry_, reactor_.now() + kRetryAfter);
  return false;
}

}  // namespace perigee::net
