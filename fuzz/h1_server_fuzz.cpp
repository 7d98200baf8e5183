// room: http
//
// Whatever a client sends, and however it is cut: the handler sees the same requests, the client
// the same answers, and a client that leaves leaves nothing behind.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.hpp"
#include "http/server.hpp"
#include "net/pipe.hpp"

using namespace perigee;

namespace {

// Writes down what it sees, and answers with a body for every second request.
struct Recorder final : http::Handler {
  Async<void> handle(http::ServerExchange& exchange) override {
    seen.append(exchange.request.method_text).append(" ").append(exchange.request.target);
    seen.append(" @").append(exchange.request.authority).append(" ");
    for (const http::Header& field : exchange.request.headers.entries())
      seen.append(field.name()).append("=").append(field.value()).append(";");
    http::ResponseHead head(exchange.arena);
    while (exchange.body) {
      Result<http::Chunk> piece = co_await exchange.body->read();
      if (!piece) {
        seen.append("!");
        head.status = 400;
        exchange.close_after();
      }
      if (!piece || piece->empty()) break;
      seen.append(*piece);
    }
    seen.append("\n");
    http::BytesBody body("ok");
    bool with_body = ++requests % 2 == 0;
    static_cast<void>(co_await exchange.respond(head, with_body ? &body : nullptr));
  }
  std::string seen;
  std::size_t requests = 0;
};

Async<void> collect(net::Reactor& reactor, net::Stream& from, std::string& into) {
  Buffer buffer(reactor.buffers());
  while (true) {
    Result<std::size_t> got = co_await from.read(buffer);
    if (!got || *got == 0) co_return;
    into.append(buffer.unread());
    buffer.drop();
  }
}

Async<void> send(net::Stream& to, std::string_view bytes) {
  static_cast<void>(co_await to.write(bytes));
}

struct Outcome {
  std::string seen, answers;
  bool operator==(const Outcome&) const = default;
};

Outcome serve(std::string_view bytes, std::size_t read_bytes_max) {
  FakeClock clock;
  net::Reactor reactor(clock);
  Recorder recorder;
  Outcome outcome;
  http::Server server(reactor, {}, recorder, nullptr, nullptr);
  net::Pipe pipe = net::make_pipe(reactor, {.read_bytes_max = read_bytes_max});
  server.serve(std::move(pipe.first));
  {
    Task reading, writing;
    reading.start(collect(reactor, *pipe.second, outcome.answers));
    writing.start(send(*pipe.second, bytes));
    auto settle = [&] {
      for (int i = 0; i < 8; ++i) reactor.turn(0ms);
    };
    settle();
    pipe.second->end();
    settle();
    clock.advance(1min);  // lingering ends
    settle();
  }
  pipe.second.reset();
  PERIGEE_ASSERT(server.connections() == 0 && server.exchanges() == 0);
  PERIGEE_ASSERT(reactor.buffers().bytes_leased() == 0);
  outcome.seen = std::move(recorder.seen);
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size > 8192) return 0;
  std::string text(reinterpret_cast<const char*>(bytes), size);
  PERIGEE_ASSERT(serve(text, text.size() + 1) == serve(text, 1));
  return 0;
}
