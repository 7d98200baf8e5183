// Client: every outgoing HTTP call of one worker. Pools, connecting, TLS, time-outs, the silent
// retry.
//
// One pool per endpoint: connections last in first out, a limit, a bounded queue of waiting calls,
// idle reaping. A Call is one request with its answer; destroying it gives the connection back (or
// closes it when the answer was not read to its end).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/line_rate.hpp"
#include "http/client.hpp"
#include "net/names.hpp"
#include "net/reactor.hpp"
#include "upstream/endpoint.hpp"

namespace perigee::upstream {

class Pool;
struct PooledConnection;

// What a client tells about itself, on its worker. All calls are cheap.
class ClientObserver {
 public:
  virtual ~ClientObserver() = default;
  // `remote` is "host:port" of the endpoint.
  virtual void on_connection_opened(std::string_view remote) {}
  virtual void on_connection_closed(std::string_view remote, const net::StreamCounters&) {}
  // What passed since the last time: told at the end of each exchange and of the connection.
  virtual void on_bytes(std::string_view remote, std::uint64_t read, std::uint64_t written) {}
  virtual void on_queued(std::string_view remote, int delta) {}
  // A call that waited in line got a connection, or room for one.
  virtual void on_waited(std::string_view remote, Duration waited) {}
  virtual void on_error(std::string_view remote, ErrorCode) {}
};

// What was logged about an endpoint that fails, on this worker.
struct Trouble {
  log::LineRate lines;
  bool told = false;  // that it fails, and not yet that it answers again
};

struct ClientLimits {
  http::H1Limits h1{.head_bytes_max = 65536, .line_bytes_max = 8192, .headers_max = 200};
  std::size_t interims_max = 16;
};

class Client {
 public:
  Client(net::Reactor& reactor, net::Names& names, unsigned workers, ClientLimits limits,
         ClientObserver* observer);
  ~Client();

  // The pool of this endpoint on this worker, made on first use.
  Pool& pool(const Endpoint& endpoint);
  // Lives as long as the endpoint does on this worker, whatever the revisions of its API.
  Trouble& trouble(const Endpoint& endpoint);
  // The endpoint died: closes what is idle; what is in use closes when it is done.
  void drop(std::uint32_t slot, std::uint64_t generation);
  void close_idle();
  std::size_t connections() const;

 private:
  net::Reactor& reactor_;
  net::Names& names_;
  unsigned workers_;
  ClientLimits limits_;
  ClientObserver* observer_;
  std::vector<std::unique_ptr<Pool>> pools_;     // by Endpoint::slot()
  std::vector<std::unique_ptr<Pool>> draining_;  // dropped, still in use
  friend class Pool;
  friend class Call;
  void forget_drained();
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for deferred work
};

// One request and its answer.
class Call {
 public:
  explicit Call(Arena& arena) : arena_(arena) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() { finish(); }

  // Gets a connection and sends the request; `response` holds the final head afterwards. Errors
  // carry the code that lifecycle.md 8.5 distinguishes: refused, unresolved, unreachable, tls,
  // reset, closed, connect_timed_out, read_timed_out, pool_exhausted. A call may be started again
  // after an error or finish() (failover, retry).
  Async<Result<void>> start(Client& client, const Endpoint& endpoint,
                            const http::RequestHead& request, http::Body* body,
                            http::ResponseHead& response, http::InterimSink* interims);
  http::Body* body() { return exchange_ ? exchange_->body() : nullptr; }
  net::Stream* tunnel() { return exchange_ ? exchange_->tunnel() : nullptr; }
  // The request body failed (client gone), not the upstream.
  const Error* body_error() const { return exchange_ ? exchange_->body_error() : nullptr; }
  // Of the bodies of the exchange, until finish().
  std::uint64_t request_body_bytes() const {
    return exchange_ ? exchange_->request_body_bytes() : 0;
  }
  std::uint64_t response_body_bytes() const {
    return exchange_ ? exchange_->response_body_bytes() : 0;
  }
  // Ends the exchange; the connection goes back to its pool or is closed.
  void finish();

 private:
  Arena& arena_;
  PooledConnection* connection_ = nullptr;
  std::unique_ptr<http::ClientExchange> exchange_;
};

}  // namespace perigee::upstream
