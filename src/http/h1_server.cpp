// Reading heads, running exchanges, keep-alive and pipelining.
#include <algorithm>

#include "http/h1_connection.hpp"

namespace perigee::http {

// An idle connection is an object and nothing else: no frame, no buffer, no timer.
void H1Connection::go_idle() {
  received_.drop();
  if (over_) return;
  if (stream_->closed()) return over();
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
  // Told once, and what came before the end may be a whole request. A running task reads, and
  // learns by itself.
  if (!exchange_) return on_readable();
  if (exchange_->responded_ && next_request_waits()) return;
  client_left();
}

// Bytes behind the current request have been read already.
bool H1Connection::next_request_waits() const {
  const std::optional<RequestBody>& body = exchange_->request_body;
  if (!body) return !received_.empty();
  return body->finished() && received_.size() > body->bytes_held();
}

void H1Connection::client_left() {
  if (over_ || !exchange_ || exchange_->response_whole_) return;
  if (server_.observer && !std::exchange(exchange_->told_reset_, true))
    server_.observer->on_reset(*exchange_);
  exchange_->end_watcher(ErrorCode::client_gone, "the client left");
}

Async<Result<void>> H1Connection::write(std::string_view bytes) {
  return write_within(server_.reactor, stream_->write_soon({&bytes, 1}),
                      server_.options.write_idle_timeout, Fault::client);
}

// What was said to be written has left.
Async<Result<void>> H1Connection::flush() {
  return write_within(server_.reactor, stream_->write(std::span<const std::string_view>()),
                      server_.options.write_idle_timeout, Fault::client);
}

void H1Connection::over() {
  if (std::exchange(over_, true)) return;
  stream_->listen_for_hangup(nullptr);
  server_.is_over(*this);
}

void H1Connection::close() {
  if (over_) return;
  over();
  if (exchange_) exchange_->end_watcher(ErrorCode::cancelled, "the server closes its connections");
  stream_->close(false);
}

Async<void> H1Connection::serve() {
  After after = After::next;
  while (after == After::next && !over_) {
    std::unique_ptr<Arena> arena = server_.take_arena();
    {
      H1Exchange exchange(*this, *arena);
      Head head = read_head_at_once(exchange);
      if (head == Head::incomplete) head = co_await read_head(exchange);
      if (head == Head::there) {
        begin(exchange);
        co_await server_.handler.handle(exchange);
        end(exchange);
        task_.scope().clear();  // what ended the exchange does not end the connection
        after = co_await settle_body(exchange);
      } else if (head == Head::refused) {
        after = After::linger;
      } else if (head == Head::gone) {
        after = After::close;
      }
    }
    server_.give_arena(std::move(arena));
    bool more = !received_.empty() || stream_->readable();
    if (after == After::next && !more) {
      go_idle();
      co_return;
    }
  }
  // Closing with bytes unread would reset the connection under the answer.
  if (after == After::close && stream_->readable() && !stream_->hung_up()) after = After::linger;
  if (after == After::linger && !stream_->closed()) co_await linger();
  if (!over_ && !stream_->closed()) static_cast<void>(co_await flush());
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
  if (server_.observer) {
    server_.observer->on_request_ended(exchange, server_.reactor.now());
    if (exchange.tunnel_) server_.observer->on_upgrade_ended(exchange);
    tell_bytes();
  }
  server_.exchange_ends();
  exchange_ = nullptr;
}

void H1Connection::tell_bytes() {
  const net::StreamCounters& now = stream_->counters();
  net::StreamCounters before = std::exchange(told_, now);
  server_.observer->on_bytes(*stream_, now.bytes_read - before.bytes_read,
                             now.bytes_written - before.bytes_written);
}

// The usual request: its whole head comes with one read. Everything else is left to read_head().
H1Connection::Head H1Connection::read_head_at_once(H1Exchange& exchange) {
  if (received_.empty()) {
    Async<Result<std::size_t>> reading = stream_->read(received_);
    // Under TLS something has come all the same, a part of a record perhaps, which is held: it has
    // as long as a head has.
    if (!reading.here()) return stream_->readable() || secured_ ? Head::incomplete : Head::nothing;
    Result<std::size_t> got = reading.take();
    if (!got || *got == 0) return Head::incomplete;  // read_head() meets it again
  }
  H1Outcome outcome =
      parse_request(received_.unread(), server_.options.limits, exchange.request, exchange.info);
  if (outcome.result != Parse::done || !fits(exchange)) return Head::incomplete;
  accept_head(exchange);
  return Head::there;
}

Async<H1Connection::Head> H1Connection::read_head(H1Exchange& exchange) {
  Instant begun = server_.reactor.now();
  while (true) {
    H1Outcome outcome;
    if (!received_.empty()) {
      outcome = parse_request(received_.unread(), server_.options.limits, exchange.request,
                              exchange.info);
    }
    if (outcome.result == Parse::done && !fits(exchange))
      outcome = {Parse::refused, 431, "the head is larger than the memory of an exchange"};
    if (outcome.result == Parse::done) {
      accept_head(exchange);
      co_return Head::there;
    }
    if (outcome.result == Parse::refused) co_return co_await refuse(outcome.status, outcome.why);
    Result<void> received = co_await receive(begun);
    if (received) continue;
    if (received_.empty()) co_return Head::gone;
    if (received.error().code == ErrorCode::timed_out)
      co_return co_await refuse(408, "the request head did not come in time");
    if (received.error().code == ErrorCode::limit)
      co_return co_await refuse(431, "the head is larger than the largest block");
    co_return Head::gone;
  }
}

// The head is to be copied into the arena, which holds its fields already.
bool H1Connection::fits(const H1Exchange& exchange) const {
  return exchange.arena.bytes_held() + exchange.info.bytes <= server_.options.arena_bytes_max;
}

Async<Result<void>> H1Connection::receive(Instant head_begun) {
  received_.compact();
  if (received_.leased() && received_.size() == received_.capacity()) received_.grow();
  // Limits above the largest block: the block is the limit.
  if (received_.leased() && received_.size() == received_.capacity())
    co_return fail(ErrorCode::limit, "a head larger than the largest block", Fault::client);
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

Async<H1Connection::Head> H1Connection::refuse(int status, std::string_view why) {
  if (server_.observer) server_.observer->on_refused(stream_->remote(), status, why);
  std::unique_ptr<Arena> arena = server_.take_arena();
  ResponseHead head(*arena);
  head.status = status;
  std::string_view text = write_response_head(*arena, head,
                                              {.kind = WireFraming::Kind::length,
                                               .length = 0,
                                               .connection = WireFraming::Connection::close});
  Result<void> sent = co_await write(text);
  server_.give_arena(std::move(arena));
  co_return sent ? Head::refused : Head::gone;
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
  request.headers.rebase(copy.data() - bytes.data());
  received_.consume(bytes.size());
  // Of the connection, whatever an absolute target claims: policies rely on it.
  request.scheme = secured_ ? "https" : "http";
  exchange.arrived = server_.reactor.now();
  exchange.arrived_wall = server_.reactor.wall();
  exchange.connection_requests = ++requests_;
  // Before policies change what the backend is told.
  exchange.asked_ = request.method;
  if (server_.options.compress) exchange.coding_ = preferred_coding(request.headers);
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
                                *this, info.expects_continue && server_.options.answer_continue);
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
  net::Deadline deadline(server_.reactor, co_await this_scope(), server_.options.linger_timeout,
                         ErrorCode::timed_out, "draining is over", Fault::client);
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
  net::Deadline deadline(server_.reactor, co_await this_scope(), server_.options.linger_timeout,
                         ErrorCode::timed_out, "lingering is over", Fault::client);
  std::size_t read_away = 0;
  while (read_away <= server_.options.drain_bytes_max) {
    received_.drop();
    Result<std::size_t> got = co_await stream_->read(received_);
    if (!got || *got == 0) break;
    read_away += *got;
  }
}

std::unique_ptr<ServerConnection> make_h1_connection(Server::Impl& server,
                                                     std::unique_ptr<net::Stream> stream,
                                                     bool secured) {
  return std::make_unique<H1Connection>(server, std::move(stream), secured);
}

}  // namespace perigee::http
