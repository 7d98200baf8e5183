#include "net/socket.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/put_bytes.hpp"

namespace perigee::net {

namespace {

constexpr std::uint32_t kHangupEvents = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::size_t kSlicesPerCall = 64;

void set_option(int fd, int level, int name, int value = 1) {
  // Refused only by descriptors that are no TCP sockets; they do without.
  static_cast<void>(::setsockopt(fd, level, name, &value, sizeof value));
}

void set_patience(int fd, const SocketOptions& options) {
  const auto set = [fd](int name, auto value) {
    if (value > 0) set_option(fd, IPPROTO_TCP, name, static_cast<int>(value));
  };
  set(TCP_KEEPIDLE, options.keep_alive_idle.count());
  set(TCP_KEEPINTVL, options.keep_alive_interval.count());
  set(TCP_KEEPCNT, options.keep_alive_probes);
  set(TCP_USER_TIMEOUT, options.user_timeout.count());
}

// recv() and send() of glibc are cancellation points, which cost two atomic exchanges each in a
// program with threads. Nobody cancels ours.
#if __has_feature(thread_sanitizer)  // follows threads through the functions
ssize_t receive(int fd, std::span<char> room) { return ::recv(fd, room.data(), room.size(), 0); }
ssize_t send(int fd, std::string_view bytes) {
  return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}
#else
ssize_t receive(int fd, std::span<char> room) {
  return ::syscall(SYS_recvfrom, fd, room.data(), room.size(), 0, nullptr, nullptr);
}
ssize_t send(int fd, std::string_view bytes) {
  return ::syscall(SYS_sendto, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL, nullptr, 0);
}
#endif

}  // namespace

// Tells, after a flow was resumed, whether it has destroyed the socket. Watches nest.
class Socket::Watch {
 public:
  explicit Watch(Socket& socket) : socket_(&socket), outer_(socket.watch_) { socket.watch_ = this; }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    if (socket_) socket_->watch_ = outer_;
  }
  bool gone() const { return socket_ == nullptr; }
  static void tell(Socket& socket) {
    for (Watch* watch = socket.watch_; watch; watch = watch->outer_) watch->socket_ = nullptr;
  }

 private:
  Socket* socket_;
  Watch* outer_;
};

Socket::Socket(Reactor& reactor, int fd, Address remote, SocketOptions options)
    : reactor_(reactor), fd_(fd), remote_(remote), kept_(reactor.buffers()) {
  if (options.no_delay) set_option(fd, IPPROTO_TCP, TCP_NODELAY);
  if (options.keep_alive) set_option(fd, SOL_SOCKET, SO_KEEPALIVE);
  set_patience(fd, options);
  if (!reactor.add(fd, *this, options.brings)) {
    ::close(fd);
    fd_ = -1;
    writable_ = false;
  }
}

Socket::~Socket() {
  close();
  Watch::tell(*this);
}

void Socket::on_events(std::uint32_t events) {
  if (events & (EPOLLIN | kHangupEvents)) readable_ = true;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) writable_ = true;
  if (writable_ && !kept_.empty()) [[unlikely]]
    send_kept();
  const bool wake_reader = readable_ && read_wait_.waiting();
  const bool wake_writer = writable_ && write_wait_.waiting();
  if (events & kHangupEvents) [[unlikely]] {
    hung_up_ = true;
    return on_hangup_events(wake_reader, wake_writer);
  }
  const bool tell = (events & EPOLLIN) && hangup_ && !wake_reader;
  if (wake_writer) {
    if (!wake_reader && !tell) return write_wait_.complete({});
    Watch watch(*this);
    write_wait_.complete({});
    if (watch.gone()) return;
  }
  if (wake_reader) {
    if (read_wait_.waiting()) read_wait_.complete({});
  } else if (tell && hangup_) {
    hangup_->on_readable();
  }
}

void Socket::on_hangup_events(bool wake_reader, bool wake_writer) {
  Watch watch(*this);
  if (wake_writer) write_wait_.complete({});
  if (watch.gone()) return;
  if (wake_reader) {  // the end is the reader's news
    if (read_wait_.waiting()) read_wait_.complete({});
    return;
  }
  if (hangup_) std::exchange(hangup_, nullptr)->on_hangup();
}

bool Socket::has_share_of_turn() {
  const auto turn = static_cast<std::uint32_t>(reactor_.turns());
  if (turn_ != turn) {
    turn_ = turn;
    reads_ = 0;
  }
  return ++reads_ <= kReadsPerTurn;
}

