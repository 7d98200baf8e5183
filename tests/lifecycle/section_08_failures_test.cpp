// lifecycle.md 8.5: backends that fail, what the client is told, and by which key.
#include <functional>

#include "base/json.hpp"
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

struct Told {
  int status;
  std::string old_key;  // of 4.9
  std::string refined;  // 4.12+
};

class LifecycleFailures : public Lifecycle {
 protected:
  using Provoke = std::function<Answer(const std::string& path)>;

  // What a request gets, with the keys of each generation: without templates; from a template that
  // shows the key; and from templates of the old key and of the refined one, both of which fire.
  void expect_told(const Told& told, const std::string& target, const Provoke& provoke,
                   const std::string& http = "{}") {
    for (const char* generation : {"4.9", "4.12"}) {
      SCOPED_TRACE(generation);
      configure({{"perigee.compat.errorKeys", generation}});
      serve({v4({.id = "plain", .path = "/plain", .target = target, .http = http}),
             templated("shown", "DEFAULT", target, http),
             templated("old", told.old_key, target, http),
             templated("refined", told.refined, target, http)});
      expect_silent(provoke("/plain"), told.status);
      bool old = generation == std::string("4.9");
      const std::string line =
          std::to_string(told.status) + " " + (old ? told.old_key : told.refined);
      for (const char* path : {"/shown", "/old", "/refined"})
        EXPECT_EQ(provoke(path).body, line) << path;
    }
  }

  // None of these carries a message: status, Connection: close, no content type, an empty body.
  static void expect_silent(const Answer& got, int status) {
    EXPECT_TRUE(got.whole);
    EXPECT_EQ(got.status, status);
    EXPECT_EQ(got.body, "");
    EXPECT_EQ(got.header("Connection"), "close");
    EXPECT_EQ(got.header("Content-Type"), "-");
    EXPECT_EQ(got.header("Content-Length"), "0");
  }

  // The backend's next connection, when it has got a request.
  Peer& next_asked() { return asked(backend->connections.size()); }

  Answer simply(const std::string& path) { return answer(get(path)); }

  static std::string templated(const std::string& id, const std::string& key,
                               const std::string& target, const std::string& http) {
    return v4({.id = id,
               .path = "/" + id,
               .target = target,
               .http = http,
               .top = R"(,"responseTemplates":{")" + key +
                      R"(":{"*/*":{"status":500,"body":"{#error.statusCode} {#error.key}"}}})"});
  }
};

constexpr const char* kConnection = "GATEWAY_CLIENT_CONNECTION_ERROR";
constexpr const char* kTimeout = "REQUEST_TIMEOUT";

// The head of an answer whose body does not come: the connection stays in use.
constexpr const char* kUnfinished = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";

}  // namespace

TEST_F(LifecycleFailures, S8_5_ARefusedConnectionIs502) {
  expect_told({502, kConnection, "GATEWAY_CLIENT_CONNECTION_REFUSED"}, "$CLOSED",
              [&](auto path) { return simply(path); });
}

TEST_F(LifecycleFailures, S8_5_ANameThatIsNotResolvedIs502) {
  const std::string too_long(64, 'n');  // for a label: nobody is asked
  expect_told({502, kConnection, "GATEWAY_CLIENT_DNS_RESOLUTION_ERROR"},
              "http://" + too_long + ".example", [&](auto path) { return simply(path); });
}

TEST_F(LifecycleFailures, S8_5_AnUnreachableNetworkIs502) {
  // TCP refuses a broadcast address without sending anything.
  expect_told({502, kConnection, "GATEWAY_CLIENT_UNREACHABLE"}, "http://127.255.255.255:8080",
              [&](auto path) { return simply(path); });
}

TEST_F(LifecycleFailures, S8_5_AFailedTlsHandshakeIs502) {
  expect_told({502, kConnection, "GATEWAY_CLIENT_TLS_HANDSHAKE_ERROR"},
              "https://127.0.0.1:" + std::to_string(backend->port()), [&](auto path) {
                std::size_t n = backend->connections.size();
                Peer& client = get(path);
                EXPECT_TRUE(until([&] {
                  return backend->connections.size() > n &&
                         !backend->connections[n]->received.empty();
                }));
                backend->connections[n]->send("this is no TLS\r\n");
                return answer(client);
              });
}

TEST_F(LifecycleFailures, S8_5_AResetBeforeTheHeadIs502) {
  expect_told({502, kConnection, "GATEWAY_CLIENT_CONNECTION_RESET"}, "$BACKEND", [&](auto path) {
    std::size_t n = backend->connections.size();
    Peer& client = get(path);
    asked(n).reset();
    return answer(client);
  });
}

TEST_F(LifecycleFailures, S8_5_ACloseBeforeTheHeadIs502) {
  expect_told({502, kConnection, "GATEWAY_CLIENT_CONNECTION_CLOSED"}, "$BACKEND", [&](auto path) {
    std::size_t n = backend->connections.size();
    Peer& client = get(path);
    asked(n).close();
    return answer(client);
  });
}

