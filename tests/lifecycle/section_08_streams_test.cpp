// lifecycle.md 8.7, "SSE and other streams": what streams is never gathered.
#include "base/json.hpp"
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

using ::testing::HasSubstr;

std::string chunk(const std::string& data) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx", data.size());
  return std::string(size) + "\r\n" + data + "\r\n";
}
std::string streaming(const std::string& type) {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + type +
         "\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
}
std::string answers_with(const std::vector<std::string>& response,
                         const std::vector<std::string>& request = {}) {
  return v4({.flows = list({flow({.request = request, .response = response})})});
}

const std::string kRewriting =
    step("url-rewriting", R"({"fromRegex":"one","toReplacement":"two"})");

class LifecycleStreams : public Lifecycle {
 protected:
  // An answer of this type, in pieces: each reaches the client before the next is sent.
  void expect_flushed(const std::string& type) {
    SCOPED_TRACE(type);
    std::size_t n = backend->connections.size();
    Peer& client = get();
    Peer& peer = asked(n);
    peer.send(streaming(type));
    for (const char* piece : {"data: one\n\n", "data: two\n\n", "{\"three\":3}"}) {
      peer.send(chunk(piece));
      ASSERT_TRUE(until([&] { return client.received.ends_with(chunk(piece)); }))
          << client.received;
    }
    peer.send("0\r\n\r\n");
    Answer got = answer(client);
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body, "data: one\n\ndata: two\n\n{\"three\":3}");
    EXPECT_EQ(got.header("Content-Type"), type);
    clients.clear();
  }
};

struct Reader {
  const char* name;
  std::string api;
};
void PrintTo(const Reader& reader, std::ostream* to) { *to << reader.name; }

// Whatever reads a body of the response phase.
class LifecycleReaders : public LifecycleStreams, public ::testing::WithParamInterface<Reader> {};

const std::string kReadsContent = "{#response.content == 'never'}";

}  // namespace

// Counts as streaming: text/event-stream, application/grpc or application/octet-stream without
// content length; each chunk is flushed at once, buffering policies must not aggregate.
TEST_P(LifecycleReaders, S8_7_StreamsAreNotAggregated) {
  serve({GetParam().api});
  for (const char* type :
       {"text/event-stream", "Text/Event-Stream; charset=utf-8", "application/grpc",
        "application/grpc+proto", "application/octet-stream"})
    ASSERT_NO_FATAL_FAILURE(expect_flushed(type));
}

