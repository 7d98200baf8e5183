#include "policies/date_pattern.hpp"

#include <array>
#include <chrono>
#include <optional>

#include "http/headers.hpp"

namespace perigee::policies {
namespace {

constexpr std::string_view kLetters = "yMdHkKhmsSaEzZX";
constexpr std::string_view kNumbers = "yMdHkKhmsS";
constexpr std::size_t kPatternBytesMax = 200;
constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_number(char letter, std::size_t count) {
  return kNumbers.find(letter) != kNumbers.npos && !(letter == 'M' && count > 2);
}

struct Range {
  int low, high;
};
std::optional<Range> range_of(char letter) {
  switch (letter) {
    case 'M':
      return Range{1, 12};
    case 'd':
      return Range{1, 31};
    case 'H':
      return Range{0, 23};
    case 'k':
      return Range{1, 24};
    case 'K':
      return Range{0, 11};
    case 'h':
      return Range{1, 12};
    case 'm':
    case 's':
      return Range{0, 59};
    case 'S':
      return Range{0, 999};
    default:
      return std::nullopt;
  }
}

// A text on its way through a pattern.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool literal(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void skip_blanks() {
    while (rest_.starts_with(' ') || rest_.starts_with('\t')) rest_.remove_prefix(1);
  }
  // Digits, `most` of them at most; nothing when there is none or the number is absurd.
  std::optional<int> number(std::size_t most) {
    std::size_t size = 0;
    int value = 0;
    for (; size < most && size < rest_.size() && is_digit(rest_[size]); ++size) {
      if (value > 99'999'999) return std::nullopt;
      value = value * 10 + (rest_[size] - '0');
    }
    if (size == 0) return std::nullopt;
    rest_.remove_prefix(size);
    return value;
  }
  // A name in full or its first three letters, in any case.
  std::optional<int> name(std::span<const std::string_view> names) {
    for (std::size_t length : {std::string_view::npos, std::size_t{3}}) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        std::string_view name = names[i].substr(0, length);
        if (!http::equals_ignoring_case(rest_.substr(0, name.size()), name)) continue;
        rest_.remove_prefix(name.size());
        return static_cast<int>(i);
      }
    }
    return std::nullopt;
  }
  bool zone(char letter) {
    if (letter == 'X' && literal("Z")) return true;
    if (letter == 'z') {
      if (literal("GMT") || literal("UTC")) {
        offset();
        return true;
      }
      std::size_t size = 0;
      while (size < rest_.size() && size < 5 && is_letter(rest_[size])) ++size;
      if (size >= 3) {
        rest_.remove_prefix(size);
        return true;
      }
    }
    return offset();
  }

 private:
  // +hh, +hhmm or +hh:mm.
  bool offset() {
    std::string_view from = rest_;
    if (!literal("+") && !literal("-")) return false;
    std::optional<int> hours = number(2);
    literal(":");
    std::optional<int> minutes = number(2);
    if (hours && *hours <= 23 && minutes.value_or(0) <= 59) return true;
    rest_ = from;
    return false;
  }
  std::string_view rest_;
};

struct Date {
  int year = 1970, month = 1, day = 1;
  int weekday = -1;

  bool exists() const {
    std::chrono::year_month_day date{std::chrono::year(year),
                                     std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return false;
    if (weekday < 0) return true;
    return std::chrono::weekday(std::chrono::sys_days(date)).c_encoding() ==
           static_cast<unsigned>(weekday);
  }
};

bool read_number(char letter, std::size_t most, Reader& reader, Date& date) {
  std::optional<int> number = reader.number(most);
  if (!number) return false;
  std::optional<Range> range = range_of(letter);
  if (range && (*number < range->low || *number > range->high)) return false;
  if (letter == 'y') date.year = *number % 10'000;  // the calendar repeats every 400 years
  if (letter == 'M') date.month = *number;
  if (letter == 'd') date.day = *number;
  return true;
}

bool read_field(char letter, Reader& reader, Date& date) {
  constexpr std::array<std::string_view, 2> kHalves = {"AM", "PM"};
  if (letter == 'a') return reader.name(kHalves).has_value();
  if (letter == 'M') {
    std::optional<int> month = reader.name(kMonths);
    date.month = month.value_or(0) + 1;
    return month.has_value();
  }
  if (letter == 'E') {
    std::optional<int> weekday = reader.name(kDays);
    date.weekday = weekday.value_or(-1);
    return weekday.has_value();
  }
  return reader.zone(letter);
}

}  // namespace

Result<DatePattern> DatePattern::compile(std::string_view pattern) {
  DatePattern made;
  auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::invalid,
                "the date pattern '" + std::string(pattern.substr(0, 100)) + "': " + why);
  };
  if (pattern.size() > kPatternBytesMax)
    return refuse("is longer than " + std::to_string(kPatternBytesMax) + " bytes");
  bool quoted = false;
  auto text = [&](char c) {
    if (made.parts_.empty() || made.parts_.back().letter != 0) made.parts_.emplace_back();
    made.parts_.back().text += c;
  };
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    char c = pattern[at];
    if (c == '\'') {
      if (pattern.substr(at + 1).starts_with('\''))
        text(pattern[at++]);
      else
        quoted = !quoted;
    } else if (quoted || !is_letter(c)) {
      text(c);
    } else if (kLetters.find(c) == kLetters.npos) {
      return refuse("the letter '" + std::string(1, c) +
                    "' is not supported; known: " + std::string(kLetters) + "; put words in '...'");
    } else if (!made.parts_.empty() && made.parts_.back().letter == c) {
      ++made.parts_.back().count;
    } else {
      made.parts_.push_back({.letter = c, .count = 1});
    }
  }
  if (quoted) return refuse("a quote is not closed");
  for (std::size_t i = 0; i + 1 < made.parts_.size(); ++i) {
    const Part& next = made.parts_[i + 1];
    made.parts_[i].abuts = next.letter != 0 && is_number(next.letter, next.count);
  }
  return made;
}

bool DatePattern::matches(std::string_view text) const {
  Reader reader(text);
  Date date;
  for (const Part& part : parts_) {
    if (part.letter == 0) {
      if (!reader.literal(part.text)) return false;
      continue;
    }
    reader.skip_blanks();
    std::size_t most = part.abuts ? part.count : std::string_view::npos;
    bool read = is_number(part.letter, part.count) ? read_number(part.letter, most, reader, date)
                                                   : read_field(part.letter, reader, date);
    if (!read) return false;
  }
  return date.exists();
}

}  // namespace perigee::policies
