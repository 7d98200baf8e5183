// lifecycle.md 8.3 and 8.4: headers and bodies to the backend, and from it.
#include "base/json.hpp"
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

// The default of useCompression is true.
std::string with_http(const std::string& options, const std::string& headers = "[]") {
  return v4({.http = options, .headers = headers});
}
std::string setting(const std::string& name, const std::string& value) {
  return step("transform-headers",
              R"({"addHeaders":[{"name":")" + name + R"(","value":")" + value + "\"}]}");
}
std::string on_request(const std::string& step, const std::string& http = "{}") {
  return v4({.http = http, .flows = list({flow({.request = {step}})})});
}
std::string on_response(const std::string& step) {
  return v4({.flows = list({flow({.response = {step}})})});
}
std::string answering(const std::string& fields, const std::string& body = "ok") {
  return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" + body;
}
const std::string kHelloInGzip(
    "\x1f\x8b\x08\0\0\0\0\0\x04\x03\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x10"
    "6\x05\0\0\0",
    25);
constexpr const char* kHostOfBackend = "~127\\.0\\.0\\.1:\\d+";

const bool kToBackend = add_cases({
    {.name = "S8_3_1_HopByHopHeadersAreRemoved",
     .rule = "Remove hop-by-hop: Connection, Keep-Alive, Proxy-Authorization, Proxy-Authenticate, "
             "Proxy-Connection, TE, Trailer, Upgrade.",
     .turns = {{.with = {{"Connection", "keep-alive"},
                         {"Keep-Alive", "timeout=5"},
                         {"Proxy-Authorization", "Basic eA=="},
                         {"Proxy-Authenticate", "Basic"},
                         {"Proxy-Connection", "keep-alive"},
                         {"TE", "trailers"},
                         {"Trailer", "X-Sum"},
                         {"Upgrade", "h2c"},
                         {"X-Stays", "1"}},
                .backend_has = {{"Connection", "-"},
                                {"Keep-Alive", "-"},
                                {"Proxy-Authorization", "-"},
                                {"Proxy-Authenticate", "-"},
                                {"Proxy-Connection", "-"},
                                {"TE", "-"},
                                {"Trailer", "-"},
                                {"Upgrade", "-"},
                                {"X-Stays", "1"}}}}},
    {.name = "S8_3_1_HeadersThatConnectionNamesAreRemoved",
     .rule = "Headers named by Connection: we additionally remove them (RFC 9110).",
     .turns = {{.with = {{"Connection", "X-Mine, keep-alive"},
                         {"Connection", "x-also"},
                         {"X-Mine", "1"},
                         {"X-Also", "1"},
                         {"X-Yours", "1"}},
                .backend_has = {{"X-Mine", "-"}, {"X-Also", "-"}, {"X-Yours", "1"}}}}},
    {.name = "S8_3_2_HostIsTheBackends",
     .rule = "Host: by default the backend's host (and port when not the scheme's default).",
     .turns = {{.backend_has = {{"Host", kHostOfBackend}}}}},
    {.name = "S8_3_2_AHostThatAPolicyChangedIsSent",
     .rule = "If a policy changed the Host, that value is sent instead.",
     .apis = {on_request(setting("Host", "policy.example"))},
     .turns = {{.backend_has = {{"Host", "policy.example"}}}}},
    {.name = "S8_3_2_TheClientsHostIsSentWhenPropagated",
     .rule = "propagateClientHost: that value is sent instead.",
     .apis = {with_http(R"({"propagateClientHost":true})")},
     .turns = {{.backend_has = {{"Host", "client.example"}}}}},
    {.name = "S8_3_3_AcceptEncodingIsRemoved",
     .rule = "Accept-Encoding removed unless propagateClientAcceptEncoding is effective.",
     .apis = {with_http(R"({"useCompression":false})")},
     .turns = {{.with = {{"Accept-Encoding", "br"}}, .backend_has = {{"Accept-Encoding", "-"}}}}},
    {.name = "S8_3_3_AcceptEncodingPassesWhenPropagated",
     .rule = "Unless propagateClientAcceptEncoding is effective.",
     .apis = {with_http(R"({"useCompression":false,"propagateClientAcceptEncoding":true})")},
     .turns = {{.with = {{"Accept-Encoding", "br"}}, .backend_has = {{"Accept-Encoding", "br"}}}}},
    {.name = "S8_3_3_PropagationHasNoEffectWithCompression",
     .rule = "With useCompression the client adds its own Accept-Encoding.",
     .apis = {with_http(R"({"useCompression":true,"propagateClientAcceptEncoding":true})")},
     .turns = {{.with = {{"Accept-Encoding", "br"}},
                .backend_has = {{"Accept-Encoding", "deflate, gzip"}}}}},
    {.name = "S8_3_3_ACompressedAnswerIsDecompressed",
     .rule = "The body is decompressed transparently, with Content-Encoding and Content-Length "
             "adjusted.",
     .turns = {{.backend_says = {answering("Content-Encoding: gzip\r\nContent-Length: 25\r\n",
                                           kHelloInGzip)},
                .says = "hello",
                .has = {{"Content-Encoding", "-"}, {"Content-Length", "-"}}}}},
    {.name = "S8_3_4_HeadersOfTheEndpointReplace",
     .rule = "Endpoint headers replace.",
     .apis = {with_http("{}",
                        R"([{"name":"X-Key","value":"k"},{"name":"Host","value":"h.example"}])")},
     .turns = {{.with = {{"x-key", "1"}, {"X-Key", "2"}},
                .backend_has = {{"X-Key", "k"}, {"Host", "h.example"}}}}},
    {.name = "S8_3_5_EverythingElseIsForwarded",
     .rule = "Everything else, including X-Gravitee-Transaction-Id, X-Gravitee-Request-Id, "
             "Authorization, is forwarded.",
     .turns = {{.with = {{"X-Gravitee-Transaction-Id", "t"},
                         {"Authorization", "Bearer x"},
                         {"Cookie", "a=b"},
                         {"X-Odd", "a"},
                         {"X-Odd", "b"}},
                .backend_has = {{"X-Gravitee-Transaction-Id", "t"},
                                {"X-Gravitee-Request-Id", "~[0-9a-f-]{36}"},
                                {"Authorization", "Bearer x"},
                                {"Cookie", "a=b"},
                                {"X-Odd", "a, b"}}}}},
    {.name = "S8_3_BodyWithALengthIsForwarded",
     .rule = "Body: forwarded when the request had Content-Length.",
     .turns = {{.ask = "POST /a/x",
                .body = "hello",
                .backend_has = {{"Content-Length", "5"}, {"Transfer-Encoding", "-"}},
                .backend_body = "hello"}}},
    {.name = "S8_3_WithoutABodyNoneIsSent",
     .rule = "Body: otherwise not sent: neither a length nor a coding is made up.",
     .turns = {{.ask = "POST /a/x",
                .backend_has = {{"Content-Length", "-"}, {"Transfer-Encoding", "-"}}}}},
    {.name = "S8_3_OfLengthAndChunkedTheLengthIsSent",
     .rule = "If a policy left both a content length and chunked encoding, send the known length "
             "and drop chunked.",
     .apis = {on_request(setting("Transfer-Encoding", "chunked"))},
     .turns = {{.ask = "POST /a/x",
                .body = "hello",
                .backend_has = {{"Content-Length", "5"}, {"Transfer-Encoding", "-"}},
                .backend_body = "hello"}}},
});

