// Client side of a connection: one request out, one answer back, whatever the protocol version.
//
// `upstream` owns pools, connecting, TLS and retries; this is the codec on one connected stream.
#pragma once

#include <cstdint>
#include <memory>

#include "http/h1_parser.hpp"
#include "http/message.hpp"
#include "net/reactor.hpp"
#include "net/stream.hpp"

namespace perigee::http {

// Takes interim answers (1xx but 101) that come before the final one.
class InterimSink {
 public:
  virtual Async<Result<void>> on_interim(const ResponseHead& head) = 0;

 protected:
  ~InterimSink() = default;
};

struct ClientOptions {
  H1Limits limits{.head_bytes_max = 65536, .line_bytes_max = 8192, .headers_max = 200};
  Duration body_idle_timeout =
      60s;  // between pieces of a response body, and between writes of the request
  std::size_t interims_max = 16;  // 1xx answers per exchange
};

// One request and its answer on a connection. Destroying it before the answer's end gives up the
// exchange (HTTP/1: the connection is closed; HTTP/2: the stream is reset). Must not outlive its
// connection.
class ClientExchange {
 public:
  virtual ~ClientExchange() = default;

  // Sends head and first body bytes in one write, uploads the rest of the body while the answer
  // comes (an early final answer ends the wait, the upload goes on until the answer's end), and
  // brings the final head into `response`. Framing of the request: Content-Length when
  // body->length() is known, else chunked; none without a body (a head whose method usually has a
  // body and carried "Content-Length: 0" keeps it). Errors: reset, closed (retry_is_safe when
  // nothing of an answer came and the body was not touched), invalid (the answer broke the rules;
  // Fault::upstream), read_timed_out when `answer_timeout` passes before the head (0 = none), and
  // whatever ends the scope's wait.
  virtual Async<Result<void>> start(const RequestHead& request, Body* body, ResponseHead& response,
                                    InterimSink* interims, Duration answer_timeout) = 0;
  // Of the answer; null when it has none. Owned by the exchange. Errors while reading: reset,
  // closed, invalid, read_timed_out.
  virtual Body* body() = 0;
  // After a 101: the byte tunnel, bytes already received first.
  virtual net::Stream* tunnel() = 0;
  // The upload failed because the request body failed (client gone), not because of the upstream.
  virtual const Error* body_error() const = 0;
  // Of the bodies, so far.
  virtual std::uint64_t request_body_bytes() const = 0;
  virtual std::uint64_t response_body_bytes() const = 0;
};

class ClientConnection {
 public:
  virtual ~ClientConnection() = default;
  // Begins an exchange. HTTP/1: only when idle(). The arena is the exchange's.
  virtual std::unique_ptr<ClientExchange> open(Arena& arena) = 0;
  virtual std::size_t capacity() const = 0;  // exchanges that may be opened now
  virtual bool reusable()
      const = 0;  // nothing is in the way of another exchange, the peer is still there
  // reusable(), and nothing unasked-for has come from the peer: looks at what events told of.
  virtual bool quiet() { return reusable(); }
  virtual std::uint64_t exchanges_done() const = 0;
  virtual const net::StreamCounters& counters() const = 0;
  // Told when the peer closes an idle connection, so that the pool drops it.
  virtual void listen_for_hangup(net::HangupListener* listener) = 0;
};

std::unique_ptr<ClientConnection> make_h1_client(net::Reactor& reactor,
                                                 std::unique_ptr<net::Stream> stream,
                                                 const ClientOptions& options);

}  // namespace perigee::http
