#include "pair/stream.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace perigee::bench {
namespace {

// The name in the certificate that the harness makes.
constexpr const char* kServerName = "api.example.com";

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void set_no_delay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

ssize_t from_syscall(ssize_t moved) {
  if (moved > 0) return moved;
  return moved < 0 && (errno == EAGAIN || errno == EINTR) ? kAgain : kEnd;
}

ssize_t from_tls(SSL* tls, int moved) {
  if (moved > 0) return moved;
  const int why = SSL_get_error(tls, moved);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? kAgain : kEnd;
}

std::string tls_reason() {
  char text[256];
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  return text;
}

SSL* shake_hands(int fd, SSL_CTX* context) {
  SSL* tls = SSL_new(context);
  SSL_set_tlsext_host_name(tls, kServerName);
  SSL_set1_host(tls, kServerName);
  SSL_set_fd(tls, fd);
  if (SSL_connect(tls) != 1) fail("TLS handshake with the proxy failed: " + tls_reason());
  return tls;
}

}  // namespace

void fail(const std::string& reason) {
  std::fprintf(stderr, "pair: %s\n", reason.c_str());
  std::exit(1);
}

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this == &other) return *this;
  close();
  fd_ = std::exchange(other.fd_, -1);
  tls_ = std::exchange(other.tls_, nullptr);
  return *this;
}

void Stream::close() {
  if (tls_ != nullptr) SSL_free(std::exchange(tls_, nullptr));
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Stream Stream::dial(std::uint16_t port, SSL_CTX* tls) {
  Stream stream(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (connect(stream.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("cannot connect to the proxy on port " + std::to_string(port) + ": " +
         std::strerror(errno));
  set_no_delay(stream.fd_);
  if (tls != nullptr) stream.tls_ = shake_hands(stream.fd_, tls);
  fcntl(stream.fd_, F_SETFL, O_NONBLOCK);
  return stream;
}

ssize_t Stream::read(char* into, std::size_t size) {
  if (tls_ != nullptr) return from_tls(tls_, SSL_read(tls_, into, static_cast<int>(size)));
  return from_syscall(recv(fd_, into, size, 0));
}

ssize_t Stream::discard(std::size_t size) {
  return from_syscall(recv(fd_, nullptr, size, MSG_TRUNC));
}

ssize_t Stream::write(std::string_view bytes) {
  if (tls_ != nullptr)
    return from_tls(tls_, SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())));
  return from_syscall(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

TlsContext trust(const std::string& certificate_file) {
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context.get(), "TLS_AES_256_GCM_SHA384");
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context.get(), 1);  // one recv per record instead of two
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(context.get(), certificate_file.c_str(), nullptr) != 1)
    fail("cannot read the certificate " + certificate_file + ": " + tls_reason());
  return context;
}

int listen_on(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd, 4096) != 0)
    fail("cannot listen on port " + std::to_string(port) + ": " + std::strerror(errno));
  return fd;
}

int accept_from(int listener) {
  const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) set_no_delay(fd);
  return fd;
}

}  // namespace perigee::bench
