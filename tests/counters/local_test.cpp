// Counting in the process: windows and buckets, exact across threads, bounded.
#include "counters/local.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace perigee::counters {
namespace {

constexpr std::int64_t kNow = 1'767'225'600'000;

CountRequest request(std::string_view key, std::int64_t reset_ms, std::uint32_t weight = 1) {
  return {.key = key, .weight = weight, .limit = 10, .reset_ms = reset_ms};
}

TEST(Local, AWindowBeginsWithItsFirstRequestAndEndsWhenThatOneSaid) {
  Local local;
  EXPECT_EQ(local.add(request("k", kNow + 500), kNow).value, 1u);
  Count second = local.add(request("k", kNow + 999), kNow + 499);
  EXPECT_EQ(second.value, 2u);
  EXPECT_EQ(second.reset_ms, kNow + 500);
  Count third = local.add(request("k", kNow + 1000), kNow + 500);
  EXPECT_EQ(third.value, 1u);
  EXPECT_EQ(third.reset_ms, kNow + 1000);
}

TEST(Local, KeysAreCountedApartAndWeightsAdded) {
  Local local;
  EXPECT_EQ(local.add(request("a", kNow + 500, 5), kNow).value, 5u);
  EXPECT_EQ(local.add(request("b", kNow + 500), kNow).value, 1u);
  EXPECT_EQ(local.add(request("a", kNow + 500, 3), kNow).value, 8u);
  EXPECT_EQ(local.add(request("a", kNow + 500, 0), kNow).value, 8u);
  EXPECT_EQ(local.add(request("", kNow + 500), kNow).value, 1u);
  EXPECT_EQ(local.keys(), 3u);
}

TEST(Local, AWindowThatIsOverBeforeItBeginsIsNotKept) {
  Local local;
  for (int i = 0; i < 3; ++i) {
    Count count = local.add(request("k", kNow), kNow);
    EXPECT_EQ(count.value, 1u);
    EXPECT_EQ(count.reset_ms, kNow);
  }
  EXPECT_EQ(local.keys(), 0u);
}

TEST(Local, AClockThatGoesBackLeavesTheWindow) {
  Local local;
  local.add(request("k", kNow + 500), kNow);
  Count count = local.add(request("k", kNow - 9500), kNow - 10'000);
  EXPECT_EQ(count.value, 2u);
  EXPECT_EQ(count.reset_ms, kNow + 500);
}

TEST(Local, ACountStaysAtItsLargest) {
  Local local;
  constexpr std::uint32_t kLarge = 0xffffffff;
  std::uint64_t value = 0;
  for (int i = 0; i < 300; ++i) value = local.add(request("k", kNow + 500, kLarge), kNow).value;
  EXPECT_EQ(value, (std::uint64_t{1} << 40) - 1);
  EXPECT_EQ(local.add(request("k", kNow + 500), kNow).value, value);
}

BucketRequest bucket(std::string_view key) {
  return {.key = key, .rate = 2, .period_ms = 1000, .capacity = 3};
}

TEST(Local, BucketsBeginFullAndFillAgain) {
  Local local;
  for (std::int64_t left : {2, 1, 0}) {
    Taken taken = local.take(bucket("k"), kNow);
    EXPECT_TRUE(taken.allowed);
    EXPECT_EQ(taken.tokens, left);
    EXPECT_EQ(taken.next_ms, left > 0 ? kNow : kNow + 500);
  }
  EXPECT_FALSE(local.take(bucket("k"), kNow + 499).allowed);
  EXPECT_EQ(local.take(bucket("k"), kNow + 499).next_ms, kNow + 999);
  EXPECT_TRUE(local.take(bucket("k"), kNow + 500).allowed);
  EXPECT_FALSE(local.take(bucket("k"), kNow + 500).allowed);
  EXPECT_EQ(local.take(bucket("k"), kNow + 86'400'000).tokens, 2);
}

TEST(Local, ManyTokensAreTakenAtOnceOrNone) {
  Local local;
  BucketRequest two = bucket("k");
  two.tokens = 2;
  EXPECT_TRUE(local.take(two, kNow).allowed);
  EXPECT_FALSE(local.take(two, kNow).allowed);
  EXPECT_EQ(local.take(two, kNow).tokens, 1);
  EXPECT_EQ(local.take(bucket("k"), kNow).tokens, 0);
}

TEST(Local, ABucketIsNotTheWindowOfItsKey) {
  Local local;
  local.add(request("k", kNow + 500, 9), kNow);
  EXPECT_EQ(local.take(bucket("k"), kNow).tokens, 2);
  EXPECT_EQ(local.add(request("k", kNow + 500), kNow).value, 10u);
}

TEST(Local, ADrainedBucketHasNothingLeft) {
  Local local;
  local.drain("k");  // nobody knows it: nothing to do
  EXPECT_EQ(local.take(bucket("k"), kNow).tokens, 2);
  local.drain("k");
  EXPECT_FALSE(local.take(bucket("k"), kNow).allowed);
  EXPECT_TRUE(local.take(bucket("k"), kNow + 500).allowed);
}

std::string key_of(std::size_t number) { return "plan-sub-" + std::to_string(number) + ":rl"; }

TEST(Local, EndedWindowsMakeRoomForNewKeys) {
  constexpr std::size_t kKeysMax = 4096;
  Local local(kKeysMax);
  for (std::int64_t round = 0; round < 10; ++round) {
    std::int64_t now = kNow + round * 1000;
    for (std::size_t i = 0; i < kKeysMax * 3 / 4; ++i) {
      std::string key = key_of(static_cast<std::size_t>(round) * kKeysMax + i);
      ASSERT_EQ(local.add(request(key, now + 1000), now).value, 1u);
    }
    for (std::size_t i = 0; i < kKeysMax * 3 / 4; ++i) {
      std::string key = key_of(static_cast<std::size_t>(round) * kKeysMax + i);
      ASSERT_EQ(local.add(request(key, now + 1000), now).value, 2u) << key << " was given up";
    }
  }
  EXPECT_LE(local.keys(), kKeysMax);
}

TEST(Local, BeyondItsKeysThoseThatCountLeastBeginAnew) {
  constexpr std::size_t kKeysMax = 1000;
  Local local(kKeysMax);
  for (std::size_t i = 0; i < kKeysMax / 2; ++i)
    local.add(request(key_of(i), kNow + 500, 100), kNow);
  for (std::size_t i = 0; i < 20 * kKeysMax; ++i)
    local.add(request("stranger-" + std::to_string(i), kNow + 500), kNow);
  EXPECT_LE(local.keys(), kKeysMax);
  for (std::size_t i = 0; i < kKeysMax / 2; ++i)
    EXPECT_EQ(local.add(request(key_of(i), kNow + 500), kNow).value, 101u) << key_of(i);
}

TEST(Local, WorksWithRoomForOneKey) {
  Local local(1);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(local.add(request(key_of(i), kNow + 500), kNow).value, 1u);
    EXPECT_EQ(local.add(request(key_of(i), kNow + 500), kNow).value, 2u);
  }
  EXPECT_EQ(local.keys(), 1u);
}

// The allocators of sanitizers are not measured.
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
TEST(Local, AMillionKeysTakeAtMost150BytesEach) {
  constexpr std::size_t kKeys = 1'000'000;
  const auto before = mallinfo2();
  Local local(kKeys + kKeys / 10);  // the shards are not filled alike
  for (std::size_t i = 0; i < kKeys; ++i) local.add(request(key_of(i), kNow + 500), kNow);
  const auto after = mallinfo2();
  std::size_t bytes = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
  EXPECT_EQ(local.keys(), kKeys);
  EXPECT_LE(bytes / kKeys, 150u);
  EXPECT_GE(bytes / kKeys, 64u) << "nothing was measured";
  std::cout << bytes / kKeys << " bytes for each key\n";
}
#endif

void run_in_threads(unsigned count, const std::function<void(unsigned)>& work) {
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
}

// Every value is given once: no count is lost and none is made up.
TEST(Local, EveryThreadGetsAValueOfItsOwn) {
  constexpr std::size_t kThreads = 4, kEach = 20'000, kKeys = 3;
  Local local;
  std::vector<std::vector<std::atomic<int>>> seen(kKeys);
  for (auto& each : seen) each = std::vector<std::atomic<int>>(kThreads * kEach + 1);
  run_in_threads(kThreads, [&](unsigned) {
    for (std::size_t i = 0; i < kEach; ++i) {
      std::size_t key = i % kKeys;
      seen[key][local.add(request(key_of(key), kNow + 500), kNow).value].fetch_add(1);
    }
  });
  std::size_t all = 0;
  for (std::size_t key = 0; key < kKeys; ++key) {
    std::size_t count = local.add(request(key_of(key), kNow + 500), kNow).value - 1;
    for (std::size_t value = 1; value <= count; ++value) ASSERT_EQ(seen[key][value].load(), 1);
    all += count;
  }
  EXPECT_EQ(all, kThreads * kEach);
}

// Windows end while others count in them, and keys push each other out: no count may land in a
// window that is not its own.
TEST(Local, ThreadsThatChangeWindowsAndKeysAdmitNoMoreThanTheLimit) {
  constexpr std::size_t kThreads = 4, kWindows = 300, kLimit = 7;
  Local local(4096);
  std::atomic<std::int64_t> window{0};
  std::vector<std::atomic<std::uint64_t>> admitted(kWindows);
  run_in_threads(kThreads, [&](unsigned thread) {
    for (std::size_t i = 0;; ++i) {
      std::int64_t at = window.load();
      if (at >= static_cast<std::int64_t>(kWindows)) return;
      std::int64_t now = kNow + at * 1000;
      Count count = local.add(request("hot", now + 1000), now);
      std::int64_t counted_in = (count.reset_ms - kNow) / 1000 - 1;
      ASSERT_GE(counted_in, at);
      if (count.value <= kLimit) admitted[static_cast<std::size_t>(counted_in)].fetch_add(1);
      local.add(request(key_of(thread * 1'000'000 + i), now + 1000), now);
      if (thread == 0 && i % 20 == 19) window.fetch_add(1);
    }
  });
  for (std::size_t i = 0; i < kWindows; ++i) EXPECT_LE(admitted[i].load(), kLimit) << i;
}

TEST(Local, ThreadsTakeEveryTokenOnce) {
  constexpr std::size_t kThreads = 4, kEach = 5'000;
  Local local;
  std::atomic<std::uint64_t> allowed{0};
  BucketRequest request{.key = "k", .rate = 1, .period_ms = 1, .capacity = 1000};
  run_in_threads(kThreads, [&](unsigned) {
    for (std::size_t i = 0; i < kEach; ++i) {
      // Time stands still for all of them: 1000 tokens, and one more for each of 50 milliseconds.
      if (local.take(request, kNow + static_cast<std::int64_t>(i / 100)).allowed)
        allowed.fetch_add(1);
    }
  });
  EXPECT_GE(allowed.load(), 1000u);
  EXPECT_LE(allowed.load(), 1000u + kEach / 100);
}

}  // namespace
}  // namespace perigee::counters
