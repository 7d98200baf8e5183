// The client's codec against a scripted upstream.
#include "http/client.hpp"

#include <gmock/gmock.h>

#include "tests/http/support/world.hpp"

namespace perigee::http {
namespace {

using test::FedBody;
using test::Peer;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

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

TEST_F(Client, SendsAHeadAndReadsAnAnswer) {
  auto going = exchange("HTTP/1.1 201 Made\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(upstream->received, "GET /a?b HTTP/1.1\r\nHost: up\r\n\r\n");
  EXPECT_EQ(going->response.status, 201);
  EXPECT_EQ(going->response.reason, "Made");
  EXPECT_EQ(going->response.headers.get(HeaderName("x-a")), "b");
  EXPECT_EQ(going->body, "ok");
  EXPECT_TRUE(going->read_whole);
  EXPECT_FALSE(connection->reusable());
  going->finish();
  EXPECT_TRUE(connection->reusable());
  EXPECT_EQ(connection->exchanges_done(), 1u);
}

TEST_F(Client, ReusesTheConnection) {
  for (int i = 0; i < 3; ++i) {
    auto going = exchange(kOk);
    EXPECT_EQ(going->body, "ok");
    going->finish();
    ASSERT_TRUE(connection->reusable());
    EXPECT_EQ(reactor.buffers().bytes_leased(), 0u);
  }
}

TEST_F(Client, DecidesTheFramingOfTheRequest) {
  struct Case {
    const char* method;
    bool has_body;
    std::optional<std::uint64_t> length;
    std::vector<std::pair<const char*, const char*>> fields;
    std::string sent;
  };
  const std::string line = " /a?b HTTP/1.1\r\nHost: up\r\n";
  const Case cases[] = {
      {"GET", false, {}, {}, "GET" + line + "\r\n"},
      {"POST", false, {}, {{"Content-Length", "0"}}, "POST" + line + "Content-Length: 0\r\n\r\n"},
      {"POST", false, {}, {{"Transfer-Encoding", "chunked"}}, "POST" + line + "\r\n"},
      {"POST",
       true,
       2,
       {{"Content-Length", "9"}, {"Transfer-Encoding", "chunked"}},
       "POST" + line + "Content-Length: 2\r\n\r\nhi"},
      {"POST",
       true,
       {},
       {{"Connection", "close"}},
       "POST" + line + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"},
      {"GET",
       false,
       {},
       {{"Connection", "Upgrade, x"}, {"Upgrade", "websocket"}, {"Keep-Alive", "5"}},
       "GET" + line + "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"},
      {"GET", false, {}, {{"Upgrade", "h2c"}, {"HTTP2-Settings", "x"}}, "GET" + line + "\r\n"},
  };
  for (const Case& one : cases) {
    connect();
    FedBody body(one.length);
    body.feed("hi");
    body.feed("");
    Going going(*connection, one.method, one.has_body ? &body : nullptr);
    for (const auto& [name, value] : one.fields) going.request.headers.add(HeaderName(name), value);
    going.start();
    settle();
    EXPECT_EQ(upstream->received, one.sent);
  }
}

TEST_F(Client, SendsTrailersOfTheRequest) {
  Arena arena;
  Headers sum(arena);
  sum.add(HeaderName("X-Sum"), "1");
  FedBody body;
  body.trail(&sum);
  body.feed("hi");
  body.feed("");
  Going going(*connection, "POST", &body);
  going.start();
  settle();
  EXPECT_THAT(upstream->received, EndsWith("\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n"));
}

TEST_F(Client, RefusesToSendWhatWouldSplitTheRequest) {
  const std::string_view targets[] = {"/a b",      "/a\r\nX: y", "",
                                      "/\xc3\xa9", "/a#b",       std::string_view("/\0", 2)};
  for (std::string_view target : targets) {
    connect();
    Going going(*connection, "GET");
    going.request.target = target;
    going.start();
    ASSERT_TRUE(going.done());
    EXPECT_EQ(going.error(), ErrorCode::invalid);
    EXPECT_EQ(going.started->error().fault, Fault::ours);
    settle();
    EXPECT_EQ(upstream->received, "");
  }
  connect();
  Going going(*connection, "GET");
  going.request.method_text = "GET /evil HTTP/1.1\r\n\r\nGET";
  going.start();
  EXPECT_EQ(going.error(), ErrorCode::invalid);
}

TEST_F(Client, ReadsEveryFraming) {
  struct Case {
    std::string_view method;
    std::string answer;
    std::string body;
    bool reusable;
  };
  const Case cases[] = {
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", true},
      {"GET", "HTTP/1.1 204 No\r\n\r\n", "", true},
      {"GET", "HTTP/1.1 304 Not\r\nContent-Length: 7\r\n\r\n", "", true},
      {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "", true},
      {"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "", true},
      {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", true},
      {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
       "abc", true},
      {"GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", "ok", false},
      {"GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", false},
      {"GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", "ok",
       true},
      // Bytes behind the answer belong to nobody.
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!", "ok", false},
      {"GET", "HTTP/1.1 204 No\r\n\r\nbody", "", false},
      {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", "", false},
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n", "ok", false},
  };
  for (const Case& one : cases) {
    for (std::size_t bytes_at_once : {std::size_t{1}, std::size_t{1000}}) {
      connect({.read_bytes_max = bytes_at_once});
      auto going = exchange(one.answer, one.method);
      ASSERT_TRUE(going->done()) << one.answer;
      EXPECT_TRUE(going->read_whole) << one.answer;
      EXPECT_EQ(going->body, one.body) << one.answer;
      going->finish();
      settle();
      EXPECT_EQ(connection->quiet(), one.reusable) << one.answer << bytes_at_once;
    }
  }
}

TEST_F(Client, MergesSmallChunksIntoOnePiece) {
  std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 200; ++i) answer += "3\r\nabc\r\n";
  auto going = exchange(answer + "0\r\nX-Sum: 1\r\n\r\n");
  ASSERT_EQ(going->pieces.size(), 1u);
  EXPECT_EQ(going->body.size(), 600u);
  EXPECT_EQ(going->body.substr(597), "abc");
  ASSERT_NE(going->exchange->body()->trailers(), nullptr);
  EXPECT_EQ(going->exchange->body()->trailers()->get(HeaderName("x-sum")), "1");
  going->finish();
  EXPECT_TRUE(connection->reusable());
}

TEST_F(Client, GivesWhatCameBeforeABrokenChunk) {
  auto going =
      exchange("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncdX\r\n");
  EXPECT_EQ(going->body, "abcd");
  EXPECT_EQ(going->body_error, ErrorCode::invalid);
  going->finish();
  EXPECT_FALSE(connection->reusable());
}

TEST_F(Client, ReadsUntilTheUpstreamCloses) {
  auto going = exchange("HTTP/1.1 200 OK\r\n\r\nhello");
  EXPECT_EQ(going->body, "hello");
  EXPECT_FALSE(going->read_whole);
  upstream->send(", world");
  upstream->end();
  settle();
  EXPECT_EQ(going->body, "hello, world");
  EXPECT_TRUE(going->read_whole);
  going->finish();
  EXPECT_FALSE(connection->reusable());
}

TEST_F(Client, TellsABodyThatEndsEarly) {
  for (bool by_reset : {false, true}) {
    for (std::string_view framing : {"Content-Length: 10", "Transfer-Encoding: chunked"}) {
      connect();
      auto going = exchange("HTTP/1.1 200 OK\r\n" + std::string(framing) + "\r\n\r\n");
      if (by_reset) {
        upstream->reset();
      } else {
        upstream->end();
      }
      settle();
      EXPECT_EQ(going->body_error, by_reset ? ErrorCode::reset : ErrorCode::closed);
      going->finish();
      EXPECT_FALSE(connection->reusable());
    }
  }
}

TEST_F(Client, AResetMeansThatABodyWithoutLengthIsCut) {
  auto going = exchange("HTTP/1.1 200 OK\r\n\r\nhello");
  upstream->reset();
  settle();
  EXPECT_EQ(going->body_error, ErrorCode::reset);
}

TEST_F(Client, RefusesAnswersThatBreakTheRules) {
  const std::string_view answers[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
      "HTTP/1.1 200 OK\nContent-Length: 1\n\n",
      "SSH-2.0-OpenSSH\r\n",
      "HTTP/2.0 200 OK\r\n\r\n",
      "\x15\x03\x01",
  };
  for (std::string_view answer : answers) {
    connect();
    auto going = exchange(answer);
    ASSERT_TRUE(going->done()) << answer;
    EXPECT_EQ(going->error(), ErrorCode::invalid) << answer;
    EXPECT_EQ(going->started->error().fault, Fault::upstream);
    EXPECT_FALSE(going->started->error().retry_is_safe);
    going->finish();
    EXPECT_FALSE(connection->reusable());
  }
}

TEST_F(Client, BoundsTheAnswersHead) {
  connect({.capacity = 1 << 20});
  auto going = exchange("HTTP/1.1 200 OK\r\nX: " + std::string(80000, 'a'));
  ASSERT_TRUE(going->done());
  EXPECT_EQ(going->error(), ErrorCode::invalid);
  // Line and head each at their limit fill the largest block.
  connect({.capacity = 1 << 20});
  going = exchange("HTTP/1.1 200 " + std::string(8192 - 13, 'r') +
                   "\r\nX: " + std::string(65536 - 3, 'a'));
  ASSERT_TRUE(going->done());
  EXPECT_EQ(going->error(), ErrorCode::invalid);
  connect({.capacity = 1 << 20});
  going = exchange("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: " + std::string(60000, 'a') +
                   "\r\n\r\n");
  ASSERT_TRUE(going->done());
  EXPECT_EQ(going->response.headers.get(HeaderName("x"))->size(), 60000u);
}

TEST_F(Client, RelaysInterimAnswers) {
  auto going = exchange("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" +
                        std::string(kOk));
  EXPECT_THAT(going->interims.seen, ElementsAre(100, 103));
  EXPECT_EQ(going->response.status, 200);
  EXPECT_FALSE(going->response.headers.has(HeaderName("link")));
  EXPECT_EQ(going->body, "ok");
}

TEST_F(Client, BoundsInterimAnswers) {
  std::string many;
  for (int i = 0; i < 20; ++i) many += "HTTP/1.1 102 Processing\r\n\r\n";
  auto going = exchange(many + std::string(kOk));
  ASSERT_TRUE(going->done());
  EXPECT_EQ(going->error(), ErrorCode::limit);
  EXPECT_EQ(going->interims.seen.size(), 16u);
}

TEST_F(Client, TellsWhenARetryIsSafe) {
  for (bool by_reset : {false, true}) {
    connect();
    Going going(*connection, "GET");
    going.start();
    settle();
    if (by_reset) {
      upstream->reset();
    } else {
      upstream->end();
    }
    settle();
    ASSERT_TRUE(going.done());
    EXPECT_EQ(going.error(), by_reset ? ErrorCode::reset : ErrorCode::closed);
    EXPECT_TRUE(going.started->error().retry_is_safe);
    EXPECT_EQ(going.started->error().fault, Fault::upstream);
  }
  // Part of an answer came, or part of the body went.
  connect();
  auto begun = exchange("HTTP/1.1 2");
  upstream->end();
  settle();
  EXPECT_EQ(begun->error(), ErrorCode::closed);
  EXPECT_FALSE(begun->started->error().retry_is_safe);

  connect();
  FedBody body;
  body.feed("hi");
  Going upload(*connection, "PUT", &body);
  upload.start();
  settle();
  upstream->reset();
  settle();
  ASSERT_TRUE(upload.done());
  EXPECT_FALSE(upload.started->error().retry_is_safe);
}

TEST_F(Client, WaitsForTheAnswerNoLongerThanAllowed) {
  Going going(*connection, "GET", nullptr, 10s);
  going.start();
  settle();
  advance(9s);
  EXPECT_FALSE(going.done());
  advance(2s);
  ASSERT_TRUE(going.done());
  EXPECT_EQ(going.error(), ErrorCode::read_timed_out);
  EXPECT_FALSE(going.started->error().retry_is_safe);
  going.finish();
  settle();
  EXPECT_TRUE(upstream->over());
}

TEST_F(Client, WaitsForTheBodyNoLongerThanAllowed) {
  auto going = exchange("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok");
  advance(59s);
  EXPECT_EQ(going->body_error, ErrorCode::other);
  advance(2s);
  EXPECT_EQ(going->body_error, ErrorCode::read_timed_out);
}

TEST_F(Client, GivesUpOnAnUpstreamThatTakesNothing) {
  for (bool at_once : {false, true}) {
    connect({.capacity = 100});
    upstream->stop_reading();
    FedBody body;
    if (at_once) body.feed(std::string(1000, 'x'));
    Going going(*connection, "PUT", &body);
    going.start();
    settle();
    if (!at_once) body.feed(std::string(1000, 'x'));
    advance(61s);
    ASSERT_TRUE(going.done()) << at_once;
    EXPECT_EQ(going.error(), ErrorCode::timed_out);
    EXPECT_EQ(going.started->error().fault, Fault::upstream);
  }
}

TEST_F(Client, UploadsWhileItWaitsForTheAnswer) {
  FedBody body;
  Going going(*connection, "POST", &body);
  going.start();
  settle();
  EXPECT_THAT(upstream->take(), EndsWith("Transfer-Encoding: chunked\r\n\r\n"));
  body.feed("one");
  settle();
  EXPECT_EQ(upstream->take(), "3\r\none\r\n");
  body.feed("");
  settle();
  EXPECT_EQ(upstream->take(), "0\r\n\r\n");
  upstream->send(std::string(kOk));
  settle();
  EXPECT_EQ(going.body, "ok");
  going.finish();
  EXPECT_TRUE(connection->reusable());
}

TEST_F(Client, TakesAnEarlyAnswerAndUploadsOn) {
  FedBody body;
  Going going(*connection, "POST", &body);
  going.start();
  settle();
  upstream->send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok");
  settle();
  EXPECT_EQ(going.response.status, 200);
  body.feed("late");
  body.feed("");
  settle();
  EXPECT_THAT(upstream->received, EndsWith("4\r\nlate\r\n0\r\n\r\n"));
  upstream->send("ok");
  settle();
  EXPECT_TRUE(going.read_whole);
  going.finish();
  EXPECT_TRUE(connection->reusable());
}

TEST_F(Client, DoesNotReuseWhenTheAnswerCameBeforeTheUploadsEnd) {
  FedBody body;
  Going going(*connection, "POST", &body);
  going.start();
  settle();
  upstream->send(std::string(kOk));
  settle();
  EXPECT_TRUE(going.read_whole);
  going.finish();
  settle();
  EXPECT_FALSE(connection->reusable());
  EXPECT_TRUE(upstream->over());
}

TEST_F(Client, TakesAnAnswerFromAnUpstreamThatRefusesTheBodyAndCloses) {
  connect({.capacity = 2000});
  FedBody body;
  body.feed(std::string(10000, 'x'));
  body.feed(std::string(10000, 'x'));
  Going going(*connection, "POST", &body);
  upstream->stop_reading();
  going.start();
  upstream->send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
  settle();
  EXPECT_EQ(going.done(), false);  // the first piece is still on its way
  upstream->go_on_reading();
  settle();
  ASSERT_TRUE(going.done());
  EXPECT_EQ(going.response.status, 413);
}

TEST_F(Client, TellsThatTheRequestsBodyFailed) {
  for (bool at_once : {false, true}) {
    connect();
    FedBody body;
    if (at_once) body.fail(ErrorCode::client_gone, Fault::client);
    Going going(*connection, "POST", &body);
    going.start();
    settle();
    if (!at_once) {
      body.feed("part");
      body.fail(ErrorCode::client_gone, Fault::client);
    }
    settle();
    ASSERT_TRUE(going.done()) << at_once;
    EXPECT_EQ(going.error(), ErrorCode::client_gone);
    ASSERT_NE(going.exchange->body_error(), nullptr);
    EXPECT_EQ(going.exchange->body_error()->fault, Fault::client);
    going.finish();
    settle();
    EXPECT_TRUE(upstream->over());
    // Never a whole request.
    EXPECT_EQ(upstream->received.find("0\r\n\r\n"), std::string::npos);
  }
}

TEST_F(Client, EndsWithItsScope) {
  Going going(*connection, "GET");
  going.start();
  settle();
  going.scope().cancel(Error(ErrorCode::client_gone, "told to", Fault::client));
  ASSERT_TRUE(going.done());
  EXPECT_EQ(going.error(), ErrorCode::client_gone);
  going.finish();
  settle();
  EXPECT_TRUE(upstream->broken);
}

TEST_F(Client, GivesUpABodyThatNobodyReadToItsEnd) {
  Going going(*connection, "GET");
  going.read_body = false;
  going.start();
  settle();
  upstream->send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok");
  settle();
  ASSERT_TRUE(going.done());
  going.finish();
  settle();
  EXPECT_FALSE(connection->reusable());
  EXPECT_TRUE(upstream->over());
}

TEST_F(Client, BecomesATunnelAfter101) {
  Going asking(*connection, "GET");
  asking.ask_upgrade().start();
  settle();
  upstream->send("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nearly");
  settle();
  Going* going = &asking;
  ASSERT_TRUE(going->done());
  EXPECT_EQ(going->response.status, 101);
  net::Stream* tunnel = going->exchange->tunnel();
  ASSERT_NE(tunnel, nullptr);
  EXPECT_EQ(going->exchange->body(), nullptr);
  Buffer buffer(reactor.buffers());
  Async<Result<std::size_t>> early = tunnel->read(buffer);
  ASSERT_TRUE(early.here());
  EXPECT_EQ(buffer.unread(), "early");
  upstream->take();
  ASSERT_TRUE(tunnel->write("HTTP/1.1 200 OK\r\n\r\n").here());
  settle();
  EXPECT_EQ(upstream->take(), "HTTP/1.1 200 OK\r\n\r\n");
  buffer.drop();
  going->finish();
  EXPECT_FALSE(connection->reusable());
}

TEST_F(Client, RefusesAnUpgradeThatItDidNotAskFor) {
  auto going = exchange("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
  ASSERT_TRUE(going->done());
  EXPECT_EQ(going->error(), ErrorCode::invalid);
  EXPECT_EQ(going->exchange->tunnel(), nullptr);
  going->finish();
  EXPECT_FALSE(connection->reusable());
}

TEST_F(Client, RefusesAnUpgradeBeforeTheEndOfTheRequest) {
  FedBody body;
  Going going(*connection, "POST", &body);
  going.ask_upgrade().start();
  body.feed("part");
  settle();
  upstream->send("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
  settle();
  ASSERT_TRUE(going.done());
  EXPECT_EQ(going.error(), ErrorCode::invalid);
}

TEST_F(Client, DoesNotReuseAConnectionThatConnectMadeATunnel) {
  exchange("HTTP/1.1 200 OK\r\n\r\n", "CONNECT")->finish();
  EXPECT_FALSE(connection->reusable());
}

TEST_F(Client, SeesWhatAnIdleUpstreamSaysUnasked) {
  exchange(kOk)->finish();
  EXPECT_TRUE(connection->quiet());
  upstream->send("HTTP/1.1 408 Too Slow\r\n\r\n");
  settle();
  EXPECT_FALSE(connection->quiet());

  connect();
  exchange(kOk)->finish();
  upstream->end();
  settle();
  EXPECT_FALSE(connection->reusable());
}

TEST_F(Client, ReadsALargeAnswerInLargePieces) {
  connect({.capacity = 1 << 20});
  std::string body(300000, 'x');
  std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + body;
  auto first = exchange(answer);
  EXPECT_EQ(first->body.size(), body.size());
  EXPECT_LE(first->pieces.size(), 7u);
  first->finish();
  // The next one is expected to be large too: its head and first 64 KiB come with one read.
  auto second = exchange(answer);
  EXPECT_GE(second->pieces.at(0).size(), 65536u);
  second->finish();
  auto small = exchange(kOk);
  small->finish();
  EXPECT_EQ(reactor.buffers().bytes_leased(), 0u);
}

}  // namespace
}  // namespace perigee::http
