// HTTP/1.1 on one connection to an upstream (RFC 9112): one exchange at a time.
#include "http/client.hpp"
#include "http/h1_body.hpp"
#include "http/h1_scan.hpp"
#include "http/h1_tunnel.hpp"
#include "http/h1_write.hpp"

namespace perigee::http {
namespace {

class H1ClientExchange;

class H1Client final : public ClientConnection {
 public:
  H1Client(net::Reactor& reactor, std::unique_ptr<net::Stream> stream, const ClientOptions& options)
      : reactor_(reactor),
        stream_(std::move(stream)),
        received_(reactor.buffers()),
        options_(options) {}

  std::unique_ptr<ClientExchange> open(Arena& arena) override;
  std::size_t capacity() const override { return exchange_ || !reusable() ? 0 : 1; }
  bool reusable() const override {
    return keep_alive_ && !exchange_ && received_.empty() && !stream_->closed() &&
           !stream_->hung_up();
  }
  bool quiet() override;
  std::uint64_t exchanges_done() const override { return exchanges_; }
  const net::StreamCounters& counters() const override { return stream_->counters(); }
  void listen_for_hangup(net::HangupListener* listener) override {
    stream_->listen_for_hangup(listener);
  }

 private:
  friend class H1ClientExchange;
  net::Reactor& reactor_;
  std::unique_ptr<net::Stream> stream_;
  Buffer received_;
  ClientOptions options_;
  H1ClientExchange* exchange_ = nullptr;
  bool keep_alive_ = true;
  std::uint64_t exchanges_ = 0;
};

class H1ClientExchange final : public ClientExchange {
 public:
  H1ClientExchange(H1Client& connection, Arena& arena)
      : connection_(connection),
        arena_(arena),
        sender_(connection.reactor_, *connection.stream_, arena,
                connection.options_.body_idle_timeout, Fault::upstream) {
    connection_.exchange_ = this;
  }
  ~H1ClientExchange() override;
  // Exchanges come and go with every request: their memory is recycled.
  static void* operator new(std::size_t bytes) { return FrameRecycler::take(bytes); }
  static void operator delete(void* exchange, std::size_t bytes) noexcept {
    FrameRecycler::give(exchange, bytes);
  }

  Async<Result<void>> start(const RequestHead& request, Body* body, ResponseHead& response,
                            InterimSink* interims, Duration answer_timeout) override;
  Body* body() override { return body_ ? &*body_ : nullptr; }
  net::Stream* tunnel() override { return tunnel_ ? &*tunnel_ : nullptr; }
  const Error* body_error() const override { return body_error_ ? &*body_error_ : nullptr; }
  std::uint64_t request_body_bytes() const override { return sender_.body_bytes(); }
  std::uint64_t response_body_bytes() const override { return body_ ? body_->bytes() : 0; }

 private:
  static WireFraming framing_of(const RequestHead& request, Body* body);
  Async<Result<void>> send(std::string_view head, Body* body, WireFraming framing);
  Async<void> upload(Body& body, WireFraming framing);
  void note_upload(Result<void> sent);
  struct Answering {
    Method method;
    ResponseHead& response;
    InterimSink* interims;
    Duration timeout;
  };
  Async<Result<void>> answer_later(Async<Result<void>> sending, Answering answering);
  bool may_be_answered(const Result<void>& sent) const;
  Async<Result<void>> answer(Answering answering);
  Result<Parse> take_head(const Answering& answering);
  std::unexpected<Error> unanswered(Error error) const;
  Async<Result<std::size_t>> receive();
  void accept_head(const H1Head& info, ResponseHead& response);

