// Trust stores that are read when they are first needed.
#include <future>

#include "net/tls_openssl.hpp"
#include "tests/net/support/loop.hpp"

namespace perigee::net {
namespace {

using testing::Running;
using testing::turn_until;

// A reading that the test lets go on.
struct Held {
  std::promise<void> go_on;
  std::atomic<int> readings{0};
  TrustReader reader;
  explicit Held(Result<void> result = {})
      : reader([this, result] {
          ++readings;
          go_on.get_future().wait();
          return result;
        }) {}
};

TEST(TlsTrustReader, TheFirstWaitWithoutHoldingTheLoopUpAndOneReadingServesAll) {
  SystemClock clock;
  Reactor reactor(clock);
  Held held;
  EXPECT_EQ(held.readings, 0);
  Running<Result<void>> first(held.reader.ready(reactor)), second(held.reader.ready(reactor));
  bool turned = false;
  ASSERT_TRUE(reactor.post([&] { turned = true; }));
  EXPECT_TRUE(turn_until(reactor, [&] { return turned; }));
  EXPECT_FALSE(first.done());
  held.go_on.set_value();
  EXPECT_TRUE(turn_until(reactor, [&] { return first.done() && second.done(); }));
  EXPECT_TRUE(first.value());
  EXPECT_TRUE(second.value());
  EXPECT_TRUE(held.reader.ready(reactor).here()) << "nobody waits from then on";
  EXPECT_EQ(held.readings, 1);
}

TEST(TlsTrustReader, WhoGivesUpIsNotTold) {
  SystemClock clock;
  Reactor reactor(clock);
  Held held;
  Running<Result<void>> stays(held.reader.ready(reactor));
  {
    Running<Result<void>> gone(held.reader.ready(reactor));
  }
  {
    Reactor other(clock);
    Running<Result<void>> gone(held.reader.ready(other));
  }
  held.go_on.set_value();
  EXPECT_TRUE(turn_until(reactor, [&] { return stays.done(); }));
}

TEST(TlsTrustReader, AFailureStays) {
  SystemClock clock;
  Reactor reactor(clock);
  Held held(fail(ErrorCode::not_found, "no certificates"));
  held.go_on.set_value();
  for (int i = 0; i < 2; ++i) {
    Running<Result<void>> asking(held.reader.ready(reactor));
    EXPECT_TRUE(turn_until(reactor, [&] { return asking.done(); }));
    EXPECT_EQ(asking.value().error().message, "no certificates");
  }
  EXPECT_EQ(held.readings, 1);
}

}  // namespace
}  // namespace perigee::net
