// A directory and a link on one loop, which the test turns. Time is real: so are the servers.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "redis/directory.hpp"
#include "redis/link.hpp"
#include "tests/base/support/captured_log.hpp"
#include "tests/net/support/loop.hpp"
#include "tests/redis/support/processes.hpp"

namespace perigee::redis::testing {

using net::testing::Running;

// What a link told, counted.
struct Observed final : LinkObserver {
  void on_connected() override { ++connected; }
  void on_lost(const Failure& why) override { lost.push_back(why.text()); }
  void on_reply(Duration) override { ++replies; }
  void on_error_reply(const Failure& failure) override { errors.push_back(failure.kind); }
  int connected = 0;
  std::vector<std::string> lost;
  int replies = 0;
  std::vector<FailureKind> errors;
};

// The counter of tests: adds ARGV[1] to KEYS[1].
inline const Script& adding() {
  static const Script script("return redis.call('INCRBY', KEYS[1], ARGV[1])");
  return script;
}

class World : public ::testing::Test {
 protected:
  static constexpr Duration kPatience = 10s;  // of a call that must succeed on a busy machine
  static constexpr Duration kSoon = 10s;      // what takes much less, there

  static Options options_of(const RedisServer& server) {
    return {.standalone = {server.ip(), server.port()}};
  }
  // By its first sentinel; the others are learned.
  static Options options_of(const RedisHa& ha) {
    return {.sentinels = {endpoint_of(ha.sentinel(1))},
            .master = "mymaster",
            .data = {"", "myredispassword"}};
  }
  static Endpoint endpoint_of(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    return {text.substr(0, colon), static_cast<std::uint16_t>(std::stoi(text.substr(colon + 1)))};
  }
  void start(Options options) {
    directory_ = std::make_unique<Directory>(reactor_, std::move(options));
    link_ = std::make_unique<Link>(Link::Init{.reactor = reactor_,
                                              .directory = *directory_,
                                              .scripts = {&adding()},
                                              .observer = &observed_});
  }
  void start_connected(Options options) {
    start(std::move(options));
    ASSERT_TRUE(until([&] { return link_->connected(); })) << directory_->state().problem;
  }
  void TearDown() override {
    link_.reset();
    directory_.reset();
    net::testing::settle(reactor_);
  }

  template <class Done>
  bool until(Done done) {
    // An election may fail, and then there is another. `done` may take what it looks at.
    const Instant end = clock_.now() + 40s;
    bool is_done = done();
    for (; !is_done && clock_.now() < end; is_done = done()) reactor_.turn(20ms);
    return is_done;
  }
  // Turns for so long, in real time.
  void pass(Duration time) {
    const Instant end = clock_.now() + time;
    while (clock_.now() < end) reactor_.turn(std::min<Duration>(end - clock_.now(), 5ms));
  }
  Outcome call(const Command& command, Duration timeout = kPatience) {
    reactor_.turn(0ms);  // it may have stood still for long
    Running<Outcome> calling(link_->call(command, timeout));
    EXPECT_TRUE(until([&] { return calling.done(); }));
    return calling.done() ? calling.value() : Outcome();
  }
  // The reply as text, or the failure.
  std::string said(const Command& command, Duration timeout = kPatience) {
    const Outcome outcome = call(command, timeout);
    if (!outcome) return outcome.error().text();
    if (outcome->kind() == ReplyKind::integer) return std::to_string(outcome->integer());
    return std::string(outcome->text());
  }
  // "host:port"; empty: unknown.
  std::string primary() const {
    const auto known = directory_->state().primary;
    return known ? known->text() : "";
  }
  // Waits until the link is connected to another primary than this one.
  bool until_moved_from(const std::string& old) {
    return until([&] { return link_->connected() && primary() != old; });
  }
  Outcome add(std::int64_t weight, Duration timeout = kPatience) {
    return call({adding(), "n", {weight}}, timeout);
  }

  // On a busy machine a server may be too slow for the connection, which is then made again.
  bool until_it_counts() {
    return until([&] { return add(1).has_value(); });
  }

  log::testing::CapturedLog log_;
  SystemClock clock_;
  net::Reactor reactor_{clock_};
  Observed observed_;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<Link> link_;
};

}  // namespace perigee::redis::testing
