// lifecycle.md section 15: deployment events during traffic.
#include "tests/lifecycle/support/lifecycle.hpp"

namespace perigee::lifecycle {
namespace {

std::string version(const std::string& name) {
  return v4({.flows = list({flow({.request = {note(name)}, .response = {note(name)}})})});
}

class LifecycleDeployments : public Lifecycle {
 protected:
  // Another version in the place of the one before, as an event brings it.
  void replace(const std::string& definition) { serve({definition}); }
  void undeploy() {
    deployments->remove("api-0.json");
    deployments->publish();
  }
};

}  // namespace

// A request keeps the API version it started with. During replacement both versions may serve.
TEST_F(LifecycleDeployments, S15_ARequestKeepsTheVersionItStartedWith) {
  serve({version("old")});
  Peer& before = get();
  asked(0);
  replace(version("new"));
  Peer& after = get();
  EXPECT_THAT(asked(1).head(), ::testing::HasSubstr("X-Note: new"));
  asked(1).send(kOk);
  EXPECT_EQ(answer(after).header("X-Note"), "new");
  asked(0).send(kOk);
  EXPECT_EQ(answer(before).header("X-Note"), "old");
}

// Undeploying stops acceptance at once, then waits for pending requests.
TEST_F(LifecycleDeployments, S15_UndeployingStopsAcceptanceAtOnceAndWaitsForPendingRequests) {
  serve({version("old")});
  Peer& pending = get();
  asked();
  undeploy();
  EXPECT_EQ(answer(get()).status, 404);
  pass(9999ms);
  EXPECT_EQ(pending.received, "");
  asked().send(kOk);
  EXPECT_EQ(answer(pending).header("X-Note"), "old");
}

// Up to api.pending_requests_timeout; what is left is cut.
TEST_F(LifecycleDeployments, S15_WhatIsLeftAfterPendingRequestsTimeoutIsCut) {
  for (bool removed : {true, false}) {
    configure({{"api.pending_requests_timeout", "4000"}});
    serve({version("old")});
    std::size_t n = backend->connections.size();
    Peer& waiting = get();
    asked(n);
    Peer& streaming = get();
    asked(n + 1).send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    EXPECT_TRUE(until([&] { return streaming.received.ends_with("half"); }));
    removed ? undeploy() : replace(version("new"));
    pass(3999ms);
    EXPECT_EQ(waiting.received, "");
    EXPECT_FALSE(streaming.over());
    pass(1ms);
    EXPECT_EQ(answer(waiting).status, 503);
    EXPECT_TRUE(until([&] { return streaming.over(); }));
    EXPECT_FALSE(proxy::testing::parse_answer(streaming.received).whole);
    EXPECT_TRUE(until([&] { return backend->connections[n]->over(); }));
    EXPECT_TRUE(until([&] { return backend->connections[n + 1]->over(); }));
  }
}

// At process stop runtime.md 4.3 applies instead (S9_1; the process: tests/e2e/lifecycle_test.py).

}  // namespace perigee::lifecycle
