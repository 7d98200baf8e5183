#include "http/server.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "http/server_impl.hpp"
#include "net/proxy_header.hpp"

namespace perigee::http {
namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.http.server"};
constexpr std::size_t kArenasKept = 256;
constexpr std::size_t kArenaChunk = 8 * 1024;
// While stopping: how long a connection may be without its first request.
constexpr Duration kFirstRequestPatience = 1s;
// And how long the port stays open for TCP handshakes that have begun: one round trip.
constexpr Duration kHandshakePatience = 200ms;
// When as many are shaking hands as may: how long each of them has before another takes the place.
constexpr Duration kHandshakePatienceWhenFull = 2s;
constexpr Duration kSlowHandshakesEvery = 100ms;

}  // namespace

// A PROXY header or a TLS handshake in progress.
struct Server::Impl::Handshake {
  std::unique_ptr<net::Stream> plain;
  Instant begun;
  Task task;
};

void Server::Impl::List::add(ServerConnection& connection) {
  connection.previous_ = last;
  connection.next_ = nullptr;
  (last ? last->next_ : first) = &connection;
  last = &connection;
}

void Server::Impl::List::remove(ServerConnection& connection) {
  (connection.previous_ ? connection.previous_->next_ : first) = connection.next_;
  (connection.next_ ? connection.next_->previous_ : last) = connection.previous_;
}

Server::Impl::Impl(Server& o, net::Reactor& r, ServerOptions opts, Handler& h, ServerObserver* obs,
                   std::shared_ptr<const net::TlsServerContext> t)
    : owner(o),
      reactor(r),
      options(std::move(opts)),
      handler(h),
      observer(obs),
      tls(std::move(t)),
      idle_timer_([](void* self) { static_cast<Impl*>(self)->sweep_idle(); }, this),
      first_request_timer_([](void* self) { static_cast<Impl*>(self)->close_idle(); }, this),
      port_timer_([](void* self) { static_cast<Impl*>(self)->close_port(); }, this),
      slow_timer_([](void* self) { static_cast<Impl*>(self)->end_slow_handshakes(); }, this) {}

Server::Impl::~Impl() {
  *alive_ = false;
  on_empty = nullptr;
  handshakes_.clear();
  close_all();
  over_.clear();
}

std::unique_ptr<Arena> Server::Impl::take_arena() {
  if (arenas_.empty()) return std::make_unique<Arena>(kArenaChunk);
  std::unique_ptr<Arena> arena = std::move(arenas_.back());
  arenas_.pop_back();
  return arena;
}

void Server::Impl::give_arena(std::unique_ptr<Arena> arena) {
  if (arenas_.size() >= kArenasKept) return;
  arena->clear();
  arenas_.push_back(std::move(arena));
}

void Server::Impl::accepted(std::unique_ptr<net::Stream> stream) {
  if (!tls && !options.proxy_protocol) {
    bool secured = stream->tls().secured;
    serve(std::move(stream), secured);
    return pause_when_full();
  }
  handshakes_.push_back(std::make_unique<Handshake>());
  Handshake& handshake = *handshakes_.back();
  handshake.plain = std::move(stream);
  handshake.begun = reactor.now();
  pause_when_full();
  handshake.task.start(shake_hands(handshake));
}

Async<void> Server::Impl::shake_hands(Handshake& handshake) {
  Opened opened = std::move(handshake.plain);
  if (options.proxy_protocol) opened = co_await read_proxy_header(*std::move(opened));
  bool secured = opened && (tls || (*opened)->tls().secured);
  if (opened && tls) opened = co_await secure(*std::move(opened));
  if (opened) {
    serve(*std::move(opened), secured);
    if (!accepting) close_idle_later();
  }
  // This frame is the task's own: it goes at the end of the turn.
  reactor.defer([this, alive = alive_, done = &handshake] {
    if (!*alive) return;
    std::erase_if(handshakes_, [done](const auto& entry) { return entry.get() == done; });
    one_less();
  });
}

Async<Server::Impl::Opened> Server::Impl::read_proxy_header(std::unique_ptr<net::Stream> plain) {
  net::Address peer = plain->remote();
  net::Deadline deadline(reactor, co_await this_scope(), options.proxy_header_timeout,
                         ErrorCode::timed_out, "no whole header in time", Fault::client);
  Opened opened = co_await net::accept_proxied(reactor, std::move(plain));
  if (!opened) tell_no_proxy_header(peer, opened.error());
  co_return opened;
}

