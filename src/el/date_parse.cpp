// Texts to dates.
#include <algorithm>
#include <charconv>
#include <utility>

#include "el/date_format.hpp"
#include "el/date_pattern.hpp"
#include "el/text.hpp"

namespace perigee::el {
namespace {

class DateReader {
 public:
  DateReader(std::string_view text, bool is_simple) : text_(text), is_simple_(is_simple) {}

  // `is_next_number`: a number follows without anything between, so this one has a fixed width.
  bool read(char letter, std::size_t count, bool is_next_number) {
    std::size_t width = is_next_number ? count : 0;
    std::int64_t number = 0;
    switch (letter) {
      case 'y':
      case 'u':
        read_.has_date = true;
        return year(count, width);
      case 'M':
      case 'L':
        if (count > 2) return name(&month_name, 12, count, read_.civil.month);
        return into(read_.civil.month, width);
      case 'd':
        return into(read_.civil.day, width);
      case 'E': {
        int ignored = 0;
        return name(&day_name, 7, std::max<std::size_t>(count, 3), ignored);
      }
      case 'H':
      case 'h':
      case 'k':
      case 'K':
        read_.has_time = true;
        if (!into(read_.civil.hour, width)) return false;
        if (letter == 'k' && read_.civil.hour == 24) read_.civil.hour = 0;
        if (letter == 'h' && read_.civil.hour == 12) read_.civil.hour = 0;
        return true;
      case 'm':
        return into(read_.civil.minute, width);
      case 's':
        return into(read_.civil.second, width);
      case 'S':
        return fraction(count);
      case 'a':
        is_afternoon_ = text_.starts_with("PM") || text_.starts_with("pm");
        if (!is_afternoon_ && !text_.starts_with("AM") && !text_.starts_with("am")) return false;
        text_.remove_prefix(2);
        return true;
      case 'z':
      case 'Z':
      case 'X':
      case 'x':
      case 'V':
      case 'O':
        return zone();
      case 'n':
        if (!digits(number, 9) || number > 999'999'999) return false;
        read_.civil.nanos = static_cast<std::int32_t>(number);
        return true;
      default:
        return false;
    }
  }
  bool literal(std::string_view wanted) {
    if (!text_.starts_with(wanted)) return false;
    text_.remove_prefix(wanted.size());
    return true;
  }
  std::string_view rest() const { return text_; }
  DateRead done() {
    if (is_afternoon_) read_.civil.hour += 12;
    return read_;
  }

 private:
  // At most `width` digits, any number when it is 0.
  bool digits(std::int64_t& to, std::size_t width) {
    std::size_t count = 0, most = width == 0 ? 10 : width;
    while (count < text_.size() && count < most && text_[count] >= '0' && text_[count] <= '9')
      ++count;
    if (count == 0) return false;
    std::string_view number = text_.substr(0, count);
    std::from_chars(number.data(), number.data() + number.size(), to);
    text_.remove_prefix(count);
    return true;
  }
  bool into(int& to, std::size_t width) {
    std::int64_t number = 0;
    if (!digits(number, width == 0 ? 4 : width)) return false;
    to = static_cast<int>(number);
    return true;
  }
  bool year(std::size_t count, std::size_t width) {
    std::size_t before = text_.size();
    if (!digits(read_.civil.year, width == 0 ? 4 : width)) return false;
    bool has_two_digits = before - text_.size() == 2;
    // compat: SimpleDateFormat takes two digits from 80 years ago to 20 years on.
    if (count == 2 && has_two_digits)
      read_.civil.year += is_simple_ && read_.civil.year >= 50 ? 1900 : 2000;
    return true;
  }
  bool fraction(std::size_t count) {
    std::size_t before = text_.size();
    std::int64_t number = 0;
    if (!digits(number, is_simple_ ? 3 : count)) return false;
    std::size_t found = before - text_.size();
    std::size_t places = is_simple_ ? 3 : found;
    for (; places < 9; ++places) number *= 10;
    if (number > 999'999'999) return false;
    read_.civil.nanos = static_cast<std::int32_t>(number);
    return true;
  }
  bool name(std::string_view (*name_of)(int), int last, std::size_t count, int& to) {
    for (int i = 1; i <= last; ++i) {
      std::string_view full = name_of(i);
      bool is_full = text_.starts_with(full);
      if (!is_full && (count >= 4 || !text_.starts_with(full.substr(0, 3)))) continue;
      text_.remove_prefix(is_full ? full.size() : 3);
      to = i;
      return true;
    }
    return false;
  }
  bool zone() {
    std::size_t size = 0;
    while (size < text_.size() &&
           (is_pattern_letter(text_[size]) || text_[size] == '+' || text_[size] == '-' ||
            text_[size] == ':' || (text_[size] >= '0' && text_[size] <= '9')))
      ++size;
    read_.zone = find_zone(text_.substr(0, size));
    text_.remove_prefix(size);
    return read_.zone.has_value();
  }

