// GET /_node/metrics/prometheus: how many at once, and under which names (runtime.md 3.6).
#include <gmock/gmock.h>

#include "node/scrape_body.hpp"
#include "report/families.hpp"
#include "tests/node/support/node.hpp"

namespace perigee::node::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kScrape = "/_node/metrics/prometheus";

class Scrape : public Node {
 protected:
  // More text than sockets take from who is not read.
  void fill() {
    report::Shard& shard = registry.make_shard();
    const std::string long_name(200, 'x');
    for (int i = 0; i < 40000; ++i)
      shard.series(report::kConnectionsShed, {long_name + std::to_string(i)});
  }
  Peer& ask_and_read_nothing() {
    Peer& peer = ask(kScrape);
    EXPECT_TRUE(net::testing::turn_until(reactor, [&] { return !peer.received.empty(); }));
    peer.stop_reading();
    net::testing::settle(reactor);
    return peer;
  }
};

TEST_F(Scrape, MoreThanTheLimitAtOnceAreRefused) {
  loaded.settings.metrics.scrapes_max = 2;
  fill();
  start();
  Peer& slow = ask_and_read_nothing();
  Peer& gone = ask_and_read_nothing();
  const std::string refused = get(kScrape);
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(refused,
              HasSubstr("Too Many Requests - limit of 2 for path /_node/metrics/prometheus"));
  EXPECT_THAT(get("/_node/license"), StartsWith("HTTP/1.1 200 ")) << "only scrapes are counted";
  gone.reset();
  EXPECT_THAT(get(kScrape), StartsWith("HTTP/1.1 200 ")) << "a scraper that left counts no more";
  slow.go_on_reading();
  EXPECT_THAT(answer(slow), HasSubstr("perigee_apis_deployed"));
  ask_and_read_nothing();
  EXPECT_THAT(get(kScrape), StartsWith("HTTP/1.1 200 "));
}

// Tens of megabytes in one go would keep the health probe waiting.
TEST_F(Scrape, IsMadePieceByPieceAndOthersHaveTheirTurn) {
  fill();
  const std::vector<report::FamilySamples> families = registry.collect(reactor.now());
  std::string whole;
  EXPECT_FALSE(FamiliesText(families, "a=\"b\"", Naming::current).append(whole, SIZE_MAX));
  ASSERT_GT(whole.size(), std::size_t{8} << 20);

  ScrapeBody body(reactor, FamiliesText(families, "a=\"b\"", Naming::current), "last 1\n");
  std::string text;
  std::vector<std::uint64_t> turns;
  while (!body.finished()) {
    net::testing::Running<Result<http::Chunk>> reading(body.read());
    ASSERT_TRUE(net::testing::turn_until(reactor, [&] { return reading.done(); }));
    ASSERT_TRUE(reading.value());
    EXPECT_LT(reading.value()->size(), ScrapeBody::kPieceBytes + 1024);
    text += *reading.value();
    turns.push_back(reactor.turns());
  }
  EXPECT_EQ(std::adjacent_find(turns.begin(), turns.end()), turns.end()) << "two in one turn";
  EXPECT_GT(turns.size(), 100u);
  EXPECT_EQ(text, whole + "last 1\n");
}

TEST_F(Scrape, EveryTypeHasItsLines) {
  report::Shard& shard = registry.make_shard();
  for (const char* name : {"one", "two"}) {
    shard.series(report::kConnectionsShed, {name}).cell().add(7);
    shard.series(report::kServerActiveConnections, {name, ""}).cell().subtract(1);
    shard.series(report::kServerResponseTime, {name, "", "", "", "GET", "200"})
        .record(1'500'000'000, clock.now());
    shard.series(report::kApiRequestTime, {name, "2xx"}).record(300'000, clock.now());
  }
  std::string text;
  FamiliesText(registry.collect(clock.now()), "a=\"b\"", Naming::current).append(text, SIZE_MAX);
  EXPECT_THAT(text, HasSubstr("# TYPE http_server_active_connections gauge\n"
                              "http_server_active_connections{a=\"b\",local=\"one\"} -1\n"
                              "http_server_active_connections{a=\"b\",local=\"two\"} -1\n"
                              "# HELP http_server_response_time_seconds "));
  const std::string labels = "{a=\"b\",local=\"two\",method=\"GET\",code=\"200\"} ";
  const std::string time = "http_server_response_time_seconds";
  EXPECT_THAT(text, HasSubstr(time + "_count" + labels + "1\n" + time + "_sum" + labels + "1.5\n" +
                              "# HELP " + time + "_max Request processing time\n# TYPE " + time +
                              "_max gauge\n"));
  EXPECT_THAT(text, HasSubstr(time + "_max" + labels + "1.5\n# HELP perigee_api_request_seconds "));
  EXPECT_THAT(text, HasSubstr("_bucket{a=\"b\",api=\"one\",status=\"2xx\",le=\"0.00025\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{a=\"b\",api=\"one\",status=\"2xx\",le=\"0.0005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{a=\"b\",api=\"one\",status=\"2xx\",le=\"+Inf\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_sum{a=\"b\",api=\"one\",status=\"2xx\"} 0.0003\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE perigee_connections_shed_total counter\n"
                              "perigee_connections_shed_total{a=\"b\",local=\"one\"} 7\n"));
}

TEST_F(Scrape, NamesMayBeThoseOf310) {
  report::Shard& shard = registry.make_shard();
  shard.series(report::kServerRequests, {"h:1", "", "", "", "GET", "200"}).cell().add(3);
  shard.series(report::kServerActiveRequests, {"h:1", "", "", "GET"}).cell().add(2);
  shard.series(report::kServerResponseTime, {"h:1", "", "", "", "GET", "200"})
      .record(5, clock.now());
  shard.series(report::kServerBytesRead, {"h:1", ""});
  shard.series(report::kClientQueueTime, {"?", ""});
  shard.series(report::kClientResponses, {"?", "", "", "GET", "200"});
  shard.series(report::kClientErrors, {"?", "", ""});
  loaded.settings.metrics.naming_version = "3.10";
  start();
  const std::string text = get(kScrape);
  EXPECT_THAT(text, HasSubstr("# TYPE http_server_requestCount_total counter\n"));
  EXPECT_THAT(text, HasSubstr("local=\"h:1\",method=\"GET\",code=\"200\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE http_server_requests gauge\n"));
  EXPECT_THAT(text, HasSubstr("\nhttp_server_responseTime_seconds_count{"));
  EXPECT_THAT(text, HasSubstr("\nhttp_server_responseTime_seconds_max{"));
  EXPECT_THAT(text, HasSubstr("\nhttp_server_bytesReceived_total{"));
  EXPECT_THAT(text, HasSubstr("\nhttp_client_queue_delay_seconds_sum{"));
  EXPECT_THAT(text, HasSubstr("\nhttp_client_responseCount_total{"));
  EXPECT_THAT(text, HasSubstr("\nhttp_client_errors_total{")) << "has kept its name";
  for (const char* newer : {"http_server_requests_total", "http_server_active_requests",
                            "http_server_response_time", "http_client_queue_time"})
    EXPECT_THAT(text, Not(HasSubstr(newer)));
}

TEST_F(Scrape, NamesAreTheNewerOnesOtherwise) {
  loaded.settings.metrics.naming_version = "4.0";
  start();
  const std::string text = get(kScrape);
  EXPECT_THAT(text, HasSubstr("\nhttp_server_active_requests{"));
  EXPECT_THAT(text, Not(HasSubstr("http_server_wsConnections")));
}

}  // namespace
}  // namespace perigee::node::testing
