// Patterns of java.text.SimpleDateFormat and java.time.format.DateTimeFormatter, names in English.
// Internal to el.
#pragma once

#include <string>
#include <string_view>

#include "el/temporal.hpp"

namespace perigee::el {

inline constexpr std::size_t kDatePatternBytesMax = 200;

struct DateText {
  std::string text;
  std::string problem;  // empty when it could be done
};
// `is_simple`: the letters mean what SimpleDateFormat takes them for.
DateText formatted_date(std::string_view pattern, const Temporal& temporal, bool is_simple);
// "" when it can be used.
std::string pattern_problem(std::string_view pattern, bool is_simple);

// What %t and this letter of java.util.Formatter print: "2023" of 'Y'.
DateText printed_date(char letter, const Temporal& temporal);
bool is_printed_date(char letter);

struct DateRead {
  Civil civil;
  bool has_time = false;
  bool has_date = false;
  std::optional<Zone> zone;
  std::string problem;
};
DateRead read_date(std::string_view text, std::string_view pattern, bool is_simple);
// What toString() of the types of java.time gives, with or without time and zone.
DateRead read_iso_date(std::string_view text);

void append_padded(std::string& to, std::int64_t number, std::size_t width);

}  // namespace perigee::el
