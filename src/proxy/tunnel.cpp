#include "proxy/tunnel.hpp"

namespace perigee::proxy {
namespace {

// Ends the tunnel when nothing passes, or when one side has ended and the other does not.
class Watch {
 public:
  Watch(net::Reactor& reactor, Scope& scope, Duration idle_timeout)
      : reactor_(reactor),
        scope_(scope),
        idle_timeout_(idle_timeout),
        active_(reactor.now()),
        timer_(&Watch::fire, this) {
    if (idle_timeout > 0s) reactor.timers().arm(timer_, active_ + idle_timeout);
  }
  void bytes_passed() { active_ = reactor_.now(); }
  void side_ended() {
    if (std::exchange(lingering_, true)) return;
    reactor_.timers().arm(timer_, reactor_.now() + kTunnelLinger);
  }
  bool over() const { return over_; }

 private:
  static void fire(void* self) {
    auto& watch = *static_cast<Watch*>(self);
    bool active = watch.active_ + watch.idle_timeout_ > watch.reactor_.now();
    if (!watch.lingering_ && active) {
      watch.reactor_.timers().arm(watch.timer_, watch.active_ + watch.idle_timeout_);
      return;
    }
    watch.over_ = true;
    watch.scope_.interrupt(Error(ErrorCode::timed_out, "the tunnel was idle, or half of it"));
  }
  net::Reactor& reactor_;
  Scope& scope_;
  Duration idle_timeout_;
  Instant active_;
  bool lingering_ = false;
  bool over_ = false;
  net::Timer timer_;
};

Async<void> relay(net::Reactor& reactor, net::Stream& from, net::Stream& to, Watch& watch) {
  Buffer buffer(reactor.buffers());
  for (;;) {
    Result<std::size_t> got = co_await from.read(buffer);
    if (!got) break;
    if (*got == 0) {
      to.end();
      watch.side_ended();
      co_return;
    }
    watch.bytes_passed();
    Result<void> sent = co_await to.write(buffer.unread());
    if (!sent) break;
    buffer.drop();  // an idle tunnel holds no block
  }
  // Broken, or told to stop: the other direction has nothing to wait for any more.
  watch.side_ended();
  bool reset = !watch.over();
  from.close(reset);
  to.close(reset);
}

}  // namespace

Async<void> relay_both_ways(net::Reactor& reactor, net::Stream& client, net::Stream& backend,
                            Duration idle_timeout) {
  Watch watch(reactor, *co_await this_scope(), idle_timeout);
  Task upload;
  upload.start(relay(reactor, client, backend, watch));
  co_await relay(reactor, backend, client, watch);
  if (watch.over()) co_return;
  Result<void> ended = co_await upload.join();
  static_cast<void>(ended);  // an error is the watch, or a cancelled exchange: over, either way
}

}  // namespace perigee::proxy
