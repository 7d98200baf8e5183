// One request and its answer against backends that misbehave (lifecycle.md 8.5).
#include "tests/net/support/dns_server.hpp"
#include "tests/net/support/secured.hpp"
#include "tests/upstream/support/world.hpp"

namespace perigee::upstream::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class CallTest : public Upstream {
 protected:
  void TearDown() override {
    backend.connections.clear();
    backend.close();
    Upstream::TearDown();
  }
  // A pooled connection that the backend has closed, which the client does not know yet.
  std::shared_ptr<const Endpoint> with_stale_connection() {
    auto to = endpoint_to(backend.port());
    exchange(backend, *to, 0);
    return to;
  }
  RawBackend backend{reactor};
};

// ---- Connecting

TEST_F(CallTest, RefusedConnectionIsTold) {
  auto to = endpoint_to(closed_port(reactor));
  Going going(client, *to);
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.error(), ErrorCode::refused);
  EXPECT_THAT(going.result().error().message, HasSubstr(to->remote()));
  EXPECT_EQ(observed.errors[ErrorCode::refused], 1);
}

TEST_F(CallTest, ConnectingTakesNoLongerThanTheConnectTimeout) {
  HangingBackend hanging;
  auto to = endpoint_to(hanging.port());
  Going going(client, *to);
  settle();
  pass(4999ms);
  EXPECT_FALSE(going.done());
  pass(1ms);
  ASSERT_TRUE(going.done());
  EXPECT_EQ(going.error(), ErrorCode::connect_timed_out);
}

TEST_F(CallTest, ConnectingIsGivenUpWithTheExchange) {
  HangingBackend hanging;
  auto to = endpoint_to(hanging.port());
  std::size_t before = net::testing::open_descriptors();
  auto going = std::make_unique<Going>(client, *to);
  settle();
  EXPECT_EQ(net::testing::open_descriptors(), before + 1);
  going->cancel();
  EXPECT_EQ(going->error(), ErrorCode::client_gone);
  EXPECT_EQ(net::testing::open_descriptors(), before);
  EXPECT_TRUE(observed.errors.empty() || observed.errors.count(ErrorCode::client_gone));
}

TEST_F(CallTest, DestroyingACallWhileItConnectsLeavesNothing) {
  HangingBackend hanging;
  auto to = endpoint_to(hanging.port());
  std::size_t before = net::testing::open_descriptors();
  auto going = std::make_unique<Going>(client, *to);
  settle();
  going.reset();
  EXPECT_EQ(net::testing::open_descriptors(), before);
}

class NamedBackends : public CallTest {
 protected:
  NamedBackends() {
    names.reset();
    resolver = std::make_unique<net::Resolver>(reactor,
                                               net::Resolver::Options{.servers = {dns.address()}});
    names = std::make_unique<net::Names>(reactor, *resolver);
    client_owned = std::make_unique<Client>(reactor, *names, kWorkers, ClientLimits{}, &observed);
  }
  void TearDown() override {
    dns_owned.reset();
    CallTest::TearDown();
  }
  Client& named() { return *client_owned; }
  std::unique_ptr<net::testing::DnsServer> dns_owned = std::make_unique<net::testing::DnsServer>();
  net::testing::DnsServer& dns = *dns_owned;
};

TEST_F(NamedBackends, UnknownNameIsTold) {
  dns.set("nowhere.example", {.failure = 3});
  auto to = endpoint(options_to(80, "nowhere.example"));
  Going going(named(), *to);
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.error(), ErrorCode::unresolved);
}

TEST_F(NamedBackends, TriesTheNextAddressOfANameThatRefuses) {
  dns.set("two.example", {.a = {{"127.0.0.2"}, {"127.0.0.1"}}});
  auto to = endpoint(options_to(backend.port(), "two.example"));
  Going going(named(), *to);
  asked(backend).send(kOk);
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.status(), 200);
}

TEST_F(NamedBackends, FollowsANameToItsNewAddress) {
  dns.set("moving.example", {.a = {{"127.0.0.1", 5}}});
  auto elsewhere = net::Address::literal("127.0.0.3", backend.port());
  RawBackend moved(reactor, *elsewhere);
  auto to = endpoint(options_to(backend.port(), "moving.example"));
  {
    Going going(named(), *to);
    asked(backend).send(kOk);
    ASSERT_TRUE(until([&] { return going.done(); }));
    EXPECT_EQ(going.body(reactor), "ok");
  }
  dns.set("moving.example", {.a = {{"127.0.0.3", 5}}});
  backend.connections[0]->close();  // as it goes away
  ASSERT_TRUE(until([&] { return named().connections() == 0; }));
  pass(6s);
  Going going(named(), *to);
  asked(moved).send(kOk);
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.status(), 200);
  EXPECT_EQ(backend.connections.size(), 1u);
}

