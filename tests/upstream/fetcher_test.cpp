// Whole requests to any URL: what goes out, what comes back, and the limits.
#include "upstream/fetcher.hpp"

#include "tests/net/support/secured.hpp"
#include "tests/upstream/support/world.hpp"

namespace perigee::upstream::testing {
namespace {

using net::testing::Running;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class FetcherTest : public Upstream {
 protected:
  void TearDown() override {
    fetcher.reset();
    backend.connections.clear();
    backend.close();
    Upstream::TearDown();
  }
  std::string url(const std::string& rest = "/x", const std::string& scheme = "http") const {
    return scheme + "://127.0.0.1:" + std::to_string(backend.port()) + rest;
  }
  // The result of a call that ends without the backend.
  Result<Fetched> failed(Fetch fetch) {
    Running<Result<Fetched>> running(fetcher->fetch(std::move(fetch)));
    EXPECT_TRUE(until([&] { return running.done(); }));
    return running.value();
  }
  Result<Fetched> answered(Fetch fetch, const std::string& answer, std::size_t connection = 0) {
    if (backend.connections.size() > connection) backend.connections[connection]->received.clear();
    Running<Result<Fetched>> running(fetcher->fetch(std::move(fetch)));
    asked(backend, connection).send(answer);
    EXPECT_TRUE(until([&] { return running.done(); }));
    return running.value();
  }
  const std::string& sent(std::size_t connection = 0) {
    return backend.connections.at(connection)->received;
  }

  RawBackend backend{reactor};
  net::TrustStores trust_stores;
  std::unique_ptr<Fetcher> fetcher = std::make_unique<Fetcher>(
      reactor, *names, trust_stores,
      Fetcher::Options{.destinations_max = 2, .connections_max = 1, .waiting_max = 1});
};

TEST_F(FetcherTest, BringsStatusHeadersAndBody) {
  auto got = answered({.url = url("/a/b?c=d")},
                      "HTTP/1.1 203 Odd\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 4\r\n\r\nbody");
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 203);
  EXPECT_EQ(got->body, "body");
  EXPECT_THAT(got->headers, ::testing::IsSupersetOf(
                                {std::pair<std::string, std::string>("X-A", "1"), {"X-A", "2"}}));
  EXPECT_THAT(sent(), StartsWith("GET /a/b?c=d HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(sent(), Not(HasSubstr("ontent-")));
}

struct Sending {
  const char* name;
  Fetch fetch;  // its url is the path
  const char* line;
  std::vector<std::string> has;
  std::vector<std::string> lacks;
};

class SendingTest : public FetcherTest, public ::testing::WithParamInterface<Sending> {};

TEST_P(SendingTest, GoesOutSo) {
  Fetch fetch = GetParam().fetch;
  fetch.url = url(fetch.url);
  ASSERT_TRUE(answered(std::move(fetch), kOk));
  EXPECT_THAT(sent(), StartsWith(GetParam().line));
  for (const std::string& part : GetParam().has) EXPECT_THAT(sent(), HasSubstr(part));
  for (const std::string& part : GetParam().lacks) EXPECT_THAT(sent(), Not(HasSubstr(part)));
}

INSTANTIATE_TEST_SUITE_P(
    Requests, SendingTest,
    ::testing::Values(
        Sending{"EmptyPath", {.url = ""}, "GET / HTTP/1.1\r\n", {}, {}},
        Sending{"EmptyQuery", {.url = "/x?"}, "GET /x? HTTP/1.1\r\n", {}, {}},
        Sending{"QueryOnly", {.url = "?q=1"}, "GET /?q=1 HTTP/1.1\r\n", {}, {}},
        Sending{"Body",
                {.method = "POST", .url = "/", .body = "hello"},
                "POST / HTTP/1.1\r\n",
                {"Content-Length: 5\r\n", "\r\n\r\nhello"},
                {}},
        Sending{"PostWithoutBody",
                {.method = "POST", .url = "/"},
                "POST / HTTP/1.1\r\n",
                {"Content-Length: 0\r\n"},
                {}},
        Sending{"OwnHost",
                {.url = "/", .headers = {{"host", "other.example"}}},
                "GET / HTTP/1.1\r\n",
                {"host: other.example\r\n"},
                {"127.0.0.1"}},
        Sending{"FramingIsOurs",
                {.url = "/",
                 .headers = {{"Content-Length", "99"},
                             {"Transfer-Encoding", "chunked"},
                             {"Connection", "upgrade"},
                             {"X-Kept", "yes"}}},
                "GET / HTTP/1.1\r\n",
                {"X-Kept: yes\r\n"},
                {"99", "chunked", "upgrade"}},
        Sending{"MethodOfItsOwn", {.method = "PURGE", .url = "/"}, "PURGE / HTTP/1.1\r\n", {}, {}}),
    [](const auto& info) { return info.param.name; });

struct Refused {
  const char* name;
  Fetch fetch;
  ErrorCode code;
  const char* says;
};

class RefusedFetch : public FetcherTest, public ::testing::WithParamInterface<Refused> {};

TEST_P(RefusedFetch, IsNotSent) {
  auto got = failed(GetParam().fetch);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, GetParam().code);
  EXPECT_THAT(got.error().message, HasSubstr(GetParam().says));
  EXPECT_EQ(fetcher->connections(), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, RefusedFetch,
    ::testing::Values(
        Refused{"NoUrl", {.url = ""}, ErrorCode::invalid, "URL"},
        Refused{"RelativeUrl", {.url = "/x"}, ErrorCode::invalid, "URL"},
        Refused{"OtherScheme", {.url = "ws://a/"}, ErrorCode::unsupported, "expected http"},
        Refused{"LineBreakInUrl", {.url = "http://a/x\r\nX: y"}, ErrorCode::invalid, "URL"},
        Refused{"Method", {.method = "G T", .url = "http://a/"}, ErrorCode::invalid, "no method"},
        Refused{"EmptyMethod", {.method = "", .url = "http://a/"}, ErrorCode::invalid, "no method"},
        Refused{"HeaderName",
                {.url = "http://a/", .headers = {{"X: y", "z"}}},
                ErrorCode::invalid,
                "header name"},
        Refused{"HeaderValue",
                {.url = "http://a/", .headers = {{"X", "y\r\nZ: a"}}},
                ErrorCode::invalid,
                "'X'"}),
    [](const auto& info) { return info.param.name; });

TEST_F(FetcherTest, ABodyBeyondTheLimitIsAnError) {
  auto got = answered({.url = url(), .answer_bytes_max = 1}, kOk);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::limit);
  EXPECT_EQ(fetcher->connections(), 0u);  // its rest is not waited for
}

TEST_F(FetcherTest, AChunkedBodyBeyondTheLimitIsAnError) {
  auto got =
      answered({.url = url(), .answer_bytes_max = 3},
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::limit);
}

TEST_F(FetcherTest, UnaskedSwitchOfProtocolsIsAnError) {
  auto got =
      answered({.url = url()}, "HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::invalid);
}

TEST_F(FetcherTest, TimeIsLimitedToTheLastByte) {
  Running<Result<Fetched>> running(fetcher->fetch({.url = url(), .timeout = 2s}));
  asked(backend).send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
  settle();
  pass(1999ms);
  EXPECT_FALSE(running.done());
  pass(1ms);
  ASSERT_TRUE(running.done());
  ASSERT_FALSE(running.value());
  EXPECT_EQ(running.value().error().code, ErrorCode::timed_out);
}

TEST_F(FetcherTest, IsCancelledWithItsScope) {
  Running<Result<Fetched>> running(fetcher->fetch({.url = url()}));
  asked(backend);
  running.scope().cancel({ErrorCode::client_gone, "left"});
  ASSERT_TRUE(running.done());
  EXPECT_EQ(running.value().error().code, ErrorCode::client_gone);
  EXPECT_EQ(fetcher->connections(), 0u);
}

TEST_F(FetcherTest, UsesAConnectionAgain) {
  ASSERT_TRUE(answered({.url = url("/1")}, kOk));
  ASSERT_TRUE(answered({.url = url("/2")}, kOk));
  EXPECT_EQ(backend.connections.size(), 1u);
  EXPECT_EQ(fetcher->destinations(), 1u);
}

TEST_F(FetcherTest, WhatWaitsForAConnectionIsLimited) {
  Running<Result<Fetched>> first(fetcher->fetch({.url = url()}));
  asked(backend);
  Running<Result<Fetched>> second(fetcher->fetch({.url = url()}));
  settle();
  auto third = failed({.url = url()});
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::pool_exhausted);
}

TEST_F(FetcherTest, TheDestinationIdleLongestMakesRoom) {
  RawBackend more[] = {RawBackend(reactor), RawBackend(reactor)};
  auto ask = [&](RawBackend& one) {
    Running<Result<Fetched>> running(
        fetcher->fetch({.url = "http://127.0.0.1:" + std::to_string(one.port())}));
    for (auto& connection : one.connections) connection->received.clear();
    until([&] { return !one.connections.empty() && !one.connections.back()->head().empty(); });
    one.connections.back()->send(kOk);
    EXPECT_TRUE(until([&] { return running.done(); }));
    clock.advance(1s);
  };
  ask(backend);
  ask(more[0]);
  ask(backend);
  ask(more[1]);  // more[0] goes
  EXPECT_EQ(fetcher->destinations(), 2u);
  EXPECT_TRUE(until([&] { return more[0].connections[0]->over(); }));
  EXPECT_FALSE(backend.connections[0]->over());
  for (RawBackend& one : more) one.connections.clear();
}

TEST_F(FetcherTest, DestinationsInUseMakeNoRoom) {
  RawBackend more(reactor);
  Running<Result<Fetched>> first(fetcher->fetch({.url = url()}));
  Running<Result<Fetched>> second(
      fetcher->fetch({.url = "http://127.0.0.1:" + std::to_string(more.port())}));
  auto third = failed({.url = "http://127.0.0.1:1"});
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::limit);
  EXPECT_THAT(third.error().message, HasSubstr("2 destinations"));
}

// Accepts TLS on the loopback.
class SecuredBackend {
 public:
  SecuredBackend(net::Reactor& reactor, net::testing::ServerContext context)
      : reactor_(reactor), context_(std::move(context)) {
    auto opened = net::Listener::open(reactor, net::Address::loopback(0), {}, [this](auto socket) {
      accepting_.emplace_back(net::tls_accept(context_, reactor_, std::move(socket)));
    });
    EXPECT_TRUE(opened);
    listener_ = *std::move(opened);
  }
  std::uint16_t port() const { return listener_->address().port(); }
  // The first connection, once its handshake is done.
  Peer* peer() {
    if (!peer_ && !accepting_.empty() && accepting_.front().done() && accepting_.front().value())
      peer_ = std::make_unique<Peer>(reactor_, *std::move(accepting_.front().value()));
    return peer_.get();
  }