  H1Client& connection_;
  Arena& arena_;
  BodySender sender_;
  std::optional<H1Body> body_;
  std::optional<TunnelStream> tunnel_;
  std::optional<Error> body_error_;
  std::optional<Error> upload_error_;  // the upstream took too long to take the body
  std::shared_ptr<bool> broken_off_;   // true while the close after body_error_ is still to come
  Task upload_;
  bool asks_upgrade_ = false;
  bool sent_whole_ = false;
  bool answered_ = false;  // the final head is here
  bool received_something_ = false;
  bool request_body_touched_ = false;
  bool keep_alive_ = false;
  std::size_t interims_ = 0;
};

// An event may tell of bytes that were read already: only a look says.
bool H1Client::quiet() {
  if (!reusable()) return false;
  if (!stream_->readable()) return true;
  Async<Result<std::size_t>> reading = stream_->read(received_);
  return !reading.here();  // not started, and so nothing waits
}

std::unique_ptr<ClientExchange> H1Client::open(Arena& arena) {
  PERIGEE_ASSERT(!exchange_);
  return std::make_unique<H1ClientExchange>(*this, arena);
}

H1ClientExchange::~H1ClientExchange() {
  if (broken_off_) *broken_off_ = false;
  upload_.reset();
  connection_.exchange_ = nullptr;
  ++connection_.exchanges_;
  bool whole = sent_whole_ && answered_ && !tunnel_ && (!body_ || body_->complete());
  connection_.keep_alive_ = whole && keep_alive_;
  if (!whole) connection_.stream_->close(!answered_);
  if (!whole || connection_.received_.empty()) connection_.received_.drop();
  // Who sent a large answer is likely to send another: its head and body then come with one read.
  const bool was_large = body_ && body_->bytes() > BufferPool::kSmallBytes;
  connection_.received_.offer(was_large ? Buffer::Offer::large : Buffer::Offer::small);
}

WireFraming H1ClientExchange::framing_of(const RequestHead& request, Body* body) {
  WireFraming framing;
  if (body) {
    std::optional<std::uint64_t> length = body->length();
    framing.kind = length ? WireFraming::Kind::length : WireFraming::Kind::chunked;
    framing.length = length.value_or(0);
  } else if (request.headers.has(HeaderId::content_length)) {
    framing.kind = WireFraming::Kind::length;  // "Content-Length: 0" of a POST
  }
  bool upgrades = request.headers.has(HeaderId::upgrade) &&
                  any_has_token(request.headers, HeaderId::connection, "upgrade");
  if (upgrades) framing.connection = WireFraming::Connection::upgrade;
  return framing;
}

// The connection died under a write: what the upstream said before it left counts, if anything.
bool gone(const Error& error) {
  return error.code == ErrorCode::reset || error.code == ErrorCode::closed;
}

// A policy may have rewritten them.
bool may_be_sent(const RequestHead& request) {
  return is_valid_header_name(request.method_text) && !request.target.empty() &&
         detail::is_all_target(request.target);
}

// Without a frame of its own while nothing has to wait: that is the rule up to the answer.
Async<Result<void>> H1ClientExchange::start(const RequestHead& request, Body* body,
                                            ResponseHead& response, InterimSink* interims,
                                            Duration answer_timeout) {
  if (!may_be_sent(request)) {
    return fail(ErrorCode::invalid,
                "the request's method or target holds bytes that HTTP does not allow");
  }
  WireFraming framing = framing_of(request, body);
  asks_upgrade_ = framing.connection == WireFraming::Connection::upgrade;
  std::string_view head = write_request_head(arena_, request, framing);
  Async<Result<void>> sending = send(head, body, framing);
  Answering answering{request.method, response, interims, answer_timeout};
  if (!sending.here()) return answer_later(std::move(sending), answering);
  Result<void> sent = sending.take();
  if (!may_be_answered(sent)) return sent;
  return answer(answering);
}

Async<Result<void>> H1ClientExchange::answer_later(Async<Result<void>> sending,
                                                   Answering answering) {
  Result<void> sent = co_await sending;
  if (!may_be_answered(sent)) co_return sent;
  co_return co_await answer(answering);
}

// An upstream that refuses early may have answered before it closed: what it said counts, not the
// failed write.
bool H1ClientExchange::may_be_answered(const Result<void>& sent) const {
  return sent || (!sender_.body_failed() && gone(sent.error()));
}

// The head and what of the body is at hand; the rest goes up while the answer is awaited.
Async<Result<void>> H1ClientExchange::send(std::string_view head, Body* body, WireFraming framing) {
  if (!body) {
    sent_whole_ = true;
    return sender_.send(head, nullptr, framing);
  }
  request_body_touched_ = body->ready();
  return [](H1ClientExchange& self, std::string_view text, Body& upload,
            WireFraming how) -> Async<Result<void>> {
    Result<bool> all = co_await self.sender_.send_first(text, &upload, how);
    if (!all) {
      self.note_upload(std::unexpected(all.error()));
      co_return std::unexpected(std::move(all.error()));
    }
    if (*all) {
      self.sent_whole_ = true;
    } else {
      self.request_body_touched_ = true;
      self.upload_.start(self.upload(upload, how));
    }
    co_return Result<void>{};
  }(*this, head, *body, framing);
}

Async<void> H1ClientExchange::upload(Body& body, WireFraming framing) {
  note_upload(co_await sender_.send_rest(body, framing));
}

void H1ClientExchange::note_upload(Result<void> sent) {
  sent_whole_ = sent.has_value();
  if (sent || (!sender_.body_failed() && gone(sent.error()))) return;
  // The client's side broke: the upstream must not take what it got for a whole request. Or the
  // upstream takes nothing more. Closing resumes whoever awaits the answer, and he may destroy this
  // very upload: not on its own stack.
  (sender_.body_failed() ? body_error_ : upload_error_) = std::move(sent.error());
  broken_off_ = std::make_shared<bool>(true);
  connection_.reactor_.defer([this, pending = broken_off_] {
    if (*pending) connection_.stream_->close(true);
  });
}

Async<Result<std::size_t>> H1ClientExchange::receive() {
  Buffer& received = connection_.received_;
  received.compact();
  if (received.leased() && received.size() == received.capacity()) received.grow();
  // Limits above the largest block: the block is the limit.
  if (received.leased() && received.size() == received.capacity())
    return fail(ErrorCode::invalid, "the upstream's head is too large", Fault::upstream);
  return connection_.stream_->read(received);
}

// The final head, or what went wrong before it.
Async<Result<void>> H1ClientExchange::answer(Answering answering) {
  std::optional<net::Deadline> deadline;
  if (answering.timeout > 0s) {
    deadline.emplace(connection_.reactor_, co_await this_scope(), answering.timeout,
                     ErrorCode::read_timed_out, "no answer within readTimeout", Fault::upstream);
  }
  for (;;) {
    Result<Parse> head = take_head(answering);
    if (!head) co_return unanswered(std::move(head.error()));
    if (*head == Parse::more) {
      Result<std::size_t> got = co_await receive();
      if (!got) co_return unanswered(std::move(got.error()));
      if (*got == 0)
        co_return unanswered({ErrorCode::closed,
                              "the upstream closed the connection before it answered",
                              Fault::upstream});
      received_something_ = true;
    } else if (answered_) {
      co_return Result<void>{};
    } else if (answering.interims) {
      Result<void> told = co_await answering.interims->on_interim(answering.response);
      if (!told) co_return unanswered(std::move(told.error()));
    }
  }
}

// Done: a final head when answered_ is set, else an interim one.
Result<Parse> H1ClientExchange::take_head(const Answering& answering) {
  if (connection_.received_.empty()) return Parse::more;
  ResponseHead& response = answering.response;
  H1Head info;
  H1Outcome outcome = parse_response(connection_.received_.unread(), connection_.options_.limits,
                                     answering.method, response, info);
  if (outcome.result == Parse::more) return Parse::more;
  if (outcome.result == Parse::refused) {
    return fail(ErrorCode::invalid,
                "the upstream's answer breaks HTTP: " + std::string(outcome.why), Fault::upstream);
  }
  // Bytes of the request behind a switch of protocols would be taken for something else.
  if (response.status == 101 && (!asks_upgrade_ || !sent_whole_)) {
    return fail(ErrorCode::invalid,
                "the upstream switched protocols without being asked, or before it had the "
                "whole request",
                Fault::upstream);
  }
  accept_head(info, response);
  if (!answered_ && ++interims_ > connection_.options_.interims_max) {
    return fail(ErrorCode::limit,
                "the upstream sent more than " + std::to_string(connection_.options_.interims_max) +
                    " interim answers",
                Fault::upstream);
  }
  return Parse::done;
}

// What went wrong before the head of an answer: a retry is safe when nothing came back and the body
// is untouched.
std::unexpected<Error> H1ClientExchange::unanswered(Error error) const {
  if (body_error_) return std::unexpected(*body_error_);
  if (upload_error_) return std::unexpected(*upload_error_);
  error.fault = Fault::upstream;
  error.retry_is_safe = gone(error) && !received_something_ && !request_body_touched_;
  return std::unexpected(std::move(error));
}

// The head's bytes move to the arena, so that the buffer is free for the body.
void H1ClientExchange::accept_head(const H1Head& info, ResponseHead& response) {
  Buffer& received = connection_.received_;
  std::string_view bytes = received.unread().substr(0, info.bytes);
  std::string_view copy = arena_.copy(bytes);
  response.headers.rebase(copy.data() - bytes.data());
  if (!response.reason.empty())
    response.reason = {copy.data() + (response.reason.data() - bytes.data()),
                       response.reason.size()};
  received.consume(bytes.size());
  if (response.status < 200 && response.status != 101) return;
  answered_ = true;
  keep_alive_ = info.keep_alive && info.framing != Framing::until_close;
  if (response.status == 101) {
    connection_.stream_->listen_for_hangup(nullptr);
    if (received.empty()) received.drop();  // an idle tunnel holds no block
    tunnel_.emplace(*connection_.stream_, received);
    return;
  }
  if (info.framing == Framing::none) return;
  body_.emplace(H1Body::Init{.reactor = connection_.reactor_,
                             .stream = *connection_.stream_,
                             .buffer = received,
                             .arena = arena_,
                             .framing = info.framing,
                             .length = info.content_length,
                             .idle_timeout = connection_.options_.body_idle_timeout,
                             .fault = Fault::upstream,
                             .timeout_status = 504});
}

}  // namespace

std::unique_ptr<ClientConnection> make_h1_client(net::Reactor& reactor,
                                                 std::unique_ptr<net::Stream> stream,
                                                 const ClientOptions& options) {
  return std::make_unique<H1Client>(reactor, std::move(stream), options);
}

}  // namespace perigee::http
