// Names under test: a resolver and a worker on one thread, a DNS server on another.
#pragma once

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "net/names.hpp"
#include "tests/base/support/folder.hpp"
#include "tests/net/support/dns_server.hpp"
#include "tests/net/support/loop.hpp"

namespace perigee::net::testing {

using Asking = Running<Result<Addresses>>;

inline std::vector<std::string> texts(const Result<Addresses>& addresses) {
  std::vector<std::string> result;
  if (!addresses) return {"error: " + addresses.error().message};
  for (const Address& address : **addresses) result.push_back(address.text());
  return result;
}

// A resolver and a worker on one thread and one fake clock; c-ares talks to a real server.
class NamesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.write("hosts", "");
    write_resolv_conf("");
  }
  void TearDown() override {
    names_.reset();
    resolver_.reset();
  }
  void write_resolv_conf(const std::string& text) { folder_.write("resolv.conf", text); }
  Resolver::Options options() {
    return {.servers = {server_.address()},
            .resolv_conf = folder_.path("resolv.conf"),
            .hosts_file = folder_.path("hosts")};
  }
  void start(Resolver::Options with) {
    resolver_ = std::make_unique<Resolver>(ops_, std::move(with));
    names_ = std::make_unique<Names>(worker_, *resolver_);
  }
  void start() { start(options()); }
  // Turns both loops until `done()`.
  template <class Done>
  bool turn_both(Done done) {
    return turn_until(ops_, [&] {
      worker_.turn(0ms);
      return done();
    });
  }
  void settle_both() {
    for (int i = 0; i < 3; ++i) {
      ops_.turn(0ms);
      worker_.turn(0ms);
    }
  }
  void advance(Duration by) {
    clock_.advance(by);
    settle_both();
  }
  Result<Addresses> ask(const std::string& name, std::uint16_t port = 80) {
    Asking asking(names_->resolve(name, port));
    EXPECT_TRUE(turn_both([&] { return asking.done(); })) << name;
    return asking.done() ? asking.value() : fail(ErrorCode::timed_out, "no answer in this test");
  }

  const TestFolder folder_;
  DnsServer server_;
  FakeClock clock_;
  Reactor ops_{clock_}, worker_{clock_};
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<Names> names_;
};

}  // namespace perigee::net::testing
