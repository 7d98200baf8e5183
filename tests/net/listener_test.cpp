#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

#include "net/socket.hpp"
#include "tests/net/support/loop.hpp"

namespace perigee::net {
namespace {

using testing::Running;
using testing::settle;
using testing::turn_until;
using Connecting = Running<Result<std::unique_ptr<Socket>>>;
using Accepted = std::vector<std::unique_ptr<Socket>>;

class ListenerTest : public testing::DescriptorsComeBack {
 protected:
  FakeClock clock;
};

Listener::OnAccept into(Accepted& accepted) {
  return [&](std::unique_ptr<Socket> socket) { accepted.push_back(std::move(socket)); };
}

// A blocking client: its connection waits in the backlog when the call returns.
int connect_blocking(const Address& to) {
  const int fd = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  return ::connect(fd, to.raw(), to.raw_bytes()) == 0 ? fd : -1;
}

TEST_F(ListenerTest, AcceptsABoundedNumberPerTurnAndForgetsNone) {
  Reactor reactor(clock);
  Accepted accepted;
  auto listener = Listener::open(reactor, Address::loopback(0), {}, into(accepted));
  ASSERT_TRUE(listener);
  EXPECT_NE((*listener)->address().port(), 0);
  std::vector<int> clients;
  for (int i = 0; i < 150; ++i) clients.push_back(connect_blocking((*listener)->address()));
  std::vector<std::size_t> after;
  for (int i = 0; i < 3; ++i) {
    reactor.turn(1s);
    after.push_back(accepted.size());
  }
  EXPECT_THAT(after, ::testing::ElementsAre(64, 128, 150));
  for (int fd : clients) ::close(fd);
}

TEST_F(ListenerTest, APausedListenerLeavesConnectionsInTheBacklog) {
  Reactor reactor(clock);
  Accepted accepted;
  Listener* pausing = nullptr;
  auto listener = Listener::open(reactor, Address::loopback(0), {}, [&](auto socket) {
    accepted.push_back(std::move(socket));
    if (accepted.size() == 2) pausing->pause();
  });
  ASSERT_TRUE(listener);
  pausing = listener->get();
  std::vector<int> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(connect_blocking((*listener)->address()));
  settle(reactor);
  EXPECT_EQ(accepted.size(), 2u);
  pausing->resume();
  settle(reactor);
  EXPECT_EQ(accepted.size(), 5u);
  for (int fd : clients) ::close(fd);
}

TEST_F(ListenerTest, WorkersShareAPort) {
  Reactor one(clock), two(clock);
  Accepted at_one, at_two;
  auto first = Listener::open(one, Address::loopback(0), {}, into(at_one));
  ASSERT_TRUE(first);
  auto second = Listener::open(two, (*first)->address(), {}, into(at_two));
  ASSERT_TRUE(second) << second.error().message;
  std::vector<int> clients;
  for (int i = 0; i < 64; ++i) clients.push_back(connect_blocking((*first)->address()));
  settle(one);
  settle(two);
  EXPECT_EQ(at_one.size() + at_two.size(), 64u);
  EXPECT_GT(at_one.size(), 0u);
  EXPECT_GT(at_two.size(), 0u);
  for (int fd : clients) ::close(fd);
}

TEST_F(ListenerTest, APortInUseIsAnErrorWithTheAddress) {
  Reactor reactor(clock);
  Accepted accepted;
  auto first = Listener::open(reactor, Address::loopback(0), {.reuse_port = false}, into(accepted));
  ASSERT_TRUE(first);
  auto second = Listener::open(reactor, (*first)->address(), {.reuse_port = false}, into(accepted));
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, ::testing::HasSubstr((*first)->address().text()));
  EXPECT_THAT(second.error().message, ::testing::HasSubstr("in use"));
}

TEST_F(ListenerTest, DualStackShowsIpv4PeersAsIpv4) {
  Reactor reactor(clock);
  Accepted accepted;
  auto listener = Listener::open(reactor, Address::any_ipv6(0), {}, into(accepted));
  if (!listener) GTEST_SKIP() << "this machine has no IPv6: " << listener.error().message;
  const int client = connect_blocking(Address::loopback((*listener)->address().port()));
  ASSERT_TRUE(turn_until(reactor, [&] { return !accepted.empty(); }));
  EXPECT_EQ(accepted[0]->remote().ip(), "127.0.0.1");
  EXPECT_EQ(accepted[0]->local().ip(), "127.0.0.1");
  ::close(client);
}

TEST_F(ListenerTest, Ipv6Connects) {
  Reactor reactor(clock);
  Accepted accepted;
  auto listener = Listener::open(reactor, *Address::literal("::1", 0), {}, into(accepted));
  if (!listener) GTEST_SKIP() << "this machine has no ::1: " << listener.error().message;
  Connecting connecting(connect(reactor, (*listener)->address(), {}));
  ASSERT_TRUE(turn_until(reactor, [&] { return connecting.done() && !accepted.empty(); }));
  ASSERT_TRUE(connecting.value());
  EXPECT_EQ(accepted[0]->remote().ip(), "::1");
}

// What runs in a child process, because it lowers the limits of its process. A wrong expectation
// ends it with another status.
#define CHILD_CHECK(condition)                                   \
  if (!(condition)) {                                            \
    std::fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
    return 1;                                                    \
  }

bool leave_descriptors(rlim_t count) {
  const int next = ::dup(0);
  ::close(next);
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = static_cast<rlim_t>(next) + count;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

int shed_when_descriptors_run_out() {
  FakeClock clock;
  Reactor reactor(clock);
  Accepted accepted;
  int told = 0;
  Listener::Options options;
  options.on_shed = [&] { ++told; };
  auto listener = Listener::open(reactor, Address::loopback(0), std::move(options), into(accepted));
  CHILD_CHECK(listener);
  std::vector<int> clients;
  for (int i = 0; i < 40; ++i) clients.push_back(connect_blocking((*listener)->address()));
  CHILD_CHECK(leave_descriptors(10));
  reactor.turn(1s);
  CHILD_CHECK(accepted.size() == 10);
  CHILD_CHECK((*listener)->descriptors_exhausted() == 30);
  CHILD_CHECK(told == 30);
  char byte;
  for (int i = 10; i < 40; ++i) CHILD_CHECK(::recv(clients[i], &byte, 1, 0) <= 0);
  CHILD_CHECK(::recv(clients[0], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
  settle(reactor);
  CHILD_CHECK((*listener)->descriptors_exhausted() == 30);  // nothing loops
  CHILD_CHECK(reactor.timers().armed() == 0);

  accepted.clear();
  for (int fd : clients) ::close(fd);
  const int late = connect_blocking((*listener)->address());
  CHILD_CHECK(late >= 0);
  CHILD_CHECK(turn_until(reactor, [&] { return accepted.size() == 1; }));
  ::close(late);
  return 0;
}

int retry_when_not_even_shedding_works() {
  FakeClock clock;
  Reactor reactor(clock);
  Accepted accepted;
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  CHILD_CHECK(leave_descriptors(1));  // for the listening socket; none to spare
  auto listener = Listener::open(reactor, Address::loopback(0), {}, into(accepted));
  CHILD_CHECK(listener);
  const Address to = (*listener)->address();
  CHILD_CHECK(::connect(client, to.raw(), to.raw_bytes()) == 0);
  settle(reactor);
  CHILD_CHECK((*listener)->descriptors_exhausted() == 1);
  CHILD_CHECK(accepted.empty());
  CHILD_CHECK(reactor.timers().next() == clock.now() + Listener::kRetryAfter);
  CHILD_CHECK(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  clock.advance(Listener::kRetryAfter);
  reactor.turn(0ms);
  CHILD_CHECK(accepted.size() == 1);
  ::close(client);
  return 0;
}

TEST_F(ListenerTest, ShedsConnectionsWhenDescriptorsRunOut) {
  EXPECT_EXIT(std::exit(shed_when_descriptors_run_out()), ::testing::ExitedWithCode(0), "");
}

TEST_F(ListenerTest, RetriesByATimerWhenNotEvenSheddingWorks) {
  EXPECT_EXIT(std::exit(retry_when_not_even_shedding_works()), ::testing::ExitedWithCode(0), "");
}

class ConnectTest : public ListenerTest {};

TEST_F(ConnectTest, ToNobodyIsRefused) {
  Reactor reactor(clock);
  Accepted accepted;
  const Address nobody =
      (*Listener::open(reactor, Address::loopback(0), {}, into(accepted)))->address();
  Connecting connecting(connect(reactor, nobody, {}));
  ASSERT_TRUE(turn_until(reactor, [&] { return connecting.done(); }));
  ASSERT_FALSE(connecting.value());
  const Error& error = connecting.value().error();
  EXPECT_EQ(error.code, ErrorCode::refused);
  EXPECT_EQ(error.fault, Fault::upstream);
  EXPECT_TRUE(error.retry_is_safe);
  EXPECT_THAT(error.message, ::testing::HasSubstr(nobody.text()));
}

TEST_F(ConnectTest, WhereNoRouteLeadsIsUnreachable) {
  Reactor reactor(clock);
  Connecting connecting(connect(reactor, *Address::literal("255.255.255.255", 80), {}));
  ASSERT_TRUE(turn_until(reactor, [&] { return connecting.done(); }));
  ASSERT_FALSE(connecting.value());
  EXPECT_EQ(connecting.value().error().code, ErrorCode::unreachable);
  EXPECT_EQ(connecting.value().error().fault, Fault::upstream);
}

Async<Result<std::unique_ptr<Socket>>> connect_within(Reactor& reactor, Address to,
                                                      Duration limit) {
  this_scope scope;
  Deadline deadline(reactor, co_await scope, limit, ErrorCode::connect_timed_out, "no answer",
                    Fault::upstream);
  co_return co_await connect(reactor, to, {});
}

TEST_F(ConnectTest, ADeadlineEndsTheWait) {
  Reactor reactor(clock);
  // A full backlog: the kernel drops further SYNs, and the connection hangs.
  Accepted accepted;
  auto listener = Listener::open(reactor, Address::loopback(0), {.backlog = 0}, into(accepted));
  ASSERT_TRUE(listener);
  (*listener)->pause();
  std::vector<std::unique_ptr<Connecting>> filling;
  for (int i = 0; i < 4; ++i) {
    filling.push_back(
        std::make_unique<Connecting>(connect_within(reactor, (*listener)->address(), 3s)));
  }
  settle(reactor);
  ASSERT_FALSE(filling.back()->done());
  clock.advance(3s);
  reactor.turn(0ms);
  ASSERT_TRUE(filling.back()->done());
  EXPECT_EQ(filling.back()->value().error().code, ErrorCode::connect_timed_out);
}

TEST_F(ConnectTest, DestroyingTheFlowClosesTheSocket) {
  Reactor reactor(clock);
  Accepted accepted;
  auto listener = Listener::open(reactor, Address::loopback(0), {}, into(accepted));
  ASSERT_TRUE(listener);
  const std::size_t before = testing::open_descriptors();
  {
    Connecting connecting(connect(reactor, (*listener)->address(), {}));
  }
  EXPECT_EQ(testing::open_descriptors(), before);
}

}  // namespace
}  // namespace perigee::net
