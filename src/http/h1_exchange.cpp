// What a handler does with an exchange: reading the request, giving the answer.
#include "http/h1_connection.hpp"

namespace perigee::http {

// Only a client that waits is asked: not one that has begun to send, nor one that has its answer.
Async<Result<void>> RequestBody::before_wait() {
  H1Exchange* exchange = connection_.exchange_;
  if (!std::exchange(ask_, false) || bytes() > 0 || !exchange || exchange->responded())
    return Result<void>{};
  return exchange->send_interim("HTTP/1.1 100 Continue\r\n\r\n");
}

// Whoever watches may destroy the flow that reads now: not on its own stack.
void RequestBody::on_peer_gone() {
  connection_.defer([](H1Connection& connection) { connection.on_hangup(); });
}

void H1Connection::defer(void (*work)(H1Connection&)) {
  if (!self_) self_ = std::make_shared<H1Connection*>(this);
  server_.reactor.defer([work, weak = std::weak_ptr(self_), number = requests_] {
    std::shared_ptr<H1Connection*> self = weak.lock();
    if (self && (*self)->exchange_ && (*self)->requests_ == number) work(**self);
  });
}

// An interim answer is being written. When its flow is ended midway, nothing may follow the part
// that was sent. Who waits behind it goes on at the end of the turn: he may destroy this flow.
class H1Exchange::InterimTurn {
 public:
  explicit InterimTurn(H1Exchange& exchange) : exchange_(exchange) {
    exchange_.interim_ = Interim::under_way;
  }
  InterimTurn(const InterimTurn&) = delete;
  InterimTurn& operator=(const InterimTurn&) = delete;
  ~InterimTurn() {
    exchange_.interim_ = whole_ ? Interim::none : Interim::cut_off;
    if (!exchange_.interim_over_.waiting()) return;
    exchange_.connection_.defer([](H1Connection& connection) {
      Completion<Result<void>>& over = connection.exchange_->interim_over_;
      if (over.waiting()) over.complete({});
    });
  }
  void whole() { whole_ = true; }

