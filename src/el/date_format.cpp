#include "el/date_format.hpp"

#include <algorithm>
#include <utility>

#include "el/date_pattern.hpp"

namespace perigee::el {
namespace {

// The letters behind %t and the patterns that print the same.
constexpr std::pair<char, std::string_view> kPrinted[] = {
    {'H', "HH"},       {'I', "hh"},         {'k', "H"},
    {'l', "h"},        {'M', "mm"},         {'S', "ss"},
    {'L', "SSS"},      {'p', "a"},          {'z', "Z"},
    {'Z', "z"},        {'B', "MMMM"},       {'b', "MMM"},
    {'h', "MMM"},      {'A', "EEEE"},       {'a', "EEE"},
    {'Y', "yyyy"},     {'y', "yy"},         {'j', "DDD"},
    {'m', "MM"},       {'d', "dd"},         {'e', "d"},
    {'R', "HH:mm"},    {'T', "HH:mm:ss"},   {'r', "hh:mm:ss a"},
    {'D', "MM/dd/yy"}, {'F', "yyyy-MM-dd"}, {'c', "EEE MMM dd HH:mm:ss z yyyy"},
    {'s', ""},         {'Q', ""},           {'C', ""},
    {'N', ""},
};

constexpr std::string_view kLetters = "yuMLdHkhKmsSaEDzZXGnQ";  // of both
constexpr std::string_view kOnlyNew = "xVOe";

void append_offset(std::string& to, std::int32_t offset, bool has_colon, bool has_minutes) {
  int minutes = std::abs(offset) / 60;
  to += offset < 0 ? '-' : '+';
  append_padded(to, minutes / 60, 2);
  if (!has_minutes && minutes % 60 == 0) return;
  if (has_colon) to += ':';
  append_padded(to, minutes % 60, 2);
}

void append_name(std::string& to, std::string_view name, std::size_t count) {
  to += count >= 4 ? name : name.substr(0, count == 5 ? 1 : 3);
}

class DateWriter {
 public:
  DateWriter(const Civil& civil, const Temporal& temporal, bool is_simple)
      : civil_(civil), temporal_(temporal), is_simple_(is_simple) {}

  // False when the temporal does not have what the letter asks for.
  bool append(std::string& to, char letter, std::size_t count) const {
    constexpr std::string_view kOfTime = "HkhKmsSan", kOfZone = "zZXxVO";
    if (!temporal_.has_time() && kOfTime.find(letter) != std::string_view::npos) return false;
    if (!temporal_.has_zone() && kOfZone.find(letter) != std::string_view::npos) return false;
    switch (letter) {
      case 'y':
      case 'u':
        if (letter == 'u' && is_simple_) return padded(to, day_of_week(civil_), count);
        if (count == 2) return padded(to, (civil_.year % 100 + 100) % 100, 2);
        return padded(to, civil_.year, count);
      case 'M':
      case 'L':
        if (count <= 2) return padded(to, civil_.month, count);
        append_name(to, month_name(civil_.month), count);
        return true;
      case 'E':
        append_name(to, day_name(day_of_week(civil_)), std::max<std::size_t>(count, 3));
        return true;
      case 'a':
        to += civil_.hour < 12 ? "AM" : "PM";
        return true;
      case 'G':
        to += civil_.year > 0 ? "AD" : "BC";
        return true;
      case 'S':
        return fraction(to, count);
      case 'z':
      case 'V':
      case 'Z':
      case 'X':
      case 'x':
      case 'O':
        return zone(to, letter, count);
      default:
        return padded(to, number(letter), count);
    }
  }

 private:
  static bool padded(std::string& to, std::int64_t number, std::size_t width) {
    append_padded(to, number, width);
    return true;
  }

  std::int64_t number(char letter) const {
    switch (letter) {
      case 'd':
        return civil_.day;
      case 'D':
        return day_of_year(civil_);
      case 'H':
        return civil_.hour;
      case 'k':
        return civil_.hour == 0 ? 24 : civil_.hour;
      case 'K':
        return civil_.hour % 12;
      case 'h':
        return civil_.hour % 12 == 0 ? 12 : civil_.hour % 12;
      case 'm':
        return civil_.minute;
      case 's':
        return civil_.second;
      case 'n':
        return civil_.nanos;
      case 'e':
        return day_of_week(civil_) % 7 + 1;  // weeks begin on Sunday
      default:
        return (civil_.month + 2) / 3;  // Q
    }
  }

  // compat: for SimpleDateFormat milliseconds as a number, else that many digits of the second.
  bool fraction(std::string& to, std::size_t count) const {
    if (is_simple_) return padded(to, civil_.nanos / 1'000'000, count);
    std::string digits;
    append_padded(digits, civil_.nanos, 9);
    digits.resize(count, '0');
    to += digits;
    return true;
  }

