#include "el/temporal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>

#include "el/date_format.hpp"

namespace perigee::el {
namespace {

constexpr std::int64_t kDay = 86'400;
// Of amounts and values: far enough for every year, and no sum of two overflows.
constexpr std::int64_t kAmountMax = 1'000'000'000'000;

constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
constexpr std::string_view kDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                      "Friday", "Saturday", "Sunday"};

std::int64_t floor_divided(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0); }

std::int64_t days_of(const Civil& civil) {
  std::chrono::year_month_day day{std::chrono::year(static_cast<int>(civil.year)),
                                  std::chrono::month(static_cast<unsigned>(civil.month)),
                                  std::chrono::day(static_cast<unsigned>(civil.day))};
  return std::chrono::sys_days(day).time_since_epoch().count();
}

bool exists(const Civil& civil) {
  return civil.year >= -kYearMax && civil.year <= kYearMax && civil.month >= 1 &&
         civil.month <= 12 && civil.day >= 1 &&
         civil.day <= days_in_month(civil.year, civil.month) && civil.hour >= 0 &&
         civil.hour < 24 && civil.minute >= 0 && civil.minute < 60 && civil.second >= 0 &&
         civil.second < 60 && civil.nanos >= 0 && civil.nanos < 1'000'000'000;
}

// The instant of a local time. Of two the earlier; one that a clock skips is moved behind the gap.
std::int64_t utc_of(std::int64_t local_seconds, const Zone& zone) {
  std::int32_t before = offset_of(zone, local_seconds - kDay);
  std::int32_t after = offset_of(zone, local_seconds + kDay);
  if (offset_of(zone, local_seconds - before) == before) return local_seconds - before;
  if (offset_of(zone, local_seconds - after) == after) return local_seconds - after;
  return local_seconds - before;
}

std::optional<Temporal> moved(const Temporal& temporal, std::int64_t seconds, std::int64_t nanos) {
  Temporal result = temporal;
  std::int64_t total = temporal.nanos + nanos;
  result.seconds += seconds + floor_divided(total, 1'000'000'000);
  result.nanos =
      static_cast<std::int32_t>(total - floor_divided(total, 1'000'000'000) * 1'000'000'000);
  return civil_of(result) ? std::optional(result) : std::nullopt;
}

// On the calendar, at the same time of the day.
std::optional<Temporal> on_another_day(const Temporal& temporal, std::int64_t days) {
  auto civil = civil_of(temporal);
  if (!civil) return std::nullopt;
  auto other = civil_of(seconds_of(*civil) + days * kDay, civil->nanos);
  return other ? temporal_of(temporal.type, *other, temporal.zone) : std::nullopt;
}

std::optional<Temporal> plus_months(const Temporal& temporal, std::int64_t months) {
  auto civil = civil_of(temporal);
  if (!civil) return std::nullopt;
  std::int64_t total = civil->year * 12 + civil->month - 1 + months;
  civil->year = floor_divided(total, 12);
  civil->month = static_cast<int>(total - civil->year * 12) + 1;
  if (civil->year < -kYearMax || civil->year > kYearMax) return std::nullopt;
  civil->day = std::min(civil->day, days_in_month(civil->year, civil->month));
  return temporal_of(temporal.type, *civil, temporal.zone);
}

}  // namespace

std::optional<Zone> find_zone(std::string_view name) {
  for (std::string_view utc : {"UTC", "GMT", "Z", "Etc/UTC", "Zulu", "UCT", "UT"})
    if (name == utc) return Zone{true, 0};
  for (std::string_view prefix : {"UTC", "GMT", "UT"}) {
    if (!name.starts_with(prefix)) continue;
    name.remove_prefix(prefix.size());
    break;
  }
  if (!name.starts_with('+') && !name.starts_with('-')) return std::nullopt;
  int sign = name[0] == '-' ? -1 : 1, hours = 0, minutes = 0;
  name.remove_prefix(1);
  std::size_t split = std::min(name.find(':'), name.size());
  if (split == name.size() && name.size() == 4) split = 2;
  std::string_view left = name.substr(0, split), right = name.substr(split);
  if (right.starts_with(':')) right.remove_prefix(1);
  auto number = [](std::string_view text, int& to) {
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), to);
    return problem == std::errc() && end == text.data() + text.size() && to >= 0;
  };
  bool is_wrong = left.empty() || left.size() > 2 || !number(left, hours) || hours > 18 ||
                  (right.empty() ? split != name.size() : right.size() != 2) ||
                  (!right.empty() && (!number(right, minutes) || minutes > 59));
  if (is_wrong) return std::nullopt;
  return Zone{true, sign * (hours * 3600 + minutes * 60)};
}

