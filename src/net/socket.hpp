// TCP: streams over sockets, listeners, and connecting.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "net/reactor.hpp"
#include "net/stream.hpp"

namespace perigee::net {

struct SocketOptions {
  bool no_delay = true;
  bool keep_alive = true;
  // How soon a dead peer is noticed; 0: as the system has it.
  std::chrono::seconds keep_alive_idle{0};
  std::chrono::seconds keep_alive_interval{0};
  int keep_alive_probes = 0;
  std::chrono::milliseconds user_timeout{0};           // for what was sent to be acknowledged
  Reactor::Brings brings = Reactor::Brings::requests;  // connect() gives answers
};

// A connected socket. read() and write() try the kernel first and have no coroutine frame when it
// says yes. A bulk reader gets a bounded number of reads per loop turn.
class Socket final : public Stream, private Source {
 public:
  static constexpr unsigned kReadsPerTurn = 16;

  // Takes the connected, non-blocking descriptor. Born closed when the reactor has no room for it.
  Socket(Reactor& reactor, int fd, Address remote, SocketOptions options);
  ~Socket() override;

  Async<Result<std::size_t>> read(Buffer& into) override;
  bool readable() const override { return readable_; }
  using Stream::write;
  Async<Result<void>> write(std::span<const std::string_view> slices) override;
  // Many small answers in one turn leave back to back: their receiver is woken once, not for each.
  Async<Result<void>> write_soon(std::span<const std::string_view> slices) override;
  void end() override;
  void close(bool reset = false) override;
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
  friend Async<Result<std::unique_ptr<Socket>>> connect(Reactor&, Address, SocketOptions);
  class Watch;
  static Async<Result<std::unique_ptr<Socket>>> connected(std::unique_ptr<Socket> socket);

  void on_events(std::uint32_t events) override;
  void on_turn_end() override { send_kept(); }
  void send_kept();  // as much as the kernel takes
  void on_hangup_events(bool wake_reader, bool wake_writer);
  bool has_share_of_turn();
  Result<std::size_t> read_now(Buffer& into);  // 0 with readable_ false = would block
  Async<Result<std::size_t>> read_later(Buffer& into);
  // Returns what was sent; all of it if writable_ is still true.
  Result<std::size_t> write_now(std::span<const std::string_view> slices, std::size_t skip);
  Async<Result<void>> write_later(std::vector<std::string_view> slices, std::size_t sent);
  std::unexpected<Error> broken(int error) const;
  std::unexpected<Error> was_closed() const;

  Reactor& reactor_;
  int fd_;
  // What the last event or call told; the kernel is not asked again before it says otherwise.
  bool readable_ = false;
  bool writable_ = true;
  bool hung_up_ = false;
  bool ends_ = false;       // end() came while bytes were kept
  std::uint8_t reads_ = 0;  // in the turn turn_
  std::uint32_t turn_ = 0;
  Address remote_;
  HangupListener* hangup_ = nullptr;
  Watch* watch_ = nullptr;
  StreamCounters counters_;
  Buffer kept_;   // of write_soon()
  int lost_ = 0;  // the error that lost what was kept
  Completion<Result<void>> read_wait_;
  Completion<Result<void>> write_wait_;
};

// Accepts on one address on one reactor (SO_REUSEPORT: several workers may listen on the same).
// Out of descriptors, it closes new connections at once instead of leaving them in the backlog.
class Listener final : private Source {
 public:
  static constexpr int kAcceptsPerTurn = 64;
  static constexpr Duration kRetryAfter = 100ms;  // when not even shedding works

  struct Options {
    int backlog = 4096;
    bool reuse_port = true;
    SocketOptions accepted;
    std::function<void()> on_shed;  // each time that EMFILE/ENFILE was survived
  };
  // Must not destroy the listener.
  using OnAccept = std::function<void(std::unique_ptr<Socket>)>;
  static Result<std::unique_ptr<Listener>> open(Reactor& reactor, const Address& address,
                                                Options options, OnAccept on_accept);
  ~Listener();
  Address address() const { return address_; }  // with the real port when 0 was asked
  // Stops accepting (a full server): connections wait in the backlog until resume().
  void pause() { paused_ = true; }
  void resume();
  // The first step of closing: whoever knocks from now on is not answered; he tries again and finds
  // the port closed. Who has begun his handshake may end it and is accepted.
  void ignore_new();
  // The last step, before it is destroyed: accepts who waits in the backlog.
  void accept_last();
  // Times that EMFILE/ENFILE was survived.
  std::uint64_t descriptors_exhausted() const { return exhausted_; }

 private:
  Listener(Reactor& reactor, int fd, OnAccept on_accept);
  void on_events(std::uint32_t events) override;
  bool accept_one();  // false = nothing more for now
  bool shed_one();    // the same, without a descriptor to spare but spare_

  Reactor& reactor_;
  int fd_;
  int spare_ = -1;
  bool registered_ = false;
  bool paused_ = false;
  OnAccept on_accept_;
  std::function<void()> on_shed_;
  Address address_;
  std::uint64_t exhausted_ = 0;
  Timer retry_;
};

// Connects to one address. Errors (Fault::upstream, safe to retry): refused, unreachable, reset,
// connect_timed_out (the kernel's own patience), and whatever ends the scope's wait (a Deadline of
// the caller).
Async<Result<std::unique_ptr<Socket>>> connect(Reactor& reactor, Address address,
                                               SocketOptions options);

}  // namespace perigee::net