 private:
  H1Exchange& exchange_;
  bool whole_ = false;
};

Async<Result<void>> H1Exchange::send_interim(std::string_view text) {
  if (interim_ != Interim::none) return send_interim_later(text);
  Async<Result<void>> writing = connection_.write(text);
  if (writing.here()) return writing;
  return finish_interim(std::move(writing));
}

Async<Result<void>> H1Exchange::finish_interim(Async<Result<void>> writing) {
  InterimTurn turn(*this);
  Async<Result<void>> rest = std::move(writing);  // is destroyed before the turn
  Result<void> sent = co_await rest;
  if (sent) turn.whole();
  co_return sent;
}

Async<Result<void>> H1Exchange::send_interim_later(std::string_view text) {
  CO_TRY(co_await interim_over());
  co_return co_await send_interim(text);
}

Async<Result<void>> H1Exchange::interim_over() {
  while (interim_ == Interim::under_way) {
    CO_TRY(co_await interim_over_);
  }
  if (interim_ == Interim::cut_off)
    co_return fail(ErrorCode::closed, "an interim answer was broken off", Fault::client);
  co_return Result<void>{};
}

const net::Stream& H1Exchange::stream() const { return *connection_.stream_; }
const Server& H1Exchange::server() const { return connection_.server_.owner; }
Instant H1Exchange::connection_opened() const { return connection_.opened_; }

void H1Exchange::end_watcher(ErrorCode code, const char* why) {
  if (watcher_) std::exchange(watcher_, nullptr)->cancel(Error(code, why, Fault::client));
}

void H1Exchange::watch_client(Scope* scope) {
  watcher_ = scope;
  if (scope && !responded_ && connection_.stream_->hung_up()) connection_.client_left();
}

// An interim answer is a courtesy: one that cannot be given is left out.
Async<Result<void>> H1Exchange::inform(const ResponseHead& head) {
  bool interim = head.status >= 100 && head.status < 200 && head.status != 101;
  bool fits = arena.bytes_held() <= connection_.server_.options.arena_bytes_max;
  if (!interim || !fits || responded_ || request.version == Version::http_1_0)
    return Result<void>{};
  return send_interim(write_response_head(arena, head, {}));
}

// The client is to know with the answer that the connection does not go on: it will be closed
// because of a body that nobody has asked it for, that is too long to read away, or that is broken.
bool H1Exchange::leaves_body_unread() const {
  if (!request_body) return false;
  if (request_body->touched()) return request_body->broken();
  return info.expects_continue ||
         request_body->length().value_or(0) > connection_.server_.options.drain_bytes_max;
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
  if (connection_.server_.leaves(connection_.generation_) || leaves_body_unread())
    close_after_ = true;
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
  if (interim_ != Interim::none) return respond_later(head, body);
  request.method = asked_;  // whether the answer has a body is not the backend's method's to say
  if (connection_.server_.options.compress && depends_on_coding(request, head, body)) {
    add_vary(head.headers);
    if (coding_ != ContentCoding::identity && has_content(request, head))
      return respond_compressed(head, *body);
  }
  if (head.status < 200 || head.status > 999) {
    return fail(ErrorCode::invalid,
                "an answer's status must be from 200 to 999, not " + std::to_string(head.status),
                Fault::ours);
  }
  Body* sent = body;
  WireFraming framing = framing_for(head, sent);
  std::string_view text = write_response_head(arena, head, framing);
  note_sent(head);
  if (!sent) return send_head(text);
  sender_.emplace(connection_.server_.reactor, *connection_.stream_, arena,
                  connection_.server_.options.write_idle_timeout, Fault::client);
  Async<Result<bool>> first = sender_->send_first(text, sent, framing);
  if (!first.here()) return send_body(std::move(first), *sent, framing);
  Result<bool> all = first.take();
  if (all && *all) return sent_body({}, framing);
  return send_body(std::move(all), *sent, framing);
}

Async<Result<void>> H1Exchange::respond_compressed(ResponseHead& head, Body& body) {
  std::unique_ptr<Body> compressed = compress(connection_.server_.reactor, body, coding_);
  announce(coding_, head.headers);
  Result<void> sent = co_await respond(head, compressed.get());
  // Another answer may be given with this head.
  if (!responded_) head.headers.remove(HeaderId::content_encoding);
  co_return sent;
}

Async<Result<void>> H1Exchange::respond_later(ResponseHead& head, Body* body) {
  CO_TRY(co_await interim_over());
  co_return co_await respond(head, body);
}

Async<Result<void>> H1Exchange::send_head(std::string_view text) {
  response_whole_ = true;
  Async<Result<void>> writing = connection_.write(text);
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
  if (!sent && !sender_->begun()) {
    responded_ = false;
    status_sent = 0;
    return sent;
  }
  // A body that breaks off must not look whole: without a framing of its own only a reset tells.
  if (!sent) connection_.stream_->close(framing.kind == WireFraming::Kind::until_close);
  return sent;
}

Async<Result<net::Stream*>> H1Exchange::upgrade(ResponseHead& head) {
  PERIGEE_ASSERT(!responded_);
  CO_TRY(co_await interim_over());
  if (request.version == Version::http_1_0)
    co_return fail(ErrorCode::invalid, "a connection of HTTP/1.0 cannot be upgraded");
  if (request_body && !request_body->complete())
    co_return fail(ErrorCode::invalid, "a request with an unread body cannot be upgraded");
  std::string_view text =
      write_response_head(arena, head, {.connection = WireFraming::Connection::upgrade});
  note_sent(head);
  close_after_ = true;
  upgraded = connection_.server_.reactor.now();
  response_whole_ = true;
  watcher_ = nullptr;
  CO_TRY(co_await connection_.write(text));
  connection_.stream_->listen_for_hangup(nullptr);
  tunnel_.emplace(*connection_.stream_, connection_.received_);
  if (connection_.server_.observer) connection_.server_.observer->on_upgraded(*this);
  co_return &*tunnel_;
}

}  // namespace perigee::http
