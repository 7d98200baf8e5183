// Temporal: java.util.Date, Calendar and the types of java.time that expressions know. For el and
// for who else reckons with the calendar of the machine's zone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace perigee::el {

// What stands on a clock and a calendar, of the proleptic Gregorian calendar.
struct Civil {
  std::int64_t year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int32_t nanos = 0;
};

inline constexpr std::int64_t kYearMax = 9999;  // and -9999

// Of the machine, or a fixed distance from UTC.
struct Zone {
  bool is_fixed = false;
  std::int32_t offset_seconds = 0;
  friend bool operator==(const Zone&, const Zone&) = default;
};
// "UTC", "GMT", "Z", "+01:00", "GMT+1", "UTC+01:00"; nullopt for a name that needs a table.
std::optional<Zone> find_zone(std::string_view name);
std::int32_t offset_of(const Zone& zone, std::int64_t utc_seconds);
std::string zone_name(const Zone& zone, std::int64_t utc_seconds);  // "UTC", "CET", "GMT+01:00"
std::string offset_text(std::int32_t offset_seconds);               // "Z", "+01:00"

enum class TemporalType : std::uint8_t {
  date,      // java.util.Date
  calendar,  // java.util.Calendar
  local_date,
  local_date_time,
  zoned_date_time,
  zone,  // java.util.TimeZone
};

struct Temporal {
  TemporalType type = TemporalType::date;
  std::int64_t seconds = 0;  // since 1970; of local_* those of their own clock, of others UTC
  std::int32_t nanos = 0;
  Zone zone;

  friend bool operator==(const Temporal&, const Temporal&) = default;
  bool is_local() const {
    return type == TemporalType::local_date || type == TemporalType::local_date_time;
  }
  bool has_time() const { return type != TemporalType::local_date; }
  bool has_zone() const { return !is_local(); }
};

enum class Field : std::uint8_t {
  none,
  year,
  month,
  week,
  day,  // of the month
  day_of_year,
  day_of_week,  // Monday is 1
  hour,
  minute,
  second,
  nano,
};

std::int64_t seconds_of(const Civil& civil);
// nullopt for a year beyond kYearMax.
std::optional<Civil> civil_of(std::int64_t seconds, std::int32_t nanos);
std::optional<Civil> civil_of(const Temporal& temporal);
// The other way; for what has a zone, its rules decide. nullopt for a day that does not exist.
std::optional<Temporal> temporal_of(TemporalType type, const Civil& civil, const Zone& zone);
std::int64_t epoch_milliseconds(const Temporal& temporal);
Temporal at_milliseconds(TemporalType type, std::int64_t milliseconds, const Zone& zone);

int days_in_month(std::int64_t year, int month);
bool is_leap_year(std::int64_t year);
int day_of_year(const Civil& civil);
int day_of_week(const Civil& civil);  // Monday is 1

// Below, at or above zero: by their instant, or by their own clock.
int compare(const Temporal& a, const Temporal& b);

std::int64_t field_of(const Civil& civil, Field field);
// With `amount` of a field more; of months and years the day is cut to the month.
std::optional<Temporal> plus(const Temporal& temporal, std::int64_t amount, Field field);
std::optional<Temporal> with(const Temporal& temporal, std::int64_t value, Field field);

// As toString() of its type.
std::string temporal_text(const Temporal& temporal);
std::string_view month_name(int month);
std::string_view day_name(int day_of_week);

}  // namespace perigee::el