INSTANTIATE_TEST_SUITE_P(
    By, LifecycleReaders,
    ::testing::Values(
        Reader{"Nobody", v4()}, Reader{"UrlRewriting", answers_with({kRewriting})},
        Reader{"JsonToJson",
               answers_with({step("json-to-json", R"({"specification":"[{\"operation\":\"shift\",)"
                                                  R"(\"spec\":{\"*\":\"x\"}}]"})")})},
        Reader{"JsonToJsonOfTheOldEngine",
               v2({.engine = "v3",
                   .flows = list(
                       {v2_flow({}, {step("json-to-json",
                                          R"({"scope":"RESPONSE","specification":"[{\"operation\":)"
                                          R"(\"shift\",\"spec\":{\"*\":\"x\"}}]"})")})})})},
        Reader{"AssignContent",
               answers_with({step("policy-assign-content", R"({"body":"mine"})")})},
        Reader{"ExpressionOfAHeader", answers_with({tell("X-Body", "{#response.content}")})},
        Reader{"ConditionOfAStep", answers_with({note("never", kReadsContent)})},
        Reader{"Retry", answers_with({}, {step("retry", R"({"condition":)" +
                                                            json_quoted(kReadsContent) + "}")})},
        Reader{"FailureCondition",
               v4({.top = R"(,"failover":{"enabled":true,"slowCallDuration":60000,)"
                          R"("failureCondition":)" +
                          json_quoted(kReadsContent) + "}"})}),
    [](const auto& info) { return std::string(info.param.name); });

// What is not the body is done all the same.
TEST_F(LifecycleStreams, S8_7_HeadersOfAStreamAreRewritten) {
  serve({answers_with({kRewriting, note("later")})});
  Peer& client = get();
  asked().send(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Where: one\r\n"
      "Transfer-Encoding: chunked\r\n\r\n" +
      chunk("one"));
  EXPECT_TRUE(until([&] { return client.received.ends_with(chunk("one")); }));
  Answer got = proxy::testing::parse_answer(client.received, true);
  EXPECT_EQ(got.header("X-Where"), "two");
  EXPECT_EQ(got.header("X-Note"), "later");
}

// With a content length, or of another type, it is no stream: a step that reads it gets it whole.
TEST_F(LifecycleStreams, S8_7_OtherAnswersAreAggregatedForWhoReadsThem) {
  serve({answers_with({kRewriting})});
  expect_turn({.backend_says = {"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
                                "Content-Length: 3\r\n\r\none"},
               .says = "two",
               .has = {{"Content-Length", "3"}}});
  for (const char* type : {"text/plain", "text/event-streams", "application/grpcs",
                           "application/octet-stream-x", "x; text/event-stream"}) {
    expect_turn({.backend_says = {streaming(type) + chunk("o") + chunk("ne") + "0\r\n\r\n"},
                 .says = "two"});
  }
}

// What a step has put in the place of a stream is bytes at hand.
TEST_F(LifecycleStreams, S8_7_BytesThatAStepMadeAreRead) {
  serve({v4({.flows = list({flow(
                 {.request = {step("mock", R"({"content":"one","status":"200","headers":[{"name":)"
                                           R"("Content-Type","value":"text/event-stream"}]})")},
                  .response = {kRewriting}})})})});
  expect_turn({.says = "two"});
}

// Each chunk is flushed at once: compressed ones too.
TEST_F(LifecycleStreams, S8_7_CompressedStreamsAreFlushed) {
  configure({{"http.compressionSupported", "true"}});
  serve({v4()});
  Peer& client = get("/a/x", "Accept-Encoding: gzip\r\n");
  Peer& peer = asked();
  peer.send(streaming("text/event-stream"));
  for (int piece = 0; piece < 3; ++piece) {
    std::size_t before = client.received.size();
    peer.send(chunk("data: " + std::to_string(piece) + "\n\n"));
    EXPECT_TRUE(until([&] { return client.received.size() > before + 4; }));
  }
  EXPECT_THAT(client.received, HasSubstr("\r\nContent-Encoding: gzip\r\n"));
}

// Bodies beyond 4 GiB pass: lengths and chunk sizes are counted in 64 bits. (All of their bytes:
// scripts/long.d/bodies_beyond_4gib.)
TEST_F(LifecycleStreams, S8_7_BodiesBeyond4GiBPass) {
  serve({v4()});
  for (bool by_length : {true, false}) {
    const std::string framing = by_length ? "Content-Length: 4294967303\r\n\r\nabc"
                                          : "Transfer-Encoding: chunked\r\n\r\n100000007\r\nabc";
    const std::string passed = by_length ? "Content-Length: 4294967303\r\n\r\nabc"
                                         : "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
    std::size_t n = backend->connections.size();
    Peer& client = ask("PUT /a/x HTTP/1.1\r\nHost: h\r\n" + framing);
    Peer& peer = asked(n);
    EXPECT_TRUE(until([&] { return peer.received.ends_with(passed); })) << peer.received;
    peer.send("HTTP/1.1 200 OK\r\n" + framing);
    EXPECT_TRUE(until([&] { return client.received.ends_with(passed); })) << client.received;
    const std::string more(1 << 16, 'x');
    for (int i = 0; i < 20; ++i) {
      client.send(more);
      peer.send(more);
    }
    EXPECT_TRUE(until([&] {
      return peer.received.size() > 20 * more.size() && client.received.size() > 20 * more.size();
    }));
    EXPECT_FALSE(client.over());
    EXPECT_FALSE(peer.over());
    clients.clear();
    EXPECT_TRUE(until([&] { return peer.over(); }));
  }
}

// Or request: its chunks are passed on as they come.
TEST_F(LifecycleStreams, S8_7_ChunksOfARequestAreFlushed) {
  serve({v4()});
  Peer& client =
      ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Type: application/octet-stream\r\n"
          "Transfer-Encoding: chunked\r\n\r\n");
  Peer& peer = asked();
  for (const char* piece : {"one", "two"}) {
    client.send(chunk(piece));
    EXPECT_TRUE(until([&] { return peer.received.ends_with(chunk(piece)); }));
  }
  client.send("0\r\n\r\n");
  EXPECT_TRUE(until([&] { return peer.received.ends_with("0\r\n\r\n"); }));
  peer.send(kOk);
  EXPECT_EQ(answer(client).status, 200);
}

// A client chooses the type of its request: it must not switch off what reads requests with it.
TEST_F(LifecycleStreams, S8_7_StepsOfTheRequestPhaseReadEveryRequest) {
  serve({v4({.flows = list({flow({.request = {step("fail", R"({"status":403,"message":"caught"})",
                                                   "{#request.content.contains('evil')}")}})})})});
  Peer& client =
      ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Type: application/octet-stream\r\n"
          "Transfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n");
  EXPECT_EQ(answer(client).status, 403);
  EXPECT_TRUE(backend->connections.empty());
}

}  // namespace perigee::lifecycle
