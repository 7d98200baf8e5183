// An HTTP/1 connection of a server and its exchanges (RFC 9112). Internal to http.
//
// The connection owns the stream and the bytes read ahead; its one task runs exchange after
// exchange. An idle connection is an object and nothing else: no frame, no buffer, no timer.
#pragma once

#include <memory>
#include <optional>

#include "http/compression.hpp"
#include "http/h1_body.hpp"
#include "http/h1_tunnel.hpp"
#include "http/h1_write.hpp"
#include "http/server_impl.hpp"

namespace perigee::http {

class H1Connection;

// The request's body; asks a waiting client for it when the server is told to (handle100Continue).
class RequestBody final : public H1Body {
 public:
  RequestBody(const Init& init, H1Connection& connection, bool ask)
      : H1Body(init), connection_(connection), ask_(ask) {}

 private:
  Async<Result<void>> before_wait() override;
  void on_peer_gone() override;
  H1Connection& connection_;
  bool ask_;
};

class H1Exchange final : public ServerExchange {
 public:
  H1Exchange(H1Connection& connection, Arena& arena)
      : ServerExchange(arena), connection_(connection) {}

  const net::Stream& stream() const override;
  const Server& server() const override;
  Instant connection_opened() const override;
  Async<Result<void>> inform(const ResponseHead& head) override;
  Async<Result<void>> respond(ResponseHead& head, Body* body) override;
  Async<Result<net::Stream*>> upgrade(ResponseHead& head) override;
  bool responded() const override { return responded_; }
  void watch_client(Scope* scope) override;

  void end_watcher(ErrorCode code, const char* why);
  bool closes() const { return close_after_; }

  H1Head info;
  std::optional<RequestBody> request_body;

 private:
  friend class H1Connection;
  friend class RequestBody;
  Async<Result<void>> respond_compressed(ResponseHead& head, Body& body);
  WireFraming framing_for(const ResponseHead& head, Body*& body);
  bool leaves_body_unread() const;
  void note_sent(const ResponseHead& head);
  Async<Result<void>> send_interim(std::string_view text);
  Async<Result<void>> finish_interim(Async<Result<void>> writing);
  Async<Result<void>> send_interim_later(std::string_view text);
  Async<Result<void>> interim_over();
  Async<Result<void>> respond_later(ResponseHead& head, Body* body);
  Async<Result<void>> send_head(std::string_view text);
  Async<Result<void>> send_body(Async<Result<bool>> first, Body& body, WireFraming framing);
  Result<void> sent_body(Result<void> sent, const WireFraming& framing);

  // Interim answers come from two flows, from who answers (inform) and from who reads the body (100
  // Continue): while one is being written, everything else waits behind it.
  enum class Interim : std::uint8_t { none, under_way, cut_off };
  class InterimTurn;

  H1Connection& connection_;
  Interim interim_ = Interim::none;
  Completion<Result<void>> interim_over_;
  Scope* watcher_ = nullptr;
  std::optional<BodySender> sender_;
  std::optional<TunnelStream> tunnel_;
  bool responded_ = false;
  bool response_whole_ = false;
  bool told_reset_ = false;
  ContentCoding coding_ = ContentCoding::identity;  // of the answer's body
  Method asked_ = Method::get;                      // by the client, whatever the backend is asked
};

class H1Connection final : public ServerConnection, private net::HangupListener {
 public:
  H1Connection(Server::Impl& server, std::unique_ptr<net::Stream> stream, bool secured)
      : ServerConnection(server),
        stream_(std::move(stream)),
        received_(server.reactor.buffers()),
        opened_(server.reactor.now()),
        generation_(server.drain_generation),
        secured_(secured) {}
  ~H1Connection() override {
    if (exchange_) end(*exchange_);
    task_.reset();
    if (!server_.observer) return;
    tell_bytes();
    server_.observer->on_connection_closed(*stream_);
  }

  void start() override { go_idle(); }
  void close() override;
  void each_exchange(const std::function<void(const ServerExchange&)>& look) const override {
    if (exchange_) look(*exchange_);
  }

 private:
  friend class H1Exchange;
  friend class RequestBody;
  enum class Head : std::uint8_t { there, nothing, incomplete, refused, gone };
  enum class After : std::uint8_t { next, close, linger };

  void on_readable() override;
  void on_hangup() override;
  void go_idle();
  void over();

  Async<void> serve();
  Head read_head_at_once(H1Exchange& exchange);
  Async<Head> read_head(H1Exchange& exchange);  // there, refused or gone
  bool fits(const H1Exchange& exchange) const;
  void begin(H1Exchange& exchange);
  void end(H1Exchange& exchange);
  void tell_bytes();  // to the observer, which is there
  Async<Result<void>> receive(Instant head_begun);
  Async<Head> refuse(int status, std::string_view why);
  void accept_head(H1Exchange& exchange);
  Async<After> settle_body(H1Exchange& exchange);
  Async<After> drain(RequestBody& body);
  Async<void> linger();
  Async<Result<void>> write(std::string_view bytes);
  Async<Result<void>> flush();
  // At the end of this turn, unless the exchange is over by then: what may destroy the flow that
  // runs now.
  void defer(void (*work)(H1Connection&));
  void client_left();
  bool next_request_waits() const;

  std::unique_ptr<net::Stream> stream_;
  Buffer received_;
  Instant opened_;
  std::uint64_t generation_;
  std::uint64_t requests_ = 0;
  net::StreamCounters told_;  // to the observer
  H1Exchange* exchange_ = nullptr;
  std::shared_ptr<H1Connection*> self_;  // for deferred work; null until there is some
  Task task_;
  bool over_ = false;
  const bool secured_;
};

}  // namespace perigee::http
