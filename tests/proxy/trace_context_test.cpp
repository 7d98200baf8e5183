// W3C trace context: what is valid, what a backend and a client get (lifecycle.md section 3).
#include "proxy/trace_context.hpp"

#include <regex>

#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

constexpr const char* kValid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Traceparent, IsReadStrictly) {
  const std::string valid = kValid;
  EXPECT_TRUE(is_valid_traceparent(valid));
  EXPECT_TRUE(is_valid_traceparent("00-00000000000000000000000000000001-0000000000000001-ff"));
  EXPECT_TRUE(is_valid_traceparent("01" + valid.substr(2)));
  EXPECT_TRUE(is_valid_traceparent("cc" + valid.substr(2) + "-what-the-future-brings"));
  const std::string refused[] = {
      "",
      "00",
      valid.substr(0, 54),
      valid + "0",
      valid + "-",
      valid + "-00",
      " " + valid,
      valid + " ",
      "cc" + valid.substr(2) + ".what",
      "ff" + valid.substr(2),
      "0x" + valid.substr(2),
      "FE" + valid.substr(2),
      "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
      "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902bG-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
      "00-4bf92f3577b34da6a3ce929d0e0e47360-0f067aa0ba902b7-01",
  };
  for (const std::string& text : refused) EXPECT_FALSE(is_valid_traceparent(text)) << text;
}

// No byte may be another one: each is a digit or a dash, and which is fixed.
TEST(Traceparent, NoByteMayBeOfAnotherKind) {
  for (std::size_t at = 0; at < std::string_view(kValid).size(); ++at) {
    std::string text = kValid;
    for (char wrong : {'g', 'A', ' ', '\0', '\xff', text[at] == '-' ? '0' : '-'}) {
      text[at] = wrong;
      EXPECT_FALSE(is_valid_traceparent(text)) << at << " " << wrong;
    }
  }
}

class TraceContext : public Gateway {
 protected:
  struct Seen {
    std::string by_backend, state_by_backend, by_client;
  };
  Seen seen(const std::string& headers, const std::string& answered = "") {
    Peer& client = get("/a/x", headers);
    std::string head = asked(backend->connections.size()).head();
    head.replace(0, head.find("\r\n"), "HTTP/1.1 204 x");
    backend->connections.back()->send("HTTP/1.1 204 No Content\r\nConnection: close\r\n" +
                                      answered + "\r\n");
    Answer sent = parse_answer(head);
    return {sent.header("traceparent"), sent.header("tracestate"),
            answer(client).header("traceparent")};
  }
  void begin(bool on) {
    Options options;
    options.trace_context = on;
    start(options);
    deploy({api()});
  }
};

bool is_new(const std::string& traceparent) {
  return std::regex_match(traceparent, std::regex("00-[0-9a-f]{32}-[0-9a-f]{16}-00"));
}

TEST_F(TraceContext, AValidOneIsPassedOnAndTold) {
  begin(true);
  Seen got = seen(std::string("traceparent: ") + kValid + "\r\ntracestate: vendor=1\r\n");
  EXPECT_EQ(got.by_backend, kValid);
  EXPECT_EQ(got.state_by_backend, "vendor=1");
  EXPECT_EQ(got.by_client, kValid);
}

TEST_F(TraceContext, OfALaterVersionWhatIsKnownIsPassedOn) {
  begin(true);
  Seen got = seen("traceparent: 01" + std::string(kValid).substr(2) + "-" + std::string(5000, 'x') +
                  "\r\ntracestate: vendor=1\r\n");
  EXPECT_EQ(got.by_backend, kValid);
  EXPECT_EQ(got.state_by_backend, "vendor=1");
  EXPECT_EQ(got.by_client, kValid);
}

TEST_F(TraceContext, WithoutOneATraceBegins) {
  begin(true);
  Seen got = seen("tracestate: vendor=1\r\n");
  EXPECT_TRUE(is_new(got.by_backend)) << got.by_backend;
  EXPECT_TRUE(is_valid_traceparent(got.by_backend)) << got.by_backend;
  EXPECT_EQ(got.state_by_backend, "-") << "it belongs to no trace";
  EXPECT_EQ(got.by_client, got.by_backend);
  EXPECT_NE(seen("").by_backend, got.by_backend);
}

TEST_F(TraceContext, AnInvalidOneAndSeveralAreReplaced) {
  begin(true);
  for (const std::string& given :
       {std::string("traceparent: 00-hello\r\n"), std::string("traceparent:\r\n"),
        std::string("traceparent: ") + kValid + "\r\nTraceparent: " + kValid + "\r\n"}) {
    Seen got = seen(given + "tracestate: vendor=1\r\n");
    EXPECT_TRUE(is_new(got.by_backend)) << given << got.by_backend;
    EXPECT_EQ(got.state_by_backend, "-") << given;
    EXPECT_EQ(got.by_client, got.by_backend);
  }
}

TEST_F(TraceContext, OffByDefaultNothingIsAddedOrTakenAway) {
  begin(false);
  Seen got = seen("traceparent: 00-hello\r\ntracestate: vendor=1\r\n");
  EXPECT_EQ(got.by_backend, "00-hello");
  EXPECT_EQ(got.state_by_backend, "vendor=1");
  EXPECT_EQ(got.by_client, "-");
  EXPECT_EQ(seen("").by_backend, "-");
}

TEST_F(TraceContext, AnAnswerOfOurOwnTellsTheTraceToo) {
  begin(true);
  Answer none = answer(get("/nowhere", std::string("traceparent: ") + kValid + "\r\n"));
  EXPECT_EQ(none.status, 404);
  EXPECT_EQ(none.header("traceparent"), kValid);
  deploy({{.target = "http://127.0.0.1:1"}});
  Answer refused = answer(get("/a/x", std::string("traceparent: ") + kValid + "\r\n"));
  EXPECT_EQ(refused.status, 502);
  EXPECT_EQ(refused.header("traceparent"), kValid);
}

}  // namespace
}  // namespace perigee::proxy::testing
