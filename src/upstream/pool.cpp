#include "upstream/pool.hpp"

#include <algorithm>

#include "net/socket.hpp"

namespace perigee::upstream {

void PooledConnection::on_hangup() {
  if (idle) pool.close(*this);
}

// Nobody asked for what has come: taken for the answer to the next request, it would be a
// stranger's.
void PooledConnection::on_readable() {
  if (idle && !connection->quiet()) pool.close(*this);
}

// Counts a connection attempt for as long as its frame lives.
struct Pool::Connecting {
  explicit Connecting(Pool& p) : pool(p) { ++pool.connecting_; }
  ~Connecting() {
    --pool.connecting_;
    if (pool.waiting_ > 0) pool.serve_line_later();
    pool.forget_when_drained();
  }
  Pool& pool;
};

Pool::Waiting::Waiting(Pool& p) : pool(p), since(p.reactor_.now()), previous(p.last_) {
  (previous ? previous->next : pool.first_) = this;
  pool.last_ = this;
  ++pool.waiting_;
  if (pool.client_.observer_) pool.client_.observer_->on_queued(pool.remote_, 1);
}

Pool::Waiting::~Waiting() {
  if (in_line) pool.leave_line(*this);
}

void Pool::leave_line(Waiting& waiting) {
  (waiting.previous ? waiting.previous->next : first_) = waiting.next;
  (waiting.next ? waiting.next->previous : last_) = waiting.previous;
  waiting.in_line = false;
  --waiting_;
  if (client_.observer_) client_.observer_->on_queued(remote_, -1);
  forget_when_drained();
}

Pool::Pool(Client& client, const Endpoint& endpoint)
    : client_(client),
      reactor_(client.reactor_),
      options_(endpoint.options()),
      remote_(endpoint.remote()),
      generation_(endpoint.generation()),
      connections_max_(std::max<std::size_t>(
          1, (options_.connections_max + client.workers_ - 1) / client.workers_)),
      reaper_(&Pool::reap, this) {}

Pool::~Pool() {
  *alive_ = false;
  while (!connections_.empty()) close(*connections_.back());
}

bool Pool::usable(PooledConnection& connection) {
  if (!connection.connection->quiet()) return false;
  return options_.lifetime_max == 0s || reactor_.now() - connection.opened < options_.lifetime_max;
}

Pool::Lease Pool::take_idle() {
  while (!idle_.empty()) {
    PooledConnection& candidate = *idle_.back();
    idle_.pop_back();
    candidate.idle = false;
    if (usable(candidate)) return {&candidate, true};
    close(candidate);
  }
  return {};
}

Async<Result<Pool::Lease>> Pool::acquire(bool fresh) {
  // Who came first is served first: an idle connection or room belongs to those who wait for it.
  if (waiting_ == 0) {
    if (!fresh) {
      if (Lease lease = take_idle(); lease.connection) return Result<Lease>(lease);
    }
    if (!has_room() && fresh && !idle_.empty()) close(*idle_.front());
    if (has_room()) return connect();
  }
  if (waiting_ >= options_.waiting_max) {
    return fail(ErrorCode::pool_exhausted,
                remote_ + ": " + std::to_string(waiting_) + " requests wait for one of " +
                    std::to_string(connections_max_) +
                    " connections; raise maxConcurrentConnections or maxWaitQueueSize",
                Fault::upstream);
  }
  return wait_in_line();
}

Async<Result<Pool::Lease>> Pool::wait_in_line() {
  Lease lease;
  {
    Waiting waiting(*this);
    CO_TRY(lease, co_await waiting.turn);
  }
  if (lease.connection) co_return lease;
  co_return co_await connect();
}

// Turns are given at the end of the loop turn: whoever gives a connection back may be in the middle
// of its own destruction.
void Pool::serve_line_later() {
  if (serving_later_) return;
  serving_later_ = true;
  reactor_.defer([this, alive = alive_] {
    if (!*alive) return;
    serving_later_ = false;
    serve_line();
  });
}

void Pool::serve_line() {
  while (first_) {
    Lease lease = take_idle();
    if (!lease.connection && !has_room()) return;
    Waiting& next = *first_;
    leave_line(next);
    if (client_.observer_) client_.observer_->on_waited(remote_, reactor_.now() - next.since);
    next.turn.complete(lease);
  }
}

Async<Result<Pool::Lease>> Pool::connect() {
  Connecting counted(*this);
  net::Deadline deadline(reactor_, co_await this_scope(), options_.connect_timeout,
                         ErrorCode::connect_timed_out, "connecting took longer than connectTimeout",
                         Fault::upstream);
  Result<std::unique_ptr<net::Stream>> stream = co_await open_stream();
  if (!stream) {
    if (client_.observer_) client_.observer_->on_error(remote_, stream.error().code);
    co_return std::unexpected(std::move(stream.error()).in(remote_));
  }
  http::ClientOptions options{.limits = client_.limits_.h1,
                              .body_idle_timeout = options_.idle_timeout,
                              .interims_max = client_.limits_.interims_max};
  connections_.push_back(std::make_unique<PooledConnection>(
      *this, http::make_h1_client(reactor_, *std::move(stream), options), reactor_.now()));
  PooledConnection& made = *connections_.back();
  made.connection->listen_for_hangup(&made);
  if (client_.observer_) client_.observer_->on_connection_opened(remote_);
  co_return Lease{&made, false};
}

Async<Result<std::unique_ptr<net::Stream>>> Pool::open_stream() {
  const ForwardProxy* proxy = options_.proxy.get();
  Result<net::Addresses> addresses =
      proxy ? co_await client_.names_.resolve(proxy->host, proxy->port)
            : co_await client_.names_.resolve(options_.target.host, options_.target.port);
  if (!addresses) {
    // A name server that does not answer is as good as one that does not know.
    Error& error = addresses.error();
    if (error.code == ErrorCode::timed_out) error.code = ErrorCode::unresolved;
    co_return std::unexpected(std::move(error));
  }
  CO_TRY(std::unique_ptr<net::Stream> stream, co_await open_socket(*std::move(addresses)));
  if (proxy && !proxy->takes_requests(options_.target)) {
    CO_TRY(stream, co_await tunnel_through(*proxy, options_.target, reactor_, std::move(stream)));
  }
  if (!options_.tls) co_return stream;
  co_return co_await net::tls_connect(options_.tls, reactor_, std::move(stream),
                                      options_.target.host);
}

// Tries the addresses in order; each but the last gets an even share of the time, so that one dead
// address does not use it all up.
Async<Result<std::unique_ptr<net::Stream>>> Pool::open_socket(net::Addresses addresses) {
  Error last(ErrorCode::unresolved, "no address", Fault::upstream);
  for (std::size_t i = 0; i < addresses->size(); ++i) {
    bool another = i + 1 < addresses->size();
    Duration share = another ? options_.connect_timeout / static_cast<long>(addresses->size())
                             : options_.connect_timeout;
    net::Deadline deadline(reactor_, co_await this_scope(), share, ErrorCode::connect_timed_out,
                           "no connection within this address's share of connectTimeout",
                           Fault::upstream);
    Result<std::unique_ptr<net::Socket>> socket =
        co_await net::connect(reactor_, (*addresses)[i], {.no_delay = true, .keep_alive = true});
    if (socket) co_return std::unique_ptr<net::Stream>(*std::move(socket));
    last = std::move(socket.error());
    bool of_this_address = last.code == ErrorCode::refused || last.code == ErrorCode::unreachable ||
                           last.code == ErrorCode::reset || (another && deadline.passed());
    if (!of_this_address) break;
  }
  co_return std::unexpected(std::move(last));
}

void Pool::give_back(PooledConnection& connection) {
  bool keep = options_.keep_alive && !draining_ && usable(connection);
  if (!keep) {
    close(connection);
  } else {
    tell_bytes(connection);
    connection.idle = true;
    connection.idle_since = reactor_.now();
    idle_.push_back(&connection);
    if (!reaper_.armed()) arm_reaper();
  }
  if (waiting_ > 0) serve_line_later();
  forget_when_drained();
}

void Pool::forget_when_drained() {
  if (draining_ && !in_use()) client_.forget_drained();
}

void Pool::tell_bytes(PooledConnection& connection) {
  if (!client_.observer_) return;
  const net::StreamCounters& now = connection.connection->counters();
  net::StreamCounters before = std::exchange(connection.told, now);
  client_.observer_->on_bytes(remote_, now.bytes_read - before.bytes_read,
                              now.bytes_written - before.bytes_written);
}

void Pool::close(PooledConnection& connection) {
  tell_bytes(connection);
  if (connection.idle) std::erase(idle_, &connection);
  if (client_.observer_) {
    client_.observer_->on_connection_closed(remote_, connection.connection->counters());
  }
  auto place = std::find_if(connections_.begin(), connections_.end(),
                            [&](const auto& entry) { return entry.get() == &connection; });
  PERIGEE_ASSERT(place != connections_.end());
  std::swap(*place, connections_.back());
  connections_.pop_back();
  if (waiting_ > 0) serve_line_later();
}

void Pool::drain() {
  draining_ = true;
  close_idle();
}

void Pool::close_idle() {
  while (!idle_.empty()) close(*idle_.back());
}

void Pool::reap(void* self) {
  Pool& pool = *static_cast<Pool*>(self);
  Instant oldest_allowed = pool.reactor_.now() - pool.options_.keep_alive_timeout;
  while (!pool.idle_.empty() && pool.idle_.front()->idle_since <= oldest_allowed) {
    pool.close(*pool.idle_.front());
  }
  pool.arm_reaper();
}

void Pool::arm_reaper() {
  if (idle_.empty() || options_.keep_alive_timeout == 0s) return;  // 0 = for ever
  // The front waits longest. It may be taken meanwhile; then the timer finds nothing to do and
  // looks again.
  reactor_.timers().arm(reaper_, idle_.front()->idle_since + options_.keep_alive_timeout);
}

}  // namespace perigee::upstream