  bool zone(std::string& to, char letter, std::size_t count) const {
    std::int32_t offset = offset_of(temporal_.zone, temporal_.seconds);
    if (letter == 'z' || letter == 'V') {
      to += zone_name(temporal_.zone, temporal_.seconds);
    } else if (letter == 'O') {
      to += offset == 0 ? "GMT" : "GMT" + offset_text(offset);
    } else if (letter == 'X' && offset == 0) {
      to += 'Z';
    } else {
      bool has_colon = letter == 'Z' ? count == 5 : count == 3 || count == 5;
      append_offset(to, offset, has_colon, letter == 'Z' || count > 1);
    }
    return true;
  }

  const Civil& civil_;
  const Temporal& temporal_;
  bool is_simple_;
};

}  // namespace

bool is_pattern_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The piece at the start; takes it off. False for a quote that is not closed.
bool take_piece(std::string_view& pattern, DatePiece& piece) {
  char c = pattern[0];
  if (is_pattern_letter(c)) {
    std::size_t count = std::min(pattern.find_first_not_of(c), pattern.size());
    piece = {c, count, pattern.substr(0, count)};
    pattern.remove_prefix(count);
    return true;
  }
  if (c != '\'') {
    std::size_t count = 1;
    while (count < pattern.size() && !is_pattern_letter(pattern[count]) && pattern[count] != '\'')
      ++count;
    piece = {0, 0, pattern.substr(0, count)};
    pattern.remove_prefix(count);
    return true;
  }
  if (pattern.starts_with("''")) {
    piece = {0, 0, pattern.substr(0, 1)};
    pattern.remove_prefix(2);
    return true;
  }
  std::size_t end = pattern.find('\'', 1);
  if (end == pattern.npos) return false;
  // Two quotes inside of quotes are one: the first ends this piece, the second begins the next.
  bool goes_on = pattern.substr(end).starts_with("''");
  piece = {0, 0, pattern.substr(1, goes_on ? end : end - 1)};
  pattern.remove_prefix(end + 1);
  return true;
}

void append_padded(std::string& to, std::int64_t number, std::size_t width) {
  std::string digits = std::to_string(number < 0 ? -number : number);
  if (number < 0) to += '-';
  if (digits.size() < width) to.append(width - digits.size(), '0');
  to += digits;
}

std::string pattern_problem(std::string_view pattern, bool is_simple) {
  if (pattern.size() > kDatePatternBytesMax)
    return "the pattern is longer than " + std::to_string(kDatePatternBytesMax) + " bytes";
  std::string_view rest = pattern;
  DatePiece piece;
  while (!rest.empty()) {
    if (!take_piece(rest, piece))
      return "the pattern '" + std::string(pattern) + "' has a quote that is not closed";
    bool is_known = piece.letter == 0 || kLetters.find(piece.letter) != kLetters.npos ||
                    (!is_simple && kOnlyNew.find(piece.letter) != kOnlyNew.npos);
    if (!is_known)
      return "the letter '" + std::string(1, piece.letter) + "' of the pattern '" +
             std::string(pattern) + "' is not known here";
  }
  return {};
}

bool is_printed_date(char letter) {
  return std::ranges::find(kPrinted, letter, &std::pair<char, std::string_view>::first) !=
         std::end(kPrinted);
}

DateText printed_date(char letter, const Temporal& temporal) {
  auto civil = civil_of(temporal);
  DateText result;
  if (!civil) result.problem = "has a year beyond " + std::to_string(kYearMax);
  bool wants_instant = letter == 's' || letter == 'Q';
  if (wants_instant && !temporal.has_zone())
    result.problem = "asks for what the date does not have";
  if (!result.problem.empty()) return result;
  if (wants_instant) {
    result.text = std::to_string(letter == 's' ? temporal.seconds : epoch_milliseconds(temporal));
  } else if (letter == 'C') {
    append_padded(result.text, civil->year / 100, 2);
  } else if (letter == 'N') {
    append_padded(result.text, civil->nanos, 9);
  } else {
    for (auto [known, pattern] : kPrinted)
      if (known == letter) result = formatted_date(pattern, temporal, true);
  }
  if (letter == 'p' && !result.text.empty()) result.text = result.text == "AM" ? "am" : "pm";
  return result;
}

DateText formatted_date(std::string_view pattern, const Temporal& temporal, bool is_simple) {
  DateText result;
  result.problem = pattern_problem(pattern, is_simple);
  auto civil = civil_of(temporal);
  if (!civil) result.problem = "the year is beyond " + std::to_string(kYearMax);
  if (!result.problem.empty()) return result;
  DateWriter writer(*civil, temporal, is_simple);
  DatePiece piece;
  while (!pattern.empty() && take_piece(pattern, piece)) {
    if (piece.letter == 0) {
      result.text += piece.text;
    } else if (!writer.append(result.text, piece.letter, piece.count)) {
      result.problem =
          "the letter '" + std::string(1, piece.letter) + "' asks for what the date does not have";
      return result;
    }
  }
  return result;
}

}  // namespace perigee::el
