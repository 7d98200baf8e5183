// A node API on a reactor that the test turns, and clients of it. No worker is there unless the
// test plays one.
#pragma once

#include <gtest/gtest.h>

#include "config/load.hpp"
#include "node/node_api.hpp"
#include "tests/upstream/support/peers.hpp"

namespace perigee::node::testing {

using upstream::testing::Peer;

inline config::Loaded load_nothing() {
  config::Sources nothing;
  nothing.executable = "/opt/gravitee/bin/perigee";
  nothing.exists = [](const std::string&) { return false; };
  return config::load(nothing);
}

class Node : public ::testing::Test {
 protected:
  Node() {
    loaded.settings.node_api.basic_authentication = false;
    loaded.settings.metrics.enabled = true;
  }
  void TearDown() override {
    peers.clear();
    if (api) api->stop();
    net::testing::settle(reactor);
    api.reset();
  }

  // After the settings have been changed.
  void start(NodeApi::Init more) {
    api = std::make_unique<NodeApi>(reactor, std::move(more));
    ASSERT_TRUE(api->start(net::Address::loopback(0), nullptr));
  }
  NodeApi::Init init() {
    return {.settings = loaded.settings, .tree = loaded.tree, .registry = registry, .node = info};
  }
  void start() { start(init()); }

  // A client that has asked for this, on a connection of its own.
  Peer& ask(const std::string& path) {
    net::testing::Running<Result<std::unique_ptr<net::Socket>>> connecting(
        net::connect(reactor, api->address(), {}));
    EXPECT_TRUE(net::testing::turn_until(reactor, [&] { return connecting.done(); }));
    peers.push_back(std::make_unique<Peer>(reactor, *std::move(connecting.value())));
    peers.back()->send("GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    return *peers.back();
  }
  // All that it was sent.
  std::string answer(Peer& peer) {
    EXPECT_TRUE(net::testing::turn_until(reactor, [&] { return peer.over(); })) << peer.received;
    return peer.received;
  }
  std::string get(const std::string& path) { return answer(ask(path)); }

  FakeClock clock;
  net::Reactor reactor{clock};
  config::Loaded loaded = load_nothing();
  report::Registry registry{1000000};
  policy::NodeInfo info{.id = "node", .version = "4.9.0"};
  std::unique_ptr<NodeApi> api;
  std::vector<std::unique_ptr<Peer>> peers;
};

}  // namespace perigee::node::testing
