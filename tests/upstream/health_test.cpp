// Health checks: what is asked and when, what an answer does, and what outlives a redeploy.
#include "upstream/health.hpp"

#include "base/log.hpp"
#include "tests/upstream/support/world.hpp"
#include "upstream/group.hpp"

namespace perigee::upstream::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

HealthCheck check_of(unsigned successes = 2, unsigned failures = 3,
                     std::string_view assertion = "{#response.status == 200}") {
  return {.schedule = *Cron::parse("*/5 * * * * *"),
          .request = {},
          .assertion = *el::Template::compile(assertion),
          .success_threshold = successes,
          .failure_threshold = failures,
          .fingerprint = std::string(assertion) + std::to_string(successes)};
}

// ---- States

struct Row {
  const char* rule;
  unsigned successes, failures;
  const char* answers;  // '+' good, '-' bad
  HealthState state;
};

constexpr HealthState kUp = HealthState::up, kFalling = HealthState::transitionally_down,
                      kDown = HealthState::down, kRising = HealthState::transitionally_up;

const Row kRows[] = {
    {"up at the start", 2, 3, "", kUp},
    {"good answers change nothing", 2, 3, "+++++", kUp},
    {"a bad one warns", 2, 3, "-", kFalling},
    {"and another", 2, 3, "--", kFalling},
    {"the threshold is down", 2, 3, "---", kDown},
    {"more of them change nothing", 2, 3, "-----", kDown},
    {"one failure is enough when told", 2, 1, "-", kDown},
    {"a good one lets hope", 2, 3, "---+", kRising},
    {"the threshold is up", 2, 3, "---++", kUp},
    {"one success is enough when told", 1, 1, "-+", kUp},
    {"good ones end the warning", 2, 3, "-++", kUp},
    {"too few of them do not", 2, 3, "-+", kFalling},
    {"hope may be vain", 2, 3, "---+-", kDown},
    {"failures go on counting after good answers", 2, 3, "-+--", kDown},
    {"successes too", 2, 3, "-+--+", kUp},
};

TEST(Health, CountsGoOnAcrossStates) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.rule);
    HealthCheck check = check_of(row.successes, row.failures);
    Health health;
    for (char answer : std::string_view(row.answers)) health.note(answer == '+', check);
    EXPECT_EQ(to_string(health.state()), to_string(row.state));
    EXPECT_EQ(health.usable(), row.state == kUp || row.state == kFalling);
  }
}

// ---- Checks

class Observing final : public HealthObserver {
 public:
  void on_health(const CheckedEndpoint& endpoint, bool usable) override {
    told.push_back(endpoint.name + (usable ? "+" : "-"));
  }
  std::vector<std::string> told;
};

class HealthChecksTest : public Upstream {
 protected:
  HealthChecksTest() { log::reconfigure({{"ROOT", log::Level::off}}); }
  void TearDown() override {
    checks.reset();
    fetcher.reset();
    to.reset();
    backend.connections.clear();
    backend.close();
    Upstream::TearDown();
  }
  CheckedEndpoint checked(HealthCheck check) {
    check.request.url = "http://127.0.0.1:" + std::to_string(backend.port()) + "/health";
    return {"api", "e", to, std::make_shared<const HealthCheck>(std::move(check))};
  }
  void set(HealthCheck check) { checks->set({checked(std::move(check))}); }
  // To the next time that a check is due; the backend gets it and says this.
  void answer(const std::string& bytes) {
    for (auto& connection : backend.connections) connection->received.clear();
    pass(5s);
    ASSERT_TRUE(until([&] {
      return !backend.connections.empty() && !backend.connections.back()->head().empty();
    }));
    request = backend.connections.back()->head();
    backend.connections.back()->send(bytes);
    settle();
  }
  void good() { answer(kOk); }
  void bad() { answer("HTTP/1.1 500 No\r\nX-Why: tired\r\nContent-Length: 4\r\n\r\nweak"); }

  std::string request;
  RawBackend backend{reactor};
  net::TrustStores trust_stores;
  Observing observing;
  std::shared_ptr<const Endpoint> to = endpoint_to(backend.port());
  std::unique_ptr<Fetcher> fetcher =
      std::make_unique<Fetcher>(reactor, *names, trust_stores, Fetcher::Options{});
  std::unique_ptr<HealthChecks> checks = std::make_unique<HealthChecks>(
      reactor, *fetcher, &observing, HealthChecks::Options{.jitter = 0s});
};