  std::string_view text_;
  bool is_simple_;
  bool is_afternoon_ = false;
  DateRead read_;
};

bool is_number(const DatePiece& piece) {
  if (piece.letter == 'M' || piece.letter == 'L') return piece.count <= 2;
  return std::string_view("yudHhkKmsS").find(piece.letter) != std::string_view::npos &&
         piece.letter != 0;
}

DateRead unreadable(std::string_view text, std::string_view wanted) {
  DateRead read;
  read.problem = described(text) + " is no date of the form '" + std::string(wanted) + "'";
  return read;
}

}  // namespace

DateRead read_date(std::string_view text, std::string_view pattern, bool is_simple) {
  DateRead wrong;
  wrong.problem = pattern_problem(pattern, is_simple);
  if (!wrong.problem.empty()) return wrong;
  DateReader reader(text, is_simple);
  std::string_view rest = pattern;
  DatePiece piece, next;
  while (!rest.empty()) {
    take_piece(rest, piece);
    std::string_view ahead = rest;
    bool is_next_number =
        is_number(piece) && !ahead.empty() && take_piece(ahead, next) && is_number(next);
    bool fits = piece.letter == 0 ? reader.literal(piece.text)
                                  : reader.read(piece.letter, piece.count, is_next_number);
    if (!fits) return unreadable(text, pattern);
  }
  // compat: SimpleDateFormat does not look at what follows.
  if (!is_simple && !reader.rest().empty()) return unreadable(text, pattern);
  return reader.done();
}

DateRead read_iso_date(std::string_view text) {
  constexpr std::string_view kForm = "2007-12-03T10:15:30+01:00";
  std::string_view whole = text;
  auto [date, time] =
      std::pair(text.substr(0, 10), text.substr(std::min<std::size_t>(text.size(), 10)));
  DateRead read = read_date(date, "uuuu-MM-dd", false);
  if (!read.problem.empty() || date.size() != 10) return unreadable(whole, kForm);
  if (time.empty()) return read;
  std::size_t end = std::min(time.find_first_of("Z+-"), time.size());
  std::string_view clock = time.substr(0, end), zone = time.substr(end);
  if (!zone.empty()) {
    zone = zone.substr(0, zone.find('['));
    read.zone = find_zone(zone);
    if (!read.zone) return unreadable(whole, kForm);
  }
  bool has_seconds = clock.size() > 6;
  std::string pattern = has_seconds ? "'T'HH:mm:ss" : "'T'HH:mm";
  if (clock.size() > 9) pattern += "." + std::string(clock.size() - 10, 'S');
  DateRead at = clock.size() > 19 ? unreadable(whole, kForm) : read_date(clock, pattern, false);
  if (!at.problem.empty()) return unreadable(whole, kForm);
  read.has_time = true;
  read.civil.hour = at.civil.hour;
  read.civil.minute = at.civil.minute;
  read.civil.second = at.civil.second;
  read.civil.nanos = at.civil.nanos;
  return read;
}

}  // namespace perigee::el
