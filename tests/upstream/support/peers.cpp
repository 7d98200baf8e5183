#include "tests/upstream/support/peers.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace perigee::upstream::testing {

Peer::Peer(net::Reactor& reactor, std::unique_ptr<net::Stream> stream)
    : reactor_(reactor), stream_(std::move(stream)) {
  reading_.start(read());
}

void Peer::go_on_reading() {
  if (!reading_.running()) reading_.start(read());
}

std::string Peer::head() const {
  std::size_t end = received.find("\r\n\r\n");
  return end == std::string::npos ? std::string() : received.substr(0, end + 4);
}

Async<void> Peer::read() {
  Buffer buffer(reactor_.buffers());
  for (;;) {
    Result<std::size_t> got = co_await stream_->read(buffer);
    if (!got) {
      broken = true;
      co_return;
    }
    if (*got == 0) {
      ended = true;
      co_return;
    }
    received += buffer.unread();
    buffer.drop();
  }
}

void Peer::send(std::string bytes) {
  to_send_.push_back(std::move(bytes));
  if (!writing_.running()) writing_.start(write());
}

Async<void> Peer::write() {
  while (!to_send_.empty()) {
    Result<void> sent = co_await stream_->write(to_send_.front());
    if (!sent) {
      broken = true;
      to_send_.clear();
      co_return;
    }
    to_send_.pop_front();
  }
}

RawBackend::RawBackend(net::Reactor& reactor, net::Address address) {
  auto opened =
      net::Listener::open(reactor, address, {}, [this, &reactor](std::unique_ptr<net::Socket> s) {
        connections.push_back(std::make_unique<Peer>(reactor, std::move(s)));
      });
  EXPECT_TRUE(opened) << opened.error().message;
  listener_ = *std::move(opened);
}

namespace {

// The kernel takes a connection or two beyond the backlog; then it ignores the rest.
bool fills_backlog(std::uint16_t port, std::vector<int>& filling) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  filling.push_back(fd);
  ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  pollfd waiting{.fd = fd, .events = POLLOUT};
  return ::poll(&waiting, 1, 100) == 0;
}

}  // namespace

HangingBackend::HangingBackend() {
  listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(0, ::bind(listening_, reinterpret_cast<sockaddr*>(&address), sizeof address));
  EXPECT_EQ(0, ::listen(listening_, 0));
  socklen_t size = sizeof address;
  EXPECT_EQ(0, ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size));
  port_ = ntohs(address.sin_port);
  while (!fills_backlog(port_, filling_) && filling_.size() < 16) {
  }
}

HangingBackend::~HangingBackend() {
  for (int fd : filling_) ::close(fd);
  ::close(listening_);
}

std::uint16_t closed_port(net::Reactor& reactor) { return RawBackend(reactor).port(); }

}  // namespace perigee::upstream::testing
