// An exchange that stands by itself: heads, bodies and facts to be filled in, nothing behind it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "net/pipe.hpp"
#include "policy/exchange.hpp"

namespace perigee::policy::testing {

struct Exchanges {
  Exchanges();
  // Makes the exchange, once everything it looks at is filled in.
  Exchange& exchange();
  // The text of a template; "<null>" for no value, "error: .." for an error.
  std::string eval(std::string_view text);
  // Finishes a flow that must not wait for anything outside.
  template <class T>
  T finished(Async<T> work) {
    std::optional<T> value;
    Task task;
    task.start(store(std::move(work), value));
    for (int turn = 0; !value && turn < 100; ++turn) reactor.turn(Duration(0));
    EXPECT_TRUE(value) << "still waiting";
    return std::move(*value);
  }

  FakeClock clock;
  net::Reactor reactor{clock};
  net::Pipe pipe;
  net::PipeOptions connection{.first = net::Address::loopback(8082),
                              .second = net::Address::loopback(2)};  // of the client
  Worker worker{.reactor = reactor};
  Arena arena;
  http::RequestHead request{arena};
  http::ResponseHead response{arena};
  ApiInfo api;
  NodeInfo node;
  WorkerSlots slots;
  Limits limits{.buffered_body_bytes_max = 1000};
  std::optional<WorkerStates> states;
  std::optional<Exchange> made;

 private:
  template <class T>
  static Async<void> store(Async<T> work, std::optional<T>& into) {
    into.emplace(co_await std::move(work));
  }
};

// A body in pieces, each given only after a turn of the reactor; perhaps an error at its end.
class SlowBody final : public http::Body {
 public:
  SlowBody(net::Reactor& reactor, std::vector<std::string> pieces,
           std::optional<Error> failure = {})
      : reactor_(reactor), pieces_(std::move(pieces)), failure_(std::move(failure)) {}
  Async<Result<http::Chunk>> read() override;
  std::optional<std::uint64_t> length() const override { return std::nullopt; }
  bool ready() const override { return false; }

 private:
  net::Reactor& reactor_;
  std::vector<std::string> pieces_;
  std::optional<Error> failure_;
  std::size_t next_ = 0;
};

}  // namespace perigee::policy::testing
