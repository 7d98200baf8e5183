#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace perigee::config {
namespace {

using std::chrono::milliseconds;

// A hundred years: no sum of two time-outs can overflow.
constexpr std::int64_t kLongestMs = 100LL * 366 * 24 * 3600 * 1000;

template <class T, class... Base>
std::optional<T> whole(std::string_view text, Base... base) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base...);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<milliseconds> scaled(std::int64_t count, double ms_per_unit) {
  const double ms = std::ceil(static_cast<double>(count) * ms_per_unit);
  if (ms >= static_cast<double>(kLongestMs)) return milliseconds(kLongestMs);
  if (ms <= -static_cast<double>(kLongestMs)) return milliseconds(-kLongestMs);
  return milliseconds(static_cast<std::int64_t>(ms));
}

struct Unit {
  std::string_view name;
  double ms;
};
constexpr std::array<Unit, 7> kJavaUnits = {{{"nanoseconds", 1e-6},
                                             {"microseconds", 1e-3},
                                             {"milliseconds", 1},
                                             {"seconds", 1e3},
                                             {"minutes", 60e3},
                                             {"hours", 3600e3},
                                             {"days", 86400e3}}};
constexpr std::array<Unit, 6> kSuffixes = {
    {{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}, {"", 1}}};

}  // namespace

std::optional<std::int64_t> to_integer(std::string_view text) {
  std::string digits(trimmed(text));
  std::erase(digits, '_');
  std::string_view rest = digits;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest.empty() || rest[0] < '0' || rest[0] > '9') return std::nullopt;
  std::optional<std::int64_t> value;
  if (rest.starts_with("0x") || rest.starts_with("0X")) {
    if (rest.substr(2).starts_with('-')) return std::nullopt;
    value = whole<std::int64_t>(rest.substr(2), 16);
  } else if (rest.size() > 1 && rest[0] == '0' && rest[1] != '.' && rest[1] != 'e') {
    return std::nullopt;
  } else {
    value = whole<std::int64_t>(rest, 10);
    if (!value) {
      const auto real = whole<double>(rest);
      // Beyond 2^53 a float no longer names one integer.
      if (real && *real == std::floor(*real) && *real <= 9007199254740992.0) {
        value = static_cast<std::int64_t>(*real);
      }
    }
  }
  if (value && negative) value = -*value;
  return value;
}

std::optional<double> to_decimal(std::string_view text) {
  std::string digits(trimmed(text));
  std::erase(digits, '_');
  auto value = whole<double>(std::string_view(digits));
  if (value && !std::isfinite(*value)) return std::nullopt;
  return value;
}

std::optional<bool> to_boolean(std::string_view text) {
  const std::string word = ascii_lower(trimmed(text));
  if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
  if (word == "false" || word == "no" || word == "off" || word == "0") return false;
  return std::nullopt;
}

std::optional<milliseconds> to_duration(std::string_view text) {
  text = trimmed(text);
  for (const Unit& unit : kSuffixes) {
    if (!text.ends_with(unit.name)) continue;
    const auto count = to_integer(text.substr(0, text.size() - unit.name.size()));
    if (!count || *count < 0) return std::nullopt;
    return scaled(*count, unit.ms);
  }
  return std::nullopt;
}

std::optional<milliseconds> in_unit(std::int64_t count, std::string_view unit) {
  for (const Unit& known : kJavaUnits) {
    if (equals_ignoring_case(trimmed(unit), known.name)) return scaled(count, known.ms);
  }
  return std::nullopt;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const auto comma = text.find(',');
    const std::string_view part = trimmed(text.substr(0, comma));
    if (!part.empty()) parts.emplace_back(part);
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace perigee::config