// ---- Answers that do not come, or come wrong

TEST_F(CallTest, AnAnswerTakesNoLongerThanTheReadTimeout) {
  auto to = endpoint_to(backend.port());
  Going going(client, *to);
  asked(backend);
  pass(9999ms);
  EXPECT_FALSE(going.done());
  pass(1ms);
  ASSERT_TRUE(going.done());
  EXPECT_EQ(going.error(), ErrorCode::read_timed_out);
  going.call.finish();
  EXPECT_EQ(client.connections(), 0u);
  EXPECT_TRUE(until([&] { return backend.connections[0]->over(); }));
}

TEST_F(CallTest, WaitsForEverWithoutAReadTimeout) {
  EndpointOptions options = options_to(backend.port());
  options.read_timeout = 0s;
  auto to = endpoint(std::move(options));
  Going going(client, *to);
  asked(backend);
  pass(24h);
  EXPECT_FALSE(going.done());
}

struct Misbehaviour {
  const char* name;
  const char* says;
  bool resets;
  ErrorCode expected;
};
void PrintTo(const Misbehaviour& row, std::ostream* to) { *to << row.name; }

class Misbehaving : public CallTest, public ::testing::WithParamInterface<Misbehaviour> {};

TEST_P(Misbehaving, BeforeTheHeadIsAnError) {
  auto to = endpoint_to(backend.port());
  Going going(client, *to, "POST");
  Peer& peer = asked(backend);
  if (*GetParam().says) peer.send(GetParam().says);
  settle();
  GetParam().resets ? peer.reset() : peer.close();
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.error(), GetParam().expected) << going.result().error().message;
  EXPECT_EQ(going.result().error().fault, Fault::upstream);
  EXPECT_EQ(observed.errors[GetParam().expected], 1);
  going.call.finish();
  EXPECT_EQ(client.connections(), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Backends, Misbehaving,
    ::testing::Values(
        Misbehaviour{"ClosesAtOnce", "", false, ErrorCode::closed},
        Misbehaviour{"ResetsAtOnce", "", true, ErrorCode::reset},
        Misbehaviour{"ClosesInTheHead", "HTTP/1.1 200 OK\r\nConte", false, ErrorCode::closed},
        Misbehaviour{"ResetsInTheHead", "HTTP/1.1 200 OK\r\nConte", true, ErrorCode::reset},
        Misbehaviour{"SpeaksSmtp", "220 mail.example ESMTP\r\n\r\n", false, ErrorCode::invalid},
        Misbehaviour{"SpeaksTls", "\x15\x03\x01\x00\x02\x02\x16\r\n\r\n", false,
                     ErrorCode::invalid},
        Misbehaviour{"FramesTwice",
                     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                     false, ErrorCode::invalid},
        Misbehaviour{"StaysInterim", "HTTP/1.1 100 Continue\r\n\r\n", false, ErrorCode::closed}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(CallTest, AFloodOfInterimAnswersIsAnError) {
  auto to = endpoint_to(backend.port());
  Going going(client, *to);
  std::string flood;
  for (int i = 0; i < 17; ++i) flood += "HTTP/1.1 102 Processing\r\n\r\n";
  asked(backend).send(flood);
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.error(), ErrorCode::limit);
}

TEST_F(CallTest, AHeadBeyondItsLimitIsAnError) {
  auto to = endpoint_to(backend.port());
  Going going(client, *to);
  asked(backend).send("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n");
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.error(), ErrorCode::invalid);
}

TEST_F(CallTest, ABodyThatEndsEarlyIsNotWhole) {
  auto to = endpoint_to(backend.port());
  Going going(client, *to);
  asked(backend).send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  ASSERT_TRUE(until([&] { return going.done(); }));
  backend.connections[0]->close();
  EXPECT_EQ(going.body(reactor), "half!");
  going.call.finish();
  EXPECT_EQ(client.connections(), 0u);
}

TEST_F(CallTest, AChunkedBodyThatEndsEarlyIsNotWhole) {
  auto to = endpoint_to(backend.port());
  Going going(client, *to);
  asked(backend).send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
  ASSERT_TRUE(until([&] { return going.done(); }));
  backend.connections[0]->reset();
  EXPECT_EQ(going.body(reactor), "half!");
}

