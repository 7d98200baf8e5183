#include "base/result.hpp"

#include <memory>

namespace perigee {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0)
    return fail(ErrorCode::invalid, std::to_string(number) + " is odd", Fault::client);
  return number / 2;
}

Result<void> check(int number) {
  TRY(half(number));
  return {};
}

Result<int> quarter(int number) {
  TRY(int once, half(number));
  TRY(int twice, half(once));
  return twice;
}

Result<std::unique_ptr<int>> owned(int number) {
  TRY(int value, half(number));
  return std::make_unique<int>(value);
}

Result<int> through_owned(int number) {
  TRY(std::unique_ptr<int> value, owned(number));
  return *value;
}

TEST(Try, GoesOnWithTheValue) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_TRUE(check(2).has_value());
}

TEST(Try, MovesWhatOnlyMoves) { EXPECT_EQ(through_owned(8).value(), 4); }

TEST(Try, GivesTheErrorUpUnchanged) {
  Result<int> result = quarter(6);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::invalid);
  EXPECT_EQ(result.error().fault, Fault::client);
  EXPECT_EQ(result.error().message, "3 is odd");
  EXPECT_FALSE(check(1).has_value());
}

TEST(Error, SaysWhereItCameFromOnItsWayUp) {
  Error error(ErrorCode::invalid, "3 is odd");
  Error told = std::move(error).in("/items/0").in("api.json");
  EXPECT_EQ(told.message, "api.json: /items/0: 3 is odd");
  EXPECT_EQ(told.code, ErrorCode::invalid);
}

TEST(Error, KeepsItsPartsOnItsWayUp) {
  Error error(ErrorCode::refused, "no");
  error.retry_is_safe = true;
  error.status = 502;
  error.key = "GATEWAY_CLIENT_CONNECTION_ERROR";
  Error told = std::move(error).in("endpoint a");
  EXPECT_TRUE(told.retry_is_safe);
  EXPECT_EQ(told.status, 502);
  EXPECT_EQ(told.key, "GATEWAY_CLIENT_CONNECTION_ERROR");
}

TEST(ErrorCode, EveryCodeHasAName) {
  for (int code = 1; code <= static_cast<int>(ErrorCode::evaluation); ++code) {
    EXPECT_NE(to_string(static_cast<ErrorCode>(code)), "other") << code;
  }
}

}  // namespace
}  // namespace perigee
