// What a gateway knows of a window, and what it may give away alone.
#include "counters/view.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <string>

namespace perigee::counters {
namespace {

constexpr std::int64_t kNow = 1'767'225'600'000, kReset = kNow + 60'000;

struct ShareRow {
  std::uint64_t left;
  std::uint32_t nodes;
  double overcommit;
  std::uint64_t share;
};

TEST(Share, IsAPartOfWhatIsLeft) {
  for (const ShareRow& row : std::initializer_list<ShareRow>{
           {100, 1, 1.0, 100},
           {100, 3, 1.0, 34},
           {99, 3, 1.0, 33},
           {1, 3, 1.0, 1},
           {0, 3, 1.0, 0},
           {100, 3, 1.5, 50},
           {100, 3, 3.0, 100},
           {100, 3, 7.0, 100},
           {100, 3, 0.0, 0},
           {100, 3, -1.0, 0},
           {2'147'483'647, 1000, 1.0, 2'147'484},
       })
    EXPECT_EQ((Share{.nodes = row.nodes, .overcommit = row.overcommit}.of(row.left)), row.share)
        << row.left << " of " << row.nodes << " by " << row.overcommit;
}

// A window of which the store said so much, on the first connection.
void learn(View& view, std::uint64_t seen) {
  view.roll(kNow, kReset);
  View::Cargo cargo = view.load(1);
  view.delivered({.window = cargo.window, .epoch = 1, .now_ms = kNow},
                 {.counter = seen, .reset_ms = kReset});
}

TEST(View, RollsWhenItsWindowIsOver) {
  View view;
  view.roll(kNow, kReset);
  EXPECT_EQ(view.reset_ms, kReset);
  view.unsent = 3;
  view.roll(kReset - 1, kReset + 60'000);
  EXPECT_EQ(view.value(), 3u);
  view.roll(kReset, kReset + 60'000);
  EXPECT_EQ(view.value(), 0u);
  EXPECT_EQ(view.reset_ms, kReset + 60'000);
  EXPECT_FALSE(view.known);
}

TEST(View, CargoIsWhatIsUnsentAndAFloorOnAnotherConnection) {
  View view;
  learn(view, 80);
  view.unsent = 2;
  View::Cargo same = view.load(1);
  EXPECT_EQ(same.weight, 2u);
  EXPECT_EQ(same.floor, 0u);
  EXPECT_EQ(view.sending, 2u);
  view.undelivered({.window = same.window, .own = 2});
  EXPECT_EQ(view.unsent, 2u);
  View::Cargo other = view.load(2);
  EXPECT_EQ(other.weight, 2u);
  EXPECT_EQ(other.floor, 80u);
  view.delivered({.window = other.window, .own = 2, .epoch = 2, .now_ms = kNow},
                 {.counter = 83, .reset_ms = kReset});
  EXPECT_EQ(view.value(), 83u);
  EXPECT_EQ(view.load(2).floor, 0u);
}

TEST(View, WhatNobodyToldHasNoFloor) {
  View view;
  view.roll(kNow, kReset);
  view.unsent = 5;
  EXPECT_EQ(view.load(7).floor, 0u);
}

TEST(View, AnswersOfAFormerWindowAreDropped) {
  View view;
  learn(view, 80);
  view.unsent = 1;
  View::Cargo cargo = view.load(1);
  view.roll(kReset, kReset + 60'000);
  view.delivered({.window = cargo.window, .own = 1, .epoch = 1, .now_ms = kReset},
                 {.counter = 81, .reset_ms = kReset});
  view.undelivered({.window = cargo.window, .own = 1});
  EXPECT_EQ(view.value(), 0u);
  EXPECT_FALSE(view.known);
}

TEST(View, AnOlderAnswerDoesNotLowerTheCount) {
  View view;
  learn(view, 80);
  view.delivered({.window = view.window, .epoch = 1, .now_ms = kNow},
                 {.counter = 79, .reset_ms = kReset});
  EXPECT_EQ(view.seen, 80u);
}

TEST(View, StrictTakesTheWindowOfTheStore) {
  View view;
  view.roll(kNow, kReset);
  view.delivered({.window = view.window, .epoch = 1, .now_ms = kNow},
                 {.counter = 5, .reset_ms = kReset + 7});
  EXPECT_EQ(view.reset_ms, kReset + 7);
  // The store began another one, which has nothing of the former.
  view.delivered({.window = view.window, .epoch = 1, .now_ms = kNow},
                 {.counter = 1, .reset_ms = kReset + 500});
  EXPECT_EQ(view.reset_ms, kReset + 500);
  EXPECT_EQ(view.value(), 1u);
}

TEST(View, OthersTakeOnlyAnEarlierEnd) {
  auto after = [](std::int64_t reset_ms) {
    View view;
    view.roll(kNow, kReset);
    view.delivered({.window = view.window, .strict = false, .epoch = 1, .now_ms = kNow},
                   {.counter = 5, .reset_ms = reset_ms});
    EXPECT_EQ(view.seen, 5u);
    return view.reset_ms;
  };
  EXPECT_EQ(after(kReset - 7), kReset - 7);
  EXPECT_EQ(after(kReset + 7), kReset);
  EXPECT_EQ(after(kNow), kReset) << "that one is over";
}

TEST(View, AnEndedWindowTellsNothing) {
  View view;
  view.roll(kNow, kReset);
  view.unsent = 2;
  View::Cargo cargo = view.load(1);
  view.delivered({.window = cargo.window, .own = 2, .epoch = 1, .now_ms = kNow}, {.ended = true});
  EXPECT_FALSE(view.known);
  EXPECT_EQ(view.value(), 0u);
}

TEST(View, ItsShareIsThatOfTheBeginningOfTheOutage) {
  View view;
  learn(view, 10);
  const Share share{.nodes = 3};
  for (std::uint64_t left : {29, 28, 27}) {
    EXPECT_EQ(view.left_of_share(100, 1, share, 7), left);
    ++view.unsent;
  }
  EXPECT_EQ(view.left_of_share(40, 8, share, 7), std::nullopt) << "10 of 30 are ours, 3 are taken";
  EXPECT_EQ(view.left_of_share(40, 7, share, 7), 0u);
  // Another outage: another share, of what is left then.
  EXPECT_EQ(view.left_of_share(100, 1, share, 8), 28u);
  EXPECT_EQ(view.left_of_share(5, 1, share, 8), std::nullopt) << "over the limit before";
}

// The allocators of sanitizers are not measured.
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
TEST(View, AMillionKeysTakeAtMost150BytesEach) {
  constexpr std::size_t kKeys = 1'000'000;
  const auto before = mallinfo2();
  Views views(kKeys + kKeys / 10);  // the shards are not filled alike
  KeyHasher hasher;
  for (std::size_t i = 0; i < kKeys; ++i) {
    Views::Locked shard = views.lock(hasher.window("plan-sub-" + std::to_string(i)));
    shard.claim(kNow).roll(kNow, kReset);
  }
  const auto after = mallinfo2();
  std::size_t bytes = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
  EXPECT_EQ(views.size(), kKeys);
  EXPECT_LE(bytes / kKeys, 150u);
  EXPECT_GE(bytes / kKeys, sizeof(View)) << "nothing was measured";
  std::cout << bytes / kKeys << " bytes for each key\n";
}
#endif

}  // namespace
}  // namespace perigee::counters
