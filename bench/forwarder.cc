// A blind TCP forwarder: the least that any proxy must pay.
//
//   forwarder LISTEN_PORT TARGET_PORT
//
// One thread, edge-triggered epoll, one registration per socket for its life. It looks at no byte:
// each connection is joined to one of its own at the target, and both directions are copied. Bytes
// the receiver does not take are kept, and the sender is not read until they are gone.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

std::array<char, 64 * 1024> g_buffer;

struct Pipe;

// One socket of a pipe, and the bytes that it has not taken yet.
struct End {
  int fd = -1;
  Pipe* pipe = nullptr;
  End* other = nullptr;
  std::string unsent;
  bool is_readable = false;
  bool is_spent = false;  // its peer has sent its last byte
};

struct Pipe {
  Pipe(int client_fd, int target_fd) {
    client = {.fd = client_fd, .pipe = this, .other = &target};
    target = {.fd = target_fd, .pipe = this, .other = &client};
  }
  ~Pipe() {
    close(client.fd);
    close(target.fd);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  End client;
  End target;
  bool is_closed = false;
};

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int listen_on(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd, 4096) != 0) {
    std::perror("forwarder: cannot listen");
    std::exit(1);
  }
  return fd;
}

class Forwarder {
 public:
  Forwarder(int listen_port, int target_port)
      : listener_(listen_on(listen_port)), target_(loopback(target_port)) {
    watch(listener_, EPOLLIN, nullptr);
  }

  void run(const volatile std::sig_atomic_t& stop) {
    std::array<epoll_event, 256> events;
    while (stop == 0) {
      const int ready = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < ready; ++i) handle(events[static_cast<std::size_t>(i)]);
      for (Pipe* pipe : std::exchange(closed_, {})) delete pipe;
    }
  }

 private:
  void watch(int fd, std::uint32_t events, End* end) {
    epoll_event event{.events = events, .data = {.ptr = end}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    for (;;) {
      const int client = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (client < 0) return;
      join(client);
    }
  }

  void join(int client) {
    const int on = 1;
    const int upstream = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(upstream, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto* address = reinterpret_cast<const sockaddr*>(&target_);
    if (connect(upstream, address, sizeof target_) != 0 && errno != EINPROGRESS) {
      close(client);
      close(upstream);
      return;
    }
    auto* pipe = new Pipe(client, upstream);  // freed at the end of the turn that closes it
    constexpr std::uint32_t kBoth = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    watch(client, kBoth, &pipe->client);
    watch(upstream, kBoth, &pipe->target);
  }

  void handle(const epoll_event& event) {
    if (event.data.ptr == nullptr) return accept_all();
    End& end = *static_cast<End*>(event.data.ptr);
    if (end.pipe->is_closed) return;
    if ((event.events & EPOLLOUT) != 0 && !end.unsent.empty() && flush(end))
      copy(*end.other, false);
    const bool hung_up = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if (hung_up || (event.events & EPOLLIN) != 0) {
      end.is_readable = true;
      copy(end, hung_up);
    }
  }

  // Sends what was kept; true when nothing is left.
  bool flush(End& end) {
    const ssize_t sent = send(end.fd, end.unsent.data(), end.unsent.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN ? false : (close_pipe(*end.pipe), false);
    end.unsent.erase(0, static_cast<std::size_t>(sent));
    if (!end.unsent.empty()) return false;
    if (end.other->is_spent) shutdown(end.fd, SHUT_WR);
    return true;
  }

  // Moves bytes while the source has some and the sink takes them. A short read has emptied the
  // source, unless the same event told of its end.
  void copy(End& source, bool hung_up) {
    End& sink = *source.other;
    while (source.is_readable && sink.unsent.empty() && !source.pipe->is_closed) {
      const ssize_t got = recv(source.fd, g_buffer.data(), g_buffer.size(), 0);
      if (got < 0 && errno == EAGAIN) {
        source.is_readable = false;
      } else if (got <= 0) {
        finish(source, got < 0);
      } else {
        source.is_readable = hung_up || static_cast<std::size_t>(got) == g_buffer.size();
        pass(sink, {g_buffer.data(), static_cast<std::size_t>(got)});
      }
    }
  }

  void pass(End& sink, std::string_view bytes) {
    const ssize_t sent = send(sink.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != ENOTCONN) return close_pipe(*sink.pipe);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    sink.unsent = bytes;
  }

  void finish(End& source, bool is_broken) {
    source.is_readable = false;
    source.is_spent = true;
    if (is_broken || source.other->is_spent) return close_pipe(*source.pipe);
    if (source.other->unsent.empty()) shutdown(source.other->fd, SHUT_WR);
  }

  void close_pipe(Pipe& pipe) {
    if (!std::exchange(pipe.is_closed, true)) closed_.push_back(&pipe);
  }

  const int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  const int listener_;
  const sockaddr_in target_;
  std::vector<Pipe*> closed_;
};

volatile std::sig_atomic_t g_stop = 0;
void request_stop(int) { g_stop = 1; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: forwarder LISTEN_PORT TARGET_PORT\n");
    return 2;
  }
  std::signal(SIGTERM, request_stop);
  Forwarder(std::atoi(argv[1]), std::atoi(argv[2])).run(g_stop);
}