TEST_F(LifecycleFailures, S8_5_AConnectTimeoutIs504) {
  upstream::testing::HangingBackend hanging;
  expect_told({504, kTimeout, "GATEWAY_CLIENT_CONNECT_TIMEOUT"},
              "http://127.0.0.1:" + std::to_string(hanging.port()), [&](auto path) {
                Peer& client = get(path);
                settle();
                pass(4999ms);
                EXPECT_EQ(client.received, "");
                pass(1ms);
                return answer(client);
              });
}

TEST_F(LifecycleFailures, S8_5_AWaitForAConnectionPastReadTimeoutIs504) {
  expect_told(
      {504, kTimeout, "GATEWAY_CLIENT_CONNECT_TIMEOUT"}, "$BACKEND",
      [&](auto path) {
        std::size_t n = backend->connections.size();
        get(path);
        asked(n).send(kUnfinished);
        Peer& waiting = get(path);
        settle();
        pass(9999ms);
        EXPECT_EQ(waiting.received, "");
        pass(1ms);
        return answer(waiting);
      },
      R"({"maxConcurrentConnections":1,"readTimeout":10000})");
}

TEST_F(LifecycleFailures, S8_5_NoResponseWithinReadTimeoutIs504) {
  expect_told(
      {504, kTimeout, "GATEWAY_CLIENT_READ_TIMEOUT"}, "$BACKEND",
      [&](auto path) {
        std::size_t n = backend->connections.size();
        Peer& client = get(path);
        asked(n);
        pass(2999ms);
        EXPECT_EQ(client.received, "");
        pass(1ms);
        return answer(client);
      },
      R"({"readTimeout":3000})");
}

// 4.9 has no key of its own for it: its queue has no bound.
TEST_F(LifecycleFailures, S8_5_AFullWaitQueueIs503) {
  constexpr const char* kFull = "GATEWAY_CLIENT_CONNECTION_POOL_EXHAUSTED";
  expect_told(
      {503, kFull, kFull}, "$BACKEND",
      [&](auto path) {
        std::size_t n = backend->connections.size();
        get(path);
        asked(n).send(kUnfinished);
        get(path);
        settle();
        Answer got = answer(get(path));
        clients.clear();
        settle();
        return got;
      },
      R"({"maxConcurrentConnections":1,"maxWaitQueueSize":1})");
}

// Backend ends the body early, after the head: status already sent; body truncated (HTTP/1.1:
// close).
TEST_F(LifecycleFailures, S8_5_ABodyThatEndsEarlyIsTruncated) {
  serve({v4()});
  for (const char* framing :
       {"Content-Length: 100\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"}) {
    std::size_t n = backend->connections.size();
    Peer& client = get();
    asked(n).send(std::string("HTTP/1.1 200 OK\r\n") + framing);
    EXPECT_TRUE(until([&] { return client.received.find("half") != std::string::npos; }));
    backend->connections[n]->close();
    EXPECT_TRUE(until([&] { return client.over(); }));
    Answer got = proxy::testing::parse_answer(client.received);
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body, "half");
    EXPECT_FALSE(got.whole) << framing;
  }
}

// Templates can use {#error.cause} (4.12+).
TEST_F(LifecycleFailures, S8_5_TemplatesMayTellTheCause) {
  serve({v4({.target = "$CLOSED",
             .top = R"(,"responseTemplates":{"DEFAULT":{"*/*":{"status":500,)"
                    R"("body":"{#error.cause}, {#error.message == null}"}}})"})});
  EXPECT_EQ(simply("/a/x").body, "connection refused, true");
}

// Stale pooled connection: one silent retry when a reused connection closes before any response
// byte and the request is idempotent with no body sent.
TEST_F(LifecycleFailures, S8_5_AStaleConnectionIsReplacedOnceInSilence) {
  serve({v4()});
  expect_turn({});
  Peer& client = get();
  Peer& stale = asked(0);
  stale.close();
  asked(1).send(kOk);
  EXPECT_EQ(answer(client).status, 200);
  // Once: the new connection is not a reused one.
  Peer& again = get();
  EXPECT_TRUE(until([&] { return backend->connections[1]->received.size() > 0; }));
  backend->connections[1]->close();
  Peer& fresh = asked(2);
  fresh.close();
  expect_silent(answer(again), 502);
  EXPECT_EQ(backend->connections.size(), 3u);
}

TEST_F(LifecycleFailures, S8_5_WhatMayHaveHadAnEffectIsNotRetried) {
  serve({v4()});
  expect_turn({});
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
  asked(0).close();
  expect_silent(answer(client), 502);
  EXPECT_EQ(backend->connections.size(), 1u);
}

}  // namespace perigee::lifecycle
