// Drives a reactor by hand in tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "base/async.hpp"
#include "net/socket.hpp"

namespace perigee::net::testing {

// A flow under test and what it came to.
template <class T>
class Running {
 public:
  explicit Running(Async<T> work) { task_.start(store(std::move(work), value_)); }
  bool done() const { return value_.has_value(); }
  T& value() { return *value_; }
  Scope& scope() { return task_.scope(); }

 private:
  static Async<void> store(Async<T> work, std::optional<T>& into) { into.emplace(co_await work); }
  std::optional<T> value_;
  Task task_;
};

// Turns until `done()` holds; false after ten seconds of real time.
template <class Done>
bool turn_until(Reactor& reactor, Done done) {
  const Instant limit = SystemClock().now() + 10s;
  while (!done()) {
    if (SystemClock().now() > limit) return false;
    reactor.turn(20ms);
  }
  return true;
}

// Turns as long as something is ready.
inline void settle(Reactor& reactor) {
  for (int i = 0; i < 5; ++i) reactor.turn(0ms);
}

struct Pair {
  std::unique_ptr<Socket> client, server;
};

// Two sockets connected over the loopback.
inline Pair connected_pair(Reactor& reactor) {
  Pair pair;
  auto listener = Listener::open(reactor, Address::loopback(0), {},
                                 [&](std::unique_ptr<Socket> s) { pair.server = std::move(s); });
  EXPECT_TRUE(listener) << listener.error().message;
  Running<Result<std::unique_ptr<Socket>>> connecting(connect(reactor, (*listener)->address(), {}));
  EXPECT_TRUE(turn_until(reactor, [&] { return connecting.done() && pair.server; }));
  EXPECT_TRUE(connecting.value());
  pair.client = std::move(*connecting.value());
  settle(reactor);
  return pair;
}

inline std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

// Fails the test when it ends with another number of descriptors than it began with.
class DescriptorsComeBack : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(open_descriptors(), before_); }

 private:
  std::size_t before_ = open_descriptors();
};

}  // namespace perigee::net::testing
