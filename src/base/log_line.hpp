// How one line of the log looks. Whatever a stranger may have put into its parts, it stays one
// line.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/log.hpp"

namespace perigee::log {

struct Line {
  WallTime time;
  Level level = Level::info;
  std::string_view thread;
  std::string_view api_id;  // or empty
  std::string_view logger;
  std::string_view message;
};

// Control characters and broken UTF-8 are spelled out, so that no text can begin a line or drive a
// terminal.
void append_plain(std::string& to, std::string_view text);

// With its line feed.
std::string formatted(const Line& line, Format format);

}  // namespace perigee::log
