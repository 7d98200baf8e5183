// Patterns of java.text.DecimalFormat and MessageFormat, as in English. Internal to el.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "el/run.hpp"

namespace perigee::el {

inline constexpr std::size_t kNumberPatternBytesMax = 200;

// "" when it can be used.
std::string number_pattern_problem(std::string_view pattern);
// Nothing but the text or failed().
Value formatted_number(std::string_view pattern, Value number, Run& run);
// The number that the text begins with: an integer when it is whole.
Value parsed_number(std::string_view pattern, std::string_view text, Run& run);
// "{0} of {1,number,#.#}"
Value formatted_message(std::string_view pattern, std::span<const Value> arguments, Run& run);

inline constexpr std::string_view kNumberPattern = "#,##0.###";
inline constexpr std::string_view kIntegerPattern = "#,##0";
inline constexpr std::string_view kPercentPattern = "#,##0%";
inline constexpr std::string_view kCurrencyPattern = "$#,##0.00";

}  // namespace perigee::el