const bool kFromBackend = add_cases({
    {.name = "S8_4_AllHeadersAreCopied",
     .rule = "All headers are copied.",
     .turns = {{.backend_says = {answering(
                    "X-One: 1\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n"
                    "Server: s\r\nContent-Type: a/b\r\nContent-Length: 2\r\n")},
                .says = "ok",
                .has = {{"X-One", "1"},
                        {"Set-Cookie", "a=b, c=d"},
                        {"Server", "s"},
                        {"Content-Type", "a/b"},
                        {"Content-Length", "2"}}}}},
    {.name = "S8_4_TheyAreAddedToWhatPoliciesSetInTheRequestPhase",
     .rule = "They are added to what policies already set on the response in the request phase "
             "(nothing is replaced).",
     .apis = {on_request(step("count"))},
     .turns = {{.backend_says = {answering("X-Count: theirs\r\nContent-Length: 2\r\n")},
                .has = {{"X-Count", "1, theirs"}}}}},
    {.name = "S8_4_WithALengthTransferEncodingIsDropped",
     .rule =
         "The HTTP layer then fixes framing: with Content-Length, Transfer-Encoding is dropped.",
     .apis = {on_response(setting("Transfer-Encoding", "chunked"))},
     .turns = {{.backend_says = {answering("Content-Length: 2\r\n")},
                .says = "ok",
                .has = {{"Content-Length", "2"}, {"Transfer-Encoding", "-"}}}}},
    {.name = "S8_4_AnAnswerWithBothFramingsIsRefused",
     .rule = "(Ours is stricter: a backend that sends both is 502, as one that breaks HTTP.)",
     .turns = {{.backend_says = {answering("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
                                           "2\r\nok\r\n0\r\n\r\n")},
                .status = 502}}},
    {.name = "S8_4_HopByHopHeadersAreRemoved",
     .rule = "We remove hop-by-hop response headers ourselves, except what the HTTP layer must "
             "emit.",
     .turns = {{.backend_says = {answering(
                    "Connection: X-Mine, close\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\n"
                    "Proxy-Authenticate: Basic\r\nProxy-Connection: keep-alive\r\nUpgrade: h2c\r\n"
                    "TE: trailers\r\nX-Stays: 1\r\nContent-Length: 2\r\n")},
                .says = "ok",
                .has = {{"Connection", "-"},
                        {"X-Mine", "-"},
                        {"Keep-Alive", "-"},
                        {"Proxy-Authenticate", "-"},
                        {"Proxy-Connection", "-"},
                        {"Upgrade", "-"},
                        {"TE", "-"},
                        {"X-Stays", "1"}}}}},
});

}  // namespace