TEST_F(CallTest, ABodyMayPauseForTheIdleTimeout) {
  auto to = endpoint_to(backend.port());
  Going going(client, *to);
  asked(backend).send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
  ASSERT_TRUE(until([&] { return going.done(); }));
  net::testing::Running<Result<http::Chunk>> reading(going.call.body()->read());
  settle();
  pass(59999ms);
  EXPECT_FALSE(reading.done());
  pass(1ms);
  ASSERT_TRUE(reading.done());
  ASSERT_FALSE(reading.value());
  EXPECT_EQ(reading.value().error().code, ErrorCode::read_timed_out);
}

TEST_F(CallTest, GivingUpAnAnswerClosesItsConnection) {
  auto to = endpoint_to(backend.port());
  auto going = std::make_unique<Going>(client, *to);
  asked(backend).send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nsome");
  ASSERT_TRUE(until([&] { return going->done(); }));
  going.reset();
  EXPECT_EQ(client.connections(), 0u);
  EXPECT_TRUE(until([&] { return backend.connections[0]->over(); }));
}

TEST_F(CallTest, CancellingWhileTheAnswerIsAwaitedClosesOnlyThatConnection) {
  auto to = endpoint_to(backend.port());
  auto first = std::make_unique<Going>(client, *to);
  Going second(client, *to);
  asked(backend, 0);
  asked(backend, 1);
  first->cancel();
  EXPECT_EQ(first->error(), ErrorCode::client_gone);
  EXPECT_EQ(observed.errors.count(ErrorCode::client_gone), 0u);
  first.reset();
  EXPECT_TRUE(until([&] { return backend.connections[0]->over(); }));
  backend.connections[1]->send(kOk);
  ASSERT_TRUE(until([&] { return second.done(); }));
  EXPECT_EQ(second.status(), 200);
}

// ---- The silent retry

TEST_F(CallTest, TriesAgainWhenAPooledConnectionTurnsOutDead) {
  auto to = with_stale_connection();
  backend.connections[0]->received.clear();
  Going going(client, *to);  // sent before the close is seen
  backend.connections[0]->reset();
  asked(backend, 1).send(kOk);
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.status(), 200);
  EXPECT_TRUE(observed.errors.empty());
}

TEST_F(CallTest, TriesAgainOnlyOnce) {
  auto to = with_stale_connection();
  backend.connections[0]->received.clear();
  Going going(client, *to);
  backend.connections[0]->reset();
  asked(backend, 1).reset();
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.error(), ErrorCode::reset);
  settle();
  EXPECT_EQ(backend.connections.size(), 2u);
}

TEST_F(CallTest, DoesNotTryAPostAgain) {
  auto to = with_stale_connection();
  backend.connections[0]->received.clear();
  Going going(client, *to, "POST");
  backend.connections[0]->reset();
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.error(), ErrorCode::reset);
  EXPECT_EQ(backend.connections.size(), 1u);
}

TEST_F(CallTest, DoesNotTryAgainWhatAFreshConnectionLost) {
  auto to = endpoint_to(backend.port());
  Going going(client, *to);
  asked(backend).reset();
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.error(), ErrorCode::reset);
  EXPECT_EQ(backend.connections.size(), 1u);
}

TEST_F(CallTest, DoesNotTryAgainAfterAByteOfAnAnswer) {
  auto to = with_stale_connection();
  backend.connections[0]->received.clear();
  Going going(client, *to);
  asked(backend, 0).send("H");
  settle();
  backend.connections[0]->reset();
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.error(), ErrorCode::reset);
  EXPECT_EQ(backend.connections.size(), 1u);
}

TEST_F(CallTest, DoesNotTryAgainOnceTheBodyWasTouched) {
  auto to = with_stale_connection();
  backend.connections[0]->received.clear();
  http::BytesBody body("bytes");
  Going going(client, *to, "PUT", &body);
  backend.connections[0]->reset();
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.error(), ErrorCode::reset);
  EXPECT_EQ(backend.connections.size(), 1u);
}

TEST_F(CallTest, MakesRoomForTheRetryByClosingAnIdleConnection) {
  EndpointOptions options = options_to(backend.port());
  options.connections_max = 2;
  auto to = endpoint(std::move(options));
  auto first = std::make_unique<Going>(client, *to);
  auto second = std::make_unique<Going>(client, *to);
  asked(backend, 0).send(kOk);
  asked(backend, 1).send(kOk);
  ASSERT_TRUE(until([&] { return first->done() && second->done(); }));
  EXPECT_EQ(first->body(reactor) + second->body(reactor), "okok");
  first.reset();
  second.reset();
  Going going(client, *to);
  backend.connections[1]->reset();
  asked(backend, 2).send(kOk);
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.status(), 200);
}

// ---- Uploads

