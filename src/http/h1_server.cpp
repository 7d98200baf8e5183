// HTTP/1 connections of a server: reading heads, running exchanges, keep-alive and pipelining (RFC
// 9112).
#include "base/log.hpp"
#include "http/h1_body.hpp"
#include "http/h1_tunnel.hpp"
#include "http/h1_write.hpp"
#include "http/server_impl.hpp"

namespace perigee::http {
namespace {

constexpr Duration kLingerTime = 2s;

class H1Connection;

// The request's body; asks a waiting client for it when the server is told to (handle100Continue).
class RequestBody final : public H1Body {
 public:
  RequestBody(const Init& init, net::Stream& stream, bool ask)
      : H1Body(init), stream_(stream), ask_(ask) {}
  bool asked_or_not_needed() const { return !ask_; }

 private:
  Async<Result<void>> before_wait() override {
    if (!std::exchange(ask_, false)) return Result<void>{};
    return stream_.write("HTTP/1.1 100 Continue\r\n\r\n");
  }
  net::Stream& stream_;
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
  void watch_client(Scope* scope) override { watcher_ = scope; }

  void client_left();
  bool closes() const { return close_after_; }

  H1Head info;
  std::optional<RequestBody> request_body;

 private:
  friend class H1Connection;
  WireFraming framing_for(const ResponseHead& head, Body*& body);
  void note_sent(const ResponseHead& head);
  Async<Result<void>> send_head(std::string_view text);
  Async<Result<void>> send_body(Async<Result<bool>> first, Body& body, WireFraming framing);
  Result<void> sent_body(Result<void> sent, const WireFraming& framing);

  H1Connection& connection_;
  Scope* watcher_ = nullptr;
  std::optional<BodySender> sender_;
  std::optional<TunnelStream> tunnel_;
  bool responded_ = false;
  bool response_whole_ = false;
};

class H1Connection final : public ServerConnection, private net::HangupListener {
 public:
  H1Connection(Server::Impl& server, std::unique_ptr<net::Stream> stream)
      : ServerConnection(server),
        stream_(std::move(stream)),
        received_(server.reactor.buffers()),
        opened_(server.reactor.now()),
        generation_(server.drain_generation) {}
  ~H1Connection() override {
    task_.reset();
    if (server_.observer) server_.observer->on_connection_closed(stream_->counters());
  }

  void start() override { go_idle(); }
  void close() override;

 private:
  friend class H1Exchange;
  enum class After : std::uint8_t { next, close, linger };

  void on_readable() override;
  void on_hangup() override;
  void go_idle();
  void over();

  Async<void> serve();
  bool read_head_at_once(H1Exchange& exchange);
  Async<bool> read_head(H1Exchange& exchange);
  void begin(H1Exchange& exchange);
  void end(H1Exchange& exchange);
  Async<Result<void>> receive(Instant head_begun);
  Async<void> refuse(int status, std::string_view why);
  void accept_head(H1Exchange& exchange);
  Async<After> settle_body(H1Exchange& exchange);
  Async<After> drain(RequestBody& body);
  Async<void> linger();

