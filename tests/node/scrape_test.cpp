// GET /_node/metrics/prometheus: how many at once, and under which names (runtime.md 3.6).
#include <gmock/gmock.h>

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

TEST_F(Scrape, NamesMayBeThoseOf310) {
  report::Shard& shard = registry.make_shard();
  shard.series(report::kServerRequests, {"h:1", "", "", "", "GET", "200"}).cell().add(3);
  shard.series(report::kServerActiveRequests, {"h:1"}).cell().add(2);
  shard.series(report::kServerResponseTime, {"h:1", "", "", "", "GET", "200"})
      .record(5, clock.now());
  shard.series(report::kServerBytesRead, {"h:1"});
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