// Who connects and says nothing is a probe of the port, as balancers and orchestrators make them.
void Server::Impl::tell_no_proxy_header(const net::Address& peer, const Error& error) {
  bool strange = error.code == ErrorCode::invalid || error.code == ErrorCode::timed_out;
  if (!strange) return kLog.debug("no PROXY header from {}: {}", peer.text(), error.message);
  if (observer) observer->on_refused(peer, 0, error.message);
  std::uint64_t times = proxy_lines_.due(reactor.now());
  if (times == 0) return;
  kLog.warn(
      "server '{}' on {} closed a connection from {} without a valid header of the PROXY protocol "
      "(haproxy.proxyProtocol): {}{}",
      options.id, address.text(), peer.text(), error.message, log::times_since(times));
}

Async<Server::Impl::Opened> Server::Impl::secure(std::unique_ptr<net::Stream> plain) {
  net::Deadline deadline(reactor, co_await this_scope(), options.handshake_timeout,
                         ErrorCode::timed_out, "the TLS handshake took too long", Fault::client);
  Opened secured = co_await net::tls_accept(tls, reactor, std::move(plain));
  if (!secured) kLog.debug("{}", secured.error().message);
  co_return secured;
}

// `secured` is told: asking a TLS stream makes it write its client's certificate out as text.
void Server::Impl::serve(std::unique_ptr<net::Stream> stream, bool secured) {
  if (observer) observer->on_connection_opened(*stream);
  add(make_h1_connection(*this, std::move(stream), secured));
}

void Server::Impl::add(std::unique_ptr<ServerConnection> connection) {
  ServerConnection& added = *connection.release();  // owned by the lists from here on
  ++connections;
  busy_.add(added);
  added.start();
}

void Server::Impl::pause_when_full() {
  if (!listener || paused || !is_full()) return;
  paused = true;
  listener->pause();
  tell_full();
  if (handshakes_.size() >= options.handshakes_max) end_slow_handshakes();
}

// With clients that come and go it is full and not full many times a second.
void Server::Impl::tell_full() {
  std::uint64_t times = full_lines_.due(reactor.now());
  if (times == 0) return;
  if (connections + handshakes_.size() >= options.connections_max) {
    return kLog.warn(
        "server '{}' on {}: {} connections are open on this worker: no more are accepted until one "
        "closes (perigee.limits.maxConnections){}",
        options.id, address.text(), connections + handshakes_.size(), log::times_since(times));
  }
  kLog.warn(
      "server '{}' on {}: {} clients of this worker are in the middle of a handshake: no more are "
      "accepted until one ends it or has taken 2 s (perigee.limits.maxHandshakes){}",
      options.id, address.text(), handshakes_.size(), log::times_since(times));
}

// Strangers who begin handshakes and leave them may hold the places of others for a short time
// only.
void Server::Impl::end_slow_handshakes() {
  end_handshakes(reactor.now() - kHandshakePatienceWhenFull);
  if (paused && !handshakes_.empty() && !slow_timer_.armed())
    reactor.timers().arm(slow_timer_, reactor.now() + kSlowHandshakesEvery);
}

void Server::Impl::became_busy(ServerConnection& connection) {
  if (!connection.idle_) return;
  idle_.remove(connection);
  busy_.add(connection);
  connection.idle_ = false;
  connection.used_ = true;
}

void Server::Impl::became_idle(ServerConnection& connection) {
  if (connection.idle_) return;
  busy_.remove(connection);
  idle_.add(connection);
  connection.idle_ = true;
  connection.since_ = reactor.now();
  if (options.idle_timeout > 0s && !idle_timer_.armed()) {
    reactor.timers().arm(idle_timer_, reactor.now() + options.idle_timeout);
  }
}

void Server::Impl::is_over(ServerConnection& connection) {
  (connection.idle_ ? idle_ : busy_).remove(connection);
  over_.emplace_back(&connection);
  if (std::exchange(clearing_, true)) return;
  reactor.defer([this, alive = alive_] {
    if (*alive) clear_away();
  });
}

void Server::Impl::clear_away() {
  clearing_ = false;
  std::vector<std::unique_ptr<ServerConnection>> over = std::move(over_);
  over_.clear();
  for (auto& connection : over) {
    connection.reset();
    --connections;
  }
  one_less();
}

// A connection or a handshake has ended.
void Server::Impl::one_less() {
  if (paused && !is_full()) {
    paused = false;
    if (listener) listener->resume();
  }
  if (is_empty() && !accepting && on_empty) on_empty();
}

