// TCP: streams over sockets, listeners, and connecting.
#pragma once

#include <functional>
#include <memory>

#include "net/reactor.hpp"
#include "net/stream.hpp"

namespace perigee::net {

struct SocketOptions {
  bool no_delay = true;
  bool keep_alive = true;
};

class Socket final : public Stream, private Source {
 public:
  // Takes the connected, non-blocking descriptor.
  Socket(Reactor& reactor, int fd, Address remote, SocketOptions options);
  ~Socket() override;

  Async<Result<std::size_t>> read(Buffer& into) override;
  bool readable() const override { return readable_ || hung_up_; }
  using Stream::write;
  Async<Result<void>> write(std::span<const std::string_view> slices) override;
  void end() override;
  void close(bool reset) override;
  bool closed() const override { return fd_ < 0; }
  bool hung_up() const override { return hung_up_; }
  void listen_for_hangup(HangupListener* listener) override { hangup_ = listener; }
  Address local() const override;
  Address remote() const override { return remote_; }
  const TlsInfo& tls() const override;
  const StreamCounters& counters() const override { return counters_; }
  int fd() const { return fd_; }
  Reactor& reactor() { return reactor_; }

 private:
  void on_events(std::uint32_t events) override;
  Result<std::size_t> read_now(Buffer& into);  // 0 with readable_ false = would block
  Async<Result<std::size_t>> read_later(Buffer& into);
  Async<Result<void>> write_later(std::span<const std::string_view> slices, std::size_t sent);
  Result<std::size_t> write_now(std::span<const std::string_view> slices, std::size_t skip);

  Reactor& reactor_;
  int fd_;
  bool readable_ = false;
  bool writable_ = true;
  bool hung_up_ = false;
  Address remote_;
  HangupListener* hangup_ = nullptr;
  StreamCounters counters_;
  Completion<Result<void>> read_wait_;
  Completion<Result<void>> write_wait_;
};

// Accepts on one address on one reactor (SO_REUSEPORT: several workers may listen on the same).
class Listener final : private Source {
 public:
  struct Options {
    int backlog = 4096;
    bool reuse_port = true;
    SocketOptions accepted;
  };
  using OnAccept = std::function<void(std::unique_ptr<Socket>)>;
  static Result<std::unique_ptr<Listener>> open(Reactor& reactor, const Address& address,
                                                Options options, OnAccept on_accept);
  ~Listener();
  Address address() const { return address_; }  // with the real port when 0 was asked
  // Stops accepting (a full server): connections wait in the backlog until resume().
  void pause();
  void resume();
  std::uint64_t descriptors_exhausted() const {
    return exhausted_;
  }  // times that EMFILE/ENFILE was survived

 private:
  Listener(Reactor& reactor, int fd, Options options, OnAccept on_accept);
  void on_events(std::uint32_t events) override;
  void accept_some();
  bool shed_one();  // out of descriptors: accepts and closes one by a spare descriptor

  Reactor& reactor_;
  int fd_;
  int spare_ = -1;
  Options options_;
  OnAccept on_accept_;
  Address address_;
  bool paused_ = false;
  std::uint64_t exhausted_ = 0;
  Timer retry_;
};

// Connects to one address. Errors: refused, unreachable, reset, and whatever ends the scope's wait
// (a Deadline of the caller).
Async<Result<std::unique_ptr<Socket>>> connect(Reactor& reactor, Address address,
                                               SocketOptions options);

}  // namespace perigee::net