std::int32_t offset_of(const Zone& zone, std::int64_t utc_seconds) {
  if (zone.is_fixed) return zone.offset_seconds;
  std::time_t at = utc_seconds;
  std::tm local{};
  return localtime_r(&at, &local) ? static_cast<std::int32_t>(local.tm_gmtoff) : 0;
}

std::string zone_name(const Zone& zone, std::int64_t utc_seconds) {
  if (zone.is_fixed)
    return zone.offset_seconds == 0 ? "UTC" : "GMT" + offset_text(zone.offset_seconds);
  std::time_t at = utc_seconds;
  std::tm local{};
  return localtime_r(&at, &local) ? local.tm_zone : "UTC";
}

std::string offset_text(std::int32_t offset_seconds) {
  if (offset_seconds == 0) return "Z";
  int minutes = std::abs(offset_seconds) / 60;
  std::string text = offset_seconds < 0 ? "-" : "+";
  append_padded(text, minutes / 60, 2);
  text += ':';
  append_padded(text, minutes % 60, 2);
  return text;
}

std::int64_t seconds_of(const Civil& civil) {
  std::int64_t minutes = std::int64_t{civil.hour} * 60 + civil.minute;
  return days_of(civil) * kDay + minutes * 60 + civil.second;
}

std::optional<Civil> civil_of(std::int64_t seconds, std::int32_t nanos) {
  std::int64_t days = floor_divided(seconds, kDay);
  if (days < -4'400'000 || days > 3'000'000) return std::nullopt;
  std::chrono::year_month_day day{std::chrono::sys_days(std::chrono::days(days))};
  auto rest = static_cast<int>(seconds - days * kDay);
  Civil civil{static_cast<int>(day.year()),
              static_cast<int>(static_cast<unsigned>(day.month())),
              static_cast<int>(static_cast<unsigned>(day.day())),
              rest / 3600,
              rest / 60 % 60,
              rest % 60,
              nanos};
  return exists(civil) ? std::optional(civil) : std::nullopt;
}

std::optional<Civil> civil_of(const Temporal& temporal) {
  std::int64_t seconds = temporal.seconds;
  if (temporal.has_zone()) seconds += offset_of(temporal.zone, seconds);
  return civil_of(seconds, temporal.nanos);
}

std::optional<Temporal> temporal_of(TemporalType type, const Civil& civil, const Zone& zone) {
  if (!exists(civil)) return std::nullopt;
  Temporal temporal{type, seconds_of(civil), civil.nanos, zone};
  if (type == TemporalType::local_date) {
    temporal.seconds -= civil.hour * 3600 + civil.minute * 60 + civil.second;
    temporal.nanos = 0;
  }
  if (temporal.has_zone()) temporal.seconds = utc_of(temporal.seconds, zone);
  return temporal;
}

std::int64_t epoch_milliseconds(const Temporal& temporal) {
  return temporal.seconds * 1000 + temporal.nanos / 1'000'000;
}

Temporal at_milliseconds(TemporalType type, std::int64_t milliseconds, const Zone& zone) {
  std::int64_t seconds = floor_divided(milliseconds, 1000);
  auto nanos = static_cast<std::int32_t>(milliseconds - seconds * 1000) * 1'000'000;
  return {type, seconds, nanos, zone};
}

