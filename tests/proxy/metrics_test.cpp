// What the proxy counts (runtime.md 3.6).
#include "tests/proxy/support/gateway.hpp"

namespace perigee::proxy::testing {
namespace {

class Metrics : public Gateway {
 protected:
  void SetUp() override {
    Gateway::SetUp();
    deploy({api()});
  }
  Peer& post(const std::string& body) {
    return ask("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body);
  }
};

TEST_F(Metrics, SizesOfWhatTheBackendGotAndAnswered) {
  Peer& client = post("seven..");
  asked().send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  EXPECT_EQ(answer(client).body, "hello");
  settle();
  report::Sample sent = sample(report::kClientRequestBytes);
  EXPECT_EQ(sent.count, 1u);
  EXPECT_EQ(sent.sum, 7u);
  EXPECT_EQ(sent.label_values, (std::vector<std::string>{"?", "POST"}));
  report::Sample got = sample(report::kClientResponseBytes);
  EXPECT_EQ(got.count, 1u);
  EXPECT_EQ(got.sum, 5u);
  EXPECT_EQ(got.label_values, (std::vector<std::string>{"?", "POST", "200"}));
}

TEST_F(Metrics, EachCallOfOneExchangeHasItsSizes) {
  ApiText text = api();
  text.flows = list({flow({.request = {step("invoker", R"({"kind":"twice"})")}, .response = {}})});
  deploy({text});
  Peer& client = post("abc");
  asked(0).send(kOk);
  asked(1).send(kOk);
  EXPECT_EQ(answer(client).body, "ok");
  settle();
  EXPECT_EQ(sample(report::kClientRequestBytes).count, 2u);
  EXPECT_EQ(sample(report::kClientRequestBytes).sum, 6u);
}

TEST_F(Metrics, ACallWithoutAnAnswerHasNoSize) {
  Peer& client = post("abc");
  asked().reset();
  EXPECT_EQ(answer(client).status, 502);
  settle();
  for (const report::FamilySamples& family : metrics->collect(reactor->now()))
    EXPECT_NE(family.family, &report::kClientResponseBytes);
}

// With other labels than the default ones.
class MetricLabels : public Metrics {
 protected:
  void label(const report::LabelChoice::Words& words) {
    before_ =
        std::exchange(metrics, std::make_unique<report::Registry>(100, report::LabelChoice(words)));
    shard = &metrics->make_shard();
    Options options;
    options.tells_route = true;
    start(options);
    deploy({api()});
  }
  std::string remote() const { return "127.0.0.1:" + std::to_string(backend->port()); }
  std::unique_ptr<report::Registry> before_;  // what SetUp made refers to it
};

using Values = std::vector<std::string>;

TEST_F(MetricLabels, NameTheBackendAndThePath) {
  label({.labels = {"remote", "http_path", "http_code"}});
  EXPECT_EQ(exchange("/a/x?y").status, 200);
  settle();
  EXPECT_EQ(sample(report::kClientResponses).label_values, (Values{remote(), "/a/", "200"}));
  EXPECT_EQ(sample(report::kClientRequestBytes).label_values, (Values{remote(), "/a/"}));
  EXPECT_EQ(sample(report::kClientActiveRequests).label_values, (Values{remote(), "/a/"}));
  EXPECT_EQ(sample(report::kClientActiveRequests).value, 0u);
  EXPECT_EQ(sample(report::kClientActiveConnections).label_values, Values{remote()});
  EXPECT_EQ(sample(report::kClientActiveConnections).value, 1u);
  EXPECT_EQ(sample(report::kClientBytesRead).value, std::string_view(kOk).size());
  Values served = sample(report::kServerRequests).label_values;
  EXPECT_TRUE(served.at(0).starts_with("127.0.0.1:")) << served.at(0);
  EXPECT_EQ((Values{served.begin() + 1, served.end()}), (Values{"/a/", "200"}));
}

TEST_F(MetricLabels, ThePathMayBeTheRawOne) {
  label({.labels = {"http_path"}, .raw_path = true});
  EXPECT_EQ(exchange("/a/x?y").status, 200);
  settle();
  EXPECT_EQ(sample(report::kServerRequests).label_values, Values{"/a/x"});
  EXPECT_EQ(sample(report::kClientRequests).label_values, Values{"/x"}) << "as the backend got it";
}

TEST_F(MetricLabels, ErrorsOfClientsHaveAClass) {
  label({.labels = {"class_name"}});
  deploy({{.target = "http://127.0.0.1:1"}});
  EXPECT_EQ(answer(get("/a/x")).status, 502);
  settle();
  EXPECT_EQ(sample(report::kClientErrors).label_values, Values{"connection refused"});
}

// The bytes of an answer leave when its exchange is over: they are told with the next.
TEST_F(Metrics, BytesOfAServerMoveBeforeItsConnectionCloses) {
  const std::string request = "GET /none HTTP/1.1\r\nHost: h\r\n\r\n";
  Peer& client = ask(request);
  std::size_t answered = answer(client).bytes;
  EXPECT_EQ(sample(report::kServerBytesRead).value, request.size());
  client.send(request);
  answered += answer(client).bytes;
  EXPECT_EQ(sample(report::kServerBytesRead).value, 2 * request.size());
  EXPECT_GE(sample(report::kServerBytesWritten).value, answered / 2);
  client.close();
  EXPECT_TRUE(until([&] { return server->connections() == 0; }));
  EXPECT_EQ(sample(report::kServerBytesWritten).value, answered);
  EXPECT_EQ(sample(report::kServerActiveConnections).value, 0u);
}

}  // namespace
}  // namespace perigee::proxy::testing
