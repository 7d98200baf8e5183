// A client connection on a fake clock and a scripted upstream at its other end.
#pragma once

#include "http/client.hpp"
#include "tests/http/support/world.hpp"

namespace perigee::http::test {

inline constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

struct Interims final : InterimSink {
  Async<Result<void>> on_interim(const ResponseHead& head) override {
    seen.push_back(head.status);
    return Result<void>{};
  }
  std::vector<int> seen;
};

// One exchange in progress, and its answer read to the end.
class Going {
 public:
  Going(ClientConnection& connection, std::string_view method, Body* body = nullptr,
        Duration answer_timeout = 0s) {
    request.method = method_of(method);
    request.method_text = arena.copy(method);
    request.target = "/a?b";
    request.headers.add(HeaderName("Host"), "up");
    exchange = connection.open(arena);
    body_ = body;
    timeout_ = answer_timeout;
  }
  ~Going() { task_.reset(); }
  Going& ask_upgrade() {
    request.headers.add(HeaderName("Connection"), "Upgrade");
    request.headers.add(HeaderName("Upgrade"), "x");
    return *this;
  }
  Going& start() {
    task_.start(run());
    return *this;
  }
  bool done() const { return started.has_value(); }
  ErrorCode error() const { return *started ? ErrorCode::other : started->error().code; }
  Scope& scope() { return task_.scope(); }
  void finish() { exchange.reset(); }

  Arena arena;
  RequestHead request{arena};
  ResponseHead response{arena};
  Interims interims;
  std::unique_ptr<ClientExchange> exchange;
  std::optional<Result<void>> started;
  std::string body;
  std::vector<std::string> pieces;
  ErrorCode body_error = ErrorCode::other;
  bool read_whole = false;
  bool read_body = true;

 private:
  Async<void> run() {
    started = co_await exchange->start(request, body_, response, &interims, timeout_);
    while (*started && read_body && exchange->body()) {
      Result<Chunk> piece = co_await exchange->body()->read();
      if (!piece) body_error = piece.error().code;
      if (!piece) co_return;
      if (piece->empty()) break;
      pieces.push_back(std::string(*piece));
      body += *piece;
    }
    read_whole = started->has_value();
  }
  Body* body_ = nullptr;
  Duration timeout_{};
  Task task_;
};

struct Client : testing::Test {
  Client() { connect(); }
  void connect(net::PipeOptions pipe_options = {}, ClientOptions options = {}) {
    if (connection) earlier_.push_back(std::move(connection));  // exchanges may still be there
    net::Pipe pipe = net::make_pipe(reactor, pipe_options);
    connection = make_h1_client(reactor, std::move(pipe.first), options);
    upstream = std::make_unique<Peer>(reactor, std::move(pipe.second));
  }
  void settle() {
    for (int i = 0; i < 12; ++i) reactor.turn(0ms);
  }
  void advance(Duration by) {
    clock.advance(by);
    settle();
  }
  // A GET that is answered with `bytes`.
  std::unique_ptr<Going> exchange(std::string_view bytes, std::string_view method = "GET") {
    auto going = std::make_unique<Going>(*connection, method);
    going->start();
    settle();
    upstream->send(std::string(bytes));
    settle();
    return going;
  }

  FakeClock clock;
  net::Reactor reactor{clock};
  std::vector<std::unique_ptr<ClientConnection>> earlier_;
  std::unique_ptr<ClientConnection> connection;
  std::unique_ptr<Peer> upstream;
};

}  // namespace perigee::http::test
