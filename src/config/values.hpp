// Text to typed values, as YAML 1.1 and the reference's converters read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.hpp"
#include "base/trim.hpp"

namespace perigee::config {

// Decimal, `0x` hexadecimal, `_` between digits, and whole numbers in float form ("1.048576e+06",
// which is how Helm prints large numbers). A leading zero is refused: YAML reads it as octal,
// everybody else as decimal.
std::optional<std::int64_t> to_integer(std::string_view text);
std::optional<double> to_decimal(std::string_view text);

// true/false, yes/no, on/off, 1/0 in any case.
std::optional<bool> to_boolean(std::string_view text);

// "500", "500ms", "30s", "5m", "2h", "1d"; without a unit it is milliseconds. Never negative.
std::optional<std::chrono::milliseconds> to_duration(std::string_view text);

// `count` of a Java TimeUnit ("SECONDS"), rounded up to milliseconds; absent for an unknown unit.
std::optional<std::chrono::milliseconds> in_unit(std::int64_t count, std::string_view unit);

// Split on commas, trimmed, empty parts left out.
std::vector<std::string> split_list(std::string_view text);

}  // namespace perigee::config
