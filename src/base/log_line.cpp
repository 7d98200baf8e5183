#include "base/log_line.hpp"

#include <array>
#include <ctime>

#include "base/hex.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"

namespace perigee::log {
namespace {

bool is_control(std::string_view character) {
  unsigned char first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 &&
         static_cast<unsigned char>(character[1]) < 0xa0;  // C1, which terminals obey
}

void append_escape(std::string& to, char byte) {
  switch (byte) {
    case '\n':
      to += "\\n";
      return;
    case '\r':
      to += "\\r";
      return;
    case '\t':
      to += "\\t";
      return;
    default:
      to += "\\x";
      append_hex(to, static_cast<unsigned char>(byte));
  }
}

}  // namespace

void append_plain(std::string& to, std::string_view text) {
  while (!text.empty()) {
    std::size_t length = utf8_character(text);
    std::string_view character = text.substr(0, length ? length : 1);
    if (length && !is_control(character)) {
      to += character;
    } else {
      for (char byte : character) append_escape(to, byte);
    }
    text.remove_prefix(character.size());
  }
}

namespace {

void append_padded(std::string& to, unsigned number, std::size_t digits) {
  std::array<char, 8> text;
  for (std::size_t i = digits; i > 0; number /= 10)
    text[--i] = static_cast<char>('0' + number % 10);
  to.append(text.data(), digits);
}

unsigned milliseconds(WallTime time) {
  auto since_second = time - std::chrono::floor<std::chrono::seconds>(time);
  return static_cast<unsigned>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since_second).count());
}

std::time_t seconds(WallTime time) {
  return static_cast<std::time_t>(
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

// Local time, as the reference. The calendar is asked once a second and thread: it takes a lock.
void append_time_of_day(std::string& to, WallTime time) {
  thread_local std::time_t last = -1;
  thread_local std::array<char, sizeof "HH:mm:ss"> text;
  if (std::time_t now = seconds(time); now != last) {
    std::tm local{};
    localtime_r(&now, &local);
    std::strftime(text.data(), text.size(), "%H:%M:%S", &local);
    last = now;
  }
  to.append(text.data()).append(1, '.');
  append_padded(to, milliseconds(time), 3);
}

void append_utc(std::string& to, WallTime time) {
  std::time_t now = seconds(time);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text;
  to.append(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &utc));
  append_padded(to, milliseconds(time), 3);
  to += 'Z';
}

void append_member(std::string& to, std::string_view name, std::string_view text) {
  to.append(",\"").append(name).append("\":");
  bool whole = true;  // JSON escapes control characters itself, but broken UTF-8 must not get in
  for (std::string_view rest = text; whole && !rest.empty();) {
    std::size_t length = utf8_character(rest);
    whole = length != 0;
    rest.remove_prefix(length);
  }
  if (whole) return append_json_quoted(to, text);
  std::string plain;
  append_plain(plain, text);
  append_json_quoted(to, plain);
}

std::string json(const Line& line) {
  std::string to = "{\"timestamp\":\"";
  append_utc(to, line.time);
  to += '"';
  append_member(to, "level", to_string(line.level));
  append_member(to, "logger", line.logger);
  append_member(to, "thread", line.thread);
  append_member(to, "api", line.api_id);
  append_member(to, "message", line.message);
  return to += "}\n";
}

// runtime.md 2.10; log shippers read it.
std::string pattern(const Line& line) {
  constexpr std::size_t kLevelWidth = 5;
  std::string to;
  to.reserve(64 + line.logger.size() + line.message.size());
  append_time_of_day(to, line.time);
  append_plain(to.append(" ["), line.thread);
  append_plain(to.append("] ["), line.api_id);
  std::string_view level = to_string(line.level);
  to.append("] ").append(level).append(kLevelWidth - level.size() + 1, ' ');
  append_plain(to, line.logger);
  append_plain(to.append(" - "), line.message);
  return to += '\n';
}

}  // namespace

std::string formatted(const Line& line, Format format) {
  return format == Format::json ? json(line) : pattern(line);
}

}  // namespace perigee::log