 private:
  net::Reactor& reactor_;
  net::testing::ServerContext context_;
  std::unique_ptr<net::Listener> listener_;
  std::list<Running<net::testing::StreamResult>> accepting_;
  std::unique_ptr<Peer> peer_;
};

TEST_F(FetcherTest, TrustsWhatItIsTold) {
  SecuredBackend secured(reactor, net::testing::serve({}));
  Fetch fetch{.url = "https://127.0.0.1:" + std::to_string(secured.port()) + "/s",
              .tls = net::testing::trust_authority({.verify_host = false})};
  Running<Result<Fetched>> running(fetcher->fetch(std::move(fetch)));
  ASSERT_TRUE(until([&] { return secured.peer() && !secured.peer()->head().empty(); }));
  EXPECT_THAT(secured.peer()->received, StartsWith("GET /s HTTP/1.1\r\n"));
  secured.peer()->send(kOk);
  ASSERT_TRUE(until([&] { return running.done(); }));
  ASSERT_TRUE(running.value()) << running.value().error().message;
  EXPECT_EQ(running.value()->body, "ok");
  fetcher->close_idle();
  settle();
}

TEST_F(FetcherTest, TrustsTheSystemAndNobodyElse) {
  SecuredBackend secured(reactor, net::testing::serve({}));
  auto got = failed({.url = "https://127.0.0.1:" + std::to_string(secured.port())});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::tls) << got.error().message;
}

}  // namespace
}  // namespace perigee::upstream::testing