Async<Result<std::size_t>> Socket::read(Buffer& into) {
  if (readable_ && has_share_of_turn()) {
    Result<std::size_t> got = read_now(into);
    if (!got || *got > 0 || readable_) return got;
  }
  if (fd_ < 0) return was_closed();
  return read_later(into);
}

Async<Result<std::size_t>> Socket::read_later(Buffer& into) {
  // Readable all the same: the share of this turn is used up.
  if (readable_) reactor_.again(*this);
  for (;;) {
    CO_TRY(co_await read_wait_);
    Result<std::size_t> got = read_now(into);
    if (!got || *got > 0 || readable_) co_return got;
  }
}

Result<std::size_t> Socket::read_now(Buffer& into) {
  const bool leased = into.leased();
  const std::span<char> room = into.room();
  PERIGEE_ASSERT(!room.empty());
  ssize_t got;
  do {
    got = receive(fd_, room);
  } while (got < 0 && errno == EINTR);
  if (got < 0) [[unlikely]] {
    const int error = errno;
    if (!leased) into.drop();  // an idle stream holds no buffer
    if (error != EAGAIN) return broken(error);
    readable_ = false;
    return 0;
  }
  const auto bytes = static_cast<std::size_t>(got);
  if (bytes == 0 && lost_ != 0) [[unlikely]] {
    if (!leased) into.drop();
    return broken(lost_);
  }
  // A short read has emptied the socket, unless the end may follow: its event has already come.
  if (bytes < room.size() && !hung_up_) readable_ = false;
  if (bytes == 0) {
    readable_ = hung_up_ = true;  // the end may come before its event
    if (!leased) into.drop();
  }
  into.commit(bytes);
  counters_.bytes_read += bytes;
  return bytes;
}

Async<Result<void>> Socket::write(std::span<const std::string_view> slices) {
  std::size_t sent = 0;
  if (writable_ && !kept_.empty()) send_kept();
  if (writable_) {
    Result<std::size_t> now = write_now(slices, 0);
    if (!now) return std::unexpected(std::move(now).error());
    if (writable_) return Result<void>{};
    sent = *now;
  }
  if (fd_ < 0) return was_closed();
  return write_later({slices.begin(), slices.end()}, sent);
}

Async<Result<void>> Socket::write_later(std::vector<std::string_view> slices, std::size_t sent) {
  for (;;) {
    CO_TRY(co_await write_wait_);
    if (!kept_.empty()) send_kept();
    if (!writable_) continue;
    CO_TRY(std::size_t more, write_now(slices, sent));
    if (writable_) co_return Result<void>{};
    sent += more;
  }
}

Async<Result<void>> Socket::write_soon(std::span<const std::string_view> slices) {
  std::size_t bytes = 0;
  for (std::string_view slice : slices) bytes += slice.size();
  if (!writable_ || bytes > BufferPool::kSmallBytes) return write(slices);
  const std::span<char> room = kept_.room();
  if (bytes > room.size()) return write(slices);
  if (kept_.empty()) reactor_.at_turn_end(*this);
  char* at = room.data();
  for (std::string_view slice : slices) at = put_bytes(at, slice);
  kept_.commit(bytes);
  counters_.bytes_written += bytes;
  return Result<void>{};
}

void Socket::send_kept() {
  while (writable_ && !kept_.empty()) {
    const std::string_view bytes = kept_.unread();
    const ssize_t now = net::send(fd_, bytes);
    if (now < 0 && errno == EINTR) continue;
    if (now < 0 && errno != EAGAIN) {
      // They were said to be written: nothing may follow on this connection. Its reader learns it.
      lost_ = errno;
      kept_.drop();
      static_cast<void>(::shutdown(fd_, SHUT_RDWR));
      return;
    }
    const std::size_t sent = now < 0 ? 0 : static_cast<std::size_t>(now);
    writable_ = sent == bytes.size();
    kept_.consume(sent);
  }
  if (!kept_.empty()) return;
  kept_.drop();
  if (std::exchange(ends_, false)) end();
}

namespace {

// Fills `vectors` with what comes after `skip` bytes; moves `slices` past what was taken.
std::size_t gather(std::span<const std::string_view>& slices, std::size_t& skip, iovec* vectors,
                   std::size_t& bytes) {
  std::size_t count = 0;
  while (!slices.empty() && count < kSlicesPerCall) {
    const std::string_view slice = slices.front();
    slices = slices.subspan(1);
    if (skip >= slice.size()) {
      skip -= slice.size();
      continue;
    }
    vectors[count++] = {const_cast<char*>(slice.data() + skip), slice.size() - skip};
    bytes += slice.size() - skip;
    skip = 0;
  }
  return count;
}

}  // namespace

