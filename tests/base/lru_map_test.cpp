#include "base/lru_map.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace perigee {
namespace {

TEST(LruMap, GivesUpTheOneThatWasUsedLongestAgo) {
  LruMap<int> map(2);
  map.add("a", 1);
  map.add("b", 2);
  EXPECT_EQ(*map.find("a"), 1);  // used
  map.add("c", 3);
  EXPECT_EQ(map.size(), 2u);
  EXPECT_EQ(map.find("b"), nullptr);
  EXPECT_EQ(*map.find("a"), 1);
  EXPECT_EQ(*map.find("c"), 3);
}

TEST(LruMap, KeepsAtLeastOne) {
  LruMap<int> map(0);
  map.add("a", 1);
  EXPECT_EQ(*map.find("a"), 1);
  map.add("b", 2);
  EXPECT_EQ(map.size(), 1u);
}

TEST(LruMap, MakesWhatIsNotThere) {
  LruMap<int> map(2);
  map.get("a") = 5;
  EXPECT_EQ(map.get("a"), 5);
  EXPECT_EQ(map.get("b"), 0);
  map.get("a");
  map.get("c");
  EXPECT_EQ(map.find("b"), nullptr);
}

TEST(LruMap, DropsTheOldestThatMayGo) {
  LruMap<int> map(3);
  for (int i = 1; i <= 3; ++i) map.add(std::to_string(i), i);
  EXPECT_TRUE(map.full());
  EXPECT_TRUE(map.drop_oldest([](int value) { return value != 1; }));
  EXPECT_EQ(map.find("2"), nullptr);
  EXPECT_FALSE(map.full());
  EXPECT_FALSE(map.drop_oldest([](int value) { return value > 3; }));
  EXPECT_EQ(map.size(), 2u);
}

TEST(LruMap, ValuesStayWhereTheyAreAndGoWhenTheyAreErased) {
  LruMap<std::shared_ptr<int>> map(10);
  auto value = std::make_shared<int>(1);
  std::shared_ptr<int>* at = &map.add("a", value);
  for (int i = 0; i < 9; ++i) map.add(std::to_string(i), nullptr);
  EXPECT_EQ(map.find("a"), at);
  LruMap<std::shared_ptr<int>> moved = std::move(map);
  EXPECT_EQ(moved.find("a"), at);
  moved.erase("a");
  moved.erase("a");
  EXPECT_EQ(value.use_count(), 1);
  moved.add("b", value);
  moved.clear();
  EXPECT_EQ(value.use_count(), 1);
  EXPECT_EQ(moved.size(), 0u);
}

}  // namespace
}  // namespace perigee