// Transfer-Encoding is not in the list but is regenerated by the HTTP layer. (Of a body without a
// byte: as no body, policies/connector-http.md.)
TEST_F(Lifecycle, S8_3_1_TransferEncodingIsRegenerated) {
  serve({v4()});
  const std::string head = "POST /a/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:   CHUNKED \r\n\r\n";
  ask(head + "2\r\nhi\r\n0\r\n\r\n");
  EXPECT_THAT(asked(0).head(), ::testing::HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  ask(head + "0\r\n\r\n");
  EXPECT_THAT(asked(1).head(), ::testing::HasSubstr("\r\nContent-Length: 0\r\n"));
}

// Host: ... and port when not the scheme's default. (Behind a proxy: nobody listens on port 80.)
TEST_F(Lifecycle, S8_3_2_TheUsualPortOfTheSchemeIsLeftOut) {
  const std::string port = std::to_string(backend->port());
  auto api_at = [&](const std::string& target) {
    return v4({.endpoints = R"({"name":"e","type":"http-proxy","configuration":{"target":")" +
                            target +
                            R"("},"sharedConfigurationOverride":{"proxy":{"enabled":true,)"
                            R"("host":"127.0.0.1","port":)" +
                            port + "}}}"});
  };
  serve({api_at("http://b.example:80")});
  expect_turn({.backend = "GET http://b.example/x", .backend_has = {{"Host", "b.example"}}});
  serve({api_at("http://b.example:443")});
  expect_turn(
      {.backend = "GET http://b.example:443/x", .backend_has = {{"Host", "b.example:443"}}});
}

// Header name case is preserved for HTTP/1.1.
TEST_F(Lifecycle, S8_3_5_TheCaseOfHeaderNamesIsPreserved) {
  serve({v4()});
  get("/a/x", "x-lOWER: 1\r\n");
  EXPECT_THAT(asked().head(), ::testing::HasSubstr("\r\nx-lOWER: 1\r\n"));
}

// Body: forwarded when the request had Transfer-Encoding; trailers end to end.
TEST_F(Lifecycle, S8_3_AChunkedBodyIsForwarded) {
  serve({v4()});
  Peer& client =
      ask("POST /a/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
          "5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n");
  Peer& peer = asked();
  EXPECT_TRUE(until([&] {
    return peer.received.ends_with("\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n");
  })) << peer.received;
  peer.send(kOk);
  EXPECT_EQ(answer(client).status, 200);
}

// Trailers are forwarded when the body ends.
TEST_F(Lifecycle, S8_4_TrailersAreForwardedWhenTheBodyEnds) {
  serve({v4()});
  Peer& client = get();
  asked().send(answering("Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n",
                         "2\r\nok\r\n0\r\nX-Sum: 2\r\n\r\n"));
  EXPECT_TRUE(until([&] { return client.received.ends_with("0\r\nX-Sum: 2\r\n\r\n"); }));
  Answer got = answer(client);
  EXPECT_EQ(got.body, "ok");
  EXPECT_EQ(got.header("Trailer"), "X-Sum");
}

// The status reason text of the backend is forwarded (it is not on HTTP/2).
TEST_F(Lifecycle, S8_4_TheReasonIsForwarded) {
  serve({v4()});
  Peer& client = get();
  asked().send("HTTP/1.1 299 Quite Fine\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(until([&] { return client.received.starts_with("HTTP/1.1 299 Quite Fine\r\n"); }));
}

}  // namespace perigee::lifecycle
