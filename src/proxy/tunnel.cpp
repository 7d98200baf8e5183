#include "proxy/tunnel.hpp"

#include <algorithm>

namespace perigee::proxy {

std::size_t Frames::head_size() const {
  unsigned length = head_[1] & 0x7fu;
  std::size_t mask = (head_[1] & 0x80u) != 0 ? 4 : 0;
  return 2 + (length == 127 ? 8u : length == 126 ? 2u : 0u) + mask;
}

std::uint64_t Frames::payload_size() const {
  unsigned length = head_[1] & 0x7fu;
  if (length < 126) return length;
  std::uint64_t size = 0;
  for (std::size_t i = 2; i < (length == 127 ? 10u : 4u); ++i) size = size << 8 | head_[i];
  return size;
}

std::size_t Frames::pass(std::string_view bytes) {
  const std::size_t all = bytes.size();
  std::size_t whole = 0;
  while (!bytes.empty()) {
    if (left_ > 0) {
      std::uint64_t here = std::min<std::uint64_t>(left_, bytes.size());
      left_ -= here;
      bytes.remove_prefix(here);
      if (left_ == 0) whole = all - bytes.size();
      continue;
    }
    head_[head_bytes_++] = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (head_bytes_ < 2 || head_bytes_ < head_size()) continue;
    left_ = payload_size();
    head_bytes_ = 0;
    if (left_ == 0) whole = all - bytes.size();
  }
  return whole;
}

// What both directions know of each other. Ends the tunnel when nothing passes, or when one side
// has ended and the other does not.
class Tunnel {
 public:
  Tunnel(Tunnels& tunnels, net::Reactor& reactor, Scope& scope, Duration idle_timeout)
      : tunnels_(tunnels),
        reactor_(reactor),
        scope_(scope),
        idle_timeout_(idle_timeout),
        active_(reactor.now()),
        timer_(&Tunnel::fire, this),
        next_(tunnels.first_) {
    if (next_) next_->previous_ = this;
    tunnels_.first_ = this;
    if (idle_timeout > 0s) reactor.timers().arm(timer_, active_ + idle_timeout);
  }
  ~Tunnel() {
    (previous_ ? previous_->next_ : tunnels_.first_) = next_;
    if (next_) next_->previous_ = previous_;
  }
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  Async<void> up(net::Stream& client, net::Stream& backend);
  Async<void> down(net::Stream& backend, net::Stream& client);
  bool over() const { return over_; }

 private:
  friend class Tunnels;
  static void fire(void* self);
  void bytes_passed() { active_ = reactor_.now(); }
  void side_ended();
  void broken(net::Stream& from, net::Stream& to);
  bool may_say_goodbye() const { return tunnels_.leaving() && frames_.between_two(); }
  Async<void> say_goodbye(net::Stream& client);

  Tunnels& tunnels_;
  net::Reactor& reactor_;
  Scope& scope_;  // of down()
  Duration idle_timeout_;
  Instant active_;
  Frames frames_;       // that went down
  bool reads_ = false;  // down() waits for the backend
  bool lingering_ = false;
  bool over_ = false;
  net::Timer timer_;
  Tunnel* previous_ = nullptr;
  Tunnel* next_;
};

void Tunnel::side_ended() {
  if (std::exchange(lingering_, true)) return;
  reactor_.timers().arm(timer_, reactor_.now() + kTunnelLinger);
}

void Tunnel::fire(void* self) {
  auto& tunnel = *static_cast<Tunnel*>(self);
  bool active = tunnel.active_ + tunnel.idle_timeout_ > tunnel.reactor_.now();
  if (!tunnel.lingering_ && active) {
    tunnel.reactor_.timers().arm(tunnel.timer_, tunnel.active_ + tunnel.idle_timeout_);
    return;
  }
  tunnel.over_ = true;
  tunnel.scope_.interrupt(Error(ErrorCode::timed_out, "the tunnel was idle, or half of it"));
}

// Broken, or told to stop: the other direction has nothing to wait for any more.
void Tunnel::broken(net::Stream& from, net::Stream& to) {
  side_ended();
  bool reset = !over_;
  from.close(reset);
  to.close(reset);
}

Async<void> Tunnel::up(net::Stream& client, net::Stream& backend) {
  Buffer buffer(reactor_.buffers());
  for (;;) {
    Result<std::size_t> got = co_await client.read(buffer);
    if (!got) break;
    if (*got == 0) {
      backend.end();
      side_ended();
      co_return;
    }
    bytes_passed();
    Result<void> sent = co_await backend.write(buffer.unread());
    if (!sent) break;
    buffer.drop();  // an idle tunnel holds no block
  }
  broken(client, backend);
}

Async<void> Tunnel::down(net::Stream& backend, net::Stream& client) {
  Buffer buffer(reactor_.buffers());
  while (!may_say_goodbye()) {
    reads_ = true;
    Result<std::size_t> got = co_await backend.read(buffer);
    reads_ = false;
    if (!got && may_say_goodbye() && !over_ && !backend.closed()) break;  // Tunnels::leave()
    if (!got) co_return broken(backend, client);
    if (*got == 0) {
      client.end();
      side_ended();
      co_return;
    }
    bytes_passed();
    std::string_view bytes = buffer.unread();
    std::size_t whole = frames_.pass(bytes);
    bool last = tunnels_.leaving() && whole > 0;
    Result<void> sent = co_await client.write(last ? bytes.substr(0, whole) : bytes);
    if (!sent) co_return broken(backend, client);
    buffer.drop();
    if (last) break;
  }
  co_await say_goodbye(client);
}

// The client's answer still goes up, and so the backend learns it, too.
Async<void> Tunnel::say_goodbye(net::Stream& client) {
  constexpr std::string_view kGoingAway("\x88\x02\x03\xe9", 4);  // a close frame, 1001
  side_ended();
  Result<void> told = co_await client.write(kGoingAway);
  if (told) client.end();  // else up() learns what is wrong with the client
}

void Tunnels::leave() {
  leaving_ = true;
  for (Tunnel* tunnel = first_; tunnel;) {
    Tunnel* next = tunnel->next_;  // the tunnel may be over by then
    if (tunnel->reads_ && tunnel->may_say_goodbye() && !tunnel->lingering_)
      tunnel->scope_.interrupt(Error(ErrorCode::cancelled, "the gateway leaves"));
    tunnel = next;
  }
}

Async<void> relay_both_ways(Tunnels& tunnels, net::Reactor& reactor, net::Stream& client,
                            net::Stream& backend, Duration idle_timeout) {
  Tunnel tunnel(tunnels, reactor, *co_await this_scope(), idle_timeout);
  Task upload;
  upload.start(tunnel.up(client, backend));
  co_await tunnel.down(backend, client);
  if (tunnel.over()) co_return;
  Result<void> ended = co_await upload.join();
  static_cast<void>(ended);  // an error is the timer, or a cancelled exchange: over, either way
}

}  // namespace perigee::proxy
