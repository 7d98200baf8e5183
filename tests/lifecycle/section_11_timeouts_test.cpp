// lifecycle.md section 11: timeouts, clients that leave, limits of the server.
#include "report/families.hpp"
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

const NameValues kTwoSeconds = {{"http.requestTimeout", "2000"}};
constexpr const char* kShowsKey =
    R"(,"responseTemplates":{"REQUEST_TIMEOUT":{"*/*":{"status":500,)"
    R"("body":"{#error.statusCode} {#error.key} {#error.message}"}}})";

class LifecycleTimeouts : public Lifecycle {
 protected:
  void serve_with(const NameValues& keys, const std::string& definition = v4(),
                  const std::vector<std::string>& platform = {}) {
    configure(keys);
    serve({definition}, platform);
  }
  void expect_timeout(Peer& client) {
    Answer got = answer(client);
    EXPECT_EQ(got.status, 504);
    EXPECT_EQ(got.body, "Request timeout");
    EXPECT_EQ(got.header("Connection"), "close");
    EXPECT_TRUE(until([&] { return proxy->client().connections() == 0; }));
  }
  static std::string waiting(const std::string& gate) {
    return step("wait", R"({"gate":")" + gate + "\"}");
  }
};

}  // namespace

// http.requestTimeout unset = 30000 (a warning says so: tests/config).
TEST_F(LifecycleTimeouts, S11_WithoutASettingItIs30Seconds) {
  serve({v4({.http = R"({"readTimeout":0})"})});
  Peer& client = get();
  asked();
  pass(29999ms);
  EXPECT_EQ(client.received, "");
  pass(1ms);
  expect_timeout(client);
}

// <= 0 = none.
TEST_F(LifecycleTimeouts, S11_ZeroAndLessIsNone) {
  for (const char* none : {"0", "-1"}) {
    serve_with({{"http.requestTimeout", none}}, v4({.http = R"({"readTimeout":0})"}));
    std::size_t n = backend->connections.size();
    Peer& client = get();
    asked(n);
    pass(1h);
    EXPECT_EQ(client.received, "");
    backend->connections[n]->send(kOk);
    EXPECT_EQ(answer(client).status, 200);
  }
}

// It covers everything from arrival to the end of step 11.
TEST_F(LifecycleTimeouts, S11_ItCoversTheBackend) {
  serve_with(kTwoSeconds);
  Peer& client = get();
  asked();
  pass(1999ms);
  EXPECT_EQ(client.received, "");
  pass(1ms);
  expect_timeout(client);
  EXPECT_TRUE(until([&] { return backend->connections[0]->over(); }));
}

TEST_F(LifecycleTimeouts, S11_ItCoversPlatformSecurityRequestAndResponseSteps) {
  struct {
    const char* where;
    std::string definition;
    std::vector<std::string> platform;
  } rows[] = {{"platform", v4(), {organization({v2_flow({waiting("g")}, {})})}},
              {"security", v4({.plans = "[" + guarded("p", R"({"gate":"g"})") + "]"}), {}},
              {"request", v4({.flows = list({flow({.request = {waiting("g")}})})}), {}},
              {"response", v4({.flows = list({flow({.response = {waiting("g")}})})}), {}}};
  for (auto& [where, definition, platform] : rows) {
    SCOPED_TRACE(where);
    serve_with(kTwoSeconds, definition, platform);
    Peer& client = get();
    if (where == std::string("response")) asked(backend->connections.size()).send(kOk);
    EXPECT_TRUE(until([&] { return gates().awaited("g"); }));
    pass(2s);
    expect_timeout(client);
  }
}

TEST_F(LifecycleTimeouts, S11_ItCoversTheUpload) {
  serve_with(kTwoSeconds);
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsome");
  asked();
  pass(2s);
  expect_timeout(client);
}

// When it fires: 504 REQUEST_TIMEOUT, message Request timeout, through the error path.
TEST_F(LifecycleTimeouts, S11_ItGoesThroughTheErrorPath) {
  serve_with(kTwoSeconds, v4({.top = kShowsKey}));
  Peer& client = get();
  asked();
  pass(2s);
  EXPECT_EQ(answer(client).body, "504 REQUEST_TIMEOUT Request timeout");
}

// Each later guarded stage (12, 13) gets the remaining time, but at least
// http.requestTimeoutGraceDelay (default 30 ms).
TEST_F(LifecycleTimeouts, S11_LaterStagesGetWhatRemains) {
  serve_with(kTwoSeconds, v4(), {organization({v2_flow({}, {waiting("g")})})});
  Peer& client = get();
  asked().send(kOk);
  EXPECT_TRUE(until([&] { return gates().awaited("g"); }));
  pass(1999ms);
  EXPECT_EQ(client.received, "");
  pass(1ms);
  expect_timeout(client);
}

TEST_F(LifecycleTimeouts, S11_ButAtLeastTheGraceDelay) {
  for (const auto& [keys, grace] : {std::pair(kTwoSeconds, Duration(30ms)),
                                    std::pair(NameValues{{"http.requestTimeout", "2000"},
                                                         {"http.requestTimeoutGraceDelay", "500"}},
                                              Duration(500ms))}) {
    for (bool in_time : {true, false}) {
      gates().gates.clear();
      serve_with(keys, v4(), {organization({v2_flow({}, {waiting("g"), note("platform")})})});
      std::size_t n = backend->connections.size();
      Peer& client = get();
      asked(n);
      pass(2s);
      EXPECT_TRUE(until([&] { return gates().awaited("g"); }));
      pass(grace - 1ms);
      EXPECT_EQ(client.received, "");
      in_time ? gates().open("g") : pass(1ms);
      Answer got = answer(client);
      EXPECT_EQ(got.status, 504);
      EXPECT_EQ(got.header("X-Note"), in_time ? "platform" : "-");
    }
  }
}

// It does not limit body streaming in step 15 (nor an upgraded WebSocket: S8_7).
TEST_F(LifecycleTimeouts, S11_ItDoesNotLimitTheAnswersBody) {
  serve_with(kTwoSeconds);
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
  EXPECT_TRUE(until([&] { return client.received.ends_with("ab"); }));
  pass(30s);
  backend->connections[0]->send("cd");
  EXPECT_EQ(answer(client).body, "abcd");
}

// Endpoint readTimeout works independently (8.5) and is usually shorter.
TEST_F(LifecycleTimeouts, S11_ReadTimeoutWorksIndependently) {
  serve({v4({.http = R"({"readTimeout":1000})"})});
  Peer& client = get();
  asked();
  pass(1s);
  Answer got = answer(client);
  EXPECT_EQ(got.status, 504);
  EXPECT_EQ(got.body, "");
}

// Client disconnect: cancel the chain at once, reset the backend request so that its pooled
// connection is not leaked, run post-processors; nothing is written. Metrics status 499.
TEST_F(LifecycleTimeouts, S11_AClientThatLeavesCancelsTheChain) {
  serve({v4({.flows = list({flow({.request = {waiting("g")}})})})});
  Peer& client = get();
  EXPECT_TRUE(until([&] { return gates().awaited("g"); }));
  client.close();
  EXPECT_TRUE(until([&] { return !gates().awaited("g"); }));
  EXPECT_TRUE(until([&] { return reported("4xx") == 1; }));
  EXPECT_EQ(client.received, "");
  EXPECT_TRUE(backend->connections.empty());
}

TEST_F(LifecycleTimeouts, S11_AClientThatLeavesResetsTheBackendRequest) {
  serve({v4()});
  for (bool by_reset : {false, true}) {
    std::size_t n = backend->connections.size();
    Peer& client = get();
    asked(n);
    by_reset ? client.reset() : client.close();
    EXPECT_TRUE(until([&] { return backend->connections[n]->over(); }));
    EXPECT_TRUE(until([&] { return proxy->client().connections() == 0; }));
    EXPECT_TRUE(until([&] { return reported("4xx") == n + 1; }));
    EXPECT_EQ(client.received, "");
  }
}

// Metrics status 499 when no backend response had arrived: else the backend's.
TEST_F(LifecycleTimeouts, S11_WithABackendsAnswerItsStatusIsReported) {
  serve({v4({.flows = list({flow({.response = {waiting("g")}})})})});
  Peer& client = get();
  asked().send(kOk);
  EXPECT_TRUE(until([&] { return gates().awaited("g"); }));
  client.close();
  EXPECT_TRUE(until([&] { return reported("2xx") == 1; }));
  EXPECT_EQ(client.received, "");
}

// Server-side limits answered before matching: 414/431/400 by the HTTP layer (http.maxHeaderSize
// 8192, http.maxInitialLineLength 4096).
TEST_F(LifecycleTimeouts, S11_LimitsOfTheServerAreAnsweredBeforeMatching) {
  const std::string long_path(4096, 'p'), long_value(8192, 'v');
  struct {
    std::string request;
    int status;
  } rows[] = {{"GET /a/" + long_path + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
              {"GET /a/x HTTP/1.1\r\nHost: h\r\nX-Long: " + long_value + "\r\n\r\n", 431},
              {"GET /a/x\r\n\r\n", 400},
              {"GET /a/x HTTP/1.1\r\n\r\n", 400},
              {"GET /none/" + long_path + " HTTP/1.1\r\nHost: h\r\n\r\n", 414}};
  serve({v4()});
  for (auto& [request, status] : rows) {
    Answer got = answer(ask(request));
    EXPECT_EQ(got.status, status) << request.substr(0, 40);
    EXPECT_EQ(got.header("Connection"), "close");
    EXPECT_EQ(got.header("X-Gravitee-Request-Id"), "-");
  }
  EXPECT_TRUE(backend->connections.empty());
}

TEST_F(LifecycleTimeouts, S11_LimitsOfTheServerAreThoseOfTheConfiguration) {
  serve_with({{"http.maxHeaderSize", "16384"}, {"http.maxInitialLineLength", "8000"}});
  const std::string long_path(4096, 'p'), long_value(8192, 'v');
  expect_turn({.ask = "GET /a/" + long_path, .with = {{"X-Long", long_value}}});
}

}  // namespace perigee::lifecycle
