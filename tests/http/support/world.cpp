#include "tests/http/support/world.hpp"

namespace perigee::http::test {

Peer::Peer(net::Reactor& reactor, std::unique_ptr<net::Stream> stream)
    : reactor_(reactor), stream_(std::move(stream)) {
  go_on_reading();
}

Peer::~Peer() {
  reading_.reset();
  writing_.reset();
}

void Peer::go_on_reading() { reading_.start(read()); }

Async<void> Peer::read() {
  Buffer buffer(reactor_.buffers());
  while (true) {
    Result<std::size_t> got = co_await stream_->read(buffer);
    received += buffer.unread();
    buffer.drop();
    if (!got) broken = true;
    if (got && *got == 0) ended = true;
    if (!got || *got == 0) co_return;
  }
}

void Peer::send(std::string bytes) {
  to_send_.push_back(std::move(bytes));
  if (!writing_.running()) writing_.start(write());
}

Async<void> Peer::write() {
  while (!to_send_.empty()) {
    std::string bytes = std::move(to_send_.front());
    to_send_.pop_front();
    Result<void> sent = co_await stream_->write(bytes);
    if (!sent) co_return;
  }
}

void FedBody::feed(std::string bytes) { came(std::move(bytes)); }
void FedBody::fail(ErrorCode code, Fault fault) {
  came(std::unexpected(Error(code, "told by the test", fault)));
}

void FedBody::came(Result<std::string> piece) {
  pieces_.push_back(std::move(piece));
  if (fed_.waiting()) fed_.complete({});
}

Result<Chunk> FedBody::next() {
  Result<std::string> piece = std::move(pieces_.front());
  pieces_.pop_front();
  if (!piece) return std::unexpected(std::move(piece.error()));
  piece_ = *std::move(piece);
  return Chunk(piece_);
}

Async<Result<Chunk>> FedBody::read() {
  if (!pieces_.empty()) return next();
  return read_later();
}

Async<Result<Chunk>> FedBody::read_later() {
  while (pieces_.empty()) {
    CO_TRY(co_await fed_);
  }
  co_return next();
}

Async<void> Recorder::handle(ServerExchange& exchange) {
  const RequestHead& request = exchange.request;
  Seen now{.method = std::string(request.method_text),
           .target = std::string(request.target),
           .path = std::string(request.path),
           .authority = std::string(request.authority)};
  ResponseHead response(exchange.arena);
  if (exchange.body) {
    Result<std::string_view> all = co_await read_all(*exchange.body, exchange.arena, 1 << 20);
    if (all) {
      now.body = *all;
      if (Headers* trailers = exchange.body->trailers()) {
        for (const Header& field : trailers->entries())
          now.trailers.push_back(std::string(field.name()) + "=" + std::string(field.value()));
      }
    } else {
      now.error = all.error().code;
      response.status = 400;
      exchange.close_after();
    }
  }
  seen.push_back(std::move(now));
  BytesBody ok("ok");
  Result<void> sent = co_await exchange.respond(response, &ok);
  static_cast<void>(sent);  // the client may have left: the server knows
}

std::unique_ptr<Peer> World::connect(net::PipeOptions options) {
  net::Pipe pipe = net::make_pipe(reactor, options);
  server.serve(std::move(pipe.first));
  return std::make_unique<Peer>(reactor, std::move(pipe.second));
}

void World::settle() {
  for (int i = 0; i < 12; ++i) reactor.turn(0ms);
}

void World::advance(Duration by) {
  clock.advance(by);
  settle();
}

std::vector<int> statuses(std::string_view text) {
  std::vector<int> found;
  for (std::size_t at = 0; (at = text.find("HTTP/1.1 ", at)) != std::string_view::npos; at += 9)
    found.push_back(std::stoi(std::string(text.substr(at + 9, 3))));
  return found;
}

}  // namespace perigee::http::test
