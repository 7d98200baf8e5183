// Server: accepts connections on one worker and turns their bytes into exchanges, whatever the
// protocol version.
//
// Used for every HTTP server of Perigee (traffic, node API, echo). One per listener address and
// worker. The handler runs once per request as a coroutine of the connection; when it returns, the
// exchange is over. The codec owns framing, keep-alive, pipelining, 100-continue, limits on what a
// client may send, and the answers 400, 408, 413, 414, 431, 501, 505 that are given before anyone
// sees the request.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/h1_parser.hpp"
#include "http/message.hpp"
#include "net/reactor.hpp"
#include "net/socket.hpp"
#include "net/stream.hpp"
#include "net/tls.hpp"

namespace perigee::http {

class Server;

// One request and its answer, seen from the server. Lives until the handler returns.
class ServerExchange {
 public:
  virtual ~ServerExchange() = default;

  Arena& arena;
  RequestHead request;
  Body* body = nullptr;  // null when the request has none
  Instant arrived{};     // when the head was complete
  WallTime arrived_wall{};
  std::optional<Instant> upgraded;        // the life of the tunnel is no part of the answer's time
  std::uint64_t connection_requests = 0;  // requests of this connection so far, this one included

  virtual const net::Stream& stream() const = 0;  // addresses, TLS facts
  virtual const Server& server() const = 0;
  virtual Instant connection_opened() const = 0;

  // Sends an interim answer (1xx but 101); dropped for HTTP/1.0 clients.
  virtual Async<Result<void>> inform(const ResponseHead& head) = 0;
  // Sends the answer once: head and first body bytes in one write, then the body as it comes, then
  // trailers. Framing: no body for HEAD, 204, 304; Content-Length when body.length() is known (or
  // the head carries a valid one and body is null for HEAD); chunked, or until close for HTTP/1.0.
  // When the body fails midway the connection is broken off, so that the client sees a truncated
  // answer, and the error is returned. When it fails before anything was sent, responded() stays
  // false and another answer may be given. `body` may be null.
  virtual Async<Result<void>> respond(ResponseHead& head, Body* body) = 0;
  // Answers 101 with `head` and gives the connection as a byte tunnel, bytes already received
  // first. Afterwards the connection ends with the exchange. Error: invalid while the request has
  // an unread body.
  virtual Async<Result<net::Stream*>> upgrade(ResponseHead& head) = 0;
  virtual bool responded() const = 0;  // a final head was sent

  // What an exchange that is over by `now` took from its request to the end of its answer.
  Duration answer_time(Instant now) const { return upgraded.value_or(now) - arrived; }

  // The connection closes after this answer.
  void close_after() { close_after_ = true; }
  // This scope is cancelled with ErrorCode::client_gone when the client leaves before the answer is
  // complete, and with ErrorCode::cancelled when the server closes the connection. Null stops. A
  // client that has only ended its side counts as gone: the reference does so, and a client that is
  // closed looks the same. But an answer that has begun goes on when other requests are already
  // waiting behind it (a pipelining client that ended its side after its last request).
  virtual void watch_client(Scope* scope) = 0;

  // Facts for reports, final once respond() returned.
  std::uint64_t request_body_bytes = 0;
  std::uint64_t response_body_bytes = 0;
  int status_sent = 0;
  // What the handler matched the request with, when it tells. Lives as long as the exchange.
  std::string_view route;
  void* observed = nullptr;  // the observer's own, from on_request_begun() to on_request_ended()

 protected:
  explicit ServerExchange(Arena& a) : arena(a), request(a) {}
  bool close_after_ = false;
};

class Handler {
 public:
  virtual ~Handler() = default;
  virtual Async<void> handle(ServerExchange& exchange) = 0;
};

// What a server tells about itself, on its worker. All calls are cheap.
class ServerObserver {
 public:
  virtual ~ServerObserver() = default;
  virtual void on_connection_opened(const net::Stream&) {}
  virtual void on_connection_closed(const net::Stream&) {}
  // What passed since the last time: told at the end of each exchange and of the connection. The
  // last bytes of an answer may leave later, and are told the next time.
  virtual void on_bytes(const net::Stream&, std::uint64_t read, std::uint64_t written) {}
  virtual void on_request_begun(ServerExchange& exchange) {}
  virtual void on_request_ended(const ServerExchange& exchange, Instant now) {}
  // Answered by the codec; status 0: closed without an answer.
  virtual void on_refused(const net::Address& remote, int status, std::string_view why) {}
  virtual void on_reset(const ServerExchange&) {}  // the client left during the exchange
  // The connection is a tunnel until its exchange ends.
  virtual void on_upgraded(const ServerExchange&) {}
  virtual void on_upgrade_ended(const ServerExchange&) {}
  virtual void on_shed() {}  // no descriptor was free: a new connection was closed at once
};

struct ServerOptions {
  std::string id = "http";  // the reference's server id
  H1Limits limits;
  std::size_t connections_max = 20000;            // per worker; beyond, accepting pauses
  std::size_t handshakes_max = 1024;              // the same, of TLS or before a PROXY header
  std::uint64_t requests_per_connection_max = 0;  // 0 = no limit
  Duration head_timeout = 10s;                    // from the first byte of a head to its end: 408
  Duration idle_timeout = 0s;                     // nothing read or written; 0 = never
  Duration body_idle_timeout = 60s;               // between pieces of a request body: 408
  Duration write_idle_timeout = 60s;              // a client that does not read: closed
  Duration handshake_timeout = 10s;               // TLS
  bool proxy_protocol = false;  // every connection begins with a PROXY header, before TLS
  Duration proxy_header_timeout = 10s;
  bool compress = false;         // answers, when the client takes them so
  Duration linger_timeout = 2s;  // after an early answer: for the client to send what is read away
  bool answer_continue = false;  // handle100Continue: answer 100 as soon as the body is read
  std::size_t drain_bytes_max =
      256 << 10;  // an unread request body up to this is read away to keep the connection
  // Of one exchange: a head that goes beyond is refused (431), an interim answer left out. Bodies
  // that are gathered there have limits of their own.
  std::size_t arena_bytes_max = 1 << 20;
  net::SocketOptions socket;
};

class Server {
 public:
  Server(net::Reactor& reactor, ServerOptions options, Handler& handler, ServerObserver* observer,
         std::shared_ptr<const net::TlsServerContext> tls);
  ~Server();

  Result<void> listen(const net::Address& address);
  net::Address address() const;
  // Takes a connected stream (tests; sockets of the listener come here too).
  void serve(std::unique_ptr<net::Stream> stream);
  // New handshakes use this context.
  void set_tls(std::shared_ptr<const net::TlsServerContext> tls);

  // Stopping, runtime.md 4.3. After ask_to_leave() every answer carries Connection: close.
  void ask_to_leave();
  bool leaving() const;
  // Connections opened before now are asked to leave with their next answer (SIGUSR1).
  void drain_connections();
  // Who waits in the backlog is served yet, as is who was asked to leave. Nobody new is let in; the
  // port closes when handshakes that have begun had their time to end.
  void stop_accepting();
  // Connections without an exchange; while stopping, new ones without a request a second later.
  void close_idle();
  void close_all();
  std::size_t connections() const;
  std::size_t exchanges() const;  // in progress
  void each_exchange(const std::function<void(const ServerExchange&)>& look) const;
  // Called on this worker whenever connections() becomes 0 after stop_accepting() and the port is
  // closed.
  void when_empty(std::function<void()> callback);

  const ServerOptions& options() const;
  net::Reactor& reactor();
  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace perigee::http
