// One non-blocking TCP stream, plain or TLS. Owns its descriptor.
//
// read(), discard() and write() return bytes moved, kAgain when the kernel says "not now", or kEnd
// when the stream is over, for whatever reason.
#pragma once

#include <openssl/ssl.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace perigee::bench {

[[noreturn]] void fail(const std::string& reason);  // one line on stderr, exit status 1

inline constexpr ssize_t kEnd = 0;
inline constexpr ssize_t kAgain = -1;

class Stream {
 public:
  Stream() = default;
  explicit Stream(int fd) : fd_(fd) {}
  Stream(Stream&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), tls_(std::exchange(other.tls_, nullptr)) {}
  Stream& operator=(Stream&& other) noexcept;
  ~Stream() { close(); }

  // Connects to a loopback port; with a context also shakes hands. Blocks; fails the program.
  static Stream dial(std::uint16_t port, SSL_CTX* tls);

  ssize_t read(char* into, std::size_t size);
  ssize_t discard(std::size_t size);  // plain streams only: drops bytes without copying them
  ssize_t write(std::string_view bytes);

  int fd() const { return fd_; }
  bool encrypted() const { return tls_ != nullptr; }
  bool holds_more() const { return tls_ != nullptr && SSL_has_pending(tls_) == 1; }

 private:
  void close();

  int fd_ = -1;
  SSL* tls_ = nullptr;
};

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeContext>;

// A client context that trusts exactly this certificate and offers one cipher suite, so that every
// proxy does the same cryptography.
TlsContext trust(const std::string& certificate_file);

// A non-blocking listener on a loopback port.
int listen_on(std::uint16_t port);

// The next connection of a listener, TCP_NODELAY set; -1 when there is none.
int accept_from(int listener);

}  // namespace perigee::bench
