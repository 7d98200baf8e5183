// Logs: one asynchronous writer, loggers named as the reference's packages ("io.gravitee.gateway").
//
// A line is formatted where it is written and put in a bounded queue; a thread writes. When the
// queue is full the oldest line is dropped and counted. Never called per request at INFO. The
// default pattern is runtime.md 2.10:
//   HH:mm:ss.SSS [thread] [api id or empty] LEVEL logger - message
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"

namespace perigee::log {

enum class Level : std::uint8_t { trace, debug, info, warn, error, off };
std::string_view to_string(Level level);  // "INFO"

enum class Format : std::uint8_t { pattern, json };

struct Settings {
  Format format = Format::pattern;
  std::map<std::string, Level, std::less<>> levels = {{"ROOT", Level::warn},
                                                      {"io.gravitee", Level::info}};
  std::size_t lines_queued_max = 8192;
  int fd = 1;                    // stdout
  const Clock* clock = nullptr;  // of the timestamps; null: the system's. Outlives the log
};

void start(Settings settings);  // before: lines go to stderr at once
void stop();                    // writes what is queued
void reconfigure(std::map<std::string, Level, std::less<>> levels);
std::map<std::string, Level, std::less<>> levels();
std::uint64_t lines_dropped();
void name_thread(std::string name);  // also the kernel's name of this thread

// The level of a logger is that of its nearest configured ancestor by dots, else ROOT.
bool enabled(std::string_view logger, Level level);
void write(std::string_view logger, Level level, std::string_view api_id, std::string message);

// A logger is a name: constexpr Logger kLog{"io.gravitee.gateway.sync"};
class Logger {
 public:
  constexpr explicit Logger(std::string_view name) : name_(name) {}

  template <class... A>
  void debug(fmt::format_string<A...> text, A&&... a) const {
    line(Level::debug, {}, text, std::forward<A>(a)...);
  }
  template <class... A>
  void info(fmt::format_string<A...> text, A&&... a) const {
    line(Level::info, {}, text, std::forward<A>(a)...);
  }
  template <class... A>
  void warn(fmt::format_string<A...> text, A&&... a) const {
    line(Level::warn, {}, text, std::forward<A>(a)...);
  }
  template <class... A>
  void error(fmt::format_string<A...> text, A&&... a) const {
    line(Level::error, {}, text, std::forward<A>(a)...);
  }
  // The same, about one API.
  template <class... A>
  void line(Level level, std::string_view api_id, fmt::format_string<A...> text, A&&... a) const {
    if (enabled(name_, level))
      write(name_, level, api_id, fmt::format(text, std::forward<A>(a)...));
  }

 private:
  std::string_view name_;
};

}  // namespace perigee::log
