#include "base/find_bytes.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace perigee {
namespace {

constexpr auto kNone = std::string_view::npos;

TEST(FindBytes, FindsWhereATextStands) {
  EXPECT_EQ(find_bytes("a needle", "needle"), 2U);
  EXPECT_EQ(find_bytes("a needle", "noodle"), kNone);
  EXPECT_EQ(find_bytes("aXaX", "X", 2), 3U);
  EXPECT_EQ(find_bytes("aXaX", "X", 4), kNone);
  EXPECT_EQ(find_bytes("aX", "X", 3), kNone);
}

TEST(FindBytes, AnEmptyPartStandsEverywhere) {
  EXPECT_EQ(find_bytes("ab", ""), 0U);
  EXPECT_EQ(find_bytes("ab", "", 2), 2U);
  EXPECT_EQ(find_bytes("ab", "", 3), kNone);
  EXPECT_EQ(find_bytes({}, ""), 0U);
}

// Under UBSan: a view without an address never reaches the C library.
TEST(FindBytes, NothingStandsInAnEmptyText) { EXPECT_EQ(find_bytes({}, "needle"), kNone); }

}  // namespace
}  // namespace perigee
