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

TEST(NearestName, TakesAPartForTheWholeWhenNoneIsNear) {
  constexpr std::array<std::string_view, 5> kWhole = {
      "inheritConfiguration", "policies", "maxRetries", "policy-assign-content", "http"};
  EXPECT_EQ(nearest_name("inherit", kWhole), "inheritConfiguration");
  EXPECT_EQ(nearest_name("policy", kWhole), "policies");
  EXPECT_EQ(nearest_name("maxRetry", kWhole), "maxRetries");
  EXPECT_EQ(nearest_name("Assign-Content", kWhole), "policy-assign-content");
  constexpr std::array<std::string_view, 2> kBoth = {"definitionVersion", "apiVersion"};
  EXPECT_EQ(nearest_name("version", kBoth), "apiVersion") << "the shortest of them";
  EXPECT_EQ(nearest_name("content-assign", kWhole), "");
  EXPECT_EQ(nearest_name("assign", kWhole), "") << "neither its beginning nor its end";
  EXPECT_EQ(nearest_name("tent", kWhole), "") << "too short to tell";
}

}  // namespace
}  // namespace perigee
