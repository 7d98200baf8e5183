#include "net/descriptors.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <future>
#include <thread>

#include "net/reactor.hpp"

namespace perigee::net {
namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

int open_null() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

// What it is, whatever number it has.
ino_t file_of(int fd) {
  struct stat facts{};
  return ::fstat(fd, &facts) == 0 ? facts.st_ino : 0;
}

class Descriptors : public ::testing::Test {
 protected:
  void SetUp() override {
    bool left = false;
    apart([&left](bool has) { left = has; });
    if (!left) GTEST_SKIP() << "one table of descriptors per process here";
  }
  ~Descriptors() override { ::close(foreign_); }
  // Runs `look` on a thread that has left the shared table, if that is possible.
  static void apart(const std::function<void(bool left)>& look) {
    std::thread([&] { look(leave_shared_descriptors({})); }).join();
  }
  int foreign_ = open_null();
};

TEST_F(Descriptors, OfOtherThreadsAreNotThereAnyMore) {
  bool there = true, standard = false;
  apart([&](bool) {
    there = is_open(foreign_);
    standard = is_open(STDERR_FILENO);
  });
  EXPECT_FALSE(there);
  EXPECT_TRUE(standard);
  EXPECT_TRUE(is_open(foreign_));
}

TEST_F(Descriptors, OpenedApartAreNobodyElses) {
  constexpr int kFree = 900;
  ASSERT_FALSE(is_open(kFree));
  bool shared = true;
  std::promise<void> opened, looked;
  std::thread apart_thread([&] {
    leave_shared_descriptors({});
    const int fd = open_null();
    ::dup2(fd, kFree);
    opened.set_value();
    looked.get_future().wait();
  });
  opened.get_future().wait();
  shared = is_open(kFree);
  looked.set_value();
  apart_thread.join();
  EXPECT_FALSE(shared);
}

TEST_F(Descriptors, OwnAndCommonOnesKeepTheirNumbers) {
  const CommonDescriptor common(open_null());
  const int between = open_null();
  const int own = open_null();
  std::thread([&] {
    leave_shared_descriptors({own});
    EXPECT_EQ(file_of(common.get()), file_of(own));
    EXPECT_TRUE(is_open(own));
    EXPECT_FALSE(is_open(between));
  }).join();
  ::close(between);
  ::close(own);
}

TEST_F(Descriptors, AreCountedInAllTables) {
  const std::uint64_t before = open_descriptors();
  std::uint64_t apart_now = 0, apart_with_one_more = 0;
  apart([&](bool) {
    apart_now = open_descriptors();
    const int fd = open_null();
    apart_with_one_more = open_descriptors();
    ::close(fd);
  });
  EXPECT_GT(apart_now, before);  // 0 to 2 are there twice
  EXPECT_EQ(apart_with_one_more, apart_now + 1);
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(Descriptors, AReactorApartIsWokenAndWakesOthers) {
  SystemClock clock;
  Reactor here(clock), there(clock);
  std::thread loop([&] {
    there.leave_shared_descriptors();
    there.run();
  });
  int answers = 0;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(there.post([&] { EXPECT_TRUE(here.post([&] { ++answers; })); }));
    while (answers == i) here.turn(1h);
  }
  there.stop();
  loop.join();
}

using DescriptorsDeathTest = Descriptors;

TEST_F(DescriptorsDeathTest, CommonOnesComeBeforeTheFirstThreadLeaves) {
  EXPECT_DEATH(apart([](bool) { CommonDescriptor late(open_null()); }), "left.empty");
}

}  // namespace
}  // namespace perigee::net
