// What a server tells its observer becomes the http_server_* families.
#include "report/server_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/pipe.hpp"

namespace perigee::report {
namespace {

using ::testing::ElementsAre;

const FamilySamples* find(const std::vector<FamilySamples>& families, const Family& family) {
  for (const FamilySamples& each : families) {
    if (each.family == &family) return &each;
  }
  return nullptr;
}

// Only its facts are looked at.
class EndedExchange final : public http::ServerExchange {
 public:
  EndedExchange(Arena& arena, http::Method method, int status) : ServerExchange(arena) {
    request.method = method;
    status_sent = status;
    request_body_bytes = 100;
    response_body_bytes = 2000;
    arrived = Instant(10s);
  }
  const net::Stream& stream() const override { return *peer; }
  const http::Server& server() const override { std::abort(); }
  Instant connection_opened() const override { return arrived; }
  Async<Result<void>> inform(const http::ResponseHead&) override { return Result<void>{}; }
  Async<Result<void>> respond(http::ResponseHead&, http::Body*) override { return Result<void>{}; }
  Async<Result<net::Stream*>> upgrade(http::ResponseHead&) override { std::abort(); }
  bool responded() const override { return true; }
  void watch_client(Scope*) override {}
  const net::Stream* peer = nullptr;
};

TEST(ServerMetrics, Connections) {
  Arena arena;
  Registry registry;
  ServerMetrics metrics(registry.make_shard(), "0.0.0.0:8082");
  FakeClock clock;
  net::Reactor reactor(clock);
  net::Pipe pipe = net::make_pipe(reactor);
  EndedExchange exchange(arena, http::Method::get, 200);
  exchange.peer = pipe.first.get();
  metrics.on_connection_opened(*pipe.first);
  metrics.on_connection_opened(*pipe.first);
  metrics.on_bytes(*pipe.first, 10, 15);
  metrics.on_bytes(*pipe.first, 0, 5);
  metrics.on_connection_closed(*pipe.first);
  metrics.on_refused(pipe.first->remote(), 400, "bad");
  metrics.on_reset(exchange);
  metrics.on_upgraded(exchange);
  metrics.on_upgraded(exchange);
  metrics.on_upgrade_ended(exchange);
  metrics.on_shed();
  auto families = registry.collect(Instant{});
  EXPECT_EQ(find(families, kServerActiveConnections)->samples[0].value, 1u);
  EXPECT_EQ(find(families, kServerBytesRead)->samples[0].value, 10u);
  EXPECT_EQ(find(families, kServerBytesWritten)->samples[0].value, 20u);
  EXPECT_EQ(find(families, kServerErrors)->samples[0].value, 1u);
  EXPECT_EQ(find(families, kServerActiveWebSockets)->samples[0].value, 1u);
  EXPECT_EQ(find(families, kConnectionsShed)->samples[0].value, 1u);
  EXPECT_EQ(find(families, kServerRequestResets)->samples[0].value, 1u);
  EXPECT_THAT(find(families, kServerErrors)->samples[0].label_values, ElementsAre("0.0.0.0:8082"));
  EXPECT_EQ(find(families, kServerRequests), nullptr) << "no request, no series";
}

TEST(ServerMetrics, BytesBeyond32BitsAreCounted) {
  constexpr std::uint64_t kBeyond = (std::uint64_t{1} << 32) + 7;
  Arena arena;
  Registry registry;
  ServerMetrics metrics(registry.make_shard(), "h:1");
  FakeClock clock;
  net::Reactor reactor(clock);
  net::Pipe pipe = net::make_pipe(reactor);
  for (int i = 0; i < 3; ++i) {
    EndedExchange exchange(arena, http::Method::put, 200);
    exchange.peer = pipe.first.get();
    exchange.request_body_bytes = exchange.response_body_bytes = kBeyond;
    metrics.on_request_begun(exchange);
    metrics.on_request_ended(exchange, Instant(11s));
    metrics.on_bytes(*pipe.first, kBeyond, kBeyond);
  }
  auto families = registry.collect(Instant(11s));
  for (const Family* family : {&kServerRequestBytes, &kServerResponseBytes}) {
    EXPECT_EQ(find(families, *family)->samples[0].sum, 3 * kBeyond) << family->name;
    EXPECT_EQ(find(families, *family)->samples[0].max, kBeyond) << family->name;
  }
  for (const Family* family : {&kServerBytesRead, &kServerBytesWritten})
    EXPECT_EQ(find(families, *family)->samples[0].value, 3 * kBeyond) << family->name;
}

// Dashboards show 0, not "no data".
TEST(ServerMetrics, WhatHasNotHappenedIsZero) {
  Registry registry;
  ServerMetrics metrics(registry.make_shard(), "h:1");
  auto families = registry.collect(Instant{});
  for (const Family* family : {&kServerActiveRequests, &kServerRequestResets, &kServerErrors,
                               &kServerActiveConnections, &kServerActiveWebSockets}) {
    ASSERT_NE(find(families, *family), nullptr) << family->name;
    EXPECT_EQ(find(families, *family)->samples[0].value, 0u) << family->name;
  }
}

TEST(ServerMetrics, ConnectionsAreToldByRemoteAndErrorsByClassWhenThoseAreShown) {
  Arena arena;
  Registry registry(10, LabelChoice({.labels = {"remote", "class_name"}}));
  ServerMetrics metrics(registry.make_shard(), "h:1");
  FakeClock clock;
  net::Reactor reactor(clock);
  net::Pipe pipe = net::make_pipe(reactor);
  const std::string remote = pipe.first->remote().text();
  EndedExchange exchange(arena, http::Method::get, 200);
  exchange.peer = pipe.first.get();
  metrics.on_connection_opened(*pipe.first);
  metrics.on_bytes(*pipe.first, 10, 15);
  metrics.on_request_begun(exchange);
  metrics.on_upgraded(exchange);
  metrics.on_reset(exchange);
  metrics.on_refused(pipe.first->remote(), 431, "too large");
  metrics.on_refused(pipe.first->remote(), 0, "no PROXY header");
  auto families = registry.collect(Instant{});
  for (const Family* family :
       {&kServerActiveConnections, &kServerBytesRead, &kServerBytesWritten, &kServerActiveRequests,
        &kServerActiveWebSockets, &kServerRequestResets}) {
    ASSERT_EQ(find(families, *family)->samples.size(), 1u) << family->name;
    EXPECT_THAT(find(families, *family)->samples[0].label_values, ElementsAre(remote))
        << family->name;
  }
  const FamilySamples& errors = *find(families, kServerErrors);
  EXPECT_THAT(errors.labels, ElementsAre("remote", "class"));
  ASSERT_EQ(errors.samples.size(), 2u);
  EXPECT_THAT(errors.samples[0].label_values, ElementsAre(remote, "431"));
  EXPECT_THAT(errors.samples[1].label_values, ElementsAre(remote, "closed"));
  metrics.on_connection_closed(*pipe.first);
  metrics.on_upgrade_ended(exchange);
  families = registry.collect(Instant{});
  EXPECT_EQ(find(families, kServerActiveConnections)->samples[0].value, 0u);
  EXPECT_EQ(find(families, kServerActiveWebSockets)->samples[0].value, 0u);
}

// A policy may change the method on the way.
TEST(ServerMetrics, ARequestEndsWhereItBegan) {
  Arena arena;
  Registry registry;
  ServerMetrics metrics(registry.make_shard(), "h:1");
  EndedExchange exchange(arena, http::Method::post, 200);
  metrics.on_request_begun(exchange);
  auto families = registry.collect(Instant{});
  const FamilySamples* active = find(families, kServerActiveRequests);
  ASSERT_EQ(active->samples.size(), 2u);
  EXPECT_THAT(active->samples[1].label_values, ElementsAre("h:1", "POST"));
  EXPECT_EQ(active->samples[1].value, 1u);
  exchange.request.method = http::Method::get;
  metrics.on_request_ended(exchange, Instant(10s));
  families = registry.collect(Instant{});
  for (const Sample& sample : find(families, kServerActiveRequests)->samples)
    EXPECT_EQ(sample.value, 0u) << sample.label_values[1];
}

TEST(ServerMetrics, Requests) {
  Arena arena;
  Registry registry;
  ServerMetrics metrics(registry.make_shard(), "h:1");
  EndedExchange get(arena, http::Method::get, 200), again(arena, http::Method::get, 200),
      post(arena, http::Method::post, 503), gone(arena, http::Method::get, 0);
  for (EndedExchange* exchange : {&get, &again, &post, &gone}) {
    metrics.on_request_begun(*exchange);
    if (exchange != &again) metrics.on_request_ended(*exchange, Instant(10s + 5ms));
  }
  auto families = registry.collect(Instant(11s));
  EXPECT_THAT(find(families, kServerActiveRequests)->samples[0].label_values,
              ElementsAre("h:1", "GET"));
  EXPECT_EQ(find(families, kServerActiveRequests)->samples[0].value, 1u);
  const FamilySamples& requests = *find(families, kServerRequests);
  ASSERT_EQ(requests.samples.size(), 2u) << "without an answer there is no code to count under";
  EXPECT_THAT(requests.samples[0].label_values, ElementsAre("h:1", "GET", "200"));
  EXPECT_EQ(requests.samples[0].value, 1u);
  EXPECT_THAT(requests.samples[1].label_values, ElementsAre("h:1", "POST", "503"));
  const Sample& time = find(families, kServerResponseTime)->samples[0];
  EXPECT_EQ(time.sum, 5'000'000u) << "nanoseconds";
  EXPECT_EQ(time.max, 5'000'000u);
  EXPECT_EQ(find(families, kServerResponseBytes)->samples[0].sum, 2000u);
  EXPECT_EQ(find(families, kServerRequestBytes)->samples[0].sum, 100u);
  EXPECT_THAT(find(families, kServerRequestBytes)->samples[1].label_values,
              ElementsAre("h:1", "POST"));
}

TEST(ServerMetrics, LabelsOfOneRequest) {
  Arena arena;
  Registry registry(10, LabelChoice({.labels = {"http_path", "http_route", "http_code"}}));
  ServerMetrics metrics(registry.make_shard(), "h:1");
  EndedExchange one(arena, http::Method::get, 200), other(arena, http::Method::get, 200),
      none(arena, http::Method::get, 404);
  one.route = "/a/", other.route = "/b/";
  for (EndedExchange* exchange : {&one, &one, &other, &none})
    metrics.on_request_ended(*exchange, Instant(10s));
  auto families = registry.collect(Instant(11s));
  const FamilySamples& requests = *find(families, kServerRequests);
  EXPECT_THAT(requests.labels, ElementsAre("route", "path", "code"));
  ASSERT_EQ(requests.samples.size(), 3u);
  EXPECT_THAT(requests.samples[0].label_values, ElementsAre("", "", "404"));
  EXPECT_THAT(requests.samples[1].label_values, ElementsAre("/a/", "/a/", "200"));
  EXPECT_EQ(requests.samples[1].value, 2u);
  EXPECT_THAT(find(families, kServerRequestBytes)->samples[2].label_values, ElementsAre("/b/"));
}

TEST(ServerMetrics, ThePathMayBeThatOfTheRequest) {
  Arena arena;
  Registry registry(10, LabelChoice({.labels = {"http_path", "http_route"}, .raw_path = true}));
  ServerMetrics metrics(registry.make_shard(), "h:1");
  EndedExchange exchange(arena, http::Method::get, 200);
  exchange.route = "/a/";
  exchange.request.path = "/a/b/c";
  metrics.on_request_ended(exchange, Instant(10s));
  EXPECT_THAT(find(registry.collect(Instant(11s)), kServerResponseTime)->samples[0].label_values,
              ElementsAre("/a/", "/a/b/c"));
}

TEST(Families, HaveTheLabelsOfTheReference) {
  struct Row {
    const Family& family;
    std::vector<std::string_view> labels;
  };
  const Row rows[] = {
      {kServerRequests, {"local", "remote", "route", "path", "method", "code"}},
      {kServerResponseTime, {"local", "remote", "route", "path", "method", "code"}},
      {kServerRequestBytes, {"local", "remote", "path", "method"}},
      {kServerActiveConnections, {"local", "remote"}},
      {kServerActiveWebSockets, {"local", "remote"}},
      {kServerActiveRequests, {"local", "remote", "path", "method"}},
      {kServerRequestResets, {"local", "remote", "path", "method"}},
      {kServerResponseBytes, {"local", "remote", "route", "path", "method", "code"}},
      {kServerBytesRead, {"local", "remote"}},
      {kServerBytesWritten, {"local", "remote"}},
      {kServerErrors, {"local", "remote", "class"}},
      {kClientActiveWebSockets, {"local", "remote"}},
      {kClientResponses, {"local", "remote", "path", "method", "code"}},
      {kClientActiveConnections, {"local", "remote"}},
      {kApiRequestTime, {"api", "status"}}};
  for (const Row& row : rows) EXPECT_EQ(row.family.labels, row.labels) << row.family.name;
}

}  // namespace
}  // namespace perigee::report