  std::unique_ptr<net::Stream> stream_;
  Buffer received_;
  Instant opened_;
  std::uint64_t generation_;
  std::uint64_t requests_ = 0;
  H1Exchange* exchange_ = nullptr;
  Task task_;
  bool over_ = false;
};

// ---- The exchange

const net::Stream& H1Exchange::stream() const { return *connection_.stream_; }
const Server& H1Exchange::server() const { return connection_.server_.owner; }
Instant H1Exchange::connection_opened() const { return connection_.opened_; }

void H1Exchange::client_left() {
  if (watcher_)
    std::exchange(watcher_, nullptr)
        ->cancel(Error(ErrorCode::client_gone, "the client left", Fault::client));
}

Async<Result<void>> H1Exchange::inform(const ResponseHead& head) {
  if (responded_ || request.version == Version::http_1_0) return Result<void>{};
  return connection_.stream_->write(write_response_head(arena, head, {}));
}

// RFC 9112 section 6.3; `body` becomes null when none may be sent.
WireFraming H1Exchange::framing_for(const ResponseHead& head, Body*& body) {
  WireFraming framing;
  bool old = request.version == Version::http_1_0;
  bool no_content = head.status == 204 || head.status == 304 || head.status < 200;
  bool is_head = request.method == Method::head;
  if (no_content || is_head) {
    std::optional<std::uint64_t> told = told_length(head.headers);
    if (!told && is_head && body && !no_content) told = body->length();
    if (told && head.status != 204 && head.status >= 200)
      framing = {.kind = WireFraming::Kind::length, .length = *told};
    body = nullptr;
  } else if (!body) {
    framing.kind = WireFraming::Kind::length;
  } else if (std::optional<std::uint64_t> length = body->length()) {
    framing = {.kind = WireFraming::Kind::length, .length = *length};
  } else {
    framing.kind = old ? WireFraming::Kind::until_close : WireFraming::Kind::chunked;
    close_after_ = close_after_ || old;
  }
  if (connection_.server_.leaves(connection_.generation_)) close_after_ = true;
  if (close_after_) {
    framing.connection = WireFraming::Connection::close;
  } else if (old) {
    framing.connection = WireFraming::Connection::keep_alive;
  }
  return framing;
}

void H1Exchange::note_sent(const ResponseHead& head) {
  responded_ = true;
  status_sent = head.status;
}

Async<Result<void>> H1Exchange::respond(ResponseHead& head, Body* body) {
  PERIGEE_ASSERT(!responded_);
  Body* sent = body;
  WireFraming framing = framing_for(head, sent);
  std::string_view text = write_response_head(arena, head, framing);
  note_sent(head);
  if (!sent) return send_head(text);
  sender_.emplace(connection_.server_.reactor, *connection_.stream_, arena,
                  connection_.server_.options.write_idle_timeout);
  Async<Result<bool>> first = sender_->send_first(text, sent, framing);
  if (!first.here()) return send_body(std::move(first), *sent, framing);
  Result<bool> all = first.take();
  if (all && *all) return sent_body({}, framing);
  return send_body(std::move(all), *sent, framing);
}

Async<Result<void>> H1Exchange::send_head(std::string_view text) {
  response_whole_ = true;
  Async<Result<void>> writing = connection_.stream_->write(text);
  if (writing.here()) return writing;
  return [](H1Exchange& self, Async<Result<void>> rest) -> Async<Result<void>> {
    Result<void> done = co_await rest;
    // A write that was ended may have sent a part: nothing can follow it.
    if (!done) self.connection_.stream_->close(true);
    co_return done;
  }(*this, std::move(writing));
}

Async<Result<void>> H1Exchange::send_body(Async<Result<bool>> first, Body& body,
                                          WireFraming framing) {
  Result<bool> all = co_await first;
  Result<void> sent;
  if (!all) {
    sent = std::unexpected(std::move(all.error()));
  } else if (!*all) {
    sent = co_await sender_->send_rest(body, framing);
  }
  co_return sent_body(std::move(sent), framing);
}

Result<void> H1Exchange::sent_body(Result<void> sent, const WireFraming& framing) {
  response_body_bytes = sender_->body_bytes();
  response_whole_ = sent.has_value();
  // A body that breaks off must not look whole: without a framing of its own only a reset tells.
  if (!sent) connection_.stream_->close(framing.kind == WireFraming::Kind::until_close);
  return sent;
}

Async<Result<net::Stream*>> H1Exchange::upgrade(ResponseHead& head) {
  PERIGEE_ASSERT(!responded_);
  std::string_view text =
      write_response_head(arena, head, {.connection = WireFraming::Connection::upgrade});
  note_sent(head);
  close_after_ = true;
  response_whole_ = true;
  watcher_ = nullptr;
  CO_TRY(co_await connection_.stream_->write(text));
  connection_.stream_->listen_for_hangup(nullptr);
  tunnel_.emplace(*connection_.stream_, connection_.received_);
  co_return &*tunnel_;
}

// ---- The connection

// An idle connection is an object and nothing else: no frame, no buffer, no timer.
void H1Connection::go_idle() {
  received_.drop();
  if (stream_->hung_up()) return over();
  server_.became_idle(*this);
  stream_->listen_for_hangup(this);
  if (stream_->readable()) on_readable();
}

void H1Connection::on_readable() {
  if (task_.running() || over_) return;
  server_.became_busy(*this);
  task_.start(serve());
}

void H1Connection::on_hangup() {
  if (over_) return;
  if (!exchange_) {
    if (task_.running()) return;  // it reads, and learns by itself
    return over();
  }
  if (exchange_->response_whole_) return;
  if (server_.observer) server_.observer->on_reset();
  exchange_->client_left();
}

void H1Connection::over() {
  if (std::exchange(over_, true)) return;
  stream_->listen_for_hangup(nullptr);
  server_.is_over(*this);
}

void H1Connection::close() {
  if (over_) return;
  over();
  stream_->close(false);
}

Async<void> H1Connection::serve() {
  After after = After::next;
  while (after == After::next) {
    std::unique_ptr<Arena> arena = server_.take_arena();
    {
      H1Exchange exchange(*this, *arena);
      bool there = read_head_at_once(exchange) || co_await read_head(exchange);
      after = After::close;
      if (there) {
        begin(exchange);
        co_await server_.handler.handle(exchange);
        end(exchange);
        after = co_await settle_body(exchange);
        exchange_ = nullptr;
      }
    }
    server_.give_arena(std::move(arena));
    bool more = !received_.empty() || stream_->readable();
    if (after == After::next && !more) {
      go_idle();
      co_return;
    }
  }
  if (after == After::linger && !stream_->closed()) co_await linger();
  if (!over_) {
    stream_->end();
    over();
  }
}

void H1Connection::begin(H1Exchange& exchange) {
  if (received_.empty()) received_.drop();
  exchange_ = &exchange;
  server_.exchange_begins();
  if (server_.observer) server_.observer->on_request_begun(exchange);
}

void H1Connection::end(H1Exchange& exchange) {
  if (exchange.request_body) exchange.request_body_bytes = exchange.request_body->bytes();
  if (server_.observer) server_.observer->on_request_ended(exchange, server_.reactor.now());
  server_.exchange_ends();
}

// The usual request: its whole head comes with one read. False leaves everything else to
// read_head().
bool H1Connection::read_head_at_once(H1Exchange& exchange) {
  if (received_.empty()) {
    Async<Result<std::size_t>> reading = stream_->read(received_);
    if (!reading.here()) return false;
    Result<std::size_t> got = reading.take();
    if (!got || *got == 0) return false;  // read_head() meets it again
  }
  H1Outcome outcome =
      parse_request(received_.unread(), server_.options.limits, exchange.request, exchange.info);
  if (outcome.result != Parse::done) return false;
  accept_head(exchange);
  return true;
}

// False: the client left, or was refused; nothing more is to be read.
Async<bool> H1Connection::read_head(H1Exchange& exchange) {
  Instant begun = server_.reactor.now();
  while (true) {
    if (!received_.empty()) {
      std::string_view bytes = received_.unread();
      H1Outcome outcome =
          parse_request(bytes, server_.options.limits, exchange.request, exchange.info);
      if (outcome.result == Parse::done) {
        accept_head(exchange);
        co_return true;
      }
      if (outcome.result == Parse::refused) {
        co_await refuse(outcome.status, outcome.why);
        co_return false;
      }
    }
    Result<void> received = co_await receive(begun);
    if (received) continue;
    bool too_slow = received.error().code == ErrorCode::timed_out && !received_.empty();
    if (too_slow) co_await refuse(408, "the request head did not come in time");
    co_return false;
  }
}

Async<Result<void>> H1Connection::receive(Instant head_begun) {
  received_.compact();
  if (received_.leased() && received_.size() == received_.capacity()) received_.grow();
  Async<Result<std::size_t>> reading = stream_->read(received_);
  Result<std::size_t> got = 0;
  if (reading.here()) {
    got = reading.take();
  } else {
    Duration left = server_.options.head_timeout - (server_.reactor.now() - head_begun);
    net::Deadline deadline(server_.reactor, co_await this_scope(), std::max<Duration>(left, 0s),
                           ErrorCode::timed_out, "the request head did not come in time",
                           Fault::client);
    got = co_await reading;
  }
  if (!got) co_return std::unexpected(std::move(got.error()));
  if (*got == 0)
    co_return fail(ErrorCode::client_gone, "the client closed the connection", Fault::client);
  co_return Result<void>{};
}

Async<void> H1Connection::refuse(int status, std::string_view why) {
  if (server_.observer) server_.observer->on_refused(status, why);
  std::unique_ptr<Arena> arena = server_.take_arena();
  ResponseHead head(*arena);
  head.status = status;
  std::string_view text = write_response_head(*arena, head,
                                              {.kind = WireFraming::Kind::length,
                                               .length = 0,
                                               .connection = WireFraming::Connection::close});
  Result<void> sent = co_await stream_->write(text);
  server_.give_arena(std::move(arena));
  if (sent) co_await linger();
}

// The head's bytes move to the arena, so that the buffer is free for the body and for the next
// request.
void H1Connection::accept_head(H1Exchange& exchange) {
  std::string_view bytes = received_.unread().substr(0, exchange.info.bytes);
  std::string_view copy = exchange.arena.copy(bytes);
  auto rebase = [&](std::string_view& view) {
    if (view.data() >= bytes.data() && view.data() < bytes.data() + bytes.size()) {
      view = {copy.data() + (view.data() - bytes.data()), view.size()};
    }
  };
  RequestHead& request = exchange.request;
  for (std::string_view* view :
       {&request.method_text, &request.target, &request.path, &request.query, &request.authority})
    rebase(*view);
  request.headers.rebase(bytes.data(), bytes.size(), copy.data());
  received_.consume(bytes.size());
  if (stream_->tls().secured) request.scheme = "https";
  exchange.arrived = server_.reactor.now();
  exchange.arrived_wall = server_.reactor.wall();
  exchange.connection_requests = ++requests_;
  const H1Head& info = exchange.info;
  bool last = server_.options.requests_per_connection_max > 0 &&
              requests_ >= server_.options.requests_per_connection_max;
  if (!info.keep_alive || last) exchange.close_after();
  if (info.framing == Framing::none ||
      (info.framing == Framing::length && info.content_length == 0))
    return;
  exchange.request_body.emplace(H1Body::Init{.reactor = server_.reactor,
                                             .stream = *stream_,
                                             .buffer = received_,
                                             .arena = exchange.arena,
                                             .framing = info.framing,
                                             .length = info.content_length,
                                             .idle_timeout = server_.options.body_idle_timeout,
                                             .fault = Fault::client,
                                             .timeout_status = 408},
                                *stream_, info.expects_continue && server_.options.answer_continue);
  exchange.body = &*exchange.request_body;
}

// What becomes of the connection after an answer: an unread body is read away when that is cheap,
// else the client is given time to read the answer before the connection closes.
Async<H1Connection::After> H1Connection::settle_body(H1Exchange& exchange) {
  if (!exchange.responded_ || !exchange.response_whole_ || stream_->closed()) {
    stream_->close(!exchange.responded_);
    return After::close;
  }
  RequestBody* body = exchange.request_body ? &*exchange.request_body : nullptr;
  if (!body || body->complete()) return exchange.closes() ? After::close : After::next;
  bool never_asked = exchange.info.expects_continue && !body->touched();
  std::optional<std::uint64_t> left = body->length();
  bool too_long = left && *left > server_.options.drain_bytes_max;
  if (exchange.closes() || never_asked || too_long) return After::linger;
  return drain(*body);
}

Async<H1Connection::After> H1Connection::drain(RequestBody& body) {
  std::size_t drained = 0;
  while (drained <= server_.options.drain_bytes_max) {
    Result<Chunk> piece = co_await body.read();
    if (!piece) co_return After::close;
    if (piece->empty()) co_return body.complete() ? After::next : After::close;
    drained += piece->size();
  }
  co_return After::linger;
}

// Closing at once would reset the connection while the client still sends, and the answer would be
// lost (RFC 9112 section 9.6).
Async<void> H1Connection::linger() {
  stream_->end();
  net::Deadline deadline(server_.reactor, co_await this_scope(), kLingerTime, ErrorCode::timed_out,
                         "lingering is over", Fault::client);
  std::size_t read_away = 0;
  while (read_away <= server_.options.drain_bytes_max) {
    received_.drop();
    Result<std::size_t> got = co_await stream_->read(received_);
    if (!got || *got == 0) break;
    read_away += *got;
  }
}

}  // namespace

std::unique_ptr<ServerConnection> make_h1_connection(Server::Impl& server,
                                                     std::unique_ptr<net::Stream> stream) {
  return std::make_unique<H1Connection>(server, std::move(stream));
}

}  // namespace perigee::http