// The kernel does not tell of handshakes that are half done: a moment passes before the port
// closes.
void Server::Impl::stop_accepting() {
  leaving = true;
  accepting = false;
  if (!listener || port_timer_.armed()) return;
  listener->ignore_new();
  reactor.timers().arm(port_timer_, reactor.now() + kHandshakePatience);
}

void Server::Impl::close_port() {
  listener->accept_last();
  listener.reset();
  close_idle();
  if (is_empty() && on_empty) on_empty();
}

void Server::Impl::sweep_idle() {
  Instant oldest_allowed = reactor.now() - options.idle_timeout;
  while (idle_.first && idle_.first->since_ <= oldest_allowed) idle_.first->close();
  if (idle_.first) reactor.timers().arm(idle_timer_, idle_.first->since_ + options.idle_timeout);
}

// While stopping, the first request of a connection that was accepted just now is on its way: it
// is waited for, and so are the handshakes in front of it.
void Server::Impl::close_idle() {
  Instant newest_closed = reactor.now() - kFirstRequestPatience;
  if (!accepting) end_handshakes(newest_closed);
  for (ServerConnection* connection = idle_.first; connection;) {
    ServerConnection* next = connection->next_;
    bool waited_for = !accepting && !connection->used_ && connection->since_ > newest_closed;
    if (!waited_for) connection->close();
    connection = next;
  }
  if (idle_.first || (!accepting && !handshakes_.empty())) close_idle_later();
}

// Those that were begun by then. A task that ends leaves the list in a later step of the loop.
void Server::Impl::end_handshakes(Instant begun_by) {
  for (auto& handshake : handshakes_) {
    if (handshake->begun <= begun_by)
      handshake->task.scope().cancel(Error(ErrorCode::cancelled, "the server closes"));
  }
}

void Server::Impl::close_idle_later() {
  if (!first_request_timer_.armed())
    reactor.timers().arm(first_request_timer_, reactor.now() + kFirstRequestPatience);
}

void Server::Impl::close_all() {
  end_handshakes(reactor.now());
  while (idle_.first) idle_.first->close();
  while (busy_.first) busy_.first->close();
}

void Server::Impl::each_exchange(const std::function<void(const ServerExchange&)>& look) const {
  for (const ServerConnection* each = busy_.first; each; each = each->next_)
    each->each_exchange(look);
}

Server::Server(net::Reactor& reactor, ServerOptions options, Handler& handler,
               ServerObserver* observer, std::shared_ptr<const net::TlsServerContext> tls)
    : impl_(std::make_unique<Impl>(*this, reactor, std::move(options), handler, observer,
                                   std::move(tls))) {}

Server::~Server() = default;

Result<void> Server::listen(const net::Address& address) {
  net::Listener::Options options;
  options.accepted = impl_->options.socket;
  options.on_shed = [impl = impl_.get()] {
    if (impl->observer) impl->observer->on_shed();
  };
  Result<std::unique_ptr<net::Listener>> opened = net::Listener::open(
      impl_->reactor, address, options, [impl = impl_.get()](std::unique_ptr<net::Socket> socket) {
        impl->accepted(std::move(socket));
      });
  if (!opened) return std::unexpected(std::move(opened.error()));
  impl_->listener = *std::move(opened);
  impl_->address = impl_->listener->address();
  return {};
}

net::Address Server::address() const { return impl_->address; }
void Server::serve(std::unique_ptr<net::Stream> stream) { impl_->accepted(std::move(stream)); }
void Server::set_tls(std::shared_ptr<const net::TlsServerContext> tls) {
  impl_->tls = std::move(tls);
}
void Server::ask_to_leave() { impl_->leaving = true; }
bool Server::leaving() const { return impl_->leaving; }
void Server::drain_connections() { ++impl_->drain_generation; }

void Server::stop_accepting() { impl_->stop_accepting(); }
void Server::close_idle() { impl_->close_idle(); }
void Server::close_all() { impl_->close_all(); }
std::size_t Server::connections() const { return impl_->connections; }
std::size_t Server::exchanges() const { return impl_->exchanges; }

void Server::each_exchange(const std::function<void(const ServerExchange&)>& look) const {
  impl_->each_exchange(look);
}

void Server::when_empty(std::function<void()> callback) {
  impl_->on_empty = std::move(callback);
  if (impl_->is_empty() && !impl_->accepting) impl_->on_empty();
}

const ServerOptions& Server::options() const { return impl_->options; }
net::Reactor& Server::reactor() { return impl_->reactor; }

}  // namespace perigee::http
