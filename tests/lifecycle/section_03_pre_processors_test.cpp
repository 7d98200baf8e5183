// lifecycle.md section 3: platform pre-processors.
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

const std::string kUuid = "~[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

const bool kIds = add_cases({
    {.name = "S3_2_TheRequestIdIsAUuidByDefault",
     .rule = "Request id = new id; handlers.request.format: uuid is the default.",
     .turns = {{.has = {{"X-Gravitee-Request-Id", kUuid}},
                .backend_has = {{"X-Gravitee-Request-Id", kUuid}}}}},
    {.name = "S3_2_TheRequestIdMayBeHexadecimal",
     .rule = "handlers.request.format: hex.",
     .gateway = {{"handlers.request.format", "hex"}},
     .turns = {{.backend_has = {{"X-Gravitee-Request-Id", "~[0-9a-f]{32}"}}}}},
    {.name = "S3_2_AnAbsentTransactionIdIsTheRequestId",
     .rule = "If X-Gravitee-Transaction-Id is absent it is set to the request id.",
     .apis = {v4(
         {.flows = list({flow({.request = {tell("X-Same",
                                                "{#request.headers['X-Gravitee-Transaction-Id']"
                                                "[0] == #request.id && #request.transactionId "
                                                "== #request.id}")}})})})},
     .turns = {{.backend_has = {{"X-Gravitee-Transaction-Id", kUuid}, {"X-Same", "true"}}}}},
    {.name = "S3_2_AGivenTransactionIdStays",
     .rule = "If X-Gravitee-Transaction-Id is absent it is set; else it stays.",
     .turns = {{.with = {{"x-gravitee-transaction-id", "mine"}},
                .has = {{"X-Gravitee-Transaction-Id", "mine"}},
                .backend_has = {{"X-Gravitee-Transaction-Id", "mine"},
                                {"X-Gravitee-Request-Id", kUuid}}}}},
    {.name = "S3_2_TheRequestIdIsAlwaysOverwritten",
     .rule = "X-Gravitee-Request-Id is always overwritten with the request id.",
     .turns = {{.with = {{"X-Gravitee-Request-Id", "a"}, {"X-Gravitee-Request-Id", "b"}},
                .backend_has = {{"X-Gravitee-Request-Id", kUuid}}}}},
    {.name = "S3_2_TheNamesOfBothHeadersAreConfigured",
     .rule = "handlers.request.transaction.header, handlers.request.request.header.",
     .gateway = {{"handlers.request.transaction.header", "X-T"},
                 {"handlers.request.request.header", "X-R"}},
     .turns = {{.with = {{"X-T", "t"}},
                .has = {{"X-T", "t"}, {"X-R", kUuid}, {"X-Gravitee-Request-Id", "-"}},
                .backend_has = {{"X-T", "t"},
                                {"X-R", kUuid},
                                {"X-Gravitee-Request-Id", "-"},
                                {"X-Gravitee-Transaction-Id", "-"}}}}},
});

// Spans need an exporter of traces, which this version has not: only "not tracing" can be shown.
const bool kTracing = add_cases({
    {.name = "S3_3_WithoutTracingNothingIsAddedForIt",
     .rule = "Tracing attributes (if tracing).",
     .turns = {{.has = {{"traceparent", "-"}, {"tracestate", "-"}, {"b3", "-"}},
                .backend_has = {{"traceparent", "-"}, {"tracestate", "-"}, {"b3", "-"}}}}},
});

const bool kMetrics = add_cases({
    {.name = "S3_4_EveryRequestHasMetricsMatchedOrNot",
     .rule = "Metrics object created (every request, matched or not): there before anything can "
             "end the exchange.",
     .gateway = {{"handlers.notfound.analytics.enabled", "true"}},
     .platform = {organization({v2_flow({step("end", R"({"status":403})")}, {})})},
     .turns = {{.status = 403, .backend = "-"}, {.ask = "GET /nothing", .status = 404}},
     .reported = std::vector<std::string>{"1 4xx", "api 4xx"}},
});

const std::string kTellsAddress =
    v4({.flows = list({flow({.request = {tell("X-Client", "{#request.remoteAddress}")}})})});