TEST_F(HealthChecksTest, AsksBySchedule) {
  clock.set_wall(WallTime(1'700'000'001s));
  reactor.turn(0ms);
  set(check_of());
  settle();
  pass(3s);
  EXPECT_TRUE(backend.connections.empty());
  pass(1s);
  EXPECT_THAT(asked(backend).received, StartsWith("GET /health HTTP/1.1\r\n"));
}

TEST_F(HealthChecksTest, TakesABackendOutAndIn) {
  set(check_of());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(to->usable());
    bad();
  }
  EXPECT_FALSE(to->usable());
  good();
  EXPECT_FALSE(to->usable());
  good();
  EXPECT_TRUE(to->usable());
  EXPECT_THAT(observing.told, ElementsAre("e+", "e+", "e-", "e-", "e+"));
}

TEST_F(HealthChecksTest, TheLoadBalancerLeavesItOut) {
  auto other = endpoint(options_to(1), "other");
  auto group =
      registry.group("api", "g", {{.endpoint = to}, {.endpoint = other}}, Balance::round_robin);
  set(check_of(1, 1));
  bad();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(group->next(0, 0), 1u);
  good();
  EXPECT_EQ(group->next(0, 0), 0u);
}

TEST_F(HealthChecksTest, ABackendThatIsNotThereIsNotWell) {
  set(check_of(1, 1));
  backend.close();
  pass(5s);
  EXPECT_TRUE(until([&] { return !to->usable(); }));
}

TEST_F(HealthChecksTest, ABackendThatSaysNothingIsNotWell) {
  HealthCheck check = check_of(1, 1);
  check.request.timeout = 2s;
  set(std::move(check));
  pass(5s);
  asked(backend);
  pass(1999ms);
  EXPECT_TRUE(to->usable());
  pass(1ms);
  EXPECT_FALSE(to->usable());
}

struct Assertion {
  const char* text;
  bool holds;  // of a 500 with "X-Why: tired" and body "weak"
};

TEST_F(HealthChecksTest, AssertionsReadTheAnswer) {
  const Assertion kAssertions[] = {
      {"{#response.status == 500}", true},
      {"{#response.status == 200}", false},
      {"{#response.content == 'weak'}", true},
      {"{#response.content.contains('strong')}", false},
      {"{#response.headers['x-why'][0] == 'tired'}", true},
      {"{#response.headers['X-Why'] == null}", false},
      {"{#response.headers.containsKey('X-WHY')}", true},
      {"{#request.path == '/x'}", false},          // there is none: an error
      {"{#response.jsonContent == null}", false},  // it is no JSON: an error
      {"true", true},
  };
  for (const Assertion& row : kAssertions) {
    SCOPED_TRACE(row.text);
    checks->set({});
    set(check_of(1, 1, row.text));
    bad();
    EXPECT_EQ(to->usable(), row.holds);
  }
}

TEST_F(HealthChecksTest, ARedeployOfTheSameKeepsWhatIsKnown) {
  set(check_of());
  bad();
  bad();
  set(check_of());  // equal, but another object
  bad();
  EXPECT_FALSE(to->usable());
  set(check_of(1));  // another check of the same endpoint
  EXPECT_FALSE(to->usable());
  good();
  EXPECT_TRUE(to->usable());
}

TEST_F(HealthChecksTest, WhatIsNoLongerCheckedIsUsable) {
  set(check_of(1, 1));
  bad();
  EXPECT_FALSE(to->usable());
  checks->set({});
  EXPECT_TRUE(to->usable());
  EXPECT_EQ(observing.told.back(), "e+");
  set(check_of(1, 1));  // and begins anew
  EXPECT_EQ(observing.told.back(), "e+");
  checks->set({});
  pass(60s);
  EXPECT_EQ(reactor.timers().armed(), 0u);
}

TEST_F(HealthChecksTest, ACheckUnderWayEndsWithItsEndpoint) {
  set(check_of());
  pass(5s);
  asked(backend);
  checks->set({});
  EXPECT_TRUE(until([&] { return backend.connections[0]->over(); }));
}

TEST_F(HealthChecksTest, ALimitOfOursIsNotTheBackendsFault) {
  fetcher = std::make_unique<Fetcher>(reactor, *names, trust_stores,
                                      Fetcher::Options{.destinations_max = 1});
  checks = std::make_unique<HealthChecks>(reactor, *fetcher, &observing,
                                          HealthChecks::Options{.jitter = 0s});
  net::testing::Running<Result<Fetched>> busy(
      fetcher->fetch({.url = "http://127.0.0.1:" + std::to_string(backend.port()) + "/",
                      .tls = nullptr,
                      .proxy = std::make_shared<const ForwardProxy>(
                          ForwardProxy{.host = "127.0.0.1", .port = backend.port()})}));
  asked(backend);
  set(check_of(1, 1));
  pass(5s);
  EXPECT_TRUE(to->usable());
}

TEST_F(HealthChecksTest, ChecksAreSpreadByTheirApi) {
  checks = std::make_unique<HealthChecks>(reactor, *fetcher, nullptr,
                                          HealthChecks::Options{.jitter = 1s, .seed = 7});
  clock.set_wall(WallTime(1'700'000'000s));
  reactor.turn(0ms);
  std::vector<CheckedEndpoint> all;
  std::vector<std::shared_ptr<const Endpoint>> held;
  for (int i = 0; i < 20; ++i) {
    CheckedEndpoint one = checked(check_of());
    one.api_id = "api" + std::to_string(i);
    one.endpoint = endpoint(options_to(backend.port()), std::to_string(i));
    all.push_back(one);
  }
  checks->set(std::move(all));
  std::size_t before = 0;
  int spread = 0;
  for (int i = 0; i < 60; ++i) {
    pass(100ms);
    spread += backend.connections.size() > before;
    before = backend.connections.size();
  }
  EXPECT_EQ(before, 20u);
  EXPECT_GT(spread, 4);
}

}  // namespace
}  // namespace perigee::upstream::testing