Result<std::size_t> Socket::write_now(std::span<const std::string_view> slices, std::size_t skip) {
  iovec vectors[kSlicesPerCall];
  std::size_t sent = 0;
  for (;;) {
    std::size_t bytes = 0;
    msghdr message{};
    message.msg_iov = vectors;
    message.msg_iovlen = gather(slices, skip, vectors, bytes);
    if (bytes == 0) return sent;
    ssize_t now;
    do {
      now = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    } while (now < 0 && errno == EINTR);
    if (now < 0 && errno != EAGAIN) [[unlikely]]
      return broken(errno);
    if (now > 0) {
      sent += static_cast<std::size_t>(now);
      counters_.bytes_written += static_cast<std::size_t>(now);
    }
    if (now < 0 || static_cast<std::size_t>(now) < bytes) {
      writable_ = false;
      return sent;
    }
  }
}

void Socket::end() {
  if (!kept_.empty()) send_kept();
  ends_ = !kept_.empty();
  // ENOTCONN: the peer has reset; whoever reads or writes next learns it.
  if (fd_ >= 0 && !ends_) static_cast<void>(::shutdown(fd_, SHUT_WR));
}

void Socket::close(bool reset) {
  if (fd_ < 0) return;
  if (!reset && !kept_.empty()) send_kept();
  kept_.drop();
  if (reset) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    static_cast<void>(::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
  }
  reactor_.remove(fd_, *this);
  ::close(std::exchange(fd_, -1));
  readable_ = writable_ = false;
  hangup_ = nullptr;
  if (!write_wait_.waiting() && !read_wait_.waiting()) return;
  Watch watch(*this);
  if (write_wait_.waiting()) write_wait_.complete(was_closed());
  if (!watch.gone() && read_wait_.waiting()) read_wait_.complete(was_closed());
}

Address Socket::local() const {
  sockaddr_storage storage{};
  socklen_t bytes = sizeof storage;
  auto* raw = reinterpret_cast<sockaddr*>(&storage);
  if (fd_ < 0 || ::getsockname(fd_, raw, &bytes) != 0) return {};
  return Address(raw, bytes);
}

const TlsInfo& Socket::tls() const {
  static const TlsInfo none;
  return none;
}

std::unexpected<Error> Socket::broken(int error) const {
  return fail(ErrorCode::reset,
              "connection with " + remote_.text() + ": " + std::generic_category().message(error));
}

std::unexpected<Error> Socket::was_closed() const {
  return fail(ErrorCode::closed, "connection with " + remote_.text() + ": closed on our side");
}

namespace {

ErrorCode connect_code(int error) {
  switch (error) {
    case ECONNREFUSED:
      return ErrorCode::refused;
    case ECONNRESET:
      return ErrorCode::reset;
    case ETIMEDOUT:
      return ErrorCode::connect_timed_out;
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
    case EACCES:  // a firewall or a route of type "prohibit"
    case EPERM:
    case EINVAL:  // a link-local address without a zone
    case EAFNOSUPPORT:
      return ErrorCode::unreachable;
    default:
      return ErrorCode::limit;  // descriptors, local ports or memory used up: ours
  }
}

std::unexpected<Error> connect_failed(const Address& address, int error) {
  const ErrorCode code = connect_code(error);
  Error failure(code,
                "connecting to " + address.text() + ": " + std::generic_category().message(error),
                code == ErrorCode::limit ? Fault::ours : Fault::upstream);
  failure.retry_is_safe = true;
  return std::unexpected(std::move(failure));
}

}  // namespace

Async<Result<std::unique_ptr<Socket>>> connect(Reactor& reactor, Address address,
                                               SocketOptions options) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return connect_failed(address, errno);
  if (::connect(fd, address.raw(), address.raw_bytes()) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    ::close(fd);
    return connect_failed(address, error);
  }
  options.brings = Reactor::Brings::answers;
  auto socket = std::make_unique<Socket>(reactor, fd, address, options);
  if (socket->closed()) return connect_failed(address, ENOSPC);
  // The first event tells how it went, also when it went at once.
  socket->writable_ = false;
  return Socket::connected(std::move(socket));
}

Async<Result<std::unique_ptr<Socket>>> Socket::connected(std::unique_ptr<Socket> socket) {
  CO_TRY(co_await socket->write_wait_);
  if (socket->hung_up_) {  // or else it is connected
    int error = 0;
    socklen_t bytes = sizeof error;
    PERIGEE_ASSERT(::getsockopt(socket->fd_, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0);
    if (error != 0) co_return connect_failed(socket->remote_, error);
  }
  co_return std::move(socket);
}

}  // namespace perigee::net