Turn from(const std::string& forwarded, const std::string& address) {
  return {.with = {{"X-Forwarded-For", forwarded}}, .backend_has = {{"X-Client", address}}};
}

const bool kForwarding = add_cases({
    {.name = "S3_5_TheFirstForwardedEntryIsTheClient",
     .rule = "If X-Forwarded-For has text, its first entry becomes the remote address: trimmed, "
             "an IPv4 :port removed, values with more than one ':' kept whole. Default true.",
     .apis = {kTellsAddress},
     .turns = {from("1.2.3.4", "1.2.3.4"),
               from("1.2.3.4, 5.6.7.8", "1.2.3.4"),
               from("  1.2.3.4  ,5.6.7.8", "1.2.3.4"),
               from("1.2.3.4:80", "1.2.3.4"),
               from("1.2.3.4:80, 5.6.7.8:90", "1.2.3.4"),
               from("2001:db8::1", "2001:db8::1"),
               from("2001:db8::1, 1.2.3.4:80", "2001:db8::1"),
               from("", "127.0.0.1"),
               {.backend_has = {{"X-Client", "127.0.0.1"}}}}},
    {.name = "S3_5_ForwardingMayBeOff",
     .rule = "handlers.request.x-forward.enabled: false.",
     .gateway = {{"handlers.request.x-forward.enabled", "false"}},
     .apis = {kTellsAddress},
     .turns = {from("1.2.3.4", "127.0.0.1")}},
    {.name = "S3_5_ForwardedFieldsAreNotAdded",
     .rule = "The gateway does not add X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, "
             "Forwarded or Via.",
     .turns = {{.backend_has = {{"X-Forwarded-For", "-"},
                                {"X-Forwarded-Proto", "-"},
                                {"X-Forwarded-Host", "-"},
                                {"X-Forwarded-Prefix", "-"},
                                {"Forwarded", "-"},
                                {"Via", "-"}}}}},
    {.name = "S3_5_ForwardedFieldsArePassedOnUnchanged",
     .rule = "What the client sent is passed on unchanged.",
     .turns = {{.with = {{"X-Forwarded-For", " 1.2.3.4:80 ,5.6.7.8"},
                         {"X-Forwarded-Proto", "https"},
                         {"X-Forwarded-Host", "public.example"},
                         {"Forwarded", "for=1.2.3.4;proto=https"},
                         {"Via", "1.1 front"}},
                .backend_has = {{"X-Forwarded-For", "1.2.3.4:80 ,5.6.7.8"},
                                {"X-Forwarded-Proto", "https"},
                                {"X-Forwarded-Host", "public.example"},
                                {"Forwarded", "for=1.2.3.4;proto=https"},
                                {"Via", "1.1 front"}}}}},
});

const std::string kTellsUrl = v4(
    {.flows = list(
         {flow({.request = {tell("X-Url", "{#context.attributes['request.original-url']}")}})})});

Turn original(const NameValues& with, const std::string& url) {
  return {.ask = "GET /a/x?q=1", .with = with, .backend_has = {{"X-Url", url}}};
}

