// Backends that fail, and what the client is told (lifecycle.md 8.5, 10 and 11).
#include <malloc.h>

#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

using ::testing::HasSubstr;

class Faults : public Gateway {
 protected:
  // The standard answer of a failure without a message.
  void expect_silent(const Answer& got, int status) {
    EXPECT_EQ(got.status, status);
    EXPECT_TRUE(got.whole);
    EXPECT_EQ(got.body, "");
    EXPECT_EQ(got.header("Content-Length"), "0");
    EXPECT_EQ(got.header("Content-Type"), "-");
    EXPECT_EQ(got.header("Connection"), "close");
    EXPECT_NE(got.header("X-Gravitee-Request-Id"), "-");
    EXPECT_NE(got.header("X-Gravitee-Client-Identifier"), "-");
  }
  // Pools hold nothing after a fault.
  void expect_no_connection() {
    EXPECT_TRUE(until([&] { return proxy->client().connections() == 0; }));
  }
};

TEST_F(Faults, NoApiAtThisPathIsTheConfiguredAnswer) {
  deploy({api()});
  Answer got = answer(get("/other", "Accept: application/json\r\n"));
  EXPECT_EQ(got.status, 404);
  EXPECT_EQ(got.header("Content-Type"), "text/plain");
  EXPECT_EQ(got.body, "No context-path matches the request URI.");
  EXPECT_EQ(got.header("Content-Length"), std::to_string(got.body.size()));
  EXPECT_EQ(got.header("X-Gravitee-Request-Id"), "-");
  EXPECT_EQ(got.header("X-Gravitee-Transaction-Id"), "-");
  EXPECT_EQ(got.header("Connection"), "-");
}

TEST_F(Faults, NoApiAtThisPathIsToldToGrpcClientsInTheirWords) {
  Options options;
  options.not_found_message = "nothing here";
  options.not_found_content_type = "text/html";
  start(options);
  Answer got = answer(get("/other", "Content-Type: application/grpc+proto\r\n"));
  EXPECT_EQ(got.header("grpc-status"), "5");
  EXPECT_EQ(got.header("grpc-message"), "nothing here");
  EXPECT_EQ(got.header("Content-Type"), "text/html");
}

TEST_F(Faults, AnApiWithoutAnEndpointIs503) {
  ApiText text = api();
  text.target = "not a url";
  deploy({text});
  expect_silent(answer(get()), 503);
}

TEST_F(Faults, RefusedConnectionIs502) {
  ApiText text = api();
  text.target = "http://127.0.0.1:" + std::to_string(upstream::testing::closed_port(*reactor));
  deploy({text});
  expect_silent(answer(get()), 502);
  EXPECT_EQ(reported("5xx"), 1u);
}

TEST_F(Faults, HangingConnectionIs504) {
  upstream::testing::HangingBackend hanging;
  ApiText text = api();
  text.target = "http://127.0.0.1:" + std::to_string(hanging.port());
  deploy({text});
  Peer& client = get();
  settle();
  pass(4999ms);
  EXPECT_EQ(client.received, "");
  pass(1ms);
  expect_silent(answer(client), 504);
}

TEST_F(Faults, SilentBackendIs504) {
  deploy({api()});
  Peer& client = get();
  asked();
  pass(10s);
  expect_silent(answer(client), 504);
  EXPECT_TRUE(until([&] { return backend->connections[0]->over(); }));
  expect_no_connection();
}

struct Row {
  const char* name;
  const char* says;
  bool resets;
};
void PrintTo(const Row& row, std::ostream* to) { *to << row.name; }
class BadAnswers : public Faults, public ::testing::WithParamInterface<Row> {};