bool is_leap_year(std::int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in_month(std::int64_t year, int month) {
  if (month == 2) return is_leap_year(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

int day_of_year(const Civil& civil) {
  return static_cast<int>(days_of(civil) - days_of({.year = civil.year})) + 1;
}

int day_of_week(const Civil& civil) {
  std::int64_t days = days_of(civil) + 3;  // the first of 1970 was a Thursday
  return static_cast<int>(days - floor_divided(days, 7) * 7) + 1;
}

int compare(const Temporal& a, const Temporal& b) {
  if (a.seconds != b.seconds) return a.seconds < b.seconds ? -1 : 1;
  return (a.nanos > b.nanos) - (a.nanos < b.nanos);
}

std::int64_t field_of(const Civil& civil, Field field) {
  switch (field) {
    case Field::year:
      return civil.year;
    case Field::month:
      return civil.month;
    case Field::day:
      return civil.day;
    case Field::day_of_year:
      return day_of_year(civil);
    case Field::day_of_week:
      return day_of_week(civil);
    case Field::hour:
      return civil.hour;
    case Field::minute:
      return civil.minute;
    case Field::second:
      return civil.second;
    case Field::nano:
      return civil.nanos;
    case Field::week:
    case Field::none:
      break;
  }
  return 0;
}

std::optional<Temporal> plus(const Temporal& temporal, std::int64_t amount, Field field) {
  if (amount < -kAmountMax || amount > kAmountMax) return std::nullopt;
  switch (field) {
    case Field::year:
      return plus_months(temporal, amount * 12);
    case Field::month:
      return plus_months(temporal, amount);
    case Field::week:
      return on_another_day(temporal, amount * 7);
    case Field::day:
      return on_another_day(temporal, amount);
    case Field::hour:
      return moved(temporal, amount * 3600, 0);
    case Field::minute:
      return moved(temporal, amount * 60, 0);
    case Field::second:
      return moved(temporal, amount, 0);
    case Field::nano:
      return moved(temporal, 0, amount);
    default:
      return std::nullopt;
  }
}

std::optional<Temporal> with(const Temporal& temporal, std::int64_t value, Field field) {
  auto civil = civil_of(temporal);
  if (!civil || value < -kYearMax || value > 999'999'999) return std::nullopt;
  auto number = static_cast<int>(value);
  switch (field) {
    case Field::year:
      civil->year = value;
      civil->day = std::min(civil->day, days_in_month(value, civil->month));
      break;
    case Field::month:
      if (value < 1 || value > 12) return std::nullopt;
      civil->month = number;
      civil->day = std::min(civil->day, days_in_month(civil->year, number));
      break;
    case Field::day:
      civil->day = number;
      break;
    case Field::day_of_year:
      if (value < 1 || value > 365 + is_leap_year(civil->year)) return std::nullopt;
      return on_another_day(temporal, value - day_of_year(*civil));
    case Field::hour:
      civil->hour = number;
      break;
    case Field::minute:
      civil->minute = number;
      break;
    case Field::second:
      civil->second = number;
      break;
    case Field::nano:
      civil->nanos = number;
      break;
    default:
      return std::nullopt;
  }
  return temporal_of(temporal.type, *civil, temporal.zone);
}

std::string_view month_name(int month) { return kMonths[month - 1]; }
std::string_view day_name(int day_of_week) { return kDays[day_of_week - 1]; }

std::string temporal_text(const Temporal& temporal) {
  if (temporal.type == TemporalType::zone) return zone_name(temporal.zone, 0);
  auto civil = civil_of(temporal);
  if (!civil) return "?";
  bool is_old = temporal.type == TemporalType::date || temporal.type == TemporalType::calendar;
  if (is_old) return formatted_date("EEE MMM dd HH:mm:ss z yyyy", temporal, true).text;
  std::string text = formatted_date("uuuu-MM-dd", temporal, false).text;
  if (!temporal.has_time()) return text;
  bool has_seconds = civil->second != 0 || civil->nanos != 0;
  text += formatted_date(has_seconds ? "'T'HH:mm:ss" : "'T'HH:mm", temporal, false).text;
  if (civil->nanos != 0) {  // as 3, 6 or 9 digits
    int digits = civil->nanos % 1'000'000 == 0 ? 3 : civil->nanos % 1000 == 0 ? 6 : 9;
    text +=
        formatted_date("." + std::string(static_cast<std::size_t>(digits), 'S'), temporal, false)
            .text;
  }
  if (temporal.type != TemporalType::zoned_date_time) return text;
  return text + offset_text(offset_of(temporal.zone, temporal.seconds));
}

}  // namespace perigee::el
