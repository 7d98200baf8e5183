#include "base/nearest.hpp"

#include <array>

namespace perigee {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"http.port", "http.host", "http.secured",
                                                    "ratelimit.type", "api"};

TEST(NearestName, FindsWhatWasMistyped) {
  EXPECT_EQ(nearest_name("http.prot", kNames), "http.port");  // neighbours swapped
  EXPECT_EQ(nearest_name("htp.host", kNames), "http.host");
  EXPECT_EQ(nearest_name("http.secure", kNames), "http.secured");
  EXPECT_EQ(nearest_name("ratelimit.tipe", kNames), "ratelimit.type");
}

TEST(NearestName, LetterCaseIsNoDifference) {
  EXPECT_EQ(nearest_name("HTTP.Port", kNames), "http.port");
}

TEST(NearestName, GivesNothingWhenNoneIsNear) {
  EXPECT_EQ(nearest_name("management.mongodb.uri", kNames), "");
  EXPECT_EQ(nearest_name("", kNames), "");
  EXPECT_EQ(nearest_name("http.port", {}), "");
}

TEST(NearestName, OfEquallyNearOnesGivesTheFirst) {
  constexpr std::array<std::string_view, 2> kBoth = {"abcdefX", "abcdefY"};
  EXPECT_EQ(nearest_name("abcdefZ", kBoth), "abcdefX");
}

}  // namespace
}  // namespace perigee