TEST_P(BadAnswers, Are502) {
  deploy({api()});
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
  Peer& peer = asked();
  if (*GetParam().says) peer.send(GetParam().says);
  settle();
  GetParam().resets ? peer.reset() : peer.close();
  expect_silent(answer(client), 502);
  expect_no_connection();
  EXPECT_EQ(backend->connections.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadAnswers,
    ::testing::Values(Row{"Reset", "", true}, Row{"Close", "", false},
                      Row{"Garbage", "what do you want?\r\n\r\n", false},
                      Row{"HalfHead", "HTTP/1.1 200 OK\r\nA: b", false},
                      Row{"TwoLengths",
                          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                          false},
                      Row{"UnaskedSwitch",
                          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: "
                          "Upgrade\r\n\r\n",
                          false}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(Faults, ALengthThatIsNotReachedTruncatesTheAnswer) {
  deploy({api()});
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  ASSERT_TRUE(until([&] { return client.received.ends_with("half"); }));
  backend->connections[0]->close();
  EXPECT_TRUE(until([&] { return client.over(); }));
  EXPECT_FALSE(parse_answer(client.received).whole);
  expect_no_connection();
}

TEST_F(Faults, AChunkedAnswerThatBreaksHasNoLastChunk) {
  deploy({api()});
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
  ASSERT_TRUE(until([&] { return client.received.ends_with("half\r\n"); }));
  backend->connections[0]->reset();
  EXPECT_TRUE(until([&] { return client.over(); }));
  EXPECT_THAT(client.received, Not(HasSubstr("0\r\n\r\n")));
}

TEST_F(Faults, ABadChunkTruncatesTheAnswer) {
  deploy({api()});
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n");
  EXPECT_TRUE(until([&] { return client.over(); }));
  EXPECT_FALSE(parse_answer(client.received).whole);
  expect_no_connection();
}

TEST_F(Faults, ABodyThatBreaksBeforeTheAnswerBeganIs502) {
  deploy({api()});
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  expect_silent(answer(client), 502);
  expect_no_connection();
  EXPECT_EQ(reported("5xx"), 1u);
}

TEST_F(Faults, TheBackendsWorkAfterAFault) {
  deploy({api()});
  Peer& client = get();
  asked().reset();
  // A GET on a fresh connection is not tried again.
  EXPECT_EQ(answer(client).status, 502);
  EXPECT_EQ(exchange().body, "ok");
}

TEST_F(Faults, AFullLineIs503) {
  ApiText text = api();
  text.http = R"({"maxConcurrentConnections":1,"maxWaitQueueSize":1})";
  deploy({text});
  Peer& first = get();
  asked();
  Peer& second = get();
  settle();
  Peer& third = get();
  expect_silent(answer(third), 503);
  backend->connections[0]->received.clear();
  backend->connections[0]->send(kOk);
  EXPECT_EQ(answer(first).status, 200);
  asked().send(kOk);
  EXPECT_EQ(answer(second).status, 200);
}

// The memory of the process, after each kind of fault has happened many times.
TEST_F(Faults, RepeatedFaultsLeaveNoMemory) {
  ApiText refusing = api();
  refusing.id = "refusing";
  refusing.path = "/refusing/";
  refusing.target = "http://127.0.0.1:" + std::to_string(upstream::testing::closed_port(*reactor));
  deploy({api(), refusing});
  auto faults = [&] {
    answer(get("/refusing/x"));
    for (const char* says :
         {"", "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"}) {
      Peer& client = get();
      Peer& peer = asked();
      if (*says) peer.send(says);
      settle();
      peer.reset();
      EXPECT_TRUE(until([&] { return client.over(); }));
      clients.clear();
      backend->connections.clear();
    }
    Peer& client = get();
    asked();
    client.reset();
    EXPECT_TRUE(until([&] { return proxy->client().connections() == 0; }));
    clients.clear();
    backend->connections.clear();
    settle();
  };
  for (int i = 0; i < 50; ++i) faults();
  std::size_t frames = FrameRecycler::alive();
  std::size_t descriptors = net::testing::open_descriptors();
  std::size_t before = mallinfo2().uordblks;
  for (int i = 0; i < 200; ++i) faults();
  EXPECT_EQ(FrameRecycler::alive(), frames);
  EXPECT_EQ(net::testing::open_descriptors(), descriptors);
  constexpr std::size_t kNoise = 16 << 10;  // of caches that come and go
  EXPECT_LT(mallinfo2().uordblks, before + kNoise);
}

// ---- The request time-out

TEST_F(Faults, TheRequestTimeoutIs504WithAMessage) {
  Options options;
  options.request_timeout = 3s;
  start(options);
  deploy({api()});
  Peer& client = get("/a/x", "Accept: application/json\r\n");
  asked();
  pass(2999ms);
  EXPECT_EQ(client.received, "");
  pass(1ms);
  Answer got = answer(client);
  EXPECT_EQ(got.status, 504);
  EXPECT_EQ(got.body, R"({"message":"Request timeout","http_status_code":504})");
  EXPECT_EQ(got.header("Connection"), "close");
  EXPECT_TRUE(until([&] { return backend->connections[0]->over(); }));
}

TEST_F(Faults, TheRequestTimeoutCoversTheUpload) {
  Options options;
  options.request_timeout = 3s;
  start(options);
  deploy({api()});
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsome");
  asked();
  pass(3s);
  EXPECT_EQ(answer(client).status, 504);
  EXPECT_TRUE(until([&] { return backend->connections[0]->broken; }));
}

TEST_F(Faults, TheRequestTimeoutCoversWaitingForAConnection) {
  Options options;
  options.request_timeout = 3s;
  start(options);
  ApiText text = api();
  text.http = R"({"maxConcurrentConnections":1})";
  deploy({text});
  get();
  asked();
  Peer& second = get();
  settle();
  pass(3s);
  EXPECT_EQ(answer(second).status, 504);
}

TEST_F(Faults, TheRequestTimeoutDoesNotCoverTheAnswersBody) {
  Options options;
  options.request_timeout = 3s;
  start(options);
  deploy({api()});
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
  ASSERT_TRUE(until([&] { return client.received.ends_with("ab"); }));
  pass(30s);
  backend->connections[0]->send("cd");
  EXPECT_EQ(answer(client).body, "abcd");
}

TEST_F(Faults, WithoutARequestTimeoutTheReadTimeoutRules) {
  Options options;
  options.request_timeout = 0s;
  start(options);
  ApiText text = api();
  text.http = R"({"readTimeout":60000})";
  deploy({text});
  Peer& client = get();
  asked();
  pass(59999ms);
  EXPECT_EQ(client.received, "");
  pass(1ms);
  EXPECT_EQ(answer(client).body, "");
}

// ---- The form of an error answer (section 10), by a policy's failure

struct FormRow {
  const char* failure;  // configuration of "fail"
  const char* accept;   // header lines
  const char* type;
  const char* body;
  const char* connection;
};
void PrintTo(const FormRow& row, std::ostream* to) { *to << row.failure << " " << row.accept; }
class ErrorForms : public Faults, public ::testing::WithParamInterface<FormRow> {};

TEST_P(ErrorForms, FollowAcceptAndStatus) {
  ApiText text = api();
  text.flows = list({flow({.request = {step("fail", GetParam().failure)}})});
  deploy({text});
  Answer got = answer(get("/a/x", GetParam().accept));
  EXPECT_EQ(got.header("Content-Type"), GetParam().type);
  EXPECT_EQ(got.body, GetParam().body);
  EXPECT_EQ(got.header("Content-Length"), std::to_string(got.body.size()));
  EXPECT_EQ(got.header("Connection"), GetParam().connection);
}

constexpr const char* kTeapot = R"({"status":418,"key":"K","message":"I \"am\" one"})";
constexpr const char* kTeapotJson = R"({"message":"I \"am\" one","http_status_code":418})";
INSTANTIATE_TEST_SUITE_P(
    Rows, ErrorForms,
    ::testing::Values(
        FormRow{kTeapot, "", "text/plain", "I \"am\" one", "-"},
        FormRow{kTeapot, "Accept: text/html\r\n", "text/plain", "I \"am\" one", "-"},
        FormRow{kTeapot, "Accept: application/json\r\n", "application/json", kTeapotJson, "-"},
        FormRow{kTeapot, "Accept: */*\r\n", "application/json", kTeapotJson, "-"},
        FormRow{kTeapot, "Accept: text/html\r\nAccept: x, application/json;q=0\r\n",
                "application/json", kTeapotJson, "-"},
        FormRow{kTeapot, "Accept: APPLICATION/JSON\r\n", "text/plain", "I \"am\" one", "-"},
        FormRow{kTeapot, "Accept: application/*\r\n", "text/plain", "I \"am\" one", "-"},
        FormRow{R"({"status":500,"message":"m"})", "", "text/plain", "m", "close"},
        FormRow{R"({"status":302,"message":"m"})", "", "text/plain", "m", "close"},
        FormRow{R"({"status":400,"silent":true})", "Accept: */*\r\n", "-", "", "-"},
        FormRow{R"({"status":400,"message":""})", "Accept: */*\r\n", "application/json",
                R"({"message":"","http_status_code":400})", "-"},
        FormRow{R"({"status":400,"message":"{\"a\":1}","contentType":"application/json"})",
                "Accept: */*\r\n", "application/json", R"({"a":1})", "-"},
        FormRow{R"({"status":400,"message":"{\"a\":1}","contentType":"application/json"})", "",
                "text/plain", R"({"a":1})", "-"}));

