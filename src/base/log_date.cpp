#include "base/log_date.hpp"

#include <fmt/core.h>

#include <array>
#include <ctime>

namespace perigee::log {
namespace {

constexpr std::string_view kLetters = "yuMdDHhmsSaEXxZz";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string by_name(const std::tm& tm, const char* what) {
  std::array<char, 32> text;
  return std::string(text.data(), std::strftime(text.data(), text.size(), what, &tm));
}

// "Z", "+02", "+0200" or "+02:00".
std::string offset(const std::tm& tm, char letter, std::size_t count) {
  long minutes = tm.tm_gmtoff / 60;
  if (minutes == 0 && letter == 'X') return "Z";
  if (letter == 'z') return tm.tm_zone;
  long amount = minutes < 0 ? -minutes : minutes;
  std::string text = fmt::format("{}{:02}", minutes < 0 ? '-' : '+', amount / 60);
  if (letter != 'Z' && count == 1) return text;
  return text + fmt::format("{}{:02}", letter != 'Z' && count > 2 ? ":" : "", amount % 60);
}

std::string fraction(WallTime time, std::size_t digits) {
  auto since_second = time - std::chrono::floor<std::chrono::seconds>(time);
  std::string nanoseconds = fmt::format("{:09}", since_second.count());
  nanoseconds.resize(std::max(digits, nanoseconds.size()), '0');
  return nanoseconds.substr(0, digits);
}

// `count` times the same letter.
std::string field(char letter, std::size_t count, const std::tm& tm, WallTime time) {
  auto number = [count](int value) { return fmt::format("{:0{}}", value, count); };
  switch (letter) {
    case 'y':
    case 'u':
      return count == 2 ? fmt::format("{:02}", tm.tm_year % 100) : number(tm.tm_year + 1900);
    case 'M':
      return count < 3 ? number(tm.tm_mon + 1) : by_name(tm, count == 3 ? "%b" : "%B");
    case 'd':
      return number(tm.tm_mday);
    case 'D':
      return number(tm.tm_yday + 1);
    case 'H':
      return number(tm.tm_hour);
    case 'h':
      return number(tm.tm_hour % 12 == 0 ? 12 : tm.tm_hour % 12);
    case 'm':
      return number(tm.tm_min);
    case 's':
      return number(tm.tm_sec);
    case 'S':
      return fraction(time, count);
    case 'a':
      return tm.tm_hour < 12 ? "AM" : "PM";
    case 'E':
      return by_name(tm, count < 4 ? "%a" : "%A");
    default:
      return offset(tm, letter, count);
  }
}

// The text between quotes that begin at `at`, which is moved behind it; '' is a quote.
std::string quoted(std::string_view format, std::size_t& at) {
  if (format.substr(at, 2) == "''") {
    at += 2;
    return "'";
  }
  std::string text;
  for (++at; at < format.size(); ++at) {
    if (format[at] == '\'') {
      if (format.substr(at, 2) != "''") break;
      ++at;
    }
    text += format[at];
  }
  at = std::min(at + 1, format.size());
  return text;
}

}  // namespace

void append_date(std::string& to, std::string_view format, WallTime time, bool utc) {
  auto seconds = static_cast<std::time_t>(
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  std::tm tm{};
  utc ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm);
  for (std::size_t at = 0; at < format.size();) {
    char letter = format[at];
    if (letter == '\'') {
      to += quoted(format, at);
      continue;
    }
    std::size_t end = std::min(format.find_first_not_of(letter, at), format.size());
    if (kLetters.contains(letter)) {
      to += field(letter, end - at, tm, time);
    } else {
      to += format.substr(at, end - at);
    }
    at = end;
  }
}

std::string unknown_letters(std::string_view format) {
  std::string unknown;
  for (std::size_t at = 0; at < format.size();) {
    if (format[at] == '\'') {
      quoted(format, at);
      continue;
    }
    char c = format[at++];
    if (is_letter(c) && !kLetters.contains(c) && !unknown.contains(c)) unknown += c;
  }
  return unknown;
}

}  // namespace perigee::log
