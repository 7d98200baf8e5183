#include "upstream/cron.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <span>
#include <string>

#include "http/headers.hpp"

namespace perigee::upstream {
namespace {

using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

// A rule that holds at all holds within 40 years: the 29th of February falls on each weekday once
// in 28 years, and later when a year like 2100 has none.
constexpr int kDaysMax = 366 * 41;

constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays = {"SUN", "MON", "TUE", "WED",
                                                       "THU", "FRI", "SAT"};

struct Field {
  std::string_view name;
  unsigned low, high;
  std::span<const std::string_view> names = {};  // from `low` on
  bool of_days = false;                          // may be '?'
};

constexpr Field kFields[] = {
    {"seconds", 0, 59},         {"minutes", 0, 59},
    {"hours", 0, 23},           {"days of the month", 1, 31, {}, true},
    {"months", 1, 12, kMonths}, {"days of the week", 0, 7, kWeekdays, true},  // 7 is Sunday too
};

std::unexpected<Error> wrong(const Field& field, std::string_view part) {
  return fail(ErrorCode::invalid,
              "the field of " + std::string(field.name) + ": '" + std::string(part.substr(0, 40)) +
                  "'; expected *, or numbers from " + std::to_string(field.low) + " to " +
                  std::to_string(field.high) + ", with , - and /");
}

// The part before `separator`, which is cut off with it.
std::string_view cut(std::string_view& text, char separator) {
  std::size_t end = std::min(text.find(separator), text.size());
  std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

Result<unsigned> number(std::string_view text) {
  unsigned value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    return fail(ErrorCode::invalid, "no number");
  return value;
}

Result<unsigned> value_in(const Field& field, std::string_view text) {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (http::equals_ignoring_case(field.names[i], text)) return field.low + unsigned(i);
  }
  Result<unsigned> value = number(text);
  if (!value || *value < field.low || *value > field.high) return wrong(field, text);
  return value;
}

struct Span {
  unsigned low, high;
  bool open = false;  // a single value: a step goes on to the end
};

Result<Span> span_in(const Field& field, std::string_view range) {
  if (range == "*" || (range == "?" && field.of_days)) return Span{field.low, field.high};
  std::string_view rest = range;
  TRY(unsigned low, value_in(field, cut(rest, '-')));
  if (range.find('-') == std::string_view::npos) return Span{low, low, true};
  TRY(unsigned high, value_in(field, rest));
  if (field.high == 7 && high == 0) high = 7;  // to Sunday
  if (high < low) return wrong(field, range);
  return Span{low, high};
}

// One element of the list: "5", "1-5", "*/10".
Result<std::uint64_t> bits_of(const Field& field, std::string_view element) {
  std::string_view rest = element;
  TRY(Span span, span_in(field, cut(rest, '/')));
  unsigned step = 1;
  if (element.find('/') != std::string_view::npos) {
    Result<unsigned> given = number(rest);
    if (!given || *given == 0) return wrong(field, element);
    step = *given;
    if (span.open) span.high = field.high;
  }
  std::uint64_t bits = 0;
  for (std::uint64_t value = span.low; value <= span.high; value += step)
    bits |= std::uint64_t{1} << value;
  return bits;
}

Result<std::uint64_t> parse_field(const Field& field, std::string_view text) {
  std::uint64_t bits = 0;
  const std::string_view whole = text;
  if (whole.empty() || whole.ends_with(',')) return wrong(field, whole);
  while (!text.empty()) {
    TRY(std::uint64_t more, bits_of(field, cut(text, ',')));
    bits |= more;
  }
  return bits;
}

bool has(std::uint64_t bits, unsigned value) { return (bits >> value & 1) != 0; }

// The lowest value from `from` on; 64 when there is none.
unsigned first_from(std::uint64_t bits, unsigned from) {
  return from > 63 ? 64 : static_cast<unsigned>(std::countr_zero(bits >> from << from));
}

constexpr bool is_space(char c) { return c == ' ' || c == '\t'; }

}  // namespace

Result<Cron> Cron::parse(std::string_view text) {
  if (text.size() > kTextBytesMax) return fail(ErrorCode::limit, "a schedule may have 256 bytes");
  std::array<std::string_view, 6> parts;
  std::size_t count = 0;
  while (true) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    if (text.empty()) break;
    std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    if (count < parts.size()) parts[count] = text.substr(0, end);
    ++count;
    text.remove_prefix(end);
  }
  if (count != parts.size()) {
    return fail(ErrorCode::invalid,
                "a schedule has 6 fields (second minute hour day month weekday), "
                "such as '*/5 * * * * *'; this one has " +
                    std::to_string(count));
  }
  Cron cron;
  std::uint64_t* const into[] = {&cron.seconds_, &cron.minutes_, &cron.hours_,
                                 &cron.days_,    &cron.months_,  &cron.weekdays_};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    TRY(*into[i], parse_field(kFields[i], parts[i]));
  }
  if (has(cron.weekdays_, 7)) cron.weekdays_ |= 1;
  if (!cron.find(sys_days(std::chrono::January / 1 / 2000)))
    return fail(ErrorCode::invalid, "no month has such a day, so that it would never be due");
  return cron;
}

WallTime Cron::next(WallTime after) const {
  std::optional<sys_seconds> found = find(std::chrono::floor<seconds>(after) + seconds(1));
  return found ? WallTime(*found) : WallTime::max();  // never: parse() has looked
}

std::optional<sys_seconds> Cron::find(sys_seconds from) const {
  sys_days day = std::chrono::floor<std::chrono::days>(from);
  seconds since = from - day;
  for (int i = 0; i < kDaysMax; ++i, day += std::chrono::days(1), since = seconds(0)) {
    if (!is_due(day)) continue;
    if (std::optional<seconds> time = time_of_day(since)) return day + *time;
  }
  return std::nullopt;
}

bool Cron::is_due(sys_days day) const {
  const std::chrono::year_month_day date(day);
  return has(months_, unsigned(date.month())) && has(days_, unsigned(date.day())) &&
         has(weekdays_, std::chrono::weekday(day).c_encoding());
}

std::optional<seconds> Cron::time_of_day(seconds from) const {
  unsigned hour = static_cast<unsigned>(from.count() / 3600);
  unsigned minute = static_cast<unsigned>(from.count() / 60 % 60);
  unsigned second = first_from(seconds_, static_cast<unsigned>(from.count() % 60));
  if (second > 59) ++minute;
  unsigned due_minute = first_from(minutes_, minute);
  if (due_minute > 59) ++hour;
  unsigned due_hour = first_from(hours_, hour);
  if (due_hour > 23) return std::nullopt;
  // A greater field before them begins the later ones anew.
  const bool same_hour = due_hour == static_cast<unsigned>(from.count() / 3600);
  if (!same_hour) due_minute = first_from(minutes_, 0);
  const bool same_minute = same_hour && due_minute == static_cast<unsigned>(from.count() / 60 % 60);
  if (!same_minute) second = first_from(seconds_, 0);
  return seconds(due_hour * 3600 + due_minute * 60 + second);
}

}  // namespace perigee::upstream
