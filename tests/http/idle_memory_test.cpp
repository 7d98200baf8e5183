// What an idle connection costs: one object beside its socket, and neither frame, buffer nor timer.
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/socket.hpp"
#include "tests/http/support/world.hpp"

namespace perigee::http {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PERIGEE_FOREIGN_MALLOC 1
#endif
#endif

std::size_t bytes_allocated() { return ::mallinfo2().uordblks; }

TEST(IdleMemory, IsAtMostHalfAKibibytePerConnection) {
#ifdef PERIGEE_FOREIGN_MALLOC
  GTEST_SKIP() << "the sanitizer has an allocator of its own";
#endif
  constexpr int kConnections = 500;
  test::Recorder recorder;
  test::World world(recorder);
  ASSERT_TRUE(world.server.listen(net::Address::loopback(0)).has_value());
  sockaddr_in address = *reinterpret_cast<const sockaddr_in*>(world.server.address().raw());
  std::string request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

  std::vector<int> clients;
  recorder.seen.reserve(kConnections + 10);
  std::size_t before = 0;
  for (int i = 0; i < kConnections + 10; ++i) {
    if (i == 10) before = bytes_allocated();  // ten have warmed the pools up
    int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    std::size_t served = recorder.seen.size() + 1;
    while (recorder.seen.size() < served) world.reactor.turn(5ms);
    world.reactor.turn(0ms);
    clients.push_back(fd);
  }
  // What the test itself keeps of each request fits into small strings.
  std::size_t each = (bytes_allocated() - before) / kConnections;
  RecordProperty("bytes_per_idle_connection", static_cast<int>(each));
  std::printf("%zu bytes per idle connection\n", each);
  EXPECT_LE(each, 512u);
  EXPECT_EQ(world.reactor.buffers().bytes_leased(), 0u);
  EXPECT_EQ(world.reactor.timers().armed(), 0u);
  for (int fd : clients) ::close(fd);
}

}  // namespace
}  // namespace perigee::http
