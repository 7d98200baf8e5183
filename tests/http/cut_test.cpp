// Peers that leave, reset or fall silent after every single byte, in every state that a connection
// can be in: everything ends within its limits, is counted back, and nothing leaks.
#include <gmock/gmock.h>

#include "http/client.hpp"
#include "tests/http/support/world.hpp"

namespace perigee::http {
namespace {

using test::Peer;
using test::World;

enum class Cut { end, reset, silence };
constexpr Cut kCuts[] = {Cut::end, Cut::reset, Cut::silence};

void cut(Peer& peer, Cut how) {
  if (how == Cut::end) peer.end();
  if (how == Cut::reset) peer.reset();
}

// Streams the request's body back, or greets; a tunnel for who asks for one. Notices when its
// client leaves.
struct Echo : Handler {
  Async<void> handle(ServerExchange& exchange) override {
    exchange.watch_client(co_await this_scope());
    ResponseHead head(exchange.arena);
    if (exchange.request.headers.has(HeaderId::upgrade)) {
      head.status = 101;
      Result<net::Stream*> tunnel = co_await exchange.upgrade(head);
      if (tunnel) co_await echo(**tunnel);
      co_return;
    }
    BytesBody hello("hello");
    Body* body = exchange.body ? exchange.body : &hello;
    static_cast<void>(co_await exchange.respond(head, body));
    exchange.watch_client(nullptr);
  }
  Async<void> echo(net::Stream& tunnel) {
    BufferPool pool;
    Buffer buffer(pool);
    while (true) {
      // The handler of a tunnel bounds its silence: here, when the clock says so.
      Result<std::size_t> got = co_await tunnel.read(buffer);
      if (!got || *got == 0) co_return;
      std::string bytes(buffer.unread());
      buffer.drop();
      if (!co_await tunnel.write(bytes)) co_return;
    }
  }
};

// Answers before it reads anything, and reads in a task beside the answer.
struct Early : Handler {
  Async<void> drain(Body& body) {
    while (true) {
      Result<Chunk> piece = co_await body.read();
      if (!piece || piece->empty()) co_return;
    }
  }
  Async<void> handle(ServerExchange& exchange) override {
    exchange.watch_client(co_await this_scope());
    Task reading;
    if (exchange.body) reading.start(drain(*exchange.body));
    ResponseHead head(exchange.arena);
    BytesBody body("a body of some length, so that a narrow way is blocked by it");
    static_cast<void>(co_await exchange.respond(head, &body));
    exchange.watch_client(nullptr);
  }
};

struct Script {
  const char* name;
  std::string bytes;
};

const Script kRequests[] = {
    {"pipelined",
     "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"},
    {"expecting",
     "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n0123456789"},
    {"chunked",
     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
     "3;x\r\nabc\r\n1\r\nd\r\n0\r\nT: v\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"old", "POST / HTTP/1.0\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc"},
    {"upgrade", "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nbytes"},
    {"broken", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"},
    {"bad", "GET / HTTP/1.1\r\nHost : h\r\n\r\nwhatever follows"},
};

ServerOptions bounded_options() {
  ServerOptions options;
  options.head_timeout = 10s;
  options.idle_timeout = 100s;
  options.body_idle_timeout = 60s;
  options.write_idle_timeout = 60s;
  options.linger_timeout = 2s;
  options.answer_continue = true;
  options.drain_bytes_max = 5;
  return options;
}

struct Way {
  net::PipeOptions pipe;
  bool reads = true;
};

void serve_cut(Handler& handler, const Script& script, std::size_t sent, Cut how, const Way& way) {
  SCOPED_TRACE(std::string(script.name) + ", " + std::to_string(sent) + " bytes, cut " +
               std::to_string(static_cast<int>(how)) + (way.reads ? "" : ", not reading"));
  World world(handler, bounded_options());
  auto client = world.connect(way.pipe);
  if (!way.reads) client->stop_reading();
  client->send(script.bytes.substr(0, sent));
  world.settle();
  cut(*client, how);
  world.settle();
  // A silent tunnel is the handler's to end: this one has no clock, its client leaves at last.
  if (how == Cut::silence && std::string_view(script.name) == "upgrade") client->reset();
  for (int i = 0; i < 12; ++i) world.advance(61s);
  EXPECT_EQ(world.server.connections(), 0u);
  EXPECT_EQ(world.server.exchanges(), 0u);
  EXPECT_EQ(world.observed.begun, world.observed.ended);
  EXPECT_EQ(world.observed.opened, world.observed.closed);
  client.reset();
  EXPECT_EQ(world.reactor.buffers().bytes_leased(), 0u);
  EXPECT_EQ(world.reactor.timers().armed(), 0u);
}

template <class H>
void serve_every_cut(const Way& way) {
  std::size_t frames = FrameRecycler::alive();
  for (const Script& script : kRequests) {
    for (std::size_t sent = 0; sent <= script.bytes.size(); ++sent) {
      for (Cut how : kCuts) {
        H handler;
        serve_cut(handler, script, sent, how, way);
        if (testing::Test::HasFailure()) return;
      }
    }
  }
  EXPECT_EQ(FrameRecycler::alive(), frames);
}

TEST(CutRequests, EndWhileTheAnswerFollowsTheBody) { serve_every_cut<Echo>({}); }
TEST(CutRequests, EndWhileTheAnswerCameFirst) { serve_every_cut<Early>({}); }
TEST(CutRequests, EndWhenTheClientReadsNothing) {
  Way narrow{.pipe = {.capacity = 12}, .reads = false};
  serve_every_cut<Echo>(narrow);
  serve_every_cut<Early>(narrow);
}
TEST(CutRequests, EndWhenBytesTrickle) { serve_every_cut<Echo>({.pipe = {.read_bytes_max = 1}}); }

struct Answer {
  std::string bytes;
  bool ends_by_closing = false;
  bool reusable = true;
};

const Answer kAnswers[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"},
    {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
     "\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\nT: v\r\n\r\n"},
    {"HTTP/1.1 204 No Content\r\n\r\n"},
    {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody", false, false},
    {"HTTP/1.0 200 OK\r\n\r\nbody", true, false},
};

// One exchange whose answer may break off anywhere.
class Asking {
 public:
  Asking(ClientConnection& connection, Body* body) : exchange_(connection.open(arena_)) {
    request_.method = Method::put;
    request_.method_text = "PUT";
    request_.target = "/";
    task_.start(run(body));
  }
  ~Asking() { task_.reset(); }
  bool over() const { return !task_.running(); }
  bool whole = false;
  std::string body;

 private:
  Async<void> run(Body* upload) {
    ResponseHead head(arena_);
    Result<void> started = co_await exchange_->start(request_, upload, head, nullptr, 30s);
    while (started && exchange_->body()) {
      Result<Chunk> piece = co_await exchange_->body()->read();
      if (!piece) co_return;
      if (piece->empty()) break;
      body += *piece;
    }
    whole = started.has_value();
  }
  Arena arena_;
  RequestHead request_{arena_};
  std::unique_ptr<ClientExchange> exchange_;
  Task task_;
};

void ask_cut(const Answer& answer, std::size_t sent, Cut how, net::PipeOptions pipe_options) {
  SCOPED_TRACE(answer.bytes.substr(0, sent) + "|, cut " + std::to_string(static_cast<int>(how)));
  FakeClock clock;
  net::Reactor reactor(clock);
  auto settle = [&] {
    for (int i = 0; i < 12; ++i) reactor.turn(0ms);
  };
  net::Pipe pipe = net::make_pipe(reactor, pipe_options);
  auto connection = make_h1_client(reactor, std::move(pipe.first), {.body_idle_timeout = 60s});
  Peer upstream(reactor, std::move(pipe.second));
  BytesBody upload("upload");
  auto asking = std::make_unique<Asking>(*connection, &upload);
  settle();
  upstream.send(answer.bytes.substr(0, sent));
  settle();
  cut(upstream, how);
  settle();
  for (int i = 0; i < 12; ++i) {
    clock.advance(61s);
    settle();
  }
  EXPECT_TRUE(asking->over());
  const bool complete = sent == answer.bytes.size();
  if (!answer.ends_by_closing && how != Cut::reset) EXPECT_EQ(asking->whole, complete);
  if (answer.ends_by_closing && how != Cut::end) EXPECT_FALSE(asking->whole);
  if (asking->whole && complete && sent > 50) EXPECT_EQ(asking->body, "body");
  asking.reset();
  EXPECT_EQ(connection->reusable(), complete && answer.reusable && how == Cut::silence);
  EXPECT_EQ(reactor.buffers().bytes_leased(), 0u);
  EXPECT_EQ(reactor.timers().armed(), 0u);
}

TEST(CutAnswers, AreNeverTakenForWholeNorTheirConnectionForGood) {
  std::size_t frames = FrameRecycler::alive();
  for (net::PipeOptions pipe : {net::PipeOptions{}, net::PipeOptions{.read_bytes_max = 1}}) {
    for (const Answer& answer : kAnswers) {
      for (std::size_t sent = 0; sent <= answer.bytes.size(); ++sent) {
        for (Cut how : kCuts) ask_cut(answer, sent, how, pipe);
      }
    }
  }
  EXPECT_EQ(FrameRecycler::alive(), frames);
}

}  // namespace
}  // namespace perigee::http
