#include "base/arena.hpp"

#include <cstdint>

namespace perigee {
namespace {

TEST(Arena, AlignsWhatItGives) {
  Arena arena(256);
  for (std::size_t align : {1, 2, 8, 16, 64}) {
    arena.take(1, 1);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(arena.take(8, align)) % align, 0u) << align;
  }
}

TEST(Arena, PiecesDoNotOverlapAcrossChunks) {
  Arena arena(128);
  std::vector<std::string_view> copies;
  for (int i = 0; i < 200; ++i) copies.push_back(arena.copy("text " + std::to_string(i)));
  for (int i = 0; i < 200; ++i) EXPECT_EQ(copies[i], "text " + std::to_string(i));
}

TEST(Arena, GivesPiecesLargerThanAChunk) {
  Arena arena(64);
  std::string large(10'000, 'x');
  EXPECT_EQ(arena.copy(large), large);
  EXPECT_GE(arena.bytes_held(), 10'000u);
}

TEST(Arena, ClearKeepsTheFirstChunkOnly) {
  Arena arena(1024);
  arena.take(100);
  std::size_t first = arena.bytes_held();
  for (int i = 0; i < 10; ++i) arena.take(1000);
  EXPECT_GT(arena.bytes_held(), first);
  arena.clear();
  EXPECT_EQ(arena.bytes_held(), first);
}

TEST(Arena, AllocatesNothingAfterWarmUp) {
  Arena arena(1024);
  void* before = arena.take(100);
  std::size_t held = arena.bytes_held();
  for (int i = 0; i < 100; ++i) {
    arena.clear();
    EXPECT_EQ(arena.take(100), before);
  }
  EXPECT_EQ(arena.bytes_held(), held);
}

TEST(Arena, ReleaseFreesAllAndTheArenaWorksOn) {
  Arena arena;
  arena.copy("a");
  arena.release();
  EXPECT_EQ(arena.bytes_held(), 0u);
  EXPECT_EQ(arena.copy("b"), "b");
}

TEST(Arena, ClearingWhatWasNeverUsedIsFine) {
  Arena arena;
  arena.clear();
  arena.release();
  EXPECT_EQ(arena.bytes_held(), 0u);
}

TEST(Arena, JoinsTexts) {
  Arena arena;
  EXPECT_EQ(arena.join("a", "bc"), "abc");
  EXPECT_EQ(arena.join("", "bc"), "bc");
  EXPECT_EQ(arena.join("a", ""), "a");
  EXPECT_EQ(arena.join("", ""), "");
}

TEST(Arena, ArraysOfNothingAreEmpty) {
  Arena arena;
  EXPECT_TRUE(arena.array<int>(0).empty());
  EXPECT_TRUE(arena.copy("").empty());
}

TEST(ArenaDeath, RefusesCountsThatOverflow) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Arena arena;
  EXPECT_DEATH(arena.array<std::uint64_t>(SIZE_MAX / 4), "broken invariant");
}

#if __has_feature(address_sanitizer)
TEST(ArenaDeath, AViewIntoWhatWasClearedIsReported) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  Arena arena;
  std::string_view text = arena.copy("gone");
  arena.clear();
  EXPECT_DEATH(static_cast<void>(std::string(text)), "use-after-poison");
}
#endif

}  // namespace
}  // namespace perigee