TEST_F(CallTest, AnEarlyAnswerArrivesWhileTheUploadRuns) {
  auto to = endpoint_to(backend.port());
  FedBody body;
  body.feed("part");
  Going going(client, *to, "POST", &body);
  asked(backend).send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nearly");
  ASSERT_TRUE(until([&] { return going.done(); }));
  ASSERT_TRUE(going.result());
  EXPECT_TRUE(body.waiting());
  body.feed("more");
  body.feed("");
  EXPECT_TRUE(until([&] {
    return backend.connections[0]->received.ends_with("4\r\nmore\r\n0\r\n\r\n");
  })) << backend.connections[0]->received;
}

TEST_F(CallTest, AnAnswerBeforeTheEndOfTheUploadCostsTheConnection) {
  auto to = endpoint_to(backend.port());
  FedBody body;
  body.feed("part");
  Going going(client, *to, "POST", &body);
  asked(backend).send(kOk);
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.body(reactor), "ok");
  going.call.finish();
  EXPECT_EQ(client.connections(), 0u);
}

TEST_F(CallTest, AnUploadThatBreaksResetsTheBackend) {
  auto to = endpoint_to(backend.port());
  FedBody body;
  body.feed("part");
  Going going(client, *to, "POST", &body);
  asked(backend);
  body.fail(Error(ErrorCode::client_gone, "the client left", Fault::client));
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.error(), ErrorCode::client_gone);
  ASSERT_NE(going.call.body_error(), nullptr);
  EXPECT_EQ(going.call.body_error()->fault, Fault::client);
  EXPECT_TRUE(observed.errors.empty());
  EXPECT_TRUE(until([&] { return backend.connections[0]->broken; }));
  EXPECT_THAT(backend.connections[0]->received, Not(HasSubstr("0\r\n\r\n")));
}

// Whoever awaits the answer may end the whole exchange as soon as the upload breaks: the upload
// must not be on the stack then.
Async<Result<void>> start_and_finish(Client& client, const Endpoint& to, Call& call,
                                     const http::RequestHead& request, http::Body& body,
                                     http::ResponseHead& response) {
  Result<void> started = co_await call.start(client, to, request, &body, response, nullptr);
  call.finish();
  co_return started;
}

TEST_F(CallTest, TheWaiterMayEndTheCallWhenItsUploadBreaks) {
  auto to = endpoint_to(backend.port());
  FedBody body;
  body.feed("part");
  Arena arena;
  http::RequestHead request(arena);
  request.method = http::Method::post;
  request.method_text = "POST";
  request.target = "/";
  http::ResponseHead response(arena);
  Call call(arena);
  net::testing::Running<Result<void>> going(
      start_and_finish(client, *to, call, request, body, response));
  asked(backend);
  body.fail(Error(ErrorCode::invalid, "a bad chunk", Fault::client));
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.value().error().code, ErrorCode::invalid);
  EXPECT_EQ(client.connections(), 0u);
}

TEST_F(CallTest, ABackendThatDoesNotReadHoldsTheUploadBack) {
  auto to = endpoint_to(backend.port());
  FedBody body;
  Going going(client, *to, "POST", &body);
  Peer& peer = asked(backend);
  peer.stop_reading();
  std::size_t fed = 0;
  const std::string piece(1 << 16, 'x');
  while (body.waiting() && fed < 64 << 20) {
    body.feed(piece);
    fed += piece.size();
    settle();
  }
  EXPECT_LT(fed, 64u << 20) << "nothing held it back";
  peer.go_on_reading();
  EXPECT_TRUE(until([&] { return body.waiting(); }));
}

// ---- TLS

class TlsBackends : public CallTest {
 protected:
  std::shared_ptr<const Endpoint> secured(std::shared_ptr<const net::TlsClientContext> tls) {
    EndpointOptions options = options_to(backend.port());
    options.tls = std::move(tls);
    return endpoint(std::move(options));
  }
};

TEST_F(TlsBackends, AServerThatSpeaksNoTlsIsTold) {
  auto to = secured(net::testing::trust_authority());
  Going going(client, *to);
  ASSERT_TRUE(until([&] { return !backend.connections.empty(); }));
  backend.connections[0]->send("HTTP/1.1 400 Bad Request\r\n\r\n");
  ASSERT_TRUE(until([&] { return going.done(); }));
  EXPECT_EQ(going.error(), ErrorCode::tls);
}

TEST_F(TlsBackends, AHandshakeThatHangsEndsWithTheConnectTimeout) {
  auto to = secured(net::testing::trust_authority());
  Going going(client, *to);
  ASSERT_TRUE(until([&] { return !backend.connections.empty(); }));
  settle();
  pass(5s);
  ASSERT_TRUE(going.done());
  EXPECT_EQ(going.error(), ErrorCode::connect_timed_out);
}

}  // namespace
}  // namespace perigee::upstream::testing
