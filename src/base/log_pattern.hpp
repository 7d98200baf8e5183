// A pattern of logback, compiled: "%d{HH:mm:ss.SSS} [%thread] [%X{api}] %-5level %logger - %msg%n".
//
// Known are date, thread, level, logger, message, %X{api}, %n, widths and groups. A line stays one
// line: control characters of what is printed are spelled out, and a missing %n is added.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/log_line.hpp"

namespace perigee::log {

class Pattern {
 public:
  // What cannot be printed is left out and told in `warnings`.
  static Pattern compile(std::string_view text, std::vector<std::string>& warnings);

  std::string formatted(const Line& line) const;

 private:
  friend class PatternReader;
  enum class Kind : std::uint8_t { literal, date, thread, level, logger, message, api, group };
  struct Piece {
    Kind kind = Kind::literal;
    std::string text;        // of a literal; the format of a date
    bool utc = false;        // of a date
    std::size_t length = 0;  // of a logger's name, in which it is shortened; 0: only its last part
    bool shortened = false;
    std::size_t width_min = 0;
    std::size_t width_max = std::string::npos;
    bool pads_right = false;  // "%-5level"
    bool cuts_end = false;    // "%.-30logger": keeps the beginning
    std::vector<Piece> inside;
  };
  static void append(std::string& to, const std::vector<Piece>& pieces, const Line& line);
  static void append(std::string& to, const Piece& piece, const Line& line);

  std::vector<Piece> pieces_;
};

}  // namespace perigee::log