// ---- Clients that leave

TEST_F(Faults, AClientThatLeavesCancelsTheBackend) {
  deploy({api()});
  Peer& client = get();
  asked();
  client.close();
  EXPECT_TRUE(until([&] { return backend->connections[0]->over(); }));
  expect_no_connection();
  EXPECT_EQ(reported("4xx"), 1u);  // 499
}

TEST_F(Faults, AClientThatResetsCancelsTheBackend) {
  deploy({api()});
  Peer& client = get();
  asked();
  client.reset();
  EXPECT_TRUE(until([&] { return backend->connections[0]->over(); }));
}

TEST_F(Faults, AClientThatLeavesWhileItUploadsCancelsTheBackend) {
  deploy({api()});
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsome");
  asked();
  client.close();
  EXPECT_TRUE(until([&] { return backend->connections[0]->broken; }));
  expect_no_connection();
  EXPECT_TRUE(until([&] { return reported("4xx") == 1u; }));
}

TEST_F(Faults, AClientThatLeavesWhileTheGatewayConnectsLeavesNothing) {
  upstream::testing::HangingBackend hanging;
  ApiText text = api();
  text.target = "http://127.0.0.1:" + std::to_string(hanging.port());
  deploy({text});
  Peer& client = get();
  ASSERT_TRUE(until([&] { return server->exchanges() == 1; }));
  settle();
  client.close();
  EXPECT_TRUE(until([&] { return server->connections() == 0; }));
  EXPECT_EQ(reported("4xx"), 1u);
}

