// Cron: when something is due, by six fields: second, minute, hour, day of the month, month, day of
// the week (api-definition.md 1.12). Times are UTC.
//
// A field is a list of numbers, ranges (1-5) and steps (*/5, 10-30/5, 20/5), or names of months and
// days; '?' is '*' in the fields of days. A day is due when both fields of days hold, as in the
// reference. L, W and # are refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace perigee::upstream {

class Cron {
 public:
  static constexpr std::size_t kTextBytesMax = 256;

  // Errors name the field. What is never due (30 February) is one.
  static Result<Cron> parse(std::string_view text);
  // The first time after `after`.
  WallTime next(WallTime after) const;

 private:
  Cron() = default;
  std::optional<std::chrono::sys_seconds> find(std::chrono::sys_seconds from) const;
  bool is_due(std::chrono::sys_days day) const;
  std::optional<std::chrono::seconds> time_of_day(std::chrono::seconds from) const;

  // Bits by value.
  std::uint64_t seconds_ = 0, minutes_ = 0, hours_ = 0;
  std::uint64_t days_ = 0, months_ = 0, weekdays_ = 0;
};

}  // namespace perigee::upstream