const bool kOriginalUrl = add_cases({
    {.name = "S3_5_TheOriginalUrlIsWhatWasAsked",
     .rule = "Attribute request.original-url is computed from scheme, Host and URI.",
     .apis = {kTellsUrl},
     .turns = {original({}, "http://client.example/a/x?q=1"),
               original({{"Host", "h.example:8082"}}, "http://h.example:8082/a/x?q=1"),
               // Without a forwarded scheme or host there is nothing that these would add to.
               original({{"X-Forwarded-Port", "1"}, {"X-Forwarded-Prefix", "/p"}},
                        "http://client.example/a/x?q=1")}},
    {.name = "S3_5_TheOriginalUrlFollowsForwarded",
     .rule = "... overridden by Forwarded.",
     .apis = {kTellsUrl},
     .turns = {original({{"Forwarded", "for=1.2.3.4;proto=https;host=public.example"}},
                        "https://public.example/a/x?q=1"),
               original({{"Forwarded", "Proto=https, Host=public.example"}},
                        "https://public.example/a/x?q=1"),
               original({{"Forwarded",
                          "for=1.2.3.4;host=\"public.example:8443\";proto=https, "
                          "for=5.6.7.8;host=inner.example;proto=http"}},
                        "https://public.example:8443/a/x?q=1"),
               original({{"Forwarded", "for=1.2.3.4"}, {"X-Forwarded-Host", "ignored.example"}},
                        "http://client.example/a/x?q=1")}},
    {.name = "S3_5_TheOriginalUrlFollowsXForwarded",
     .rule = "... or X-Forwarded-Proto/-Host/-Port/-Prefix.",
     .apis = {kTellsUrl},
     .turns = {original({{"X-Forwarded-Proto", "https"}}, "https://client.example/a/x?q=1"),
               original({{"X-Forwarded-Host", "one.example, two.example"}},
                        "http://one.example/a/x?q=1"),
               original({{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Port", "443"}},
                        "https://client.example/a/x?q=1"),
               original({{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Port", "8443"}},
                        "https://client.example:8443/a/x?q=1"),
               original({{"X-Forwarded-Host", "one.example:81"}, {"X-Forwarded-Port", "82"}},
                        "http://one.example:81/a/x?q=1"),
               original({{"X-Forwarded-Host", "[2001:db8::1]"}, {"X-Forwarded-Port", "82"}},
                        "http://[2001:db8::1]:82/a/x?q=1"),
               original({{"X-Forwarded-Host", "https://one.example"}},
                        "https://one.example/a/x?q=1"),
               original({{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Prefix", "/public"}},
                        "https://client.example/public/a/x?q=1")}},
    {.name = "S3_5_WithoutForwardingThereIsNoOriginalUrl",
     .rule = "The attribute is set by the same processor: handlers.request.x-forward.enabled.",
     .gateway = {{"handlers.request.x-forward.enabled", "false"}},
     .apis = {kTellsUrl},
     .turns = {original({}, "-")}},
});

const std::string kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const bool kTrace = add_cases({
    {.name = "S3_6_TraceContextIsOffByDefault",
     .rule = "handlers.request.trace-context.enabled: default false.",
     .turns = {{.has = {{"traceparent", "-"}}, .backend_has = {{"traceparent", "-"}}},
               {.with = {{"traceparent", kParent}}, .backend_has = {{"traceparent", kParent}}}}},
    {.name = "S3_6_TraceContextIsContinuedOrBegun",
     .rule = "W3C traceparent handling.",
     .gateway = {{"handlers.request.trace-context.enabled", "true"}},
     .turns = {{.has = {{"traceparent", "*"}},
                .backend_has = {{"traceparent", "~00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]"}}},
               {.with = {{"traceparent", kParent}},
                .backend_has = {{"traceparent",
                                 "~00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01"}}}}},
});

}  // namespace

// Metrics are created before the platform's flows: what these take is part of the time.
TEST_F(Lifecycle, S3_4_TheTimeOfMetricsBeginsBeforeThePlatformsFlows) {
  serve({v4()}, {organization({v2_flow({step("work", R"({"ms":300})")}, {})})});
  expect_turn({});
  for (const report::FamilySamples& family : metrics->collect(reactor->now())) {
    if (family.family != &report::kApiRequestTime) continue;
    ASSERT_EQ(family.samples.size(), 1u);
    EXPECT_GE(family.samples[0].sum, 300'000'000u);  // nanoseconds
  }
  EXPECT_EQ(reported("2xx"), 1u);
}

// 1: a connection older than the last drain order is told to close, matched or not (HTTP/1.1).
TEST_F(Lifecycle, S3_1_AConnectionOlderThanTheDrainOrderIsToldToClose) {
  serve({v4()});
  Peer& matched = connect();
  Peer& unmatched = connect();
  settle();
  server->drain_connections();
  Peer& younger = connect();
  std::vector<Received> received;
  auto answered = [&](Peer& client, const std::string& path) {
    client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    Answer got;
    until([&] {
      answer_calls({kOk}, received);
      got = proxy::testing::parse_answer(client.received);
      return got.whole;
    });
    return got;
  };
  EXPECT_EQ(answered(matched, "/a/x").header("Connection"), "close");
  EXPECT_EQ(answered(unmatched, "/nothing").header("Connection"), "close");
  EXPECT_EQ(answered(younger, "/a/x").header("Connection"), "-");
}

}  // namespace perigee::lifecycle