TEST_F(Faults, AClientThatLeavesWhileItWaitsInLineLeavesNothing) {
  ApiText text = api();
  text.http = R"({"maxConcurrentConnections":1})";
  deploy({text});
  Peer& first = get();
  asked();
  Peer& second = get();
  ASSERT_TRUE(until([&] { return server->exchanges() == 2; }));
  second.close();
  EXPECT_TRUE(until([&] { return server->exchanges() == 1; }));
  backend->connections[0]->received.clear();
  backend->connections[0]->send(kOk);
  EXPECT_EQ(answer(first).status, 200);
  settle();
  EXPECT_EQ(backend->connections[0]->received, "");
}

TEST_F(Faults, AClientThatLeavesDuringTheAnswerCancelsTheBackend) {
  deploy({api()});
  Peer& client = get();
  asked().send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome");
  ASSERT_TRUE(until([&] { return client.received.ends_with("some"); }));
  client.close();
  EXPECT_TRUE(until([&] { return backend->connections[0]->over(); }));
  EXPECT_TRUE(until([&] { return reported("2xx") == 1u; }));
}

TEST_F(Faults, ABrokenUploadIsTheClientsFault) {
  deploy({api()});
  Peer& client =
      ask("POST /a/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n");
  asked();
  client.send("zz\r\n");
  EXPECT_EQ(answer(client).status, 400);
  EXPECT_TRUE(until([&] { return backend->connections[0]->broken; }));
}

TEST_F(Faults, AnUploadThatStopsIs408) {
  Options options;
  options.request_timeout = 0s;
  start(options);
  ApiText text = api();
  text.http = R"({"readTimeout":0})";
  deploy({text});
  Peer& client = ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsome");
  asked();
  pass(60s);
  EXPECT_EQ(answer(client).status, 408);
  EXPECT_TRUE(until([&] { return backend->connections[0]->broken; }));
}

}  // namespace
}  // namespace perigee::proxy::testing
