// What a handler does with an exchange: reading the request, giving the answer.
#include "http/h1_connection.hpp"

namespace perigee::http {

Async<Result<void>> RequestBody::before_wait() {
  if (!std::exchange(ask_, false)) return Result<void>{};
  return connection_.write("HTTP/1.1 100 Continue\r\n\r\n");
}

// Whoever watches may destroy the flow that reads now: not on its own stack.
void RequestBody::on_peer_gone() {
  if (!connection_.self_) connection_.self_ = std::make_shared<H1Connection*>(&connection_);
  connection_.server_.reactor.defer(
      [weak = std::weak_ptr(connection_.self_), number = connection_.requests_] {
        std::shared_ptr<H1Connection*> self = weak.lock();
        if (self && (*self)->requests_ == number) (*self)->client_left();
      });
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

Async<Result<void>> H1Exchange::inform(const ResponseHead& head) {
  if (responded_ || request.version == Version::http_1_0) return Result<void>{};
  return connection_.write(write_response_head(arena, head, {}));
}

// The client is to know with the answer that the connection does not go on: it will be closed
// because of a body that nobody has asked it for, or that is too long to read away.
bool H1Exchange::leaves_body_unread() const {
  if (!request_body || request_body->touched()) return false;
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
  } else if (request.method == Method::connect && head.status < 300) {
    body = nullptr;  // what follows would be a tunnel, and there is none
    close_after_ = true;
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
  if (request_body && !request_body->complete())
    co_return fail(ErrorCode::invalid, "a request with an unread body cannot be upgraded");
  std::string_view text =
      write_response_head(arena, head, {.connection = WireFraming::Connection::upgrade});
  note_sent(head);
  close_after_ = true;
  response_whole_ = true;
  watcher_ = nullptr;
  CO_TRY(co_await connection_.write(text));
  connection_.stream_->listen_for_hangup(nullptr);
  tunnel_.emplace(*connection_.stream_, connection_.received_);
  co_return &*tunnel_;
}

}  // namespace perigee::http
