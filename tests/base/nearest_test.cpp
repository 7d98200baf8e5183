#include "base/nearest.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace perigee {
namespace {

TEST(NearestName, FindsWhatWasMeant) {
  constexpr std::array<std::string_view, 5> kNames{"listeners", "flows", "flowExecution", "id",
                                                   "name"};
  struct {
    std::string_view name, nearest;
  } rows[] = {{"listener", "listeners"},
              {"lisetners", "listeners"},
              {"FLOWS", "flows"},
              {"flowz", "flows"},
              {"di", "id"},
              {"nmae", "name"},
              {"xyz", ""},
              {"", ""},
              {"flowexecutor", "flowExecution"}};
  for (auto& [name, nearest] : rows) EXPECT_EQ(nearest_name(name, kNames), nearest) << name;
}

TEST(NearestName, GivesTheFirstOfEquallyNear) {
  constexpr std::array<std::string_view, 2> kNames{"aab", "aac"};
  EXPECT_EQ(nearest_name("aaa", kNames), "aab");
}

TEST(NearestName, DoesNotCompareVeryLongNames) {
  std::string longer(65, 'x');
  std::array<std::string_view, 1> names{longer};
  EXPECT_EQ(nearest_name(longer, names), "");
  std::string longest(64, 'x');
  names[0] = longest;
  EXPECT_EQ(nearest_name(longest, names), longest);
}

}  // namespace
}  // namespace perigee
