#include "upstream/client.hpp"

#include <algorithm>

#include "upstream/pool.hpp"

namespace perigee::upstream {

Client::Client(net::Reactor& reactor, net::Names& names, unsigned workers, ClientLimits limits,
               ClientObserver* observer)
    : reactor_(reactor), names_(names), workers_(workers), limits_(limits), observer_(observer) {}

Client::~Client() { *alive_ = false; }

Pool& Client::pool(const Endpoint& endpoint) {
  std::size_t slot = endpoint.slot();
  if (slot >= pools_.size()) pools_.resize(slot + 1);
  std::unique_ptr<Pool>& pool = pools_[slot];
  if (!pool || pool->generation() != endpoint.generation()) [[unlikely]] {
    if (pool) drop(endpoint.slot(), pool->generation());
    pool = std::make_unique<Pool>(*this, endpoint);
  }
  return *pool;
}

Trouble& Client::trouble(const Endpoint& endpoint) { return pool(endpoint).trouble; }

void Client::drop(std::uint32_t slot, std::uint64_t generation) {
  if (slot >= pools_.size() || !pools_[slot] || pools_[slot]->generation() != generation) return;
  std::unique_ptr<Pool> dropped = std::move(pools_[slot]);
  dropped->drain();
  if (dropped->in_use()) draining_.push_back(std::move(dropped));
}

void Client::forget_drained() {
  reactor_.defer([this, alive = alive_] {
    if (*alive) std::erase_if(draining_, [](const auto& pool) { return !pool->in_use(); });
  });
}

void Client::close_idle() {
  for (const auto& pool : pools_) {
    if (pool) pool->close_idle();
  }
}

std::size_t Client::connections() const {
  std::size_t count = 0;
  for (const auto* list : {&pools_, &draining_}) {
    for (const auto& pool : *list) count += pool ? pool->connections() : 0;
  }
  return count;
}

namespace {

// The wait for a connection counts against readTimeout as well (api-definition.md 1.3).
Async<Result<Pool::Lease>> acquire_within(net::Reactor& reactor,
                                          Async<Result<Pool::Lease>> acquiring,
                                          Duration read_timeout) {
  if (read_timeout == 0s) co_return co_await acquiring;
  net::Deadline deadline(reactor, co_await this_scope(), read_timeout, ErrorCode::connect_timed_out,
                         "no connection became free within readTimeout", Fault::upstream);
  co_return co_await acquiring;
}

const http::HeaderName kProxyAuthorization("Proxy-Authorization");

// As an HTTP proxy wants it: with the whole URL, and who asks (RFC 9112 section 3.2.2).
void address_to_proxy(const EndpointOptions& options, const http::RequestHead& from,
                      http::RequestHead& to) {
  Arena& arena = to.headers.arena();
  to.method = from.method;
  to.method_text = from.method_text;
  to.version = from.version;
  to.authority = from.authority;
  to.path = from.path;
  to.query = from.query;
  to.has_query = from.has_query;
  to.target = arena.join(
      {"http://", arena.copy(options.target.authority()), from.target == "*" ? "" : from.target});
  to.headers.append_all(from.headers);
  if (const std::string who = options.proxy->authorization(); !who.empty())
    to.headers.set(kProxyAuthorization, who);
}

// The exchange was told to stop: nothing that an upstream did.
bool is_upstream_error(const Error& error, const Error* body_error) {
  return !body_error && error.code != ErrorCode::client_gone && error.code != ErrorCode::cancelled;
}

}  // namespace

Async<Result<void>> Call::start(Client& client, const Endpoint& endpoint,
                                const http::RequestHead& request, http::Body* body,
                                http::ResponseHead& response, http::InterimSink* interims) {
  finish();
  Pool& pool = client.pool(endpoint);
  const ForwardProxy* proxy = pool.options().proxy.get();
  const bool proxied = proxy && proxy->takes_requests(pool.options().target);
  for (bool fresh = false;; fresh = true) {
    Async<Result<Pool::Lease>> acquiring = pool.acquire(fresh);
    Result<Pool::Lease> lease = acquiring.here()
                                    ? acquiring.take()
                                    : co_await acquire_within(client.reactor_, std::move(acquiring),
                                                              pool.options().read_timeout);
    if (!lease) co_return std::unexpected(std::move(lease.error()));
    connection_ = lease->connection;
    exchange_ = connection_->connection->open(arena_);
    std::optional<http::RequestHead> to_proxy;
    if (proxied) address_to_proxy(pool.options(), request, to_proxy.emplace(arena_));
    Result<void> answered = co_await exchange_->start(proxied ? *to_proxy : request, body, response,
                                                      interims, pool.options().read_timeout);
    if (answered) co_return answered;
    // A pooled connection that the peer had closed meanwhile: one silent retry on a fresh one, when
    // nothing can have happened.
    bool again = lease->reused && !fresh && answered.error().retry_is_safe &&
                 http::is_idempotent(request.method);
    if (again) {
      finish();
      continue;
    }
    if (client.observer_ && is_upstream_error(answered.error(), exchange_->body_error()))
      client.observer_->on_error(endpoint.remote(), answered.error().code);
    co_return std::unexpected(std::move(answered.error()).in(endpoint.remote()));
  }
}

void Call::finish() {
  exchange_.reset();
  if (connection_) {
    PooledConnection& connection = *std::exchange(connection_, nullptr);
    connection.pool.give_back(connection);
  }
}

}  // namespace perigee::upstream
